#include "budget/actions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "budget/costs.hpp"
#include "budget/dispersion.hpp"
#include "budget/evidence.hpp"
#include "budget/reasons.hpp"
#include "budget/response.hpp"
#include "kernel/error.hpp"
#include "kernel/named.hpp"
#include "kernel/unknown.hpp"
#include "numeric/square.hpp"

namespace marketing::budget {

namespace {

using kernel::require_valid;

constexpr double nan = kernel::unknown;
constexpr auto actions =
    kernel::names<Action>("action", {{"scale", Action::scale}, {"pause", Action::pause}, {"monitor", Action::monitor}});
constexpr auto goals = kernel::names<Goal>("objective", {{"auto", Goal::automatic},
                                                         {"leads", Goal::leads},
                                                         {"contracts", Goal::contracts},
                                                         {"revenue", Goal::revenue},
                                                         {"profit", Goal::profit}});
constexpr auto outcomes = kernel::names<Outcome>(
    "outcome", {{"leads", Outcome::leads}, {"contracts", Outcome::contracts}, {"revenue", Outcome::revenue}});
/** How far back an earlier advice is looked for. */
constexpr std::int32_t memory_days = 14;
/** Days without spend after which a campaign counts as stopped. */
constexpr std::int32_t stopped_days = 3;
/** A change of the spend by less than this is no advice. */
constexpr double least_step = 0.05;
/** How much of the spend of two weeks ago a campaign may reach. */
constexpr double most_growth = 1.5;
/** P(the marginal cost is too high) from which less spend is suggested. */
constexpr double p_reduce = 0.8;

void check(const ActionRules& r)
{
    const auto positive = [](double x) { return x > 0 && std::isfinite(x); };
    const auto probability = [](double x) { return x > 0.5 && x < 1; };
    require_valid(std::isnan(r.target) || positive(r.target), "target must be positive");
    require_valid(std::isnan(r.marginal_target) || positive(r.marginal_target), "marginal_target must be positive");
    require_valid(probability(r.p_scale) && probability(r.p_pause), "p_scale and p_pause must be above 0.5 and below 1");
    require_valid(r.hysteresis >= 0 && r.hysteresis < 0.5, "hysteresis must be at least 0 and below 0.5");
    require_valid(r.margin >= 0 && std::isfinite(r.margin), "margin must not be negative");
    require_valid(r.least_responses >= 0 && r.least_spend >= 0, "min_leads and min_spend_mult must not be negative");
    require_valid(positive(r.step), "step must be positive");
    require_valid(r.half_life > 0, "half_life must be positive");
    require_valid(r.window >= 1, "window must be at least 1 day");
    require_valid(r.profit_margin > 0 && r.profit_margin <= 1, "profit_margin must be above 0 and at most 1");
}

/** The rules with the targets that profit has: what is spent for the last unit of revenue is what is left of it. */
ActionRules with_targets(ActionRules rules)
{
    if (rules.goal == Goal::profit) {
        rules.target = rules.marginal_target = rules.profit_margin;
    }
    return rules;
}

Outcome outcome_of(Goal goal, const Worths& worths)
{
    switch (goal) {
        case Goal::automatic: return worths.deepest();
        case Goal::leads: return Outcome::leads;
        case Goal::contracts: return Outcome::contracts;
        case Goal::revenue:
        case Goal::profit: break;
    }
    return Outcome::revenue;
}

class Adviser {
public:
    Adviser(std::span<const Series> panel, const ActionRules& rules, std::int32_t as_of, const kernel::StopFlag& stop)
        : panel_(panel),
          rules_(with_targets(rules)),
          as_of_(as_of),
          stop_(stop),
          window_(rules.window, rules.half_life),
          worths_(panel, as_of, stop),
          outcome_(outcome_of(rules.goal, worths_))
    {
        for (const Series& series : panel) {
            evidence_.push_back(window_.evidence_of(series, as_of));
            timeless_ = timeless_ && series.days.size() == 1 && series.days.front().day == as_of;
        }
        dispersion_ = learn_dispersions(panel, as_of, rules.window, stop);
        learn_costs();
        learn_curves();
    }

    [[nodiscard]] Advice advice(std::size_t i) const
    {
        Advice advice;
        advice.campaign = panel_[i].campaign;
        advice.platform = panel_[i].platform;
        const Grounds grounds = judge(i, advice);
        advice.evidence = evidence_word(advice, grounds.ground);
        advice.reason = reason_of(advice, grounds, rules_);
        return advice;
    }

private:
    /** A prior per platform, and what all of them bring together. */
    void learn_costs()
    {
        std::map<std::string_view, std::vector<CostEvidence>> platforms;
        double leads = 0;
        for (std::size_t i = 0; i < panel_.size(); ++i) {
            const Evidence& evidence = evidence_[i];
            platforms[panel_[i].platform].push_back(count_of(evidence, dispersion_[i]));
            if (evidence.weighted_exposure > 0) {
                leads += evidence.weighted_responses;
                total_.events += units_of(i);
                total_.spend += evidence.weighted_exposure;
                total_variance_ += units_variance(i);
            }
        }
        const double usual = total_.spend > 0 ? std::max(leads, 0.5) / total_.spend : 1;
        for (const auto& [platform, group] : platforms) {
            stop_.poll();
            priors_.try_emplace(platform, group, usual);
        }
    }

    void learn_curves()
    {
        const auto blocks =
            timeless_ ? std::vector<std::vector<Block>>(panel_.size()) : blocks_of(panel_, as_of_, rules_.block);
        curves_ = fit_responses(blocks, {}, {}, stop_);
    }

    // -- Costs

    [[nodiscard]] CostPosterior belief_of(std::size_t i, const Evidence& evidence) const
    {
        return lead_belief(i, evidence).per_unit(worth_of(i));
    }
    [[nodiscard]] CostPosterior lead_belief(std::size_t i, const Evidence& evidence) const
    {
        return priors_.at(panel_[i].platform).update(count_of(evidence, dispersion_[i]));
    }
    /** A lead of a campaign in units of the outcome; 1 where nothing is known of that, and nothing will be advised. */
    [[nodiscard]] LogBelief worth_of(std::size_t i) const
    {
        return worths_.knows(outcome_) ? worths_.lead(i, outcome_) : LogBelief{};
    }
    /** What the weighted leads of a campaign bring, and its variance. */
    [[nodiscard]] double units_of(std::size_t i) const { return evidence_[i].weighted_responses * worth_of(i).median(); }
    [[nodiscard]] double units_variance(std::size_t i) const
    {
        const LogBelief worth = worth_of(i);
        return numeric::square(worth.median()) *
               (variance_of(evidence_[i], dispersion_[i]) + numeric::square(evidence_[i].weighted_responses * worth.deviation));
    }

    /** What the other campaigns together bring, as sure as it is. */
    [[nodiscard]] GammaRate rest_of(std::size_t i) const
    {
        const Evidence& own = evidence_[i];
        if (own.weighted_exposure <= 0) {
            return total_;
        }
        const double events = total_.events - units_of(i);
        const double spend = total_.spend - own.weighted_exposure;
        const double variance = total_variance_ - units_variance(i);
        if (!(events > total_.events * 1e-12) || !(spend > total_.spend * 1e-12)) {
            return {0, 0};
        }
        const double dispersion = std::max(variance / events, events * 1e-12);
        return {events / dispersion, spend / dispersion};
    }

    [[nodiscard]] double target_of(std::size_t i) const
    {
        if (!worths_.knows(outcome_)) {
            return nan;
        }
        if (!std::isnan(rules_.target)) {
            return rules_.target;
        }
        const GammaRate rest = rest_of(i);
        return rest.events > 0 ? rest.spend / rest.events : nan;
    }
    /** P(the cost is at most `factor` times that of the rest). */
    [[nodiscard]] double p_within_rest(std::size_t i, const CostPosterior& belief, double factor) const
    {
        const GammaRate rest = rest_of(i);
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
    /** What a lead of a campaign may cost so that the target is met. */
    [[nodiscard]] double lead_target(std::size_t i) const { return target_of(i) * worth_of(i).median(); }

    /** Whether an action that is not sure enough to begin today began before and has been sure enough to stay ever since. */
    template <class Probability>
    [[nodiscard]] bool began_before(std::size_t i, double enters, Probability probability) const
    {
        for (std::int32_t back = 1; back <= memory_days && !timeless_; ++back) {
            const Evidence evidence = window_.evidence_of(panel_[i], as_of_ - back);
            if (evidence.weighted_exposure <= 0 || still_learning(panel_[i], as_of_ - back, evidence, lead_target(i))) {
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

    // -- What more spend brings

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
            if (weight > 1e-6 && elasticity > 0) {
                probability += weight * belief.probability_within(target * elasticity_at(i, daily_spend, elasticity / weight));
            }
        }
        return std::min(probability, 1.0);
    }
    /** How far the spend can rise until one more response costs the target. */
    [[nodiscard]] double room(std::size_t i, const AdviceNumbers& advice, double target) const
    {
        const ResponseFit& fit = curves_.campaigns[i];
        const double reference = fit.spend > 0 ? fit.spend : advice.daily_spend;
        Curve curve{Shape(Family::michaelis_menten, fit.elasticity), reference, 1};
        curve.response = advice.daily_spend / advice.unit_cost / curve.value(advice.daily_spend);
        return curve.at_slope(1 / target) / advice.daily_spend - 1;
    }

    // -- The decision

    /** Fills in all numbers of an advice. */
    [[nodiscard]] Grounds judge(std::size_t i, AdviceNumbers& advice) const
    {
        const Evidence& evidence = evidence_[i];
        advice.change = nan;
        advice.spend = evidence.spend;
        advice.responses = evidence.responses;
        advice.arrived = evidence.spend > 0 ? evidence.exposure / evidence.spend : 1;
        advice.contracts = evidence.contracts;
        advice.next_review = as_of_ + rules_.least_days;
        advice.elasticity = told_elasticity(curves_.campaigns[i].elasticity);
        advice.outcome = outcome_;
        advice.cost = advice.cost_low = advice.cost_high = advice.p_better = advice.p_worse = advice.p_better_rest = nan;
        advice.unit_cost = advice.unit_low = advice.unit_high = advice.roas = advice.roas_low = advice.roas_high = nan;
        advice.marginal_cost = advice.spend_needed = nan;
        advice.lead_worth = worth_of(i).median();
        advice.signing = worths_.knows(Outcome::contracts) ? worths_.contracts_per_lead(i).median() : nan;
        advice.value = worths_.knows(Outcome::revenue) ? worths_.contract_value(i).median() : nan;
        advice.daily_spend = recent_spend(window_.days_of(panel_[i], as_of_));
        advice.target = target_of(i);
        if (evidence.weighted_exposure <= 0) {
            return {Ground::no_spend};
        }
        const CostPosterior belief = belief_of(i, evidence);
        set_costs(i, belief, advice);
        if (!worths_.knows(outcome_)) {
            return {Ground::no_outcome};
        }
        return std::isnan(advice.target) ? Grounds{Ground::no_target} : decide(i, belief, advice);
    }

    void set_costs(std::size_t i, const CostPosterior& belief, AdviceNumbers& advice) const
    {
        const CostPosterior lead = lead_belief(i, evidence_[i]);
        advice.cost = lead.quantile(0.5);
        advice.cost_low = lead.quantile(0.05);
        advice.cost_high = lead.quantile(0.95);
        advice.unit_cost = belief.quantile(0.5);
        advice.unit_low = belief.quantile(0.05);
        advice.unit_high = belief.quantile(0.95);
        kernel::require_computed(std::isfinite(advice.cost_low) && std::isfinite(advice.cost_high) &&
                                     std::isfinite(advice.unit_low) && std::isfinite(advice.unit_high),
                                 "A cost has no number.", "Give spends and responses in other units.");
        if (worths_.knows(Outcome::revenue)) {
            const CostPosterior money = lead.per_unit(worths_.lead(i, Outcome::revenue));
            advice.roas = 1 / money.quantile(0.5);
            advice.roas_low = 1 / money.quantile(0.95);
            advice.roas_high = 1 / money.quantile(0.05);
        }
        if (advice.elasticity > 0) {
            advice.marginal_cost = advice.cost / elasticity_at(i, advice.daily_spend, advice.elasticity);
        }
        if (rest_of(i).events > 0) {
            advice.p_better_rest = p_within_rest(i, belief, 1);
        }
        if (!std::isnan(advice.target)) {
            advice.p_better = p_better(i, belief);
            advice.p_worse = p_worse(i, belief);
        }
    }

    [[nodiscard]] Grounds decide(std::size_t i, const CostPosterior& belief, AdviceNumbers& advice) const
    {
        const Evidence& evidence = evidence_[i];
        if (!timeless_ && spend_level(panel_[i], as_of_, stopped_days).mean <= 0) {
            return {Ground::stopped, stopped_days};
        }
        if (still_learning(panel_[i], as_of_, evidence, lead_target(i))) {
            set_spend_needed(i, advice);
            return {Ground::too_little, evidence.days};
        }
        // Where leads alone are looked at, contracts speak for a campaign.
        const bool overlooked = outcome_ == Outcome::leads && evidence.contracts > 0;
        const double pause_at = overlooked ? std::max(rules_.p_pause, 0.95) : rules_.p_pause;
        const auto better = [this](std::size_t n, const CostPosterior& b) { return p_better(n, b); };
        const auto worse = [this](std::size_t n, const CostPosterior& b) { return p_worse(n, b); };
        if (evidence.spend >= rules_.least_spend * lead_target(i) && sure(i, advice.p_worse, pause_at, worse)) {
            advice.action = Action::pause;
            advice.change = -1;
            return {Ground::dear};
        }
        const double marginal = marginal_target(advice.target);
        const double p_cheap_margin = p_marginal(i, belief, advice.daily_spend, marginal);
        Grounds grounds{Ground::undecided, 0, marginal, 1 - p_cheap_margin};
        if (evidence.responses >= rules_.least_responses && sure(i, advice.p_better, rules_.p_scale, better)) {
            scale(i, advice, grounds);
            return grounds;
        }
        if (grounds.p_dear_margin >= p_reduce) {
            grounds.ground = Ground::dear_margin;
            advice.change = -rules_.step;
        }
        set_spend_needed(i, advice);
        return grounds;
    }

    /** What a cheap campaign is advised: more spend, unless something speaks against it. */
    void scale(std::size_t i, AdviceNumbers& advice, Grounds& grounds) const
    {
        grounds.days = timeless_ ? -1 : days_since_change(panel_[i], as_of_, rules_.cooldown);
        if (grounds.days > 0) {
            grounds.ground = Ground::spend_changed;
            advice.next_review = as_of_ - grounds.days + 1 + rules_.cooldown;
            return;
        }
        const double room_left = room(i, advice, grounds.marginal_target);
        if (grounds.p_dear_margin > 0.5 || room_left < least_step) {
            grounds.ground = Ground::no_room;
            return;
        }
        double step = std::min(advice.p_better >= 0.95 ? rules_.step : rules_.step / 2, room_left);
        grounds.earlier_spend = timeless_ ? 0 : spend_level(panel_[i], as_of_ - 14, 7).mean;
        if (grounds.earlier_spend > 0) {
            step = std::min(step, most_growth * grounds.earlier_spend / advice.daily_spend - 1);
        }
        if (step < least_step) {
            grounds.ground = Ground::spend_grew;
            return;
        }
        grounds.ground = Ground::cheap;
        advice.action = Action::scale;
        advice.change = step;
    }

    /** How much more spend decides, if the cost is what it looks like. */
    void set_spend_needed(std::size_t i, AdviceNumbers& advice) const
    {
        const double distance = std::log(advice.unit_cost / advice.target);
        const double responses = (1.2816 / distance) * (1.2816 / distance);
        const CostEvidence count = count_of(evidence_[i], dispersion_[i]);
        const double needed = responses * advice.cost * (1 + count.events * count.sizes.excess()) - evidence_[i].spend;
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
    ActionRules rules_;
    std::int32_t as_of_;
    kernel::StopFlag stop_;
    Window window_;
    Worths worths_;
    Outcome outcome_;
    bool timeless_ = true;  // no campaign has more than one day
    std::vector<Evidence> evidence_;
    std::vector<Dispersion> dispersion_;
    std::map<std::string_view, CostPrior> priors_;
    GammaRate total_{0, 0};
    double total_variance_ = 0;
    ResponseModel curves_;
};

}  // namespace

std::string_view name_of(Action action)
{
    return actions.name_of(action);
}

std::string_view name_of(Outcome outcome)
{
    return outcomes.name_of(outcome);
}

Goal find_goal(std::string_view name)
{
    return goals.find(name);
}

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
