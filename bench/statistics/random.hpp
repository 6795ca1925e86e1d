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

}  // namespace marketing::worlds
