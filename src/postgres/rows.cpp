#include "postgres/rows.hpp"

namespace marketing::postgres {

ArrayWriter::ArrayWriter(std::size_t size)
    : values_(static_cast<Datum*>(palloc(sizeof(Datum) * (size + 1)))), nulls_(static_cast<bool*>(palloc(size + 1)))
{
}

void ArrayWriter::add(Datum value, bool is_null)
{
    nulls_[size_] = is_null;
    values_[size_++] = value;
}

Datum ArrayWriter::finish(const ElementForm& form) const
{
    int size = size_;
    int first = 1;
    return PointerGetDatum(construct_md_array(values_, nulls_, size == 0 ? 0 : 1, &size, &first, form.oid, form.length,
                                              form.by_value, form.alignment));
}

Datum number_datum(double value)
{
    if (!std::isfinite(value)) {
        ereport(ERROR,
                (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("the numbers are beyond what can be computed with")));
    }
    return Float8GetDatum(value);
}

RowWriter::RowWriter(FunctionCallInfo fcinfo)
{
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    const bool is_set = fcinfo->flinfo->fn_retset;
    if (is_set && (result == nullptr || !IsA(result, ReturnSetInfo) || (result->allowedModes & SFRM_Materialize) == 0)) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("this function returns rows: call it in FROM")));
    }
    MemoryContext caller = MemoryContextSwitchTo(is_set ? result->econtext->ecxt_per_query_memory : CurrentMemoryContext);
    if (get_call_result_type(fcinfo, nullptr, &descriptor_) != TYPEFUNC_COMPOSITE || descriptor_->natts > most_columns) {
        elog(ERROR, "unexpected result type of a pg_marketing function");
    }
    if (is_set) {
        store_ = tuplestore_begin_heap((result->allowedModes & SFRM_Materialize_Random) != 0, false, work_mem);
        result->returnMode = SFRM_Materialize;
        result->setResult = store_;
        result->setDesc = descriptor_;
    } else {
        descriptor_ = BlessTupleDesc(descriptor_);
    }
    MemoryContextSwitchTo(caller);
    if (is_set) {
        row_memory_ = AllocSetContextCreate(CurrentMemoryContext, "pg_marketing row", ALLOCSET_SMALL_SIZES);
    }
}

void RowWriter::put_null()
{
    if (filled_ >= descriptor_->natts) {
        elog(ERROR, "a pg_marketing function wrote more than %d columns", descriptor_->natts);
    }
    values_[filled_] = static_cast<Datum>(0);
    nulls_[filled_++] = true;
}

void RowWriter::put_datum(Datum value, Oid type)
{
    put_null();
    const int column = filled_ - 1;
    if (TupleDescAttr(descriptor_, column)->atttypid != type) {
        elog(ERROR, "a pg_marketing function wrote another type than that of column %d", filled_);
    }
    values_[column] = value;
    nulls_[column] = false;
}

void RowWriter::put_integer(std::int64_t value)
{
    if (filled_ < descriptor_->natts && TupleDescAttr(descriptor_, filled_)->atttypid == INT4OID) {
        if (value != static_cast<std::int32_t>(value)) {
            ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("integer out of range")));
        }
        put_datum(Int32GetDatum(static_cast<std::int32_t>(value)), INT4OID);
    } else {
        put_datum(Int64GetDatum(value), INT8OID);
    }
}

void RowWriter::put(std::string_view text)
{
    MemoryContext caller = MemoryContextSwitchTo(row_memory_);
    put_datum(text_datum(text), TEXTOID);
    MemoryContextSwitchTo(caller);
}

// A text identifier may come from a value that another database made.
void RowWriter::put(const kernel::Identifier& identifier)
{
    if (identifier.kind == kernel::IdKind::text) {
        pg_verifymbstr(identifier.text.data(), static_cast<int>(identifier.text.size()), false);
        put(identifier.text);
        return;
    }
    char digits[MAXINT8LEN + 1];
    put(std::string_view(digits, static_cast<std::size_t>(pg_lltoa(identifier.number, digits))));
}

void RowWriter::check_width() const
{
    if (filled_ != descriptor_->natts) {
        elog(ERROR, "a pg_marketing function wrote %d of %d columns", filled_, descriptor_->natts);
    }
}

void RowWriter::end_row()
{
    check_width();
    tuplestore_putvalues(store_, descriptor_, values_, nulls_);
    MemoryContextReset(row_memory_);
    filled_ = 0;
}

Datum RowWriter::finish_tuple()
{
    check_width();
    return HeapTupleGetDatum(heap_form_tuple(descriptor_, values_, nulls_));
}

}  // namespace marketing::postgres
