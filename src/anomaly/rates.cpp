#include "anomaly/rates.hpp"

#include <algorithm>
#include <cmath>

#include "kernel/error.hpp"
#include "kernel/unknown.hpp"

namespace marketing::anomaly {
namespace {

using kernel::require_valid;
using kernel::unknown;

bool is_count(double events)
{
    return std::isfinite(events) && events >= 0;
}

void check(const Rate& current, const Rate& baseline, const RateOptions& options)
{
    require_valid(is_count(current.events), "x must be a finite number that is not negative");
    require_valid(is_count(baseline.events), "x0 must be a finite number that is not negative");
    require_valid(!std::isinf(current.exposure) && !std::isinf(baseline.exposure), "an exposure must be finite",
                  "It is what the events are counted per, such as spend or days.");
    require_valid(std::isfinite(options.dispersion) && options.dispersion > 0, "phi must be positive and finite",
                  "It is the variance of the counts over their mean; 1 for Poisson counts.");
    require_valid(std::isfinite((current.events + baseline.events) / options.dispersion),
                  "phi is too small for so many events");
    require_valid(options.df > 0, "df must be positive", "Infinity where phi is known.");
    require_valid(std::isfinite(options.margin) && options.margin >= 0, "margin must be a finite number that is not negative",
                  "0.2 asks for a rate that is higher by more than a fifth.");
    require_valid(options.confidence > 0 && options.confidence < 1, "confidence must lie between 0 and 1", "0.95 is usual.");
}

/** Two rates in units of their dispersion, as a binomial count. */
class Comparison {
public:
    Comparison(const Rate& current, const Rate& baseline, const RateOptions& options)
        : current_(current),
          baseline_(baseline),
          options_(options),
          hits_(current.events / options.dispersion),
          misses_(baseline.events / options.dispersion)
    {
    }

    [[nodiscard]] RateRatio answer() const
    {
        RateRatio result{};
        result.ratio = misses_ > 0 ? current_.events / current_.exposure / (baseline_.events / baseline_.exposure) : unknown;
        // A tail of the normal distribution as far out as that of Student's is: what the interval and the test have in common.
        const double tail = numeric::normal_above(numeric::student_quantile_above(options_.df, (1 - options_.confidence) / 2));
        result.ci_low = hits_ > 0 ? lower_odds(hits_, misses_, tail) * unit() : 0;
        // The upper end is one over the lower end of the turned comparison.
        result.ci_high = misses_ > 0 ? unit() / lower_odds(misses_, hits_, tail) : unknown;
        const Evidence evidence =
            evidence_of(options_.alternative, options_.margin, options_.df, [this](double ratio) { return tails(ratio); });
        result.z = evidence.z;
        result.p_value = evidence.p_value;
        return result;
    }

private:
    /** The odds at which `hits` or more would have the probability `tail`. */
    [[nodiscard]] static double lower_odds(double hits, double misses, double tail)
    {
        return numeric::beta_quantile_odds(hits, misses + 1, tail);
    }
    /** The ratio that odds of 1 stand for. */
    [[nodiscard]] double unit() const { return baseline_.exposure / current_.exposure; }

    /** Tails where the first rate is `ratio` times the second. */
    [[nodiscard]] numeric::Tails tails(double ratio) const
    {
        const double scaled = ratio * current_.exposure;
        return numeric::binomial_tails(hits_, misses_, scaled / (scaled + baseline_.exposure), options_.mid_p ? 0.5 : 1);
    }

    Rate current_;
    Rate baseline_;
    RateOptions options_;
    double hits_;
    double misses_;
};

}  // namespace

Evidence evidence_of(Alternative alternative, double margin, double df, const std::function<numeric::Tails(double)>& tails_at)
{
    const auto evidence = [df](double z, double outwards, double tail) {
        return Evidence{z, std::isinf(df) ? tail : numeric::student_above(df, outwards)};
    };
    const numeric::Tails high = tails_at(1 + margin);
    const numeric::Tails low = margin > 0 ? tails_at(1 / (1 + margin)) : high;
    const double z_high = numeric::deviate(high);
    const double z_low = numeric::deviate(low);
    const Evidence higher = evidence(z_high, z_high, high.more);
    const Evidence lower = evidence(z_low, -z_low, low.fewer);
    const auto bounded = [](double z, double p) { return Evidence{z, std::clamp(p, numeric::least_p, 1.0)}; };
    switch (alternative) {
        case Alternative::greater: return bounded(higher.z, higher.p_value);
        case Alternative::less: return bounded(lower.z, lower.p_value);
        case Alternative::two_sided: break;
    }
    // Between the two margins there is nothing to see.
    return bounded(higher.z > 0 ? higher.z : std::min(lower.z, 0.0), 2 * std::min(higher.p_value, lower.p_value));
}

RateRatio rate_ratio_test(const Rate& current, const Rate& baseline, const RateOptions& options)
{
    check(current, baseline, options);
    if (!(current.exposure > 0) || !(baseline.exposure > 0)) {
        return {unknown, unknown, unknown, unknown, unknown};
    }
    return Comparison(current, baseline, options).answer();
}

}  // namespace marketing::anomaly
