// Binding of rates and costs out of counts.

#include <span>
#include <vector>

#include "budget/columns.hpp"
#include "budget/costs.hpp"
#include "budget/rates.hpp"
#include "postgres/arguments.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"

namespace budget = marketing::budget;
namespace postgres = marketing::postgres;

using budget::BetaRate;
using budget::CostEvidence;
using budget::GammaRate;
using budget::RateEvidence;

namespace {

RateEvidence trials_argument(postgres::Arguments& in)
{
    return {in.get<double>("successes"), in.get<double>("trials")};
}

BetaRate rate_prior(postgres::Arguments& in)
{
    return {in.get<double>("prior_successes"), in.get<double>("prior_failures")};
}

CostEvidence events_argument(postgres::Arguments& in)
{
    return {in.get<double>("events"), in.get<double>("spend")};
}

GammaRate event_prior(postgres::Arguments& in)
{
    return {in.get<double>("prior_events"), in.get<double>("prior_spend")};
}

/** What was seen of leads: what they cost, and how many sign. */
struct LeadEvidence {
    CostEvidence leads;
    RateEvidence contracts;
};

LeadEvidence lead_evidence(postgres::Arguments& in)
{
    const double leads = in.get<double>("leads");
    const double spend = in.get<double>("spend");
    return {{leads, spend}, {in.get<double>("contracts"), leads}};
}

struct LeadPrior {
    GammaRate leads;
    BetaRate contracts;
};

LeadPrior lead_prior(postgres::Arguments& in)
{
    return {{in.get<double>("prior_leads"), in.get<double>("prior_spend")},
            {in.get<double>("prior_contracts"), in.get<double>("prior_failures")}};
}

/** In a guard: the members of a group, whose parts stand in two columns. */
template <class Member>
std::vector<Member> members_of(budget::Rows rows, std::span<const double> first, std::span<const double> second,
                               const char* second_name)
{
    rows.require(second.size(), second_name);
    std::vector<Member> members;
    for (std::size_t i = 0; i < rows.count; ++i) {
        members.push_back({first[i], second[i]});
    }
    return members;
}

}  // namespace

MARKETING_FUNCTION(beta_probability)
{
    postgres::Arguments in(fcinfo);
    const auto evidence = trials_argument(in);
    const double rate = in.get<double>("rate");
    const auto prior = rate_prior(in);
    return postgres::number_datum(
        postgres::run_kernel([&] { return budget::probability_above(budget::update(prior, evidence), rate); }));
}

MARKETING_FUNCTION(beta_superiority)
{
    postgres::Arguments in(fcinfo);
    const auto one = trials_argument(in);
    const RateEvidence other{in.get<double>("other_successes"), in.get<double>("other_trials")};
    const auto prior = rate_prior(in);
    return postgres::number_datum(postgres::run_kernel(
        [&] { return budget::probability_superior(budget::update(prior, one), budget::update(prior, other)); }));
}

MARKETING_FUNCTION(beta_prior)
{
    postgres::Arguments in(fcinfo);
    const auto successes = in.array<double>("successes");
    const auto trials = in.array<double>("trials");
    const auto prior = postgres::run_kernel([&] {
        return budget::fit_rate_prior(members_of<RateEvidence>({successes.size(), "successes"}, successes, trials, "trials"));
    });
    return postgres::tuple_datum(fcinfo, prior.successes, prior.failures);
}

MARKETING_FUNCTION(cost_prior)
{
    postgres::Arguments in(fcinfo);
    const auto events = in.array<double>("events");
    const auto spend = in.array<double>("spend");
    const auto prior = postgres::run_kernel([&] {
        return budget::fit_cost_prior(members_of<CostEvidence>({events.size(), "events"}, events, spend, "spend"));
    });
    return postgres::tuple_datum(fcinfo, prior.events, prior.spend);
}

MARKETING_FUNCTION(cost_posterior)
{
    postgres::Arguments in(fcinfo);
    const auto evidence = events_argument(in);
    const auto prior = event_prior(in);
    const double level = in.get<double>("level");
    return postgres::tuple_datum(
        fcinfo, postgres::run_kernel([&] { return budget::cost_interval(budget::update(prior, evidence), level); }));
}

MARKETING_FUNCTION(cost_probability)
{
    postgres::Arguments in(fcinfo);
    const auto evidence = events_argument(in);
    const double target = in.get<double>("target");
    const auto prior = event_prior(in);
    return postgres::number_datum(
        postgres::run_kernel([&] { return budget::probability_cost_within(budget::update(prior, evidence), target); }));
}

MARKETING_FUNCTION(cost_superiority)
{
    postgres::Arguments in(fcinfo);
    const GammaRate one{in.get<double>("events"), in.get<double>("spend")};
    const GammaRate other{in.get<double>("other_events"), in.get<double>("other_spend")};
    const double ratio = in.get<double>("ratio");
    return postgres::number_datum(postgres::run_kernel([&] { return budget::probability_cheaper(one, other, ratio); }));
}

MARKETING_FUNCTION(contract_cost_probability)
{
    postgres::Arguments in(fcinfo);
    const auto evidence = lead_evidence(in);
    const double target = in.get<double>("target");
    const auto prior = lead_prior(in);
    return postgres::number_datum(postgres::run_kernel([&] {
        return budget::probability_contract_cost_within(budget::update(prior.leads, evidence.leads),
                                                        budget::update(prior.contracts, evidence.contracts), target);
    }));
}

MARKETING_FUNCTION(roas_posterior)
{
    postgres::Arguments in(fcinfo);
    const auto evidence = lead_evidence(in);
    const double value = in.get<double>("contract_value");
    const double value_error = in.get<double>("value_error");
    const double target = in.get<double>("target");
    const auto prior = lead_prior(in);
    const double level = in.get<double>("level");
    double p_above = 0;
    const auto interval = postgres::run_kernel([&] {
        const auto belief = budget::return_on_spend(budget::update(prior.leads, evidence.leads),
                                                    budget::update(prior.contracts, evidence.contracts), value, value_error);
        p_above = budget::probability_return_above(belief, target);
        return budget::return_interval(belief, level);
    });
    return postgres::tuple_datum(fcinfo, interval, p_above);
}
