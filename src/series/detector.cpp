#include "series/detector.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernel/error.hpp"

namespace marketing::series {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::require_valid;
using kernel::WireReader;
using kernel::WireWriter;

constexpr kernel::Format state_format{"ANST", 1, "state of a detector"};
constexpr std::int32_t most_cooldown = 1'000'000;

AdaptiveOptions adaptive_options(const DetectorSettings& settings)
{
    AdaptiveOptions options;
    options.kind = settings.kind;
    options.step = settings.step.value_or(options.step);
    options.period = settings.period.value_or(options.period);
    options.window = settings.history.value_or(options.window);
    options.min_history = settings.min_history.value_or(options.min_history);
    options.half_life = settings.half_life.value_or(options.half_life);
    options.prior_dispersion = settings.prior_dispersion;
    options.prior_df = settings.prior_df;
    return options;
}

CalibratedOptions calibrated_options(const DetectorSettings& settings)
{
    CalibratedOptions options;
    options.step = settings.step.value_or(options.step);
    options.period = settings.period.value_or(options.period);
    options.memory = settings.history.value_or(options.memory);
    options.min_history = settings.min_history.value_or(options.min_history);
    if (settings.half_life) {
        options.level_rate = 1 - std::exp2(-1 / *settings.half_life);
    }
    return options;
}

std::variant<AdaptiveDetector, CalibratedDetector> make_method(const DetectorOptions& options)
{
    if (const auto* adaptive = std::get_if<AdaptiveOptions>(&options.method)) {
        return AdaptiveDetector(*adaptive);
    }
    return CalibratedDetector(std::get<CalibratedOptions>(options.method));
}

void save_options(const DetectorOptions& options, WireWriter& out)
{
    out.put(options.test.alpha);
    out.put(static_cast<std::uint8_t>(options.test.direction));
    out.put(options.cooldown);
    out.put(static_cast<std::uint8_t>(options.method.index()));
    if (const auto* adaptive = std::get_if<AdaptiveOptions>(&options.method)) {
        out.put(static_cast<std::uint8_t>(adaptive->kind));
        kernel::put_row(out, *adaptive);
    } else {
        kernel::put_row(out, std::get<CalibratedOptions>(options.method));
    }
}

/** A value of an enumeration whose last is `last`. */
template <class Enum>
Enum get_enum(WireReader& in, Enum last)
{
    const auto value = in.get<std::uint8_t>();
    WireReader::require(value <= static_cast<std::uint8_t>(last), "an option has an unknown value");
    return static_cast<Enum>(value);
}

AdaptiveOptions load_adaptive(WireReader& in)
{
    const SeriesKind kind = get_enum(in, SeriesKind::real);
    AdaptiveOptions options;
    kernel::get_row(in, options);
    options.kind = kind;
    return options;
}

DetectorOptions load_options(WireReader& in)
{
    DetectorOptions options;
    options.test.alpha = in.get<double>();
    options.test.direction = get_enum(in, Direction::down);
    options.cooldown = in.get<std::int32_t>();
    if (get_enum(in, std::uint8_t{1}) == 0) {
        options.method = load_adaptive(in);
    } else {
        CalibratedOptions calibrated;
        kernel::get_row(in, calibrated);
        options.method = calibrated;
    }
    try {
        check(options);
    } catch (const Error& e) {
        WireReader::fail("an option is outside its domain");
    }
    return options;
}

/** Keeps the interval in step with the decision, which is exact where the interval is an approximation. */
void fit_interval(double value, bool is_anomaly, Verdict& verdict)
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (!is_anomaly) {
        verdict.lower = std::min(verdict.lower, value);
        verdict.upper = std::max(verdict.upper, value);
    } else if (verdict.z > 0) {
        verdict.upper = std::min(verdict.upper, std::nextafter(value, -infinity));
    } else {
        verdict.lower = std::max(verdict.lower, std::nextafter(value, infinity));
    }
}

}  // namespace

void check(const DetectorOptions& options)
{
    require_valid(options.test.alpha > 0 && options.test.alpha < 0.5, "alpha must be above 0 and below 0.5",
                  "It is the share of usual points that may be called unusual, such as 0.005.");
    require_valid(options.cooldown >= 0 && options.cooldown <= most_cooldown, "cooldown must be from 0 to 1000000 points",
                  "0 lets each unusual point be an anomaly.");
    std::visit([](const auto& method) { check(method); }, options.method);
}

DetectorOptions DetectorSettings::options() const
{
    DetectorOptions options{{}, test, cooldown};
    if (method == Method::adaptive) {
        options.method = adaptive_options(*this);
    } else {
        options.method = calibrated_options(*this);
    }
    return options;
}

bool Cooldown::passes(double score)
{
    while (!peaks_.empty() && peaks_.front().ordinal < count_ - length_) {
        peaks_.pop_front();
    }
    const bool highest = peaks_.empty() || score > peaks_.front().score;
    while (!peaks_.empty() && peaks_.back().score <= score) {
        peaks_.pop_back();
    }
    peaks_.push_back({count_, score});
    ++count_;
    return highest;
}

void Cooldown::save(WireWriter& out) const
{
    out.put(count_);
    kernel::put_list(out, peaks_);
}

void Cooldown::load(WireReader& in)
{
    count_ = in.get<std::int64_t>();
    kernel::get_list<Peak>(in, std::numeric_limits<std::uint32_t>::max(), [this](const Peak& peak) {
        const bool follows = peaks_.empty() || (peak.ordinal > peaks_.back().ordinal && peak.score < peaks_.back().score);
        WireReader::require(follows && peak.ordinal >= 0 && peak.ordinal < count_ && !std::isnan(peak.score),
                            "its recent scores are out of order");
        peaks_.push_back(peak);
    });
}

Detector::Detector(const DetectorOptions& options)
    : options_((check(options), options)),
      method_(make_method(options)),
      cooldown_(options.cooldown),
      last_time_(std::numeric_limits<std::int64_t>::min())
{
}

Detector::Detector(WireReader in) : Detector((state_format.expect(in), load_options(in)))
{
    last_time_ = in.get<std::int64_t>();
    cooldown_.load(in);
    std::visit([&in](auto& method) { method.load(in); }, method_);
    if (in.remaining() > 0) {
        calendar_.emplace().load(in, last_time_);
    }
    in.expect_end();
}

kernel::FlatValue Detector::save(std::pmr::memory_resource& result, std::size_t header) const
{
    return kernel::write_value(result, header, [this](WireWriter& out) {
        state_format.write(out);
        save_options(options_, out);
        out.put(last_time_);
        cooldown_.save(out);
        std::visit([&out](const auto& method) { method.save(out); }, method_);
        if (calendar_) {
            calendar_->save(out);
        }
    });
}

std::optional<Reason> Detector::refusal(const Point& point) const
{
    require_valid(in_range(point.time), "a time is out of range");
    if (has_seen(point.time)) {
        return Reason::already_seen;
    }
    if (!std::isfinite(point.value)) {
        return Reason::missing;
    }
    if (!(point.exposure > 0) || std::isinf(point.exposure)) {
        return Reason::inactive;
    }
    return point.value < 0 && refuses_negative() ? std::optional(Reason::negative) : std::nullopt;
}

void Detector::set_calendar(const CalendarEvents& events)
{
    if (!calendar_) {
        calendar_.emplace();
    }
    calendar_->set_events(events);
}

EffectScale Detector::effect_scale() const noexcept
{
    const bool is_adaptive = std::holds_alternative<AdaptiveOptions>(options_.method);
    const bool may_be_negative = is_adaptive ? !refuses_negative() : calendar_->has_negative();
    return may_be_negative ? EffectScale::shift : EffectScale::factor;
}

Verdict Detector::update(const Point& point, const kernel::StopFlag& stop)
{
    require_valid(in_range(point.time), "a time is out of range");
    if (!calendar_ || has_seen(point.time)) {
        return follow(point, nullptr);
    }
    const auto effect = calendar_->effect_at(point.time, effect_scale(), stop);
    const Verdict verdict = follow(point, effect ? &*effect : nullptr);
    calendar_->add(point, !refuses_negative());
    return verdict;
}

Verdict Detector::update(const Point& point, const DayEffect& effect)
{
    return follow(point, &effect);
}

Verdict Detector::follow(const Point& point, const DayEffect* effect)
{
    Verdict verdict;
    if (const auto refused = refusal(point)) {
        verdict.reason = *refused;
    } else {
        verdict = judge(point, effect);
        effect != nullptr ? settle(verdict) : learn(point, verdict);
    }
    last_time_ = std::max(last_time_, point.time);
    return verdict;
}

bool Detector::refuses_negative() const noexcept
{
    const auto* adaptive = std::get_if<AdaptiveOptions>(&options_.method);
    return adaptive != nullptr && adaptive->kind != SeriesKind::real;
}

bool Detector::counts() const noexcept
{
    const auto* adaptive = std::get_if<AdaptiveOptions>(&options_.method);
    return adaptive != nullptr && (adaptive->kind == SeriesKind::count || adaptive->kind == SeriesKind::rate);
}

Verdict Detector::judge(const Point& point, const DayEffect* effect)
{
    const Point usual = effect != nullptr ? as_usual(*effect, point, counts()) : point;
    if (auto* adaptive = std::get_if<AdaptiveDetector>(&method_)) {
        adaptive->leave_ramp_up(point.time);
    }
    Verdict verdict = std::visit([&](auto& method) { return method.judge(usual, options_.test); }, method_);
    if (effect != nullptr) {
        apply(*effect, point.value, options_.test.alpha, options_.test.direction, counts(), verdict);
    }
    if (!std::isnan(verdict.p_value)) {
        verdict.score = 0 - std::log10(verdict.p_value);  // not -0 for 1
        verdict.is_anomaly = verdict.p_value < options_.test.alpha;
        verdict.reason = !verdict.is_anomaly ? Reason::normal : verdict.z > 0 ? Reason::high : Reason::low;
        fit_interval(point.value, verdict.is_anomaly, verdict);
    }
    return verdict;
}

void Detector::settle(Verdict& verdict)
{
    if (!std::isnan(verdict.score) && !cooldown_.passes(verdict.score) && verdict.is_anomaly) {
        verdict.is_anomaly = false;
        verdict.reason = Reason::cooldown;
    }
}

void Detector::learn(const Point& point, Verdict& verdict)
{
    std::optional<LevelChange> change;
    if (auto* calibrated = std::get_if<CalibratedDetector>(&method_)) {
        calibrated->learn(point, options_.test);
    } else {
        auto& adaptive = std::get<AdaptiveDetector>(method_);
        adaptive.learn(point, verdict.is_anomaly);
        // A day without events is judged by no baseline.
        if (!std::isnan(verdict.p_value)) {
            change = adaptive.find_change(options_.test);
        }
    }
    settle(verdict);
    if (change && options_.test.direction != (change->is_up ? Direction::down : Direction::up)) {
        verdict.is_anomaly = true;
        verdict.reason = change->is_gradual ? Reason::drift : Reason::level_shift;
        verdict.kind = change->is_gradual ? AnomalyKind::drift : AnomalyKind::shift;
        verdict.since = change->since;
    }
}

void sort_by_time(std::span<Point> points)
{
    std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.time < b.time; });
    const auto same_time = [](const Point& a, const Point& b) { return a.time == b.time; };
    require_valid(std::adjacent_find(points.begin(), points.end(), same_time) == points.end(), "two points have the same time",
                  "Add them up first, or give each series its own call.");
}

std::vector<Point> SeriesColumns::points() const
{
    const bool per_exposure = exposures.data() != nullptr;
    if (values.size() != times.size() || (per_exposure && exposures.size() != times.size())) {
        throw Error(ErrorCode::invalid_parameter, "times, figures and exposures must have the same length",
                    "They have " + std::to_string(times.size()) + ", " + std::to_string(values.size()) + " and " +
                        std::to_string(exposures.size()) + " elements.");
    }
    std::vector<Point> points;
    points.reserve(times.size());
    for (std::size_t i = 0; i < times.size(); ++i) {
        // An infinite figure is missing, as NaN is.
        points.push_back({times[i], std::isinf(values[i]) ? kernel::unknown : values[i], per_exposure ? exposures[i] : 1});
    }
    sort_by_time(points);
    return points;
}

void SeriesColumns::check(SeriesKind kind) const
{
    require_valid(kind != SeriesKind::rate || exposures.data() != nullptr, "the kind rate needs exposures",
                  "Give what the figures are counted per, such as the spend of each day.");
}

std::vector<JudgedPoint> judge(Detector& detector, const SeriesColumns& series, const kernel::StopFlag& stop)
{
    std::vector<JudgedPoint> judged;
    for (const Point& point : series.points()) {
        stop.poll();
        judged.push_back({point, detector.update(point, stop)});
    }
    return judged;
}

namespace {

EffectScale scale_of(const DetectorSettings& settings, std::span<const Point> points)
{
    const bool may_be_negative = settings.method == Method::adaptive
                                     ? settings.kind == SeriesKind::real
                                     : std::ranges::any_of(points, [](const Point& point) { return point.value < 0; });
    return may_be_negative ? EffectScale::shift : EffectScale::factor;
}

}  // namespace

std::vector<JudgedPoint> judge(const DetectorSettings& settings, const SeriesColumns& series, const CalendarEvents& events,
                               const kernel::StopFlag& stop)
{
    series.check(settings.kind);
    Detector detector(settings.options());
    const std::vector<Point> points = series.points();
    if (!points.empty()) {
        require_valid(in_range(points.front().time) && in_range(points.back().time), "a time is out of range");
    }
    const EffectScale scale = scale_of(settings, points);
    const EventPoints event_points(points, events, scale);
    std::vector<JudgedPoint> judged;
    for (const Point& point : points) {
        stop.poll();
        const auto effect = event_points.effect_at(point.time, stop);
        judged.push_back({point, effect ? detector.update(point, *effect) : detector.update(point)});
    }
    return judged;
}

}  // namespace marketing::series
