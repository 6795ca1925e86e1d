// Any bytes as a value of daily_rows, alone and as the state of another worker: an Error or rows, and what is written must be readable.

#include <vector>

#include "anomaly/windows.hpp"
#include "fuzz.hpp"
#include "refresh/daily_rows.hpp"

namespace {

using namespace marketing::refresh;

/** All of a view, and the days of it as a kernel sorts them. */
void read_value(Bytes bytes)
{
    const DailyRowsView rows(bytes);
    double sum = 0;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        sum += static_cast<double>(rows.keys()[rows.key_places()[row]].series) + rows.days()[row];
        for (std::size_t figure = 0; figure < rows.width(); ++figure) {
            sum += rows.figures(figure)[row];
        }
    }
    volatile double sink = sum;
    (void)sink;
    if (rows.width() > 1) {
        std::vector<std::int64_t> businesses;
        std::vector<std::int64_t> units;
        for (std::size_t key = 0; key < rows.keys().size(); ++key) {
            businesses.push_back(rows.keys()[key].business);
            units.push_back(rows.keys()[key].series);
        }
        const marketing::anomaly::Places places = marketing::anomaly::Units{businesses, units}.places_of(rows);
        const marketing::anomaly::DayTable table(places, {{}, rows.days(), rows.figures(0), rows.figures(1)}, -100, 1000);
        (void)table.exposures();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const Bytes bytes = std::as_bytes(std::span(data, size));
    attempt([bytes] {
        std::pmr::monotonic_buffer_resource memory;
        read_value(bytes);
        DailyRows own(&memory);
        const double figures[] = {1, 2};
        own.append({1, 7}, 30, figures);
        DailyRows other(&memory);
        other.deserialise(bytes);
        own.merge(other);
        own.append({1, 7}, 31, figures);
        must_read(own.serialise(memory, 0), read_value);
    });
    return 0;
}
