#include "budget/worth.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "numeric/square.hpp"

namespace marketing::budget {
namespace {

using numeric::square;

/** Fewer contracts than these say nothing of campaigns. */
constexpr double least_contracts = 8;
/** The relative deviation of amounts where too little tells it, and how many days this is worth. */
constexpr double usual_spread = 0.7;
constexpr double usual_days = 2;

/** What all days of a campaign say together. */
struct Totals {
    double leads = 0;
    double settled = 0;  // leads, each counted for as much as its contracts are signed
    double contracts = 0;
    double revenue = 0;
};

/** A stretch of ages whose leads sign alike. */
struct Level {
    double leads = 0;
    double contracts = 0;
    std::size_t ages = 0;

    [[nodiscard]] double rate() const { return leads > 0 ? contracts / leads : 0; }
    void add(const Level& other)
    {
        leads += other.leads;
        contracts += other.contracts;
        ages += other.ages;
    }
};

/** Whether its leads are bought: what others become says nothing of these. */
bool spends(const Series& series)
{
    return std::any_of(series.days.begin(), series.days.end(), [](const Day& day) { return day.spend > 0; });
}

/** In days; ages of more than a century are not told apart. */
std::size_t age_of(const Day& day, std::int32_t as_of)
{
    return static_cast<std::size_t>(std::min(as_of - day.day, century));
}

/** Leads and contracts by the age of the leads, from day 0 on. */
std::vector<Level> levels_by_age(std::span<const Series> panel, std::int32_t as_of)
{
    std::vector<Level> by_age;
    for (const Series& series : panel) {
        if (!spends(series)) {
            continue;
        }
        for (const Day& day : series.days) {
            if (day.day <= as_of) {
                const std::size_t age = age_of(day, as_of);
                by_age.resize(std::max(by_age.size(), age + 1), {0, 0, 1});
                by_age[age].add({day.response, day.contracts, 0});
            }
        }
    }
    return by_age;
}

Totals totals_of(const Series& series, std::int32_t as_of, std::span<const double> shares)
{
    Totals totals;
    if (!spends(series)) {
        return totals;
    }
    for (const Day& day : series.days) {
        if (day.day <= as_of) {
            totals.leads += day.response;
            totals.settled += day.response * shares[age_of(day, as_of)];
            totals.contracts += day.contracts;
            totals.revenue += day.revenue;
        }
    }
    return totals;
}

/**
 * Contracts out of leads as counts on an exposure. They vary less than Poisson's where many leads sign, so they count for more. An expected
 * exposure of 0 with contracts, of leads younger than any that signed before, is as long as these contracts need.
 */
CostEvidence signing_evidence(const Totals& totals)
{
    const double signing = (totals.contracts + 0.5) / (totals.leads + 1);
    const double scale = totals.contracts < totals.leads ? std::max(1 - signing, 0.1) : 1;
    return {totals.contracts / scale, std::max(totals.settled, totals.contracts > 0 ? 1e-6 : 0) / scale};
}

std::vector<LogBelief> signing_beliefs(std::span<const Totals> campaigns, const kernel::StopFlag& stop)
{
    std::vector<CostEvidence> group;
    Totals all;
    for (const Totals& totals : campaigns) {
        group.push_back(signing_evidence(totals));
        all.contracts += totals.contracts;
        all.settled += totals.settled;
    }
    const CostPrior prior(group, all.settled > 0 ? std::max(all.contracts, 0.5) / all.settled : 1);
    std::vector<LogBelief> beliefs;
    for (const CostEvidence& evidence : group) {
        stop.poll();
        beliefs.push_back(prior.update(evidence).log_rate());
    }
    return beliefs;
}

/** The squared relative deviation of an amount, by how the days of each campaign differ from its mean. */
double squared_spread(std::span<const Series> panel, std::int32_t as_of, std::span<const Totals> campaigns)
{
    double sum = usual_days * square(usual_spread);
    double freedom = usual_days;
    for (std::size_t i = 0; i < panel.size(); ++i) {
        const double mean = campaigns[i].contracts > 0 ? campaigns[i].revenue / campaigns[i].contracts : 0;
        if (!(mean > 0)) {
            continue;
        }
        double days = 0;
        for (const Day& day : panel[i].days) {
            if (day.day <= as_of && day.contracts > 0) {
                sum += square(day.revenue / mean - day.contracts) / day.contracts;
                days += 1;
            }
        }
        freedom += std::max(days - 1, 0.0);
    }
    return sum / freedom;
}

/** The log of a campaign's mean amount, as it was seen; an infinite variance where there was none. */
struct Seen {
    double log_mean = 0;
    double variance = std::numeric_limits<double>::infinity();
};

std::vector<Seen> seen_values(std::span<const Totals> campaigns, double spread, double usual)
{
    std::vector<Seen> seen;
    for (const Totals& totals : campaigns) {
        // Contracts without an amount are worth little, not nothing: nobody signs for nothing for ever.
        const double revenue = std::max(totals.revenue, 0.1 * usual);
        seen.push_back(totals.contracts > 0 ? Seen{std::log(revenue / totals.contracts), spread / totals.contracts} : Seen{});
    }
    return seen;
}

/** Values around a common center whose spread is a node: how likely it makes what was seen, and what it makes of it. */
class ValueNode {
public:
    ValueNode(std::span<const Seen> seen, double spread) : variance_(square(spread))
    {
        double weighted = 0;
        double logs = 0;
        for (const Seen& s : seen) {
            const double precision = 1 / (s.variance + variance_);
            precision_ += precision;
            weighted += precision > 0 ? precision * s.log_mean : 0;
            logs += precision > 0 ? std::log(precision) : 0;
        }
        center_ = weighted / precision_;
        double misfit = 0;
        for (const Seen& s : seen) {
            misfit += square(s.log_mean - center_) / (s.variance + variance_);
        }
        // A variance that is flat beforehand, on nodes that are equidistant in the log of its root; so is the center.
        log_weight_ = (logs - std::log(precision_) - misfit) / 2 + std::log(variance_);
    }
    [[nodiscard]] double log_weight() const { return log_weight_; }
    [[nodiscard]] LogBelief belief(const Seen& s) const
    {
        const double precision = 1 / s.variance + 1 / variance_;
        const double mean = (s.log_mean / s.variance + center_ / variance_) / precision;
        return {mean, std::sqrt(1 / precision + square(1 / (variance_ * precision)) / precision_)};
    }

private:
    double variance_;
    double precision_ = 0;
    double center_;
    double log_weight_;
};

std::vector<LogBelief> value_beliefs(std::span<const Seen> seen)
{
    std::vector<ValueNode> nodes;
    double top = -std::numeric_limits<double>::infinity();
    for (int d = 0; d < 9; ++d) {
        nodes.emplace_back(seen, 0.05 * std::exp2(d / 2.0));
        top = std::max(top, nodes.back().log_weight());
    }
    std::vector<LogBelief> beliefs;
    for (const Seen& s : seen) {
        double weights = 0;
        double mean = 0;
        double square_mean = 0;
        for (const ValueNode& node : nodes) {
            const double weight = std::exp(node.log_weight() - top);
            const LogBelief belief = node.belief(s);
            weights += weight;
            mean += weight * belief.mean;
            square_mean += weight * (square(belief.mean) + square(belief.deviation));
        }
        mean /= weights;
        beliefs.push_back({mean, std::sqrt(std::max(square_mean / weights - square(mean), 0.0))});
    }
    return beliefs;
}

}  // namespace

// Leads of all campaigns by age: older ones have signed at least as often, so rates that fall with age are pooled. The oldest stretch has enough
// contracts to say what the final rate is.
std::vector<double> signed_shares(std::span<const Series> panel, std::int32_t as_of)
{
    const std::vector<Level> by_age = levels_by_age(panel, as_of);
    double contracts = 0;
    for (const Level& level : by_age) {
        contracts += level.contracts;
    }
    std::vector<Level> pooled;
    Level oldest;
    std::size_t rest = by_age.size();
    while (rest > 0 && (oldest.contracts < std::max(least_contracts, 0.2 * contracts))) {
        oldest.add(by_age[--rest]);
    }
    for (std::size_t age = 0; age <= rest && oldest.ages > 0; ++age) {
        pooled.push_back(age < rest ? by_age[age] : oldest);
        while (pooled.size() > 1 && pooled[pooled.size() - 2].rate() >= pooled.back().rate()) {
            const Level last = pooled.back();
            pooled.pop_back();
            pooled.back().add(last);
        }
    }
    std::vector<double> shares;
    for (const Level& level : pooled) {
        const double final_rate = pooled.back().rate();
        shares.insert(shares.end(), level.ages, final_rate > 0 ? level.rate() / final_rate : 1);
    }
    return shares;
}

Worths::Worths(std::span<const Series> panel, std::int32_t as_of, const kernel::StopFlag& stop)
{
    const std::vector<double> shares = signed_shares(panel, as_of);
    std::vector<Totals> campaigns;
    for (const Series& series : panel) {
        campaigns.push_back(totals_of(series, as_of, shares));
        contracts_ += campaigns.back().contracts;
        revenue_ += campaigns.back().revenue;
    }
    if (!knows(Outcome::contracts)) {
        return;
    }
    signing_ = signing_beliefs(campaigns, stop);
    if (knows(Outcome::revenue)) {
        value_ = value_beliefs(seen_values(campaigns, squared_spread(panel, as_of, campaigns), revenue_ / contracts_));
    }
}

Outcome Worths::deepest() const
{
    return contracts_ < least_contracts ? Outcome::leads : revenue_ > 0 ? Outcome::revenue : Outcome::contracts;
}

bool Worths::knows(Outcome outcome) const
{
    return outcome == Outcome::leads || (contracts_ > 0 && (outcome == Outcome::contracts || revenue_ > 0));
}

LogBelief Worths::lead(std::size_t campaign, Outcome outcome) const
{
    switch (outcome) {
        case Outcome::leads: return {};
        case Outcome::contracts: return signing_[campaign];
        case Outcome::revenue: break;
    }
    return signing_[campaign] * value_[campaign];
}

}  // namespace marketing::budget
