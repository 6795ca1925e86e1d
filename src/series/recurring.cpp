#include "series/recurring.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iterator>

#include "kernel/unknown.hpp"
#include "numeric/distributions.hpp"

namespace marketing::series {
namespace {

namespace chrono = std::chrono;

constexpr std::size_t fewest_occurrences = 3;
/** From so many on they are judged together; fewer have to stand out each. */
constexpr std::size_t many_occurrences = 5;
/** So many of many have to lie on the same side. */
constexpr double agreeing = 0.75;
/** Before that a date has not come a third time. */
constexpr std::size_t days_for_years = 2 * 365 + 1;
/** Ranks of fewer days tell nothing of what is rare. */
constexpr std::size_t fewest_days = 60;
constexpr std::int32_t unix_epoch = 10957;  // days from there to 2000-01-01
/** Days that calendars are sure about: the years 1 to 9999. */
constexpr std::int32_t first_sure_day = -730'119;
constexpr std::int32_t last_sure_day = 2'921'939;

// What a rule is known by: months count from 1, weekdays from Sunday.
constexpr int dates = 0;                                             // month * 32 + day
constexpr int weekdays_of_months = dates + 13 * 32;                  // (month * 7 + weekday) * 6 + which one, 0 for the last
constexpr int after_thanksgiving = weekdays_of_months + 13 * 7 * 6;  // + days after the fourth Thursday of November
constexpr int of_months = after_thanksgiving + 5;                    // first, last
constexpr int rules = of_months + 2;

/** Shares of series in which chance may show a rule to one side: what is common is looked for with more hope. */
constexpr double log_alpha(int key)
{
    return key >= of_months ? -8.0 : key >= after_thanksgiving ? -10.0 : -12.9;
}

class KeysOf {
public:
    explicit KeysOf(std::int32_t day) : date_(chrono::sys_days(chrono::days(day + unix_epoch))) {}

    template <class Add>
    void each_yearly(const Add& add) const
    {
        const auto month = static_cast<int>(static_cast<unsigned>(date_.month()));
        const auto day = static_cast<int>(static_cast<unsigned>(date_.day()));
        const auto weekday = static_cast<int>(chrono::weekday(chrono::sys_days(date_)).c_encoding());
        add(dates + month * 32 + day);
        const int of_month = weekdays_of_months + (month * 7 + weekday) * 6;
        add(of_month + (day + 6) / 7);
        if (day + 7 > days_of_month()) {
            add(of_month);
        }
        const auto thanksgiving = chrono::sys_days(date_.year() / chrono::November / chrono::Thursday[4]);
        const auto after = (chrono::sys_days(date_) - thanksgiving).count();
        if (after >= 0 && after < 5) {
            add(after_thanksgiving + static_cast<int>(after));
        }
    }
    template <class Add>
    void each_monthly(const Add& add) const
    {
        const auto day = static_cast<int>(static_cast<unsigned>(date_.day()));
        if (day == 1) {
            add(of_months);
        } else if (day == days_of_month()) {
            add(of_months + 1);
        }
    }

private:
    [[nodiscard]] int days_of_month() const
    {
        return static_cast<int>(static_cast<unsigned>((date_.year() / date_.month() / chrono::last).day()));
    }

    chrono::year_month_day date_;
};

constexpr std::array<const char*, 7> weekday_names{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<const char*, 13> month_names{"",     "January", "February",  "March",   "April",    "May",     "June",
                                                  "July", "August",  "September", "October", "November", "December"};
constexpr std::array<const char*, 6> places{"last", "first", "second", "third", "fourth", "fifth"};

std::string name_of_rule(int key)
{
    if (key >= of_months) {
        return key == of_months ? "first day of the month" : "last day of the month";
    }
    if (key >= after_thanksgiving) {
        return key == after_thanksgiving
                   ? "fourth Thursday of November"
                   : std::string(weekday_names[static_cast<std::size_t>(key - after_thanksgiving + 4) % 7]) +
                         " after the fourth Thursday of November";
    }
    if (key >= weekdays_of_months) {
        const auto of_month = static_cast<std::size_t>(key - weekdays_of_months);
        return std::string(places[of_month % 6]) + " " + weekday_names[of_month / 6 % 7] + " of " + month_names[of_month / 42];
    }
    return std::to_string(key % 32) + " " + month_names[static_cast<std::size_t>(key) / 32];
}

/** Scores in units of what is usual of the weekday and of the season: of noisy days fewer are rare. */
std::vector<double> evened(std::span<const double> scores)
{
    constexpr std::size_t week = 7;
    constexpr std::size_t side = 28;
    constexpr double drawn = 28;
    std::array<double, week> of_weekday{}, days{};
    std::vector<std::size_t> known;
    std::vector<double> sums{0};
    for (std::size_t t = 0; t < scores.size(); ++t) {
        if (!std::isnan(scores[t])) {
            known.push_back(t);
            sums.push_back(sums.back() + std::abs(scores[t]));
            of_weekday[t % week] += std::abs(scores[t]);
            days[t % week] += 1;
        }
    }
    std::vector<double> result(scores.begin(), scores.end());
    if (known.empty() || !(sums.back() > 0)) {
        return result;
    }
    const double mean = sums.back() / static_cast<double>(known.size());
    for (std::size_t i = 0; i < known.size(); ++i) {
        const std::size_t from = i - std::min(i, side);
        const std::size_t to = std::min(known.size(), i + side + 1);
        const double near = (sums[to] - sums[from] + drawn * mean) / (static_cast<double>(to - from) + drawn);
        const std::size_t weekday = known[i] % week;
        result[known[i]] /= near * (of_weekday[weekday] + drawn * mean) / (days[weekday] + drawn);
    }
    return result;
}

/** Where scores stand among all. */
class Ranks {
public:
    explicit Ranks(std::span<const double> scores) : scores_(scores)
    {
        std::ranges::copy_if(scores, std::back_inserter(sorted_), [](double score) { return !std::isnan(score); });
        std::ranges::sort(sorted_);
    }

    [[nodiscard]] bool is_known(std::size_t day) const { return day < scores_.size() && !std::isnan(scores_[day]); }
    [[nodiscard]] double days() const { return static_cast<double>(scores_.size()); }
    /** Of a known day the share of days that lie as far to a side, itself included. */
    [[nodiscard]] double share_beyond(std::size_t day, bool upwards) const
    {
        const auto beyond = upwards ? sorted_.end() - std::ranges::lower_bound(sorted_, scores_[day])
                                    : std::ranges::upper_bound(sorted_, scores_[day]) - sorted_.begin();
        return static_cast<double>(beyond) / static_cast<double>(sorted_.size());
    }

private:
    std::span<const double> scores_;
    std::vector<double> sorted_;
};

/** Logarithm of how likely chance puts the days so far to a side; 0 where they do not agree. */
double log_p(std::span<const std::size_t> days, const Ranks& ranks, bool upwards)
{
    std::vector<double> shares;
    for (const std::size_t day : days) {
        if (ranks.is_known(day)) {
            shares.push_back(ranks.share_beyond(day, upwards));
        }
    }
    const auto occurrences = static_cast<double>(shares.size());
    const auto agree = std::ranges::count_if(shares, [](double share) { return share <= 0.5; });
    if (shares.size() < fewest_occurrences || static_cast<double>(agree) < agreeing * occurrences) {
        return 0;
    }
    if (shares.size() < many_occurrences) {
        return occurrences * std::log(std::ranges::max(shares));
    }
    double normal = 0;
    for (const double share : shares) {
        // Half a rank less, so that the last one has a deviate.
        normal += numeric::normal_quantile_above(share - 0.5 / ranks.days());
    }
    return std::log(numeric::normal_above(normal / std::sqrt(occurrences)));
}

}  // namespace

RecurringRules::RecurringRules(std::int32_t first_day, std::size_t history, std::size_t days) : history_(history)
{
    if (history < fewest_days || first_day < first_sure_day ||
        std::int64_t{first_day} + static_cast<std::int64_t>(days) > last_sure_day) {
        return;
    }
    std::vector<std::vector<std::size_t>> by_rule(rules);
    for (std::size_t t = 0; t < days; ++t) {
        const KeysOf keys(first_day + static_cast<std::int32_t>(t));
        const auto add = [&](int key) { by_rule[static_cast<std::size_t>(key)].push_back(t); };
        keys.each_monthly(add);
        if (history >= days_for_years) {
            keys.each_yearly(add);
        }
    }
    for (int key = rules; key-- > 0;) {
        auto& of_rule = by_rule[static_cast<std::size_t>(key)];
        if (of_rule.size() >= fewest_occurrences && of_rule[fewest_occurrences - 1] < history) {
            rules_.push_back({key, std::move(of_rule)});
        }
    }
}

std::optional<RecurringDays> RecurringRules::find(std::span<const double> scores) const
{
    const auto known = std::ranges::count_if(scores, [](double score) { return !std::isnan(score); });
    if (rules_.empty() || static_cast<std::size_t>(known) < fewest_days) {
        return std::nullopt;
    }
    const std::vector<double> even = evened(scores);
    const Ranks ranks(even);
    const Rule* best = nullptr;
    double best_p = 0;
    for (const bool upwards : {true, false}) {
        for (const Rule& rule : rules_) {
            const double found = log_p(rule.days, ranks, upwards);
            if (found < log_alpha(rule.key) && found < best_p) {
                best = &rule;
                best_p = found;
            }
        }
    }
    return best == nullptr ? std::nullopt : std::optional(RecurringDays{name_of_rule(best->key), best->days});
}

std::vector<bool> RecurringRules::worth_a_search(std::span<const double> scores) const
{
    std::vector<bool> worth(scores.size(), false);
    for (const Rule& rule : rules_) {
        double above = 0, below = 0, sum = 0;
        for (const std::size_t day : rule.days) {
            if (day >= scores.size()) {
                break;
            }
            const double known = above + below;
            if (known >= fewest_occurrences && std::max(above, below) >= agreeing * known && std::abs(sum) > known) {
                worth[day] = true;
            }
            if (!std::isnan(scores[day])) {
                (scores[day] > 0 ? above : below) += 1;
                sum += scores[day];
            }
        }
    }
    return worth;
}

}  // namespace marketing::series
