// Any bytes as a value of rfm_table and as the state of that aggregate: an Error or an answer, and what is written must be readable.

#include "fuzz.hpp"
#include "rfm/rfm_table.hpp"

namespace {

using namespace marketing::rfm;

void read_value(Bytes bytes)
{
    const RfmTable table(bytes);
    for (std::size_t i = 0; i < table.size(); ++i) {
        (void)table.id(i);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    return as_value_and_state<RfmState>(data, size, read_value);
}
