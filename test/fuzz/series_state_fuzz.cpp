// Any bytes as what a detector saved, and as the state of its aggregate: an Error or verdicts, and what is saved must be readable.

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "kernel/error.hpp"
#include "series/detector.hpp"
#include "series/series_state.hpp"

namespace {

using namespace marketing::series;
using Bytes = std::span<const std::byte>;

/** Our own output must pass our own check: an Error here is a defect, and ends the process. */
void must_read(Bytes state) noexcept
{
    (void)Detector(state);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const Bytes bytes = std::as_bytes(std::span(data, size));
    try {
        Detector detector(bytes);
        for (const double value : {0.0, 3.0, 1e6, 17.0}) {
            (void)detector.update({static_cast<std::int64_t>(value * 1e12), value, 1});
        }
        std::pmr::monotonic_buffer_resource memory;
        const auto saved = detector.save(memory, 0);
        must_read({saved.data, saved.size});
    } catch (const marketing::kernel::Error&) {
    }
    try {
        std::pmr::monotonic_buffer_resource memory;
        SeriesState state(&memory);
        state.deserialise(bytes);
        const auto value = state.finish(memory, 0, {});
        must_read({value.data, value.size});
    } catch (const marketing::kernel::Error&) {
    }
    return 0;
}
