// Any bytes as a value of purchases and as the state of that aggregate: an Error or an answer, and what is written must be readable.

#include "fuzz.hpp"
#include "lifetime_value/purchases.hpp"

namespace {

using namespace marketing::lifetime_value;

void read_value(Bytes bytes)
{
    const PurchasesView view(bytes);
    for (std::size_t i = 0; i < view.customer_count(); ++i) {
        (void)view.customer(i);
        (void)view.summary(i, {view.last_day().value_or(0), 0, 7});
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    return as_value_and_state<PurchasesState>(data, size, read_value);
}
