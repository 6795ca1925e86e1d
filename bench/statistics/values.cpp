/**
 * How often the value of a customer, or of many together, lies within its interval, where models are fitted to what was seen of all
 * customers of a world, and how far the sum of all values is off; how often the ratios of groups of customers lie within theirs; and
 * whether seasons are found; and which model of spend foretells it best.
 * Usage: values [rounds per line] [seed] [table: channels, seasons, customers, sums or spend]
 */
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory_resource>
#include <optional>
#include <random>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/unknown.hpp"
#include "lifetime_value/characteristics.hpp"
#include "lifetime_value/fit.hpp"
#include "lifetime_value/season.hpp"
#include "lifetime_value/value.hpp"
#include "monte_carlo.hpp"
#include "worlds/customers.hpp"

namespace {

using namespace marketing::lifetime_value;
namespace worlds = marketing::worlds;
using worlds::Customer;
using worlds::CustomerWorld;
using Random = worlds::Engine;

constexpr double level = 0.9;
const Plan plan{12, 4.345, 0.005};

struct Tally {
    double asked = 0;
    double held = 0;
    double below = 0;
    double above = 0;
    double active = 0;
    double active_held = 0;
    double width = 0;
    double foretold = 0;
    double actual = 0;
};

/** The customers of a world, and the models of what was seen of them. */
struct Population {
    std::vector<Customer> customers;
    FittedPurchases purchases;
    FittedSpend by_gamma;
    FittedNormalSpend by_normal;
};

Population populate(const CustomerWorld& world, PurchaseModel model, Random& random)
{
    const marketing::kernel::StopFlag never;
    Population p;
    std::vector<WeightedHistory> histories;
    std::vector<WeightedSpend> spends;
    for (int i = 0; i < world.customers; ++i) {
        const Customer& c = p.customers.emplace_back(make_customer(world, plan, random));
        histories.push_back({c.history, 1});
        if (c.mean) {
            spends.push_back({c.history.frequency, *c.mean, 1});
        }
    }
    const PurchaseFit purchases = fit_purchases(model, histories, never);
    p.purchases = {purchases.parameters, purchases.errors};
    if (world.has_losses) {
        const NormalSpendFit spend = fit_normal_spend(spends, never);
        p.by_normal = {spend.parameters, spend.mean_error};
    } else {
        const SpendFit spend = fit_spend(spends, never);
        p.by_gamma = {spend.parameters, spend.errors};
    }
    return p;
}

/** `ask(spend)` of the spend model that the world has. */
auto by_spend(const CustomerWorld& world, const Population& p, const auto& ask)
{
    return world.has_losses ? ask(p.by_normal) : ask(p.by_gamma);
}

/** The models of all customers, and the value of some of them. */
void round_of(const CustomerWorld& world, Random& random, Tally& t)
{
    const Population p = populate(world, PurchaseModel::mbgnbd, random);
    constexpr int asked_at_most = 100;
    for (int i = 0; i < world.customers; ++i) {
        const Customer& c = p.customers[i];
        const Outlook o = outlook(p.purchases.parameters, c.history);
        const double seen = c.mean ? c.history.frequency : 0;
        t.actual += c.value;
        t.foretold +=
            discounted_purchases(o, plan.periods, plan.period, plan.rate) *
            by_spend(world, p, [&](const auto& spend) { return expected_spend(spend.parameters, seen, c.mean.value_or(0)); });
        if (i >= asked_at_most) {
            continue;
        }
        const ValueInterval interval = by_spend(
            world, p, [&](const auto& spend) { return value_interval(p.purchases, spend, c.history, c.mean, plan, level); });
        const bool below = c.value < interval.low - 1e-6;
        const bool above = c.value > interval.high + 1e-6;
        t.asked += 1;
        t.held += !below && !above;
        t.below += below;
        t.above += above;
        t.width += interval.high - interval.low;
        // Who buys often: nothing bought is no longer most of the interval.
        if (expected_purchases(o, plan.periods * plan.period) > 3) {
            t.active += 1;
            t.active_held += !below && !above;
        }
    }
}

void line(const CustomerWorld& world, int rounds, std::uint64_t seed)
{
    Tally t;
    for (int i = 0; i < rounds; ++i) {
        Random random(seed * 1'000'003 + static_cast<std::uint64_t>(i));
        round_of(world, random, t);
    }
    std::printf("| %s, %d customers | %.3f | %.3f | %.3f | %.3f | %.1f | %.3f |\n", world.name, world.customers,
                t.held / t.asked, t.below / t.asked, t.above / t.asked, t.active > 0 ? t.active_held / t.active : 0,
                t.width / t.asked, t.foretold / t.actual);
    std::fflush(stdout);
}

/** How often what customers bring together lies within its interval: those of groups of 20, and all. */
void sums(const CustomerWorld& world, PurchaseModel model, int rounds, std::uint64_t seed)
{
    constexpr int groups = 10;
    constexpr std::size_t size = 20;
    double held = 0;
    double all_held = 0;
    double all_below = 0;
    double width = 0;
    for (int i = 0; i < rounds; ++i) {
        Random random(seed * 1'000'003 + static_cast<std::uint64_t>(i));
        const Population p = populate(world, model, random);
        std::vector<KnownCustomer> known;
        for (const Customer& c : p.customers) {
            known.push_back({c.history, c.mean});
        }
        const auto ask = [&](std::size_t first, std::size_t count) {
            double value = 0;
            for (std::size_t k = first; k < first + count; ++k) {
                value += p.customers[k].value;
            }
            const ValueInterval interval = by_spend(world, p, [&](const auto& spend) {
                return sum_interval(p.purchases, spend, std::span(known).subspan(first, count), plan, level);
            });
            return std::pair(value, interval);
        };
        for (int group = 0; group < groups; ++group) {
            const auto [value, interval] = ask(static_cast<std::size_t>(group) * size, size);
            held += interval.low <= value && value <= interval.high ? 1 : 0;
        }
        const auto [value, interval] = ask(0, known.size());
        all_held += interval.low <= value && value <= interval.high ? 1 : 0;
        all_below += value < interval.low ? 1 : 0;
        width += (interval.high - interval.low) / (interval.high + interval.low);
    }
    std::printf("| %s%s, %d customers | %.3f | %.3f | %.3f | %.3f |\n", world.name,
                model == PurchaseModel::pareto_nbd ? ", by Pareto/NBD" : "", world.customers, held / rounds / groups,
                all_held / rounds, all_below / rounds, width / rounds);
    std::fflush(stdout);
}

struct Share {
    double asked = 0;
    double held = 0;
    double squares = 0;

    void add(const Ratio& found, double truth)
    {
        asked += 1;
        held += std::log(found.low) <= truth && truth <= std::log(found.high) ? 1 : 0;
        squares += (std::log(found.value) - truth) * (std::log(found.value) - truth);
    }
};

/** Six channels whose customers buy and leave more or less often, by effects of this deviation. */
void channels(PurchaseModel model, double deviation, int rounds, std::uint64_t seed)
{
    static constexpr std::array<int, 6> sizes{1000, 800, 500, 200, 60, 20};
    static constexpr std::array<std::string_view, 6> names{"a", "b", "c", "d", "e", "f"};
    constexpr double all = 2580;
    const bool at_any_time = model == PurchaseModel::pareto_nbd;
    const marketing::kernel::StopFlag never;
    Share rate;
    Share rare;
    Share leaving;
    for (int round = 0; round < rounds; ++round) {
        Random random(seed * 1'000'003 + static_cast<std::uint64_t>(round));
        std::array<double, 6> buys{};
        std::array<double, 6> leaves{};
        double average_buys = 0;
        double average_leaves = 0;
        std::vector<WeightedHistory> rows;
        std::vector<std::vector<std::string_view>> values(1);
        for (std::size_t k = 0; k < sizes.size(); ++k) {
            buys[k] = deviation * worlds::normal(random);
            leaves[k] = deviation * worlds::normal(random);
            average_buys += buys[k] * sizes[k] / all;
            average_leaves += leaves[k] * sizes[k] / all;
            for (int i = 0; i < sizes[k]; ++i) {
                rows.push_back({worlds::make_history(at_any_time, buys[k], leaves[k], random), 1});
                values.front().push_back(names[k]);
            }
        }
        const auto fits = fit_by_characteristics(model, rows, values, 0.95, never);
        for (std::size_t k = 0; k < fits.size(); ++k) {
            if (fits[k].fit.quality.converged) {
                rate.add(fits[k].rate, buys[k] - average_buys);
                leaving.add(fits[k].leaving, leaves[k] - average_leaves);
                if (sizes[k] < 100) {
                    rare.add(fits[k].rate, buys[k] - average_buys);
                }
            }
        }
    }
    std::printf("| %s, effects of deviation %.2f | %.3f | %.3f | %.3f | %.2f | %.2f |\n",
                model == PurchaseModel::mbgnbd ? "MBG/NBD" : "Pareto/NBD", deviation, rate.held / rate.asked,
                rare.held / rare.asked, leaving.held / leaving.asked, std::sqrt(rate.squares / rate.asked),
                std::sqrt(leaving.squares / leaving.asked));
    std::fflush(stdout);
}

/** What MBG/NBD foretells of the days after the end, in the time of a calendar. */
double foretold_by(const PurchasesView& view, std::int32_t until, int later, const Calendar& calendar)
{
    const marketing::kernel::StopFlag never;
    std::vector<WeightedHistory> rows;
    for (std::size_t i = 0; i < view.customer_count(); ++i) {
        if (const auto s = view.summary(i, {until, until, 1})) {
            rows.push_back({{static_cast<double>(s->frequency), calendar.time(s->first_day, s->last_day),
                             calendar.time(s->first_day, until)},
                            1});
        }
    }
    const PurchaseFit fit = fit_purchases(PurchaseModel::mbgnbd, rows, never);
    double sum = 0;
    for (const WeightedHistory& row : rows) {
        sum += expected_purchases(outlook(fit.parameters, row.history), calendar.time(until, until + later));
    }
    return sum;
}

/** Customers with a season: how often its indices are held, and how far the purchases of the next 120 days are off. */
void seasons(const worlds::SeasonalShop& world, int rounds, std::uint64_t seed)
{
    constexpr int later = 120;
    const marketing::kernel::StopFlag never;
    Share indices;
    double told = 0;
    double off_plain = 0;
    double off_seasonal = 0;
    for (int round = 0; round < rounds; ++round) {
        Random random(seed * 1'000'003 + static_cast<std::uint64_t>(round));
        const worlds::SeasonalPurchases bought = make_purchases(world, later, random);
        PurchasesState state(std::pmr::new_delete_resource());
        for (const auto& [customer, day] : bought.purchases) {
            state.append(marketing::kernel::Identifier::of(std::int64_t{customer}), day, 1, false);
        }
        const auto value = state.finish(*std::pmr::new_delete_resource(), 0, never);
        const PurchasesView view(std::span<const std::byte>(value.data, value.size));
        const Season found = season_of(view, world.end(), PurchaseModel::mbgnbd, 0.95, never);
        std::vector<double> of_months;
        for (std::size_t m = 0; m < bought.season.size(); ++m) {
            const SeasonOfMonth& month = found.months[m];
            indices.add({month.index, month.low, month.high}, std::log(bought.season[m]));
            told += month.low > 1 || month.high < 1 ? 1 : 0;
            of_months.push_back(month.index);
        }
        off_plain += std::abs(foretold_by(view, world.end(), later, Calendar()) / bought.later - 1) / rounds;
        off_seasonal += std::abs(foretold_by(view, world.end(), later, Calendar(of_months)) / bought.later - 1) / rounds;
        std::pmr::new_delete_resource()->deallocate(value.data, value.size, alignof(std::max_align_t));
    }
    std::printf("| %d customers, %d days, season %.1f, years %.2f | %.3f | %.3f | %.3f | %.3f | %.3f |\n", world.customers,
                world.days, world.deviation, world.noise, indices.held / indices.asked,
                std::sqrt(indices.squares / indices.asked), told / indices.asked, off_plain, off_seasonal);
    std::fflush(stdout);
}

/** What customers spend later, by either model of spend, by Gamma-Gamma wherever its mean has a bound, and by the likelier of the two. */
void spend_models(const CustomerWorld& world, int rounds, std::uint64_t seed)
{
    const marketing::kernel::StopFlag never;
    enum { gamma, normal, bounded, likelier, models };
    std::array<worlds::Mean, models> off, sum;
    worlds::Mean gamma_chosen, unbounded;
    for (int round = 0; round < rounds; ++round) {
        Random random(seed * 1'000'003 + static_cast<std::uint64_t>(round));
        std::vector<worlds::Spender> customers;
        std::vector<WeightedSpend> rows;
        double actual = 0;
        while (std::ssize(customers) < world.customers) {
            const worlds::Spender made = worlds::make_spender(world, random);
            if (made.mean > 0) {
                customers.push_back(made);
                rows.push_back({made.frequency, made.mean, 1});
                actual += made.later;
            }
        }
        const SpendFit by_gamma = fit_spend(rows, never);
        const NormalSpendFit by_normal = fit_normal_spend(rows, never);
        const bool is_bounded = by_gamma.parameters.q > 1;
        const bool prefers_gamma = is_bounded && by_gamma.quality.log_likelihood >= by_normal.quality.log_likelihood;
        unbounded.add(is_bounded ? 0 : 1);
        gamma_chosen.add(prefers_gamma ? 1 : 0);
        std::array<double, models> squares{}, foretold{};
        for (const worlds::Spender& each : customers) {
            std::array<double, models> by{};
            by[gamma] = expected_spend(by_gamma.parameters, each.frequency, each.mean);
            by[normal] = expected_spend(by_normal.parameters, each.frequency, each.mean);
            by[bounded] = by[is_bounded ? gamma : normal];
            by[likelier] = by[prefers_gamma ? gamma : normal];
            for (std::size_t m = 0; m < models; ++m) {
                squares[m] += (by[m] - each.later) * (by[m] - each.later);
                foretold[m] += by[m];
            }
        }
        for (std::size_t m = 0; m < models; ++m) {
            off[m].add(std::sqrt(squares[m] / world.customers) / (actual / world.customers));
            sum[m].add(foretold[m] / actual);
        }
    }
    std::printf("| %s, %d customers | %.2f |", world.name, world.customers, unbounded.value());
    worlds::print_cell(gamma_chosen, 2);
    for (const worlds::Mean& each : off) {
        worlds::print_cell(each, 4);
    }
    for (const worlds::Mean& each : sum) {
        worlds::print_cell(each, 4);
    }
    std::puts("");
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv)
{
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 40;
    const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    const std::string_view only = argc > 3 ? argv[3] : "";
    const auto wants = [&](std::string_view table) { return only.empty() || only == table; };
    const auto error = [](double share, int cases) { return marketing::worlds::error_of_share(share, cases); };
    if (wants("channels")) {
        std::printf(
            "Six channels of %d rounds (Monte-Carlo error of what is held %.3f; Pareto/NBD %.3f)\n\n| six channels | rate held "
            "| "
            "of rare ones | leaving held | error of log rate | of log leaving "
            "|\n|---|---|---|---|---|---|\n",
            10 * rounds, error(0.9, 10 * rounds * 6), error(0.9, rounds * 6));
        for (const double deviation : {0.0, 0.2, 0.35, 0.6}) {
            channels(PurchaseModel::mbgnbd, deviation, 10 * rounds, seed);
        }
        channels(PurchaseModel::pareto_nbd, 0.35, rounds, seed);
    }
    if (wants("seasons")) {
        // The months of a shop hang together.
        std::printf(
            "\nSeasons of %d shops a line (Monte-Carlo error of what is held %.3f, were its months independent)\n\n| season | "
            "index held | error of log index | told from 1 | next 120 days off, plain | seasonal "
            "|\n|---|---|---|---|---|---|\n",
            2 * rounds, error(0.95, 2 * rounds * 12));
        const worlds::SeasonalShop with_season[] = {{3000, 1200, 0, 0},  {3000, 1200, 0.3, 0}, {300, 1200, 0.3, 0},
                                                    {3000, 800, 0.3, 0}, {3000, 800, 0, 0.15}, {3000, 800, 0.3, 0.15},
                                                    {1000, 800, 0.1, 0}};
        for (const worlds::SeasonalShop& world : with_season) {
            seasons(world, 2 * rounds, seed);
        }
    }
    if (wants("customers")) {
        std::printf(
            "\nValue of the next year, of 100 customers in each of %d rounds (Monte-Carlo error of what is held %.3f)\n\n| "
            "world | "
            "held | below | above | held of frequent buyers | width | sum foretold / actual "
            "|\n|---|---|---|---|---|---|---|\n",
            rounds, error(0.9, 100 * rounds));
        for (const CustomerWorld& world : worlds::customer_worlds()) {
            line(world, rounds, seed);
        }
    }
    if (wants("sums")) {
        std::printf(
            "\nThe same of sums, of %d rounds (Monte-Carlo error of what is held %.3f; of groups %.3f, were they "
            "independent)\n\n"
            "| world | 20 customers held | all held | all below | half width of all / middle |\n|---|---|---|---|---|\n",
            2 * rounds, error(0.9, 2 * rounds), error(0.9, 20 * rounds));
        for (const CustomerWorld& world : worlds::customer_worlds()) {
            sums(world, PurchaseModel::mbgnbd, 2 * rounds, seed);
        }
        CustomerWorld few = worlds::customer_world("leave at any time, Gamma-Gamma");
        few.customers = 500;  // whom Pareto/NBD is fitted to in a second
        sums(few, PurchaseModel::pareto_nbd, 2 * rounds, seed);
    }
    if (wants("spend")) {
        std::printf(
            "\nSpend of the next purchases, of %d rounds: how often Gamma-Gamma has no mean (q <= 1), and how often it has and "
            "what was "
            "seen is likelier under it; the root of the mean squared error of what is expected of a customer, over the mean, "
            "and the "
            "sum of all over what they spend, by Gamma-Gamma, by a normal model, by Gamma-Gamma wherever q > 1, and by the "
            "likelier\n\n| world | q <= 1 | Gamma-Gamma likelier | error by Gamma-Gamma | normal | q > 1 | likelier | sum by "
            "Gamma-Gamma | normal | q > 1 | likelier |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
            2 * rounds);
        for (const CustomerWorld& world : worlds::spend_worlds()) {
            spend_models(world, 2 * rounds, seed);
        }
    }
}
