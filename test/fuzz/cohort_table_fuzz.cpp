// Any bytes as a value of cohort_table and as the state of that aggregate: an Error or an answer, and what is written must be readable.

#include <optional>

#include "cohorts/cohort.hpp"
#include "fuzz.hpp"

namespace {

using namespace marketing::cohorts;

void read_value(Bytes bytes)
{
    (void)cohort_rows(bytes, std::nullopt, {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const Bytes bytes = std::as_bytes(std::span(data, size));
    attempt([bytes] { read_value(bytes); });
    attempt([bytes] { through_state<CohortState>(bytes, read_value); });
    return 0;
}
