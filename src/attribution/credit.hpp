/**
 * Credit per key: the answer of several attribution models at once, from one walk over the paths.
 */
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

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
};

struct Attribution {
    std::vector<Credit> credits;
    std::int64_t truncated;  // paths that had more than max_touches
};

/**
 * Credits by model in the order asked, then by key in byte order, the unattributed last. Keys with assisted > 0 are there for
 * each model, the unattributed where there are any. Per model but participation the conversions add up to the number of
 * conversions in [converted_from, converted_before) and the values to their total (sums are compensated). Throws Stopped, and
 * Error(invalid_parameter) where a model by stage has no stage_keys.
 */
[[nodiscard]] Attribution attribute(const JourneysView& journeys, const CreditRequest& request,
                                            const kernel::StopFlag& stop);

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
