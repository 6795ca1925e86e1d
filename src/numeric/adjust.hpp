/** Many tests at once: p-values adjusted for how many there are. */
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace marketing::numeric {

enum class Adjustment {
    bh,    // Benjamini and Hochberg: the share of false ones among those reported
    by,    // Benjamini and Yekutieli: the same, however the tests depend on each other
    holm,  // the probability of even one false one
};

/** Adjusted p-values in the order of `p`. NaN is no test: it stays NaN and does not count. Throws outside of [0, 1]. */
[[nodiscard]] std::vector<double> p_adjust(std::span<const double> p, Adjustment method);

/** The method called BH, BY or holm, in any case; throws kernel::Error for another name. */
[[nodiscard]] Adjustment find_adjustment(std::string_view name);

}  // namespace marketing::numeric
