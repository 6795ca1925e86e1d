// Binding of the functions that answer from a journeys value.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "attribution/bootstrap.hpp"
#include "attribution/credit.hpp"
#include "attribution/journeys.hpp"
#include "attribution/models.hpp"
#include "attribution/shape_pg.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/rows.hpp"

namespace attribution = marketing::attribution;
namespace postgres = marketing::postgres;

using attribution::JourneysView;
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
    const CreditArguments asked = credit_arguments(in);
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

MARKETING_ROWS_OF(attribution_bootstrap, journeys, in, rows)
{
    const CreditArguments asked = credit_arguments(in);
    attribution::Resampling resampling{};
    resampling.replicates = in.get<std::int32_t>("replicates");
    resampling.seed = in.get<std::int64_t>("seed");
    const double confidence = in.get<double>("confidence");
    std::span<const Estimate> estimates;
    const std::int64_t truncated = postgres::run_kernel([&] {
        auto request = asked.request();
        request.resampling = resampling;
        const auto found = attribution::attribute(JourneysView(journeys), request, postgres::stop_flag());
        estimates = estimates_of(found.credits, confidence);
        return found.truncated;
    });
    for (const auto& [credit, conversions, value] : estimates) {
        rows.row(credit.model, postgres::only_if(credit.attributed, credit.key), credit.conversions, conversions.low,
                 conversions.high, credit.value, value.low, value.high, credit.supporting, credit.assisted, credit.clients,
                 credit.conversions_replicates, credit.value_replicates);
    }
    attribution::notice_truncated(truncated, asked.rules);
}

MARKETING_ROWS_OF(journeys_summary, journeys, in, rows)
{
    const auto summary = postgres::run_kernel([&] { return attribution::summarise(JourneysView(journeys)); });
    rows.row(summary.clients, summary.touches, summary.conversions, summary.value, summary.keys);
}
