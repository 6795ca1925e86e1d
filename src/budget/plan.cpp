#include "budget/plan.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <utility>

#include "budget/columns.hpp"
#include "kernel/error.hpp"

namespace marketing::budget {

namespace {

using kernel::Error;
using kernel::ErrorCode;

/** How far the spend of a campaign may move whose own curve is not known: as far as its portfolio's curve can be trusted. */
constexpr double thin_step = 0.2;
/** A plan that does not spend more goes only as far as it is this probable to bring more. */
constexpr double least_probability = 0.85;

std::string shown(double x, int decimals)
{
    char text[48];
    std::snprintf(text, sizeof text, "%.*f", decimals, x);
    return text;
}

void check(const PlanRules& rules)
{
    if (!(rules.least >= 0) || !(rules.least <= rules.most) || !std::isfinite(rules.most)) {
        throw Error(ErrorCode::invalid_parameter, "bounds must be two multiples of today's spend, the lower one first",
                    "They are " + shown(rules.least, 4) + " and " + shown(rules.most, 4) + ".",
                    "{0.7,1.3} lets a campaign lose or gain 30 percent.");
    }
    if (!(rules.horizon >= 1) || !(rules.unit > 0) || rules.window < 1) {
        throw Error(ErrorCode::invalid_parameter, "horizon and window must be at least 1 day, unit must be positive");
    }
}

/** A campaign that spent nothing for so many days has stopped. */
constexpr std::int32_t stopped_days = 3;

/** Spend per day of the window's days, of the campaign's own days where it is younger; 0 where it has stopped. */
double current_spend(const Series& series, std::int32_t as_of, std::int32_t window)
{
    double spend = 0;
    std::int32_t last = as_of - window;
    for (const Day& day : series.days) {
        if (day.day > as_of - window && day.day <= as_of) {
            spend += day.spend;
            last = day.spend > 0 ? day.day : last;
        }
    }
    if (last <= as_of - std::min(stopped_days, window)) {
        return 0;
    }
    const std::int32_t known = std::min(window, as_of - series.days.front().day + 1);
    return known > 0 ? spend / known : 0;
}

/** The spends a part of the way from `today` to `aim`. */
std::vector<double> between(std::span<const double> today, std::span<const double> aim, double part)
{
    std::vector<double> spend(today.size());
    for (std::size_t i = 0; i < today.size(); ++i) {
        spend[i] = part == 1 ? aim[i] : today[i] + part * (aim[i] - today[i]);
    }
    return spend;
}

std::vector<Move> moves_of(std::span<const double> today, std::span<const double> spend)
{
    std::vector<Move> moves;
    for (std::size_t i = 0; i < spend.size(); ++i) {
        moves.push_back({today[i], spend[i]});
    }
    return moves;
}

class Planner {
public:
    Planner(std::span<const Series> panel, const PlanRules& rules, std::int32_t as_of, const kernel::StopFlag& stop)
        : panel_(panel), rules_(rules), stop_(stop)
    {
        check(rules);
        fit(as_of);
        for (const Series& series : panel) {
            current_.push_back(current_spend(series, as_of, rules.window));
        }
        total_ = std::accumulate(current_.begin(), current_.end(), 0.0);
        choose_candidates();
    }

    [[nodiscard]] Plan plan()
    {
        std::vector<double> spend = current_;
        std::vector<Binding> binding(panel_.size(), Binding::fixed);
        if (!candidates_.empty()) {
            const Allocation allocation = allocate(candidates_, shares_, rules_.objective, target(), stop_);
            for (std::size_t c = 0; c < member_.size(); ++c) {
                spend[member_[c]] = allocation.spend[c] / rules_.horizon;
                binding[member_[c]] = allocation.binding[c];
            }
        }
        // Moving money is not free of risk: without more of it, it moves only as far as that is likely to pay.
        if (!candidates_.empty() && may_stay()) {
            const LikelyStep step = likely_step(model_, current_, spend, stop_);
            part_ = step.part;
            doubt_ = step.probability_of_all;
            return written(rounded(between(current_, spend, part_)), binding, step.outcome);
        }
        return written(rounded(spend), binding, outcome_of(model_, moves_of(current_, spend), stop_));
    }

    [[nodiscard]] std::vector<std::vector<CurvePoint>> curves(const CurveGrid& grid) const
    {
        std::vector<std::vector<CurvePoint>> found(panel_.size());
        for (std::int32_t n = 0; n < grid.count; ++n) {
            const double multiple = grid.reach * n / (grid.count - 1);
            std::vector<double> spend = current_;
            for (double& s : spend) {
                s *= multiple;
            }
            const PlanOutcome outcome = outcome_of(model_, moves_of(current_, spend), stop_);
            for (const std::size_t i : member_) {
                found[i].push_back({multiple, spend[i] * rules_.horizon, of_horizon(outcome.campaigns[i].after)});
            }
        }
        return found;
    }

private:
    void fit(std::int32_t as_of)
    {
        std::vector<LiftTest> tests(rules_.tests.empty() ? 0 : panel_.size());
        for (const NamedTest& test : rules_.tests) {
            if (!(test.test.elasticity > 0 && test.test.elasticity < 1 && test.test.deviation > 0 &&
                  std::isfinite(test.test.deviation))) {
                throw Error(ErrorCode::invalid_parameter,
                            "a lift test needs an elasticity between 0 and 1 and a positive standard deviation");
            }
            tests[index_of(test.campaign, "lift test")] = test.test;
        }
        model_ = fit_responses(blocks_of(panel_, as_of, rules_.block), tests, rules_.response, stop_);
    }

    [[nodiscard]] std::size_t index_of(std::string_view campaign, const char* what) const
    {
        const auto found =
            std::find_if(panel_.begin(), panel_.end(), [campaign](const Series& s) { return s.campaign == campaign; });
        if (found == panel_.end()) {
            throw Error(ErrorCode::invalid_parameter,
                        std::string("unknown campaign of a ") + what + ": \"" + std::string(campaign) + "\"");
        }
        return static_cast<std::size_t>(found - panel_.begin());
    }
    [[nodiscard]] bool is_among(std::size_t i, std::span<const std::string_view> names) const
    {
        return std::find(names.begin(), names.end(), panel_[i].campaign) != names.end();
    }
    [[nodiscard]] bool frozen(std::size_t i) const { return is_among(i, rules_.frozen); }

    void choose_candidates()
    {
        for (const std::string_view name : rules_.frozen) {
            (void)index_of(name, "frozen budget");
        }
        for (const NamedShare& share : rules_.shares) {
            if (std::none_of(panel_.begin(), panel_.end(),
                             [&share](const Series& s) { return s.platform == share.platform; })) {
                throw Error(ErrorCode::invalid_parameter,
                            "unknown platform of a share: \"" + std::string(share.platform) + "\"");
            }
        }
        shares_ = constraints_of(rules_.shares);
        // Where the whole budget changes, campaigns of which little is known change with it.
        const double wanted =
            rules_.objective == Objective::fixed_budget && total_ > 0 ? target() / (total_ * rules_.horizon) : 1;
        const double center = std::clamp(wanted, rules_.least, rules_.most);
        for (std::size_t i = 0; i < panel_.size(); ++i) {
            const ResponseFit& fit = model_.campaigns[i];
            if (current_[i] <= 0 || fit.blocks == 0) {
                continue;
            }
            double least = rules_.least;
            double most = rules_.most;
            if (frozen(i)) {
                least = most = 1;
            } else if (!fit.usable) {
                least = std::max(least, center * (1 - thin_step));
                most = std::min(most, center * (1 + thin_step));
            }
            if (is_among(i, rules_.capped)) {
                least = std::min(least, 1.0);
                most = std::min(most, 1.0);
            }
            member_.push_back(i);
            // In amounts of the horizon, so that errors speak of those.
            Curve curve = fit.curve(model_.family);
            curve.spend *= rules_.horizon;
            curve.response *= rules_.horizon;
            curve.base *= rules_.horizon;
            const double current = current_[i] * rules_.horizon;
            candidates_.push_back(
                {curve, current, current * least, current * most, group_of(rules_.shares, panel_[i].platform)});
        }
    }

    [[nodiscard]] double target() const
    {
        if (rules_.target) {
            return *rules_.target;
        }
        if (rules_.objective == Objective::fixed_budget || rules_.objective == Objective::same_response) {
            return total_ * rules_.horizon;
        }
        throw Error(ErrorCode::invalid_parameter, "this objective needs a target", {},
                    "Give the cost, the marginal cost or the response to reach.");
    }
    /** Whether the rules would let all spends be what they are. */
    [[nodiscard]] bool may_stay() const
    {
        const double today = total_ * rules_.horizon;
        std::vector<double> of_group(shares_.size());
        for (const Candidate& c : candidates_) {
            of_group[c.group] += c.current;
        }
        bool within_shares = true;
        for (std::size_t g = 0; g < shares_.size(); ++g) {
            within_shares = within_shares && of_group[g] >= (shares_[g].least - 1e-9) * today &&
                            of_group[g] <= (shares_[g].most + 1e-9) * today;
        }
        return within_shares && rules_.objective == Objective::fixed_budget && std::abs(target() - today) <= 1e-9 * today;
    }
    [[nodiscard]] std::vector<double> rounded(std::vector<double> spend) const
    {
        for (double& s : spend) {
            s *= rules_.horizon;
        }
        return round_to_unit(spend, rules_.unit);
    }
    [[nodiscard]] Interval of_horizon(const Interval& interval) const
    {
        return {interval.mean * rules_.horizon, interval.low * rules_.horizon, interval.high * rules_.horizon};
    }

    /** Why a campaign has no curve of its own. */
    [[nodiscard]] std::string doubt_of(const ResponseFit& fit) const
    {
        if (fit.blocks < usable_blocks) {
            return " Thin data: " + std::to_string(fit.blocks) + " blocks of " + std::to_string(rules_.block) +
                   " days, so the curve is the portfolio's";
        }
        if (fit.spread < usable_spread) {
            return " Its spend hardly varied (" + shown(100 * fit.spread, 0) + " %), so the curve is the portfolio's";
        }
        if (fit.own_spread < usable_spread) {
            return " Its spend moved as that of all campaigns did, so what it brings cannot be told from a season";
        }
        return " What it brings did not clearly follow its spend, so the effect may be none";
    }

    [[nodiscard]] std::string reason_of(std::size_t i, Binding binding, double change) const
    {
        const ResponseFit& fit = model_.campaigns[i];
        if (current_[i] <= 0 || fit.blocks == 0) {
            return "No spend in the last " + std::to_string(std::min(stopped_days, rules_.window)) +
                   " days: it is not part of the plan.";
        }
        if (frozen(i)) {
            return "Frozen: it keeps its spend.";
        }
        std::string reason;
        if (part_ == 0) {
            reason = "Kept: moving money would bring more with probability " + shown(doubt_, 2) + " only.";
        } else if (std::abs(change) < 0.005 * part_) {
            reason = "Its next result costs what the others' do.";
        } else {
            reason = change > 0 ? "More: its next result is cheaper than the others'"
                                : "Less: its next result is dearer than the others'";
            reason += binding == Binding::least || binding == Binding::most ? ", up to its bound"
                      : binding == Binding::group                           ? ", within its platform's share"
                                                                            : "";
            reason += part_ < 1 ? ", and only part of the way, as far as a gain is likely." : ".";
        }
        if (!fit.usable) {
            reason += doubt_of(fit) + " and it moves by at most " + shown(100 * thin_step, 0) + " %.";
        }
        return reason;
    }

    [[nodiscard]] Plan written(const std::vector<double>& spend, std::span<const Binding> binding,
                               const PlanOutcome& outcome) const
    {
        Plan plan;
        double recommended = 0;
        for (std::size_t i = 0; i < panel_.size(); ++i) {
            const ResponseFit& fit = model_.campaigns[i];
            PlannedCampaign row;
            row.current = current_[i] * rules_.horizon;
            row.recommended = spend[i];
            row.response_now = of_horizon(outcome.campaigns[i].before);
            row.response_then = of_horizon(outcome.campaigns[i].after);
            row.elasticity = told_elasticity(fit.elasticity);
            row.marginal_cost = fit.blocks > 0 && spend[i] > 0 && row.elasticity > 0
                                    ? 1 / fit.curve(model_.family).slope(spend[i] / rules_.horizon)
                                    : kernel::unknown;
            row.blocks = fit.blocks;
            row.usable = fit.usable;
            row.binding = binding[i] == Binding::fixed || part_ == 1 ? name_of(binding[i]) : part_ == 0 ? "kept" : "doubt";
            row.reason = reason_of(i, binding[i], row.current > 0 ? row.recommended / row.current - 1 : 0);
            recommended += spend[i];
            plan.total.blocks += fit.blocks;
            plan.total.usable = plan.total.usable || fit.usable;
            plan.campaigns.push_back(row);
        }
        plan.total.current = total_ * rules_.horizon;
        plan.total.recommended = recommended;
        plan.total.response_now = of_horizon(outcome.total.before);
        plan.total.response_then = of_horizon(outcome.total.after);
        plan.total.elasticity = plan.total.marginal_cost = kernel::unknown;
        plan.lift = of_horizon(outcome.lift);
        plan.probability_of_lift = outcome.probability_of_lift;
        plan.total.reason = reason_of_total(plan);
        return plan;
    }
    [[nodiscard]] std::string reason_of_total(const Plan& plan) const
    {
        if (candidates_.empty()) {
            return "No campaign spends: there is nothing to plan.";
        }
        if (part_ == 0) {
            return "Keep the budgets: the best move found brings more with probability " + shown(doubt_, 2) + " only." +
                   doubt_of_all();
        }
        std::string reason = "Expected change of the response: " + shown(plan.lift.mean, 1) + " (" + shown(plan.lift.low, 1) +
                             " to " + shown(plan.lift.high, 1) + "), a gain with probability " +
                             shown(plan.probability_of_lift, 2) + ".";
        if (part_ < 1) {
            reason += " That is " + shown(100 * part_, 0) +
                      " % of the way to the best budgets; all of it would gain with probability " + shown(doubt_, 2) + " only.";
        }
        return reason + doubt_of_all();
    }
    /** Why no campaign has a curve of its own; nothing where one has. */
    [[nodiscard]] std::string doubt_of_all() const
    {
        const auto any = [this](auto of) { return std::any_of(model_.campaigns.begin(), model_.campaigns.end(), of); };
        const auto varied = [](const ResponseFit& fit) { return fit.blocks >= usable_blocks && fit.spread >= usable_spread; };
        if (any([](const ResponseFit& fit) { return fit.usable; })) {
            return {};
        }
        if (any([&](const ResponseFit& fit) { return varied(fit) && fit.own_spread >= usable_spread; })) {
            return " What came back followed no spend clearly: it may have no effect.";
        }
        if (any(varied)) {
            return " All spends moved together: what they bring cannot be told from a season that moves both.";
        }
        return " Data too thin: no campaign has a curve of its own (" + std::to_string(usable_blocks) +
               " blocks with different spends).";
    }

    std::span<const Series> panel_;
    const PlanRules& rules_;
    kernel::StopFlag stop_;
    ResponseModel model_;
    std::vector<double> current_;  // per day
    double total_ = 0;
    std::vector<Candidate> candidates_;
    std::vector<std::size_t> member_;  // of each candidate, in the panel
    std::vector<Share> shares_;
    double part_ = 1;   // of the way to the best allocation that the plan goes
    double doubt_ = 0;  // probability that all of the way gains
};

}  // namespace

std::vector<NamedTest> named_tests(std::span<const std::string_view> campaign, std::span<const double> elasticity,
                                   std::span<const double> deviation)
{
    const Rows rows{campaign.size(), "lift_campaigns"};
    rows.require(elasticity.size(), "lift_elasticity");
    rows.require(deviation.size(), "lift_sd");
    std::vector<NamedTest> tests;
    for (std::size_t i = 0; i < rows.count; ++i) {
        tests.push_back({campaign[i], {elasticity[i], deviation[i]}});
    }
    return tests;
}

LikelyStep likely_step(const ResponseModel& model, std::span<const double> today, std::span<const double> aim,
                       const kernel::StopFlag& stop)
{
    constexpr int all = 8;
    const auto outcome_at = [&](int eighths) {
        return outcome_of(model, moves_of(today, between(today, aim, double(eighths) / all)), stop);
    };
    PlanOutcome outcome = outcome_at(all);
    const double probability_of_all = outcome.probability_of_lift;
    if (probability_of_all >= least_probability) {
        return {1, outcome, probability_of_all};
    }
    // In every world the gain is concave in the part and 0 at part 0: where a longer part gains, so does each shorter one.
    int likely = 0;
    int doubtful = all;
    while (doubtful - likely > 1) {
        const int middle = (likely + doubtful) / 2;
        PlanOutcome there = outcome_at(middle);
        if (there.probability_of_lift >= least_probability) {
            likely = middle;
            outcome = std::move(there);
        } else {
            doubtful = middle;
        }
    }
    if (likely == 0) {
        outcome = outcome_at(0);
    }
    return {double(likely) / all, outcome, probability_of_all};
}

Plan make_plan(std::span<const Series> panel, const PlanRules& rules, std::int32_t as_of, const kernel::StopFlag& stop)
{
    return Planner(panel, rules, as_of, stop).plan();
}

std::vector<std::vector<CurvePoint>> curve_points(std::span<const Series> panel, const PlanRules& rules, std::int32_t as_of,
                                                  const CurveGrid& grid, const kernel::StopFlag& stop)
{
    if (grid.count < 2 || grid.count > 201) {
        throw Error(ErrorCode::invalid_parameter, "points must be between 2 and 201");
    }
    if (!(grid.reach > 0 && grid.reach <= 100)) {
        throw Error(ErrorCode::invalid_parameter, "reach must be above 0 and at most 100");
    }
    return Planner(panel, rules, as_of, stop).curves(grid);
}

}  // namespace marketing::budget
