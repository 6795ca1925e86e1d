/**
 * Credit per key: the answer of several attribution models at once, from one walk over the paths.
 */
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "attribution/bootstrap.hpp"
#include "attribution/journeys.hpp"
#include "attribution/models.hpp"
#include "attribution/paths.hpp"
#include "kernel/stop.hpp"

namespace marketing::attribution {

/** Everything a caller may choose. */
struct CreditRequest {
    std::vector<Model> models;
    ModelOptions options;  // `direct` is filled in from direct_keys
    PathRules rules;
    std::span<const std::string_view> direct_keys;
    /**
     * Only touches in [touched_from, touched_before) earn, the shares of the others are left out; a conversion that nobody earned
     * counts by its own time. Periods next to each other add up to all conversions.
     */
    std::int64_t touched_from = std::numeric_limits<std::int64_t>::min();
    std::int64_t touched_before = std::numeric_limits<std::int64_t>::max();
    std::optional<Resampling> resampling{};
};

/** What one key earned under one model. Plain data; the texts lie in the journeys value and in the table of models. */
struct Credit {
    std::string_view model;
    std::string_view key;
    bool attributed;          // false: the row of the conversions that the model gives to nobody; it has no key
    double conversions;       // sum of weights
    double value;             // sum of weight * value of the conversion
    std::int64_t supporting;  // conversions that gave this key a positive weight
    std::int64_t assisted;    // conversions with this key in their path, whatever the model
    std::int64_t clients;     // clients of the supporting conversions
    /** The same two sums for each replicate of the bootstrap. They lie in the Attribution; empty without resampling. */
    std::span<const double> conversions_replicates;
    std::span<const double> value_replicates;
};

struct Attribution {
    std::vector<Credit> credits;
    std::int64_t truncated;  // paths that had more than max_touches
    std::vector<ReplicateSums> replicates;
};

/**
 * Credits by model in the order asked, then by key in byte order, the unattributed last. Keys with assisted > 0 are there for
 * each model, the unattributed where there are any. Per model but participation the conversions add up to the number of
 * conversions in [converted_from, converted_before) and the values to their total (sums are compensated). Throws Stopped, and
 * Error: invalid_parameter where a model by stage has no stage_keys, limit_exceeded where the replicates need more than 1 GB.
 */
[[nodiscard]] Attribution attribute(const JourneysView& journeys, const CreditRequest& request, const kernel::StopFlag& stop);

/** The size of a journeys value, and what its conversions are worth. */
struct Summary {
    std::int64_t clients;
    std::int64_t touches;
    std::int64_t conversions;
    double value;
    std::int32_t keys;
};

[[nodiscard]] Summary summarise(const JourneysView& journeys);

}  // namespace marketing::attribution
