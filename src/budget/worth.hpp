/**
 * What a lead is worth: how many contracts it becomes, times what a contract brings, both with their doubt. Each is learned from all campaigns
 * together, so that one whose leads have had no time to sign is not taken for one whose leads never do.
 */
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "budget/costs.hpp"
#include "budget/panel.hpp"
#include "kernel/stop.hpp"

namespace marketing::budget {

/** What a campaign is judged by. */
enum class Outcome { leads, contracts, revenue };

/** How much of the contracts of a day's leads has been signed, by the age of the leads in days: 1 at the oldest. */
[[nodiscard]] std::vector<double> signed_shares(std::span<const Series> panel, std::int32_t as_of);

/** Contracts per lead of each campaign, and amounts per contract, by what all days of the panel up to `as_of` tell. */
class Worths {
public:
    Worths(std::span<const Series> panel, std::int32_t as_of, const kernel::StopFlag& stop);

    /** The last of the outcomes that there are contracts enough for. */
    [[nodiscard]] Outcome deepest() const;
    /** Whether anything is known of it. */
    [[nodiscard]] bool knows(Outcome outcome) const;
    /** A lead of a campaign, in units of the outcome. */
    [[nodiscard]] LogBelief lead(std::size_t campaign, Outcome outcome) const;
    [[nodiscard]] const LogBelief& contracts_per_lead(std::size_t campaign) const { return signing_[campaign]; }
    [[nodiscard]] const LogBelief& contract_value(std::size_t campaign) const { return value_[campaign]; }

private:
    double contracts_ = 0;
    double revenue_ = 0;
    std::vector<LogBelief> signing_;
    std::vector<LogBelief> value_;
};

}  // namespace marketing::budget
