#include "budget/actions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

#include "budget/costs.hpp"
#include "budget/response.hpp"
#include "kernel/error.hpp"

namespace marketing::budget {

namespace {

using kernel::Error;
using kernel::ErrorCode;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
/** How far back an earlier advice is looked for. */
constexpr std::int32_t memory_days = 14;
/** Days without spend after which a campaign counts as stopped. */
constexpr std::int32_t stopped_days = 3;
/** A change of the spend by less than this is none, and no advice. */
constexpr double least_change = 0.15;
constexpr double least_step = 0.05;
/** How much of the spend of two weeks ago a campaign may reach. */
constexpr double most_growth = 1.5;
/** P(the marginal cost is too high) from which less spend is suggested. */
constexpr double p_reduce = 0.8;

/** A probability, a percentage or a count, without idle zeros. */
std::string shown_short(double x)
{
    char text[32];
    std::snprintf(text, sizeof text, x < 1 ? "%.3g" : "%g", x < 1 ? std::min(x, 0.999) : x);
    return text;
}

std::string shown(double amount)
{
    char text[32];
    std::snprintf(text, sizeof text, amount >= 1000 ? "%.0f" : amount >= 1 ? "%.2f" : "%.3g", amount);
    return text;
}

void check(const ActionRules& r)
{
    const auto positive = [](double x) { return x > 0 && std::isfinite(x); };
    const auto probability = [](double x) { return x > 0.5 && x < 1; };
    const char* wrong = nullptr;
    if (!std::isnan(r.target) && !positive(r.target)) {
        wrong = "target must be positive";
    } else if (!std::isnan(r.marginal_target) && !positive(r.marginal_target)) {
        wrong = "marginal_target must be positive";
    } else if (!probability(r.p_scale) || !probability(r.p_pause)) {
        wrong = "p_scale and p_pause must be above 0.5 and below 1";
    } else if (!(r.hysteresis >= 0 && r.hysteresis < 0.5)) {
        wrong = "hysteresis must be at least 0 and below 0.5";
    } else if (!(r.margin >= 0) || !std::isfinite(r.margin)) {
        wrong = "margin must not be negative";
    } else if (!(r.least_responses >= 0) || !(r.least_spend >= 0)) {
        wrong = "min_leads and min_spend_mult must not be negative";
    } else if (!positive(r.step)) {
        wrong = "step must be positive";
    } else if (!(r.half_life > 0)) {
        wrong = "half_life must be positive";
    } else if (r.window < 1) {
        wrong = "window must be at least 1 day";
    }
    if (wrong != nullptr) {
        throw Error(ErrorCode::invalid_parameter, wrong);
    }
}

/** A campaign's evidence in a window: plain totals, and those whose older days count less. */
struct Evidence {
    double spend = 0;
    double responses = 0;
    double contracts = 0;
    double weighted_spend = 0;
    double weighted_responses = 0;
    double squared_weights = 0;  // sum of weight^2 * spend
    double squared_spend = 0;    // sum of (weight * spend)^2
    std::int32_t days = 0;       // that spend
};

class Adviser {
public:
    Adviser(std::span<const Series> panel, const ActionRules& rules, std::int32_t as_of, const kernel::StopFlag& stop)
        : panel_(panel), rules_(rules), as_of_(as_of), stop_(stop)
    {
        for (std::int32_t age = 0; age < rules.window; ++age) {
            weight_.push_back(std::exp2(-age / rules.half_life));
        }
        for (const Series& series : panel) {
            evidence_.push_back(evidence_of(series, as_of));
            timeless_ = timeless_ && series.days.size() == 1 && series.days.front().day == as_of;
        }
        excess_ = pooled_excess();
        learn_costs();
        learn_curves();
    }

    [[nodiscard]] Advice advice(std::size_t i) const
    {
        Advice advice;
        const Evidence& evidence = evidence_[i];
        advice.change = nan;
        advice.spend = evidence.spend;
        advice.responses = evidence.responses;
        advice.contracts = evidence.contracts;
        advice.next_review = as_of_ + rules_.least_days;
        advice.elasticity = curves_.campaigns[i].elasticity;
        advice.cost = advice.cost_low = advice.cost_high = advice.p_better = advice.p_worse = advice.p_better_rest = nan;
        advice.marginal_cost = advice.spend_needed = nan;
        advice.daily_spend = recent_spend(panel_[i]);
        advice.target = target_of(i);
        if (evidence.weighted_spend <= 0) {
            advice.evidence = "no_spend";
            advice.reason = evidence.responses > 0
                                ? shown_short(evidence.responses) + " leads without spend: what they cost cannot be told."
                                : "No spend and no leads in the period.";
            return advice;
        }
        const CostPosterior belief = belief_of(i, evidence);
        advice.cost = belief.quantile(0.5);
        advice.cost_low = belief.quantile(0.05);
        advice.cost_high = belief.quantile(0.95);
        if (rest_of(i).events > 0) {
            advice.p_better_rest = p_within_rest(i, belief, 1);
        }
        advice.marginal_cost = advice.cost / elasticity_at(i, advice.daily_spend, elasticity_of_curve(i));
        if (std::isnan(advice.target)) {
            advice.evidence = "no_target";
            advice.reason = "There is nothing to compare with: no other campaign has leads. Give a target.";
            return advice;
        }
        advice.p_better = p_better(i, belief);
        advice.p_worse = p_worse(i, belief);
        decide(i, belief, advice);
        return advice;
    }

private:
    [[nodiscard]] Evidence evidence_of(const Series& series, std::int32_t as_of) const
    {
        Evidence evidence;
        for (const Day& day : in_window(series, as_of)) {
            const double weight = weight_[static_cast<std::size_t>(as_of - day.day)];
            evidence.spend += day.spend;
            evidence.responses += day.response;
            evidence.contracts += day.contracts;
            evidence.weighted_spend += weight * day.spend;
            evidence.weighted_responses += weight * day.response;
            evidence.squared_weights += weight * weight * day.spend;
            evidence.squared_spend += weight * day.spend * weight * day.spend;
            evidence.days += day.spend > 0 ? 1 : 0;
        }
        return evidence;
    }
    [[nodiscard]] std::span<const Day> in_window(const Series& series, std::int32_t as_of) const
    {
        const auto before = [](const Day& day, std::int32_t limit) { return day.day < limit; };
        const auto first = std::lower_bound(series.days.begin(), series.days.end(), as_of - rules_.window + 1, before);
        const auto last = std::lower_bound(first, series.days.end(), as_of + 1, before);
        return {first, last};
    }

    /** Inverse size of the negative binomial that all campaigns' days share: by moments, each day weighted by how much it tells of it. */
    [[nodiscard]] double pooled_excess() const
    {
        double excess = 0;
        for (int round = 0; round < 4; ++round) {
            excess = excess_by_moments(excess);
        }
        return excess;
    }
    [[nodiscard]] double excess_by_moments(double guess) const
    {
        double excess = 0;
        double squares = 0;
        for (std::size_t i = 0; i < panel_.size(); ++i) {
            const Evidence& evidence = evidence_[i];
            if (evidence.days < 2 || evidence.responses <= 0 || evidence.spend <= 0) {
                continue;
            }
            const double n = evidence.days;
            for (const Day& day : in_window(panel_[i], as_of_)) {
                const double mean = day.spend * evidence.responses / evidence.spend;
                // The variance of a squared deviation grows with the square of the variance.
                const double weight = 1 / ((1 + guess * mean) * (1 + guess * mean));
                excess += weight * ((day.response - mean) * (day.response - mean) * n / (n - 1) - mean);
                // The mean is estimated, too: its square is too large by its variance.
                squares += weight * std::max(0.0, mean * mean - (mean + guess * mean * mean) / n);
            }
        }
        return squares > 0 ? std::max(0.0, excess / squares) : 0;
    }

    /** Variance over mean that the weights alone give a campaign's weighted responses. */
    [[nodiscard]] static double scale_of(const Evidence& evidence)
    {
        return evidence.weighted_spend > 0 ? evidence.squared_weights / evidence.weighted_spend : 1;
    }
    /** The negative binomial count that tells as much as the weighted days. */
    [[nodiscard]] CostEvidence count_of(const Evidence& evidence) const
    {
        if (evidence.weighted_spend <= 0) {
            return {0, 0};
        }
        const double scale = scale_of(evidence);
        const double days = evidence.weighted_spend * evidence.weighted_spend / evidence.squared_spend;
        return {evidence.weighted_responses / scale, evidence.weighted_spend / scale,
                excess_ > 0 ? days / excess_ : std::numeric_limits<double>::infinity()};
    }
    /** Variance of the weighted responses. */
    [[nodiscard]] double variance_of(const Evidence& evidence) const
    {
        const CostEvidence count = count_of(evidence);
        const double scale = scale_of(evidence);
        return scale * scale * (count.events + count.events * count.events / count.size);
    }

    /** A prior per platform, and what all of them bring together. */
    void learn_costs()
    {
        std::map<std::string_view, std::vector<CostEvidence>> platforms;
        for (std::size_t i = 0; i < panel_.size(); ++i) {
            const Evidence& evidence = evidence_[i];
            platforms[panel_[i].platform].push_back(count_of(evidence));
            if (evidence.weighted_spend > 0) {
                total_.events += evidence.weighted_responses;
                total_.spend += evidence.weighted_spend;
                total_variance_ += variance_of(evidence);
            }
        }
        const double usual = total_.spend > 0 ? std::max(total_.events, 0.5) / total_.spend : 1;
        for (const auto& [platform, group] : platforms) {
            stop_.poll();
            priors_.try_emplace(platform, group, usual);
        }
    }

    void learn_curves()
    {
        std::vector<std::vector<Block>> blocks;
        for (const Series& series : panel_) {
            blocks.push_back(timeless_ ? std::vector<Block>{} : blocks_of(series, as_of_, rules_.block));
        }
        curves_ = fit_responses(blocks, {}, {}, stop_);
    }

    [[nodiscard]] CostPosterior belief_of(std::size_t i, const Evidence& evidence) const
    {
        return priors_.at(panel_[i].platform).update(count_of(evidence));
    }

    /** What the other campaigns together bring, as sure as it is. */
    [[nodiscard]] CostBelief rest_of(std::size_t i) const
    {
        const Evidence& own = evidence_[i];
        if (own.weighted_spend <= 0) {
            return total_;
        }
        const double events = total_.events - own.weighted_responses;
        const double spend = total_.spend - own.weighted_spend;
        const double variance = total_variance_ - variance_of(own);
        if (!(events > total_.events * 1e-12) || !(spend > total_.spend * 1e-12)) {
            return {0, 0};
        }
        const double dispersion = std::max(variance / events, 1e-12);
        return {events / dispersion, spend / dispersion};
    }

    [[nodiscard]] double target_of(std::size_t i) const
    {
        if (!std::isnan(rules_.target)) {
            return rules_.target;
        }
        const CostBelief rest = rest_of(i);
        return rest.events > 0 ? rest.spend / rest.events : nan;
    }
    /** P(the cost is at most `factor` times that of the rest). */
    [[nodiscard]] double p_within_rest(std::size_t i, const CostPosterior& belief, double factor) const
    {
        const CostBelief rest = rest_of(i);
        return belief.probability_cheaper(std::log(rest.spend / rest.events), 1 / std::sqrt(rest.events), factor);
    }
    [[nodiscard]] double p_within(std::size_t i, const CostPosterior& belief, double factor) const
    {
        return std::isnan(rules_.target) ? p_within_rest(i, belief, factor) : belief.probability_within(rules_.target * factor);
    }
    [[nodiscard]] double p_better(std::size_t i, const CostPosterior& belief) const { return p_within(i, belief, 1); }
    [[nodiscard]] double p_worse(std::size_t i, const CostPosterior& belief) const
    {
        return 1 - p_within(i, belief, 1 + rules_.margin);
    }

    /** Whether a campaign has spent on too few days of its life, or too little in the window. */
    [[nodiscard]] bool still_learning(const Series& series, std::int32_t as_of, const Evidence& evidence, double target) const
    {
        const auto lived = std::count_if(series.days.begin(), series.days.end(),
                                         [as_of](const Day& day) { return day.day <= as_of && day.spend > 0; });
        return (!timeless_ && lived < rules_.least_days) ||
               (evidence.responses < rules_.least_responses && evidence.spend < rules_.least_spend * target);
    }

    /** Whether an action that is not sure enough to begin today began before and has been sure enough to stay ever since. */
    template <class Probability>
    [[nodiscard]] bool began_before(std::size_t i, double enters, Probability probability) const
    {
        for (std::int32_t back = 1; back <= memory_days && !timeless_; ++back) {
            const Evidence evidence = evidence_of(panel_[i], as_of_ - back);
            if (evidence.weighted_spend <= 0 || still_learning(panel_[i], as_of_ - back, evidence, target_of(i))) {
                return false;
            }
            const double p = probability(i, belief_of(i, evidence));
            if (p >= enters) {
                return true;
            }
            if (p < enters - rules_.hysteresis) {
                return false;
            }
        }
        return false;
    }
    template <class Probability>
    [[nodiscard]] bool sure(std::size_t i, double p, double enters, Probability probability) const
    {
        return p >= enters || (p >= enters - rules_.hysteresis && began_before(i, enters, probability));
    }

    /** Mean spend of the days that spend, of the last week that has any. */
    [[nodiscard]] double recent_spend(const Series& series) const
    {
        double spend = 0;
        int days = 0;
        const auto window = in_window(series, as_of_);
        for (auto day = window.rbegin(); day != window.rend() && days < 7; ++day) {
            spend += day->spend;
            days += day->spend > 0 ? 1 : 0;
        }
        return days > 0 ? spend / days : 0;
    }

    [[nodiscard]] double spend_on(const Series& series, std::int32_t day) const
    {
        const auto found = std::lower_bound(series.days.begin(), series.days.end(), day,
                                            [](const Day& d, std::int32_t v) { return d.day < v; });
        return found != series.days.end() && found->day == day ? found->spend : 0;
    }
    struct Level {
        double mean;
        double error;  // variance of the mean
    };
    /** Spend per day of `days` days up to `last`. */
    [[nodiscard]] Level level_of(const Series& series, std::int32_t last, std::int32_t days) const
    {
        double sum = 0;
        double squares = 0;
        for (std::int32_t d = 0; d < days; ++d) {
            const double spend = spend_on(series, last - d);
            sum += spend;
            squares += spend * spend;
        }
        const double mean = sum / days;
        return {mean, std::max(0.0, squares / days - mean * mean) / std::max(days - 1, 1)};
    }
    /** How many days ago the spend changed beyond its usual variation, within the cool-down; -1 where it did not. */
    [[nodiscard]] std::int32_t days_since_change(const Series& series) const
    {
        for (std::int32_t days = 2; days <= rules_.cooldown; ++days) {
            const Level now = level_of(series, as_of_, days);
            const Level before = level_of(series, as_of_ - days, 7);
            const double change = std::abs(now.mean - before.mean);
            if (before.mean > 0 && change >= least_change * before.mean && change >= 3 * std::sqrt(now.error + before.error)) {
                return days;
            }
        }
        return -1;
    }

    [[nodiscard]] double elasticity_of_curve(std::size_t i) const { return curves_.campaigns[i].elasticity; }
    /** The elasticity at a spend, of the curve that has elasticity e at its reference. */
    [[nodiscard]] double elasticity_at(std::size_t i, double spend, double e) const
    {
        const double reference = curves_.campaigns[i].spend;
        const double x = reference > 0 && spend > 0 ? spend / reference : 1;
        const Shape shape(Family::michaelis_menten, e);
        return x * shape.slope(x) / shape.value(x);
    }
    [[nodiscard]] double marginal_target(double target) const
    {
        return std::isnan(rules_.marginal_target) ? target / curves_.elasticity : rules_.marginal_target;
    }
    /** P(one more response costs at most the target), over what is known of cost and elasticity. */
    [[nodiscard]] double p_marginal(std::size_t i, const CostPosterior& belief, double daily_spend, double target) const
    {
        constexpr std::size_t stride = 4;
        double probability = 0;
        for (std::size_t k = 0; k < elasticity_nodes; k += stride) {
            double weight = 0;
            double elasticity = 0;
            for (std::size_t n = k; n < k + stride; ++n) {
                weight += curves_.campaigns[i].weight[n];
                elasticity += curves_.campaigns[i].weight[n] * elasticity_node(n);
            }
            if (weight > 1e-6) {
                probability += weight * belief.probability_within(target * elasticity_at(i, daily_spend, elasticity / weight));
            }
        }
        return std::min(probability, 1.0);
    }
    /** How far the spend can rise until one more response costs the target. */
    [[nodiscard]] double room(std::size_t i, const Advice& advice, double target) const
    {
        const ResponseFit& fit = curves_.campaigns[i];
        const double reference = fit.spend > 0 ? fit.spend : advice.daily_spend;
        Curve curve{Shape(Family::michaelis_menten, fit.elasticity), reference, 1};
        curve.response = advice.daily_spend / advice.cost / curve.value(advice.daily_spend);
        return curve.at_slope(1 / target) / advice.daily_spend - 1;
    }

    void decide(std::size_t i, const CostPosterior& belief, Advice& advice) const
    {
        const Evidence& evidence = evidence_[i];
        const double sureness = std::max(advice.p_better, advice.p_worse);
        advice.evidence = sureness >= 0.95 ? "strong" : sureness >= 0.9 ? "moderate" : "weak";
        const std::string cost = "A lead costs " + shown(advice.cost) + " (" + shown(advice.cost_low) + " to " +
                                 shown(advice.cost_high) + "), the " +
                                 (std::isnan(rules_.target) ? "others pay " : "target is ") + shown(advice.target);
        if (!timeless_ && level_of(panel_[i], as_of_, stopped_days).mean <= 0) {
            advice.evidence = "inactive";
            advice.reason = "No spend in the last " + std::to_string(stopped_days) + " days: it is stopped already.";
            return;
        }
        if (still_learning(panel_[i], as_of_, evidence, advice.target)) {
            advice.evidence = "learning";
            advice.reason = "Too little to judge: " + std::to_string(evidence.days) + " days, " +
                            shown_short(evidence.responses) + " leads on a spend of " + shown(evidence.spend) + ".";
            set_spend_needed(i, advice);
            return;
        }
        const double pause_at = evidence.contracts > 0 ? std::max(rules_.p_pause, 0.95) : rules_.p_pause;
        const auto better = [this](std::size_t n, const CostPosterior& b) { return p_better(n, b); };
        const auto worse = [this](std::size_t n, const CostPosterior& b) { return p_worse(n, b); };
        const double marginal = marginal_target(advice.target);
        if (evidence.spend >= rules_.least_spend * advice.target && sure(i, advice.p_worse, pause_at, worse)) {
            advice.action = Action::pause;
            advice.change = -1;
            advice.reason = cost + ": more than " + shown_short(100 * rules_.margin) + " % dearer with probability " +
                            shown_short(advice.p_worse) + ".";
            return;
        }
        if (evidence.responses >= rules_.least_responses && sure(i, advice.p_better, rules_.p_scale, better)) {
            scale(i, belief, marginal, cost, advice);
            return;
        }
        const double p_dear = 1 - p_marginal(i, belief, advice.daily_spend, marginal);
        if (p_dear >= p_reduce) {
            advice.change = -rules_.step;
            advice.reason = cost + ", and one more lead costs " + shown(advice.marginal_cost) + ", above " + shown(marginal) +
                            " with probability " + shown_short(p_dear) + ": reduce it.";
        } else {
            advice.reason = cost + ": cheaper with probability " + shown_short(advice.p_better) + ", which does not decide.";
        }
        set_spend_needed(i, advice);
    }

    void scale(std::size_t i, const CostPosterior& belief, double marginal, const std::string& cost, Advice& advice) const
    {
        const std::string cheaper = cost + ": cheaper with probability " + shown_short(advice.p_better);
        const std::int32_t since = timeless_ ? -1 : days_since_change(panel_[i]);
        if (since > 0) {
            advice.evidence = "cooling_down";
            advice.next_review = as_of_ - since + 1 + rules_.cooldown;
            advice.reason = cheaper + ", but its spend changed " + std::to_string(since) + " days ago: let it settle.";
            return;
        }
        const double room_left = room(i, advice, marginal);
        if (p_marginal(i, belief, advice.daily_spend, marginal) < 0.5 || room_left < least_step) {
            advice.reason = cheaper + ", but one more costs " + shown(advice.marginal_cost) + ", near or above the " +
                            shown(marginal) + " that pay: more spend would bring too little.";
            return;
        }
        double step = std::min(advice.p_better >= 0.95 ? rules_.step : rules_.step / 2, room_left);
        const double earlier = timeless_ ? 0 : level_of(panel_[i], as_of_ - 14, 7).mean;
        if (earlier > 0) {
            step = std::min(step, most_growth * earlier / advice.daily_spend - 1);
        }
        if (step < least_step) {
            advice.evidence = "cooling_down";
            advice.reason = cheaper + ", but its spend grew from " + shown(earlier) + " to " + shown(advice.daily_spend) +
                            " a day in two weeks: let it settle.";
            return;
        }
        advice.action = Action::scale;
        advice.change = step;
        advice.reason =
            cheaper + ". One more costs about " + shown(advice.marginal_cost) + ", which pays up to " + shown(marginal) + ".";
    }

    /** How much more spend decides, if the cost is what it looks like. */
    void set_spend_needed(std::size_t i, Advice& advice) const
    {
        const double distance = std::log(advice.cost / advice.target);
        const double responses = (1.2816 / distance) * (1.2816 / distance);
        const CostEvidence count = count_of(evidence_[i]);
        const double needed = responses * advice.cost * (1 + count.events / count.size) - evidence_[i].spend;
        if (std::isfinite(needed) && needed < 100 * advice.spend) {
            advice.spend_needed = std::max(needed, 0.0);
            if (advice.daily_spend > 0 && !timeless_) {
                advice.next_review =
                    as_of_ + static_cast<std::int32_t>(std::clamp(std::ceil(advice.spend_needed / advice.daily_spend),
                                                                  double(rules_.least_days), 28.0));
            }
        } else {
            advice.next_review = as_of_ + 28;
        }
    }

    std::span<const Series> panel_;
    const ActionRules& rules_;
    std::int32_t as_of_;
    kernel::StopFlag stop_;
    bool timeless_ = true;  // no campaign has more than one day
    std::vector<double> weight_;
    std::vector<Evidence> evidence_;
    double excess_ = 0;
    std::map<std::string_view, CostPrior> priors_;
    CostBelief total_{0, 0};
    double total_variance_ = 0;
    ResponseModel curves_;
};

}  // namespace

double expected_false_rate(std::span<const Advice> advice)
{
    double sum = 0;
    double n = 0;
    for (const Advice& a : advice) {
        if (a.action != Action::monitor) {
            sum += 1 - (a.action == Action::scale ? a.p_better : a.p_worse);
            n += 1;
        }
    }
    return n > 0 ? sum / n : nan;
}

std::vector<Advice> advise(std::span<const Series> panel, const ActionRules& rules, std::int32_t as_of,
                           const kernel::StopFlag& stop)
{
    check(rules);
    const Adviser adviser(panel, rules, as_of, stop);
    std::vector<Advice> advice;
    for (std::size_t i = 0; i < panel.size(); ++i) {
        stop.poll();
        advice.push_back(adviser.advice(i));
    }
    return advice;
}

}  // namespace marketing::budget
