// Binding of the type analytics.purchases, of the aggregate that makes it and of its summaries.

#include <cmath>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "lifetime_value/purchases.hpp"
#include "lifetime_value/season.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/any_value.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"

namespace lifetime_value = marketing::lifetime_value;
namespace postgres = marketing::postgres;

using lifetime_value::Observation;
using lifetime_value::PurchasesState;
using lifetime_value::PurchasesView;
using postgres::Date;

MARKETING_FLAT_TYPE(purchases, PurchasesView)

MARKETING_FUNCTION(purchases_transition)
{
    auto* state = postgres::transition_state<PurchasesState>(fcinfo);
    auto in = postgres::Arguments::of_row(fcinfo);
    marketing::kernel::Identifier customer;
    postgres::given_identifier(in, "customer", postgres::IdentifierUse::shown, customer);
    const std::int32_t day = in.get<Date>("purchased_on");
    const double amount = in.value_or("amount", 0.0);
    const bool is_refund = in.value_or("is_refund", false);
    postgres::run_kernel([&, state] { state->append(customer, day, amount, is_refund); });
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(purchases_union_transition)
{
    return postgres::add_value<PurchasesState>(fcinfo, "purchases", &PurchasesState::append_value);
}

MARKETING_FUNCTION(purchases_final)
{
    return postgres::finish<PurchasesState>(fcinfo);
}

namespace {

static_assert(std::is_trivially_destructible_v<PurchasesView>, "a view stands while rows are written");

double unit_of(double days)
{
    postgres::require_valid(days > 0 && days <= lifetime_value::most_days, "days_per_unit must be a positive number of days",
                            "1 for days, 7 for weeks, 30.4375 for months.");
    return days;
}

Observation observation_arguments(postgres::Arguments& in, const PurchasesView& purchases)
{
    Observation observation;
    observation.until = in.optional<Date>("observed_until").value_or(purchases.last_day().value_or(0));
    observation.days_per_unit = unit_of(in.value_or("days_per_unit", 0.0));
    const auto holdout_until = in.optional<Date>("holdout_until");
    observation.holdout_until = holdout_until.value_or(observation.until);
    postgres::require_valid(!holdout_until || *holdout_until > observation.until, "holdout_until must be after observed_until");
    return observation;
}

}  // namespace

MARKETING_ROWS_OF(purchase_summary, purchases, in, rows)
{
    std::optional<PurchasesView> view;
    postgres::run_kernel([&] { view.emplace(purchases); });
    const Observation observation = observation_arguments(in, *view);
    const bool holdout = observation.holdout_until > observation.until;
    for (std::size_t i = 0; i < view->customer_count(); ++i) {
        CHECK_FOR_INTERRUPTS();
        if (const auto found = postgres::run_kernel([&] { return view->summary(i, observation); })) {
            rows.row(view->customer(i), Date{found->first_day}, Date{found->last_day}, found->frequency, found->recency,
                     found->age, found->mean_repeat_value(), found->total_value,
                     postgres::only_if(holdout, found->holdout_frequency), postgres::only_if(holdout, found->holdout_value));
        }
    }
}

MARKETING_ROWS_OF(purchase_season, purchases, in, rows)
{
    const auto observed_until = in.optional<Date>("observed_until");
    const auto model = in.choice("model", lifetime_value::find_purchase_model);
    const double confidence = in.get<double>("confidence");
    const auto season = postgres::run_kernel([&] {
        const PurchasesView view(purchases);
        return lifetime_value::season_of(view, observed_until.value_or(view.last_day().value_or(0)), model, confidence,
                                         postgres::stop_flag());
    });
    for (std::int32_t month = 1; const auto& m : season.months) {
        rows.row(month++, m.index, m.low, m.high, std::llround(m.purchases), m.expected, season.reason);
    }
}

MARKETING_FUNCTION(seasonal_time)
{
    postgres::Arguments in(fcinfo);
    const auto after = in.get<Date>("after");
    const auto until = in.get<Date>("until");
    const auto season = in.array<double>("season");
    const double days_per_unit = unit_of(in.get<double>("days_per_unit"));
    return postgres::number_datum(
        postgres::run_kernel([&] { return lifetime_value::Calendar(season).time(after, until) / days_per_unit; }));
}
