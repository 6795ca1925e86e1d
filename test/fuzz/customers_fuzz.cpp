// Any bytes as values of rfm_table, cohort_table and purchases and as the states of these aggregates: an Error or an answer, and what is
// written must be readable.

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>

#include "cohorts/cohort.hpp"
#include "kernel/error.hpp"
#include "lifetime_value/purchases.hpp"
#include "rfm/rfm_table.hpp"

namespace {

using namespace marketing::cohorts;
using namespace marketing::customers;
using namespace marketing::rfm;
using Bytes = std::span<const std::byte>;

template <class Body>
void attempt(Body body)
{
    try {
        body();
    } catch (const marketing::kernel::Error&) {
    }
}

void read_table(Bytes bytes)
{
    const RfmTable table(bytes);
    for (std::size_t i = 0; i < table.size(); ++i) {
        (void)table.id(i);
    }
}

void read_purchases(Bytes bytes)
{
    const marketing::lifetime_value::PurchasesView view(bytes);
    for (std::size_t i = 0; i < view.customer_count(); ++i) {
        (void)view.customer(i);
        (void)view.summary(i, {view.last_day().value_or(0), 0, 7});
    }
}

/** Our own output must pass our own check: an Error but for a limit is a defect, and ends the process. */
template <class Read>
void must_read(const marketing::kernel::FlatValue& value, Read read) noexcept
{
    try {
        read(Bytes(value.data, value.size));
    } catch (const marketing::kernel::Error& error) {
        if (error.code() == marketing::kernel::ErrorCode::malformed_binary) {
            throw;
        }
    }
}

template <class State, class Read>
void through_state(Bytes bytes, Read read)
{
    std::pmr::monotonic_buffer_resource memory;
    State state(std::pmr::get_default_resource());
    state.deserialise(bytes);
    const auto sent = state.serialise(memory, 0);
    State received(std::pmr::get_default_resource());
    received.deserialise(Bytes(sent.data, sent.size));
    must_read(received.finish(memory, 0, {}), read);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const Bytes bytes = std::as_bytes(std::span(data, size));
    const auto read_cohorts = [](Bytes value) { (void)cohort_rows(value, std::nullopt, {}); };
    attempt([bytes] { read_table(bytes); });
    attempt([bytes, read_cohorts] { read_cohorts(bytes); });
    attempt([bytes] { read_purchases(bytes); });
    attempt([bytes] { through_state<RfmState>(bytes, read_table); });
    attempt([bytes, read_cohorts] { through_state<CohortState>(bytes, read_cohorts); });
    attempt([bytes] { through_state<marketing::lifetime_value::PurchasesState>(bytes, read_purchases); });
    return 0;
}
