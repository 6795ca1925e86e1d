// Any bytes as a journeys value and as the states of both aggregates: an Error or an answer, and what is written must be readable.

#include <string_view>
#include <vector>

#include "attribution/credit.hpp"
#include "attribution/journeys.hpp"
#include "attribution/journeys_state.hpp"
#include "attribution/journeys_union.hpp"
#include "attribution/models.hpp"
#include "attribution/path_counts.hpp"
#include "attribution/transitions.hpp"
#include "fuzz.hpp"

namespace {

using namespace marketing::attribution;
using marketing::kernel::FlatValue;

void read_value(Bytes bytes)
{
    (void)JourneysView(bytes);
}

CreditRequest request_of(std::uint8_t choice)
{
    static constexpr std::string_view models[] = {"first",  "last",       "last_non_direct", "last_paid",
                                                  "linear", "time_decay", "position_based"};
    static constexpr std::string_view fallback[] = {"last_non_direct", "first"};
    static constexpr std::string_view direct[] = {"direct", "(none)"};
    CreditRequest request;
    request.models = find_models(models);
    request.options.fallback = find_fallback(fallback);
    request.direct_keys = direct;
    request.rules.cycle = static_cast<Cycle>(choice % 3);
    request.rules.views = static_cast<Views>(choice % 3);
    static constexpr TransformStep steps[] = {
        {Transform::exposure}, {Transform::remove_if_last_and_not_all, direct}, {Transform::first}, {Transform::frequency}};
    request.rules.transforms = std::span(steps).first(choice % 5);
    request.rules.max_touches = choice % 2 == 0 ? 3 : request.rules.max_touches;
    request.rules.include_conversion_touch = choice % 3 != 0;
    if (choice == 5) {
        request.touched_from = 0;
        request.resampling = Resampling{7, 1};
    }
    if (choice % 2 == 0) {
        request.rules.lookback = std::int64_t{choice} << 32U;
    }
    return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const Bytes bytes = std::as_bytes(std::span(data, size));
    attempt([bytes] {
        const JourneysView view(bytes);
        for (std::uint8_t choice = 0; choice < 6; ++choice) {
            (void)attribute(view, request_of(choice), {});
        }
        (void)summarise(view);
        std::pmr::monotonic_buffer_resource memory;
        for (const std::uint8_t choice : {std::uint8_t{1}, std::uint8_t{3}}) {
            const CountRequest counted{request_of(choice).rules, true, choice - 1, 0};
            const FlatValue paths = count_paths(view, counted, memory, 0, {}).value;
            (void)PathCountsView(bytes_of(paths));
            attempt([&] { (void)journey_transitions(view, counted, choice == 1, {}); });
        }
        JourneysUnion all(std::pmr::get_default_resource());
        all.append(bytes);
        must_read(all.finish(memory, 0, {}), read_value);
    });
    attempt([bytes] { through_state<JourneysState>(bytes, read_value); });
    attempt([&] { (void)read_transforms({reinterpret_cast<const char*>(data), size}, {}); });
    attempt([bytes] {
        JourneysState state(std::pmr::get_default_resource());
        state.deserialise(bytes);
        std::pmr::monotonic_buffer_resource memory;
        must_read(state.finish(memory, 0, {}, Keep::everybody), read_value);
    });
    attempt([bytes] { through_state<JourneysUnion>(bytes, read_value); });
    return 0;
}
