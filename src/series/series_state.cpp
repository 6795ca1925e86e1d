#include "series/series_state.hpp"

#include <algorithm>

#include "kernel/error.hpp"
#include "kernel/flat_format.hpp"
#include "series/detector.hpp"

namespace marketing::series {
namespace {

using kernel::FlatValue;
using kernel::WireReader;
using kernel::WireWriter;

constexpr std::size_t points_between_polls = 1024;

}  // namespace

void SeriesState::begin(std::span<const std::byte> start)
{
    if (start_.empty()) {
        start_.assign(start.begin(), start.end());
    }
    kernel::require_valid(std::equal(start.begin(), start.end(), start_.begin(), start_.end()),
                          "the rows of one group begin with different states",
                          "Group by the series, whose state is the same in each row.");
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
    points_.append(other.points_);
}

// The first state behind its length, then the points.
void SeriesState::write(WireWriter& out) const
{
    out.put_text({reinterpret_cast<const char*>(start_.data()), start_.size()});
    kernel::put_rows(out, points_);
}

void SeriesState::read(WireReader& in)
{
    begin(std::as_bytes(std::span(in.get_text())));
    kernel::get_rows<Point>(in, [this](const Point& point) { points_.push_back(point); });
}

FlatValue SeriesState::finish(std::pmr::memory_resource& result, std::size_t header, const kernel::StopFlag& stop) const
{
    std::vector<Point> points = points_.to_vector();
    sort_by_time(points);
    Detector detector(start_);
    std::size_t number = 0;
    for (const Point& point : points) {
        if (number++ % points_between_polls == 0) {
            stop.poll();
        }
        detector.update(point, stop);
    }
    return detector.save(result, header);
}

}  // namespace marketing::series
