/**
 * What SQL cannot ask for itself: whether the warehouse stands when a query is parsed, and whether a procedure may COMMIT.
 */
#include "postgres/pg.hpp"

extern "C" {
#include "catalog/pg_namespace.h"
#include "parser/parse_func.h"
}

/**
 * Input function of type analytics_internal.installed. A literal of that type is evaluated while a query is parsed, before the warehouse
 * tables beside it are looked up: so a reader that starts with one reports the missing set-up, and stays inlinable SQL. Where there is
 * Citus, check_distribution() says whether the tables are where readers look for them.
 */
MARKETING_FUNCTION(installed_in)
{
    const Oid schema = get_namespace_oid("warehouse", true);
    if (!OidIsValid(schema) || !OidIsValid(get_relname_relid("layout", schema))) {
        ereport(ERROR,
                (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("the warehouse is not installed in this database"),
                 errdetail("The tables of schema \"warehouse\" do not exist."), errhint("Run SELECT analytics.install().")));
    }
    if (OidIsValid(get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE))) {
        List* name = list_make2(makeString(pstrdup("analytics_internal")), makeString(pstrdup("check_distribution")));
        OidFunctionCall0(LookupFuncName(name, 0, nullptr, false));
    }
    PG_RETURN_BOOL(true);
}

MARKETING_FUNCTION(installed_out)
{
    PG_RETURN_CSTRING(pstrdup("installed"));
}

/**
 * The server's own answer to whether the procedure that asks may COMMIT: not inside BEGIN ... COMMIT or a multi-statement string,
 * nor below a function or an EXCEPTION block, however deep.
 */
MARKETING_FUNCTION(may_commit)
{
    PG_RETURN_BOOL(SPI_inside_nonatomic_context());
}
