#include "postgres/rows.hpp"

#include <type_traits>

namespace marketing::postgres {

static_assert(std::is_trivially_destructible_v<RowWriter>, "a RowWriter stands while the server may longjmp");

RowWriter::RowWriter(FunctionCallInfo fcinfo)
{
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    if (result == nullptr || !IsA(result, ReturnSetInfo) || (result->allowedModes & SFRM_Materialize) == 0) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("this function returns rows: call it in FROM")));
    }
    MemoryContext caller = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
    if (get_call_result_type(fcinfo, nullptr, &descriptor_) != TYPEFUNC_COMPOSITE || descriptor_->natts > most_columns) {
        elog(ERROR, "unexpected result type of a pg_marketing function");
    }
    store_ = tuplestore_begin_heap((result->allowedModes & SFRM_Materialize_Random) != 0, false, work_mem);
    result->returnMode = SFRM_Materialize;
    result->setResult = store_;
    result->setDesc = descriptor_;
    MemoryContextSwitchTo(caller);
}

RowWriter& RowWriter::datum(Datum value)
{
    if (filled_ >= descriptor_->natts) {
        elog(ERROR, "a pg_marketing function wrote more than %d columns", descriptor_->natts);
    }
    values_[filled_] = value;
    nulls_[filled_] = false;
    ++filled_;
    return *this;
}

RowWriter& RowWriter::null()
{
    datum(static_cast<Datum>(0));
    nulls_[filled_ - 1] = true;
    return *this;
}

RowWriter& RowWriter::text(std::string_view value)
{
    return datum(PointerGetDatum(cstring_to_text_with_len(value.data(), static_cast<int>(value.size()))));
}

RowWriter& RowWriter::number(double value)
{
    return datum(Float8GetDatum(value));
}

RowWriter& RowWriter::integer(std::int64_t value)
{
    return datum(Int64GetDatum(value));
}

RowWriter& RowWriter::boolean(bool value)
{
    return datum(BoolGetDatum(value));
}

void RowWriter::end_row()
{
    if (filled_ != descriptor_->natts) {
        elog(ERROR, "a pg_marketing function wrote %d of %d columns", filled_, descriptor_->natts);
    }
    tuplestore_putvalues(store_, descriptor_, values_, nulls_);
    filled_ = 0;
}

}  // namespace marketing::postgres
