#include "attribution/models.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernel/error.hpp"
#include "kernel/named.hpp"

namespace marketing::attribution {
namespace {

using kernel::require_valid;

constexpr std::ptrdiff_t nothing = -1;

template <class Condition>
std::ptrdiff_t last_where(const Path& path, Condition condition)
{
    for (std::ptrdiff_t i = std::ssize(path.touches) - 1; i >= 0; --i) {
        if (condition(path.touches[static_cast<std::size_t>(i)])) {
            return i;
        }
    }
    return nothing;
}

template <class Condition>
std::ptrdiff_t first_where(const Path& path, Condition condition)
{
    const auto found = std::find_if(path.touches.begin(), path.touches.end(), condition);
    return found == path.touches.end() ? nothing : found - path.touches.begin();
}

auto not_direct(const ModelOptions& options) noexcept
{
    return [&options](const Touch& touch) { return !options.direct[touch.key]; };
}

std::ptrdiff_t pick_first(const Path& /*path*/, const ModelOptions& /*options*/)
{
    return 0;
}

std::ptrdiff_t pick_last(const Path& path, const ModelOptions& /*options*/)
{
    return std::ssize(path.touches) - 1;
}

std::ptrdiff_t pick_first_non_direct(const Path& path, const ModelOptions& options)
{
    return first_where(path, not_direct(options));
}

std::ptrdiff_t pick_last_non_direct(const Path& path, const ModelOptions& options)
{
    return last_where(path, not_direct(options));
}

/** Whether a touch of the path earns as one that was paid for: an ad that was only seen does where nothing was clicked. */
auto earns_as_paid(const Path& path)
{
    const bool seen_only = std::ranges::all_of(path.touches, &Touch::view);
    return [seen_only](const Touch& touch) { return touch.paid && (seen_only || !touch.view); };
}

std::ptrdiff_t pick_first_paid(const Path& path, const ModelOptions& /*options*/)
{
    return first_where(path, earns_as_paid(path));
}

std::ptrdiff_t pick_last_paid(const Path& path, const ModelOptions& /*options*/)
{
    return last_where(path, earns_as_paid(path));
}

/** `pick`, or else `otherwise`. */
template <Pick pick, Pick otherwise>
std::ptrdiff_t either(const Path& path, const ModelOptions& options)
{
    const std::ptrdiff_t picked = pick(path, options);
    return picked < 0 ? otherwise(path, options) : picked;
}

std::ptrdiff_t pick_fallback(const Path& path, const ModelOptions& options)
{
    std::ptrdiff_t picked = nothing;
    for (auto rule = options.fallback.begin(); picked < 0 && rule != options.fallback.end(); ++rule) {
        picked = (*rule)(path, options);
    }
    return picked;
}

/** All credit to the touch that `pick` names. */
template <Pick pick>
bool single_touch(const Path& path, const ModelOptions& options, std::span<double> weights)
{
    const std::ptrdiff_t picked = pick(path, options);
    if (picked < 0) {
        return false;
    }
    weights[static_cast<std::size_t>(picked)] = 1;
    return true;
}

bool linear(const Path& /*path*/, const ModelOptions& /*options*/, std::span<double> weights)
{
    std::fill(weights.begin(), weights.end(), 1 / static_cast<double>(weights.size()));
    return true;
}

// Halves with each half-life before the conversion. Measured from the latest touch, which cancels out and cannot underflow.
bool time_decay(const Path& path, const ModelOptions& options, std::span<double> weights)
{
    const auto latest = static_cast<double>(path.touches.back().time);
    const auto half_life = static_cast<double>(options.half_life);
    double total = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        weights[i] = std::exp2((static_cast<double>(path.touches[i].time) - latest) / half_life);
        total += weights[i];
    }
    for (double& weight : weights) {
        weight /= total;
    }
    return true;
}

bool linear_unique(const Path& path, const ModelOptions& /*options*/, std::span<double> weights)
{
    for (const std::size_t place : path.distinct) {
        weights[place] = 1 / static_cast<double>(path.distinct.size());
    }
    return true;
}

bool participation(const Path& path, const ModelOptions& /*options*/, std::span<double> weights)
{
    for (const std::size_t place : path.distinct) {
        weights[place] = 1;
    }
    return true;
}

bool position_decay(const Path& /*path*/, const ModelOptions& /*options*/, std::span<double> weights)
{
    const auto count = static_cast<double>(weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
        weights[i] = static_cast<double>(i + 1) / (count * (count + 1) / 2);
    }
    return true;
}

/** Shares claimed by certain places, which add up where two fall together; the rest goes to the touches without a claim. */
class Shares {
public:
    explicit Shares(std::span<double> weights) : weights_(weights) { std::fill(weights_.begin(), weights_.end(), unclaimed); }

    /** A place that the path does not have claims nothing. */
    void claim(std::ptrdiff_t place, double share)
    {
        if (place >= 0 && place < std::ssize(weights_)) {
            double& weight = weights_[static_cast<std::size_t>(place)];
            weight = std::max(weight, 0.0) + share;
        }
    }

    /** Ends the claims: all add up to 1, in proportion; equal parts where every share is 0. */
    void share_out(double rest, TwoTouch without_rest = TwoTouch::renormalise)
    {
        const auto free = std::count(weights_.begin(), weights_.end(), unclaimed);
        const bool split = free == 0 && without_rest == TwoTouch::split_middle;
        double total = 0;
        for (double& weight : weights_) {
            if (weight == unclaimed) {
                weight = rest / static_cast<double>(free);
            } else if (split) {
                weight += rest / static_cast<double>(weights_.size());
            }
            total += weight;
        }
        for (double& weight : weights_) {
            weight = total > 0 ? weight / total : 1 / static_cast<double>(weights_.size());
        }
    }

private:
    static constexpr double unclaimed = -1;

    std::span<double> weights_;
};

void by_position(const std::array<double, 3>& shares, TwoTouch rule, std::span<double> weights)
{
    Shares sharing(weights);
    sharing.claim(0, shares[0]);
    sharing.claim(std::ssize(weights) - 1, shares[2]);
    sharing.share_out(shares[1], rule);
}

bool position_based(const Path& /*path*/, const ModelOptions& options, std::span<double> weights)
{
    by_position(options.position_weights, options.two_touch, weights);
    return true;
}

constexpr std::array u_weights{0.4, 0.2, 0.4};
constexpr std::array j_weights{0.2, 0.2, 0.6};
constexpr std::array inverse_j_weights{0.6, 0.2, 0.2};

template <const std::array<double, 3>& shares>
bool preset(const Path& /*path*/, const ModelOptions& options, std::span<double> weights)
{
    by_position(shares, options.two_touch, weights);
    return true;
}

bool custom(const Path& /*path*/, const ModelOptions& options, std::span<double> weights)
{
    Shares sharing(weights);
    double rest = 1;
    for (std::size_t i = 0; i < options.first_weights.size(); ++i) {
        sharing.claim(static_cast<std::ptrdiff_t>(i), options.first_weights[i]);
        rest -= options.first_weights[i];
    }
    for (std::size_t i = 0; i < options.last_weights.size(); ++i) {
        sharing.claim(std::ssize(weights) - 1 - static_cast<std::ptrdiff_t>(i), options.last_weights[i]);
        rest -= options.last_weights[i];
    }
    sharing.share_out(std::max(rest, 0.0));
    return true;
}

enum class Close { no_anchor, anchor };

/** A tenth to the touches between, the other nine in equal parts to the first touch, each stage, and the last where it closes. */
template <Close close>
bool by_stage(const Path& path, const ModelOptions& /*options*/, std::span<double> weights)
{
    constexpr double rest = 0.1;
    const double share = (1 - rest) / static_cast<double>(path.anchors.size() + (close == Close::anchor ? 2 : 1));
    Shares sharing(weights);
    sharing.claim(0, share);
    for (const std::ptrdiff_t anchor : path.anchors) {
        sharing.claim(anchor, share);
    }
    if (close == Close::anchor) {
        sharing.claim(std::ssize(weights) - 1, share);
    }
    sharing.share_out(rest);
    return true;
}

constexpr std::array models{
    Model{"first", single_touch<pick_first>},
    Model{"last", single_touch<pick_last>},
    Model{"first_non_direct", single_touch<either<pick_first_non_direct, pick_first>>},
    Model{"last_non_direct", single_touch<either<pick_last_non_direct, pick_last>>},
    Model{"first_paid", single_touch<either<pick_first_paid, pick_fallback>>},
    Model{"last_paid", single_touch<either<pick_last_paid, pick_fallback>>},
    Model{"linear", linear},
    Model{"linear_unique", linear_unique},
    Model{"time_decay", time_decay},
    Model{"position_decay", position_decay},
    Model{"position_based", position_based},
    Model{"u_shaped", preset<u_weights>},
    Model{"j_shaped", preset<j_weights>},
    Model{"inverse_j", preset<inverse_j_weights>},
    Model{"w_shaped", by_stage<Close::no_anchor>, true},
    Model{"full_path", by_stage<Close::anchor>, true},
    Model{"custom", custom},
    Model{"participation", participation},
};

// none, which is no function, ends the chain.
constexpr auto fallbacks = kernel::names<Pick>("fallback", {{"last_non_direct", pick_last_non_direct},
                                                            {"last", pick_last},
                                                            {"first_non_direct", pick_first_non_direct},
                                                            {"first", pick_first},
                                                            {"none", nullptr}});

// Written so that NaN fails.
bool none_negative(std::span<const double> weights)
{
    return std::all_of(weights.begin(), weights.end(), [](double w) { return w >= 0; });
}

}  // namespace

std::vector<Model> find_models(std::span<const std::string_view> names)
{
    std::vector<Model> found;
    for (const std::string_view name : names) {
        const Model& model = kernel::find_named(models, name, "attribution model");
        if (std::none_of(found.begin(), found.end(), [&model](const Model& other) { return other.name == model.name; })) {
            found.push_back(model);
        }
    }
    require_valid(!found.empty(), "no attribution model was given");
    return found;
}

std::vector<Pick> find_fallback(std::span<const std::string_view> names)
{
    std::vector<Pick> chain;
    bool open = true;
    for (const std::string_view name : names) {
        const Pick pick = fallbacks.find(name);
        open = open && pick != nullptr;
        if (open) {
            chain.push_back(pick);
        }
    }
    return chain;
}

std::array<double, 3> checked_position_weights(std::span<const double> weights)
{
    const bool three = weights.size() == 3;
    const double sum = three ? weights[0] + weights[1] + weights[2] : 0;
    require_valid(three && none_negative(weights) && std::abs(sum - 1) <= 1e-9,
                  "position_weights must be three weights that add up to 1",
                  "Give the weight of the first touch, of all between together, and of the last, such as {0.4,0.2,0.4}.");
    return {weights[0] / sum, weights[1] / sum, weights[2] / sum};
}

void check_custom_weights(std::span<const double> first, std::span<const double> last)
{
    const double sum = std::accumulate(last.begin(), last.end(), std::accumulate(first.begin(), first.end(), 0.0));
    require_valid(none_negative(first) && none_negative(last) && sum <= 1 + 1e-9,
                  "first_weights and last_weights must not be negative nor add up to more than 1",
                  "What is left of 1 is shared equally by the touches between.");
}

}  // namespace marketing::attribution
