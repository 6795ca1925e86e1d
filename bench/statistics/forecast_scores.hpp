/** How often forecasts of sums are right in a world whose truth is known: for
 * the tests in test/unit and, in full, for the tables. */
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>
#include <string_view>

#include "forecast/forecast.hpp"
#include "worlds/campaigns.hpp"

namespace marketing::worlds {

/** Shares and means over the campaigns of a world. */
struct ForecastScore {
    /** Sums beyond each end of the 90 % interval. */
    double below = 0;
    double above = 0;
    /** Mean absolute error of the sum, and that of the history's mean. */
    double error = 0;
    double error_of_mean = 0;
    /** Of budgets around what the mean of the history makes, by fifths of the stated
   * probability to exceed them. */
    struct Fifth {
        double count = 0;
        double stated = 0;
        double happened = 0;
    };
    std::array<Fifth, 5> fifths{};

    /** The greatest distance between what is stated and what happens, of fifths
   * that hold a tenth of all budgets. */
    [[nodiscard]] double miscalibration() const
    {
        double all = 0;
        for (const Fifth& fifth : fifths) {
            all += fifth.count;
        }
        double worst = 0;
        for (const Fifth& fifth : fifths) {
            if (fifth.count > all / 10) {
                worst = std::max(worst, std::abs(fifth.stated - fifth.happened) / fifth.count);
            }
        }
        return worst;
    }
};

/** Forecasts the sum of the 28 days after `days` of history, for each of so
 * many campaigns. */
inline ForecastScore score_forecasts(const World& world, int days, int campaigns, std::uint64_t seed, std::string_view model)
{
    constexpr int horizon = 28;
    const auto kind = world.amount_deviation > 0 ? forecast::Kind::nonnegative : forecast::Kind::count;
    const auto known = static_cast<std::size_t>(days);
    Engine engine(seed);
    ForecastScore score;
    for (int i = 0; i < campaigns; ++i) {
        const Campaign campaign = make_campaign(world, days + horizon, engine);
        const std::span figures(campaign.figures);
        const auto history = figures.first(known);
        const double actual = std::accumulate(figures.begin() + days, figures.end(), 0.0);
        const double by_mean = std::accumulate(history.begin(), history.end(), 0.0) / days * horizon;
        const auto fit = forecast::fit(history, horizon, forecast::choose_model(model, known), {});
        const auto sum = forecast::outlook_of_sum(fit, 0, kind, 0.9);
        score.below += (actual < sum.low ? 1.0 : 0.0) / campaigns;
        score.above += (actual > sum.high ? 1.0 : 0.0) / campaigns;
        score.error += std::abs(sum.mean - actual) / campaigns;
        score.error_of_mean += std::abs(by_mean - actual) / campaigns;
        const double budget = by_mean * lognormal(engine, 0.3);
        const double stated = forecast::probability_above(fit, 0, kind, budget);
        auto& fifth = score.fifths[std::min<std::size_t>(4, static_cast<std::size_t>(stated * 5))];
        fifth.count += 1;
        fifth.stated += stated;
        fifth.happened += actual > budget ? 1 : 0;
    }
    return score;
}

}  // namespace marketing::worlds
