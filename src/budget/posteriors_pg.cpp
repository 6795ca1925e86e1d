// Binding of rates and costs out of counts.

#include <array>
#include <vector>

#include "budget/costs.hpp"
#include "budget/rates.hpp"
#include "postgres/arrays.hpp"
#include "postgres/guard.hpp"
#include "postgres/numbers.hpp"
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

/** Half of what an interval of this level leaves out. */
double tail_of(double level)
{
    if (!(level > 0 && level < 1)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("level must be between 0 and 1, both excluded")));
    }
    return (1 - level) / 2;
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
    PG_RETURN_DATUM(postgres::numbers_row(fcinfo, std::array{prior.successes, prior.failures}));
}

MARKETING_FUNCTION(cost_prior)
{
    const auto events = postgres::float8_array_argument(fcinfo, 0);
    const auto spend = postgres::float8_array_argument(fcinfo, 1);
    require_same_length(events, spend, "events and spend");
    budget::CostBelief prior{};
    postgres::run_kernel([&] {
        std::vector<budget::CostBelief> group(events.size);
        for (std::size_t i = 0; i < group.size(); ++i) {
            group[i] = {events.data[i], spend.data[i]};
        }
        prior = budget::fit_cost_prior(group);
    });
    PG_RETURN_DATUM(postgres::numbers_row(fcinfo, std::array{prior.events, prior.spend}));
}

MARKETING_FUNCTION(cost_posterior)
{
    const budget::CostBelief evidence{PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1)};
    const budget::CostBelief prior{PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3)};
    const double tail = tail_of(PG_GETARG_FLOAT8(4));
    double cost[3] = {};
    postgres::run_kernel([&] {
        const auto belief = budget::update(prior, evidence);
        cost[0] = budget::cost_quantile(belief, tail);
        cost[1] = budget::cost_quantile(belief, 0.5);
        cost[2] = budget::cost_quantile(belief, 1 - tail);
    });
    PG_RETURN_DATUM(postgres::numbers_row(fcinfo, std::array{cost[0], cost[1], cost[2]}));
}

MARKETING_FUNCTION(cost_probability)
{
    const budget::CostBelief evidence{PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1)};
    const double target = PG_GETARG_FLOAT8(2);
    const budget::CostBelief prior{PG_GETARG_FLOAT8(3), PG_GETARG_FLOAT8(4)};
    double probability = 0;
    postgres::run_kernel([&] { probability = budget::probability_cost_within(budget::update(prior, evidence), target); });
    PG_RETURN_FLOAT8(probability);
}

MARKETING_FUNCTION(cost_superiority)
{
    const budget::CostBelief one{PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1)};
    const budget::CostBelief other{PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3)};
    const double ratio = PG_GETARG_FLOAT8(4);
    double probability = 0;
    postgres::run_kernel([&] { probability = budget::probability_cheaper(one, other, ratio); });
    PG_RETURN_FLOAT8(probability);
}

MARKETING_FUNCTION(contract_cost_probability)
{
    const budget::CostBelief leads{PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1)};
    const budget::RateEvidence contracts{PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(0)};
    const double target = PG_GETARG_FLOAT8(3);
    const budget::CostBelief cost_prior{PG_GETARG_FLOAT8(4), PG_GETARG_FLOAT8(5)};
    const budget::RateBelief rate_prior{PG_GETARG_FLOAT8(6), PG_GETARG_FLOAT8(7)};
    double probability = 0;
    postgres::run_kernel([&] {
        probability = budget::probability_contract_cost_within(budget::update(cost_prior, leads),
                                                               budget::update(rate_prior, contracts), target);
    });
    PG_RETURN_FLOAT8(probability);
}

MARKETING_FUNCTION(roas_posterior)
{
    const budget::CostBelief leads{PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1)};
    const budget::RateEvidence contracts{PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(0)};
    const double value = PG_GETARG_FLOAT8(3);
    const double value_error = PG_GETARG_FLOAT8(4);
    const double target = PG_GETARG_FLOAT8(5);
    const budget::CostBelief cost_prior{PG_GETARG_FLOAT8(6), PG_GETARG_FLOAT8(7)};
    const budget::RateBelief rate_prior{PG_GETARG_FLOAT8(8), PG_GETARG_FLOAT8(9)};
    const double tail = tail_of(PG_GETARG_FLOAT8(10));
    double found[4] = {};
    postgres::run_kernel([&] {
        const auto belief = budget::return_on_spend(budget::update(cost_prior, leads), budget::update(rate_prior, contracts),
                                                    value, value_error);
        found[0] = budget::return_quantile(belief, tail);
        found[1] = budget::return_quantile(belief, 0.5);
        found[2] = budget::return_quantile(belief, 1 - tail);
        found[3] = budget::probability_return_above(belief, target);
    });
    PG_RETURN_DATUM(postgres::numbers_row(fcinfo, std::array{found[0], found[1], found[2], found[3]}));
}
