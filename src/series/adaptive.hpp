/**
 * The adaptive detector: the next point against the last regular ones, weighed by age and corrected for the season.
 *
 *     count, rate     events per exposure, more dispersed than Poisson's: negative binomial, mid-p, Student tail
 *     positive, real  level and spread by order statistics, positive values as logarithms; Student tail
 *
 * Anomalies are left out of later baselines. Where more than three follow each other, or the last points together are off what came
 * before them (shift.hpp), the level has moved, and the baseline starts anew with them. A series that still grows when its first
 * points are known is new: its baseline begins where that growth ends.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "kernel/flat_format.hpp"
#include "kernel/named.hpp"
#include "series/shift.hpp"
#include "series/verdict.hpp"

namespace marketing::series {

enum class SeriesKind : std::uint8_t { count, rate, positive, real };

/** The kind called `name`: count, rate, positive, real. Throws Error(invalid_parameter) for another. */
inline constexpr auto find_series_kind = kernel::names<SeriesKind>(
    "kind",
    {{"count", SeriesKind::count}, {"rate", SeriesKind::rate}, {"positive", SeriesKind::positive}, {"real", SeriesKind::real}});

struct AdaptiveOptions {
    SeriesKind kind = SeriesKind::count;
    std::int64_t step = std::int64_t{24} * 3600 * 1'000'000;  // microseconds from one point to the next
    std::int32_t period = 7;                                  // steps of a season; 1: none
    std::int32_t window = 56;                                 // points of the baseline
    std::int32_t min_history = 14;                            // points before the first verdict
    double half_life = 35;                                    // steps in which a point loses half its weight
    double prior_dispersion = 2;                              // what is expected of the dispersion beforehand,
    double prior_df = 10;                                     // and how many degrees of freedom that is worth

    /** All but the kind. */
    static auto fields(auto& options)
    {
        return std::tie(options.step, options.period, options.window, options.min_history, options.half_life,
                        options.prior_dispersion, options.prior_df);
    }
};

/** Throws Error(invalid_parameter) for options outside their domain. */
void check(const AdaptiveOptions& options);

/** How a verdict is to be reached. */
struct Test {
    double alpha;
    Direction direction;
};

/** A level that has moved for good. */
struct LevelChange {
    std::int64_t since;  // time
    bool is_up;
    bool is_gradual;
};

/** What Student's distribution exceeds: the last answer is kept, since the degrees of freedom change little from point to point. */
class CriticalValue {
public:
    double at(double df, double tail);

private:
    double df_ = 0;
    double tail_ = 0;
    double value_ = 0;
};

class AdaptiveDetector {
public:
    explicit AdaptiveDetector(const AdaptiveOptions& options);

    /** The verdict on `point` before it is learnt. Throws Error(invalid_parameter) for a second point in a step. */
    [[nodiscard]] Verdict judge(const Point& point, const Test& test);
    /** Adds a judged point to the baseline, or to the anomalies. */
    void learn(const Point& point, bool is_anomaly);
    /** Whether the level has moved with the point that was learnt last; then the baseline starts anew with what came since. */
    [[nodiscard]] std::optional<LevelChange> find_change(const Test& test);
    /** Before a point is judged: of a series whose first points are its whole baseline, leaves only those after its growth. */
    void leave_ramp_up(std::int64_t time);
    /** Leaves only what is not before `time` in the baseline. */
    void forget_before(std::int64_t time);

    void save(kernel::WireWriter& out) const;
    /** Throws Error(malformed_binary). */
    void load(kernel::WireReader& in);

private:
    struct Entry {
        std::int64_t step;  // since the epoch
        double value;       // of the kind positive: the logarithm
        double exposure;

        static auto fields(auto& entry) { return std::tie(entry.step, entry.value, entry.exposure); }
    };
    struct Season {
        double events = 0;  // weighted
        double exposure = 0;
        double plain_events = 0;
        double plain_exposure = 0;
        double factor = 1;  // of counts; of other kinds an offset
    };

    /** Of all seasons, weighted. */
    struct Totals {
        double events = 0;
        double exposure = 0;
        [[nodiscard]] double rate() const noexcept { return events / exposure; }
    };

    [[nodiscard]] std::int64_t step_of(std::int64_t time) const noexcept;
    [[nodiscard]] std::size_t season_of(std::int64_t step) const noexcept;
    [[nodiscard]] bool counts() const noexcept
    {
        return options_.kind == SeriesKind::count || options_.kind == SeriesKind::rate;
    }
    [[nodiscard]] double weight_at(std::int64_t age);
    void weigh(std::int64_t step);
    void judge_count(const Point& point, std::size_t season, const Test& test, Verdict& verdict);
    [[nodiscard]] Totals totals() const;
    [[nodiscard]] Totals fit_rate();
    /** Degrees of freedom that the baseline leaves to a dispersion. */
    [[nodiscard]] double degrees() const;
    [[nodiscard]] double pooled_dispersion(double rate) const;
    void judge_level(double value, std::size_t season, const Test& test, Verdict& verdict);
    void judge_zero(std::int64_t step, const Test& test, Verdict& verdict) const;
    void group_by_season();
    [[nodiscard]] double fit_level();
    [[nodiscard]] double weighted_median();
    [[nodiscard]] double spread(double level);
    [[nodiscard]] double critical(double df, const Test& test);
    std::int64_t move_on(std::int64_t time);
    void join_entries();
    void fit_readings();
    [[nodiscard]] std::optional<Shift> scan(double tail, std::size_t most_before);
    void start_anew(std::int64_t step);

    AdaptiveOptions options_;
    std::deque<Entry> baseline_;
    std::vector<Entry> left_out_;     // anomalies since the baseline began
    std::deque<std::int64_t> zeros_;  // steps of the last season that had nothing, of the kind positive
    std::vector<double> decay_;       // by age in steps, as far as was needed

    // Of the verdict at hand.
    std::vector<double> weights_;
    std::vector<std::size_t> entry_season_;
    std::vector<std::size_t> by_season_;  // points in order of their season
    std::vector<Season> seasons_;
    std::vector<std::pair<double, double>> sorted_;
    std::vector<double> residuals_;
    std::vector<Entry> entries_;     // of baseline and anomalies
    std::vector<Reading> readings_;  // of these
    double weight_sum_ = 0;
    double weight_squares_ = 0;
    double dispersion_ = 1;  // of counts, around their rate
    CriticalValue critical_;
    CriticalValue critical_of_shift_;
};

}  // namespace marketing::series
