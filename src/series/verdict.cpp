#include "series/verdict.hpp"

#include <array>
#include <cmath>

#include "kernel/error.hpp"
#include "kernel/named.hpp"

namespace marketing::series {
namespace {

struct NamedDirection {
    std::string_view name;
    Direction direction;
};

constexpr std::array directions{
    NamedDirection{"both", Direction::both},
    NamedDirection{"up", Direction::up},
    NamedDirection{"down", Direction::down},
};

}  // namespace

Direction find_direction(std::string_view name)
{
    return kernel::find_named(directions, name, "direction").direction;
}

void check_size(const Point& point)
{
    constexpr double largest = 1e150;
    if (std::abs(point.value) > largest || point.exposure > largest || point.exposure < 1 / largest) {
        throw kernel::Error(kernel::ErrorCode::numeric_range, "a figure is too large, or an exposure too large or too small",
                            "They may have up to 150 digits.");
    }
}

std::string_view name_of(Reason reason) noexcept
{
    switch (reason) {
        case Reason::normal: return "normal";
        case Reason::high: return "high";
        case Reason::low: return "low";
        case Reason::zero: return "zero";
        case Reason::level_shift: return "level_shift";
        case Reason::cooldown: return "cooldown";
        case Reason::insufficient_data: return "insufficient_data";
        case Reason::missing: return "missing";
        case Reason::inactive: return "inactive";
        case Reason::negative: return "negative";
        case Reason::already_seen: return "already_seen";
    }
    return "normal";
}

}  // namespace marketing::series
