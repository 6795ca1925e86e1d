#include "series/calibrated.hpp"

#include <algorithm>
#include <cmath>

#include "kernel/error.hpp"
#include "numeric/rounding.hpp"

namespace marketing::series {
namespace {

using kernel::require_valid;

constexpr double spread_rate = 0.0002;     // weight of a new distance in the spread
constexpr std::int64_t first_scored = 10;  // points before a spread is known at all
constexpr double step_off_constant = 5;    // the deviate of the first change of a series that never changed
constexpr std::int32_t most_parts = 100'000;

double weight_of_next(std::int64_t count, double least) noexcept
{
    return std::max(least, 1 / static_cast<double>(count + 1));
}

/** What of a deviate counts in the direction that is asked for, on the scale of the tail. */
double score_of(double z, Direction direction)
{
    const double counted = direction == Direction::both ? std::abs(z) : std::max(0.0, direction == Direction::up ? z : -z);
    return std::log1p(counted);
}

}  // namespace

void check(const CalibratedOptions& options)
{
    require_valid(options.step > 0, "step must be positive", "It is the length of a part of the season, such as '1 hour'.");
    require_valid(options.period >= 1 && options.period <= most_parts, "period must be from 1 to 100000 parts");
    require_valid(options.memory >= 100 && options.memory <= 1'000'000,
                  "history must be from 100 to 1000000 points for the calibrated method");
    require_valid(
        options.min_history > static_cast<std::int32_t>(PeakTail::least_peaks) && options.min_history <= options.memory,
        "min_history must be above 10 and at most the history", "A tail has to be seen before it can be extended.");
    require_valid(options.level_rate >= 0 && options.level_rate < 1, "half_life must be positive");
}

CalibratedDetector::CalibratedDetector(const CalibratedOptions& options)
    : options_(options), tail_(static_cast<std::size_t>(options.memory))
{
    check(options);
    parts_.resize(static_cast<std::size_t>(options.period));
}

std::size_t CalibratedDetector::part_of(std::int64_t time) const noexcept
{
    const std::int64_t step = time / options_.step - (time % options_.step < 0 ? 1 : 0);
    const std::int64_t part = step % options_.period;
    return static_cast<std::size_t>(part < 0 ? part + options_.period : part);
}

double CalibratedDetector::expected(const Point& point) const
{
    const Part& part = parts_[part_of(point.time)];
    return part.count > 0 ? part.level : all_.count > 0 ? all_.level : point.value;
}

double CalibratedDetector::deviation(const Point& point) const
{
    const double off = point.value - expected(point) - mean_;
    const double noise = numeric::rounding_noise(std::max(std::abs(point.value), std::abs(expected(point))));
    const double sd = std::sqrt(variance_);
    if (sd > noise) {
        return off / sd;
    }
    return std::abs(off) <= noise ? 0 : std::copysign(step_off_constant, off);
}

Verdict CalibratedDetector::judge(const Point& point, const Test& test) const
{
    check_size(point);
    Verdict verdict;
    verdict.history = static_cast<std::int32_t>(tail_.size());
    if (verdict.history < options_.min_history) {
        verdict.reason = Reason::insufficient_data;
        return verdict;
    }
    const double sd = std::sqrt(variance_);
    verdict.expected = expected(point) + mean_;
    verdict.dispersion = sd;
    verdict.z = deviation(point);
    verdict.p_value = std::max(std::pow(10, -tail_.rarity(score_of(verdict.z, test.direction))), 1e-300);
    const double reach = sd * std::expm1(tail_.score_of(-std::log10(test.alpha)));
    verdict.lower = test.direction == Direction::up ? unknown : verdict.expected - reach;
    verdict.upper = test.direction == Direction::down ? unknown : verdict.expected + reach;
    return verdict;
}

void CalibratedDetector::learn(const Point& point, const Test& test)
{
    if (all_.count >= first_scored) {
        tail_.add(score_of(deviation(point), test.direction));
    }
    const double off = point.value - expected(point);
    const double weight = weight_of_next(all_.count, spread_rate);
    const double change = off - mean_;
    variance_ = (1 - weight) * (variance_ + weight * change * change);
    mean_ += weight * change;
    Part& part = parts_[part_of(point.time)];
    part.level += (point.value - part.level) * weight_of_next(part.count, options_.level_rate);
    ++part.count;
    all_.level += (point.value - all_.level) * weight_of_next(all_.count, 0);
    ++all_.count;
}

void CalibratedDetector::save(kernel::WireWriter& out) const
{
    out.put(mean_);
    out.put(variance_);
    kernel::put_row(out, all_);
    for (const Part& part : parts_) {
        kernel::put_row(out, part);
    }
    tail_.save(out);
}

void CalibratedDetector::load(kernel::WireReader& in)
{
    mean_ = in.get<double>();
    variance_ = in.get<double>();
    const auto load_part = [&in](Part& part) {
        kernel::get_row(in, part);
        kernel::WireReader::require(std::isfinite(part.level) && part.count >= 0, "a level is no finite number");
        check_size({0, part.level, 1});
    };
    load_part(all_);
    std::for_each(parts_.begin(), parts_.end(), load_part);
    constexpr double largest_variance = 1e300;
    kernel::WireReader::require(std::isfinite(mean_) && variance_ >= 0 && variance_ <= largest_variance,
                                "a spread is no finite number");
    check_size({0, mean_, 1});
    tail_.load(in);
}

}  // namespace marketing::series
