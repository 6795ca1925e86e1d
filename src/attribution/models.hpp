/**
 * Attribution models: how one conversion is shared among the touches of its path.
 *
 * A model is a function from one path to weights. To add one, write the function and add its line to the table in models.cpp;
 * neither the walk nor the sums change.
 */
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "attribution/journeys.hpp"
#include "attribution/paths.hpp"
#include "kernel/named.hpp"

namespace marketing::attribution {

struct ModelOptions;

/** The touch of a path that a rule asks for, as its place; negative where the path has none. */
using Pick = std::ptrdiff_t (*)(const Path& path, const ModelOptions& options);

/** Where the share of the touches between goes if there are none. */
enum class TwoTouch {
    renormalise,   // to the others in proportion to their weights
    split_middle,  // to the others in equal parts
};

struct ModelOptions {
    std::int64_t half_life = std::int64_t{7} * 24 * 3600 * 1'000'000;  // microseconds, positive
    std::array<double, 3> position_weights{0.4, 0.2, 0.4};             // first, middle, last; see checked_position_weights
    TwoTouch two_touch = TwoTouch::renormalise;                        // for the models by position
    std::vector<double> first_weights;  // for custom: of the first touch, the second, ...; see check_custom_weights
    std::vector<double> last_weights;   // for custom: of the last touch, the last but one, ...
    std::vector<Pick> fallback;         // what first_paid and last_paid try in turn where no touch is paid
    std::vector<bool> direct;           // by key: not a marketing contact
};

/**
 * Writes the weight of each touch of a path that has at least one: `weights` has its length and comes filled with zeros. The
 * weights are >= 0 and add up to 1, but for participation, which counts keys. False: the model leaves the conversion
 * unattributed, and the weights are to be ignored.
 */
using Weigh = bool (*)(const Path& path, const ModelOptions& options, std::span<double> weights);

struct Model {
    std::string_view name;
    Weigh weigh;
    bool by_stage = false;  // asks for PathRules::stage_keys
};

/**
 * The models called `names`, in that order, each once; models.cpp has the table. Throws Error(invalid_parameter) for an unknown
 * name or for none at all.
 */
[[nodiscard]] std::vector<Model> find_models(std::span<const std::string_view> names);

/**
 * The chain that first_paid and last_paid fall back on: last_non_direct, last, first_non_direct, first, none. What follows `none` is never reached, and the end
 * of the chain means the same. Throws Error(invalid_parameter) for an unknown name.
 */
[[nodiscard]] std::vector<Pick> find_fallback(std::span<const std::string_view> names);

/** The rule called `name`: renormalise, split_middle. Throws Error(invalid_parameter) for an unknown name. */
inline constexpr auto find_two_touch = kernel::names<TwoTouch>(
    "two_touch rule", {{"renormalise", TwoTouch::renormalise}, {"split_middle", TwoTouch::split_middle}});

/**
 * Weights of the first touch, of all in between together, and of the last, scaled to add up to exactly 1. Throws
 * Error(invalid_parameter) unless they are three, none negative, with a sum within 1e-9 of 1.
 */
[[nodiscard]] std::array<double, 3> checked_position_weights(std::span<const double> weights);

/** Throws Error(invalid_parameter) unless none of the weights is negative and all add up to at most 1 (within 1e-9). */
void check_custom_weights(std::span<const double> first, std::span<const double> last);

}  // namespace marketing::attribution
