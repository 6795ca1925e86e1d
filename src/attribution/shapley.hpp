/**
 * Credits from counted paths that need no chain: Shapley values, removal on observed paths, first, last and linear.
 *
 * Every function answers with keys in byte order and, where there are any, a last row without a key for the conversions without a
 * touch, so that the rows add up to all conversions and all their value (sums are compensated).
 */
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "attribution/path_counts.hpp"
#include "kernel/named.hpp"
#include "kernel/stop.hpp"

namespace marketing::attribution {

/** A set of more keys than this has too many subsets: the rate game shares its conversions equally. */
inline constexpr std::size_t most_rated_keys = 12;
/** How many journeys of the overall rate are added to what was observed of a set, so that rare sets say little. */
inline constexpr double prior_journeys = 20;

/** What is shared. R(T), Z(T): how many journeys converted and how many did not, of those whose distinct keys are exactly T. */
enum class Game {
    cumulative,    // v(S) = sum of R(T) over T within S: R(T) / |T| to each key of T (Zhao, Mahboobi, Bagheri 2018, simplified)
    ordered,       // the same, told apart by the place in the path where the key comes first, every touch counted
    ordered_keys,  // the same, keys counted once: the first distinct key, the second, ...
    rate,  // per T: v(S) = shrunk rate of S for S within T, negative shares cut off, scaled to R(T); all 0: equal shares
};

/** The game called `name`. Throws Error(invalid_parameter) for an unknown name. */
inline constexpr auto find_game = kernel::names<Game>(
    "game",
    {{"cumulative", Game::cumulative}, {"ordered", Game::ordered}, {"ordered_keys", Game::ordered_keys}, {"rate", Game::rate}});

/** What one key earned. Plain data; the text lies in the path_counts value. */
struct PathCredit {
    std::string_view key;
    bool attributed;        // false: the conversions without a touch; no key
    std::int32_t position;  // of the key's first appearance, from 1, in the ordered games; else 0
    double conversions;
    double value;
};

/**
 * Shapley values: by key, in the ordered games by key and position. The rate game takes the rate of a set as
 * (R + m p) / (R + Z + m), p the rate of all journeys and m = prior_journeys, and that of no key as 0. Its answer is scaled for
 * each set by itself, never as a whole. Costs O(touches), the rate game O(|T| 2^|T|) for each distinct T with
 * conversions. Throws Stopped.
 */
[[nodiscard]] std::vector<PathCredit> shapley_credit(const PathCountsView& paths, Game game, const kernel::StopFlag& stop);

/**
 * Removal on observed paths: a key's share of a path is how much the conversion rate falls when all its touches are taken out,
 * if the path without them was seen, else the whole rate; a rise counts as 0, and where all are 0 the last touch gets it all.
 * Throws Stopped.
 */
[[nodiscard]] std::vector<PathCredit> removal_credit(const PathCountsView& paths, const kernel::StopFlag& stop);

/** A rule that shares a path among its touches by their place alone. */
enum class PathModel { first, last, linear };

/** The rule called `name`. Throws Error(invalid_parameter) for an unknown name. */
inline constexpr auto find_path_model = kernel::names<PathModel>(
    "model of counted paths", {{"first", PathModel::first}, {"last", PathModel::last}, {"linear", PathModel::linear}},
    " Other models need times: see attribution_credit.");

/** First, last or linear touch: all to the first, all to the last, the same to each touch. Throws Stopped. */
[[nodiscard]] std::vector<PathCredit> path_credit(const PathCountsView& paths, PathModel model, const kernel::StopFlag& stop);

}  // namespace marketing::attribution
