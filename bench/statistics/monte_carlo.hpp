/** What simulations say on average, and how far that is off by chance. */
#pragma once

#include <cmath>
#include <cstdio>
#include <limits>

namespace marketing::worlds {

/** A mean over independent rounds, with its standard error. */
class Mean {
public:
    void add(double value)
    {
        ++rounds_;
        const double distance = value - mean_;
        mean_ += distance / rounds_;
        squares_ += distance * (value - mean_);
    }
    [[nodiscard]] double value() const { return mean_; }
    /** NaN where there are not two rounds to tell it from. */
    [[nodiscard]] double error() const
    {
        return rounds_ > 1 ? std::sqrt(squares_ / (rounds_ - 1) / rounds_) : std::numeric_limits<double>::quiet_NaN();
    }

private:
    double rounds_ = 0;
    double mean_ = 0;
    double squares_ = 0;
};

/** The standard error of a share of so many independent cases. */
inline double error_of_share(double share, double cases)
{
    return cases > 0 ? std::sqrt(share * (1 - share) / cases) : std::numeric_limits<double>::quiet_NaN();
}

/** A cell of a table: the mean, and its error. */
inline void print_cell(const Mean& mean, int digits)
{
    std::printf(" %.*f ± %.*f |", digits, mean.value(), digits, mean.error());
}

inline void print_share(double share, double cases)
{
    std::printf(" %.3f ± %.3f |", share, error_of_share(share, cases));
}

}  // namespace marketing::worlds
