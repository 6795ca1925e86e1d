#include "postgres/aggregate.hpp"

namespace marketing::postgres {

MemoryContext aggregate_context(FunctionCallInfo fcinfo)
{
    MemoryContext context = nullptr;
    if (AggCheckCallContext(fcinfo, &context) == 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("this function is part of an aggregate and cannot be called by itself")));
    }
    return context;
}

kernel::State* any_state_argument(FunctionCallInfo fcinfo, int index)
{
    return fcinfo->args[index].isnull ? nullptr : reinterpret_cast<kernel::State*>(DatumGetPointer(fcinfo->args[index].value));
}

Datum state_datum(FunctionCallInfo fcinfo, kernel::State* state)
{
    if (state == nullptr) {
        PG_RETURN_NULL();
    }
    PG_RETURN_POINTER(state);
}

void refuse_foreign_state()
{
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("the state of an aggregate is that of another one")));
    pg_unreachable();
}

std::span<const std::byte> bytea_argument(FunctionCallInfo fcinfo, int index)
{
    const bytea* value = PG_GETARG_BYTEA_PP(index);
    return {reinterpret_cast<const std::byte*>(VARDATA_ANY(value)), VARSIZE_ANY_EXHDR(value)};
}

bytea* allocate_bytea(std::size_t size)
{
    run_kernel([size] { kernel::require_room(VARHDRSZ, size); });
    auto* value = static_cast<bytea*>(palloc(size + VARHDRSZ));
    SET_VARSIZE(value, size + VARHDRSZ);
    return value;
}

}  // namespace marketing::postgres
