/**
 * The value of the SQL type analytics.journeys: what clients who converted had met, and when they
 * converted. Made by journeys_with_nulls it holds the clients who never did, too.
 *
 * Flat, versioned, little endian, read where it lies. Layout (counts are of the whole value; `end` arrays hold where each
 * element ends, the next one begins there):
 *
 *     u32 tag, u16 version, u8 bytes per touch code, u8 kinds of identifiers: of clients, of touches, of conversions
 *     u32 keys, clients, touches, conversions, parts, bytes of all keys, of all client, touch and conversion identifiers, of all parts
 *     keys:         u32 end[keys], bytes                          distinct, ascending by bytes, none empty
 *     parts:        u32 end[parts], bytes                         the same
 *     touches:      i64 time[touches], u8|u16|u32 code[touches]   code = 8 * key + 4 * view + 2 * converts + paid
 *     conversions:  i64 time[conversions], f64 value[conversions]
 *     clients:      i64 id[clients], or u32 end[clients], bytes   distinct, ascending
 *                   u32 touch_end[clients], u32 conversion_end[clients]
 *     identifiers of touches and of conversions, where they have any (kind is not none): i64 id[n], or u32 end[n], bytes
 *     u32 part[conversions]                                       where there are parts
 *
 * A part is what a conversion is told apart by: a product, a month. Times are microseconds on the server's clock, finite; within a client both touches and conversions ascend in time, and each
 * client has a touch or a conversion. The same journeys always have the same bytes.
 */
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "kernel/flat_format.hpp"
#include "kernel/identifier_codes.hpp"

namespace marketing::attribution {

/** One contact of a client with something that may earn credit. */
struct Touch {
    std::int64_t time;     // microseconds
    std::uint32_t key;     // what models know it by: place in the key dictionary, or in KeyNames where keys have parts
    std::uint32_t name;    // place in the key dictionary
    std::uint32_t number;  // place among the touches of the value
    bool paid;
    bool converts;  // its row is a conversion, too: one of those at this very time
    bool view;      // seen, not clicked
};

/** What a key without a name is called. */
inline constexpr std::string_view no_key = "(none)";

/** A touch's key and flags as one number: a key has `touch_codes` neighbouring codes. */
inline constexpr std::uint32_t touch_codes = 8;
inline constexpr std::uint32_t paid_code = 1;
inline constexpr std::uint32_t converts_code = 2;
inline constexpr std::uint32_t view_code = 4;

constexpr std::uint32_t touch_code(std::uint32_t key, bool paid, bool converts, bool view) noexcept
{
    return touch_codes * key + (paid ? paid_code : 0) + (converts ? converts_code : 0) + (view ? view_code : 0);
}

struct Conversion {
    std::int64_t time;         // microseconds
    double value;              // money or any other finite measure
    std::uint32_t number = 0;  // place among the conversions of the value
};

/** One client, decoded: both ascend in time. */
struct Journey {
    std::vector<Touch> touches;
    std::vector<Conversion> conversions;
};

/** A journeys value in place. Cheap to copy; the bytes must outlive it. */
class JourneysView {
public:
    JourneysView() noexcept = default;  // of nothing
    /** Checks everything that the other members rely on, in O(size); throws Error(malformed_binary). */
    explicit JourneysView(std::span<const std::byte> bytes);

    [[nodiscard]] std::size_t key_count() const noexcept { return keys_.size(); }
    [[nodiscard]] std::size_t client_count() const noexcept { return touch_end_.size(); }
    [[nodiscard]] std::size_t touch_count() const noexcept { return touch_time_.size(); }
    [[nodiscard]] std::size_t conversion_count() const noexcept { return conversion_time_.size(); }
    [[nodiscard]] kernel::IdKind client_kind() const noexcept { return clients_.kind(); }

    [[nodiscard]] std::string_view key(std::size_t code) const noexcept { return keys_[code]; }
    [[nodiscard]] kernel::Identifier client(std::size_t index) const noexcept { return clients_[index]; }
    [[nodiscard]] std::size_t client_touch_count(std::size_t index) const noexcept { return touch_end_.length(index); }
    [[nodiscard]] std::size_t client_conversion_count(std::size_t index) const noexcept
    {
        return conversion_end_.length(index);
    }
    /** Decodes one client into `journey`, whose memory is used again. */
    void read(std::size_t client, Journey& journey) const;
    [[nodiscard]] double conversion_value(std::size_t index) const noexcept { return conversion_value_[index]; }

    /** Whether touches and conversions have identifiers of their own; without them they are known by their numbers within the client. */
    [[nodiscard]] kernel::IdKind touch_kind() const noexcept { return touch_ids_.kind(); }
    [[nodiscard]] kernel::IdKind conversion_kind() const noexcept { return conversion_ids_.kind(); }
    [[nodiscard]] kernel::Identifier touch_id(std::size_t client, std::size_t touch) const noexcept
    {
        return id_of(touch_ids_, touch, touch_end_.begin(client));
    }
    [[nodiscard]] kernel::Identifier conversion_id(std::size_t client, std::size_t conversion) const noexcept
    {
        return id_of(conversion_ids_, conversion, conversion_end_.begin(client));
    }
    /** Of all identifiers, where they are texts. */
    [[nodiscard]] std::uint64_t touch_id_bytes() const noexcept { return touch_ids_.text_bytes(); }
    [[nodiscard]] std::uint64_t conversion_id_bytes() const noexcept { return conversion_ids_.text_bytes(); }
    /** How many parts conversions are told apart by; where it is 0, part_of() is 0, too. */
    [[nodiscard]] std::size_t part_count() const noexcept { return parts_.size(); }
    [[nodiscard]] std::string_view part(std::size_t code) const noexcept { return parts_[code]; }
    [[nodiscard]] std::uint32_t part_of(std::size_t conversion) const noexcept
    {
        return part_count() == 0 ? 0 : conversion_part_[conversion];
    }

private:
    [[nodiscard]] static kernel::Identifier id_of(const kernel::IdentifierList& ids, std::size_t index,
                                                  std::size_t first) noexcept
    {
        return ids.kind() == kernel::IdKind::none ? kernel::Identifier::of(static_cast<std::int64_t>(index - first) + 1)
                                                  : ids[index];
    }

    /** Calls `visit(i, code)` for the touches from `begin` to before `end`. */
    template <class Visit>
    void for_codes(std::size_t begin, std::size_t end, Visit visit) const;
    void check_touches() const;
    void check_conversions() const;

    std::uint8_t code_width_ = 1;
    kernel::TextColumn keys_;
    kernel::IdentifierColumn clients_;
    kernel::EndColumn touch_end_;
    kernel::EndColumn conversion_end_;
    kernel::FlatColumn<std::int64_t> touch_time_;
    std::span<const std::byte> touch_code_;
    kernel::FlatColumn<std::int64_t> conversion_time_;
    kernel::FlatColumn<double> conversion_value_;
    kernel::IdentifierList touch_ids_;
    kernel::IdentifierList conversion_ids_;
    kernel::TextColumn parts_;
    kernel::FlatColumn<std::uint32_t> conversion_part_;
};

/** What a journeys value will hold at most, known before it is written. */
struct JourneysShape {
    std::span<const std::string_view> keys;  // ascending, distinct
    kernel::IdKind client_kind = kernel::IdKind::none;
    std::uint64_t clients = 0;
    std::uint64_t client_bytes = 0;  // of all identifiers, where they are text
    std::uint64_t touches = 0;
    std::uint64_t conversions = 0;
    kernel::IdKind touch_kind = kernel::IdKind::none;  // none: without identifiers
    std::uint64_t touch_bytes = 0;
    kernel::IdKind conversion_kind = kernel::IdKind::none;
    std::uint64_t conversion_bytes = 0;
    std::span<const std::string_view> parts{};  // ascending, distinct, each of some conversion
};

/**
 * Writes a journeys value, client by client in ascending order, each with its touches and conversions ascending in time. The columns lie
 * as far apart as the shape says, and are moved together at the end; what is never written costs no memory but address space.
 */
class JourneysWriter {
public:
    /** Allocates from `result`, leaving `header` bytes before the value. The keys' bytes must outlive it. */
    JourneysWriter(const JourneysShape& shape, std::pmr::memory_resource& result, std::size_t header);

    /** `code`: see touch_code(). `id`: looked at where the shape says that touches have identifiers. */
    void touch(std::int64_t time, std::uint32_t code, const kernel::Identifier& id = {}) noexcept
    {
        touch_time_.put(time);
        switch (code_width_) {
            case 1: touch_code_.put(static_cast<std::uint8_t>(code)); break;
            case 2: touch_code_.put(static_cast<std::uint16_t>(code)); break;
            default: touch_code_.put(code);
        }
        key_used_[code / touch_codes] = 1;
        touch_ids_.put(id);
    }
    /** `id`, `part`: looked at where the shape says that there are any. */
    void conversion(std::int64_t time, double value, const kernel::Identifier& id = {}, std::uint32_t part = 0) noexcept
    {
        conversion_time_.put(time);
        conversion_value_.put(value);
        conversion_ids_.put(id);
        if (!parts_.empty()) {
            conversion_part_.put(part);
        }
    }
    /** Ends the client to whom the touches and conversions since the last call belong. */
    void end_client(const kernel::Identifier& id) noexcept;
    /** The value of what was written, with the keys that were met. Throws Error(limit_exceeded) past 1 GB. */
    [[nodiscard]] kernel::FlatValue finish();

private:
    struct Part {
        std::byte* begin = nullptr;
        std::byte* next = nullptr;
        template <class T>
        void put(T value) noexcept
        {
            std::memcpy(next, &value, sizeof value);
            next += sizeof value;
        }
        [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(next - begin); }
    };
    struct Ids {
        kernel::IdKind kind;
        Part id{};
        Part bytes{};
        void put(const kernel::Identifier& identifier) noexcept;
        /** Of one identifier, without its text. */
        [[nodiscard]] std::uint64_t width() const noexcept;
    };

    void drop_unused_keys();
    /** The header and the keys. */
    void write_head(kernel::WireWriter& out) const;
    [[nodiscard]] std::uint64_t head_bytes() const;

    std::size_t header_;
    std::byte* data_ = nullptr;
    std::uint8_t code_width_;
    std::vector<std::string_view> keys_;
    std::vector<std::uint8_t> key_used_;
    std::vector<std::string_view> parts_;
    Ids clients_;
    Ids touch_ids_;
    Ids conversion_ids_;
    Part conversion_part_;
    Part touch_end_;
    Part conversion_end_;
    Part touch_time_;
    Part touch_code_;
    Part conversion_time_;
    Part conversion_value_;
};

}  // namespace marketing::attribution
