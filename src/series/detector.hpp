/**
 * Anomalies of one series, point by point and causal: a verdict rests on earlier points alone. The same object is the batch and the
 * stream; what it saved goes on where it stopped.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "kernel/named.hpp"
#include "kernel/stop.hpp"
#include "series/adaptive.hpp"
#include "series/calibrated.hpp"
#include "series/event_points.hpp"
#include "series/state_calendar.hpp"
#include "series/verdict.hpp"

namespace marketing::series {

struct DetectorOptions {
    std::variant<AdaptiveOptions, CalibratedOptions> method;
    Test test{0.005, Direction::both};
    std::int32_t cooldown = 0;  // points in which a second anomaly must be a greater one
};

/** Throws Error(invalid_parameter) for options outside their domain. */
void check(const DetectorOptions& options);

enum class Method : std::uint8_t { adaptive, calibrated };

/** The method called `name`: adaptive, calibrated. Throws Error(invalid_parameter) for another. */
inline constexpr auto find_method =
    kernel::names<Method>("method", {{"adaptive", Method::adaptive}, {"calibrated", Method::calibrated}});

/** What is asked of a detector; what is not given has the default of the method. */
struct DetectorSettings {
    SeriesKind kind = SeriesKind::count;
    Method method = Method::adaptive;
    Test test{0.005, Direction::both};
    std::int32_t cooldown = 0;
    std::optional<std::int64_t> step{};
    std::optional<std::int32_t> period{}, history{}, min_history{};
    std::optional<double> half_life{};  // in steps, or in points of the same part of the season
    double prior_dispersion = 2;
    double prior_df = 10;

    [[nodiscard]] DetectorOptions options() const;
};

/** The highest scores of the last points. */
class Cooldown {
public:
    explicit Cooldown(std::int32_t length) : length_(length) {}

    /** Whether `score` exceeds those of the last points, which it then joins. */
    bool passes(double score);

    void save(kernel::WireWriter& out) const;
    /** Throws Error(malformed_binary). */
    void load(kernel::WireReader& in);

private:
    struct Peak {
        std::int64_t ordinal;
        double score;

        static auto fields(auto& peak) { return std::tie(peak.ordinal, peak.score); }
    };
    std::int32_t length_;
    std::int64_t count_ = 0;
    std::deque<Peak> peaks_;  // each lower than the one before
};

class Detector {
public:
    explicit Detector(const DetectorOptions& options);
    /** Goes on from what save() wrote. Throws Error(malformed_binary). */
    explicit Detector(std::span<const std::byte> state) : Detector(kernel::WireReader(state)) {}
    /** The state, `header` bytes left before it. */
    [[nodiscard]] kernel::FlatValue save(std::pmr::memory_resource& result, std::size_t header) const;

    /** Events from now on, and what is learnt of their days from here on. Throws as StateCalendar::set_events(). */
    void set_calendar(const CalendarEvents& events);
    /**
     * Judges a point, then learns it; on the day of an event of its calendar as the update below. A point not after the last one changes
     * nothing: already_seen. Stopped.
     */
    Verdict update(const Point& point, const kernel::StopFlag& stop = {});
    /** Judges a point of a day that events make another one, and learns nothing from it. */
    Verdict update(const Point& point, const DayEffect& effect);
    [[nodiscard]] bool has_seen(std::int64_t time) const noexcept { return time <= last_time_; }

private:
    explicit Detector(kernel::WireReader in);
    [[nodiscard]] bool refuses_negative() const noexcept;
    [[nodiscard]] bool counts() const noexcept;
    /** Why a point has no verdict; nothing where it may have one. */
    [[nodiscard]] std::optional<Reason> refusal(const Point& point) const;
    [[nodiscard]] EffectScale effect_scale() const noexcept;
    Verdict follow(const Point& point, const DayEffect* effect);
    [[nodiscard]] Verdict judge(const Point& point, const DayEffect* effect);
    void learn(const Point& point, Verdict& verdict);
    /** Takes back an anomaly that a recent one outdoes. */
    void settle(Verdict& verdict);

    DetectorOptions options_;
    std::variant<AdaptiveDetector, CalibratedDetector> method_;
    Cooldown cooldown_;
    std::int64_t last_time_;
    std::optional<StateCalendar> calendar_;
};

/** Sorts points by time. Throws Error(invalid_parameter) where two have the same. */
void sort_by_time(std::span<Point> points);

/** A series as it is given, in any order; each value counts per 1 where `exposures` has no data. */
struct SeriesColumns {
    std::span<const std::int64_t> times;
    std::span<const double> values;
    std::span<const double> exposures;

    /** The points in order of time. Throws Error(invalid_parameter) where lengths differ, or two points have the same time. */
    [[nodiscard]] std::vector<Point> points() const;
    /** Throws Error(invalid_parameter) unless there is what a series of that kind needs. */
    void check(SeriesKind kind) const;
};

struct JudgedPoint {
    Point point;
    Verdict verdict;
};

/** Verdicts in order of time. Throws as Detector does; Stopped. */
[[nodiscard]] std::vector<JudgedPoint> judge(Detector& detector, const SeriesColumns& series, const kernel::StopFlag& stop);
/** The same of a series from its beginning, with its events and with what comes back by itself. */
[[nodiscard]] std::vector<JudgedPoint> judge(const DetectorSettings& settings, const SeriesColumns& series,
                                             const CalendarEvents& events, const kernel::StopFlag& stop);

}  // namespace marketing::series
