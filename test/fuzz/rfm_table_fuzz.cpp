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
    const Bytes bytes = std::as_bytes(std::span(data, size));
    attempt([bytes] { read_value(bytes); });
    attempt([bytes] { through_state<RfmState>(bytes, read_value); });
    return 0;
}
