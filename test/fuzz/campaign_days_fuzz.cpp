// Any bytes as the value of campaign_days and as the state of that aggregate: an Error or days, and what a state ends in must be readable.

#include <cstdlib>
#include <vector>

#include "budget/day_log.hpp"
#include "fuzz.hpp"

namespace {

using namespace marketing::budget;

/** Days that were read once must be read again, and be the same: an Error here is a defect, and ends the process. */
void must_return(const std::vector<Day>& days) noexcept
{
    std::pmr::monotonic_buffer_resource memory;
    DayLog first(&memory);
    DayLog second(&memory);
    for (std::size_t i = days.size(); i-- > 0;) {
        (i % 3 == 0 ? first : second).append(days[i]);
    }
    DayLog sent(&memory);
    sent.deserialise(bytes_of(second.serialise(memory, 0)));
    first.merge(sent);
    const auto again = unpack_days(bytes_of(first.finish(memory, 0, {})));
    if (again.size() != days.size()) {
        std::abort();
    }
    for (std::size_t i = 0; i < days.size(); ++i) {
        if (again[i].day != days[i].day || again[i].spend != days[i].spend || again[i].response != days[i].response ||
            again[i].contracts != days[i].contracts) {
            std::abort();
        }
    }
}

/** Sums of finite amounts may pass the largest double; anything else that a state ends in must be readable. */
bool sums_stay_finite(Bytes value)
{
    try {
        (void)unpack_days(value);
        return true;
    } catch (const marketing::kernel::Error& error) {
        return error.code() != marketing::kernel::ErrorCode::invalid_parameter;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const Bytes bytes = std::as_bytes(std::span(data, size));
    attempt([bytes] { must_return(unpack_days(bytes)); });
    attempt([bytes] {
        std::pmr::monotonic_buffer_resource memory;
        DayLog state(&memory);
        state.deserialise(bytes);
        const auto value = state.finish(memory, 0, {});
        if (sums_stay_finite(bytes_of(value))) {
            must_return(unpack_days(bytes_of(value)));
        }
    });
    return 0;
}
