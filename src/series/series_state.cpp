#include "series/series_state.hpp"

#include <algorithm>

#include "kernel/error.hpp"
#include "kernel/wire.hpp"
#include "series/detector.hpp"

namespace marketing::series {
namespace {

using kernel::FlatBuffer;
using kernel::FlatValue;
using kernel::WireReader;
using kernel::WireWriter;

constexpr std::size_t point_bytes = sizeof(std::int64_t) + 2 * sizeof(double);
constexpr std::size_t points_between_polls = 1024;

}  // namespace

void SeriesState::begin(std::span<const std::byte> start)
{
    if (start_.empty()) {
        start_.assign(start.begin(), start.end());
    } else if (!std::equal(start.begin(), start.end(), start_.begin(), start_.end())) {
        throw kernel::Error(kernel::ErrorCode::invalid_parameter, "the rows of one group begin with different states", {},
                            "Group by the series, whose state is the same in each row.");
    }
}

void SeriesState::append(std::span<const std::byte> start, const Point& point)
{
    begin(start);
    points_.push_back(point);
}

void SeriesState::merge(const kernel::State& state)
{
    const auto& other = state.as<SeriesState>();
    if (other.start_.empty()) {
        return;
    }
    begin(other.start_);
    for (std::size_t i = 0; i < other.points_.chunk_count(); ++i) {
        for (const Point& point : other.points_.chunk(i)) {
            points_.push_back(point);
        }
    }
}

// Serialised: tag, version, the first state behind its length, points behind their number.
FlatValue SeriesState::serialise(std::pmr::memory_resource& result, std::size_t header) const
{
    FlatBuffer buffer(result, header,
                      sizeof SeriesState::format.tag + sizeof SeriesState::format.version + sizeof(std::uint32_t) +
                          start_.size() + sizeof(std::uint64_t) + points_.size() * point_bytes);
    WireWriter out(buffer);
    out.put(SeriesState::format.tag);
    out.put(SeriesState::format.version);
    out.put_text({reinterpret_cast<const char*>(start_.data()), start_.size()});
    out.put(std::uint64_t{points_.size()});
    for (std::size_t i = 0; i < points_.chunk_count(); ++i) {
        for (const Point& point : points_.chunk(i)) {
            out.put(point.time);
            out.put(point.value);
            out.put(point.exposure);
        }
    }
    return buffer.value();
}

void SeriesState::deserialise(std::span<const std::byte> bytes)
{
    WireReader in(bytes);
    if (in.get<std::uint32_t>() != SeriesState::format.tag || in.get<std::uint16_t>() != SeriesState::format.version) {
        WireReader::fail("it is not a state of the aggregate anomaly_state of this release");
    }
    const auto start = in.get_text();
    begin(std::as_bytes(std::span(start)));
    const auto count = in.get<std::uint64_t>();
    if (count > in.remaining() / point_bytes) {
        WireReader::fail("it ends before its announced content");
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        Point point;
        point.time = in.get<std::int64_t>();
        point.value = in.get<double>();
        point.exposure = in.get<double>();
        points_.push_back(point);
    }
    in.expect_end();
}

FlatValue SeriesState::finish(std::pmr::memory_resource& result, std::size_t header, const kernel::StopFlag& stop) const
{
    std::vector<Point> points;
    points.reserve(points_.size());
    for (std::size_t i = 0; i < points_.chunk_count(); ++i) {
        const auto chunk = points_.chunk(i);
        points.insert(points.end(), chunk.begin(), chunk.end());
    }
    sort_by_time(points);
    Detector detector = Detector::load(start_);
    std::size_t number = 0;
    for (const Point& point : points) {
        if (number++ % points_between_polls == 0) {
            stop.poll();
        }
        detector.update(point);
    }
    const std::vector<std::byte> state = detector.save();
    FlatBuffer buffer(result, header, state.size());
    buffer.insert(buffer.end(), state.data(), state.data() + state.size());
    return buffer.value();
}

}  // namespace marketing::series
