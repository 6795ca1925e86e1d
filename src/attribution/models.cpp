#include "attribution/models.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "kernel/error.hpp"

namespace marketing::attribution {
namespace {

using kernel::Error;
using kernel::ErrorCode;

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

std::ptrdiff_t pick_first(const Path& /*path*/, const ModelOptions& /*options*/)
{
    return 0;
}

std::ptrdiff_t pick_last(const Path& path, const ModelOptions& /*options*/)
{
    return std::ssize(path.touches) - 1;
}

std::ptrdiff_t pick_last_non_direct(const Path& path, const ModelOptions& options)
{
    return last_where(path, [&options](const Touch& touch) { return !options.direct[touch.key]; });
}

std::ptrdiff_t pick_last_paid(const Path& path, const ModelOptions& options)
{
    std::ptrdiff_t picked = last_where(path, [](const Touch& touch) { return touch.paid; });
    for (auto rule = options.fallback.begin(); picked < 0 && rule != options.fallback.end(); ++rule) {
        picked = (*rule)(path, options);
    }
    return picked;
}

std::ptrdiff_t pick_last_non_direct_or_last(const Path& path, const ModelOptions& options)
{
    const std::ptrdiff_t picked = pick_last_non_direct(path, options);
    return picked < 0 ? pick_last(path, options) : picked;
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

// Two touches have no middle: first and last are scaled up to 1 (half each where both are 0).
bool position_based(const Path& /*path*/, const ModelOptions& options, std::span<double> weights)
{
    const auto [first, middle, last] = options.position_weights;
    const std::size_t count = weights.size();
    if (count == 1) {
        weights[0] = 1;
    } else if (count == 2) {
        weights[0] = first + last > 0 ? first / (first + last) : 0.5;
        weights[1] = 1 - weights[0];
    } else {
        std::fill(weights.begin(), weights.end(), middle / static_cast<double>(count - 2));
        weights.front() = first;
        weights.back() = last;
    }
    return true;
}

constexpr std::array models{
    Model{"first", single_touch<pick_first>},
    Model{"last", single_touch<pick_last>},
    Model{"last_non_direct", single_touch<pick_last_non_direct_or_last>},
    Model{"last_paid", single_touch<pick_last_paid>},
    Model{"linear", linear},
    Model{"time_decay", time_decay},
    Model{"position_based", position_based},
};

struct NamedPick {
    std::string_view name;
    Pick pick;  // nullptr: ends the chain
};

constexpr std::array fallbacks{
    NamedPick{"last_non_direct", pick_last_non_direct},
    NamedPick{"last", pick_last},
    NamedPick{"first", pick_first},
    NamedPick{"none", nullptr},
};

struct NamedCycle {
    std::string_view name;
    Cycle cycle;
};

constexpr std::array cycles{
    NamedCycle{"shared", Cycle::shared},
    NamedCycle{"since_previous", Cycle::since_previous},
    NamedCycle{"since_previous_reuse", Cycle::since_previous_reuse},
};

/** The entry of `table` called `name`, or an error that lists the known ones. */
template <class Table>
const auto& find(const Table& table, std::string_view name, const char* what)
{
    const auto found = std::find_if(table.begin(), table.end(), [name](const auto& entry) { return entry.name == name; });
    if (found == table.end()) {
        std::string known;
        for (const auto& entry : table) {
            known += (known.empty() ? "" : ", ") + std::string(entry.name);
        }
        throw Error(ErrorCode::invalid_parameter, std::string("unknown ") + what + " \"" + std::string(name) + "\"", {},
                    "Known are: " + known + ".");
    }
    return *found;
}

}  // namespace

std::vector<Model> find_models(std::span<const std::string_view> names)
{
    std::vector<Model> found;
    for (const std::string_view name : names) {
        const Model& model = find(models, name, "attribution model");
        if (std::none_of(found.begin(), found.end(), [&model](const Model& other) { return other.name == model.name; })) {
            found.push_back(model);
        }
    }
    if (found.empty()) {
        throw Error(ErrorCode::invalid_parameter, "no attribution model was given");
    }
    return found;
}

std::vector<Pick> find_fallback(std::span<const std::string_view> names)
{
    std::vector<Pick> chain;
    bool open = true;
    for (const std::string_view name : names) {
        const Pick pick = find(fallbacks, name, "fallback").pick;
        open = open && pick != nullptr;
        if (open) {
            chain.push_back(pick);
        }
    }
    return chain;
}

Cycle find_cycle(std::string_view name)
{
    return find(cycles, name, "cycle").cycle;
}

std::array<double, 3> checked_position_weights(std::span<const double> weights)
{
    const bool three = weights.size() == 3;
    const double sum = three ? weights[0] + weights[1] + weights[2] : 0;
    // Written so that NaN fails.
    if (!three || !std::all_of(weights.begin(), weights.end(), [](double w) { return w >= 0; }) ||
        !(std::abs(sum - 1) <= 1e-9)) {
        throw Error(ErrorCode::invalid_parameter, "position_weights must be three weights that add up to 1", {},
                    "Give the weight of the first touch, of all between together, and of the last, such as {0.4,0.2,0.4}.");
    }
    return {weights[0] / sum, weights[1] / sum, weights[2] / sum};
}

}  // namespace marketing::attribution
