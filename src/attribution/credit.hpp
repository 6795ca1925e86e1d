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
    /** Whether the parts of conversions tell credit apart, where the value has any. */
    bool by_part = false;
    /** Whether keys do not tell credit apart, but only parts do. */
    bool keys_together = false;
    /** Whether what stands before the first part_separator in a part of conversions tells apart only what no touch earned. */
    bool periods_together = false;
};

/** What one key earned under one model. Plain data; the texts lie in the journeys value and in the table of models. */
struct Credit {
    std::string_view model;
    std::string_view key;
    std::optional<std::string_view> touch_part;       // of the key, see PathRules::key_parts
    std::optional<std::string_view> conversion_part;  // see JourneysView::part()
    bool attributed;          // false: the row of the conversions that the model gives to nobody; it has no key
    double conversions;       // sum of weights
    double value;             // sum of weight * value of the conversion
    double conversions_rest;  // what these two sums leave out, see CompensatedSum
    double value_rest;
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

/** What one touch earned of one conversion under one model; of a conversion that nobody earned, a row without touch. Plain data. */
struct TouchCredit {
    std::string_view model;
    std::uint32_t client;  // places in the value
    std::uint32_t conversion;
    std::uint32_t touch;
    std::uint32_t name;  // place in the key dictionary
    std::uint32_t rank;  // place in the path, from 1
    std::uint32_t path_touches;
    bool attributed;
    bool paid;
    bool view;
    bool refund;
    std::int64_t converted_at;
    std::int64_t touched_at;
    double weight;
    double value;  // weight * value of the conversion
};

/** The rows of some clients. */
struct TouchCredits {
    std::vector<TouchCredit> rows;
    std::size_t next_client;  // client_count() at the end
    std::int64_t truncated;
};

/**
 * What attribute() adds up, each row for itself, path by path, model by model, touch by touch; with `all_touches` those that earn nothing
 * of their conversion, too. Goes from `client` on until there are `enough` rows. Adding the rows of a key up by a CompensatedSum gives its
 * Credit, bit for bit.
 */
[[nodiscard]] TouchCredits credit_touches(const JourneysView& journeys, const CreditRequest& request, bool all_touches,
                                          std::size_t client, std::size_t enough, const kernel::StopFlag& stop);

/**
 * Credits by model in the order asked, then by key in byte order and by part of conversions, the unattributed last. Keys with assisted > 0 are there for
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
