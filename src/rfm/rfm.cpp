#include "rfm/rfm.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "kernel/error.hpp"
#include "kernel/named.hpp"

namespace marketing::rfm {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::require_valid;

constexpr auto methods = kernel::names<Method>("RFM method", {{"quantile", Method::quantile},
                                                              {"ntile", Method::ntile},
                                                              {"rank", Method::rank},
                                                              {"breaks", Method::breaks},
                                                              {"nested", Method::nested},
                                                              {"rfm_r", Method::rfm_r}});

/** Places of `members` by value, ties by place. */
void sort_by_value(std::span<std::uint32_t> members, std::span<const double> values)
{
    std::sort(members.begin(), members.end(), [values](std::uint32_t a, std::uint32_t b) {
        return values[a] < values[b] || (values[a] == values[b] && a < b);
    });
}

std::vector<std::uint32_t> all_places(std::size_t count)
{
    std::vector<std::uint32_t> places(count);
    std::iota(places.begin(), places.end(), 0U);
    return places;
}

/** The sizes of SQL's ntile: the first bins take what does not divide evenly. */
std::uint8_t ntile_of(std::size_t place, std::size_t count, int bins)
{
    const auto n = static_cast<std::size_t>(bins);
    const std::size_t size = count / n;
    const std::size_t larger = count % n;
    const std::size_t in_larger = larger * (size + 1);
    const std::size_t bin = place < in_larger ? place / (size + 1) : larger + (place - in_larger) / size;
    return static_cast<std::uint8_t>(bin + 1);
}

void score_by_ntile(std::span<std::uint32_t> members, std::span<const double> values, int dimension, int bins,
                    std::vector<Scores>& scores)
{
    sort_by_value(members, values);
    for (std::size_t i = 0; i < members.size(); ++i) {
        scores[members[i]][static_cast<std::size_t>(dimension)] = ntile_of(i, members.size(), bins);
    }
}

void score_by_rank(std::span<const double> values, int dimension, int bins, std::vector<Scores>& scores)
{
    auto places = all_places(values.size());
    sort_by_value(places, values);
    std::size_t first_of_equals = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (values[places[i]] != values[places[first_of_equals]]) {
            first_of_equals = i;
        }
        const std::size_t bin = first_of_equals * static_cast<std::size_t>(bins) / places.size();
        scores[places[i]][static_cast<std::size_t>(dimension)] = static_cast<std::uint8_t>(bin + 1);
    }
}

/** Frequency within recency, monetary value within both: each group of equal scores so far is split again. */
void score_nested(const std::array<std::span<const double>, 3>& values, int bins, std::vector<Scores>& scores,
                  const kernel::StopFlag& stop)
{
    auto places = all_places(scores.size());
    std::vector<std::size_t> group_ends{places.size()};
    for (int dimension = 0; dimension < 3; ++dimension) {
        std::vector<std::size_t> split_ends;
        std::size_t begin = 0;
        for (const std::size_t end : group_ends) {
            stop.poll();
            const auto group = std::span(places).subspan(begin, end - begin);
            score_by_ntile(group, values[static_cast<std::size_t>(dimension)], dimension, bins, scores);
            for (std::size_t i = begin; i < end; ++i) {
                const auto score_at = [&](std::size_t at) { return scores[places[at]][static_cast<std::size_t>(dimension)]; };
                if (i + 1 == end || score_at(i) != score_at(i + 1)) {
                    split_ends.push_back(i + 1);
                }
            }
            begin = end;
        }
        group_ends = std::move(split_ends);
    }
}

/** Scores of one dimension by cuts; `reversed`: small values are good. */
void score_by_breaks(std::span<const double> values, std::span<const double> breaks, int dimension, bool reversed,
                     bool on_break_above, std::vector<Scores>& scores)
{
    const int bins = static_cast<int>(breaks.size()) + 1;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const int found = score(values[i], breaks, on_break_above);
        scores[i][static_cast<std::size_t>(dimension)] = static_cast<std::uint8_t>(reversed ? bins + 1 - found : found);
    }
}

std::vector<double> negated(std::span<const std::int32_t> days)
{
    std::vector<double> values(days.size());
    std::transform(days.begin(), days.end(), values.begin(), [](std::int32_t day) { return -static_cast<double>(day); });
    return values;
}

}  // namespace

Method find_method(std::string_view name)
{
    return methods.find(name);
}

void check_bins(int bins)
{
    require_valid(bins >= least_bins && bins <= most_bins, "bins must be between 2 and 10");
}

void check_breaks(std::span<const double> breaks, std::string_view name)
{
    const bool ascending = std::adjacent_find(breaks.begin(), breaks.end(), std::greater_equal<>()) == breaks.end();
    const bool finite = std::all_of(breaks.begin(), breaks.end(), [](double b) { return std::isfinite(b); });
    if (breaks.empty() || breaks.size() >= most_bins || !finite || !ascending) {
        throw Error(ErrorCode::invalid_parameter, std::string(name) + " must be 1 to 9 finite numbers in ascending order", {},
                    "Each is the upper end of a bin, such as {30,90,180,365} for five bins of days.");
    }
}

// Type 7 with the place (n - 1) k / bins as an exact fraction. Neighbours are interpolated only where they differ, so that a cut
// between equal values is that value.
std::vector<double> quantile_breaks(std::span<const double> values, int bins, Method method)
{
    std::vector<double> breaks;
    if (values.empty()) {
        return breaks;
    }
    std::vector<double> sorted(values.begin(), values.end());
    auto begin = sorted.begin();
    const auto n = static_cast<std::size_t>(bins);
    for (std::size_t k = 1; k < n; ++k) {
        const std::size_t place = (sorted.size() - 1) * k / n;
        const std::size_t rest = (sorted.size() - 1) * k % n;
        const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(place);
        std::nth_element(begin, at, sorted.end());
        begin = at;
        double cut = *at;
        if (rest != 0) {
            const double next = *std::min_element(at + 1, sorted.end());
            const double share = static_cast<double>(rest) / static_cast<double>(n);
            cut = next == cut ? cut : (1 - share) * cut + share * next;
        }
        breaks.push_back(method == Method::rfm_r ? cut + 1 : cut);
    }
    return breaks;
}

int score(double value, std::span<const double> breaks, bool on_break_above) noexcept
{
    int bin = 1;
    for (const double cut : breaks) {
        bin += static_cast<int>(on_break_above ? value >= cut : value > cut);
    }
    return bin;
}

Scored score_customers(const Customers& customers, const Scoring& scoring, const kernel::StopFlag& stop)
{
    constexpr std::array<std::string_view, 3> break_names{"r_breaks", "f_breaks", "m_breaks"};
    check_bins(scoring.bins);
    const std::vector<double> freshness = negated(customers.recency);
    const std::array<std::span<const double>, 3> values{freshness, customers.frequency, customers.monetary};
    Scored scored{std::vector<Scores>(freshness.size(), Scores{1, 1, 1}), {}, {scoring.bins, scoring.bins, scoring.bins}};
    if (scoring.method == Method::nested) {
        score_nested(values, scoring.bins, scored.scores, stop);
        return scored;
    }
    for (int dimension = 0; dimension < 3; ++dimension) {
        stop.poll();
        const auto d = static_cast<std::size_t>(dimension);
        std::vector<double>& breaks = scored.breaks[d];
        // Days, where the cuts are in days and not in freshness.
        std::vector<double> days;
        const auto in_days = [&] {
            days.assign(customers.recency.begin(), customers.recency.end());
            return std::span<const double>(days);
        };
        switch (scoring.method) {
            case Method::quantile:
            case Method::rfm_r: {
                const auto own = dimension == 0 ? in_days() : values[d];
                breaks = quantile_breaks(own, scoring.bins, scoring.method);
                score_by_breaks(own, breaks, dimension, dimension == 0, scoring.method == Method::rfm_r, scored.scores);
                break;
            }
            case Method::breaks:
                check_breaks(scoring.breaks[d], break_names[d]);
                breaks.assign(scoring.breaks[d].begin(), scoring.breaks[d].end());
                scored.bins[d] = static_cast<int>(breaks.size()) + 1;
                score_by_breaks(dimension == 0 ? in_days() : values[d], breaks, dimension, dimension == 0, false,
                                scored.scores);
                break;
            case Method::rank: score_by_rank(values[d], dimension, scoring.bins, scored.scores); break;
            default: {
                auto places = all_places(values[d].size());
                score_by_ntile(places, values[d], dimension, scoring.bins, scored.scores);
            }
        }
    }
    return scored;
}

std::vector<Bin> describe_bins(const Customers& customers, const Scored& scored)
{
    std::vector<Bin> bins;
    for (int dimension = 0; dimension < 3; ++dimension) {
        const auto d = static_cast<std::size_t>(dimension);
        const std::size_t first = bins.size();
        const std::vector<double>& breaks = scored.breaks[d];
        for (int s = 1; s <= scored.bins[d]; ++s) {
            // The first cut of days is the upper end of the best score.
            const int cut = dimension == 0 ? scored.bins[d] - s : s - 1;
            const bool has_break = cut < static_cast<int>(breaks.size());
            bins.push_back({dimension, s, 0, 0, 0, has_break, has_break ? breaks[static_cast<std::size_t>(cut)] : 0});
        }
        for (std::size_t i = 0; i < scored.scores.size(); ++i) {
            Bin& bin = bins[first + scored.scores[i][d] - 1];
            const double value = dimension == 0   ? static_cast<double>(customers.recency[i])
                                 : dimension == 1 ? customers.frequency[i]
                                                  : customers.monetary[i];
            bin.least = bin.customers == 0 ? value : std::min(bin.least, value);
            bin.most = bin.customers == 0 ? value : std::max(bin.most, value);
            ++bin.customers;
        }
    }
    return bins;
}

std::vector<double> checked_breaks(std::span<const double> values, int bins, Method method)
{
    check_bins(bins);
    if (method != Method::quantile && method != Method::rfm_r) {
        throw Error(ErrorCode::invalid_parameter, "the method " + std::string(methods.name_of(method)) + " has no breaks", {},
                    "Use quantile or rfm_r.");
    }
    if (!std::ranges::all_of(values, [](double value) { return std::isfinite(value); })) {
        throw Error(ErrorCode::numeric_range, "values must be finite");
    }
    return quantile_breaks(values, bins, method);
}

int checked_score(double value, std::span<const double> breaks, bool reverse)
{
    if (std::isnan(value) || std::ranges::any_of(breaks, [](double cut) { return std::isnan(cut); })) {
        throw Error(ErrorCode::numeric_range, "neither the value nor a break may be NaN or NULL");
    }
    const int found = score(value, breaks);
    return reverse ? static_cast<int>(breaks.size()) + 2 - found : found;
}

}  // namespace marketing::rfm
