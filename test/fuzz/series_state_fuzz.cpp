// Any bytes as what a detector saved, and as the state of its aggregate: an Error or verdicts, and what is saved must be readable.

#include "fuzz.hpp"
#include "series/detector.hpp"
#include "series/series_state.hpp"

namespace {

using namespace marketing::series;

void read_value(Bytes state)
{
    (void)Detector(state);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const Bytes bytes = std::as_bytes(std::span(data, size));
    attempt([bytes] {
        Detector detector(bytes);
        for (const double value : {0.0, 3.0, 1e6, 17.0}) {
            (void)detector.update({static_cast<std::int64_t>(value * 1e12), value, 1});
        }
        std::pmr::monotonic_buffer_resource memory;
        must_read(detector.save(memory, 0), read_value);
    });
    attempt([bytes] { through_state<SeriesState>(bytes, read_value); });
    return 0;
}
