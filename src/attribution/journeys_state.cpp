#include "attribution/journeys_state.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>
#include <vector>

#include "attribution/converters.hpp"
#include "kernel/error.hpp"
#include "kernel/wire.hpp"

namespace marketing::attribution {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::WireReader;
using kernel::WireWriter;

constexpr std::string_view no_key = "(none)";
constexpr std::uint32_t state_tag = 0x73726a6d;  // "mjrs"
constexpr std::uint16_t state_version = 3;

void check_kind(IdKind& known, IdKind given, const char* what)
{
    if (known == given && given != IdKind::none) {
        return;
    }
    if (known == IdKind::none) {
        known = given;
    }
    if (known != given || given == IdKind::none) {
        throw Error(ErrorCode::invalid_parameter, std::string(what) + " identifiers of two kinds in one aggregate", {},
                    "Give all of them as integers, or cast all of them to text.");
    }
}

bool finite(std::int64_t time) noexcept
{
    return time != std::numeric_limits<std::int64_t>::min() && time != std::numeric_limits<std::int64_t>::max();
}

std::string_view text_at(std::int64_t address) noexcept
{
    return ByteArena::text(std::bit_cast<const char*>(address));
}

}  // namespace

JourneysState::JourneysState(std::pmr::memory_resource* resource)
    : resource_(resource),
      touches_(resource),
      conversions_(resource),
      keys_(resource),
      client_texts_(resource),
      touch_texts_(resource)
{
}

void JourneysState::append(const JourneyRow& row)
{
    if (!row.has_touch && !row.has_value) {
        throw Error(ErrorCode::invalid_parameter, "a row is neither a touch nor a conversion", {},
                    "Give a touch its touch_id and a conversion its value (0 where it is worth nothing).");
    }
    if (!finite(row.time)) {
        throw Error(ErrorCode::invalid_parameter, "occurred_at must be finite");
    }
    if (row.has_value && !std::isfinite(row.value)) {
        throw Error(ErrorCode::numeric_range, "the value of a conversion must be a finite number");
    }
    const std::int64_t client = client_code(row.client);
    if (row.has_touch) {
        touches_.push_back(
            {client, row.time, touch_number(row.touch), touch_code(key_code(row.key), row.paid, row.has_value, row.view)});
    }
    if (row.has_value) {
        conversions_.push_back({client, row.time, row.value + 0.0});  // -0 becomes 0: one value, one image
    }
}

std::int64_t JourneysState::client_code(const Identifier& client)
{
    check_kind(client_kind_, client.kind, "client");
    return client.kind == IdKind::integer ? client.number : client_texts_.code(client.text);
}

std::int64_t JourneysState::touch_number(const Identifier& touch)
{
    check_kind(touch_kind_, touch.kind, "touch");
    return touch.kind == IdKind::integer ? touch.number : std::bit_cast<std::int64_t>(touch_texts_.store(touch.text));
}

std::uint32_t JourneysState::key_code(const Identifier& key)
{
    if (key.kind != IdKind::integer) {
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

Identifier JourneysState::client_of(std::int64_t code) const noexcept
{
    return client_kind_ == IdKind::integer ? Identifier::of(code)
                                           : Identifier::of(client_texts_.text(static_cast<std::uint32_t>(code)));
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

void JourneysState::merge(const JourneysState& other)
{
    if (other.client_kind_ != IdKind::none) {
        check_kind(client_kind_, other.client_kind_, "client");
    }
    if (other.touch_kind_ != IdKind::none) {
        check_kind(touch_kind_, other.touch_kind_, "touch");
    }
    const auto dictionary = [this](const Interner& from, Interner& to) {
        std::pmr::vector<std::uint32_t> codes(from.size(), resource_);
        for (std::uint32_t code = 0; code < from.size(); ++code) {
            codes[code] = to.code(from.text(code));
        }
        return codes;
    };
    const auto keys = dictionary(other.keys_, keys_);
    const auto clients = dictionary(other.client_texts_, client_texts_);
    const auto client = [&](std::int64_t code) -> std::int64_t {
        return client_kind_ == IdKind::text ? clients[static_cast<std::size_t>(code)] : code;
    };
    ChunkList<std::byte> scratch(resource_);
    other.touches_.for_each_block(scratch, [&](const TouchBlock& block) {
        TouchBlock own{block.rows, {}};
        own.columns[TouchBlock::client_column] = client_kind_ == IdKind::text
                                                     ? translated(block, TouchBlock::client_column, client)
                                                     : copied(block, TouchBlock::client_column);
        own.columns[TouchBlock::time_column] = copied(block, TouchBlock::time_column);
        own.columns[TouchBlock::touch_column] =
            touch_kind_ == IdKind::text
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
    for (std::size_t i = 0; i < other.conversions_.chunk_count(); ++i) {
        for (const ConversionRecord& conversion : other.conversions_.chunk(i)) {
            conversions_.push_back({client(conversion.client), conversion.time, conversion.value});
        }
    }
}

// Serialised: tag, version, kinds; keys; client texts; blocks of touches; conversions; each list behind its count. A block has its
// number of rows, for each column base, width and bytes, and after them the texts of the touch identifiers where they are texts.
FlatValue JourneysState::serialise(std::pmr::memory_resource& result, std::size_t header) const
{
    const bool text_touches = touch_kind_ == IdKind::text;
    std::uint64_t size =
        8 + 2 * sizeof(std::uint32_t) + 2 * sizeof(std::uint64_t) + conversions_.size() * sizeof(ConversionRecord);
    const Interner* const dictionaries[] = {&keys_, &client_texts_};
    for (const Interner* texts : dictionaries) {
        for (std::uint32_t code = 0; code < texts->size(); ++code) {
            size += sizeof(std::uint32_t) + texts->text(code).size();
        }
    }
    ChunkList<std::byte> scratch(resource_);
    std::uint64_t blocks = 0;
    touches_.for_each_block(scratch, [&](const TouchBlock& block) {
        ++blocks;
        size += sizeof(std::uint32_t);
        for (std::size_t column = 0; column < TouchBlock::column_count; ++column) {
            size += sizeof(std::int64_t) + sizeof(std::uint8_t) + block.bytes(column).size();
        }
        for (std::size_t i = 0; text_touches && i < block.size(); ++i) {
            size += sizeof(std::uint32_t) + text_at(block[i].touch).size();
        }
    });

    FlatBuffer buffer(result, header, size);
    WireWriter out(buffer);
    out.put(state_tag);
    out.put(state_version);
    out.put(static_cast<std::uint8_t>(client_kind_));
    out.put(static_cast<std::uint8_t>(touch_kind_));
    for (const Interner* texts : dictionaries) {
        out.put(static_cast<std::uint32_t>(texts->size()));
        for (std::uint32_t code = 0; code < texts->size(); ++code) {
            out.put_text(texts->text(code));
        }
    }
    out.put(blocks);
    touches_.for_each_block(scratch, [&](const TouchBlock& block) {
        out.put(block.rows);
        for (std::size_t column = 0; column < TouchBlock::column_count; ++column) {
            out.put(block.columns[column].base);
            out.put(static_cast<std::uint8_t>(block.columns[column].width));
            const auto bytes = block.bytes(column);
            out.put_array(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
        }
        for (std::size_t i = 0; text_touches && i < block.size(); ++i) {
            out.put_text(text_at(block[i].touch));
        }
    });
    out.put(std::uint64_t{conversions_.size()});
    for (std::size_t i = 0; i < conversions_.chunk_count(); ++i) {
        for (const ConversionRecord& conversion : conversions_.chunk(i)) {
            out.put(conversion.client);
            out.put(conversion.time);
            out.put(conversion.value);
        }
    }
    return buffer.value();
}

namespace {

/** A column where it lies: what follows its bytes is not its own, but may be read. */
PackedColumn read_column(WireReader& in, std::uint32_t rows)
{
    PackedColumn column{in.get<std::int64_t>(), in.get<std::uint8_t>(), nullptr};
    if (column.width > sizeof(std::uint64_t)) {
        WireReader::fail("a column has elements that are too wide");
    }
    column.bytes = in.get_array<std::uint8_t>(std::uint64_t{rows} * column.width).data();
    if (in.remaining() < PackedColumn::overrun) {
        WireReader::fail("it ends before its announced content");
    }
    return column;
}

IdKind read_kind(WireReader& in)
{
    const auto kind = in.get<std::uint8_t>();
    if (kind > static_cast<std::uint8_t>(IdKind::text)) {
        WireReader::fail("its kind of identifiers is unknown");
    }
    return static_cast<IdKind>(kind);
}

/** The codes of the texts must come out as they were, since the rows are taken over as they are. */
void read_dictionary(WireReader& in, Interner& texts)
{
    const auto count = in.get<std::uint32_t>();
    for (std::uint32_t code = 0; code < count; ++code) {
        if (texts.code(in.get_text()) != code) {
            WireReader::fail("its dictionary names a text twice");
        }
    }
}

void require_row(bool holds)
{
    if (!holds) {
        WireReader::fail("a row has a time, client or key that cannot be");
    }
}

}  // namespace

void JourneysState::deserialise(std::span<const std::byte> bytes)
{
    WireReader in(bytes);
    if (in.get<std::uint32_t>() != state_tag || in.get<std::uint16_t>() != state_version) {
        WireReader::fail("it is not a state of the aggregate journeys of this release");
    }
    client_kind_ = read_kind(in);
    touch_kind_ = read_kind(in);
    read_dictionary(in, keys_);
    read_dictionary(in, client_texts_);
    for (auto blocks = in.get<std::uint64_t>(); blocks > 0; --blocks) {
        read_block(in);
    }
    for (auto left = in.get<std::uint64_t>(); left > 0; --left) {
        const ConversionRecord conversion{in.get<std::int64_t>(), in.get<std::int64_t>(), in.get<double>()};
        require_row(known_client(conversion.client) && finite(conversion.time) && std::isfinite(conversion.value));
        conversions_.push_back(conversion);
    }
    in.expect_end();
}

bool JourneysState::known_client(std::int64_t code) const noexcept
{
    return client_kind_ == IdKind::integer ||
           (client_kind_ == IdKind::text && code >= 0 && static_cast<std::uint64_t>(code) < client_texts_.size());
}

void JourneysState::read_block(WireReader& in)
{
    TouchBlock block{in.get<std::uint32_t>(), {}};
    require_row(block.rows > 0 && block.rows <= TouchBlock::most_rows && touch_kind_ != IdKind::none);
    for (PackedColumn& column : block.columns) {
        column = read_column(in, block.rows);
    }
    for (std::size_t i = 0; i < block.rows; ++i) {
        const TouchRecord touch = block[i];
        require_row(known_client(touch.client) && finite(touch.time) && touch.code >= 0 &&
                    static_cast<std::uint64_t>(touch.code / touch_codes) < keys_.size());
    }
    if (touch_kind_ == IdKind::text) {
        block.columns[TouchBlock::touch_column] = translated(block, TouchBlock::touch_column, [&](std::int64_t /*address*/) {
            return std::bit_cast<std::int64_t>(touch_texts_.store(in.get_text()));
        });
    }
    touches_.append_block(block);
}

/** The steps from the state to the value, each a member; the temporaries come from the state's memory. */
class JourneysState::Finisher {
public:
    Finisher(const JourneysState& state, const kernel::StopFlag& stop, Keep keep)
        : state_(state),
          stop_(stop),
          everybody_(state.resource_),
          numbers_(state.resource_),
          converters_(list_clients(keep)),
          index_(converters_, state.resource_),
          touch_end_(converters_.size() + 1, 0, state.resource_),
          touches_(state.resource_),
          conversions_(state.resource_),
          key_rank_(state.keys_.size(), 0, state.resource_),
          keys_(state.resource_)
    {
        keep_touches();
        rank_keys();
        sort_touches();
        sort_conversions();
    }

    [[nodiscard]] FlatValue write(std::pmr::memory_resource& result, std::size_t header) const;

private:
    /** What is known of a million clients is not in the processor's cache: it is asked for so many touches ahead. */
    static constexpr std::size_t ahead = 16;

    struct KeptTouch {
        std::int64_t time;
        std::int64_t touch;
        std::uint32_t code;       // of the key's rank, once the keys are ranked
        std::uint32_t converter;  // place in converters_
    };

    [[nodiscard]] std::pmr::vector<std::int64_t> list_clients(Keep keep);
    void number_everybody();
    void keep_touches();
    void keep_those_of_converters();
    void keep_all();
    void rank_keys();
    void sort_touches();
    void sort_conversions();
    template <class Before>
    void sort_each_client(Before before);

    const JourneysState& state_;
    const kernel::StopFlag& stop_;
    // Of everybody, if everybody is kept: hashed once, since that is what most of the time would go to.
    DistinctClients everybody_;
    std::pmr::vector<std::uint32_t> numbers_;    // by touch: place in everybody_
    std::pmr::vector<std::int64_t> converters_;  // whom to keep: distinct, in the order of their identifiers
    ConverterIndex index_;
    std::pmr::vector<std::size_t> touch_end_;  // of each converter, in touches_
    std::pmr::vector<KeptTouch> touches_;
    std::pmr::vector<std::pair<std::uint32_t, Conversion>> conversions_;
    std::pmr::vector<std::uint32_t> key_rank_;
    std::pmr::vector<std::string_view> keys_;
};

void JourneysState::Finisher::number_everybody()
{
    numbers_.reserve(state_.touches_.size());
    ChunkList<std::byte> scratch(state_.resource_);
    state_.touches_.for_each_block(scratch, [&](const TouchBlock& block) {
        stop_.poll();
        for (std::size_t i = 0; i < block.size(); ++i) {
            if (i + ahead < block.size()) {
                everybody_.prefetch(block.client(i + ahead));
            }
            numbers_.push_back(everybody_.insert(block.client(i)));
        }
    });
}

std::pmr::vector<std::int64_t> JourneysState::Finisher::list_clients(Keep keep)
{
    if (keep == Keep::everybody) {
        number_everybody();
    }
    std::pmr::vector<std::int64_t> clients(everybody_.list(), state_.resource_);
    clients.reserve(clients.size() + state_.conversions_.size());
    for (std::size_t i = 0; i < state_.conversions_.chunk_count(); ++i) {
        for (const ConversionRecord& conversion : state_.conversions_.chunk(i)) {
            clients.push_back(conversion.client);
        }
    }
    std::sort(clients.begin(), clients.end());
    clients.erase(std::unique(clients.begin(), clients.end()), clients.end());
    if (state_.client_kind_ == IdKind::text) {
        std::sort(clients.begin(), clients.end(),
                  [this](std::int64_t a, std::int64_t b) { return state_.client_of(a).text < state_.client_of(b).text; });
    }
    return clients;
}

void JourneysState::Finisher::keep_touches()
{
    if (numbers_.empty()) {
        keep_those_of_converters();
    } else {
        keep_all();
    }
    touch_end_.pop_back();
}

void JourneysState::Finisher::keep_those_of_converters()
{
    ChunkList<KeptTouch> kept(state_.resource_);
    ChunkList<std::byte> scratch(state_.resource_);
    state_.touches_.for_each_block(scratch, [&](const TouchBlock& block) {
        stop_.poll();
        for (std::size_t i = 0; i < block.size(); ++i) {
            const std::uint32_t converter = index_.find(block.client(i));
            if (converter != ConverterIndex::absent) {
                ++touch_end_[converter + 1];
                const TouchRecord touch = block[i];
                kept.push_back({touch.time, touch.touch, static_cast<std::uint32_t>(touch.code), converter});
            }
        }
    });
    // Counting sort by converter: each count becomes where the converter begins, and moves on to where it ends.
    std::partial_sum(touch_end_.begin(), touch_end_.end(), touch_end_.begin());
    touches_.resize(kept.size());
    for (std::size_t i = 0; i < kept.chunk_count(); ++i) {
        stop_.poll();
        const std::span<const KeptTouch> chunk = kept.chunk(i);
        for (std::size_t at = 0; at < chunk.size(); ++at) {
            if (at + ahead < chunk.size()) {
                __builtin_prefetch(touches_.data() + touch_end_[chunk[at + ahead].converter], 1);
            }
            touches_[touch_end_[chunk[at].converter]++] = chunk[at];
        }
    }
}

/** The same where every touch is kept and its client's number known: nothing is put aside between. */
void JourneysState::Finisher::keep_all()
{
    std::pmr::vector<std::uint32_t> ranks(state_.resource_);  // of everybody, by number
    for (const std::int64_t client : everybody_.list()) {
        ranks.push_back(index_.find(client));
    }
    for (std::uint32_t& number : numbers_) {
        number = ranks[number];
        ++touch_end_[number + 1];
    }
    std::partial_sum(touch_end_.begin(), touch_end_.end(), touch_end_.begin());
    touches_.resize(numbers_.size());
    ChunkList<std::byte> scratch(state_.resource_);
    std::size_t at = 0;
    state_.touches_.for_each_block(scratch, [&](const TouchBlock& block) {
        stop_.poll();
        for (std::size_t i = 0; i < block.size(); ++i, ++at) {
            if (at + ahead < numbers_.size()) {
                __builtin_prefetch(touches_.data() + touch_end_[numbers_[at + ahead]], 1);
            }
            const TouchRecord touch = block[i];
            touches_[touch_end_[numbers_[at]]++] = {touch.time, touch.touch, static_cast<std::uint32_t>(touch.code),
                                                    numbers_[at]};
        }
    });
}

void JourneysState::Finisher::rank_keys()
{
    std::pmr::vector<bool> used(state_.keys_.size(), false, state_.resource_);
    for (const KeptTouch& touch : touches_) {
        used[touch.code / touch_codes] = true;
    }
    std::pmr::vector<std::uint32_t> codes(state_.resource_);
    for (std::uint32_t code = 0; code < used.size(); ++code) {
        if (used[code]) {
            codes.push_back(code);
        }
    }
    std::sort(codes.begin(), codes.end(),
              [this](std::uint32_t a, std::uint32_t b) { return state_.keys_.text(a) < state_.keys_.text(b); });
    for (const std::uint32_t code : codes) {
        key_rank_[code] = static_cast<std::uint32_t>(keys_.size());
        keys_.push_back(state_.keys_.text(code));
    }
    for (KeptTouch& touch : touches_) {
        touch.code = touch_codes * key_rank_[touch.code / touch_codes] + touch.code % touch_codes;
    }
}

template <class Before>
void JourneysState::Finisher::sort_each_client(Before before)
{
    std::size_t begin = 0;
    for (const std::size_t end : touch_end_) {
        stop_.poll();
        std::sort(touches_.begin() + static_cast<std::ptrdiff_t>(begin), touches_.begin() + static_cast<std::ptrdiff_t>(end),
                  before);
        begin = end;
    }
}

void JourneysState::Finisher::sort_touches()
{
    if (state_.touch_kind_ == IdKind::text) {
        sort_each_client([](const KeptTouch& a, const KeptTouch& b) {
            if (a.time != b.time) {
                return a.time < b.time;
            }
            const int order = text_at(a.touch).compare(text_at(b.touch));
            return order != 0 ? order < 0 : a.code < b.code;
        });
    } else {
        sort_each_client([](const KeptTouch& a, const KeptTouch& b) {
            return std::tie(a.time, a.touch, a.code) < std::tie(b.time, b.touch, b.code);
        });
    }
}

void JourneysState::Finisher::sort_conversions()
{
    conversions_.reserve(state_.conversions_.size());
    for (std::size_t i = 0; i < state_.conversions_.chunk_count(); ++i) {
        stop_.poll();
        for (const ConversionRecord& conversion : state_.conversions_.chunk(i)) {
            conversions_.push_back({index_.find(conversion.client), {conversion.time, conversion.value}});
        }
    }
    std::sort(conversions_.begin(), conversions_.end(), [](const auto& a, const auto& b) {
        return std::tie(a.first, a.second.time, a.second.value) < std::tie(b.first, b.second.time, b.second.value);
    });
}

FlatValue JourneysState::Finisher::write(std::pmr::memory_resource& result, std::size_t header) const
{
    JourneysShape shape{.keys = keys_,
                        .client_kind = converters_.empty() ? IdKind::none : state_.client_kind_,
                        .clients = converters_.size(),
                        .touches = touches_.size(),
                        .conversions = conversions_.size()};
    for (std::size_t i = 0; shape.client_kind == IdKind::text && i < converters_.size(); ++i) {
        shape.client_bytes += state_.client_of(converters_[i]).text.size();
    }
    JourneysWriter writer(shape, result, header);
    std::size_t touch = 0;
    auto conversion = conversions_.begin();
    for (std::uint32_t i = 0; i < converters_.size(); ++i) {
        for (; touch < touch_end_[i]; ++touch) {
            writer.touch(touches_[touch].time, touches_[touch].code);
        }
        for (; conversion != conversions_.end() && conversion->first == i; ++conversion) {
            writer.conversion(conversion->second.time, conversion->second.value);
        }
        writer.end_client(state_.client_of(converters_[i]));
    }
    return writer.finish();
}

FlatValue JourneysState::finish(std::pmr::memory_resource& result, std::size_t header, const kernel::StopFlag& stop,
                                Keep keep) const
{
    return Finisher(*this, stop, keep).write(result, header);
}

}  // namespace marketing::attribution
