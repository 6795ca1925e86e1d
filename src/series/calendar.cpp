#include "series/calendar.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>

#include "kernel/error.hpp"
#include "numeric/eigen.hpp"
#include "series/recurring.hpp"
#include "series/usual_days.hpp"

#include <Eigen/Cholesky>

namespace marketing::series {
namespace {

using kernel::require_valid;

constexpr std::size_t most_event_days = 1'000'000;
constexpr std::size_t most_found = 40;
/** Events whose effects can be told apart together. */
constexpr std::size_t most_together = 400;
/** A day that events leave less of is not divided by that. */
const double least_left = std::log(0.25);
/** Effects no further than that: a factor of a thousand, or so many deviations of a day. */
constexpr double farthest_factor = 7;
constexpr double farthest_shift = 1e6;

/** What is thought of effects before any is seen: deviation, and how many effects that is worth. */
constexpr double usual_width = 0.5;
constexpr double width_weight = 4;
/** The same of how occurrences of one event differ. */
constexpr double usual_spread = 0.15;
constexpr double spread_weight = 4;
constexpr double least_spread = 0.05;
/** Shifts are measured in deviations of a day. */
constexpr double shift_unit = 4;

/** A day of an event; days of one occurrence have the same number. */
struct EventDay {
    std::int32_t day;  // of history or horizon, 0 is the first of the history
    std::int32_t occurrence;
};

struct Event {
    /** More than one where they are always on the same days: nothing tells them apart. */
    std::vector<std::string> names;
    bool is_found;
    std::vector<EventDay> days;  // each once, in order
    double effect = 0;
};

/** Events that share days, directly or by others: their effects are told apart together. */
struct Group {
    std::vector<std::size_t> events;
    Eigen::MatrixXd covariance{};
};

/** Those of the calendar that have days in history or horizon, with these days. */
std::vector<Event> events_within(const CalendarRequest& request)
{
    const std::int64_t end = std::int64_t{static_cast<std::int32_t>(request.history.size())} + request.horizon;
    std::map<std::string_view, std::vector<EventDay>> by_name;
    std::size_t count = 0;
    for (std::size_t i = 0; i < request.events.names.size(); ++i) {
        const std::int64_t first = std::max<std::int64_t>(0, std::int64_t{request.events.first_days[i]} - request.first_day);
        const std::int64_t last = std::min<std::int64_t>(end - 1, std::int64_t{request.events.last_day(i)} - request.first_day);
        for (std::int64_t day = first; day <= last; ++day) {
            if (++count > most_event_days) {
                throw kernel::Error(kernel::ErrorCode::limit_exceeded, "the events have too many days",
                                    "More than a million of them are within the history or the days to come.");
            }
            by_name[request.events.names[i]].push_back({static_cast<std::int32_t>(day), static_cast<std::int32_t>(i)});
        }
    }
    std::vector<Event> events;
    std::map<std::vector<std::int32_t>, std::size_t> by_days;
    for (auto& [name, days] : by_name) {
        std::ranges::stable_sort(days, {}, &EventDay::day);
        days.erase(std::unique(days.begin(), days.end(), [](const EventDay& a, const EventDay& b) { return a.day == b.day; }),
                   days.end());
        std::vector<std::int32_t> days_alone;
        std::ranges::transform(days, std::back_inserter(days_alone), &EventDay::day);
        const auto [same, is_new] = by_days.try_emplace(std::move(days_alone), events.size());
        if (is_new) {
            events.push_back({{}, false, std::move(days)});
        }
        events[same->second].names.emplace_back(name);
    }
    return events;
}

class Learner {
public:
    Learner(const CalendarRequest& request, const kernel::StopFlag& stop)
        : request_(request), stop_(stop), is_factor_(request.scale == EffectScale::factor), events_(events_within(request))
    {
    }

    [[nodiscard]] CalendarEffects run()
    {
        learn_usual();
        if (request_.find && !usual_.expected.empty() && find_recurring()) {
            learn_usual();
        }
        // Where next to nothing is usual, there is nothing to multiply.
        constexpr double negligible = 1e-6;
        least_usual_ = usual_.expected.empty() ? 0
                                               : negligible * std::reduce(usual_.expected.begin(), usual_.expected.end()) /
                                                     static_cast<double>(usual_.expected.size());
        unit_ = is_factor_ ? 1 : shift_unit * (usual_.dispersion > 0 ? std::sqrt(usual_.dispersion) : 1);
        farthest_ = is_factor_ ? farthest_factor : farthest_shift * unit_;
        width_ = usual_width * unit_;
        spread_ = usual_spread * unit_;
        make_groups();
        constexpr int rounds = 3;
        for (int round = 0; round < rounds && !groups_.empty(); ++round) {
            for (Group& group : groups_) {
                stop_.poll();
                fit(group);
            }
            if (round + 1 < rounds) {
                learn_widths();
            }
        }
        return result();
    }

private:
    [[nodiscard]] std::size_t length() const { return request_.history.size(); }
    /** Whether a day of the history tells something of its events. */
    [[nodiscard]] bool tells(std::int32_t day) const
    {
        const auto t = static_cast<std::size_t>(day);
        return t < length() && !usual_.expected.empty() && !std::isnan(request_.history[t]) &&
               (!is_factor_ || usual_.expected[t] > least_usual_);
    }

    void learn_usual()
    {
        std::vector<bool> like_others(length(), true);
        for (const Event& event : events_) {
            for (const EventDay& each : event.days) {
                if (static_cast<std::size_t>(each.day) < length()) {
                    like_others[static_cast<std::size_t>(each.day)] = false;
                }
            }
        }
        usual_ = usual_days(request_.history, like_others, request_.scale);
    }

    bool find_recurring()
    {
        const RecurringRules rules(request_.first_day, length(), length() + static_cast<std::size_t>(request_.horizon));
        std::size_t count = 0;
        while (count < most_found) {
            stop_.poll();
            const auto found = rules.find(usual_.scores);
            if (!found) {
                break;
            }
            Event event{{found->name}, true, {}};
            for (const std::size_t day : found->days) {
                // What is an event's day already is explained by that.
                if (day >= length() || !std::isnan(usual_.scores[day])) {
                    event.days.push_back({static_cast<std::int32_t>(day), static_cast<std::int32_t>(event.days.size())});
                }
                if (day < length()) {
                    usual_.scores[day] = kernel::unknown;
                }
            }
            events_.push_back(std::move(event));
            ++count;
        }
        return count > 0;
    }

    /** Events without a telling day belong to no group: nothing but the prior is known of them. */
    void make_groups()
    {
        std::vector<std::size_t> parent(events_.size());
        std::iota(parent.begin(), parent.end(), std::size_t{0});
        const auto root = [&parent](std::size_t i) {
            while (parent[i] != i) {
                i = parent[i] = parent[parent[i]];
            }
            return i;
        };
        is_told_.assign(events_.size(), false);
        of_day_.assign(length(), {});
        for (std::size_t i = 0; i < events_.size(); ++i) {
            for (const EventDay& each : events_[i].days) {
                if (tells(each.day)) {
                    auto& of_day = of_day_[static_cast<std::size_t>(each.day)];
                    if (!of_day.empty()) {
                        parent[root(i)] = root(of_day.front());
                    }
                    of_day.push_back(i);
                    is_told_[i] = true;
                }
            }
        }
        std::map<std::size_t, std::size_t> places;
        for (std::size_t i = 0; i < events_.size(); ++i) {
            if (is_told_[i]) {
                const auto [place, is_new] = places.try_emplace(root(i), groups_.size());
                if (is_new) {
                    groups_.emplace_back();
                }
                groups_[place->second].events.push_back(i);
            }
        }
    }

    [[nodiscard]] double effect_of_day(std::size_t day) const
    {
        double sum = 0;
        for (const std::size_t event : of_day_[day]) {
            sum += events_[event].effect;
        }
        return std::clamp(sum, -farthest_, farthest_);
    }

    /** What a day says of the sum of its effects: how far off it is on their scale, and the variance of that by chance. */
    struct Reading {
        double off;
        double variance;
    };
    [[nodiscard]] Reading read(std::size_t day) const
    {
        const double usual = usual_.expected[day];
        const double effect = effect_of_day(day);
        if (!is_factor_) {
            return {request_.history[day] - usual - effect, usual_.dispersion};
        }
        const double mean = usual * std::exp(effect);
        return {request_.history[day] / mean - 1, usual_.dispersion / mean};
    }

    /** A day that tells of events of a group: their places in it, and over how many days each occurrence goes on. */
    struct GroupDay {
        std::size_t day;
        std::vector<Eigen::Index> places;
        double occurrence_days = 0;
    };

    [[nodiscard]] std::vector<GroupDay> days_of(const Group& group) const
    {
        std::map<std::size_t, GroupDay> days;
        for (std::size_t i = 0; i < group.events.size(); ++i) {
            const Event& event = events_[group.events[i]];
            std::map<std::int32_t, double> in_occurrence;
            for (const EventDay& each : event.days) {
                in_occurrence[each.occurrence] += tells(each.day) ? 1 : 0;
            }
            for (const EventDay& each : event.days) {
                if (tells(each.day)) {
                    const auto day = static_cast<std::size_t>(each.day);
                    GroupDay& of_day = days[day];
                    of_day.day = day;
                    of_day.places.push_back(static_cast<Eigen::Index>(i));
                    of_day.occurrence_days += in_occurrence[each.occurrence];
                }
            }
        }
        std::vector<GroupDay> result;
        for (auto& [day, of_day] : days) {
            result.push_back(std::move(of_day));
        }
        return result;
    }

    /** Newton's method from where the effects stand; steps are drawn in, since from below they reach too far. */
    void fit(Group& group)
    {
        constexpr int most_steps = 50;
        constexpr double longest_step = 1;
        constexpr double close = 1e-9;
        if (group.events.size() > most_together) {
            throw kernel::Error(kernel::ErrorCode::limit_exceeded, "too many events share days",
                                std::to_string(group.events.size()) + " events, of which 400 can be told apart.",
                                "Load the regions that matter to the business, and give campaigns that are alike one name.");
        }
        const auto count = static_cast<Eigen::Index>(group.events.size());
        const std::vector<GroupDay> days = days_of(group);
        const auto effect = [&](Eigen::Index i) -> double& {
            return events_[group.events[static_cast<std::size_t>(i)]].effect;
        };
        const double prior = 1 / (width_ * width_);
        for (int step = 0; step < most_steps; ++step) {
            stop_.poll();
            Eigen::MatrixXd precision = prior * Eigen::MatrixXd::Identity(count, count);
            Eigen::VectorXd slope(count);
            for (Eigen::Index i = 0; i < count; ++i) {
                slope[i] = -prior * effect(i);
            }
            for (const GroupDay& each : days) {
                const Reading reading = read(each.day);
                // Days of one occurrence differ together.
                const double weight = 1 / (reading.variance + spread_ * spread_ * each.occurrence_days);
                for (const Eigen::Index place : each.places) {
                    slope[place] += weight * reading.off;
                    for (const Eigen::Index other : each.places) {
                        precision(place, other) += weight;
                    }
                }
            }
            const Eigen::LLT<Eigen::MatrixXd> factor(precision);
            Eigen::VectorXd change = factor.solve(slope);
            const double longest = change.cwiseAbs().maxCoeff() / unit_;
            if (longest > longest_step) {
                change *= longest_step / longest;
            }
            for (Eigen::Index i = 0; i < count; ++i) {
                effect(i) = std::clamp(effect(i) + change[i], -farthest_, farthest_);
            }
            if (longest < close || step + 1 == most_steps) {
                group.covariance = factor.solve(Eigen::MatrixXd::Identity(count, count));
                break;
            }
        }
    }

    void learn_widths()
    {
        double effects = width_weight * usual_width * usual_width * unit_ * unit_;
        double effects_count = width_weight;
        double differences = spread_weight * usual_spread * usual_spread * unit_ * unit_;
        double differences_count = spread_weight;
        for (const Group& group : groups_) {
            for (std::size_t i = 0; i < group.events.size(); ++i) {
                const Event& event = events_[group.events[i]];
                const auto at = static_cast<Eigen::Index>(i);
                effects += event.effect * event.effect + group.covariance(at, at);
                effects_count += 1;
                const auto [squares, degrees] = difference_of(event);
                differences += squares;
                differences_count += degrees;
            }
        }
        width_ = std::sqrt(effects / effects_count);
        spread_ = std::max(least_spread * unit_, std::sqrt(std::max(0.0, differences / differences_count)));
    }

    struct Differences {
        double squares = 0;
        double degrees = 0;
    };
    /** How far the occurrences of an event lie from their mean, beyond chance. */
    [[nodiscard]] Differences difference_of(const Event& event) const
    {
        struct Occurrence {
            double off = 0, weight = 0;
        };
        std::map<std::int32_t, Occurrence> occurrences;
        for (const EventDay& each : event.days) {
            if (tells(each.day)) {
                const Reading reading = read(static_cast<std::size_t>(each.day));
                Occurrence& occurrence = occurrences[each.occurrence];
                if (reading.variance > 0) {
                    occurrence.off += reading.off / reading.variance;
                    occurrence.weight += 1 / reading.variance;
                }
            }
        }
        double mean = 0, count = 0;
        std::erase_if(occurrences, [](const auto& each) { return !(each.second.weight > 0); });
        for (const auto& [number, each] : occurrences) {
            count += 1;
            mean += (each.off / each.weight - mean) / count;
        }
        Differences found;
        if (count < 2) {
            return found;
        }
        found.degrees = count - 1;
        for (const auto& [number, each] : occurrences) {
            const double off = each.off / each.weight - mean;
            found.squares += off * off - (1 - 1 / count) / each.weight;
        }
        return found;
    }

    [[nodiscard]] CalendarEffects result() const
    {
        CalendarEffects result;
        result.history.assign(length(), 0);
        result.ahead.scale = request_.scale;
        std::map<std::int32_t, double> ahead;
        for (const Event& event : events_) {
            for (const EventDay& each : event.days) {
                if (static_cast<std::size_t>(each.day) < length()) {
                    result.history[static_cast<std::size_t>(each.day)] += event.effect;
                } else {
                    ahead[each.day - static_cast<std::int32_t>(length())] += event.effect;
                }
            }
        }
        for (const auto& [day, effect] : ahead) {
            result.ahead.days.push_back({day, std::clamp(effect, -farthest_, farthest_)});
        }
        std::vector<double> errors(events_.size(), width_);
        for (const Group& group : groups_) {
            const Eigen::MatrixXd lower = group.covariance.llt().matrixL();
            for (Eigen::Index column = 0; column < lower.cols(); ++column) {
                std::map<std::int32_t, double> loadings;
                for (Eigen::Index row = column; row < lower.rows(); ++row) {
                    for (const std::int32_t day : days_ahead(events_[group.events[static_cast<std::size_t>(row)]])) {
                        loadings[day] += lower(row, column);
                    }
                }
                add_unknown(result.ahead, loadings);
                const auto at = static_cast<std::size_t>(column);
                errors[group.events[at]] = std::sqrt(group.covariance(column, column));
            }
        }
        for (std::size_t i = 0; i < events_.size(); ++i) {
            add_own_unknowns(result.ahead, events_[i], is_told_[i] ? 0 : width_);
            for (const std::string& name : events_[i].names) {
                result.events.push_back(described(name, events_[i], errors[i]));
            }
        }
        return result;
    }

    [[nodiscard]] std::vector<std::int32_t> days_ahead(const Event& event) const
    {
        std::vector<std::int32_t> days;
        for (const EventDay& each : event.days) {
            if (static_cast<std::size_t>(each.day) >= length()) {
                days.push_back(each.day - static_cast<std::int32_t>(length()));
            }
        }
        return days;
    }

    static void add_unknown(EffectsAhead& ahead, const std::map<std::int32_t, double>& loadings)
    {
        if (!loadings.empty()) {
            auto& unknown = ahead.unknowns.emplace_back();
            for (const auto& [day, loading] : loadings) {
                unknown.push_back({day, loading});
            }
        }
    }

    /** What occurrences to come differ by; and the whole effect, of deviation `width`, where nothing is known of it. */
    void add_own_unknowns(EffectsAhead& ahead, const Event& event, double width) const
    {
        std::map<std::int32_t, double> whole;
        std::map<std::int32_t, std::map<std::int32_t, double>> by_occurrence;
        for (const EventDay& each : event.days) {
            if (static_cast<std::size_t>(each.day) >= length()) {
                const std::int32_t day = each.day - static_cast<std::int32_t>(length());
                whole[day] = width;
                by_occurrence[each.occurrence][day] = spread_;
            }
        }
        if (width > 0) {
            add_unknown(ahead, whole);
        }
        for (const auto& [occurrence, loadings] : by_occurrence) {
            add_unknown(ahead, loadings);
        }
    }

    [[nodiscard]] EventEffect described(const std::string& name, const Event& event, double error) const
    {
        EventEffect described{name, event.is_found, 0, event.effect, error, spread_};
        std::int32_t last = -1;
        for (const EventDay& each : event.days) {
            if (tells(each.day) && each.occurrence != last) {
                last = each.occurrence;
                ++described.occurrences;
            }
        }
        return described;
    }

    const CalendarRequest& request_;
    const kernel::StopFlag& stop_;
    bool is_factor_;
    std::vector<Event> events_;
    UsualDays usual_;
    std::vector<Group> groups_;
    std::vector<std::vector<std::size_t>> of_day_;  // events of each day that tells
    std::vector<bool> is_told_;                     // of each event, whether a day tells of it
    double least_usual_ = 0;
    double unit_ = 1;  // of effects
    double farthest_ = farthest_factor;
    double width_ = 0;   // deviation of effects
    double spread_ = 0;  // of occurrences around their event's effect
};

}  // namespace

void CalendarEvents::check() const
{
    if (first_days.size() != names.size() || (!last_days.empty() && last_days.size() != names.size())) {
        throw kernel::Error(kernel::ErrorCode::invalid_parameter,
                            "event_names, event_first_days and event_last_days must be of the same length",
                            "They have " + std::to_string(names.size()) + ", " + std::to_string(first_days.size()) + " and " +
                                std::to_string(last_days.size()) + " elements.",
                            "Collect them from the same rows by array_agg(); event_last_days may be left out.");
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        require_valid(!names[i].empty(), "an event must have a name", "Events of one name are taken to have one effect.");
        if (last_day(i) < first_days[i]) {
            throw kernel::Error(kernel::ErrorCode::invalid_parameter, "an event ends before it begins",
                                "It is " + std::string(names[i].substr(0, 80)) + ".");
        }
    }
}

double EffectsAhead::effect(std::int32_t day) const
{
    const auto found = std::ranges::lower_bound(days, day, {}, &Day::day);
    return found != days.end() && found->day == day ? found->effect : 0;
}

double EffectsAhead::error(std::int32_t day) const
{
    double squares = 0;
    for (const auto& unknown : unknowns) {
        for (const Loading& each : unknown) {
            squares += each.day == day ? each.loading * each.loading : 0;
        }
    }
    return std::sqrt(squares);
}

std::vector<double> CalendarEffects::without_events(std::span<const double> figures) const
{
    std::vector<double> result(figures.begin(), figures.end());
    for (std::size_t t = 0; t < result.size(); ++t) {
        if (history[t] != 0) {
            result[t] = ahead.scale == EffectScale::shift ? result[t] - history[t]
                        : history[t] < least_left         ? kernel::unknown
                                                          : result[t] / std::exp(history[t]);
        }
    }
    return result;
}

CalendarEffects find_effects(const CalendarRequest& request, const kernel::StopFlag& stop)
{
    request.events.check();
    // Squares of figures must fit.
    double size = 0;
    for (const double figure : request.history) {
        size = std::isnan(figure) ? size : std::max(size, std::abs(figure));
    }
    CalendarRequest scaled = request;
    std::vector<double> history(request.history.begin(), request.history.end());
    if (size > 0) {
        for (double& figure : history) {
            figure /= size;
        }
        scaled.history = history;
    }
    CalendarEffects effects = Learner(scaled, stop).run();
    if (size > 0 && request.scale == EffectScale::shift) {
        effects.multiply(size);
    }
    return effects;
}

void CalendarEffects::multiply(double size)
{
    for (double& effect : history) {
        effect *= size;
    }
    for (EffectsAhead::Day& day : ahead.days) {
        day.effect *= size;
    }
    for (auto& unknown : ahead.unknowns) {
        for (Loading& each : unknown) {
            each.loading *= size;
        }
    }
    for (EventEffect& event : events) {
        event.effect *= size;
        event.error *= size;
        event.spread *= size;
    }
}

}  // namespace marketing::series
