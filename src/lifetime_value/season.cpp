#include "lifetime_value/season.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <numeric>
#include <vector>

#include "kernel/error.hpp"
#include "kernel/unknown.hpp"
#include "lifetime_value/fit.hpp"
#include "numeric/distributions.hpp"
#include "numeric/square.hpp"

namespace marketing::lifetime_value {
namespace {

using kernel::unknown;
using numeric::square;

constexpr std::array<int, 12> days_of_months{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
constexpr int most_months = 1200;
constexpr std::chrono::sys_days origin{std::chrono::year{2000} / 1 / 1};

/** Years of the library's calendar end soon after. */
void check_day(std::int32_t day)
{
    constexpr std::int32_t furthest = 10'000'000;
    kernel::require_valid(std::abs(day) <= furthest, "a season has no dates so far from today");
}

std::chrono::year_month_day date_of(std::int32_t day)
{
    return origin + std::chrono::days{day};
}

int month_of(std::int32_t day)
{
    return static_cast<int>(static_cast<unsigned>(date_of(day).month())) - 1;
}

/** The last day of the month of `day`. */
std::int32_t end_of_month(std::int32_t day)
{
    const auto date = date_of(day);
    const std::chrono::year_month_day_last last{date.year(), std::chrono::month_day_last{date.month()}};
    return static_cast<std::int32_t>((std::chrono::sys_days{last} - origin).count());
}

std::int32_t end_of_month_before(std::int32_t day)
{
    return day - static_cast<int>(static_cast<unsigned>(date_of(day).day()));
}

/** The mean of indices of months over the days of a year. */
double mean_over_year(const std::array<double, 12>& index)
{
    return std::inner_product(index.begin(), index.end(), days_of_months.begin(), 0.0) / 365;
}

/** A month of one of the twelve months before the end, counted backwards from it. */
struct Cell {
    std::int32_t from;  // after this day
    std::int32_t until;
    int month;
    int block;
    double purchases = 0;
    double expected = 0;
};

/** Purchases to expect of a newcomer until any time: known at some times, closer to each other near the start, and drawn straight between. */
class Growth {
public:
    Growth(const PurchaseParameters& parameters, double longest, const kernel::StopFlag& stop) : longest_(longest)
    {
        const Outlook newcomer = outlook(parameters, {0, 0, 0});
        for (double k = 0; k <= steps; ++k) {
            stop.poll();
            values_.push_back(expected_purchases(newcomer, longest * square(k / steps)));
        }
    }

    [[nodiscard]] double until(double time) const
    {
        const double at = longest_ > 0 ? steps * std::sqrt(std::min(1.0, time / longest_)) : 0;
        const auto k = static_cast<std::size_t>(std::min(at, steps - 1));
        const double from = longest_ * square(static_cast<double>(k) / steps);
        const double to = longest_ * square(static_cast<double>(k + 1) / steps);
        return values_[k] + (to > from ? (time - from) / (to - from) : 0) * (values_[k + 1] - values_[k]);
    }

private:
    static constexpr double steps = 400;
    double longest_;
    std::vector<double> values_;
};

/** All whole months of whole years before the end, and the customers of a business. */
class Seasons {
public:
    Seasons(const PurchasesView& purchases, std::int32_t until, PurchaseModel model, const kernel::StopFlag& stop)
        : until_(until), model_(model), stop_(stop)
    {
        check_day(until);
        std::int32_t first = until;
        for (std::size_t i = 0; i < purchases.customer_count(); ++i) {
            if (const auto s = purchases.summary(i, {until, until, 1})) {
                histories_.push_back(*s);
                newcomers_[s->first_day] += 1;
                first = std::min(first, s->first_day);
            }
        }
        // The end is the last day of a month; a month counts whole.
        std::int32_t end = until == end_of_month(until) ? until : end_of_month_before(until);
        for (int k = 0; k < most_months; ++k) {
            const std::int32_t before = end_of_month_before(end);
            if (before < first - 1) {
                break;
            }
            cells_.push_back({before, end, month_of(end), k / 12});
            end = before;
        }
        cells_.resize(cells_.size() / 12 * 12);
        for (std::size_t i = 0; i < purchases.customer_count(); ++i) {
            purchases.for_each_repeat(i, until, [this](std::int32_t day) {
                if (Cell* cell = cell_of(day)) {
                    cell->purchases += 1;
                }
            });
        }
    }

    [[nodiscard]] std::size_t years() const { return cells_.size() / 12; }
    [[nodiscard]] const std::vector<Cell>& cells() const { return cells_; }

    /** Fits the model in the time of `calendar`, and expects purchases of each cell; why it cannot, or "ok". */
    [[nodiscard]] std::string_view expect(const Calendar& calendar)
    {
        std::vector<WeightedHistory> rows;
        for (const PurchaseSummary& s : histories_) {
            rows.push_back(
                {{static_cast<double>(s.frequency), calendar.time(s.first_day, s.last_day), calendar.time(s.first_day, until_)},
                 1});
        }
        const PurchaseFit fit = fit_purchases(model_, std::move(rows), stop_);
        if (!fit.quality.usable) {
            return fit.quality.reason;
        }
        const double longest = newcomers_.empty() ? 0 : calendar.time(newcomers_.begin()->first, until_);
        const Growth growth(fit.parameters, longest, stop_);
        for (Cell& cell : cells_) {
            stop_.poll();
            cell.expected = 0;
            for (const auto& [day, customers] : newcomers_) {
                if (day < cell.until) {
                    const double before = day < cell.from ? growth.until(calendar.time(day, cell.from)) : 0;
                    cell.expected += customers * (growth.until(calendar.time(day, cell.until)) - before);
                }
            }
        }
        return "ok";
    }

private:
    [[nodiscard]] Cell* cell_of(std::int32_t day)
    {
        // Cells lie backwards in time.
        const auto found =
            std::lower_bound(cells_.begin(), cells_.end(), day, [](const Cell& c, std::int32_t d) { return c.from >= d; });
        return found == cells_.end() || day > found->until ? nullptr : &*found;
    }

    std::int32_t until_;
    PurchaseModel model_;
    const kernel::StopFlag& stop_;
    std::vector<PurchaseSummary> histories_;
    std::map<std::int32_t, double> newcomers_;  // by their first day
    std::vector<Cell> cells_;
};

/** Indices by months of what was bought over what was expected, whose level in each twelve months is free; their mean over a year is 1. */
struct Levels {
    std::array<double, 12> index{};
    std::vector<double> block;
};

Levels levels_of(const std::vector<Cell>& cells)
{
    constexpr int rounds = 50;  // proportional fitting of two margins ends after a few
    Levels l;
    l.index.fill(1);
    l.block.assign(cells.size() / 12, 1);
    for (int round = 0; round < rounds; ++round) {
        std::vector<double> seen(l.block.size());
        std::vector<double> expected(l.block.size());
        std::array<double, 12> seen_of{};
        std::array<double, 12> expected_of{};
        for (const Cell& c : cells) {
            seen[c.block] += c.purchases;
            expected[c.block] += c.expected * l.index[c.month];
        }
        for (std::size_t i = 0; i < l.block.size(); ++i) {
            l.block[i] = expected[i] > 0 ? seen[i] / expected[i] : 1;
        }
        for (const Cell& c : cells) {
            seen_of[c.month] += c.purchases;
            expected_of[c.month] += c.expected * l.block[c.block];
        }
        for (std::size_t m = 0; m < l.index.size(); ++m) {
            // Half a purchase where there were none: the logarithm has to be one.
            l.index[m] = (seen_of[m] + 0.5) / (expected_of[m] + 0.5);
        }
        const double mean = mean_over_year(l.index);
        for (double& index : l.index) {
            index /= mean;
        }
    }
    return l;
}

/** Puts the season, whose years differ by their levels, into `found`; "ok", or why the model does not hold. */
std::string_view find_season(Seasons& seasons, Levels& found, std::array<SeasonOfMonth, 12>& months)
{
    constexpr int rounds = 4;
    found.index.fill(1);
    for (int round = 0; round < rounds; ++round) {
        const std::string_view reason = seasons.expect(Calendar(found.index));
        if (reason != "ok") {
            return reason;
        }
        if (round == 0) {
            for (const Cell& c : seasons.cells()) {
                SeasonOfMonth& month = months[c.month];
                month.expected = (std::isnan(month.expected) ? 0 : month.expected) + c.expected;
            }
        }
        // What is expected holds the season of the round before already.
        const Levels change = levels_of(seasons.cells());
        std::transform(found.index.begin(), found.index.end(), change.index.begin(), found.index.begin(), std::multiplies<>());
        const double mean = mean_over_year(found.index);
        for (double& index : found.index) {
            index = std::clamp(index / mean, 1e-3, 1e2);
        }
        found.block = change.block;
    }
    return "ok";
}

/** The variance of the mean logarithm of a month: how much the same month differs between years, at least by chance, as counts do. */
double noise_of(const Seasons& seasons, const Levels& found)
{
    double noise = 0;
    double chance = 0;
    const auto years = static_cast<double>(seasons.years());
    for (const Cell& c : seasons.cells()) {
        const double expected = c.expected * found.block[c.block];
        noise += square(std::log((c.purchases + 0.5) / (expected + 0.5)));
        chance += 1 / (expected + 0.5);
    }
    return std::max(noise / (11 * (years - 1)), chance / (12 * years)) / years;
}

/** The indices drawn to 1 by how much of their spread is noise, with their intervals; their mean over a year is 1. */
void shrink(const Levels& found, double noise, double confidence, std::array<SeasonOfMonth, 12>& months)
{
    std::array<double, 12> logs{};
    std::transform(found.index.begin(), found.index.end(), logs.begin(), [](double index) { return std::log(index); });
    const double mean = std::accumulate(logs.begin(), logs.end(), 0.0) / 12;
    double spread = 0;
    for (const double log_index : logs) {
        spread += square(log_index - mean) / 11;
    }
    const double kept = std::max(0.0, 1 - noise / std::max(spread, noise));
    // By chance nothing may seem to be there to keep.
    constexpr double least_kept = 0.5;
    const double reach = numeric::normal_quantile_above((1 - confidence) / 2) * std::sqrt(std::max(kept, least_kept) * noise);
    std::array<double, 12> drawn{};
    std::transform(logs.begin(), logs.end(), drawn.begin(),
                   [&](double log_index) { return std::exp(kept * (log_index - mean)); });
    const double scale = mean_over_year(drawn);
    for (std::size_t m = 0; m < drawn.size(); ++m) {
        months[m].index = drawn[m] / scale;
        months[m].low = months[m].index * std::exp(-reach);
        months[m].high = months[m].index * std::exp(reach);
    }
}

}  // namespace

Calendar::Calendar()
{
    season_.fill(1);
    std::partial_sum(days_of_months.begin(), days_of_months.end(), before_.begin() + 1);
}

Calendar::Calendar(std::span<const double> season)
{
    kernel::require_valid(
        season.size() == 12 && std::all_of(season.begin(), season.end(), [](double x) { return x > 0 && x <= 1000; }),
        "a season has twelve positive indices", "From January to December, as purchase_season() gives them.");
    std::copy(season.begin(), season.end(), season_.begin());
    for (std::size_t m = 0; m < season_.size(); ++m) {
        before_[m + 1] = before_[m] + season_[m] * days_of_months[m];
    }
}

double Calendar::clock(std::int32_t day) const
{
    check_day(day);
    const auto date = date_of(day);
    const int y = static_cast<int>(date.year());
    const auto m = static_cast<std::size_t>(static_cast<unsigned>(date.month()) - 1);
    const auto leaps = [](int until) {
        const auto whole = [until](int of) { return until / of - (until % of < 0 ? 1 : 0); };
        return whole(4) - whole(100) + whole(400);
    };
    // 29 February belongs to February.
    const double of_leaps = (leaps(y - 1) + (m > 1 && date.year().is_leap() ? 1 : 0)) * season_[1];
    return y * before_[12] + of_leaps + before_[m] + season_[m] * static_cast<unsigned>(date.day());
}

Season season_of(const PurchasesView& purchases, std::int32_t until, PurchaseModel model, double confidence,
                 const kernel::StopFlag& stop)
{
    kernel::require_valid(confidence > 0 && confidence < 1, "confidence must be between 0 and 1", "0.95 is 95 percent.");
    kernel::require_valid(model != PurchaseModel::pareto_nbd, "model must be bgnbd or mbgnbd",
                          "In Pareto/NBD customers leave by the calendar, which has no seasonal time.");
    Seasons seasons(purchases, until, model, stop);
    Season out{{}, "ok"};
    out.months.fill({unknown, unknown, unknown, 0, unknown});
    for (const Cell& c : seasons.cells()) {
        out.months[c.month].purchases += c.purchases;
    }
    if (seasons.years() < 2) {
        out.reason = "less than two years of whole months: no season can be told from a trend";
        return out;
    }
    Levels found;
    out.reason = find_season(seasons, found, out.months);
    if (out.reason == "ok") {
        shrink(found, noise_of(seasons, found), confidence, out.months);
    }
    return out;
}

}  // namespace marketing::lifetime_value
