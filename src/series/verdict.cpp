#include "series/verdict.hpp"

#include <cmath>

#include "kernel/error.hpp"
#include "kernel/named.hpp"

namespace marketing::series {
namespace {

constexpr auto reasons = kernel::names<Reason>("reason", {{"normal", Reason::normal},
                                                          {"high", Reason::high},
                                                          {"low", Reason::low},
                                                          {"zero", Reason::zero},
                                                          {"level_shift", Reason::level_shift},
                                                          {"drift", Reason::drift},
                                                          {"cooldown", Reason::cooldown},
                                                          {"insufficient_data", Reason::insufficient_data},
                                                          {"missing", Reason::missing},
                                                          {"inactive", Reason::inactive},
                                                          {"negative", Reason::negative},
                                                          {"already_seen", Reason::already_seen}});
constexpr auto kinds = kernel::names<AnomalyKind>(
    "kind of anomaly", {{"point", AnomalyKind::point}, {"shift", AnomalyKind::shift}, {"drift", AnomalyKind::drift}});

}  // namespace

void check_size(const Point& point)
{
    constexpr double largest = 1e150;
    if (std::abs(point.value) > largest || point.exposure > largest || point.exposure < 1 / largest) {
        throw kernel::Error(kernel::ErrorCode::numeric_range, "a figure is too large, or an exposure too large or too small",
                            "They may have up to 150 digits.");
    }
}

std::vector<double> known_values(std::span<const double> figures)
{
    std::vector<double> values;
    for (const double figure : figures) {
        kernel::require_valid(!std::isinf(figure), "figures must be finite", "NULL and NaN are left out.");
        if (!std::isnan(figure)) {
            check_size({0, figure, 1});
            values.push_back(figure);
        }
    }
    return values;
}

std::string_view name_of(Reason reason) noexcept
{
    return reasons.name_of(reason);
}

std::string_view name_of(AnomalyKind kind) noexcept
{
    return kinds.name_of(kind);
}

}  // namespace marketing::series
