#include "anomaly/common.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <utility>

#include "kernel/stop.hpp"
#include "numeric/quantile.hpp"

namespace marketing::anomaly {
namespace {

constexpr double apart = 2.5;           // deviations from which on a series goes its own way
constexpr double clearly = 2.5;         // deviations from which on a movement is one
constexpr int rounds = 3;               // of finding who goes along
constexpr double fewest_others = 2;     // series that can say what is common
constexpr double least_events = 0.5;    // that chance is reckoned with
constexpr double most_of_one = 1;       // evidence that one series may give, so that no large one speaks for all
constexpr double enough = 1;            // evidence from which on others have something in common
constexpr double fewest_agreeing = 3;   // series that make a movement one of all
constexpr double agreeing_share = 0.5;  // what is for it less what is against it, as a share of all evidence
constexpr double most_weight = 3;       // of one series, in median weights

/** A factor as its logarithm, with its standard error. */
struct Movement {
    double log = 0;
    double error = std::numeric_limits<double>::infinity();

    /** Drawn to none as far as it may be chance (the positive part of James and Stein's estimate). */
    [[nodiscard]] double drawn() const { return std::abs(log) > error ? log * (1 - error * error / (log * log)) : 0; }
    [[nodiscard]] double deviations() const { return error > 0 ? log / error : 0; }
};

Movement difference(const Movement& a, const Movement& b)
{
    return {a.log - b.log, std::hypot(a.error, b.error)};
}

/** Ratios weighed by how well they are known. */
struct Sums {
    double weight = 0;
    double weighted = 0;
    double count = 0;
    double evidence = 0;  // of all, also of those that go their own way: that there is something in common
    double absolute_evidence = 0;

    void add(double value, double its_weight, double sign)
    {
        weight += sign * its_weight;
        weighted += sign * its_weight * value;
        count += sign;
    }
    [[nodiscard]] Movement movement(double spread, double fewest) const
    {
        if (count < fewest || weight <= 0) {
            return {};
        }
        // Without any event the factor is as small as half an event would make it.
        const double mean = std::log(std::max(weighted, 0.5) / weight);
        return {evidence >= enough ? mean : 0, std::sqrt(spread / weight)};
    }
    [[nodiscard]] bool agree() const { return count >= fewest_agreeing && evidence >= agreeing_share * absolute_evidence; }
};

/** What members have in common, and who of them goes along. */
class Common {
public:
    Common(std::span<const Member> all, std::vector<std::size_t> places) : all_(all), places_(std::move(places))
    {
        along_.assign(all.size(), false);
        std::vector<double> weights;
        for (const std::size_t place : places_) {
            weights.push_back(1 / variance(all[place], 1));
        }
        most_weight_ = most_weight * numeric::median(weights);
        factor_ = median();
        for (int round = 0; round < rounds; ++round) {
            choose();
            if (sums_.weight > 0 && sums_.weighted > 0) {
                factor_ = sums_.weighted / sums_.weight;
            }
        }
        choose();
    }

    [[nodiscard]] bool agree() const { return sums_.agree(); }
    [[nodiscard]] Movement all(double fewest = fewest_others) const { return sums_.movement(spread_, fewest); }
    [[nodiscard]] Movement without(std::size_t member) const
    {
        Sums rest = sums_;
        take(rest, member);
        return rest.movement(spread_, fewest_others);
    }
    [[nodiscard]] Movement without_group(std::int64_t group) const
    {
        Sums rest = sums_;
        for (const std::size_t place : places_) {
            if (all_[place].group == group) {
                take(rest, place);
            }
        }
        return rest.movement(spread_, 1);
    }

private:
    [[nodiscard]] double variance(const Member& member, double factor) const
    {
        return member.per_event / std::max(member.expected * factor, least_events) + member.relative;
    }
    [[nodiscard]] double weight(const Member& member) const { return std::min(1 / variance(member, factor_), most_weight_); }
    [[nodiscard]] static double off(const Member& member, double factor) { return member.ratio / factor - 1; }
    /** How much likelier the factor is for a series than none; by half the squared deviations. */
    [[nodiscard]] double evidence(const Member& member) const
    {
        const double alone = off(member, 1);
        const double along = off(member, factor_);
        const double likelier = (alone * alone / variance(member, 1) - along * along / variance(member, factor_)) / 2;
        return std::clamp(likelier, -most_of_one, most_of_one);
    }
    void take(Sums& sums, std::size_t place) const
    {
        sums.evidence -= evidence(all_[place]);
        if (along_[place]) {
            sums.add(all_[place].ratio, weight(all_[place]), -1);
        }
    }

    /** The weighted median of the ratios. */
    [[nodiscard]] double median() const
    {
        std::vector<std::pair<double, double>> ratios;
        double sum = 0;
        for (const std::size_t place : places_) {
            ratios.emplace_back(all_[place].ratio, std::min(1 / variance(all_[place], 1), most_weight_));
            sum += ratios.back().second;
        }
        std::sort(ratios.begin(), ratios.end());
        double below = 0;
        for (const auto& [ratio, its_weight] : ratios) {
            below += its_weight;
            if (below >= sum / 2) {
                return std::max(ratio, 1e-3);
            }
        }
        return 1;
    }

    void choose()
    {
        sums_ = {};
        double squares = 0;
        for (const std::size_t place : places_) {
            const Member& member = all_[place];
            const double square = off(member, factor_) * off(member, factor_) / variance(member, factor_);
            along_[place] = square <= apart * apart;
            sums_.evidence += evidence(member);
            sums_.absolute_evidence += std::abs(evidence(member));
            if (along_[place]) {
                sums_.add(member.ratio, weight(member), 1);
                squares += square;
            }
        }
        spread_ = sums_.count > 1 ? std::max(1.0, squares / (sums_.count - 1)) : 1;
    }

    std::span<const Member> all_;
    std::vector<std::size_t> places_;
    std::vector<bool> along_;
    double most_weight_ = 0;
    double factor_ = 1;
    Sums sums_;
    double spread_ = 1;
};

/** The members of each business, and of each of its groups. */
struct Business {
    std::vector<std::size_t> places;
    std::map<std::int64_t, std::vector<std::size_t>> groups;
};

std::map<std::int64_t, Business> businesses_of(std::span<const Member> members)
{
    std::map<std::int64_t, Business> businesses;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const Member& member = members[i];
        if (member.expected > 0 && std::isfinite(member.expected) && std::isfinite(member.ratio) &&
            member.per_event + member.relative > 0) {
            Business& business = businesses[member.total];
            business.places.push_back(i);
            business.groups[member.group].push_back(i);
        }
    }
    return businesses;
}

}  // namespace

std::vector<CommonFactor> common_factors(std::span<const Member> members)
{
    std::vector<CommonFactor> factors(members.size());
    for (const auto& [number, business] : businesses_of(members)) {
        kernel::poll();
        const Common total(members, business.places);
        for (const auto& [name, places] : business.groups) {
            const Common group(members, places);
            for (const std::size_t place : places) {
                const double of_total = total.without(place).drawn();
                Movement rest = group.without(place);
                rest.log -= business.groups.size() > 1 ? of_total : rest.log;
                const double of_group = rest.drawn();
                const bool any = of_total != 0 || of_group != 0;
                factors[place] = {std::exp(of_total + of_group), !any ? CommonLevel::none
                                                                 : std::abs(of_group) > std::abs(of_total)
                                                                     ? CommonLevel::group
                                                                     : CommonLevel::total};
            }
        }
    }
    return factors;
}

std::vector<Moved> moved_together(std::span<const Member> members, Alternative alternative)
{
    const double side = alternative == Alternative::less ? -1 : 1;
    std::vector<Moved> moved;
    for (const auto& [number, business] : businesses_of(members)) {
        kernel::poll();
        const Common total(members, business.places);
        const auto holds_without = [&](const auto& group) {
            return side * total.without_group(group.first).deviations() >= clearly;
        };
        if (total.agree() && side * total.all().deviations() >= clearly &&
            (business.groups.size() == 1 || std::all_of(business.groups.begin(), business.groups.end(), holds_without))) {
            moved.push_back({number, 0, CommonLevel::total});
        }
        for (const auto& group : business.groups) {
            // A name of its own: clang 15 lets no lambda use a structured binding.
            const auto& name = group.first;
            const Common common(members, group.second);
            const Movement own = common.all();
            std::vector<std::size_t> others;
            std::copy_if(business.places.begin(), business.places.end(), std::back_inserter(others),
                         [&](std::size_t place) { return members[place].group != name; });
            const Movement rest = others.empty() ? Movement{} : Common(members, others).all(1);
            if (common.agree() && side * difference(own, rest).deviations() >= clearly) {
                moved.push_back({number, name, CommonLevel::group, std::exp(rest.drawn())});
            }
        }
    }
    return moved;
}

}  // namespace marketing::anomaly
