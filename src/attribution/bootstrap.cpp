#include "attribution/bootstrap.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "kernel/error.hpp"
#include "numeric/quantile.hpp"

namespace marketing::attribution {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::require_valid;

/** Finaliser of SplitMix64 (Steele, Lea, Flood 2014): each bit of the result depends on each bit of `x`. */
constexpr std::uint64_t mix(std::uint64_t x) noexcept
{
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31U);
}

constexpr std::uint64_t step = 0x9e3779b97f4a7c15U;

std::uint64_t hash(const kernel::Identifier& client) noexcept
{
    if (client.kind != kernel::IdKind::text) {
        return mix(static_cast<std::uint64_t>(client.number) + step);
    }
    std::uint64_t h = 0xcbf29ce484222325U;  // FNV-1a
    for (const char c : client.text) {
        h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    return mix(h);
}

std::uint64_t stream_of(const kernel::Identifier& client, std::int64_t seed) noexcept
{
    return mix(hash(client) ^ mix(static_cast<std::uint64_t>(seed) + step));
}

/** P(a Poisson variable of mean 1 <= k) in units of 2^-32, rounded: the last is the largest below 2^32. */
constexpr std::array<std::uint32_t, 12> poisson_below = [] {
    std::array<std::uint32_t, 12> below{};
    long double term = 0.36787944117144232159552377016146087L;  // 1/e
    long double sum = 0;
    for (std::size_t k = 0; k < below.size(); ++k) {
        sum += term;
        term /= static_cast<long double>(k + 1);
        below[k] = static_cast<std::uint32_t>(std::min(sum * 4294967296.0L + 0.5L, 4294967295.0L));
    }
    return below;
}();

/** Without branches, since what comes is unpredictable. */
double poisson(std::uint32_t uniform) noexcept
{
    int count = 0;
    for (const std::uint32_t below : poisson_below) {
        count += uniform >= below ? 1 : 0;
    }
    return count;
}

/** One word of 64 random bits serves two replicates. */
std::uint64_t word(std::uint64_t stream, std::uint32_t pair) noexcept
{
    return mix(stream + (std::uint64_t{pair} + 1) * step);
}

}  // namespace

void check_replicates(int replicates)
{
    if (replicates < 0 || replicates > most_replicates) {
        throw Error(ErrorCode::invalid_parameter, "replicates must be between 0 and " + std::to_string(most_replicates), {},
                    "200 settle an interval of 90 %, 2000 its last digit.");
    }
}

double draw(const kernel::Identifier& client, std::int64_t seed, std::uint32_t replicate) noexcept
{
    const std::uint64_t bits = word(stream_of(client, seed), replicate / 2);
    return poisson(static_cast<std::uint32_t>(replicate % 2 == 0 ? bits : bits >> 32U));
}

void draw_all(const kernel::Identifier& client, std::int64_t seed, std::span<double> draws) noexcept
{
    const std::uint64_t stream = stream_of(client, seed);
    for (std::size_t i = 0; i < draws.size(); i += 2) {
        const std::uint64_t bits = word(stream, static_cast<std::uint32_t>(i / 2));
        draws[i] = poisson(static_cast<std::uint32_t>(bits));
        if (i + 1 < draws.size()) {
            draws[i + 1] = poisson(static_cast<std::uint32_t>(bits >> 32U));
        }
    }
}

ReplicateSums::ReplicateSums(std::size_t keys, std::size_t replicates)
    : replicates_(replicates), rows_(keys), zeros_(replicates), given_(keys)
{
}

void ReplicateSums::add(std::uint32_t key, double conversions, double value)
{
    Given& given = given_[key];
    if (given.conversions == 0) {
        touched_.push_back(key);
    }
    given.conversions += conversions;
    given.value += value;
}

std::vector<double>& ReplicateSums::row_for(std::uint32_t key)
{
    constexpr std::size_t most_bytes = std::size_t{1} << 30U;
    std::vector<double>& row = rows_[key];
    if (row.empty()) {
        used_ += 2 * replicates_ * sizeof(double);
        if (used_ > most_bytes) {
            throw Error(ErrorCode::limit_exceeded, "the replicates of so many keys need more than 1 GB", {},
                        "Ask for fewer replicates or fewer models, or for a key with fewer values.");
        }
        row.resize(2 * replicates_);
    }
    return row;
}

void ReplicateSums::end_client(std::span<const double> draws)
{
    for (const std::uint32_t key : touched_) {
        const Given given = given_[key];
        given_[key] = {};
        std::vector<double>& row = row_for(key);
        double* const conversions = row.data();
        double* const values = row.data() + replicates_;
        for (std::size_t i = 0; i < replicates_; ++i) {
            conversions[i] += draws[i] * given.conversions;
            values[i] += draws[i] * given.value;
        }
    }
    touched_.clear();
}

std::span<const double> ReplicateSums::row(std::size_t key, std::size_t measure) const noexcept
{
    return rows_[key].empty() ? std::span(zeros_) : std::span(rows_[key]).subspan(measure * replicates_, replicates_);
}

void check_confidence(double confidence)
{
    require_valid(confidence > 0 && confidence < 1, "confidence must be between 0 and 1", "Give 0.9 for an interval of 90 %.");
}

Interval percentile_interval(std::span<const double> replicates, double confidence)
{
    check_confidence(confidence);
    if (replicates.empty()) {
        return {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
    }
    std::vector<double> values(replicates.begin(), replicates.end());
    return {numeric::quantile(values, (1 - confidence) / 2), numeric::quantile(values, (1 + confidence) / 2)};
}

}  // namespace marketing::attribution
