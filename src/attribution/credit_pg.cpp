// Binding of the functions that answer from a journeys value.

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "attribution/bootstrap.hpp"
#include "attribution/credit.hpp"
#include "attribution/journeys.hpp"
#include "attribution/models.hpp"
#include "attribution/shape_pg.hpp"
#include "numeric/sum_state.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/rows.hpp"

namespace attribution = marketing::attribution;
namespace postgres = marketing::postgres;

using attribution::JourneysView;
using marketing::numeric::SumState;
using postgres::Instant;

namespace {

/** What attribution_credit is asked, as plain data. */
struct CreditArguments {
    std::span<const std::string_view> models;
    std::int64_t half_life;
    std::span<const std::string_view> fallback;
    std::span<const std::string_view> direct_keys;
    std::span<const double> position_weights;
    attribution::TwoTouch two_touch;
    std::span<const double> first_weights;
    std::span<const double> last_weights;
    attribution::PathRules rules;
    std::int64_t touched_from;
    std::int64_t touched_before;

    /** In a guard. */
    [[nodiscard]] attribution::CreditRequest request() const
    {
        attribution::CreditRequest request;
        request.models = attribution::find_models(models);
        request.options.half_life = half_life;
        request.options.position_weights = attribution::checked_position_weights(position_weights);
        request.options.fallback = attribution::find_fallback(fallback);
        request.options.two_touch = two_touch;
        request.options.first_weights = {first_weights.begin(), first_weights.end()};
        request.options.last_weights = {last_weights.begin(), last_weights.end()};
        attribution::check_custom_weights(first_weights, last_weights);
        request.rules = rules;
        request.direct_keys = direct_keys;
        request.touched_from = touched_from;
        request.touched_before = touched_before;
        return request;
    }
};

std::span<const double> weights_argument(postgres::Arguments& in, const char* name)
{
    return in.array<double>(name, postgres::NullElements::refused);
}

CreditArguments credit_arguments(postgres::Arguments& in)
{
    CreditArguments asked{};
    asked.models = in.array<std::string_view>("models");
    attribution::read_lookback(in, asked.rules);
    asked.half_life = in.get<postgres::Duration>("half_life");
    postgres::require_valid(asked.half_life > 0, "half_life must be positive");
    asked.rules.cycle = in.choice("cycle", attribution::find_cycle);
    asked.fallback = in.array<std::string_view>("fallback");
    asked.direct_keys = in.array<std::string_view>("direct_keys");
    asked.position_weights = weights_argument(in, "position_weights");
    attribution::read_period(in, asked.rules);
    asked.two_touch = in.choice("two_touch", attribution::find_two_touch);
    asked.first_weights = weights_argument(in, "first_weights");
    asked.last_weights = weights_argument(in, "last_weights");
    attribution::read_shape(in, asked.rules);
    asked.rules.stage_keys = in.array<std::string_view>("stage_keys");
    asked.touched_from = in.optional<Instant>("touched_from").value_or(DT_NOBEGIN);
    asked.touched_before = in.optional<Instant>("touched_before").value_or(DT_NOEND);
    return asked;
}

/** What a key earned and how sure that is. */
struct Estimate {
    attribution::Credit credit;  // its replicates kept
    attribution::Interval conversions;
    attribution::Interval value;
};

/** In a guard. */
std::span<const Estimate> estimates_of(std::span<const attribution::Credit> credits, double confidence)
{
    attribution::check_confidence(confidence);
    std::vector<Estimate> estimates;
    for (attribution::Credit credit : credits) {
        credit.conversions_replicates = postgres::keep(credit.conversions_replicates);
        credit.value_replicates = postgres::keep(credit.value_replicates);
        estimates.push_back({credit, attribution::percentile_interval(credit.conversions_replicates, confidence),
                             attribution::percentile_interval(credit.value_replicates, confidence)});
    }
    return postgres::keep(estimates);
}

}  // namespace

MARKETING_ROWS_OF(attribution_credit, journeys, in, rows)
{
    CreditArguments asked = credit_arguments(in);
    attribution::read_view_lookback(in, asked.rules);
    attribution::read_day_starts(in, asked.rules);
    std::span<const attribution::Credit> credits;
    const std::int64_t truncated = postgres::run_kernel([&] {
        const auto found = attribution::attribute(JourneysView(journeys), asked.request(), postgres::stop_flag());
        credits = postgres::keep(found.credits);
        return found.truncated;
    });
    for (const attribution::Credit& credit : credits) {
        rows.row(credit.model, postgres::only_if(credit.attributed, credit.key), credit.conversions, credit.value,
                 credit.supporting, credit.assisted, credit.clients);
    }
    attribution::notice_truncated(truncated, asked.rules);
}

namespace {

static_assert(std::is_trivially_destructible_v<JourneysView>, "a view stands while rows are written");

void write_touch(const JourneysView& journeys, const attribution::TouchCredit& credit, postgres::RowWriter& rows)
{
    constexpr double microseconds_of_day = 86'400e6;
    const auto of_touch = [&credit](auto value) { return postgres::only_if(credit.attributed, value); };
    const std::string_view name = credit.attributed ? journeys.key(credit.name) : std::string_view{};
    const std::size_t end = name.find(attribution::part_separator);
    rows.add(journeys.conversion_id(credit.client, credit.conversion), journeys.client(credit.client));
    if (credit.attributed) {
        rows.add(journeys.touch_id(credit.client, credit.touch), name.substr(0, end));
    } else {
        rows.add(std::nullopt, std::nullopt);
    }
    rows.row(credit.model, credit.weight, credit.refund ? 0 : credit.weight, credit.value,
             of_touch(static_cast<std::int32_t>(credit.rank)), static_cast<std::int32_t>(credit.path_touches),
             of_touch(static_cast<double>(credit.converted_at - credit.touched_at) / microseconds_of_day),
             Instant{credit.converted_at}, of_touch(Instant{credit.touched_at}), of_touch(credit.paid), of_touch(credit.view),
             postgres::only_if(end != std::string_view::npos, name.substr(end + 1)),
             postgres::only_if(journeys.part_count() > 0, journeys.part(journeys.part_of(credit.conversion))));
}

}  // namespace

MARKETING_ROWS_OF(credit_touches, journeys, in, rows)
{
    CreditArguments asked = credit_arguments(in);
    const bool all_touches = in.get<bool>("all_touches");
    asked.rules.key_parts = in.get<bool>("key_parts");
    attribution::read_view_lookback(in, asked.rules);
    attribution::read_day_starts(in, asked.rules);
    const auto view = postgres::run_kernel([&] { return JourneysView(journeys); });
    // So many rows are in memory at a time.
    constexpr std::size_t enough = std::size_t{1} << 16U;
    MemoryContext caller = CurrentMemoryContext;
    MemoryContext some = AllocSetContextCreate(caller, "credits of touches", ALLOCSET_DEFAULT_SIZES);
    std::int64_t truncated = 0;
    for (std::size_t client = 0; client < view.client_count();) {
        MemoryContextSwitchTo(some);
        const auto credits = postgres::run_kernel([&] {
            auto found = attribution::credit_touches(view, asked.request(), all_touches, client, enough, postgres::stop_flag());
            client = found.next_client;
            truncated += found.truncated;
            return std::move(found.rows);
        });
        MemoryContextSwitchTo(caller);
        for (const attribution::TouchCredit& credit : credits) {
            write_touch(view, credit, rows);
        }
        MemoryContextReset(some);
    }
    attribution::notice_truncated(truncated, asked.rules);
}

MARKETING_FUNCTION(compensated_sum_transition)
{
    auto* state = postgres::transition_state<SumState>(fcinfo);
    auto in = postgres::Arguments::of_row(fcinfo);
    if (const auto term = in.optional<double>("term")) {
        state->add(*term);
    }
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(compensated_sum_final)
{
    const auto* state = postgres::state_argument<SumState>(fcinfo);
    if (state == nullptr || !state->has_any()) {
        PG_RETURN_NULL();
    }
    return postgres::number_datum(postgres::run_kernel([state] { return state->value(); }));
}

namespace {

/** What attribution_bootstrap is asked. */
struct EstimateArguments {
    CreditArguments credit;
    attribution::Resampling resampling;
    double confidence;
    bool keys_together;
    bool periods_together;
};

EstimateArguments estimate_arguments(postgres::Arguments& in)
{
    EstimateArguments asked{credit_arguments(in), {}, 0, false, false};
    asked.resampling.replicates = in.get<std::int32_t>("replicates");
    asked.resampling.seed = in.get<std::int64_t>("seed");
    asked.confidence = in.get<double>("confidence");
    attribution::read_view_lookback(in, asked.credit.rules);
    return asked;
}

/** Credit with its intervals; told apart by the parts of keys and conversions if `by_part`. */
void write_estimates(postgres::Bytes journeys, const EstimateArguments& asked, bool by_part, postgres::RowWriter& rows)
{
    std::span<const Estimate> estimates;
    const std::int64_t truncated = postgres::run_kernel([&] {
        auto request = asked.credit.request();
        request.resampling = asked.resampling;
        request.by_part = by_part;
        request.keys_together = asked.keys_together;
        request.periods_together = asked.periods_together;
        const auto found = attribution::attribute(JourneysView(journeys), request, postgres::stop_flag());
        estimates = estimates_of(found.credits, asked.confidence);
        return found.truncated;
    });
    for (const auto& [credit, conversions, value] : estimates) {
        rows.add(credit.model, postgres::only_if(credit.attributed, credit.key), credit.conversions, conversions.low,
                 conversions.high, credit.value, value.low, value.high, credit.supporting, credit.assisted, credit.clients,
                 credit.conversions_replicates, credit.value_replicates);
        if (by_part) {
            rows.add(credit.touch_part, credit.conversion_part, credit.conversions_rest, credit.value_rest);
        }
        rows.end_row();
    }
    attribution::notice_truncated(truncated, asked.credit.rules);
}

}  // namespace

MARKETING_ROWS_OF(attribution_bootstrap, journeys, in, rows)
{
    EstimateArguments asked = estimate_arguments(in);
    attribution::read_day_starts(in, asked.credit.rules);
    write_estimates(journeys, asked, false, rows);
}

MARKETING_ROWS_OF(credit_by_part, journeys, in, rows)
{
    EstimateArguments asked = estimate_arguments(in);
    asked.credit.rules.key_parts = in.get<bool>("key_parts");
    asked.keys_together = in.get<bool>("keys_together");
    attribution::read_day_starts(in, asked.credit.rules);
    asked.periods_together = in.get<bool>("periods_together");
    write_estimates(journeys, asked, true, rows);
}

MARKETING_ROWS_OF(journeys_summary, journeys, in, rows)
{
    const auto summary = postgres::run_kernel([&] { return attribution::summarise(JourneysView(journeys)); });
    rows.row(summary.clients, summary.touches, summary.conversions, summary.value, summary.keys);
}
