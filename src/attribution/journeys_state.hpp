/**
 * The state of the aggregate analytics.journeys: rows in the order of arrival, which is all that a row costs; who converted is
 * known only at the end, and only their touches are ever sorted.
 */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <tuple>

#include "attribution/journeys.hpp"
#include "attribution/touch_log.hpp"
#include "kernel/chunk_list.hpp"
#include "kernel/identifier_codes.hpp"
#include "kernel/interner.hpp"
#include "kernel/state.hpp"
#include "kernel/stop.hpp"

namespace marketing::attribution {

/** One input row: a touch, a conversion, or a conversion whose own row is also a touch. Plain data. */
struct JourneyRow {
    kernel::Identifier client;
    std::int64_t time = 0;  // microseconds, finite
    bool has_touch = false;
    kernel::Identifier touch;  // breaks ties of time
    kernel::Identifier key;    // an integer stands for its decimal text, empty text for '(none)'
    bool paid = false;
    bool view = false;  // seen, not clicked
    bool has_value = false;
    double value = 0;
    // Of a conversion; kind none: it has none.
    kernel::Identifier conversion;
    kernel::Identifier part;  // text, empty for '(none)'
};

/** Whose journeys a value holds, and whether touches keep their identifiers. */
enum class Keep {
    converters,  // clients with a conversion: all that rules for conversions ask for; with identifiers
    everybody,   // also those without: for models that learn from journeys that led to nothing; without identifiers
};

class JourneysState final : public kernel::State {
public:
    static constexpr kernel::Format format{"mjrs", 5, "state of the aggregate journeys"};

    /** All memory, now and later, comes from `resource`. */
    explicit JourneysState(std::pmr::memory_resource* resource);

    /**
     * Adds a row. Throws Error: invalid_parameter where the row is neither touch nor conversion, its time is infinite, or its
     * identifiers are of another kind than before; numeric_range where its value is NaN or infinite.
     */
    void append(const JourneyRow& row);

    /** Adds the rows of `other`, which stays as it is. */
    void merge(const kernel::State& other) override;

    /**
     * The journeys of the clients who converted, or of everybody (see journeys.hpp), `header` bytes left before the value. Their touches are
     * sorted by (time, touch identifier, key, flags), so the order in which rows came, were split or merged never shows.
     * The state stays as it is. Throws Error(limit_exceeded) past 1 GB, Stopped.
     */
    [[nodiscard]] kernel::FlatValue finish(std::pmr::memory_resource& result, std::size_t header, const kernel::StopFlag& stop,
                                           Keep keep = Keep::converters) const;

    [[nodiscard]] std::size_t touch_count() const noexcept { return touches_.size(); }

private:
    struct ConversionRecord {
        std::int64_t client;
        std::int64_t time;
        double value;
        std::int64_t id;     // its code in conversion_ids_; 0 where they have none
        std::uint32_t part;  // its code in parts_; 0 where there are none

        static auto fields(auto& record) { return std::tie(record.client, record.time, record.value, record.id, record.part); }
    };
    /** The decimal text of an integer key is made and looked up once for as long as its place here is not taken by another. */
    struct CachedKey {
        std::int64_t number = 0;
        std::uint32_t code_plus_one = 0;
    };
    class Finisher;

    void write(kernel::WireWriter& out) const override;
    void read(kernel::WireReader& in) override;
    std::int64_t touch_number(const kernel::Identifier& touch);
    std::uint32_t key_code(const kernel::Identifier& key);
    [[nodiscard]] PackedColumn copied(const TouchBlock& block, TouchBlock::Column column);
    template <class Translate>
    [[nodiscard]] PackedColumn translated(const TouchBlock& block, TouchBlock::Column column, Translate translate);
    [[nodiscard]] bool valid(const ConversionRecord& conversion) const noexcept;
    void read_block(kernel::WireReader& in);
    void write_block(const TouchBlock& block, kernel::WireWriter& out) const;

    std::pmr::memory_resource* resource_;
    kernel::IdentifierCodes clients_;
    kernel::IdentifierKind touch_kind_{"touch"};
    TouchLog touches_;  // client: its code; touch: the number, or the address in touch_texts_
    kernel::ChunkList<ConversionRecord> conversions_;
    kernel::Interner keys_;
    kernel::IdentifierCodes conversion_ids_;
    kernel::Interner parts_;
    kernel::ByteArena touch_texts_;
    std::array<CachedKey, 64> cached_keys_;
};

}  // namespace marketing::attribution
