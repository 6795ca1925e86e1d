#include "attribution/markov.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory_resource>
#include <optional>
#include <utility>

#include "attribution/own_visits.hpp"
#include "kernel/error.hpp"
#include "kernel/interner.hpp"
#include "numeric/compensated_sum.hpp"
#include "numeric/eigen.hpp"
#include "numeric/linear_algebra.hpp"

namespace marketing::attribution {
namespace {

using kernel::Error;
using kernel::ErrorCode;

constexpr std::uint32_t start_node = 0;
constexpr std::string_view other_states[] = {"(start)", "(conversion)", "(null)"};
constexpr std::uint32_t no_node = std::numeric_limits<std::uint32_t>::max();

void check_order(int order, const char* name)
{
    if (order < 1 || order > most_markov_order) {
        throw Error(ErrorCode::invalid_parameter,
                    std::string(name) + " must be between 1 and " + std::to_string(most_markov_order));
    }
}

[[noreturn]] void fail_unsolvable()
{
    throw Error(ErrorCode::numeric_range, "the chain cannot be solved",
                "The counts of the paths are too large, or differ too much, for one chain.");
}

/** One transition between states, as often as it was taken. */
struct Step {
    std::uint32_t from;
    std::uint32_t to;
    double weight;
};

/** The chain as counts and, by rows, as probabilities. Node 0 is the start, node i > 0 the state i - 1. */
class Chain {
public:
    Chain(const PathCountsView& paths, const MarkovOptions& options, const kernel::StopFlag& stop);

    [[nodiscard]] int order() const noexcept { return order_; }
    [[nodiscard]] std::size_t size() const noexcept { return states_.size() + 1; }
    [[nodiscard]] const std::vector<Step>& steps() const noexcept { return steps_; }
    /** Where the steps from each node begin; one more for the end. */
    [[nodiscard]] std::size_t row(std::size_t node) const noexcept { return rows_[node]; }
    [[nodiscard]] double probability(std::size_t step) const noexcept { return probability_[step]; }
    [[nodiscard]] double leaving(std::size_t node) const noexcept { return leaving_[node]; }
    [[nodiscard]] double conversions(std::size_t node) const noexcept { return conversions_[node]; }
    [[nodiscard]] double non_converting(std::size_t node) const noexcept { return non_converting_[node]; }
    /** Of converting in the next step, and what that is worth on average. */
    [[nodiscard]] double exit_probability(std::size_t node) const noexcept { return ratio(conversions_[node], node); }
    [[nodiscard]] double exit_value(std::size_t node) const noexcept { return ratio(value_[node], node); }
    /** The node in which a path ends; no_node where it was not walked. */
    [[nodiscard]] std::uint32_t last_node(std::size_t path) const noexcept { return last_[path]; }
    /** The distinct keys of a node. */
    [[nodiscard]] std::vector<std::uint32_t> keys_of(std::size_t node) const;
    [[nodiscard]] std::string name(std::size_t node, const PathCountsView& paths) const;

private:
    void walk(std::span<const std::uint32_t> path, const Counts& counts, const MarkovOptions& options);
    std::uint32_t node_of(std::span<const std::uint32_t> keys);
    void collect();
    [[nodiscard]] double ratio(double part, std::size_t node) const noexcept
    {
        return leaving_[node] > 0 ? part / leaving_[node] : 0;
    }
    [[nodiscard]] std::vector<std::uint32_t> codes(std::size_t node) const;

    int order_;
    kernel::Interner states_{std::pmr::get_default_resource()};
    std::vector<Step> steps_;
    std::vector<std::size_t> rows_;
    std::vector<double> probability_;
    std::vector<double> leaving_;
    std::vector<double> conversions_{0};
    std::vector<double> value_{0};
    std::vector<double> non_converting_{0};
    std::vector<std::uint32_t> last_;
};

Chain::Chain(const PathCountsView& paths, const MarkovOptions& options, const kernel::StopFlag& stop) : order_(options.order)
{
    std::vector<std::uint32_t> path;
    for (std::size_t i = 0; i < paths.path_count(); ++i) {
        stop.poll();
        Counts counts = paths.counts(i);
        counts.non_converting = options.use_non_converting ? counts.non_converting : 0;
        last_.push_back(no_node);
        if (paths.path_size(i) > 0 && counts.conversions + counts.non_converting > 0) {
            paths.read(i, path);
            walk(path, counts, options);
        }
    }
    stop.poll();
    collect();
}

std::uint32_t Chain::node_of(std::span<const std::uint32_t> keys)
{
    const std::uint32_t state = states_.code({reinterpret_cast<const char*>(keys.data()), keys.size_bytes()});
    if (state >= most_markov_states) {
        throw Error(ErrorCode::limit_exceeded, "the chain has more than " + std::to_string(most_markov_states) + " states", {},
                    "Choose a lower order, or fewer distinct keys.");
    }
    if (state + 1 == conversions_.size()) {
        conversions_.push_back(0);
        value_.push_back(0);
        non_converting_.push_back(0);
    }
    return state + 1;
}

void Chain::walk(std::span<const std::uint32_t> path, const Counts& counts, const MarkovOptions& options)
{
    const std::size_t length = std::min(path.size(), static_cast<std::size_t>(options.order));
    std::uint32_t at = start_node;
    for (std::size_t first = 0; first + length <= path.size(); ++first) {
        const std::uint32_t next = node_of(path.subspan(first, length));
        if (next != at || options.self_loops) {
            steps_.push_back({at, next, counts.conversions + counts.non_converting});
        }
        at = next;
    }
    conversions_[at] += counts.conversions;
    value_[at] += counts.value;
    non_converting_[at] += counts.non_converting;
    last_.back() = at;
}

void Chain::collect()
{
    // Stable: equal steps are added up in the order of the paths, which is that of the value.
    std::stable_sort(steps_.begin(), steps_.end(),
                     [](const Step& a, const Step& b) { return std::pair(a.from, a.to) < std::pair(b.from, b.to); });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        if (kept > 0 && steps_[kept - 1].from == steps_[i].from && steps_[kept - 1].to == steps_[i].to) {
            steps_[kept - 1].weight += steps_[i].weight;
        } else {
            steps_[kept++] = steps_[i];
        }
    }
    steps_.resize(kept);
    rows_.assign(size() + 1, 0);
    leaving_.assign(size(), 0);
    for (std::size_t node = 0; node < size(); ++node) {
        leaving_[node] = conversions_[node] + non_converting_[node];
    }
    for (const Step& step : steps_) {
        ++rows_[step.from + 1];
        leaving_[step.from] += step.weight;
    }
    for (std::size_t node = 0; node < size(); ++node) {
        rows_[node + 1] += rows_[node];
        if (!std::isfinite(leaving_[node]) || !std::isfinite(value_[node])) {
            fail_unsolvable();
        }
    }
    for (const Step& step : steps_) {
        probability_.push_back(ratio(step.weight, step.from));
    }
}

std::vector<std::uint32_t> Chain::codes(std::size_t node) const
{
    const std::string_view bytes = states_.text(static_cast<std::uint32_t>(node - 1));
    std::vector<std::uint32_t> keys(bytes.size() / sizeof(std::uint32_t));
    std::memcpy(keys.data(), bytes.data(), bytes.size());
    return keys;
}

std::vector<std::uint32_t> Chain::keys_of(std::size_t node) const
{
    auto keys = codes(node);
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
}

std::string Chain::name(std::size_t node, const PathCountsView& paths) const
{
    std::string text;
    for (const std::uint32_t key : codes(node)) {
        text += text.empty() ? "" : " > ";
        text += state_name(paths.key(key), order_ > 1);
    }
    return text;
}

/** Conversions to expect of a journey that is at a node, and their value; or what of it a removal takes away. */
struct ValueToGo {
    double conversions = 0;
    double value = 0;
};

/** The fundamental matrix N, whole, and the values to go by one factorisation of I - Q: for chains of few states. */
class FactorisedChain {
public:
    explicit FactorisedChain(const Chain& chain)
    {
        const auto n = static_cast<Eigen::Index>(chain.size());
        Eigen::MatrixXd system = Eigen::MatrixXd::Identity(n, n);
        for (std::size_t i = 0; i < chain.steps().size(); ++i) {
            system(chain.steps()[i].from, chain.steps()[i].to) -= chain.probability(i);
        }
        Eigen::MatrixXd right = Eigen::MatrixXd::Identity(n, n + 2);
        for (Eigen::Index node = 0; node < n; ++node) {
            right(node, n) = chain.exit_probability(static_cast<std::size_t>(node));
            right(node, n + 1) = chain.exit_value(static_cast<std::size_t>(node));
        }
        const Eigen::MatrixXd solution = numeric::solve(system, right);
        if (!solution.allFinite()) {
            fail_unsolvable();
        }
        fundamental_ = solution.leftCols(n);
        ahead_ = solution.rightCols(2);
    }

    [[nodiscard]] ValueToGo at_start() const { return {ahead_(start_node, 0), ahead_(start_node, 1)}; }

    /** What is lost when the nodes of `removed` lead to (null): N_(start,S) (N_SS)^-1 (N b)_S. */
    [[nodiscard]] ValueToGo lost_without(std::span<const std::uint32_t> removed) const
    {
        const auto n = static_cast<Eigen::Index>(removed.size());
        Eigen::MatrixXd among(n, n);
        Eigen::VectorXd reached(n);
        Eigen::MatrixXd ahead(n, 2);
        for (Eigen::Index i = 0; i < n; ++i) {
            const std::uint32_t from = removed[static_cast<std::size_t>(i)];
            reached[i] = fundamental_(start_node, from);
            ahead.row(i) = ahead_.row(from);
            for (Eigen::Index j = 0; j < n; ++j) {
                among(i, j) = fundamental_(from, removed[static_cast<std::size_t>(j)]);
            }
        }
        const Eigen::MatrixXd lost = numeric::solve(among, ahead);
        return {reached.dot(lost.col(0)), reached.dot(lost.col(1))};
    }

private:
    Eigen::MatrixXd fundamental_;
    Eigen::MatrixXd ahead_;  // N b and N r
};

/** Thrown where iteration takes too long. */
struct Unsettled {};

/**
 * The same by Gauss-Seidel sweeps, for chains of many states. I - Q is an M-matrix: the sweeps rise to the answer, and the error is at
 * most the last change times the longest expected walk.
 *
 * What a removal takes away is a product where the key is one state: N_0x b_x / N_xx, and N_0x, the visits to expect, are those that were
 * counted, since as many steps lead to a state as leave it. Else, d, what is taken away, solves d = Q d with d = N b kept at the removed
 * states. Either way small effects lose no digits.
 */
class IteratedChain {
public:
    IteratedChain(const Chain& chain, const kernel::StopFlag& stop)
        : chain_(chain), stop_(stop), pinned_(chain.size()), ahead_(chain.size()), lost_(chain.size())
    {
        std::vector<ValueToGo> walk(chain.size());
        const auto one = [](std::size_t /*node*/) { return ValueToGo{1, 0}; };
        sweep_until(walk, one,
                    [&walk](const ValueToGo& change) { return change.conversions <= 1e-6 * largest(walk).conversions; });
        longest_walk_ = largest(walk).conversions;
        const auto exits = [this](std::size_t node) {
            return ValueToGo{chain_.exit_probability(node), chain_.exit_value(node)};
        };
        sweep_until(ahead_, exits, [this](const ValueToGo& change) { return settled(change, largest(ahead_)); });
        if (chain.order() == 1) {
            own_visits_ = own_visits(between_states(), longest_walk_, stop);
        }
    }

    [[nodiscard]] ValueToGo at_start() const { return ahead_[start_node]; }

    [[nodiscard]] ValueToGo lost_without(std::span<const std::uint32_t> removed)
    {
        if (!own_visits_.empty()) {
            const std::uint32_t node = removed.front();
            const double reached = chain_.leaving(node) / chain_.leaving(start_node) / own_visits_[node - 1];
            return {reached * ahead_[node].conversions, reached * ahead_[node].value};
        }
        std::fill(lost_.begin(), lost_.end(), ValueToGo{});
        for (const std::uint32_t node : removed) {
            pinned_[node] = true;
            lost_[node] = ahead_[node];
        }
        const ValueToGo scale = largest(ahead_);
        sweep_until(
            lost_, [](std::size_t /*node*/) { return ValueToGo{}; },
            [this, &scale](const ValueToGo& change) { return settled(change, scale); });
        for (const std::uint32_t node : removed) {
            pinned_[node] = false;
        }
        return lost_[start_node];
    }

private:
    static constexpr int most_sweeps = 20'000;

    /** Q without the start, to which nothing leads. */
    [[nodiscard]] SparseRows between_states() const
    {
        SparseRows rows;
        rows.begin.push_back(0);
        for (std::size_t node = 1; node < chain_.size(); ++node) {
            rows.loop.push_back(0);
            for (std::size_t step = chain_.row(node); step < chain_.row(node + 1); ++step) {
                if (chain_.steps()[step].to == node) {
                    rows.loop.back() = chain_.probability(step);
                } else {
                    rows.to.push_back(chain_.steps()[step].to - 1);
                    rows.probability.push_back(chain_.probability(step));
                }
            }
            rows.begin.push_back(rows.to.size());
        }
        return rows;
    }

    [[nodiscard]] static ValueToGo largest(const std::vector<ValueToGo>& values)
    {
        ValueToGo most;
        for (const ValueToGo& value : values) {
            most.conversions = std::max(most.conversions, std::abs(value.conversions));
            most.value = std::max(most.value, std::abs(value.value));
        }
        return most;
    }

    [[nodiscard]] bool settled(const ValueToGo& change, const ValueToGo& scale) const
    {
        // Past the second bound only rounding is left.
        const double tolerance = std::max(1e-13 / longest_walk_, 2 * std::numeric_limits<double>::epsilon());
        return change.conversions <= tolerance * scale.conversions && change.value <= tolerance * scale.value;
    }

    /** Sweeps from the last state seen to the start; returns the largest change of a node. */
    template <class Source>
    ValueToGo sweep(std::vector<ValueToGo>& x, Source source) const
    {
        ValueToGo change;
        for (std::size_t node = chain_.size(); node-- > 0;) {
            if (pinned_[node]) {
                continue;
            }
            ValueToGo next = source(node);
            double elsewhere = 1;
            for (std::size_t step = chain_.row(node); step < chain_.row(node + 1); ++step) {
                const std::uint32_t to = chain_.steps()[step].to;
                if (to == node) {
                    elsewhere = 1 - chain_.probability(step);
                } else {
                    next.conversions += chain_.probability(step) * x[to].conversions;
                    next.value += chain_.probability(step) * x[to].value;
                }
            }
            next = {next.conversions / elsewhere, next.value / elsewhere};
            change.conversions = std::max(change.conversions, std::abs(next.conversions - x[node].conversions));
            change.value = std::max(change.value, std::abs(next.value - x[node].value));
            x[node] = next;
        }
        return change;
    }

    template <class Source, class Enough>
    void sweep_until(std::vector<ValueToGo>& x, Source source, Enough enough) const
    {
        for (int sweeps = 0; sweeps < most_sweeps; ++sweeps) {
            stop_.poll();
            const ValueToGo change = sweep(x, source);
            if (!std::isfinite(change.conversions) || !std::isfinite(change.value)) {
                fail_unsolvable();
            }
            if (enough(change)) {
                return;
            }
        }
        throw Unsettled();
    }

    const Chain& chain_;
    const kernel::StopFlag& stop_;
    std::vector<bool> pinned_;
    std::vector<ValueToGo> ahead_;
    std::vector<ValueToGo> lost_;
    double longest_walk_ = 1;
    std::vector<double> own_visits_;  // of the states, where each key is one and the sweeps settle
};

/** What is to be shared out, and what has no touch to share it. */
struct Totals {
    Counts touched;
    Counts untouched;
};

Totals totals_of(const PathCountsView& paths)
{
    CountsSum touched;
    CountsSum untouched;
    for (std::size_t path = 0; path < paths.path_count(); ++path) {
        (paths.path_size(path) == 0 ? untouched : touched).add(paths.counts(path));
    }
    return {touched.total(), untouched.total()};
}

template <class Solution>
void write_effects(Solution& solution, const Chain& chain, std::vector<MarkovCredit>& credits, const kernel::StopFlag& stop)
{
    std::vector<std::vector<std::uint32_t>> nodes_of(credits.size());
    for (std::uint32_t node = 1; node < chain.size(); ++node) {
        for (const std::uint32_t key : chain.keys_of(node)) {
            nodes_of[key].push_back(node);
        }
    }
    const ValueToGo all = solution.at_start();
    for (std::size_t key = 0; key < credits.size(); ++key) {
        stop.poll();
        const ValueToGo lost = nodes_of[key].empty() ? ValueToGo{} : solution.lost_without(nodes_of[key]);
        // Rounding must not leave the range of a share.
        credits[key].removal_effect = all.conversions > 0 ? std::clamp(lost.conversions / all.conversions, 0.0, 1.0) : 0;
        credits[key].removal_effect_value = all.value != 0 ? lost.value / all.value + 0.0 : 0;
        credits[key].base_probability = std::min(all.conversions, 1.0);
        if (!std::isfinite(credits[key].removal_effect) || !std::isfinite(credits[key].removal_effect_value)) {
            fail_unsolvable();
        }
    }
}

/** By whichever way is quick, or settles. Up to so many states factorisation is as quick as iteration. */
void solve(const Chain& chain, MarkovSolver solver, std::vector<MarkovCredit>& credits, const kernel::StopFlag& stop)
{
    constexpr std::size_t few_states = 200;
    if (solver != MarkovSolver::factorised && (solver == MarkovSolver::iterated || chain.size() > few_states)) {
        try {
            IteratedChain solution(chain, stop);
            write_effects(solution, chain, credits, stop);
            return;
        } catch (const Unsettled&) {
            if (solver == MarkovSolver::iterated || chain.size() > most_factorised_states) {
                throw Error(ErrorCode::limit_exceeded, "the chain does not settle",
                            "Its " + std::to_string(chain.size()) + " states are walked for very long before they are left.",
                            "Choose a lower order, or collapse repeated keys of the paths.");
            }
        }
    }
    const FactorisedChain solution(chain);
    write_effects(solution, chain, credits, stop);
}

/** Scales effects to credits. Returns what of the value no key can take. */
double share_out(std::vector<MarkovCredit>& credits, const Totals& totals)
{
    numeric::CompensatedSum effects;
    numeric::CompensatedSum value_effects;
    bool negative = false;
    for (const MarkovCredit& credit : credits) {
        effects.add(credit.removal_effect);
        value_effects.add(credit.removal_effect_value);
        negative = negative || credit.removal_effect_value < 0;
    }
    const bool by_value = !negative && value_effects.value() > 0;
    for (MarkovCredit& credit : credits) {
        const double share = effects.value() > 0 ? credit.removal_effect / effects.value() : 0;
        const double value_share = by_value ? credit.removal_effect_value / value_effects.value() : share;
        credit.conversions = share * totals.touched.conversions;
        credit.value = value_share * totals.touched.value + 0.0;
    }
    return by_value || effects.value() > 0 ? 0 : totals.touched.value;
}

}  // namespace

std::vector<MarkovCredit> markov_credit(const PathCountsView& paths, const MarkovOptions& options, const kernel::StopFlag& stop)
{
    check_order(options.order, "order");
    const Totals totals = totals_of(paths);
    const Chain chain(paths, options, stop);
    std::vector<MarkovCredit> credits;
    for (std::size_t key = 0; key < paths.key_count(); ++key) {
        credits.push_back({paths.key(key), true, 0, 0, 0, 0, 0});
    }
    solve(chain, options.solver, credits, stop);
    const double left = share_out(credits, totals) + totals.untouched.value;
    if (totals.untouched.conversions > 0 || left != 0) {
        const double base = credits.empty() ? 0 : credits.front().base_probability;
        credits.push_back({{}, false, 0, 0, totals.untouched.conversions, left, base});
    }
    return credits;
}

std::string state_name(std::string_view key, bool among_several)
{
    const bool is_called_as_another =
        std::find(std::begin(other_states), std::end(other_states), key) != std::end(other_states);
    if (!is_called_as_another && !key.starts_with('"') && !(among_several && key.find('>') != std::string_view::npos)) {
        return std::string(key);
    }
    std::string quoted = "\"";
    for (const char letter : key) {
        quoted.append(letter == '"' ? 2 : 1, letter);
    }
    return quoted + '"';
}

MarkovTransitions markov_transitions(const PathCountsView& paths, int order, bool self_loops, const kernel::StopFlag& stop)
{
    check_order(order, "order");
    const Chain chain(paths, {.order = order, .self_loops = self_loops}, stop);
    MarkovTransitions result;
    result.states.emplace_back("(start)");
    for (std::size_t node = 1; node < chain.size(); ++node) {
        result.states.push_back(chain.name(node, paths));
    }
    const auto conversion = static_cast<std::uint32_t>(chain.size());
    result.states.emplace_back("(conversion)");
    result.states.emplace_back("(null)");
    for (std::uint32_t node = 0; node < chain.size(); ++node) {
        const auto add = [&](std::uint32_t to, double count) {
            if (count > 0) {
                result.transitions.push_back({node, to, count, count / chain.leaving(node)});
            }
        };
        for (std::size_t step = chain.row(node); step < chain.row(node + 1); ++step) {
            add(chain.steps()[step].to, chain.steps()[step].weight);
        }
        add(conversion, chain.conversions(node));
        add(conversion + 1, chain.non_converting(node));
    }
    return result;
}

namespace {

struct Scored {
    double score;
    double conversions;
    double non_converting;
};

/** The area under the ROC curve, equal scores joined by a straight line; none without both outcomes. */
std::optional<double> area_under_curve(std::vector<Scored> paths)
{
    std::stable_sort(paths.begin(), paths.end(), [](const Scored& a, const Scored& b) { return a.score > b.score; });
    numeric::CompensatedSum area;
    double conversions = 0;
    double non_converting = 0;
    for (std::size_t i = 0; i < paths.size();) {
        const double score = paths[i].score;
        double more_conversions = 0;
        double more_non_converting = 0;
        for (; i < paths.size() && paths[i].score == score; ++i) {
            more_conversions += paths[i].conversions;
            more_non_converting += paths[i].non_converting;
        }
        area.add(more_non_converting * (conversions + more_conversions / 2));
        conversions += more_conversions;
        non_converting += more_non_converting;
    }
    if (conversions <= 0 || non_converting <= 0) {
        return std::nullopt;
    }
    return area.value() / conversions / non_converting;
}

MarkovOrder rate(const PathCountsView& paths, int order, double journeys, const kernel::StopFlag& stop)
{
    const auto keys = static_cast<double>(paths.key_count());
    const double states = std::exp(std::lgamma(keys + order) - std::lgamma(order + 1.0) - std::lgamma(keys));
    MarkovOrder result{order, false, 0, 0, false};
    if (paths.key_count() == 0 || states + 1 >= journeys) {
        return result;
    }
    const Chain chain(paths, {.order = order}, stop);
    std::vector<Scored> scored;
    for (std::size_t path = 0; path < paths.path_count(); ++path) {
        if (chain.last_node(path) != no_node) {
            const Counts counts = paths.counts(path);
            scored.push_back({chain.exit_probability(chain.last_node(path)), counts.conversions, counts.non_converting});
        }
    }
    const auto area = area_under_curve(std::move(scored));
    if (area) {
        const double penalised = 1 - (1 - *area) * ((journeys - 1) / (journeys - states - 1));
        result = {order, true, *area, penalised >= 0 && penalised <= 1 ? penalised : 0, false};
    }
    return result;
}

}  // namespace

std::vector<MarkovOrder> markov_order(const PathCountsView& paths, int max_order, const kernel::StopFlag& stop)
{
    check_order(max_order, "max_order");
    const Totals totals = totals_of(paths);
    std::vector<MarkovOrder> orders;
    std::size_t best = 0;
    for (int order = 1; order <= max_order; ++order) {
        orders.push_back(rate(paths, order, totals.touched.conversions + totals.touched.non_converting, stop));
        const MarkovOrder& latest = orders.back();
        if (latest.rated && (!orders[best].rated || latest.penalised_auc > orders[best].penalised_auc)) {
            best = orders.size() - 1;
        }
    }
    orders[best].best = orders[best].rated;
    return orders;
}

int best_markov_order(const PathCountsView& paths, const kernel::StopFlag& stop)
{
    constexpr int highest = 5;
    const auto orders = markov_order(paths, highest, stop);
    const auto best = std::find_if(orders.begin(), orders.end(), [](const MarkovOrder& order) { return order.best; });
    return best == orders.end() ? 1 : best->order;
}

}  // namespace marketing::attribution
