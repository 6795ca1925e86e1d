#include "attribution/path_counts.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <tuple>

#include "attribution/bootstrap.hpp"
#include "kernel/error.hpp"
#include "kernel/wire.hpp"
#include "numeric/compensated_sum.hpp"

namespace marketing::attribution {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::WireReader;
using kernel::WireWriter;

constexpr std::string_view no_key = "(none)";
constexpr std::uint32_t value_tag = 0x6374706d;  // "mptc"
constexpr std::uint16_t value_version = 1;
constexpr std::uint64_t value_header = 8 + 4 * sizeof(std::uint32_t);
constexpr std::uint64_t row_bytes = sizeof(std::uint32_t) + 3 * sizeof(double);

void require(bool holds, const char* otherwise)
{
    if (!holds) {
        WireReader::fail(otherwise);
    }
}

std::uint8_t width_for(std::uint64_t keys) noexcept
{
    if (keys <= 0x100) {
        return 1;
    }
    return keys <= 0x10000 ? 2 : 4;
}

bool possible(const Counts& counts) noexcept
{
    return std::isfinite(counts.conversions) && std::isfinite(counts.value) && std::isfinite(counts.nulls) &&
           counts.conversions >= 0 && counts.nulls >= 0;
}

void check_ends(const kernel::FlatColumn<std::uint32_t>& ends, std::uint64_t total)
{
    std::uint32_t previous = 0;
    for (std::size_t i = 0; i < ends.size(); ++i) {
        require(ends[i] >= previous, "an element ends before it begins");
        previous = ends[i];
    }
    require(previous == total, "its elements do not add up to its announced size");
}

std::size_t begin_of(const kernel::FlatColumn<std::uint32_t>& ends, std::size_t index) noexcept
{
    return index == 0 ? 0 : ends[index - 1];
}

kernel::FlatBuffer buffer_for(std::pmr::memory_resource& result, std::size_t header, std::uint64_t size)
{
    if (size > kernel::FlatBuffer::most_bytes - header) {
        throw Error(ErrorCode::limit_exceeded, "the counted paths do not fit in one value",
                    "They need " + std::to_string(size) + " bytes; a value holds at most 1 GB.",
                    "Shorten the paths, or give fewer distinct keys.");
    }
    return {result, header, size};
}

std::uint32_t code_at(std::string_view path, std::size_t index) noexcept
{
    std::uint32_t code = 0;
    std::memcpy(&code, path.data() + index * sizeof code, sizeof code);
    return code;
}

std::size_t length_of(std::string_view path) noexcept
{
    return path.size() / sizeof(std::uint32_t);
}

}  // namespace

PathCountsView::PathCountsView(std::span<const std::byte> bytes)
{
    WireReader in(bytes);
    require(in.get<std::uint32_t>() == value_tag, "it is not a path_counts value");
    require(in.get<std::uint16_t>() == value_version, "it is of a version that this release does not know");
    code_width_ = in.get<std::uint8_t>();
    require(in.get<std::uint8_t>() == 0, "its header has an unknown mark");
    const auto keys = in.get<std::uint32_t>();
    const auto paths = in.get<std::uint32_t>();
    touches_ = in.get<std::uint32_t>();
    const auto key_bytes = in.get<std::uint32_t>();
    require(code_width_ == width_for(keys), "its codes have the wrong width");
    key_end_ = kernel::FlatColumn<std::uint32_t>(in.get_array<std::uint32_t>(keys));
    const auto texts = in.get_array<std::uint8_t>(key_bytes);
    key_bytes_ = {reinterpret_cast<const char*>(texts.data()), texts.size()};
    path_end_ = kernel::FlatColumn<std::uint32_t>(in.get_array<std::uint32_t>(paths));
    codes_ = in.get_array<std::uint8_t>(std::uint64_t{touches_} * code_width_);
    conversions_ = kernel::FlatColumn<double>(in.get_array<double>(paths));
    value_ = kernel::FlatColumn<double>(in.get_array<double>(paths));
    nulls_ = kernel::FlatColumn<double>(in.get_array<double>(paths));
    in.expect_end();
    check_keys();
    check_paths();
}

std::string_view PathCountsView::key(std::size_t code) const noexcept
{
    const std::size_t begin = begin_of(key_end_, code);
    return {key_bytes_.data() + begin, key_end_[code] - begin};
}

std::size_t PathCountsView::path_size(std::size_t path) const noexcept
{
    return path_end_[path] - begin_of(path_end_, path);
}

std::uint32_t PathCountsView::code(std::size_t touch) const noexcept
{
    std::uint32_t code = 0;  // little endian: the low bytes come first
    std::memcpy(&code, codes_.data() + touch * code_width_, code_width_);
    return code;
}

void PathCountsView::read(std::size_t path, std::vector<std::uint32_t>& codes) const
{
    codes.clear();
    for (std::size_t touch = begin_of(path_end_, path); touch < path_end_[path]; ++touch) {
        codes.push_back(code(touch));
    }
}

void PathCountsView::check_keys() const
{
    check_ends(key_end_, key_bytes_.size());
    for (std::size_t i = 0; i < key_count(); ++i) {
        require(!key(i).empty() && (i == 0 || key(i - 1) < key(i)), "its keys are empty, repeated or out of order");
    }
}

void PathCountsView::check_paths() const
{
    check_ends(path_end_, touches_);
    for (std::size_t touch = 0; touch < touches_; ++touch) {
        require(code(touch) < key_count(), "a path has a key that is not in the dictionary");
    }
    std::vector<std::uint32_t> previous;
    std::vector<std::uint32_t> current;
    for (std::size_t path = 0; path < path_count(); ++path) {
        read(path, current);
        require(path == 0 || previous < current, "its paths are repeated or out of order");
        require(possible(counts(path)), "a path is counted with a number that cannot be");
        previous.swap(current);
    }
}

Counts total_counts(const PathCountsView& paths)
{
    numeric::CompensatedSum conversions;
    numeric::CompensatedSum value;
    numeric::CompensatedSum nulls;
    for (std::size_t path = 0; path < paths.path_count(); ++path) {
        const Counts counts = paths.counts(path);
        conversions.add(counts.conversions);
        value.add(counts.value);
        nulls.add(counts.nulls);
    }
    const Counts total{conversions.value(), value.value(), nulls.value()};
    if (!possible(total)) {
        throw Error(ErrorCode::numeric_range, "conversions, value or nulls of the paths add up to more than a number can hold");
    }
    return total;
}

std::uint32_t PathCountsState::code_of_path()
{
    return paths_.code({reinterpret_cast<const char*>(codes_.data()), codes_.size() * sizeof(std::uint32_t)});
}

void PathCountsState::append(std::span<const std::string_view> path, const Counts& counts)
{
    if (!std::isfinite(counts.conversions) || !std::isfinite(counts.value) || !std::isfinite(counts.nulls)) {
        throw Error(ErrorCode::numeric_range, "conversions, value and nulls of a path must be finite numbers");
    }
    if (counts.conversions < 0 || counts.nulls < 0) {
        throw Error(ErrorCode::invalid_parameter, "conversions and nulls of a path must not be negative");
    }
    codes_.clear();
    for (const std::string_view key : path) {
        codes_.push_back(keys_.code(key.empty() ? no_key : key));
    }
    // -0 becomes 0: one value, one image.
    rows_.push_back({code_of_path(), {counts.conversions + 0.0, counts.value + 0.0, counts.nulls + 0.0}});
}

void PathCountsState::append(const PathCountsView& value)
{
    std::vector<std::uint32_t> codes;
    std::vector<std::string_view> keys;
    for (std::size_t path = 0; path < value.path_count(); ++path) {
        value.read(path, codes);
        keys.clear();
        for (const std::uint32_t code : codes) {
            keys.push_back(value.key(code));
        }
        append(keys, value.counts(path));
    }
}

void PathCountsState::merge(const kernel::State& state)
{
    const auto& other = state.as<PathCountsState>();
    std::pmr::vector<std::uint32_t> key_codes(resource_);
    for (std::uint32_t key = 0; key < other.keys_.size(); ++key) {
        key_codes.push_back(keys_.code(other.keys_.text(key)));
    }
    std::pmr::vector<std::uint32_t> path_codes(resource_);
    for (std::uint32_t number = 0; number < other.paths_.size(); ++number) {
        const std::string_view path = other.paths_.text(number);
        codes_.clear();
        for (std::size_t i = 0; i < length_of(path); ++i) {
            codes_.push_back(key_codes[code_at(path, i)]);
        }
        path_codes.push_back(code_of_path());
    }
    for (std::size_t i = 0; i < other.rows_.chunk_count(); ++i) {
        for (const Row& row : other.rows_.chunk(i)) {
            rows_.push_back({path_codes[row.path], row.counts});
        }
    }
}

// Serialised: tag, version, zero; keys and paths, each text behind its length and each list behind its count; rows behind theirs.
kernel::FlatValue PathCountsState::serialise(std::pmr::memory_resource& result, std::size_t header) const
{
    std::uint64_t size = 8 + 2 * sizeof(std::uint32_t) + sizeof(std::uint64_t) + rows_.size() * row_bytes;
    const kernel::Interner* const dictionaries[] = {&keys_, &paths_};
    for (const kernel::Interner* texts : dictionaries) {
        for (std::uint32_t code = 0; code < texts->size(); ++code) {
            size += sizeof(std::uint32_t) + texts->text(code).size();
        }
    }
    kernel::FlatBuffer buffer = buffer_for(result, header, size);
    WireWriter out(buffer);
    out.put(PathCountsState::format.tag);
    out.put(PathCountsState::format.version);
    out.put(std::uint16_t{0});
    for (const kernel::Interner* texts : dictionaries) {
        out.put(static_cast<std::uint32_t>(texts->size()));
        for (std::uint32_t code = 0; code < texts->size(); ++code) {
            out.put_text(texts->text(code));
        }
    }
    out.put(std::uint64_t{rows_.size()});
    for (std::size_t i = 0; i < rows_.chunk_count(); ++i) {
        for (const Row& row : rows_.chunk(i)) {
            out.put(row.path);
            out.put(row.counts.conversions);
            out.put(row.counts.value);
            out.put(row.counts.nulls);
        }
    }
    return buffer.value();
}

void PathCountsState::deserialise(std::span<const std::byte> bytes)
{
    WireReader in(bytes);
    require(in.get<std::uint32_t>() == PathCountsState::format.tag &&
                in.get<std::uint16_t>() == PathCountsState::format.version && in.get<std::uint16_t>() == 0,
            "it is not a state of the aggregate path_counts of this release");
    for (kernel::Interner* texts : {&keys_, &paths_}) {
        const auto count = in.get<std::uint32_t>();
        for (std::uint32_t code = 0; code < count; ++code) {
            require(texts->code(in.get_text()) == code, "its dictionary names a text twice");
        }
    }
    for (std::uint32_t code = 0; code < keys_.size(); ++code) {
        require(!keys_.text(code).empty(), "a key is empty");
    }
    for (std::uint32_t number = 0; number < paths_.size(); ++number) {
        const std::string_view path = paths_.text(number);
        require(path.size() % sizeof(std::uint32_t) == 0, "a path ends within a key");
        for (std::size_t i = 0; i < length_of(path); ++i) {
            require(code_at(path, i) < keys_.size(), "a path has a key that is not in the dictionary");
        }
    }
    for (auto left = in.get<std::uint64_t>(); left > 0; --left) {
        const Row row{in.get<std::uint32_t>(), {in.get<double>(), in.get<double>(), in.get<double>()}};
        require(row.path < paths_.size() && possible(row.counts), "a row has a path or a number that cannot be");
        rows_.push_back(row);
    }
    in.expect_end();
}

/** The steps from the state to the value; the temporaries come from the state's memory. */
class PathCountsState::Finisher {
public:
    Finisher(const PathCountsState& state, const kernel::StopFlag& stop)
        : state_(state),
          stop_(stop),
          keys_(state.resource_),
          rank_(state.keys_.size(), 0, state.resource_),
          paths_(state.paths_.size(), 0, state.resource_),
          sums_(state.paths_.size(), Counts{}, state.resource_)
    {
        rank_keys();
        sort_paths();
        add_up();
    }

    [[nodiscard]] kernel::FlatValue write(std::pmr::memory_resource& result, std::size_t header) const;

private:
    void rank_keys();
    void sort_paths();
    void add_up();
    [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const noexcept;

    const PathCountsState& state_;
    const kernel::StopFlag& stop_;
    std::pmr::vector<std::uint32_t> keys_;   // codes, ascending by text
    std::pmr::vector<std::uint32_t> rank_;   // of each code
    std::pmr::vector<std::uint32_t> paths_;  // codes, in the order of the value
    std::pmr::vector<Counts> sums_;          // of each path code
};

void PathCountsState::Finisher::rank_keys()
{
    keys_.resize(rank_.size());
    std::iota(keys_.begin(), keys_.end(), 0U);
    std::sort(keys_.begin(), keys_.end(),
              [this](std::uint32_t a, std::uint32_t b) { return state_.keys_.text(a) < state_.keys_.text(b); });
    for (std::uint32_t rank = 0; rank < keys_.size(); ++rank) {
        rank_[keys_[rank]] = rank;
    }
}

bool PathCountsState::Finisher::before(std::uint32_t a, std::uint32_t b) const noexcept
{
    const std::string_view first = state_.paths_.text(a);
    const std::string_view second = state_.paths_.text(b);
    const std::size_t common = std::min(length_of(first), length_of(second));
    for (std::size_t i = 0; i < common; ++i) {
        const std::uint32_t x = rank_[code_at(first, i)];
        const std::uint32_t y = rank_[code_at(second, i)];
        if (x != y) {
            return x < y;
        }
    }
    return first.size() < second.size();
}

void PathCountsState::Finisher::sort_paths()
{
    stop_.poll();
    std::iota(paths_.begin(), paths_.end(), 0U);
    std::sort(paths_.begin(), paths_.end(), [this](std::uint32_t a, std::uint32_t b) { return before(a, b); });
}

void PathCountsState::Finisher::add_up()
{
    std::pmr::vector<Row> rows(state_.resource_);
    rows.reserve(state_.rows_.size());
    for (std::size_t i = 0; i < state_.rows_.chunk_count(); ++i) {
        rows.insert(rows.end(), state_.rows_.chunk(i).begin(), state_.rows_.chunk(i).end());
    }
    stop_.poll();
    const auto image = [](const Row& r) { return std::tie(r.path, r.counts.conversions, r.counts.value, r.counts.nulls); };
    std::sort(rows.begin(), rows.end(), [&image](const Row& a, const Row& b) { return image(a) < image(b); });
    for (auto row = rows.begin(); row != rows.end();) {
        stop_.poll();
        const std::uint32_t path = row->path;
        numeric::CompensatedSum conversions;
        numeric::CompensatedSum value;
        numeric::CompensatedSum nulls;
        for (; row != rows.end() && row->path == path; ++row) {
            conversions.add(row->counts.conversions);
            value.add(row->counts.value);
            nulls.add(row->counts.nulls);
        }
        sums_[path] = {conversions.value(), value.value() + 0.0, nulls.value()};
        if (!possible(sums_[path])) {
            throw Error(ErrorCode::numeric_range,
                        "conversions, value or nulls of a path add up to more than a number can hold");
        }
    }
}

kernel::FlatValue PathCountsState::Finisher::write(std::pmr::memory_resource& result, std::size_t header) const
{
    std::uint64_t key_bytes = 0;
    for (const std::uint32_t key : keys_) {
        key_bytes += state_.keys_.text(key).size();
    }
    std::uint64_t touches = 0;
    for (const std::uint32_t path : paths_) {
        touches += length_of(state_.paths_.text(path));
    }
    const std::uint8_t width = width_for(keys_.size());
    kernel::FlatBuffer buffer = buffer_for(result, header,
                                           value_header + keys_.size() * sizeof(std::uint32_t) + key_bytes +
                                               paths_.size() * (sizeof(std::uint32_t) + 3 * sizeof(double)) + touches * width);
    // The total is below 1 GB, so each part fits 32 bits.
    WireWriter out(buffer);
    out.put(value_tag);
    out.put(value_version);
    out.put(width);
    out.put(std::uint8_t{0});
    for (const std::uint64_t count : {std::uint64_t{keys_.size()}, std::uint64_t{paths_.size()}, touches, key_bytes}) {
        out.put(static_cast<std::uint32_t>(count));
    }
    std::uint32_t end = 0;
    for (const std::uint32_t key : keys_) {
        out.put(end += static_cast<std::uint32_t>(state_.keys_.text(key).size()));
    }
    for (const std::uint32_t key : keys_) {
        out.put_array(std::span<const char>(state_.keys_.text(key)));
    }
    end = 0;
    for (const std::uint32_t path : paths_) {
        out.put(end += static_cast<std::uint32_t>(length_of(state_.paths_.text(path))));
    }
    for (const std::uint32_t path : paths_) {
        const std::string_view codes = state_.paths_.text(path);
        for (std::size_t i = 0; i < length_of(codes); ++i) {
            const std::uint32_t rank = rank_[code_at(codes, i)];
            std::memcpy(buffer.take(width), &rank, width);
        }
    }
    for (double Counts::*column : {&Counts::conversions, &Counts::value, &Counts::nulls}) {
        for (const std::uint32_t path : paths_) {
            out.put(sums_[path].*column);
        }
    }
    return buffer.value();
}

kernel::FlatValue PathCountsState::finish(std::pmr::memory_resource& result, std::size_t header,
                                          const kernel::StopFlag& stop) const
{
    return Finisher(*this, stop).write(result, header);
}

namespace {

/** Puts the paths of journeys into a state, each under the names of its keys. */
class PathCollector {
public:
    PathCollector(const JourneysView& journeys, const CountRequest& request, std::pmr::memory_resource& memory)
        : journeys_(journeys), request_(request), state_(&memory)
    {
    }

    void add(const Path& path, double conversions, double nulls)
    {
        truncated_ += path.truncated ? 1 : 0;
        const double draws = draws_of(journeys_, path.client, request_);
        if (draws > 0) {
            name_keys(path);
            state_.append(keys_, {draws * conversions, draws * conversions * path.value, draws * nulls});
        }
    }

    [[nodiscard]] const PathCountsState& state() const noexcept { return state_; }
    [[nodiscard]] std::int64_t truncated() const noexcept { return truncated_; }

private:
    void name_keys(const Path& path)
    {
        keys_.clear();
        counted_.clear();
        counted_.reserve(path.frequency.size());  // the names must not move
        for (std::size_t i = 0; i < path.touches.size(); ++i) {
            std::string_view key = journeys_.key(path.touches[i].key);
            if (request_.rules.transform == Transform::frequency) {
                key = counted_.emplace_back(std::string(key) + "(" + std::to_string(path.frequency[i]) + ")");
            }
            keys_.push_back(key);
        }
    }

    const JourneysView& journeys_;
    const CountRequest& request_;
    PathCountsState state_;
    std::vector<std::string_view> keys_;
    std::vector<std::string> counted_;
    std::int64_t truncated_ = 0;
};

}  // namespace

double draws_of(const JourneysView& journeys, std::size_t client, const CountRequest& request) noexcept
{
    return request.replicate == 0
               ? 1
               : draw(journeys.client(client), request.seed, static_cast<std::uint32_t>(request.replicate - 1));
}

CountedPaths count_paths(const JourneysView& journeys, const CountRequest& request, std::pmr::memory_resource& result,
                         std::size_t header, const kernel::StopFlag& stop)
{
    PathCollector paths(journeys, request, result);
    for_each_path(journeys, request.rules, stop, [&paths](const Path& path) { paths.add(path, 1, 0); });
    PathBuilder builder(journeys, request.rules);
    for (std::size_t client = 0; request.nulls && client < journeys.client_count(); ++client) {
        stop.poll();
        builder.read(client);
        const Path rest = builder.remainder();
        if (!rest.touches.empty()) {
            paths.add(rest, 0, 1);
        }
    }
    return {paths.state().finish(result, header, stop), paths.truncated()};
}

}  // namespace marketing::attribution
