// Any bytes as a set of clients and as the state of the aggregates over sets: an Error or a set, and what is written must be readable.

#include "fuzz.hpp"
#include "refresh/client_set.hpp"

namespace {

using namespace marketing::refresh;

void read_value(Bytes bytes)
{
    std::pmr::monotonic_buffer_resource memory;
    ClientUnion clients(&memory);
    clients.add(bytes);
    (void)clients.count();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    return as_value_and_state<ClientUnion>(data, size, read_value);
}
