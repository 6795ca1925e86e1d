#include "anomaly/rates.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <string>

#include "kernel/error.hpp"

namespace marketing::anomaly {
namespace {

using kernel::Error;
using kernel::ErrorCode;

// Tails may underflow; a result that does not fit is told by its value.
using Quiet = boost::math::policies::policy<boost::math::policies::promote_double<false>,
                                            boost::math::policies::underflow_error<boost::math::policies::ignore_error>,
                                            boost::math::policies::overflow_error<boost::math::policies::ignore_error>>;
using Normal = boost::math::normal_distribution<double, Quiet>;
using Student = boost::math::students_t_distribution<double, Quiet>;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr double least_p = 1e-300;

[[noreturn]] void refuse(const std::string& what, const std::string& hint = {})
{
    throw Error(ErrorCode::invalid_parameter, what, {}, hint);
}

void check_count(double events, const char* name)
{
    if (!std::isfinite(events) || events < 0) {
        refuse(std::string(name) + " must be a finite number that is not negative");
    }
}

void check(const Rate& current, const Rate& baseline, const RateOptions& options)
{
    check_count(current.events, "x");
    check_count(baseline.events, "x0");
    if (std::isinf(current.exposure) || std::isinf(baseline.exposure)) {
        refuse("an exposure must be finite", "It is what the events are counted per, such as spend or days.");
    }
    if (!std::isfinite(options.phi) || options.phi <= 0) {
        refuse("phi must be positive and finite", "It is the variance of the counts over their mean; 1 for Poisson counts.");
    }
    if (!(options.df > 0)) {
        refuse("df must be positive", "Infinity where phi is known.");
    }
    if (!std::isfinite(options.margin) || options.margin < 0) {
        refuse("margin must be a finite number that is not negative",
               "0.2 asks for a rate that is higher by more than a fifth.");
    }
    if (!(options.confidence > 0 && options.confidence < 1)) {
        refuse("confidence must lie between 0 and 1", "0.95 is usual.");
    }
}

/** Two rates in units of their dispersion, as a binomial count. */
class Comparison {
public:
    Comparison(const Rate& current, const Rate& baseline, const RateOptions& options)
        : current_(current),
          baseline_(baseline),
          options_(options),
          hits_(current.events / options.phi),
          misses_(baseline.events / options.phi)
    {
    }

    [[nodiscard]] RateRatio answer() const
    {
        RateRatio result{};
        result.ratio = misses_ > 0 ? current_.events / current_.exposure / (baseline_.events / baseline_.exposure) : unknown;
        // A tail of the normal distribution as far out as that of Student's is: what the interval and the test have in common.
        const double t = boost::math::quantile(complement(Normal(), (1 - options_.confidence) / 2));
        const double tail = std::isinf(options_.df) ? (1 - options_.confidence) / 2 : normal_tail(widened(t));
        result.ci_low = hits_ > 0 ? lower_odds(hits_, misses_, tail) * unit() : 0;
        // The upper end is one over the lower end of the turned comparison.
        result.ci_high = misses_ > 0 ? unit() / lower_odds(misses_, hits_, tail) : std::numeric_limits<double>::infinity();
        test(result);
        return result;
    }

private:
    [[nodiscard]] static double normal_tail(double z) { return boost::math::cdf(complement(Normal(), z)); }
    /** The quantile of Student's distribution that cuts off what `z` cuts off of the normal one. */
    [[nodiscard]] double widened(double z) const
    {
        return boost::math::quantile(complement(Student(options_.df), normal_tail(z)));
    }
    /** The odds at which `hits` or more would have the probability `tail`. */
    [[nodiscard]] static double lower_odds(double hits, double misses, double tail)
    {
        double rest = 0;
        const double share = boost::math::ibeta_inv(hits, misses + 1, tail, &rest, Quiet());
        return share / rest;
    }
    /** The ratio that odds of 1 stand for. */
    [[nodiscard]] double unit() const { return baseline_.exposure / current_.exposure; }

    /** Tails where the first rate is `ratio` times the second. */
    [[nodiscard]] Tails tails(double ratio) const
    {
        const double scaled = ratio * current_.exposure;
        return binomial_tails(hits_, misses_, scaled / (scaled + baseline_.exposure), options_.mid_p ? 0.5 : 1);
    }
    [[nodiscard]] double p_of(double tail, double z) const
    {
        return std::isinf(options_.df) ? tail : student_tail(z, options_.df);
    }

    void test(RateRatio& result) const
    {
        const Tails high = tails(1 + options_.margin);
        const Tails low = options_.margin > 0 ? tails(1 / (1 + options_.margin)) : high;
        const double z_high = deviate(high);
        const double z_low = options_.margin > 0 ? deviate(low) : z_high;
        const double p_high = p_of(high.more, z_high);
        const double p_low = p_of(low.fewer, -z_low);
        switch (options_.alternative) {
            case Alternative::greater:
                result.z = z_high;
                result.p_value = p_high;
                break;
            case Alternative::less:
                result.z = z_low;
                result.p_value = p_low;
                break;
            case Alternative::two_sided:
                // Between the two margins there is nothing to see.
                result.z = z_high > 0 ? z_high : std::min(z_low, 0.0);
                result.p_value = 2 * std::min(p_high, p_low);
                break;
        }
        result.p_value = std::clamp(result.p_value, least_p, 1.0);
    }

    Rate current_;
    Rate baseline_;
    RateOptions options_;
    double hits_;
    double misses_;
};

}  // namespace

Tails binomial_tails(double hits, double misses, double probability, double share)
{
    const double total = hits + misses;
    if (!(total > 0)) {
        return {share, share};
    }
    const double mass = boost::math::ibeta_derivative(hits + 1, misses + 1, probability, Quiet()) / (total + 1);
    Tails tails{};
    // The smaller tail is computed, so that it keeps its digits.
    if (hits > total * probability) {
        tails.more = misses > 0 ? boost::math::ibeta(hits + 1, misses, probability, Quiet()) : 0;
        tails.fewer = std::max(0.0, 1 - tails.more - mass);
    } else {
        tails.fewer = hits > 0 ? boost::math::ibetac(hits, misses + 1, probability, Quiet()) : 0;
        tails.more = std::max(0.0, 1 - tails.fewer - mass);
    }
    tails.more = std::min(1.0, tails.more + share * mass);
    tails.fewer = std::min(1.0, tails.fewer + share * mass);
    return tails;
}

double deviate(const Tails& tails)
{
    const double smaller = std::max(std::min(tails.more, tails.fewer), least_p);
    if (smaller >= 0.5) {
        return 0;
    }
    const double z = std::sqrt(2.0) * boost::math::erfc_inv(2 * smaller, Quiet());
    return tails.more < tails.fewer ? z : -z;
}

double student_tail(double t, double df)
{
    if (std::isinf(df)) {
        return boost::math::cdf(complement(Normal(), t));
    }
    return boost::math::cdf(complement(Student(df), t));
}

RateRatio rate_ratio_test(const Rate& current, const Rate& baseline, const RateOptions& options)
{
    check(current, baseline, options);
    if (!(current.exposure > 0) || !(baseline.exposure > 0)) {
        return {unknown, unknown, unknown, unknown, unknown};
    }
    return Comparison(current, baseline, options).answer();
}

Alternative find_alternative(std::string_view name)
{
    if (name == "two.sided") {
        return Alternative::two_sided;
    }
    if (name == "greater") {
        return Alternative::greater;
    }
    if (name == "less") {
        return Alternative::less;
    }
    refuse("unknown alternative \"" + std::string(name) + "\"", "Use two.sided, greater or less.");
}

}  // namespace marketing::anomaly
