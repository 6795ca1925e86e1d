/**
 * Response curves of campaigns from what they spent and what came back: exact Bayes by quadrature over the elasticity, whose usual
 * value is learned across the campaigns. Nothing is iterated to a tolerance, so nothing can fail to converge.
 *
 * Given the elasticity e, the response per day at the reference spend is gamma distributed; e is 0, or has nodes from 0.03 to 0.97 and a
 * logit-normal prior around m; m has nodes, too, and its weight is how well all campaigns together agree with it. Beside that it may be
 * that spend has no effect in any campaign: no curve says so, but what a move brings is then nothing. Where the spends of all campaigns
 * move together, a season may have moved them and the responses: by which power of the common movement has nodes, too, one of
 * which is none.
 */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "budget/curve.hpp"
#include "budget/panel.hpp"
#include "kernel/stop.hpp"

namespace marketing::budget {

inline constexpr std::size_t elasticity_nodes = 48;
inline constexpr std::size_t center_nodes = 23;
inline constexpr std::size_t season_nodes = 17;
/** Blocks that a curve of its own takes. */
inline constexpr std::size_t usable_blocks = 8;
/** Standard deviation of the log of the spend below which it tells nothing about the curve. */
inline constexpr double usable_spread = 0.1;

/** The first is 0. */
[[nodiscard]] double elasticity_node(std::size_t k);
/** A curve of that elasticity; of elasticity 0 it is as good as flat wherever anything is spent. */
[[nodiscard]] Shape shape_node(Family family, std::size_t k);

/** An elasticity as it is told: that of a curve which is as good as flat is 0, and one more response of it has no cost. */
[[nodiscard]] inline double told_elasticity(double elasticity)
{
    return elasticity < 1e-6 ? 0 : elasticity;
}

/** What an experiment said of a campaign's elasticity. */
struct LiftTest {
    double elasticity = 0;
    double deviation = 0;  // 0: no test
};

struct ResponseOptions {
    Family family = Family::michaelis_menten;
    bool counts = true;  // the response counts events, so that it varies at least like a Poisson's; else it is an amount
};

/** What is known of one campaign's curve, in short. */
struct ResponseSummary {
    double spend = 0;     // reference: mean spend per day
    double response = 0;  // expected per day at that spend
    double elasticity = 0;
    double bend = 0;            // of the mean curve at that spend, see Shape
    double elasticity_low = 0;  // 5 and 95 percent
    double elasticity_high = 0;
    double dispersion = 1;  // variance of a block over its mean
    std::size_t blocks = 0;
    double spread = 0;      // standard deviation of the log of the blocks' spend,
    double own_spread = 0;  // and of what is not common to all campaigns
    double r2 = 0;          // share of the blocks' variance that the curve explains; NaN for fewer than 3 blocks
    bool usable = false;
};

struct ResponseFit : ResponseSummary {
    double shape = 0;  // of the gamma distribution of the response, and its rate at each elasticity
    std::array<double, elasticity_nodes> rate{};
    std::array<double, elasticity_nodes> weight{};  // of each elasticity
    /** The rate and the likelihood by season, then by elasticity. */
    std::array<std::array<double, elasticity_nodes>, season_nodes> season_rate{};
    std::array<std::array<double, elasticity_nodes>, season_nodes> likelihood{};

    /** The mean of all curves, as far as a curve of the family tells it: the same value, slope and bend at the reference. */
    [[nodiscard]] Curve curve(Family family) const
    {
        const Shape bent = Shape::of_bend(family, bend);
        const double steep = response * elasticity / bent.elasticity();
        return {bent, spend, steep, response - steep};
    }
};

struct ResponseModel {
    Family family = Family::michaelis_menten;
    std::vector<ResponseFit> campaigns;  // those without a block have blocks = 0 and the portfolio's elasticity
    std::array<std::array<double, center_nodes>, season_nodes> common_weight{};  // of each season and m
    double elasticity = 0;                                                       // of a campaign of which nothing is known
    std::array<double, elasticity_nodes> prior_weight{};                         // the same as a distribution
    double nothing = 0;  // how likely it is that spend has no effect in any campaign; curves are as if it was not so
};

/** Fits all campaigns at once. `tests`: empty, or one per campaign. Throws Stopped. */
[[nodiscard]] ResponseModel fit_responses(std::span<const std::vector<Block>> campaigns, std::span<const LiftTest> tests,
                                          const ResponseOptions& options, const kernel::StopFlag& stop);

/** The response per day at two spends, in many equally likely worlds. */
struct Move {
    double from;
    double to;
};
struct Interval {
    double mean;
    double low;  // 5 and 95 percent
    double high;
};
struct MoveOutcome {
    Interval before;
    Interval after;
};
struct PlanOutcome {
    std::vector<MoveOutcome> campaigns;
    MoveOutcome total;
    Interval lift;  // it holds 0 where spend may well have no effect in any campaign
    double probability_of_lift;
};

/**
 * What moving each campaign's spend brings. The worlds are drawn from fixed seeds, the portfolio's m once for all campaigns of a world,
 * so that the same question has the same answer. Throws Stopped.
 */
[[nodiscard]] PlanOutcome outcome_of(const ResponseModel& model, std::span<const Move> moves, const kernel::StopFlag& stop);

}  // namespace marketing::budget
