/**
 * Leads that become contracts days later, if ever, seen as of a day: all that they will become is known.
 */
#pragma once

#include <array>
#include <vector>

#include "maturity/maturity.hpp"
#include "random.hpp"

namespace marketing::worlds {

/** How many of a day's leads sign so many days later. */
inline constexpr std::array lag_shapes{"fewer and fewer", "after three weeks", "at once or much later"};

struct SigningWorld {
    int shape;             // of the lags
    double drift;          // how many times as long lags are at the end as at the beginning
    double leads;          // a day
    double signing = 0.2;  // of a lead
    double wobble = 0.1;   // of that rate, from week to week
    int days = 300;

    /** Days from a lead of that day to its contract. */
    [[nodiscard]] int draw_lag(Engine& engine, int day) const;
};

/** The leads of a day, and their contracts: those signed by the end, and all. */
struct SigningDay {
    double leads = 0;
    double seen = 0;
    double ever = 0;
    double money_seen = 0;
    double money_ever = 0;
};

struct SigningHistory {
    std::vector<SigningDay> days;
    std::vector<maturity::Signed> lags;
};

[[nodiscard]] SigningHistory make_leads(const SigningWorld& world, Engine& engine);

}  // namespace marketing::worlds
