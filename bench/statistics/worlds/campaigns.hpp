/**
 * Daily figures of campaigns, in the shapes in which they differ from the
 * textbook.
 */
#pragma once

#include <limits>
#include <string_view>
#include <vector>

#include "random.hpp"

namespace marketing::worlds {

/** What figures are like. The first fields alone make independent counts of one
 * distribution; each of the others adds one trouble. */
struct World {
    std::string_view name = {};
    /** Expected events of a usual day. */
    double mean = 5;
    /** Of a negative binomial; infinite for Poisson's distribution. */
    double size = std::numeric_limits<double>::infinity();
    /** Instead of the size: variance of a day's events over their mean. */
    double dispersion = 1;
    /** Figures are what was expected, as of money that is spent by plan. */
    bool is_exact = false;
    /** Deviation of the logarithms of the seven weekdays. */
    double weekday = 0;
    /** The same of weekdays that all campaigns share. */
    double shared_weekday = 0;
    /** Deviation of the logarithm of the campaigns' size. */
    double size_deviation = 0;
    /** Demand of the campaign that follows its own yesterday: correlation of
   * days, deviation of its logarithm. */
    double demand_correlation = 0;
    double demand_deviation = 0;
    /** The same of the demand that all campaigns share. */
    double shared_correlation = 0;
    double shared_deviation = 0;
    /** Amplitude of the logarithm of a season of a year that all campaigns share.
   */
    double season = 0;
    /** Deviation of the daily steps of the logarithm of a level that wanders off.
   */
    double wandering = 0;
    /** Deviation of the logarithm's daily growth, which each campaign keeps. */
    double steady_growth = 0;
    /** Deviation of the daily steps of that growth: a local linear trend. */
    double wandering_growth = 0;
    /** A level shifts for good so often, by a factor whose logarithm has this deviation. */
    double days_between_shifts = 0;
    double shift_deviation = 0;
    /** Deviation of the weekly steps of each weekday's logarithm. */
    double weekday_drift = 0;
    /** A new campaign grows evenly from nothing over so many days. */
    int ramp_days = 0;
    /** A holiday comes about so often, on days that all campaigns share, and
   * multiplies the day. */
    int days_between_holidays = 0;
    double holiday_factor = 1;
    /** Events happen so many days after what caused them, on average. */
    double lag = 0;
    /** Probability that a day has no event whatever its demand. */
    double silence = 0;
    /** Events carry amounts: log-normal with this deviation of the logarithm; 0
   * counts them. */
    double amount_deviation = 0;
    /** Share of the amounts that come from a Pareto tail of index 1.5 instead. */
    double heavy_tail = 0;
    /** What a calendar multiplies each day by; days beyond it are like others. */
    std::vector<double> calendar = {};
};

/** What happened to a campaign, and what was to be expected of each day. */
struct Campaign {
    std::vector<double> expected;
    std::vector<double> figures;
};

/** `campaigns` of a world over `days`, with what they share. Amounts are 1 on
 * average, so `expected` is that of the figures. */
[[nodiscard]] std::vector<Campaign> make_fleet(const World& world, int campaigns, int days, Engine& engine);
[[nodiscard]] Campaign make_campaign(const World& world, int days, Engine& engine);
/** The figure of a day of which `expected` is to be expected: for days that a simulation changes. */
[[nodiscard]] double draw_figure(const World& world, double expected, Engine& engine);

/** Those that the tables of docs/benchmarks.md are made of. */
[[nodiscard]] const std::vector<World>& all_worlds();
/** Those that forecasts are held against and were not made by. */
[[nodiscard]] const std::vector<World>& held_out_worlds();
/** Campaigns of the mornings on which alerts are asked for. */
[[nodiscard]] const std::vector<World>& morning_worlds();
/** Regions of a test of incrementality. */
[[nodiscard]] const std::vector<World>& region_worlds();

/** Money that a campaign spends: a usual 100 a day, 70 on weekends. The logarithm of a day deviates, and may follow that of the day before. */
[[nodiscard]] World spend_world(int days, double deviation = 0.15, double correlation = 0);

}  // namespace marketing::worlds
