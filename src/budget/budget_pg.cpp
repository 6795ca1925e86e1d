// Binding of what to do with campaigns: advice, response curves, allocation, plans.

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "budget/actions.hpp"
#include "budget/allocate.hpp"
#include "budget/day_log.hpp"
#include "budget/plan.hpp"
#include "budget/response.hpp"
#include "postgres/arguments.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"

namespace budget = marketing::budget;
namespace postgres = marketing::postgres;

using postgres::Bytes;
using postgres::Date;
using Texts = std::span<const std::string_view>;
using Numbers = std::span<const double>;

namespace {

std::int32_t days_argument(postgres::Arguments& in, const char* name, std::int32_t otherwise)
{
    const auto days = in.value_or(name, otherwise);
    if (days < 1 || days > budget::century) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be between 1 and %d days", name, budget::century)));
    }
    return days;
}

/** Rows of campaigns by day, without what came back. */
budget::PanelColumns panel_columns(postgres::Arguments& in)
{
    budget::PanelColumns columns;
    columns.campaign = in.optional_array<std::string_view>("campaigns");
    columns.platform = in.optional_array<std::string_view>("platforms");
    columns.day = in.optional_array<Date>("days");
    columns.spend = in.optional_array<double>("daily_spend");
    return columns;
}

struct ShareColumns {
    Texts platform;
    Numbers least;
    Numbers most;

    /** In a guard. */
    [[nodiscard]] std::vector<budget::NamedShare> named() const { return budget::named_shares(platform, least, most); }
};

ShareColumns share_columns(postgres::Arguments& in)
{
    ShareColumns columns;
    columns.platform = in.optional_array<std::string_view>("share_platforms");
    columns.least = in.optional_array<double>("min_share");
    columns.most = in.optional_array<double>("max_share");
    return columns;
}

/** What plain data and the text beside them become to outlive a guard. */
template <class PlainData>
struct Explained : PlainData {
    std::string_view reason;
};

/** In a guard. */
template <class PlainData, class Kept>
Explained<PlainData> kept(const Kept& row)
{
    return {row, postgres::keep_text(row.reason)};
}

/** Advice on the panel that `make_panel` makes, a row per campaign. */
template <class MakePanel>
void write_advice(postgres::RowWriter& rows, MakePanel make_panel, bool has_platforms, bool has_days,
                  std::optional<std::int32_t> as_of, const budget::ActionRules& rules, bool with_outcomes)
{
    double false_rate = 0;
    const auto advised = postgres::run_kernel([&] {
        const auto panel = make_panel();
        const auto advice = budget::advise(panel, rules, as_of ? *as_of : budget::last_day(panel), postgres::stop_flag());
        false_rate = budget::expected_false_rate(advice);
        std::vector<Explained<budget::AdviceNumbers>> found;
        for (const budget::Advice& row : advice) {
            found.push_back(kept<budget::AdviceNumbers>(row));
        }
        return found;
    });
    for (const auto& row : advised) {
        rows.add(row.campaign, postgres::only_if(has_platforms, row.platform), budget::name_of(row.action), 100 * row.change,
                 row.spend, row.responses, row.contracts, row.cost, row.cost_low, row.cost_high, row.p_better, row.p_worse,
                 row.p_better_rest, row.marginal_cost, row.elasticity, row.target, row.daily_spend, row.spend_needed,
                 row.evidence, row.reason, postgres::only_if(has_days, Date{row.next_review}), false_rate);
        if (with_outcomes) {
            rows.add(budget::name_of(row.outcome), row.lead_worth, row.signing, row.value, row.roas, row.roas_low,
                     row.roas_high);
        }
        rows.end_row();
    }
}

}  // namespace

MARKETING_ROWS(campaign_actions, in, rows)
{
    auto columns = panel_columns(in);
    columns.response = in.optional_array<double>("daily_leads");
    columns.contracts = in.optional_array<double>("daily_contracts");
    const auto as_of = in.optional<Date>("as_of");
    budget::ActionRules rules;
    rules.window = days_argument(in, "window_days", rules.window);
    rules.target = in.value_or("target", rules.target);
    rules.marginal_target = in.value_or("marginal_target", rules.marginal_target);
    rules.p_scale = in.value_or("p_scale", rules.p_scale);
    rules.p_pause = in.value_or("p_pause", rules.p_pause);
    rules.margin = in.value_or("margin", rules.margin);
    rules.least_responses = in.value_or("min_leads", rules.least_responses);
    rules.least_spend = in.value_or("min_spend_mult", rules.least_spend);
    rules.step = in.value_or("step", rules.step);
    rules.half_life = in.value_or("half_life", rules.half_life);
    rules.hysteresis = in.value_or("hysteresis", rules.hysteresis);
    const auto make_panel = [&columns] { return budget::make_panel(columns); };
    write_advice(rows, make_panel, !columns.platform.empty(), !columns.day.empty(), as_of, rules, false);
}

MARKETING_ROWS(actions_of_days, in, rows)
{
    budget::PackedColumns columns;
    columns.campaign = in.optional_array<std::string_view>("campaigns");
    columns.platform = in.optional_array<std::string_view>("platforms");
    columns.days = in.optional_array<Bytes>("days");
    const auto as_of = in.optional<Date>("as_of");
    budget::ActionRules rules;
    rules.window = days_argument(in, "window_days", rules.window);
    rules.target = in.value_or("target", rules.target);
    rules.goal = in.choice_or("objective", budget::find_goal, budget::Goal::automatic);
    rules.profit_margin = in.value_or("profit_margin", rules.profit_margin);
    const auto make_panel = [&columns] { return budget::unpack_panel(columns); };
    write_advice(rows, make_panel, true, true, as_of, rules, true);
}

MARKETING_ROWS(response_curve, in, rows)
{
    struct Row : budget::ResponseSummary {
        std::string_view campaign;
        std::string_view platform;
    };
    auto columns = panel_columns(in);
    columns.response = in.optional_array<double>("daily_response");
    budget::ResponseOptions options;
    options.family = in.choice_or("family", budget::find_family, options.family);
    const auto block = days_argument(in, "block_days", 7);
    options.counts = in.value_or("counts", options.counts);
    const auto curves = postgres::run_kernel([&] {
        const auto panel = budget::make_panel(columns);
        const auto blocks = budget::blocks_of(panel, budget::last_day(panel), block);
        const auto model = budget::fit_responses(blocks, {}, options, postgres::stop_flag());
        std::vector<Row> found;
        for (std::size_t i = 0; i < panel.size(); ++i) {
            found.push_back({model.campaigns[i], panel[i].campaign, panel[i].platform});
        }
        return found;
    });
    for (const Row& row : curves) {
        const auto known = [&row](double number) { return postgres::only_if(row.blocks > 0, number); };
        rows.row(row.campaign, postgres::only_if(!columns.platform.empty(), row.platform), known(row.spend),
                 known(row.response), budget::told_elasticity(row.elasticity), known(row.elasticity_low),
                 known(row.elasticity_high), known(row.dispersion), known(row.r2), row.blocks, row.usable);
    }
}

MARKETING_ROWS(allocate_budget, in, rows)
{
    budget::CurveColumns columns;
    columns.campaign = in.optional_array<std::string_view>("campaigns");
    columns.spend = in.optional_array<double>("spends");
    columns.response = in.optional_array<double>("responses");
    columns.elasticity = in.optional_array<double>("elasticities");
    const auto objective = in.choice_or("objective", budget::find_objective, budget::Objective::fixed_budget);
    const double target = in.value_or("target", marketing::kernel::unknown);
    columns.least = in.optional_array<double>("min_spends");
    columns.most = in.optional_array<double>("max_spends");
    const auto family = in.choice_or("family", budget::find_family, budget::Family::michaelis_menten);
    columns.platform = in.optional_array<std::string_view>("platforms");
    const auto shares = share_columns(in);
    const auto found = postgres::run_kernel(
        [&] { return budget::reallocate(columns, family, shares.named(), objective, target, postgres::stop_flag()); });
    for (std::size_t i = 0; i < found.size(); ++i) {
        const budget::Reallocation& row = found[i];
        const bool is_total = i == columns.campaign.size();
        rows.add(is_total ? std::nullopt : std::optional(columns.campaign[i]));
        rows.row(row.current, row.optimal, budget::percent_change(row.current, row.optimal), row.response_now,
                 row.response_then, row.marginal_cost, postgres::only_if(!is_total, budget::name_of(row.binding)), is_total);
    }
}

MARKETING_ROWS(recommend_budget, in, rows)
{
    struct Row : Explained<budget::PlannedNumbers> {
        std::string_view campaign;
        std::string_view platform;
    };
    auto columns = panel_columns(in);
    columns.response = in.optional_array<double>("daily_response");
    budget::PlanRules rules;
    rules.objective = in.choice_or("objective", budget::find_objective, rules.objective);
    rules.target = in.optional<double>("target");
    const auto bounds = in.optional_array<double>("bounds");
    postgres::require_valid(bounds.data() == nullptr || bounds.size() == 2, "bounds must be two multiples of today's spend",
                            "{0.7,1.3} lets a campaign lose or gain 30 percent.");
    if (bounds.size() == 2) {
        rules.least = bounds[0];
        rules.most = bounds[1];
    }
    rules.horizon = days_argument(in, "horizon", 30);
    rules.window = days_argument(in, "window_days", rules.window);
    const auto as_of = in.optional<Date>("as_of");
    rules.response.family = in.choice_or("family", budget::find_family, rules.response.family);
    rules.block = days_argument(in, "block_days", rules.block);
    rules.response.counts = in.value_or("counts", rules.response.counts);
    rules.frozen = in.optional_array<std::string_view>("frozen");
    const auto shares = share_columns(in);
    const auto lift_campaigns = in.optional_array<std::string_view>("lift_campaigns");
    const auto lift_elasticity = in.optional_array<double>("lift_elasticity");
    const auto lift_deviation = in.optional_array<double>("lift_sd");
    rules.unit = in.value_or("unit", rules.unit);
    rules.capped = in.optional_array<std::string_view>("capped");

    budget::Interval lift{};
    double probability_of_lift = 0;
    const auto planned = postgres::run_kernel([&] {
        const auto panel = budget::make_panel(columns);
        const auto named_shares = shares.named();
        const auto named_tests = budget::named_tests(lift_campaigns, lift_elasticity, lift_deviation);
        rules.shares = named_shares;
        rules.tests = named_tests;
        const auto plan = budget::make_plan(panel, rules, as_of ? *as_of : budget::last_day(panel), postgres::stop_flag());
        lift = plan.lift;
        probability_of_lift = plan.probability_of_lift;
        std::vector<Row> found;
        for (std::size_t i = 0; i < panel.size(); ++i) {
            found.push_back({kept<budget::PlannedNumbers>(plan.campaigns[i]), panel[i].campaign, panel[i].platform});
        }
        found.push_back({kept<budget::PlannedNumbers>(plan.total), {}, {}});
        return found;
    });
    for (const Row& row : planned) {
        const bool is_total = &row == &planned.back();
        const auto of_total = [is_total](double number) { return postgres::only_if(is_total, number); };
        rows.row(
            postgres::only_if(!is_total, row.campaign), postgres::only_if(!is_total && !columns.platform.empty(), row.platform),
            row.current, row.recommended, budget::percent_change(row.current, row.recommended), row.response_now.mean,
            row.response_now.low, row.response_now.high, row.response_then.mean, row.response_then.low, row.response_then.high,
            row.marginal_cost, row.elasticity, row.blocks, row.usable, postgres::only_if(!is_total, row.binding), row.reason,
            of_total(lift.mean), of_total(lift.low), of_total(lift.high), of_total(probability_of_lift), is_total);
    }
}

MARKETING_ROWS(response_points, in, rows)
{
    struct Row : budget::CurvePoint {
        std::string_view campaign;
        std::string_view platform;
    };
    auto columns = panel_columns(in);
    columns.response = in.optional_array<double>("daily_response");
    budget::PlanRules rules;
    rules.horizon = days_argument(in, "horizon", 30);
    rules.window = days_argument(in, "window_days", rules.window);
    const auto as_of = in.optional<Date>("as_of");
    rules.response.family = in.choice_or("family", budget::find_family, rules.response.family);
    rules.block = days_argument(in, "block_days", rules.block);
    rules.response.counts = in.value_or("counts", rules.response.counts);
    const auto lift_campaigns = in.optional_array<std::string_view>("lift_campaigns");
    const auto lift_elasticity = in.optional_array<double>("lift_elasticity");
    const auto lift_deviation = in.optional_array<double>("lift_sd");
    budget::CurveGrid grid;
    grid.count = in.value_or("points", grid.count);
    grid.reach = in.value_or("reach", grid.reach);
    const auto found = postgres::run_kernel([&] {
        const auto panel = budget::make_panel(columns);
        const auto named_tests = budget::named_tests(lift_campaigns, lift_elasticity, lift_deviation);
        rules.tests = named_tests;
        const auto curves =
            budget::curve_points(panel, rules, as_of ? *as_of : budget::last_day(panel), grid, postgres::stop_flag());
        std::vector<Row> points;
        for (std::size_t i = 0; i < panel.size(); ++i) {
            for (const budget::CurvePoint& point : curves[i]) {
                points.push_back({point, panel[i].campaign, panel[i].platform});
            }
        }
        return points;
    });
    for (const Row& row : found) {
        rows.row(row.campaign, postgres::only_if(!columns.platform.empty(), row.platform), row.multiple, row.spend,
                 row.response.mean, row.response.low, row.response.high);
    }
}
