/**
 * Neumaier's compensated sum (ZAMM 54, 1974): the error does not grow with the number of terms, so that credits add up.
 */
#pragma once

#include <cmath>

namespace marketing::numeric {

class CompensatedSum {
public:
    void add(double term) noexcept
    {
        const double sum = sum_ + term;
        lost_ += std::abs(sum_) >= std::abs(term) ? (sum_ - sum) + term : (term - sum) + sum_;
        sum_ = sum;
    }
    [[nodiscard]] double value() const noexcept { return sum_ + lost_; }

private:
    double sum_ = 0;
    double lost_ = 0;
};

}  // namespace marketing::numeric
