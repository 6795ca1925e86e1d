#include "series/usual_days.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernel/unknown.hpp"
#include "series/calendar.hpp"

namespace marketing::series {
namespace {

constexpr std::size_t week = 7;
constexpr std::size_t fewest_days = 28;
/** So many days like others to each side tell the level of a day. */
constexpr std::size_t side = 14;
/** What a weekday is drawn to the others by, in days. */
constexpr double weekday_days = 1;
constexpr int passes = 3;
/** A day further out, in deviations, moves level and dispersion no more than this. */
constexpr double drawn_in = 4;

class Estimate {
public:
    Estimate(std::span<const double> history, const std::vector<bool>& like_others, EffectScale scale)
        : history_(history), is_factor_(scale == EffectScale::factor), levels_(history.size())
    {
        weekdays_.fill(is_factor_ ? 1 : 0);
        for (std::size_t t = 0; t < history.size(); ++t) {
            if (like_others[t] && !std::isnan(history[t])) {
                clean_.push_back(t);
            }
        }
    }

    [[nodiscard]] UsualDays run()
    {
        UsualDays usual;
        if (clean_.size() < fewest_days) {
            return usual;
        }
        for (int pass = 0; pass < passes; ++pass) {
            find_levels();
            find_weekdays();
            find_dispersion();
        }
        find_levels();
        find_dispersion();
        usual.dispersion = dispersion_;
        usual.degrees = static_cast<double>(clean_.size());
        for (std::size_t t = 0; t < history_.size(); ++t) {
            usual.expected.push_back(expected(t));
        }
        usual.scores.assign(history_.size(), kernel::unknown);
        for (const std::size_t t : clean_) {
            usual.scores[t] = score(t);
        }
        return usual;
    }

private:
    [[nodiscard]] double expected(std::size_t t) const
    {
        const double weekday = weekdays_[t % week];
        return is_factor_ ? std::max(0.0, levels_[t] * weekday) : levels_[t] + weekday;
    }
    [[nodiscard]] double deviation(std::size_t t) const { return std::sqrt(dispersion_ * (is_factor_ ? expected(t) : 1)); }
    [[nodiscard]] double score(std::size_t t) const
    {
        const double scale = deviation(t);
        return scale > 0 ? (history_[t] - expected(t)) / scale : 0;
    }

    /** The level of each day is the mean of those around it, without itself: an event that is not known yet does not hide itself. */
    void find_levels()
    {
        std::vector<double> sums{0};
        std::vector<double> own;
        for (const std::size_t t : clean_) {
            const double reach = drawn_in * deviation(t);
            const double usual = expected(t);
            const double drawn = reach > 0 ? std::clamp(history_[t], usual - reach, usual + reach) : history_[t];
            const double weekday = weekdays_[t % week];
            own.push_back(is_factor_ ? (weekday > 0 ? drawn / weekday : 0) : drawn - weekday);
            sums.push_back(sums.back() + own.back());
        }
        std::vector<double> levels(history_.size());
        std::size_t next = 0;
        for (std::size_t t = 0; t < history_.size(); ++t) {
            const bool is_clean = next < clean_.size() && clean_[next] == t;
            const std::size_t from = next - std::min(side, next);
            const std::size_t to = std::min(clean_.size(), next + side + (is_clean ? 1 : 0));
            const double sum = sums[to] - sums[from] - (is_clean ? own[next] : 0);
            levels[t] = sum / static_cast<double>(to - from - (is_clean ? 1 : 0));
            next += is_clean ? 1 : 0;
        }
        levels_ = std::move(levels);
    }

    void find_weekdays()
    {
        std::array<double, week> found{}, even{}, days{};
        double all = 0;
        for (const std::size_t t : clean_) {
            found[t % week] += is_factor_ ? history_[t] : history_[t] - levels_[t];
            even[t % week] += levels_[t];
            days[t % week] += 1;
            all += levels_[t];
        }
        const double drawn = weekday_days * all / static_cast<double>(clean_.size());
        for (std::size_t i = 0; i < week; ++i) {
            weekdays_[i] = !is_factor_           ? found[i] / (days[i] + weekday_days)
                           : even[i] + drawn > 0 ? std::max(0.0, (found[i] + drawn) / (even[i] + drawn))
                                                 : 1;
        }
    }

    void find_dispersion()
    {
        double squares = 0, first = 0;
        for (const bool is_last : {false, true}) {
            squares = 0;
            for (const std::size_t t : clean_) {
                const double usual = expected(t);
                const double off = history_[t] - usual;
                const double unit = is_factor_ ? usual : 1;
                const double square = unit > 0 ? off * off / unit : 0;
                squares += is_last ? std::min(square, drawn_in * drawn_in * first) : square;
            }
            first = squares / static_cast<double>(clean_.size());
        }
        dispersion_ = first;
    }

    std::span<const double> history_;
    bool is_factor_;
    std::vector<std::size_t> clean_;
    std::vector<double> levels_;
    std::array<double, week> weekdays_{};
    double dispersion_ = 0;
};

}  // namespace

UsualDays usual_days(std::span<const double> history, const std::vector<bool>& like_others, EffectScale scale)
{
    return Estimate(history, like_others, scale).run();
}

}  // namespace marketing::series
