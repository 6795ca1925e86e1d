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
using kernel::require_valid;
using kernel::WireReader;
using kernel::WireWriter;

constexpr kernel::Format value_format{"mptc", 1, "path_counts value"};

std::uint8_t width_for(std::uint64_t keys) noexcept
{
    if (keys <= 0x100) {
        return 1;
    }
    return keys <= 0x10000 ? 2 : 4;
}

bool possible(const Counts& counts) noexcept
{
    return std::isfinite(counts.conversions) && std::isfinite(counts.value) && std::isfinite(counts.non_converting) &&
           counts.conversions >= 0 && counts.non_converting >= 0;
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

void CountsSum::add(const Counts& counts) noexcept
{
    conversions_.add(counts.conversions);
    value_.add(counts.value);
    non_converting_.add(counts.non_converting);
}

Counts CountsSum::total() const
{
    return {conversions_.value(), value_.value() + 0.0, non_converting_.value()};
}

PathCountsView::PathCountsView(std::span<const std::byte> bytes)
{
    WireReader in(bytes);
    value_format.expect(in);
    code_width_ = in.get<std::uint8_t>();
    WireReader::require(in.get<std::uint8_t>() == 0, "its header has an unknown mark");
    const auto keys = in.get<std::uint32_t>();
    const auto paths = in.get<std::uint32_t>();
    touches_ = in.get<std::uint32_t>();
    const auto key_bytes = in.get<std::uint32_t>();
    WireReader::require(code_width_ == width_for(keys), "its codes have the wrong width");
    keys_ = {in, keys, key_bytes};
    path_end_ = {in, paths, touches_};
    codes_ = in.get_array<std::uint8_t>(std::uint64_t{touches_} * code_width_);
    conversions_ = {in, paths};
    value_ = {in, paths};
    non_converting_ = {in, paths};
    in.expect_end();
    keys_.expect_dictionary();
    check_paths();
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
    for (std::uint32_t touch = path_end_.begin(path); touch < path_end_.end(path); ++touch) {
        codes.push_back(code(touch));
    }
}

void PathCountsView::read_keys(std::size_t path, std::vector<std::string_view>& keys) const
{
    keys.clear();
    for (std::uint32_t touch = path_end_.begin(path); touch < path_end_.end(path); ++touch) {
        keys.push_back(key(code(touch)));
    }
}

void PathCountsView::check_paths() const
{
    for (std::size_t touch = 0; touch < touches_; ++touch) {
        WireReader::require(code(touch) < key_count(), "a path has a key that is not in the dictionary");
    }
    std::vector<std::uint32_t> previous;
    std::vector<std::uint32_t> current;
    for (std::size_t path = 0; path < path_count(); ++path) {
        read(path, current);
        WireReader::require(path == 0 || previous < current, "its paths are repeated or out of order");
        WireReader::require(possible(counts(path)), "a path has an invalid count");
        previous.swap(current);
    }
}

Counts total_counts(const PathCountsView& paths)
{
    CountsSum sum;
    for (std::size_t path = 0; path < paths.path_count(); ++path) {
        sum.add(paths.counts(path));
    }
    return sum.total();
}

std::uint32_t PathCountsState::code_of_path()
{
    return paths_.code({reinterpret_cast<const char*>(codes_.data()), codes_.size() * sizeof(std::uint32_t)});
}

void PathCountsState::append(std::span<const std::string_view> path, const Counts& counts)
{
    if (!std::isfinite(counts.conversions) || !std::isfinite(counts.value) || !std::isfinite(counts.non_converting)) {
        throw Error(ErrorCode::numeric_range, "conversions, value and nulls of a path must be finite numbers");
    }
    require_valid(counts.conversions >= 0 && counts.non_converting >= 0,
                  "conversions and nulls of a path must not be negative");
    codes_.clear();
    for (const std::string_view key : path) {
        codes_.push_back(keys_.code(key.empty() ? no_key : key));
    }
    // -0 becomes 0: one value, one image.
    rows_.push_back({code_of_path(), {counts.conversions + 0.0, counts.value + 0.0, counts.non_converting + 0.0}});
}

void PathCountsState::append(const PathCountsView& value)
{
    std::vector<std::string_view> keys;
    for (std::size_t path = 0; path < value.path_count(); ++path) {
        value.read_keys(path, keys);
        append(keys, value.counts(path));
    }
}

void PathCountsState::merge(const kernel::State& state)
{
    const auto& other = state.as<PathCountsState>();
    const std::pmr::vector<std::uint32_t> key_codes = keys_.merge(other.keys_);
    std::pmr::vector<std::uint32_t> path_codes(resource_);
    for (std::uint32_t number = 0; number < other.paths_.size(); ++number) {
        const std::string_view path = other.paths_.text(number);
        codes_.clear();
        for (std::size_t i = 0; i < length_of(path); ++i) {
            codes_.push_back(key_codes[code_at(path, i)]);
        }
        path_codes.push_back(code_of_path());
    }
    other.rows_.for_each([&](const Row& row) { rows_.push_back({path_codes[row.path], row.counts}); });
}

void PathCountsState::write(WireWriter& out) const
{
    kernel::put_texts(out, keys_);
    kernel::put_texts(out, paths_);
    kernel::put_rows(out, rows_);
}

void PathCountsState::read(WireReader& in)
{
    kernel::get_texts(in, keys_);
    kernel::get_texts(in, paths_);
    for (std::uint32_t code = 0; code < keys_.size(); ++code) {
        WireReader::require(!keys_.text(code).empty(), "a key is empty");
    }
    for (std::uint32_t number = 0; number < paths_.size(); ++number) {
        const std::string_view path = paths_.text(number);
        WireReader::require(path.size() % sizeof(std::uint32_t) == 0, "a path ends within a key");
        for (std::size_t i = 0; i < length_of(path); ++i) {
            WireReader::require(code_at(path, i) < keys_.size(), "a path has a key that is not in the dictionary");
        }
    }
    kernel::get_rows<Row>(in, [this](const Row& row) {
        WireReader::require(row.path < paths_.size() && possible(row.counts), "a row has an unknown path or an invalid count");
        rows_.push_back(row);
    });
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
    void put_codes(WireWriter& out, std::uint8_t width) const;

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
    state_.rows_.for_each([&rows](const Row& row) { rows.push_back(row); });
    stop_.poll();
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return Row::fields(a) < Row::fields(b); });
    for (auto row = rows.begin(); row != rows.end();) {
        stop_.poll();
        const std::uint32_t path = row->path;
        CountsSum sum;
        for (; row != rows.end() && row->path == path; ++row) {
            sum.add(row->counts);
        }
        sums_[path] = sum.total();
    }
}

kernel::FlatValue PathCountsState::Finisher::write(std::pmr::memory_resource& result, std::size_t header) const
{
    const auto key = [this](std::uint32_t code) { return state_.keys_.text(code); };
    const auto length = [this](std::uint32_t path) { return length_of(state_.paths_.text(path)); };
    std::uint64_t touches = 0;
    for (const std::uint32_t path : paths_) {
        touches += length(path);
    }
    const std::uint8_t width = width_for(keys_.size());
    return kernel::write_value(result, header, [&](WireWriter& out) {
        value_format.write(out);
        out.put(width);
        out.put(std::uint8_t{0});
        for (const std::uint64_t count :
             {std::uint64_t{keys_.size()}, std::uint64_t{paths_.size()}, touches, kernel::text_bytes(keys_, key)}) {
            out.put(static_cast<std::uint32_t>(count));
        }
        kernel::put_text_column(out, keys_, key);
        kernel::put_ends(out, paths_, length);
        put_codes(out, width);
        for (double Counts::*column : {&Counts::conversions, &Counts::value, &Counts::non_converting}) {
            kernel::put_column(out, paths_, [&](std::uint32_t path) { return sums_[path].*column; });
        }
    });
}

void PathCountsState::Finisher::put_codes(WireWriter& out, std::uint8_t width) const
{
    for (const std::uint32_t path : paths_) {
        const std::string_view codes = state_.paths_.text(path);
        std::byte* to = out.take(length_of(codes) * width);
        for (std::size_t i = 0; to != nullptr && i < length_of(codes); ++i, to += width) {
            std::memcpy(to, &rank_[code_at(codes, i)], width);  // little endian: the low bytes come first
        }
    }
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
    PathCollector(const JourneysView& journeys, bool with_frequency, std::pmr::memory_resource& memory)
        : journeys_(journeys), with_frequency_(with_frequency), state_(&memory)
    {
    }

    void add(const Path& path, bool converted, double times)
    {
        truncated_ += path.truncated ? 1 : 0;
        if (times > 0) {
            name_keys(path);
            state_.append(keys_, converted ? Counts{path.refund ? 0 : times, times * path.value, 0} : Counts{0, 0, times});
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
            std::string_view key = journeys_.key(path.touches[i].name);
            if (with_frequency_) {
                key = counted_.emplace_back(std::string(key) + "(" + std::to_string(path.frequency[i]) + ")");
            }
            keys_.push_back(key);
        }
    }

    const JourneysView& journeys_;
    bool with_frequency_;
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
    PathCollector paths(journeys, counts_frequency(request.rules), result);
    for_each_counted(journeys, request, stop,
                     [&paths](const Path& path, bool converted, double times) { paths.add(path, converted, times); });
    return {paths.state().finish(result, header, stop), paths.truncated()};
}

}  // namespace marketing::attribution
