#include "postgres/numbers.hpp"

#include <cmath>

namespace marketing::postgres {

namespace {

struct Values {
    Datum* values;
    bool* nulls;
};

Values values_of(std::span<const double> numbers)
{
    Values made{static_cast<Datum*>(palloc(sizeof(Datum) * (numbers.size() + 1))),
                static_cast<bool*>(palloc(sizeof(bool) * (numbers.size() + 1)))};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        made.nulls[i] = std::isnan(numbers[i]);
        made.values[i] = Float8GetDatum(made.nulls[i] ? 0 : numbers[i]);
    }
    return made;
}

}  // namespace

Datum numbers_row(FunctionCallInfo fcinfo, std::span<const double> numbers)
{
    TupleDesc type = nullptr;
    if (get_call_result_type(fcinfo, nullptr, &type) != TYPEFUNC_COMPOSITE ||
        static_cast<std::size_t>(type->natts) != numbers.size()) {
        elog(ERROR, "unexpected result type of a pg_marketing function");
    }
    const Values made = values_of(numbers);
    return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(type), made.values, made.nulls));
}

}  // namespace marketing::postgres
