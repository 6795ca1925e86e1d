#include "labelled_score.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "series/detector.hpp"

namespace marketing::labelled {
namespace {

constexpr double cost_of_false_alarm = 0.11;
constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

/** Points that are not scored: a method may get to know the series. */
std::size_t probation(std::size_t points)
{
    return std::min(static_cast<std::size_t>(0.15 * static_cast<double>(points)), std::size_t{750});
}

double sigmoid(double y)
{
    return y > 3 ? -1 : 2 / (1 + std::exp(5 * y)) - 1;
}

/** What an alert on a point is worth, in which of the windows. */
struct Worth {
    double worth;
    std::size_t window;
};

Worth worth_at(const std::vector<Window>& windows, std::size_t at)
{
    Worth worth{-cost_of_false_alarm, none};
    for (std::size_t k = 0; k < windows.size(); ++k) {
        const Window& window = windows[k];
        const auto length = static_cast<double>(window.last - window.first);
        if (at >= window.first && at <= window.last) {
            return {sigmoid(-static_cast<double>(window.last - at + 1) / (length + 1)) / sigmoid(-1), k};
        }
        if (window.last < at) {  // soon after it costs less
            worth.worth = cost_of_false_alarm * sigmoid(static_cast<double>(at - window.last) / length);
        }
    }
    return worth;
}

struct Alert {
    double score;
    double worth;
    std::size_t window;  // of all series
    const std::string* group;
};

}  // namespace

Scores cooled(const Set& set, const Scores& scores)
{
    Scores kept = scores;
    for (std::size_t s = 0; s < set.size(); ++s) {
        series::Cooldown cooldown(static_cast<std::int32_t>(0.03 * static_cast<double>(set[s].points.size())));
        for (double& score : kept[s]) {
            if (!std::isnan(score) && !cooldown.passes(score)) {
                score = std::numeric_limits<double>::quiet_NaN();
            }
        }
    }
    return kept;
}

Best best(const Set& set, const Scores& cooled)
{
    std::vector<Alert> alerts;
    std::size_t windows = 0;
    std::map<std::string, double> windows_of;
    for (std::size_t s = 0; s < set.size(); ++s) {
        for (std::size_t i = probation(set[s].points.size()); i < set[s].points.size(); ++i) {
            if (!std::isnan(cooled[s][i])) {
                const Worth worth = worth_at(set[s].windows, i);
                alerts.push_back(
                    {cooled[s][i], worth.worth, worth.window == none ? none : windows + worth.window, &set[s].group});
            }
        }
        windows += set[s].windows.size();
        windows_of[set[s].group] += static_cast<double>(set[s].windows.size());
    }
    std::sort(alerts.begin(), alerts.end(), [](const Alert& a, const Alert& b) { return a.score > b.score; });
    const auto count = static_cast<double>(windows);
    std::vector<double> of_window(windows, -1);  // of the alerts in a window only the best counts
    double total = -count;
    std::map<std::string, double> total_of;
    std::map<std::string, int> false_alarms;
    Best best;
    for (std::size_t i = 0; i < alerts.size(); ++i) {
        const Alert& alert = alerts[i];
        double gain = alert.worth;
        if (alert.window == none) {
            ++false_alarms[*alert.group];
        } else {
            gain = std::max(alert.worth - of_window[alert.window], 0.0);
            of_window[alert.window] += gain;
        }
        total += gain;
        total_of[*alert.group] += gain;
        const bool ends = i + 1 == alerts.size() || alerts[i + 1].score != alert.score;
        const double score = 100 * (total + count) / (2 * count);
        if (ends && score > best.score) {
            best = {score, false_alarms, total_of};
        }
    }
    std::erase_if(best.scores, [&](const auto& group) { return windows_of[group.first] == 0; });
    for (auto& [group, score] : best.scores) {
        score *= 50 / windows_of[group];  // found at once is worth 1, missed -1
    }
    return best;
}

void add(const Set& set, const Scores& scores, const Scores& cooled, Rates& rates)
{
    for (std::size_t s = 0; s < set.size(); ++s) {
        const std::vector<Window>& windows = set[s].windows;
        std::vector<bool> found(windows.size());
        for (std::size_t i = probation(scores[s].size()); i < scores[s].size(); ++i) {
            ++rates.points;
            if (windows.empty() && !std::isnan(scores[s][i])) {
                ++rates.judged;
                rates.below_1e2 += scores[s][i] > 2 ? 1 : 0;
                rates.below_1e4 += scores[s][i] > 4 ? 1 : 0;
            }
            if (cooled[s][i] > 3) {
                const std::size_t window = worth_at(windows, i).window;
                if (window == none) {
                    ++rates.false_alarms;
                } else {
                    found[window] = true;
                }
            }
        }
        rates.windows += static_cast<double>(windows.size());
        rates.found += static_cast<double>(std::count(found.begin(), found.end(), true));
    }
}

}  // namespace marketing::labelled
