/** Random numbers of simulated worlds, the same on every run of a seed. */
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

namespace marketing::worlds {

using Engine = std::mt19937_64;

inline double uniform(Engine& engine)
{
    return (static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53;
}
inline double normal(Engine& engine)
{
    return std::sqrt(-2 * std::log(uniform(engine))) * std::cos(2 * 3.141592653589793 * uniform(engine));
}
inline double lognormal(Engine& engine, double deviation)
{
    return std::exp(deviation * normal(engine));
}
/** Between `low` and `high`, evenly on a logarithmic scale. */
inline double log_uniform(Engine& engine, double low, double high)
{
    return low * std::pow(high / low, uniform(engine));
}
inline double gamma(Engine& engine, double shape)
{
    return std::gamma_distribution<double>(shape)(engine);
}
inline double poisson(Engine& engine, double mean)
{
    return mean > 0 ? static_cast<double>(std::poisson_distribution<long>(mean)(engine)) : 0;
}
/** Negative binomial of size `size`: its variance is mean + mean^2 / size. An
 * infinite size is Poisson's distribution. */
inline double overdispersed(Engine& engine, double mean, double size)
{
    return poisson(engine, std::isinf(size) ? mean : mean * gamma(engine, size) / size);
}
/** Negative binomial whose variance is `dispersion` times its mean; 1 is Poisson's distribution. */
inline double dispersed(Engine& engine, double mean, double dispersion)
{
    return mean > 0 && dispersion > 1 ? overdispersed(engine, mean, mean / (dispersion - 1)) : poisson(engine, mean);
}

/** Normal figures of deviation 1, of which each follows the one before: an AR(1). */
class Correlated {
public:
    Correlated(double correlation, Engine& engine) : correlation_(correlation), engine_(engine), now_(normal(engine)) {}

    double next()
    {
        const double result = now_;
        now_ = correlation_ * now_ + std::sqrt(1 - correlation_ * correlation_) * normal(engine_);
        return result;
    }

private:
    double correlation_;
    Engine& engine_;
    double now_;
};

}  // namespace marketing::worlds
