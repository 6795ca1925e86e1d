#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernel/error.hpp"
#include "statistics/beta.hpp"

namespace marketing::statistics {
namespace {

TEST(BetaCdf, IsTheBinomialTail)
{
    // P(X >= k) of a binomial(n, p) is beta_cdf(p, k, n - k + 1): summed term by term.
    for (const int n : {1, 7, 30, 200}) {
        for (const double p : {0.01, 0.3, 0.5, 0.97}) {
            double tail = 0;
            for (int k = n; k >= 1; --k) {
                tail += std::exp(std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0) + k * std::log(p) +
                                 (n - k) * std::log1p(-p));
                EXPECT_NEAR(beta_cdf(p, k, n - k + 1), tail, 1e-12) << n << ' ' << k << ' ' << p;
            }
        }
    }
}

TEST(BetaCdf, HasTheClosedFormsOfSimpleShapes)
{
    const double pi = std::acos(-1.0);
    for (const double x : {0.0, 0.1, 0.5, 0.9, 1.0}) {
        EXPECT_NEAR(beta_cdf(x, 1, 1), x, 1e-15);
        EXPECT_NEAR(beta_cdf(x, 2, 1), x * x, 1e-15);
        EXPECT_NEAR(beta_cdf(x, 0.5, 0.5), 2 / pi * std::asin(std::sqrt(x)), 1e-14);
        EXPECT_NEAR(beta_cdf(x, 3.7, 41) + beta_cdf(1 - x, 41, 3.7), 1, 1e-14);
    }
}

TEST(BetaCdf, IsZeroBelowAndOneAboveTheRange)
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(beta_cdf(-0.1, 2, 3), 0);
    EXPECT_EQ(beta_cdf(-infinity, 2, 3), 0);
    EXPECT_EQ(beta_cdf(1.1, 2, 3), 1);
    EXPECT_EQ(beta_cdf(infinity, 2, 3), 1);
}

TEST(BetaCdf, RefusesWhatIsNoShape)
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    for (const double bad : {0.0, -1.0, infinity, std::nan("")}) {
        EXPECT_THROW(static_cast<void>(beta_cdf(0.5, bad, 1)), kernel::Error);
        EXPECT_THROW(static_cast<void>(beta_cdf(0.5, 1, bad)), kernel::Error);
    }
    EXPECT_THROW(static_cast<void>(beta_cdf(std::nan(""), 1, 1)), kernel::Error);
}

}  // namespace
}  // namespace marketing::statistics
