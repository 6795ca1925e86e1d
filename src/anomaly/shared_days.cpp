#include "anomaly/shared_days.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "kernel/stop.hpp"
#include "numeric/quantile.hpp"
#include "numeric/square.hpp"

namespace marketing::anomaly {
namespace {

constexpr double fewest_others = 2;  // series of which a day tells what is shared
constexpr int fewest_days = 7;
constexpr double clearly = 2.5;    // deviations of chance by which the days of all together have to vary more
constexpr double most_weight = 3;  // of one series, in median weights
constexpr int rounds = 2;          // of dispersions and of what is shared

/** A day of several series, each with its weight. */
struct DaySum {
    double events = 0;
    double expected = 0;
    double chance = 0;  // variance of the events
    double count = 0;

    [[nodiscard]] bool is_known() const { return count >= fewest_others && expected > 0; }
    [[nodiscard]] double ratio() const { return events / expected; }
    /** Of the ratio, by chance. */
    [[nodiscard]] double variance() const { return chance / numeric::square(expected); }
};

/** What the series at some places share. */
class Together {
public:
    Together(std::span<Activity> all, std::span<const std::size_t> places) : all_(all)
    {
        std::int32_t last = std::numeric_limits<std::int32_t>::min();
        for (const std::size_t place : places) {
            const WindowResult& result = all[place].result;
            if (result.baseline_days >= fewest_days && result.baseline_value > 0) {
                series_.push_back({place});
                first_ = std::min(first_, all[place].days.front().day);
                last = std::max(last, all[place].days.back().day);
            }
        }
        sums_.resize(series_.empty() ? 0 : static_cast<std::size_t>(last - first_) + 1);
    }

    /** Multiplies `shared` of the days; whether anything is. */
    bool share()
    {
        if (static_cast<double>(series_.size()) <= fewest_others) {
            return false;
        }
        for (int round = 0; round < rounds; ++round) {
            std::for_each(series_.begin(), series_.end(), [this](Series& series) { learn(series); });
            weigh();
            add_up();
            variance_ = variance_of_days();
        }
        for (const Series& series : series_) {
            for (ActiveDay& day : all_[series.place].baseline()) {
                day.shared *= factor(series, day);
            }
        }
        return variance_ > 0;
    }

private:
    struct Series {
        std::size_t place;
        double rate = 0;
        double dispersion = 1;
        double weight = 1;
    };

    [[nodiscard]] static double expected(const Series& series, const ActiveDay& day)
    {
        return series.rate * day.exposure * day.shared;
    }
    [[nodiscard]] DaySum& sum_of(const ActiveDay& day) { return sums_[static_cast<std::size_t>(day.day - first_)]; }
    static void add(DaySum& sum, const Series& series, const ActiveDay& day, double sign)
    {
        const double mean = expected(series, day);
        sum.events += sign * series.weight * day.value;
        sum.expected += sign * series.weight * mean;
        sum.chance += sign * numeric::square(series.weight) * series.dispersion * mean;
        sum.count += sign;
    }

    /** What the others make of a day. */
    [[nodiscard]] double factor(const Series& series, const ActiveDay& day)
    {
        if (!(variance_ > 0)) {
            return 1;
        }
        DaySum others = sum_of(day);
        add(others, series, day, -1);
        if (!others.is_known()) {
            return 1;
        }
        // Without any event the factor is as small as half an event would make it.
        const double ratio = std::max(others.ratio(), 0.5 / others.expected);
        return std::pow(ratio, variance_ / (variance_ + others.variance()));
    }

    void learn(Series& series)
    {
        kernel::poll();
        const Activity& activity = all_[series.place];
        double exposure = 0;
        for (const ActiveDay& day : activity.baseline()) {
            exposure += day.exposure * day.shared;
        }
        series.rate = activity.result.baseline_value / exposure;
        double squares = 0;
        for (const ActiveDay& day : activity.baseline()) {
            const double mean = expected(series, day) * factor(series, day);
            squares += mean > 0 ? numeric::square(day.value - mean) / mean : 0;
        }
        series.dispersion = std::max(1.0, squares / (activity.result.baseline_days - 1));
    }
    /** A series weighs what its events tell, and none speaks for all. */
    void weigh()
    {
        std::vector<double> tells;
        for (const Series& series : series_) {
            tells.push_back(all_[series.place].result.baseline_value / series.dispersion);
        }
        const double most = most_weight * numeric::median(tells);
        for (std::size_t i = 0; i < series_.size(); ++i) {
            series_[i].weight = std::min(1.0, most / tells[i]) / series_[i].dispersion;
        }
    }
    void add_up()
    {
        std::fill(sums_.begin(), sums_.end(), DaySum{});
        for (const Series& series : series_) {
            for (const ActiveDay& day : all_[series.place].baseline()) {
                add(sum_of(day), series, day, 1);
            }
        }
    }
    /** By how much the days of all together vary beyond chance; 0 where that may be chance. */
    [[nodiscard]] double variance_of_days() const
    {
        double in_chances = 0;
        double beyond = 0;
        double days = 0;
        for (const DaySum& sum : sums_) {
            if (sum.is_known()) {
                const double square = numeric::square(sum.ratio() - 1);
                in_chances += square / sum.variance();
                beyond += square - sum.variance();
                ++days;
            }
        }
        const bool is_clear = days >= fewest_days && in_chances / days > 1 + clearly * std::sqrt(2 / days);
        return is_clear ? std::max(0.0, beyond / days) : 0;
    }

    std::span<Activity> all_;
    std::vector<Series> series_;
    std::int32_t first_ = std::numeric_limits<std::int32_t>::max();
    std::vector<DaySum> sums_;
    double variance_ = 0;  // of what is shared, from day to day
};

}  // namespace

bool share_days(std::span<Activity> activities, std::span<const Membership> memberships)
{
    std::map<std::int64_t, std::vector<std::size_t>> totals;
    std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < activities.size(); ++i) {
        totals[memberships[i].total].push_back(i);
        groups[{memberships[i].total, memberships[i].group}].push_back(i);
    }
    bool any = false;
    for (const auto& [total, places] : totals) {
        any = Together(activities, places).share() || any;
    }
    for (const auto& [group, places] : groups) {
        if (places.size() < totals[group.first].size()) {
            any = Together(activities, places).share() || any;
        }
    }
    return any;
}

}  // namespace marketing::anomaly
