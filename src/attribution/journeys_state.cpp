#include "attribution/journeys_state.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "attribution/client_filter.hpp"
#include "attribution/client_sort.hpp"
#include "kernel/error.hpp"
#include "kernel/wire.hpp"

namespace marketing::attribution {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::require_valid;
using kernel::WireReader;
using kernel::WireWriter;

bool finite(std::int64_t time) noexcept
{
    return time != std::numeric_limits<std::int64_t>::min() && time != std::numeric_limits<std::int64_t>::max();
}

std::string_view text_at(std::int64_t address) noexcept
{
    return kernel::ByteArena::text(std::bit_cast<const char*>(address));
}

/** The bits of a finite value such that they ascend with it, and back. */
std::int64_t ascending_bits(double value) noexcept
{
    const auto bits = std::bit_cast<std::int64_t>(value);
    return bits ^ ((bits >> 63) & std::numeric_limits<std::int64_t>::max());
}

double value_of_bits(std::int64_t bits) noexcept
{
    return std::bit_cast<double>(bits ^ ((bits >> 63) & std::numeric_limits<std::int64_t>::max()));
}

}  // namespace

JourneysState::JourneysState(std::pmr::memory_resource* resource)
    : State(format),
      resource_(resource),
      clients_("client", resource),
      touches_(resource),
      conversions_(resource),
      keys_(resource),
      conversion_ids_("conversion", resource),
      parts_(resource),
      touch_texts_(resource)
{
}

void JourneysState::append(const JourneyRow& row)
{
    require_valid(row.has_touch || row.has_value, "a row is neither a touch nor a conversion",
                  "Give a touch its touch_id and a conversion its value (0 where it is worth nothing).");
    require_valid(finite(row.time), "occurred_at must be finite");
    if (row.has_value && !std::isfinite(row.value)) {
        throw Error(ErrorCode::numeric_range, "the value of a conversion must be a finite number");
    }
    const std::int64_t client = clients_.code(row.client);
    if (row.has_touch) {
        touches_.push_back(
            {client, row.time, touch_number(row.touch), touch_code(key_code(row.key), row.paid, row.has_value, row.view)});
    }
    if (row.has_value) {
        const bool has_id = row.conversion.kind != kernel::IdKind::none;
        const bool has_part = row.part.kind != kernel::IdKind::none;
        conversions_.push_back({client, row.time, row.value + 0.0,  // -0 becomes 0: one value, one image
                                has_id ? conversion_ids_.code(row.conversion) : 0,
                                has_part ? parts_.code(row.part.text.empty() ? no_key : row.part.text) : 0});
    }
}

std::int64_t JourneysState::touch_number(const kernel::Identifier& touch)
{
    touch_kind_.expect(touch.kind);
    return touch.kind == kernel::IdKind::integer ? touch.number : std::bit_cast<std::int64_t>(touch_texts_.store(touch.text));
}

std::uint32_t JourneysState::key_code(const kernel::Identifier& key)
{
    if (key.kind != kernel::IdKind::integer) {
        return keys_.code(key.text.empty() ? no_key : key.text);
    }
    CachedKey& cached = cached_keys_[static_cast<std::uint64_t>(key.number) % cached_keys_.size()];
    if (cached.code_plus_one == 0 || cached.number != key.number) {
        std::array<char, 24> digits{};
        const auto end = std::to_chars(digits.begin(), digits.end(), key.number).ptr;
        cached = {key.number, keys_.code({digits.begin(), end}) + 1};
    }
    return cached.code_plus_one - 1;
}

PackedColumn JourneysState::copied(const TouchBlock& block, TouchBlock::Column column)
{
    return copy_column(block.columns[column], block.rows, touches_.memory());
}

template <class Translate>
PackedColumn JourneysState::translated(const TouchBlock& block, TouchBlock::Column column, Translate translate)
{
    std::array<std::int64_t, TouchBlock::most_rows> values;
    for (std::size_t i = 0; i < block.rows; ++i) {
        values[i] = translate(block.columns[column][i]);
    }
    return pack_column(std::span(values).first(block.rows), touches_.memory());
}

void JourneysState::merge(const kernel::State& state)
{
    const auto& other = state.as<JourneysState>();
    touch_kind_.merge(other.touch_kind_);
    const auto clients = clients_.merge(other.clients_);
    const auto keys = keys_.merge(other.keys_);
    const auto conversion_ids = conversion_ids_.merge(other.conversion_ids_);
    const auto parts = parts_.merge(other.parts_);
    kernel::ChunkList<std::byte> scratch(resource_);
    other.touches_.for_each_block(scratch, [&](const TouchBlock& block) {
        TouchBlock own{block.rows, {}};
        own.columns[TouchBlock::client_column] = clients_.are_texts() ? translated(block, TouchBlock::client_column, clients)
                                                                      : copied(block, TouchBlock::client_column);
        own.columns[TouchBlock::time_column] = copied(block, TouchBlock::time_column);
        own.columns[TouchBlock::touch_column] =
            touch_kind_.get() == kernel::IdKind::text
                ? translated(block, TouchBlock::touch_column,
                             [this](std::int64_t address) {
                                 return std::bit_cast<std::int64_t>(touch_texts_.store(text_at(address)));
                             })
                : copied(block, TouchBlock::touch_column);
        own.columns[TouchBlock::code_column] = translated(block, TouchBlock::code_column, [&keys](std::int64_t code) {
            return std::int64_t{touch_codes} * keys[static_cast<std::size_t>(code / touch_codes)] + code % touch_codes;
        });
        touches_.append_block(own);
    });
    other.conversions_.for_each([&](const ConversionRecord& conversion) {
        conversions_.push_back({clients(conversion.client), conversion.time, conversion.value, conversion_ids(conversion.id),
                                parts.empty() ? 0 : parts[conversion.part]});
    });
}

void JourneysState::write(WireWriter& out) const
{
    clients_.write(out);
    touch_kind_.write(out);
    kernel::put_texts(out, keys_);
    conversion_ids_.write(out);
    kernel::put_texts(out, parts_);
    out.put(std::uint64_t{touches_.block_count()});
    kernel::ChunkList<std::byte> scratch(resource_);
    touches_.for_each_block(scratch, [&](const TouchBlock& block) { write_block(block, out); });
    kernel::put_rows(out, conversions_);
}

/** The number of rows, each column's base, width and bytes, and the touch identifiers where they are texts. */
void JourneysState::write_block(const TouchBlock& block, WireWriter& out) const
{
    out.put(block.rows);
    for (std::size_t column = 0; column < TouchBlock::column_count; ++column) {
        out.put(block.columns[column].base);
        out.put(static_cast<std::uint8_t>(block.columns[column].width));
        out.put_bytes(block.bytes(column));
    }
    for (std::size_t i = 0; touch_kind_.get() == kernel::IdKind::text && i < block.size(); ++i) {
        out.put_text(text_at(block[i].touch));
    }
}

namespace {

/** A column where it lies: what follows its bytes is not its own, but may be read. */
PackedColumn read_column(WireReader& in, std::uint32_t rows)
{
    PackedColumn column{in.get<std::int64_t>(), in.get<std::uint8_t>(), nullptr};
    WireReader::require(column.width <= sizeof(std::uint64_t), "a column has elements that are too wide");
    column.bytes = in.get_array<std::uint8_t>(std::uint64_t{rows} * column.width).data();
    WireReader::require(in.remaining() >= PackedColumn::overrun, WireReader::too_short);
    return column;
}

void require_row(bool holds)
{
    WireReader::require(holds, "a row has an invalid time, client or key");
}

}  // namespace

// Rows are not copied, since merge() will.
void JourneysState::read(WireReader& in)
{
    clients_.read(in);
    touch_kind_.read(in);
    kernel::get_texts(in, keys_);
    conversion_ids_.read(in);
    kernel::get_texts(in, parts_);
    for (auto blocks = in.get<std::uint64_t>(); blocks > 0; --blocks) {
        read_block(in);
    }
    kernel::get_rows<ConversionRecord>(in, [this](const ConversionRecord& conversion) {
        require_row(valid(conversion));
        conversions_.push_back(conversion);
    });
}

bool JourneysState::valid(const ConversionRecord& conversion) const noexcept
{
    const bool has_id = conversion_ids_.kind() != kernel::IdKind::none;
    return clients_.knows(conversion.client) && finite(conversion.time) && std::isfinite(conversion.value) &&
           (has_id ? conversion_ids_.knows(conversion.id) : conversion.id == 0) &&
           conversion.part < std::max<std::size_t>(parts_.size(), 1);
}

void JourneysState::read_block(WireReader& in)
{
    TouchBlock block{in.get<std::uint32_t>(), {}};
    require_row(block.rows > 0 && block.rows <= TouchBlock::most_rows && touch_kind_.get() != kernel::IdKind::none);
    for (PackedColumn& column : block.columns) {
        column = read_column(in, block.rows);
    }
    for (std::size_t i = 0; i < block.rows; ++i) {
        const TouchRecord touch = block[i];
        require_row(clients_.knows(touch.client) && finite(touch.time) && touch.code >= 0 &&
                    static_cast<std::uint64_t>(touch.code / touch_codes) < keys_.size());
    }
    if (touch_kind_.get() == kernel::IdKind::text) {
        block.columns[TouchBlock::touch_column] = translated(block, TouchBlock::touch_column, [&](std::int64_t /*address*/) {
            return std::bit_cast<std::int64_t>(touch_texts_.store(in.get_text()));
        });
    }
    touches_.append_block(block);
}

namespace {

/** Some of the rows, by their numbers: filled in their order, a bit for each. */
class RowSet {
public:
    RowSet(std::size_t rows, std::pmr::memory_resource* resource) : bits_(rows / 64 + 1, resource) {}

    void push_back(bool in_set) noexcept
    {
        bits_[size_ / 64] |= std::uint64_t{in_set} << (size_ % 64);
        ++size_;
    }
    /** Calls `visit(i)` for each row `first` + i in the set, i from 0 to below `count`. */
    template <class Visit>
    void for_each(std::size_t first, std::size_t count, Visit visit) const
    {
        std::size_t at = first;
        while (at < first + count) {
            const std::size_t left = std::min(64 - at % 64, first + count - at);
            std::uint64_t bits = bits_[at / 64] >> (at % 64) & ~std::uint64_t{0} >> (64 - left);
            for (; bits != 0; bits &= bits - 1) {
                visit(static_cast<std::uint32_t>(at - first) + static_cast<std::uint32_t>(std::countr_zero(bits)));
            }
            at += left;
        }
    }

private:
    std::pmr::vector<std::uint64_t> bits_;
    std::size_t size_ = 0;
};

}  // namespace

/**
 * From the state to the value, the temporaries in the state's memory. Each kept row is put to its client by a radix sort, not by a table of
 * clients: a million of these do not fit the processor's cache, and rows come in the order of time. First the rows are counted by ranges
 * of clients; then a few neighbouring ranges at a time are copied, sorted and written, so that the copies stay small.
 */
class JourneysState::Finisher {
public:
    Finisher(const JourneysState& state, const kernel::StopFlag& stop, Keep keep)
        : state_(state),
          stop_(stop),
          keep_(keep),
          keys_(state.resource_),
          key_rank_(state.keys_.size(), 0, state.resource_),
          parts_(state.resource_),
          part_rank_(state.parts_.size(), 0, state.resource_),
          conversions_(state.resource_),
          names_(state.resource_),
          name_rank_(state.resource_),
          range_size_(state.resource_),
          kept_(state.touches_.size(), state.resource_)
    {
        rank_texts(state_.keys_, keys_, key_rank_);
        rank_texts(state_.parts_, parts_, part_rank_);
        list_conversions();
        if (state_.clients_.are_texts()) {
            rank_names();
        } else {
            find_bounds();
        }
        count_rows();
    }

    [[nodiscard]] kernel::FlatValue write(std::pmr::memory_resource& result, std::size_t header);

private:
    /** A touch or a conversion. */
    struct Row {
        std::int64_t client;  // its place
        std::int64_t time;
        std::int64_t detail;  // of a touch its identifier, of a conversion its ascending_bits()
        std::uint32_t code;   // of a touch, with the rank of its key; of a conversion its place in conversions_
        bool is_conversion;
    };
    /** Neighbouring ranges of clients: as many rows as a quarter of all touches, or one range that has more. */
    struct Group {
        std::size_t begin;
        std::size_t end;
        std::size_t rows;
    };
    static constexpr std::uint32_t absent = 0xffffffff;

    void rank_texts(const kernel::Interner& texts, std::pmr::vector<std::string_view>& ascending,
                    std::pmr::vector<std::uint32_t>& rank) const;
    void rank_names();
    void list_conversions();
    [[nodiscard]] bool before(const Row& a, const Row& b) const noexcept;
    [[nodiscard]] bool conversion_before(const Row& a, const Row& b) const noexcept;
    void write_row(const Row& row, JourneysWriter& writer) const;
    void find_bounds();
    void count_rows();
    [[nodiscard]] std::uint64_t place_of(std::int64_t client) const noexcept;
    [[nodiscard]] kernel::Identifier client_at(std::int64_t place) const noexcept;
    template <class Visit>
    void for_each_block(Visit visit) const;
    template <class Visit>
    void for_each_conversion(Visit visit) const;
    [[nodiscard]] std::vector<Group> groups() const;
    void collect(const Group& group, Row* rows) const;
    void write_clients(std::span<const Row> rows, JourneysWriter& writer) const;
    [[nodiscard]] JourneysShape shape() const;

    const JourneysState& state_;
    const kernel::StopFlag& stop_;
    Keep keep_;
    std::pmr::vector<std::string_view> keys_;  // ascending
    std::pmr::vector<std::uint32_t> key_rank_;
    std::pmr::vector<std::string_view> parts_;  // ascending
    std::pmr::vector<std::uint32_t> part_rank_;
    std::pmr::vector<const ConversionRecord*> conversions_;  // empty where conversions have neither identifiers nor parts
    // A client's place: its number from the least on, or the rank of its name. Places are in the order of the value.
    std::int64_t least_ = 0;
    std::uint64_t last_place_ = 0;
    std::optional<ClientFilter> filter_;         // of converters with numbers
    std::pmr::vector<std::uint32_t> names_;      // of those to keep, ascending: the codes of their texts
    std::pmr::vector<std::uint32_t> name_rank_;  // by code
    int range_bits_ = 0;                         // a range of clients is so many bits of the place
    std::pmr::vector<std::size_t> range_size_;   // rows of each range
    RowSet kept_;                                // touches that may be kept
    std::size_t touches_ = 0;                    // how many these are
    std::uint64_t touch_bytes_ = 0;              // of their identifiers, where they are texts that are kept
};

template <class Visit>
void JourneysState::Finisher::for_each_block(Visit visit) const
{
    kernel::ChunkList<std::byte> scratch(state_.resource_);
    state_.touches_.for_each_block(scratch, [&](const TouchBlock& block) {
        stop_.poll();
        visit(block);
    });
}

template <class Visit>
void JourneysState::Finisher::for_each_conversion(Visit visit) const
{
    for (std::size_t i = 0; i < state_.conversions_.chunk_count(); ++i) {
        stop_.poll();
        for (const ConversionRecord& conversion : state_.conversions_.chunk(i)) {
            visit(conversion);
        }
    }
}

void JourneysState::Finisher::rank_texts(const kernel::Interner& texts, std::pmr::vector<std::string_view>& ascending,
                                         std::pmr::vector<std::uint32_t>& rank) const
{
    std::pmr::vector<std::uint32_t> codes(texts.size(), state_.resource_);
    std::iota(codes.begin(), codes.end(), 0);
    std::sort(codes.begin(), codes.end(), [&texts](std::uint32_t a, std::uint32_t b) { return texts.text(a) < texts.text(b); });
    for (const std::uint32_t code : codes) {
        rank[code] = static_cast<std::uint32_t>(ascending.size());
        ascending.push_back(texts.text(code));
    }
}

void JourneysState::Finisher::list_conversions()
{
    if (state_.conversion_ids_.kind() != kernel::IdKind::none || state_.parts_.size() > 0) {
        for_each_conversion([this](const ConversionRecord& conversion) { conversions_.push_back(&conversion); });
    }
}

void JourneysState::Finisher::rank_names()
{
    name_rank_.assign(state_.clients_.texts().size(), keep_ == Keep::everybody ? 0 : absent);
    for_each_conversion(
        [this](const ConversionRecord& conversion) { name_rank_[static_cast<std::size_t>(conversion.client)] = 0; });
    for (std::uint32_t code = 0; code < name_rank_.size(); ++code) {
        if (name_rank_[code] != absent) {
            names_.push_back(code);
        }
    }
    std::sort(names_.begin(), names_.end(), [this](std::uint32_t a, std::uint32_t b) { return state_.clients_.before(a, b); });
    for (std::uint32_t rank = 0; rank < names_.size(); ++rank) {
        name_rank_[names_[rank]] = rank;
    }
    last_place_ = names_.empty() ? 0 : names_.size() - 1;
}

void JourneysState::Finisher::find_bounds()
{
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    std::int64_t most = std::numeric_limits<std::int64_t>::min();
    const auto include = [&](std::int64_t client) {
        least = std::min(least, client);
        most = std::max(most, client);
    };
    if (keep_ == Keep::converters) {
        filter_.emplace(state_.conversions_.size(), state_.resource_);
    }
    for_each_conversion([&](const ConversionRecord& conversion) {
        include(conversion.client);
        if (filter_) {
            filter_->insert(conversion.client);
        }
    });
    if (keep_ == Keep::everybody) {
        for_each_block([&](const TouchBlock& block) {
            for (std::size_t i = 0; i < block.size(); ++i) {
                include(block.client(i));
            }
        });
    }
    if (least <= most) {
        least_ = least;
        last_place_ = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least);
    }
}

/** More than last_place_ where the client is surely not kept. */
inline std::uint64_t JourneysState::Finisher::place_of(std::int64_t client) const noexcept
{
    return name_rank_.empty() ? static_cast<std::uint64_t>(client) - static_cast<std::uint64_t>(least_)
                              : name_rank_[static_cast<std::size_t>(client)];
}

kernel::Identifier JourneysState::Finisher::client_at(std::int64_t place) const noexcept
{
    return name_rank_.empty() ? kernel::Identifier::of(place)
                              : state_.clients_.identifier(names_[static_cast<std::size_t>(place)]);
}

void JourneysState::Finisher::count_rows()
{
    constexpr int most_bits = 14;
    constexpr std::size_t rows_of_range = 4096;
    const std::size_t rows = state_.touches_.size() + state_.conversions_.size();
    const int bits = std::min(static_cast<int>(std::bit_width(rows / rows_of_range)), most_bits);
    range_bits_ = std::clamp(static_cast<int>(std::bit_width(last_place_)) - bits, 0, 63);
    range_size_.assign((last_place_ >> range_bits_) + 1, 0);
    const bool with_texts = keep_ == Keep::converters && state_.touch_kind_.get() == kernel::IdKind::text;
    for_each_block([this, with_texts](const TouchBlock& block) {
        for (std::size_t i = 0; i < block.size(); ++i) {
            const std::uint64_t place = place_of(block.client(i));
            const bool kept = place <= last_place_ && (!filter_ || filter_->may_have(block.client(i)));
            range_size_[kept ? place >> range_bits_ : 0] += kept ? 1 : 0;
            kept_.push_back(kept);
            if (kept && with_texts) {
                touch_bytes_ += text_at(block[i].touch).size();
            }
        }
    });
    touches_ = std::accumulate(range_size_.begin(), range_size_.end(), std::size_t{0});
    for_each_conversion(
        [this](const ConversionRecord& conversion) { ++range_size_[place_of(conversion.client) >> range_bits_]; });
}

/** Copies the rows of a group's ranges, one range behind the other. */
void JourneysState::Finisher::collect(const Group& group, Row* rows) const
{
    std::pmr::vector<Row*> next(state_.resource_);
    for (std::size_t range = group.begin; range < group.end; ++range) {
        next.push_back(rows);
        rows += range_size_[range];
    }
    const auto in_group = [this, group](std::uint64_t place) {
        return (place >> range_bits_) - group.begin < group.end - group.begin;
    };
    const auto add = [this, group, &next](std::uint64_t place, const Row& row) {
        Row& to = *next[(place >> range_bits_) - group.begin]++;
        to = row;
        to.client = static_cast<std::int64_t>(static_cast<std::uint64_t>(least_) + place);
    };
    std::array<std::uint32_t, TouchBlock::most_rows> selected;
    std::size_t row = 0;
    for_each_block([&](const TouchBlock& block) {
        // Row numbers are written and then kept or not: branches would be guessed wrong too often.
        std::size_t count = 0;
        kept_.for_each(row, block.size(), [&](std::uint32_t i) {
            selected[count] = i;
            count += in_group(place_of(block.client(i))) ? 1 : 0;
        });
        row += block.size();
        for (const std::uint32_t i : std::span(selected).first(count)) {
            const TouchRecord touch = block[i];
            const auto code = static_cast<std::uint32_t>(touch.code);
            add(place_of(touch.client),
                {0, touch.time, touch.touch, touch_codes * key_rank_[code / touch_codes] + code % touch_codes, false});
        }
    });
    for_each_conversion([&, number = std::uint32_t{0}](const ConversionRecord& conversion) mutable {
        const std::uint64_t place = place_of(conversion.client);
        if (in_group(place)) {
            add(place, {0, conversion.time, ascending_bits(conversion.value), number, true});
        }
        ++number;
    });
}

void JourneysState::Finisher::write_row(const Row& row, JourneysWriter& writer) const
{
    const auto id_of = [](kernel::IdKind kind, std::int64_t number, auto text) {
        return kind == kernel::IdKind::text ? kernel::Identifier::of(text()) : kernel::Identifier::of(number);
    };
    if (!row.is_conversion) {
        writer.touch(row.time, row.code, id_of(state_.touch_kind_.get(), row.detail, [&row] { return text_at(row.detail); }));
    } else if (conversions_.empty()) {
        writer.conversion(row.time, value_of_bits(row.detail));
    } else {
        const ConversionRecord& record = *conversions_[row.code];
        writer.conversion(
            row.time, record.value,
            id_of(state_.conversion_ids_.kind(), record.id, [&] { return state_.conversion_ids_.text(record.id); }),
            part_rank_.empty() ? 0 : part_rank_[record.part]);
    }
}

/** Of one client at one moment: by value, identifier and part. */
bool JourneysState::Finisher::conversion_before(const Row& a, const Row& b) const noexcept
{
    if (a.detail != b.detail || conversions_.empty()) {
        return a.detail < b.detail;
    }
    const ConversionRecord& first = *conversions_[a.code];
    const ConversionRecord& second = *conversions_[b.code];
    if (first.id != second.id) {
        return state_.conversion_ids_.before(first.id, second.id);
    }
    return !part_rank_.empty() && part_rank_[first.part] < part_rank_[second.part];
}

bool JourneysState::Finisher::before(const Row& a, const Row& b) const noexcept
{
    if (a.client != b.client || a.is_conversion != b.is_conversion || a.time != b.time) {
        return std::tie(a.client, a.is_conversion, a.time) < std::tie(b.client, b.is_conversion, b.time);
    }
    if (a.is_conversion) {
        return conversion_before(a, b);
    }
    if (state_.touch_kind_.get() == kernel::IdKind::text) {
        const int order = text_at(a.detail).compare(text_at(b.detail));
        return order != 0 ? order < 0 : a.code < b.code;
    }
    return std::tie(a.detail, a.code) < std::tie(b.detail, b.code);
}

/** Writes the clients of `rows`, which are sorted; of each the conversions come last. */
void JourneysState::Finisher::write_clients(std::span<const Row> rows, JourneysWriter& writer) const
{
    stop_.poll();
    for (auto begin = rows.begin(); begin != rows.end();) {
        const auto end = std::find_if(begin, rows.end(), [begin](const Row& row) { return row.client != begin->client; });
        if (keep_ == Keep::everybody || std::prev(end)->is_conversion) {
            for (const Row& row : std::span(begin, end)) {
                write_row(row, writer);
            }
            writer.end_client(client_at(begin->client));
        }
        begin = end;
    }
}

JourneysShape JourneysState::Finisher::shape() const
{
    const std::size_t conversions = state_.conversions_.size();
    const std::uint64_t owners = keep_ == Keep::everybody ? touches_ + conversions : conversions;
    JourneysShape shape{.keys = keys_,
                        .client_kind = state_.clients_.kind(),
                        .clients = owners <= last_place_ ? owners : std::min(owners, last_place_ + 1),
                        .touches = touches_,
                        .conversions = conversions,
                        .touch_kind = keep_ == Keep::everybody ? kernel::IdKind::none : state_.touch_kind_.get(),
                        .touch_bytes = touch_bytes_,
                        .conversion_kind = state_.conversion_ids_.kind(),
                        .parts = parts_};
    if (state_.conversion_ids_.are_texts()) {
        shape.conversion_bytes =
            kernel::text_bytes(conversions_, [this](const ConversionRecord* c) { return state_.conversion_ids_.text(c->id); });
    }
    shape.client_bytes = kernel::text_bytes(names_, [this](std::uint32_t name) { return state_.clients_.text(name); });
    return shape;
}

std::vector<JourneysState::Finisher::Group> JourneysState::Finisher::groups() const
{
    constexpr std::size_t few = 65536;
    const std::size_t most = std::max(few, state_.touches_.size() / 4);
    std::vector<Group> groups;
    for (std::size_t range = 0; range < range_size_.size(); ++range) {
        if (groups.empty() || groups.back().rows + range_size_[range] > most) {
            groups.push_back({range, range, 0});
        }
        groups.back().end = range + 1;
        groups.back().rows += range_size_[range];
    }
    return groups;
}

kernel::FlatValue JourneysState::Finisher::write(std::pmr::memory_resource& result, std::size_t header)
{
    if (keep_ == Keep::everybody) {
        // What the value has at least: told before the work is done.
        kernel::require_room(header, touches_ * (sizeof(std::int64_t) + 1));
    }
    JourneysWriter writer(shape(), result, header);
    const std::vector<Group> groups = this->groups();
    const auto largest_group =
        std::max_element(groups.begin(), groups.end(), [](const Group& a, const Group& b) { return a.rows < b.rows; });
    kernel::ChunkList<Row> memory(state_.resource_);
    Row* const rows = memory.append(largest_group->rows);
    const std::size_t largest_range = *std::max_element(range_size_.begin(), range_size_.end());
    const std::span<Row> spare(memory.append(largest_range), largest_range);
    const auto before = [this](const Row& a, const Row& b) { return this->before(a, b); };
    const auto visit = [&](std::span<const Row> part) { write_clients(part, writer); };
    for (const Group& group : groups) {
        collect(group, rows);
        Row* begin = rows;
        for (std::size_t range = group.begin; range < group.end; begin += range_size_[range++]) {
            const std::size_t size = range_size_[range];
            if (size > 0) {
                visit_by_client(std::span(begin, size), spare.first(size), before, visit);
            }
        }
    }
    return writer.finish();
}

kernel::FlatValue JourneysState::finish(std::pmr::memory_resource& result, std::size_t header, const kernel::StopFlag& stop,
                                        Keep keep) const
{
    return Finisher(*this, stop, keep).write(result, header);
}

}  // namespace marketing::attribution
