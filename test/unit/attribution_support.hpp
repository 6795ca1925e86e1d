/** Rows as a test writes them, and the values that the kernel makes of them. */
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attribution/credit.hpp"
#include "attribution/journeys.hpp"
#include "attribution/journeys_state.hpp"
#include "attribution/journeys_union.hpp"

namespace attribution_test {

using namespace marketing::attribution;
using marketing::kernel::FlatValue;
using marketing::kernel::Identifier;
using Bytes = std::vector<std::byte>;

constexpr std::int64_t day = std::int64_t{24} * 3600 * 1'000'000;

struct Row {
    std::int64_t client = 1;
    std::int64_t time = 0;
    std::optional<std::int64_t> touch{};
    std::string key{};
    bool paid = false;
    std::optional<double> value{};
    bool view = false;
};

/** Whether client and touch identifiers are given as texts of a kind that sorts unlike the numbers. */
enum class Ids { integers, texts };

inline void append(JourneysState& state, const Row& row, Ids ids = Ids::integers)
{
    const std::string client = "client " + std::to_string(row.client);
    const std::string touch = std::to_string(row.touch.value_or(0));
    JourneyRow given;
    given.client = ids == Ids::texts ? Identifier::of(client) : Identifier::of(row.client);
    given.time = row.time;
    given.has_touch = row.touch.has_value();
    given.touch = ids == Ids::texts ? Identifier::of(touch) : Identifier::of(row.touch.value_or(0));
    given.key = Identifier::of(std::string_view(row.key));
    given.paid = row.paid;
    given.view = row.view;
    given.has_value = row.value.has_value();
    given.value = row.value.value_or(0);
    state.append(given);
}

/** Runs `make(resource, header)` and takes its bytes, which a header of an odd size must not disturb. */
template <class Make>
Bytes bytes_of(Make make)
{
    constexpr std::size_t header = 5;
    std::pmr::monotonic_buffer_resource memory;
    const FlatValue value = make(memory, header);
    return {value.data + header, value.data + value.size};
}

inline Bytes finish(const JourneysState& state)
{
    return bytes_of([&](auto& memory, std::size_t header) { return state.finish(memory, header, {}); });
}

inline Bytes serialise(const JourneysState& state)
{
    return bytes_of([&](auto& memory, std::size_t header) { return state.serialise(memory, header); });
}

inline Bytes collect(std::span<const Row> rows, Ids ids = Ids::integers)
{
    JourneysState state(std::pmr::get_default_resource());
    for (const Row& row : rows) {
        append(state, row, ids);
    }
    return finish(state);
}

inline Bytes unite(std::span<const Bytes> values)
{
    JourneysUnion all(std::pmr::get_default_resource());
    for (const Bytes& value : values) {
        all.append(value);
    }
    return bytes_of([&](auto& memory, std::size_t header) { return all.finish(memory, header, {}); });
}

inline constexpr std::string_view all_models[] = {
    "first",          "last",          "first_non_direct", "last_non_direct", "first_paid", "last_paid",
    "linear",         "linear_unique", "time_decay",       "position_decay",  "u_shaped",   "j_shaped",
    "position_based", "inverse_j",     "w_shaped",         "full_path",       "custom",     "participation"};
inline constexpr std::string_view default_stages[] = {"lead", "deal"};
inline constexpr std::string_view default_direct[] = {"direct", "(direct)", "(none)"};
inline constexpr std::string_view default_fallback[] = {"last_non_direct", "last"};

/** The defaults of SQL, and every model, with stages for those that ask for them. */
inline CreditRequest default_request()
{
    CreditRequest request;
    request.models = find_models(all_models);
    request.options.fallback = find_fallback(default_fallback);
    request.rules.lookback = 90 * day;
    request.rules.stage_keys = default_stages;
    request.direct_keys = default_direct;
    return request;
}

}  // namespace attribution_test
