// Binding of rates and costs out of counts.

#include <vector>

#include "budget/rates.hpp"
#include "postgres/arrays.hpp"
#include "postgres/guard.hpp"
#include "postgres/pg.hpp"

namespace budget = marketing::budget;
namespace postgres = marketing::postgres;

namespace {

/** Two arrays of the same length, the elements of one member at the same place. */
void require_same_length(const postgres::PlainArray<double>& one, const postgres::PlainArray<double>& other, const char* names)
{
    if (one.size != other.size) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must have as many elements as each other", names),
                        errdetail("They have %zu and %zu.", one.size, other.size)));
    }
}

/** A composite of two numbers, as the function is declared to return. */
Datum pair_datum(FunctionCallInfo fcinfo, double first, double second)
{
    TupleDesc descriptor = nullptr;
    if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE || descriptor->natts != 2) {
        elog(ERROR, "unexpected result type of a pg_marketing function");
    }
    Datum values[] = {Float8GetDatum(first), Float8GetDatum(second)};
    bool nulls[] = {false, false};
    return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}

}  // namespace

MARKETING_FUNCTION(beta_probability)
{
    const budget::RateEvidence evidence{PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1)};
    const double rate = PG_GETARG_FLOAT8(2);
    const budget::RateBelief prior{PG_GETARG_FLOAT8(3), PG_GETARG_FLOAT8(4)};
    double probability = 0;
    postgres::run_kernel([&] { probability = budget::probability_above(budget::update(prior, evidence), rate); });
    PG_RETURN_FLOAT8(probability);
}

MARKETING_FUNCTION(beta_superiority)
{
    const budget::RateEvidence one{PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1)};
    const budget::RateEvidence other{PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3)};
    const budget::RateBelief prior{PG_GETARG_FLOAT8(4), PG_GETARG_FLOAT8(5)};
    double probability = 0;
    postgres::run_kernel(
        [&] { probability = budget::probability_superior(budget::update(prior, one), budget::update(prior, other)); });
    PG_RETURN_FLOAT8(probability);
}

MARKETING_FUNCTION(beta_prior)
{
    const auto successes = postgres::float8_array_argument(fcinfo, 0);
    const auto trials = postgres::float8_array_argument(fcinfo, 1);
    require_same_length(successes, trials, "successes and trials");
    budget::RateBelief prior{};
    postgres::run_kernel([&] {
        std::vector<budget::RateEvidence> group(successes.size);
        for (std::size_t i = 0; i < group.size(); ++i) {
            group[i] = {successes.data[i], trials.data[i]};
        }
        prior = budget::fit_rate_prior(group);
    });
    PG_RETURN_DATUM(pair_datum(fcinfo, prior.successes, prior.failures));
}
