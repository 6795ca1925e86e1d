/** The seed of simulations in tests: other worlds each day of the year. What holds on one draw only fails before long. */
#pragma once

#include <cstdint>
#include <ctime>

namespace unit_test {

/** Simulations count on from it: so far from those of the other days that no two share a world. */
inline std::uint64_t seed_of_today()
{
    const std::time_t now = std::time(nullptr);
    return 100'000 * (static_cast<std::uint64_t>(std::gmtime(&now)->tm_yday) + 1);
}

}  // namespace unit_test
