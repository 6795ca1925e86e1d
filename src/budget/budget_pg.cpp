// Binding of what to do with campaigns: advice, response curves, allocation.

#include <algorithm>
#include <cmath>
#include <vector>

#include "budget/actions.hpp"
#include "budget/allocate.hpp"
#include "budget/day_log.hpp"
#include "budget/plan.hpp"
#include "budget/response.hpp"
#include "postgres/arrays.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"
#include "postgres/text.hpp"

namespace budget = marketing::budget;
namespace postgres = marketing::postgres;

namespace {

/** A text[] argument whose elements are all given: places must agree with those of other arrays. */
std::span<const std::string_view> names_argument(FunctionCallInfo fcinfo, int index, const char* name)
{
    if (!PG_ARGISNULL(index) && array_contains_nulls(PG_GETARG_ARRAYTYPE_P(index))) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not hold NULL", name)));
    }
    return postgres::text_array_argument(fcinfo, index);
}

double number_argument(FunctionCallInfo fcinfo, int index, double otherwise)
{
    return PG_ARGISNULL(index) ? otherwise : PG_GETARG_FLOAT8(index);
}

std::string_view name_argument(FunctionCallInfo fcinfo, int index, std::string_view otherwise)
{
    return PG_ARGISNULL(index) ? otherwise : postgres::text_view(PG_GETARG_DATUM(index));
}

std::int32_t days_argument(FunctionCallInfo fcinfo, int index, std::int32_t otherwise, const char* name)
{
    const std::int32_t days = PG_ARGISNULL(index) ? otherwise : PG_GETARG_INT32(index);
    if (days < 1) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be at least 1 day", name)));
    }
    return days;
}

/** Rows of campaigns by day, as arguments `first` and the four after it: campaign, platform, day, spend, response. */
struct PanelArguments {
    std::span<const std::string_view> campaign;
    std::span<const std::string_view> platform;
    postgres::PlainArray<std::int32_t> day;
    postgres::PlainArray<double> spend;
    postgres::PlainArray<double> response;
    postgres::PlainArray<double> contracts;

    PanelArguments(FunctionCallInfo fcinfo, int first)
        : campaign(names_argument(fcinfo, first, "campaign")),
          platform(names_argument(fcinfo, first + 1, "platform")),
          day(postgres::date_array_argument(fcinfo, first + 2, "day")),
          spend(postgres::float8_array_argument(fcinfo, first + 3)),
          response(postgres::float8_array_argument(fcinfo, first + 4))
    {
    }
    [[nodiscard]] std::vector<budget::Series> panel() const
    {
        return budget::make_panel({.campaign = campaign,
                                   .platform = platform,
                                   .day = {day.data, day.size},
                                   .spend = {spend.data, spend.size},
                                   .response = {response.data, response.size},
                                   .contracts = {contracts.data, contracts.size}});
    }
};
static_assert(std::is_trivially_destructible_v<PanelArguments>);

/** Shares of platforms: their names, least and most shares, as arguments `first` and the two after it. */
struct ShareArguments {
    std::span<const std::string_view> platform;
    postgres::PlainArray<double> least;
    postgres::PlainArray<double> most;

    ShareArguments(FunctionCallInfo fcinfo, int first)
        : platform(names_argument(fcinfo, first, "share_platform")),
          least(postgres::float8_array_argument(fcinfo, first + 1)),
          most(postgres::float8_array_argument(fcinfo, first + 2))
    {
        if ((least.size > 0 && least.size != platform.size()) || (most.size > 0 && most.size != platform.size())) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("min_share and max_share must have as many elements as share_platform")));
        }
    }
    [[nodiscard]] std::vector<budget::NamedShare> named() const
    {
        std::vector<budget::NamedShare> shares;
        for (std::size_t i = 0; i < platform.size(); ++i) {
            shares.push_back({platform[i], {least.size > 0 ? least.data[i] : 0, most.size > 0 ? most.data[i] : 1}});
        }
        return shares;
    }
    /** The constraints, and none for those without. */
    [[nodiscard]] std::vector<budget::Share> shares() const
    {
        std::vector<budget::Share> shares;
        for (const budget::NamedShare& share : named()) {
            shares.push_back(share.share);
        }
        shares.push_back({});
        return shares;
    }
    [[nodiscard]] std::size_t group_of(std::string_view name) const
    {
        return static_cast<std::size_t>(std::find(platform.begin(), platform.end(), name) - platform.begin());
    }
};

/** Results of lift tests: campaigns, their elasticities and standard deviations, as arguments `first` and the two after it. */
struct TestArguments {
    std::span<const std::string_view> campaign;
    postgres::PlainArray<double> elasticity;
    postgres::PlainArray<double> deviation;

    TestArguments(FunctionCallInfo fcinfo, int first)
        : campaign(names_argument(fcinfo, first, "lift_campaign")),
          elasticity(postgres::float8_array_argument(fcinfo, first + 1)),
          deviation(postgres::float8_array_argument(fcinfo, first + 2))
    {
        if (elasticity.size != campaign.size() || deviation.size != campaign.size()) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("lift_elasticity and lift_sd must have as many elements as lift_campaign")));
        }
    }
    [[nodiscard]] std::vector<budget::NamedTest> named() const
    {
        std::vector<budget::NamedTest> tests;
        for (std::size_t i = 0; i < campaign.size(); ++i) {
            tests.push_back({campaign[i], {elasticity.data[i], deviation.data[i]}});
        }
        return tests;
    }
};

/** Campaigns with their packed days, as arguments `first` and the two after it: campaign, platform, days. */
struct PackedArguments {
    std::span<const std::string_view> campaign;
    std::span<const std::string_view> platform;
    std::span<const std::span<const std::byte>> days;

    PackedArguments(FunctionCallInfo fcinfo, int first)
        : campaign(names_argument(fcinfo, first, "campaign")),
          platform(names_argument(fcinfo, first + 1, "platform")),
          days(postgres::bytea_array_argument(fcinfo, first + 2, "days"))
    {
        if (platform.size() != campaign.size() || days.size() != campaign.size()) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("platform and days must have as many elements as campaign")));
        }
    }
    [[nodiscard]] std::vector<budget::Series> panel() const
    {
        std::vector<budget::Series> panel;
        for (std::size_t i = 0; i < campaign.size(); ++i) {
            panel.push_back({platform[i], campaign[i], budget::unpack_days(days[i])});
        }
        budget::sort_panel(panel);
        return panel;
    }
};
static_assert(std::is_trivially_destructible_v<PackedArguments>);

/** Text in the current memory context, as plain data. */
std::string_view keep(std::pmr::memory_resource& memory, std::string_view text)
{
    const auto copy = postgres::to_plain(memory, std::span<const char>(text));
    return {copy.data, copy.size};
}

void write(postgres::RowWriter& rows, double number)
{
    if (std::isnan(number)) {
        rows.null();
    } else {
        rows.number(number);
    }
}

void write_numbers(postgres::RowWriter& rows, std::initializer_list<double> numbers)
{
    for (const double number : numbers) {
        write(rows, number);
    }
}

/** A text, or NULL for one that was not given. */
void write_name(postgres::RowWriter& rows, std::string_view name, bool given)
{
    if (given) {
        rows.text(name);
    } else {
        rows.null();
    }
}

/** What the days of a panel are called in an answer. */
struct PanelForm {
    bool has_platforms;
    bool has_days;
    bool dated;  // as_of is given
    std::int32_t as_of;
};

/** Advice on the panel that `make_panel` makes, a row per campaign. */
template <class MakePanel>
void write_advice(postgres::RowWriter& rows, MakePanel make_panel, const PanelForm& form, const budget::ActionRules& rules)
{
    struct Row {
        std::string_view campaign;
        std::string_view platform;
        std::string_view reason;
        budget::AdviceNumbers numbers;
    };
    postgres::PlainArray<Row> written;
    double false_rate = 0;
    postgres::run_kernel([&] {
        const auto panel = make_panel();
        const std::int32_t last = form.dated ? form.as_of : budget::last_day(panel);
        const auto advice = budget::advise(panel, rules, last, postgres::stop_flag());
        false_rate = budget::expected_false_rate(advice);
        postgres::ContextResource memory(CurrentMemoryContext);
        std::vector<Row> found;
        for (std::size_t i = 0; i < panel.size(); ++i) {
            found.push_back({panel[i].campaign, panel[i].platform, keep(memory, advice[i].reason), advice[i]});
        }
        written = postgres::to_plain(memory, std::span<const Row>(found));
    });
    constexpr const char* actions[] = {"scale", "pause", "monitor"};
    for (const Row& row : written) {
        const budget::AdviceNumbers& a = row.numbers;
        rows.text(row.campaign);
        write_name(rows, row.platform, form.has_platforms);
        rows.text(actions[static_cast<int>(a.action)]);
        write_numbers(
            rows, {100 * a.change, a.spend, a.responses, a.contracts, a.cost, a.cost_low, a.cost_high, a.p_better, a.p_worse,
                   a.p_better_rest, a.marginal_cost, a.elasticity, a.target, a.daily_spend, a.spend_needed});
        rows.text(a.evidence).text(row.reason);
        if (!form.has_days) {
            rows.null();
        } else {
            rows.datum(DateADTGetDatum(a.next_review));
        }
        write(rows, false_rate);
        rows.end_row();
    }
}

}  // namespace

MARKETING_FUNCTION(campaign_actions)
{
    postgres::RowWriter rows(fcinfo);
    PanelArguments columns(fcinfo, 0);
    columns.contracts = postgres::float8_array_argument(fcinfo, 5);
    budget::ActionRules rules;
    const PanelForm form{!columns.platform.empty(), columns.day.size > 0, !PG_ARGISNULL(6),
                         PG_ARGISNULL(6) ? 0 : PG_GETARG_DATEADT(6)};
    rules.window = days_argument(fcinfo, 7, rules.window, "window_days");
    rules.target = number_argument(fcinfo, 8, rules.target);
    rules.marginal_target = number_argument(fcinfo, 9, rules.marginal_target);
    rules.p_scale = number_argument(fcinfo, 10, rules.p_scale);
    rules.p_pause = number_argument(fcinfo, 11, rules.p_pause);
    rules.margin = number_argument(fcinfo, 12, rules.margin);
    rules.least_responses = number_argument(fcinfo, 13, rules.least_responses);
    rules.least_spend = number_argument(fcinfo, 14, rules.least_spend);
    rules.step = number_argument(fcinfo, 15, rules.step);
    rules.half_life = number_argument(fcinfo, 16, rules.half_life);
    rules.hysteresis = number_argument(fcinfo, 17, rules.hysteresis);
    write_advice(
        rows, [&columns] { return columns.panel(); }, form, rules);
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(actions_of_days)
{
    postgres::RowWriter rows(fcinfo);
    const PackedArguments columns(fcinfo, 0);
    budget::ActionRules rules;
    rules.window = days_argument(fcinfo, 4, rules.window, "window_days");
    rules.target = number_argument(fcinfo, 5, rules.target);
    const PanelForm form{true, true, !PG_ARGISNULL(3), PG_ARGISNULL(3) ? 0 : PG_GETARG_DATEADT(3)};
    write_advice(
        rows, [&columns] { return columns.panel(); }, form, rules);
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(response_curve)
{
    postgres::RowWriter rows(fcinfo);
    const PanelArguments columns(fcinfo, 0);
    const auto family = name_argument(fcinfo, 5, "michaelis_menten");
    const std::int32_t block = days_argument(fcinfo, 6, 7, "block_days");
    const bool counts = PG_ARGISNULL(7) || PG_GETARG_BOOL(7);
    struct Row {
        std::string_view campaign;
        std::string_view platform;
        double numbers[7];
        std::int64_t blocks;
        bool usable;
    };
    postgres::PlainArray<Row> written;
    postgres::run_kernel([&] {
        const auto panel = columns.panel();
        const std::int32_t last = budget::last_day(panel);
        std::vector<std::vector<budget::Block>> blocks;
        for (const budget::Series& series : panel) {
            blocks.push_back(budget::blocks_of(series, last, block));
        }
        const auto model =
            budget::fit_responses(blocks, {}, {.family = budget::find_family(family), .counts = counts}, postgres::stop_flag());
        std::vector<Row> found;
        for (std::size_t i = 0; i < panel.size(); ++i) {
            const budget::ResponseFit& fit = model.campaigns[i];
            const double unknown = fit.blocks > 0 ? 0 : std::nan("");
            found.push_back({panel[i].campaign,
                             panel[i].platform,
                             {fit.spend + unknown, fit.response + unknown, fit.elasticity, fit.elasticity_low + unknown,
                              fit.elasticity_high + unknown, fit.dispersion + unknown, fit.r2 + unknown},
                             static_cast<std::int64_t>(fit.blocks),
                             fit.usable});
        }
        postgres::ContextResource memory(CurrentMemoryContext);
        written = postgres::to_plain(memory, std::span<const Row>(found));
    });
    for (const Row& row : written) {
        rows.text(row.campaign);
        write_name(rows, row.platform, !columns.platform.empty());
        for (const double number : row.numbers) {
            write(rows, number);
        }
        rows.integer(row.blocks).boolean(row.usable).end_row();
    }
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(allocate_budget)
{
    postgres::RowWriter rows(fcinfo);
    const auto campaign = names_argument(fcinfo, 0, "campaign");
    const auto spend = postgres::float8_array_argument(fcinfo, 1);
    const auto response = postgres::float8_array_argument(fcinfo, 2);
    const auto elasticity = postgres::float8_array_argument(fcinfo, 3);
    const auto objective_name = name_argument(fcinfo, 4, "fixed_budget");
    const double target = number_argument(fcinfo, 5, std::nan(""));
    const auto least = postgres::float8_array_argument(fcinfo, 6);
    const auto most = postgres::float8_array_argument(fcinfo, 7);
    const auto family_name = name_argument(fcinfo, 8, "michaelis_menten");
    const auto platform = names_argument(fcinfo, 9, "platform");
    const ShareArguments shares(fcinfo, 10);
    const auto wrong = [&campaign](std::size_t size, bool optional) {
        return size != campaign.size() && !(optional && size == 0);
    };
    if (wrong(spend.size, false) || wrong(response.size, false) || wrong(elasticity.size, false) || wrong(least.size, true) ||
        wrong(most.size, true) || wrong(platform.size(), true)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("all arrays about campaigns must have as many elements as campaign")));
    }
    struct Row {
        double current;
        double optimal;
        double response_now;
        double response_then;
        double marginal_cost;
        budget::Binding binding;
    };
    postgres::PlainArray<Row> written;
    postgres::run_kernel([&] {
        const budget::Family family = budget::find_family(family_name);
        const budget::Objective objective = budget::find_objective(objective_name);
        std::vector<budget::Share> groups = shares.shares();
        double current = 0;
        std::vector<budget::Candidate> candidates;
        for (std::size_t i = 0; i < campaign.size(); ++i) {
            const double s = spend.data[i];
            current += s;
            candidates.push_back({{budget::Shape(family, elasticity.data[i]), s, response.data[i]},
                                  s,
                                  least.size > 0 ? least.data[i] : 0.7 * s,
                                  most.size > 0 ? most.data[i] : 1.3 * s,
                                  platform.empty() ? groups.size() - 1 : shares.group_of(platform[i])});
        }
        const bool today = std::isnan(target) && objective == budget::Objective::fixed_budget;
        const auto allocation =
            budget::allocate(candidates, groups, objective, today ? current : target, postgres::stop_flag());
        std::vector<Row> found;
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            const budget::Candidate& c = candidates[i];
            const double s = allocation.spend[i];
            found.push_back(
                {c.current, s, c.curve.value(c.current), c.curve.value(s), 1 / c.curve.slope(s), allocation.binding[i]});
        }
        postgres::ContextResource memory(CurrentMemoryContext);
        written = postgres::to_plain(memory, std::span<const Row>(found));
    });
    constexpr const char* names[] = {"free", "min", "max", "platform", "fixed"};
    Row total{};
    const auto write_row = [&rows](const Row& row, double marginal_cost) {
        write_numbers(rows, {row.current, row.optimal, row.current > 0 ? 100 * (row.optimal / row.current - 1) : std::nan(""),
                             row.response_now, row.response_then, marginal_cost});
    };
    for (std::size_t i = 0; i < written.size; ++i) {
        const Row& row = written.data[i];
        rows.text(campaign[i]);
        write_row(row, std::isfinite(row.marginal_cost) ? row.marginal_cost : std::nan(""));
        rows.text(names[static_cast<int>(row.binding)]).boolean(false).end_row();
        total = {total.current + row.current,
                 total.optimal + row.optimal,
                 total.response_now + row.response_now,
                 total.response_then + row.response_then,
                 0,
                 row.binding};
    }
    rows.null();
    write_row(total, std::nan(""));
    rows.null().boolean(true).end_row();
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(recommend_budget)
{
    postgres::RowWriter rows(fcinfo);
    const PanelArguments columns(fcinfo, 0);
    budget::PlanRules rules;
    const auto objective = name_argument(fcinfo, 5, "fixed_budget");
    if (!PG_ARGISNULL(6)) {
        rules.target = PG_GETARG_FLOAT8(6);
    }
    const auto bounds = postgres::float8_array_argument(fcinfo, 7);
    if (bounds.size != 2 && !PG_ARGISNULL(7)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("bounds must be two multiples of today's spend"),
                        errhint("{0.7,1.3} lets a campaign lose or gain 30 percent.")));
    }
    if (bounds.size == 2) {
        rules.least = bounds.data[0];
        rules.most = bounds.data[1];
    }
    rules.horizon = days_argument(fcinfo, 8, 30, "horizon");
    rules.window = days_argument(fcinfo, 9, rules.window, "window_days");
    const bool dated = !PG_ARGISNULL(10);
    const std::int32_t as_of = dated ? PG_GETARG_DATEADT(10) : 0;
    const auto family = name_argument(fcinfo, 11, "michaelis_menten");
    rules.block = days_argument(fcinfo, 12, rules.block, "block_days");
    rules.response.counts = PG_ARGISNULL(13) || PG_GETARG_BOOL(13);
    rules.frozen = names_argument(fcinfo, 14, "frozen");
    const ShareArguments shares(fcinfo, 15);
    const TestArguments tests(fcinfo, 18);
    rules.unit = number_argument(fcinfo, 21, rules.unit);

    struct Row {
        std::string_view campaign;
        std::string_view platform;
        std::string_view binding;
        std::string_view reason;
        double numbers[11];
        std::int64_t blocks;
        bool usable;
    };
    postgres::PlainArray<Row> written;
    double lift[4] = {};
    postgres::run_kernel([&] {
        const auto panel = columns.panel();
        const auto named_shares = shares.named();
        const auto named_tests = tests.named();
        rules.objective = budget::find_objective(objective);
        rules.response.family = budget::find_family(family);
        rules.shares = named_shares;
        rules.tests = named_tests;
        const auto plan = budget::make_plan(panel, rules, dated ? as_of : budget::last_day(panel), postgres::stop_flag());
        postgres::ContextResource memory(CurrentMemoryContext);
        std::vector<Row> found;
        const auto add = [&](std::string_view campaign, std::string_view platform, const budget::PlannedCampaign& c) {
            found.push_back({campaign,
                             platform,
                             keep(memory, c.binding),
                             keep(memory, c.reason),
                             {c.current, c.recommended, c.current > 0 ? 100 * (c.recommended / c.current - 1) : std::nan(""),
                              c.response_now.mean, c.response_now.low, c.response_now.high, c.response_then.mean,
                              c.response_then.low, c.response_then.high, c.marginal_cost, c.elasticity},
                             static_cast<std::int64_t>(c.blocks),
                             c.usable});
        };
        for (std::size_t i = 0; i < panel.size(); ++i) {
            add(panel[i].campaign, panel[i].platform, plan.campaigns[i]);
        }
        add({}, {}, plan.total);
        written = postgres::to_plain(memory, std::span<const Row>(found));
        lift[0] = plan.lift.mean;
        lift[1] = plan.lift.low;
        lift[2] = plan.lift.high;
        lift[3] = plan.probability_of_lift;
    });
    for (std::size_t i = 0; i < written.size; ++i) {
        const Row& row = written.data[i];
        const bool is_total = i + 1 == written.size;
        write_name(rows, row.campaign, !is_total);
        write_name(rows, row.platform, !is_total && !columns.platform.empty());
        for (const double number : row.numbers) {
            write(rows, number);
        }
        rows.integer(row.blocks).boolean(row.usable);
        write_name(rows, row.binding, !is_total);
        rows.text(row.reason);
        for (const double number : lift) {
            write(rows, is_total ? number : std::nan(""));
        }
        rows.boolean(is_total).end_row();
    }
    return static_cast<Datum>(0);
}
