/**
 * What row security asks of each row, and what it tells the planner of that: so that a policy costs no more than the condition it stands for.
 */
#include <algorithm>
#include <cstdint>
#include <span>

#include "postgres/arguments.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"

extern "C" {
#include "access/stratnum.h"
#include "catalog/pg_auth_members.h"
#include "catalog/pg_opfamily.h"
#include "nodes/makefuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_func.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
}

namespace postgres = marketing::postgres;

namespace {

/** The elements of a bigint[] without NULL in it, where they lie: the policies ask this of each row. */
std::span<const std::int64_t> businesses_argument(postgres::Arguments& in, const char* /*name*/)
{
    ArrayType* array = DatumGetArrayTypeP(in.take().value);
    if (array_contains_nulls(array)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("array of businesses must not contain nulls")));
    }
    return {reinterpret_cast<const std::int64_t*>(ARR_DATA_PTR(array)),
            static_cast<std::size_t>(ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)))};
}

/** Whether the query itself asks for one value of the column: the policy then leaves all of what that finds, or nothing. */
bool is_given(const RelOptInfo* relation, const Node* column)
{
    ListCell* cell = nullptr;
    foreach (cell, relation->baserestrictinfo) {
        const auto* clause = reinterpret_cast<const OpExpr*>(lfirst_node(RestrictInfo, cell)->clause);
        if (IsA(clause, OpExpr) && list_length(clause->args) == 2 &&
            get_op_opfamily_strategy(clause->opno, INTEGER_BTREE_FAM_OID) == BTEqualStrategyNumber &&
            (equal(linitial(clause->args), column) || equal(lsecond(clause->args), column))) {
            return true;
        }
    }
    return false;
}

/** Most callers see one business: as many rows as have the same one. */
Node* estimate(SupportRequestSelectivity* request)
{
    if (request->is_join) {
        return nullptr;
    }
    VariableStatData column;
    examine_variable(request->root, static_cast<Node*>(linitial(request->args)), request->varRelid, &column);
    bool is_default = false;
    request->selectivity = column.rel != nullptr && is_given(column.rel, column.var)
                               ? 1
                               : 1 / std::max(get_variable_numdistinct(&column, &is_default), 1.0);
    ReleaseVariableStats(column);
    return reinterpret_cast<Node*>(request);
}

Expr* compared(Oid operator_id, Oid function, Node* column, Node* array)
{
    auto* comparison = makeNode(ScalarArrayOpExpr);
    comparison->opno = operator_id;
    comparison->opfuncid = function;
    comparison->useOr = true;
    comparison->args = list_make2(column, array);
    comparison->location = -1;
    return reinterpret_cast<Expr*>(comparison);
}

/** The least or the greatest of the businesses, as the planner's trees say it. */
Node* bound(const char* function, Node* businesses)
{
    char schema[] = "analytics_internal";
    const Oid type = INT8ARRAYOID;
    const Oid id = LookupFuncName(list_make2(makeString(schema), makeString(pstrdup(function))), 1, &type, false);
    return reinterpret_cast<Node*>(
        makeFuncExpr(id, INT8OID, list_make1(copyObjectImpl(businesses)), InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL));
}

/**
 * Index conditions that stand for the call: business_id = ANY (businesses), and two bounds that follow from it.
 *
 * The planner reckons with ten elements of an array it does not know, where most callers see one business: the bounds count for a third each.
 * One of them is an array of one, since it knows pairs of bounds. Where the query names the business itself, that condition is the better one.
 */
Node* index_conditions(SupportRequestIndexCondition* request)
{
    const auto* call = reinterpret_cast<const FuncExpr*>(request->node);
    auto* column = static_cast<Node*>(linitial(call->args));
    auto* businesses = static_cast<Node*>(lsecond(call->args));
    // A condition of a later column would take the order away that such an index has.
    if (request->indexarg != 0 || request->indexcol != 0 || !request->index->amsearcharray ||
        request->opfamily != INTEGER_BTREE_FAM_OID || is_given(request->index->rel, column) || contain_var_clause(businesses) ||
        contain_volatile_functions(businesses)) {
        return nullptr;
    }
    const auto comparison = [](StrategyNumber strategy) {
        return get_opfamily_member(INTEGER_BTREE_FAM_OID, INT8OID, INT8OID, strategy);
    };
    auto* greatest = makeNode(ArrayExpr);
    greatest->array_typeid = INT8ARRAYOID;
    greatest->element_typeid = INT8OID;
    greatest->elements = list_make1(bound("greatest_business", businesses));
    greatest->location = -1;
    request->lossy = false;
    return reinterpret_cast<Node*>(
        list_make3(compared(comparison(BTEqualStrategyNumber), F_INT8EQ, column, businesses),
                   make_opclause(comparison(BTGreaterEqualStrategyNumber), BOOLOID, false, reinterpret_cast<Expr*>(column),
                                 reinterpret_cast<Expr*>(bound("least_business", businesses)), InvalidOid, InvalidOid),
                   compared(comparison(BTLessEqualStrategyNumber), F_INT8LE, column, reinterpret_cast<Node*>(greatest))));
}

}  // namespace

MARKETING_FUNCTION(may_see)
{
    postgres::Arguments in(fcinfo);
    const auto business = in.get<std::int64_t>("business_id");
    const auto businesses = businesses_argument(in, "businesses");
    PG_RETURN_BOOL(std::ranges::find(businesses, business) != businesses.end());
}

MARKETING_FUNCTION(may_see_support)
{
    auto* request = reinterpret_cast<Node*>(PG_GETARG_POINTER(0));
    if (IsA(request, SupportRequestSelectivity)) {
        PG_RETURN_POINTER(estimate(reinterpret_cast<SupportRequestSelectivity*>(request)));
    }
    if (IsA(request, SupportRequestIndexCondition)) {
        PG_RETURN_POINTER(index_conditions(reinterpret_cast<SupportRequestIndexCondition*>(request)));
    }
    PG_RETURN_POINTER(nullptr);
}

MARKETING_FUNCTION(least_business)
{
    postgres::Arguments in(fcinfo);
    const auto businesses = businesses_argument(in, "businesses");
    if (businesses.empty()) {
        PG_RETURN_NULL();
    }
    PG_RETURN_INT64(std::ranges::min(businesses));
}

MARKETING_FUNCTION(greatest_business)
{
    postgres::Arguments in(fcinfo);
    const auto businesses = businesses_argument(in, "businesses");
    if (businesses.empty()) {
        PG_RETURN_NULL();
    }
    PG_RETURN_INT64(std::ranges::max(businesses));
}

/** The caller's role and those it is a member of, directly or not: from the server's caches, since each table of a query asks. */
MARKETING_FUNCTION(own_roles)
{
    List* roles = list_make1_oid(GetUserId());
    // The list grows while it is read.
    for (int i = 0; i < list_length(roles); ++i) {
        CatCList* memberships = SearchSysCacheList1(AUTHMEMMEMROLE, ObjectIdGetDatum(list_nth_oid(roles, i)));
        for (int j = 0; j < memberships->n_members; ++j) {
            bool is_null = false;
            const Datum role =
                SysCacheGetAttr(AUTHMEMMEMROLE, &memberships->members[j]->tuple, Anum_pg_auth_members_roleid, &is_null);
            roles = list_append_unique_oid(roles, DatumGetObjectId(role));
        }
        ReleaseSysCacheList(memberships);
    }
    postgres::ArrayWriter names(list_length(roles));
    ListCell* cell = nullptr;
    foreach (cell, roles) {
        // One that has just been dropped has no name.
        if (const char* name = GetUserNameFromId(lfirst_oid(cell), true)) {
            names.add(CStringGetTextDatum(name));
        }
    }
    return names.finish(postgres::SqlType<std::string_view>::form);
}
