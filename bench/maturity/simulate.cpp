// Does the outlook of leads that have had no time to sign hold what it promises, and do equal ages keep the newest week from false alarms? Worlds
// whose truth is known, seen as of a day.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "../statistics/monte_carlo.hpp"
#include "../statistics/worlds/contracts.hpp"
#include "anomaly/rates.hpp"
#include "maturity/maturity.hpp"

using namespace marketing;
using worlds::Engine;
using worlds::SigningDay;
using worlds::SigningHistory;

namespace {

constexpr int days = 300;
constexpr int window = 28;
constexpr double half_life = 45;

struct Score {
    int runs = 0;
    int held = 0;
    int money_held = 0;
    double bias = 0;
    double width = 0;
    double maturity = 0;
};

void judge(const SigningHistory& history, Score& score)
{
    const maturity::Curve curve = maturity::signed_shares(history.lags, days - 1, half_life, {});
    std::vector<double> settled(26, 0);
    std::vector<double> contracts(26, 0);
    std::vector<maturity::Week> weeks(window / 7);
    double open = 0;
    SigningDay asked;
    double doubt = 0;
    double all = 0;
    double money = 0;
    for (int d = 0; d < days; ++d) {
        const SigningDay& day = history.days[static_cast<std::size_t>(d)];
        const auto age = std::min(static_cast<std::size_t>(days - 1 - d), curve.share.size() - 1);
        const double share = curve.share[age];
        all += day.seen;
        money += day.money_seen;
        if (d >= days - 182) {
            settled[static_cast<std::size_t>((days - 1 - d) / 7)] += day.leads * share;
            contracts[static_cast<std::size_t>((days - 1 - d) / 7)] += day.seen;
        }
        if (d >= days - window) {
            maturity::Week& week = weeks[static_cast<std::size_t>((days - 1 - d) / 7)];
            week.contracts += day.seen;
            week.settled += day.leads * share;
            week.open += day.leads * (1 - share);
            open += day.leads * (1 - share);
            asked.seen += day.seen;
            doubt += day.leads * share * std::sqrt(curve.log_variance[age]);
            asked.leads += day.leads;
            asked.ever += day.ever;
            asked.money_ever += day.money_ever - day.money_seen;
        }
    }
    // The mean rate is that of the weeks before, as the warehouse asks.
    maturity::Rate usual = maturity::usual_rate(settled, contracts);
    const auto before = static_cast<std::ptrdiff_t>(weeks.size());
    usual.known = std::accumulate(settled.begin() + before, settled.end(), 1 / usual.mean);
    usual.mean = std::accumulate(contracts.begin() + before, contracts.end(), 1.0) / usual.known;
    const maturity::Outlook outlook = maturity::contracts_to_come(weeks, open > 0 ? std::pow(doubt / open, 2) : 0, usual, 0.9);
    const maturity::Outlook amount = maturity::money_to_come(outlook, all > 0 ? money / all : 0, 0.66, all, 0.9);
    const double rest = asked.ever - asked.seen;
    score.runs += 1;
    score.held += rest >= outlook.low - 0.5 && rest <= outlook.high + 0.5 ? 1 : 0;
    score.money_held += asked.money_ever >= amount.low && asked.money_ever <= amount.high ? 1 : 0;
    score.bias += outlook.mean - rest;
    score.width += outlook.high - outlook.low;
    score.maturity += asked.leads > 0 ? 1 - open / asked.leads : 1;
}

void outlooks(int runs)
{
    std::printf(
        "| lags | longer at the end | leads a day | sign | signed of the last four weeks | bias | width | contracts held | "
        "money held |\n|---|---|---|---|---|---|---|---|---|\n");
    for (const int shape : {0, 1, 2}) {
        for (const double drift : {1.0, 1.2, 0.8, 1.5}) {
            for (const auto& [leads, signing] : {std::array{20.0, 0.2}, {6.0, 0.05}, {100.0, 0.1}}) {
                Score score;
                for (int i = 0; i < runs; ++i) {
                    Engine engine(static_cast<std::uint64_t>(i) + 1);
                    judge(worlds::make_leads({.shape = shape, .drift = drift, .leads = leads, .signing = signing, .days = days},
                                             engine),
                          score);
                }
                std::printf("| %s | %.1f | %.0f | %.0f %% | %.0f %% | %.1f | %.1f |",
                            worlds::lag_shapes[static_cast<std::size_t>(shape)], drift, leads, 100 * signing,
                            100 * score.maturity / score.runs, score.bias / score.runs, score.width / score.runs);
                worlds::print_share(static_cast<double>(score.held) / score.runs, score.runs);
                worlds::print_share(static_cast<double>(score.money_held) / score.runs, score.runs);
                std::puts("");
                std::fflush(stdout);
            }
        }
    }
}

double p_value(double newest, double before)
{
    anomaly::RateOptions options;
    options.mid_p = false;
    return newest + before > 0 ? anomaly::rate_ratio_test({newest, 1}, {before, 1}, options).p_value : 1;
}

/** Leads that an ad gets on a later day: of the newest week and of the one before, as they are and as they were at the same age. */
void false_alarms(int runs)
{
    std::printf(
        "\n| lags | longer at the end | leads a day | alarms at 1 %%, as they are | at the same age "
        "|\n|---|---|---|---|---|\n");
    for (const int shape : {0, 1, 2}) {
        for (const double drift : {1.0, 1.2, 1.5}) {
            for (const double leads : {5.0, 20.0}) {
                const worlds::SigningWorld world{.shape = shape, .drift = drift, .leads = leads, .days = days};
                int alarms = 0;
                int equal_alarms = 0;
                for (int i = 0; i < runs; ++i) {
                    Engine engine(static_cast<std::uint64_t>(i) + 1);
                    double newest = 0;
                    double before = 0;
                    double before_then = 0;
                    for (int d = days - 14; d < days; ++d) {
                        const auto count = static_cast<int>(worlds::poisson(engine, leads));
                        for (int n = 0; n < count; ++n) {
                            const int came = d + world.draw_lag(engine, d);
                            newest += d >= days - 7 && came < days ? 1 : 0;
                            before += d < days - 7 && came < days ? 1 : 0;
                            before_then += d < days - 7 && came < days - 7 ? 1 : 0;
                        }
                    }
                    alarms += p_value(newest, before) < 0.01 ? 1 : 0;
                    equal_alarms += p_value(newest, before_then) < 0.01 ? 1 : 0;
                }
                const double called = static_cast<double>(alarms) / runs;
                const double equally_called = static_cast<double>(equal_alarms) / runs;
                std::printf("| %s | %.1f | %.0f | %.1f ± %.1f %% | %.2f ± %.2f %% |\n",
                            worlds::lag_shapes[static_cast<std::size_t>(shape)], drift, leads, 100 * called,
                            100 * worlds::error_of_share(called, runs), 100 * equally_called,
                            100 * worlds::error_of_share(equally_called, runs));
                std::fflush(stdout);
            }
        }
    }
}

}  // namespace

int main(int argc, char** argv)
{
    const int runs = argc > 1 ? std::atoi(argv[1]) : 2000;
    outlooks(runs);
    false_alarms(10 * runs);
}
