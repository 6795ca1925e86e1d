// Any bytes as a value of cohort_table and as the states of the aggregates that make it: an Error or an answer, and what is written must be
// readable.

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
    (void)as_value_and_state<CohortUnion>(data, size, read_value);
    return as_value_and_state<CohortState>(data, size, read_value);
}
