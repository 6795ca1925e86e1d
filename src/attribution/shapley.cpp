#include "attribution/shapley.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "kernel/error.hpp"
#include "kernel/hash.hpp"
#include "numeric/compensated_sum.hpp"

namespace marketing::attribution {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using Codes = std::vector<std::uint32_t>;

/** Sums for each key and position. */
class Sums {
public:
    void give(std::uint32_t key, std::int32_t position, const Counts& counts, double share)
    {
        Sum& sum = sums_[{key, position}];
        sum.conversions.add(share * counts.conversions);
        sum.value.add(share * counts.value);
    }
    void give_nobody(const Counts& counts)
    {
        nobody_.conversions.add(counts.conversions);
        nobody_.value.add(counts.value);
    }
    [[nodiscard]] std::vector<PathCredit> report(const PathCountsView& paths) const
    {
        std::vector<PathCredit> credits;
        for (const auto& [place, sum] : sums_) {
            credits.push_back({paths.key(place.first), true, place.second, sum.conversions.value(), sum.value.value() + 0.0});
        }
        if (nobody_.conversions.value() != 0 || nobody_.value.value() != 0) {
            credits.push_back({{}, false, 0, nobody_.conversions.value(), nobody_.value.value()});
        }
        return credits;
    }

private:
    struct Sum {
        numeric::CompensatedSum conversions;
        numeric::CompensatedSum value;
    };
    std::map<std::pair<std::uint32_t, std::int32_t>, Sum> sums_;
    Sum nobody_;
};

/** Calls share(path, counts) for each path with touches; the others go to nobody. */
template <class Share>
std::vector<PathCredit> share_paths(const PathCountsView& paths, const kernel::StopFlag& stop, Share share)
{
    Sums sums;
    Codes path;
    for (std::size_t i = 0; i < paths.path_count(); ++i) {
        stop.poll();
        paths.read(i, path);
        if (path.empty()) {
            sums.give_nobody(paths.counts(i));
        } else {
            share(path, paths.counts(i), sums);
        }
    }
    return sums.report(paths);
}

Codes distinct(Codes codes)
{
    std::sort(codes.begin(), codes.end());
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
    return codes;
}

void share_equally(const Codes& keys, const Counts& counts, Sums& sums)
{
    for (const std::uint32_t key : keys) {
        sums.give(key, 0, counts, 1.0 / static_cast<double>(keys.size()));
    }
}

void share_by_first_place(const Codes& path, const Counts& counts, Sums& sums)
{
    const Codes keys = distinct(path);
    for (const std::uint32_t key : keys) {
        const auto place = std::find(path.begin(), path.end(), key) - path.begin();
        sums.give(key, static_cast<std::int32_t>(place) + 1, counts, 1.0 / static_cast<double>(keys.size()));
    }
}

Codes in_order_of_first_appearance(const Codes& path)
{
    Codes met;
    std::unordered_set<std::uint32_t> known;
    std::copy_if(path.begin(), path.end(), std::back_inserter(met),
                 [&known](std::uint32_t key) { return known.insert(key).second; });
    return met;
}

/** Journeys by their path. */
class CountsByPath {
public:
    Counts& operator[](std::span<const std::uint32_t> codes) { return counts_[spelt(codes)]; }
    [[nodiscard]] Counts find(std::span<const std::uint32_t> codes) const
    {
        const auto found = counts_.find(spelt(codes));
        return found == counts_.end() ? Counts{} : found->second;
    }

private:
    static std::string spelt(std::span<const std::uint32_t> codes)
    {
        const auto bytes = std::as_bytes(codes);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    std::unordered_map<std::string, Counts, kernel::SeededHash> counts_;
};

/** Counts of sets of keys, spelt in ascending order along the branches of a tree, so that the subsets of a set are found together. */
class CountsBySet {
public:
    Counts& operator[](const Codes& keys)
    {
        std::uint32_t node = 0;
        for (const std::uint32_t key : keys) {
            const auto [found, added] = children_.try_emplace(edge(node, key), static_cast<std::uint32_t>(counts_.size()));
            node = found->second;
            if (added) {
                counts_.emplace_back();
            }
        }
        return counts_[node];
    }

    /** Calls visit(mask, counts) for each subset of `keys` that begins a known set; bit i of the mask is keys[i]. */
    template <class Visit>
    void for_each_subset(const Codes& keys, Visit visit) const
    {
        descend(keys, 0, 0, 0, visit);
    }

private:
    static std::int64_t edge(std::uint32_t node, std::uint32_t key) noexcept { return std::int64_t{node} << 32U | key; }

    template <class Visit>
    void descend(const Codes& keys, std::uint32_t node, std::size_t next, unsigned mask, Visit& visit) const
    {
        visit(mask, counts_[node]);
        for (std::size_t i = next; i < keys.size(); ++i) {
            const auto child = children_.find(edge(node, keys[i]));
            if (child != children_.end()) {
                descend(keys, child->second, i + 1, mask | 1U << i, visit);
            }
        }
    }

    std::unordered_map<std::int64_t, std::uint32_t, kernel::SeededHash> children_;
    std::vector<Counts> counts_{Counts{}};
};

/** The rate game: the sets in the order of their keys, so that sums come out the same each time. */
class RateGame {
public:
    RateGame(const PathCountsView& paths, const kernel::StopFlag& stop) : paths_(paths), stop_(stop)
    {
        numeric::CompensatedSum conversions;
        numeric::CompensatedSum journeys;
        Codes path;
        for (std::size_t i = 0; i < paths.path_count(); ++i) {
            paths.read(i, path);
            const Counts counts = paths.counts(i);
            const Codes keys = distinct(path);
            Counts& known = journeys_[keys];
            known = {known.conversions + counts.conversions, known.value + counts.value,
                     known.non_converting + counts.non_converting};
            sets_[keys] = known;
            conversions.add(counts.conversions);
            journeys.add(counts.conversions + counts.non_converting);
        }
        overall_ = journeys.value() > 0 ? conversions.value() / journeys.value() : 0;
    }

    [[nodiscard]] std::vector<PathCredit> credits() const
    {
        Sums sums;
        for (const auto& [keys, counts] : sets_) {
            stop_.poll();
            if (keys.empty()) {
                sums.give_nobody(counts);
            } else if (keys.size() > most_rated_keys || (counts.conversions == 0 && counts.value == 0)) {
                share_equally(keys, counts, sums);
            } else {
                share(keys, counts, sums);
            }
        }
        return sums.report(paths_);
    }

private:
    [[nodiscard]] double rate(const Counts& counts) const noexcept
    {
        return (counts.conversions + prior_journeys * overall_) / (counts.conversions + counts.non_converting + prior_journeys);
    }

    /** The rate of each subset, by its mask. */
    [[nodiscard]] std::vector<double> rates_within(const Codes& keys) const
    {
        std::vector<double> rates(std::size_t{1} << keys.size(), rate({}));
        journeys_.for_each_subset(keys, [&](unsigned mask, const Counts& counts) { rates[mask] = rate(counts); });
        rates[0] = 0;
        return rates;
    }

    void share(const Codes& keys, const Counts& counts, Sums& sums) const
    {
        const std::size_t n = keys.size();
        const std::vector<double> rates = rates_within(keys);
        const std::vector<double> weights = weights_of_sizes(n);
        std::vector<double> shares(n);
        double total = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const unsigned own = 1U << i;
            numeric::CompensatedSum share;
            for (unsigned mask = 0; mask < rates.size(); ++mask) {
                if ((mask & own) == 0) {
                    share.add(weights[static_cast<std::size_t>(std::popcount(mask))] * (rates[mask | own] - rates[mask]));
                }
            }
            shares[i] = std::max(0.0, share.value());
            total += shares[i];
        }
        if (!(total > 0)) {
            share_equally(keys, counts, sums);
            return;
        }
        for (std::size_t i = 0; i < n; ++i) {
            sums.give(keys[i], 0, counts, shares[i] / total);
        }
    }

    /** How much a marginal of a set of each size weighs: size! (n - size - 1)! / n!. */
    static std::vector<double> weights_of_sizes(std::size_t n)
    {
        std::vector<double> weights(n, 1.0 / static_cast<double>(n));
        for (std::size_t size = 1; size < n; ++size) {
            weights[size] = weights[size - 1] * static_cast<double>(size) / static_cast<double>(n - size);
        }
        return weights;
    }

    const PathCountsView& paths_;
    const kernel::StopFlag& stop_;
    CountsBySet journeys_;
    std::map<Codes, Counts> sets_;
    double overall_ = 0;
};

double observed_rate(const Counts& counts) noexcept
{
    const double journeys = counts.conversions + counts.non_converting;
    return journeys > 0 ? counts.conversions / journeys : 0;
}

void share_by_removal(const Codes& path, const Counts& counts, const CountsByPath& seen, Sums& sums)
{
    const Codes keys = distinct(path);
    std::vector<double> falls;
    double total = 0;
    for (const std::uint32_t key : keys) {
        Codes without;
        std::copy_if(path.begin(), path.end(), std::back_inserter(without), [key](std::uint32_t k) { return k != key; });
        falls.push_back(std::max(0.0, observed_rate(counts) - observed_rate(seen.find(without))));
        total += falls.back();
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
        sums.give(keys[i], 0, counts, total > 0 ? falls[i] / total : (keys[i] == path.back() ? 1.0 : 0.0));
    }
}

}  // namespace

std::vector<PathCredit> shapley_credit(const PathCountsView& paths, Game game, const kernel::StopFlag& stop)
{
    if (game == Game::rate) {
        return RateGame(paths, stop).credits();
    }
    return share_paths(paths, stop, [game](const Codes& path, const Counts& counts, Sums& sums) {
        if (game == Game::ordered) {
            share_by_first_place(path, counts, sums);
        } else if (game == Game::ordered_keys) {
            share_by_first_place(in_order_of_first_appearance(path), counts, sums);
        } else {
            share_equally(distinct(path), counts, sums);
        }
    });
}

std::vector<PathCredit> removal_credit(const PathCountsView& paths, const kernel::StopFlag& stop)
{
    CountsByPath seen;
    Codes path;
    for (std::size_t i = 0; i < paths.path_count(); ++i) {
        paths.read(i, path);
        seen[path] = paths.counts(i);
    }
    return share_paths(paths, stop, [&seen](const Codes& codes, const Counts& counts, Sums& sums) {
        share_by_removal(codes, counts, seen, sums);
    });
}

std::vector<PathCredit> path_credit(const PathCountsView& paths, PathModel model, const kernel::StopFlag& stop)
{
    return share_paths(paths, stop, [model](const Codes& path, const Counts& counts, Sums& sums) {
        const std::size_t last = path.size() - 1;
        for (std::size_t i = 0; i <= last; ++i) {
            const bool chosen = model == PathModel::linear || i == (model == PathModel::first ? 0 : last);
            const double whole = model == PathModel::linear ? static_cast<double>(path.size()) : 1.0;
            sums.give(path[i], 0, counts, chosen ? 1 / whole : 0);
        }
    });
}

}  // namespace marketing::attribution
