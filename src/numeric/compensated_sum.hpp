/**
 * Neumaier's compensated sum (ZAMM 54, 1974): the error does not grow with the number of terms, so that credits add up.
 */
#pragma once

#include <cmath>

#include "kernel/error.hpp"

namespace marketing::numeric {

class CompensatedSum {
public:
    void add(double term) noexcept
    {
        const double sum = sum_ + term;
        lost_ += std::abs(sum_) >= std::abs(term) ? (sum_ - sum) + term : (term - sum) + sum_;
        sum_ = sum;
    }
    /** Throws Error(numeric_range) where the sum is beyond doubles. */
    [[nodiscard]] double value() const
    {
        const double sum = sum_ + lost_;
        if (!std::isfinite(sum)) [[unlikely]] {
            throw kernel::Error(kernel::ErrorCode::numeric_range, "figures add up to more than a number can hold");
        }
        return sum;
    }
    /** What value() leaves out: sums are added up exactly by their values and rests. */
    [[nodiscard]] double rest() const noexcept
    {
        const double sum = sum_ + lost_;
        return (sum_ - sum) + lost_;
    }

private:
    double sum_ = 0;
    double lost_ = 0;
};

}  // namespace marketing::numeric
