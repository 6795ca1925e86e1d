#include "attribution/transitions.hpp"

#include <map>
#include <utility>
#include <vector>

#include "kernel/error.hpp"

namespace marketing::attribution {
namespace {

/** Counts by (from, to): a table where that is small, else only what was seen. */
class StepCounter {
public:
    explicit StepCounter(std::size_t states) : states_(states), table_(states <= most_in_table ? states * states : 0) {}

    void add(std::size_t from, std::size_t to, double count)
    {
        if (table_.empty()) {
            seen_[{from, to}] += count;
        } else {
            table_[from * states_ + to] += count;
        }
    }

    /** Calls `visit(from, to, count)` for each step that was taken, ascending. */
    template <class Visitor>
    void for_each(Visitor visit) const
    {
        for (const auto& [step, count] : seen_) {
            visit(step.first, step.second, count);
        }
        for (std::size_t at = 0; at < table_.size(); ++at) {
            if (table_[at] > 0) {
                visit(at / states_, at % states_, table_[at]);
            }
        }
    }

private:
    static constexpr std::size_t most_in_table = 2'000;  // 32 MB

    std::size_t states_;
    std::vector<double> table_;
    std::map<std::pair<std::size_t, std::size_t>, double> seen_;
};

/** Walks paths. State 0 is the start, then come the keys, the conversion, the null. */
class StepWalker {
public:
    StepWalker(const JourneysView& journeys, bool self_loops)
        : conversion_(journeys.key_count() + 1), self_loops_(self_loops), counts_(journeys.key_count() + 3)
    {
    }

    void add(const Path& path, bool converted, double times)
    {
        if (path.touches.empty() || times == 0) {
            return;
        }
        std::size_t state = 0;
        for (const Touch& touch : path.touches) {
            const std::size_t next = std::size_t{touch.key} + 1;
            if (next != state || self_loops_) {
                counts_.add(state, next, times);
            }
            state = next;
        }
        counts_.add(state, converted ? conversion_ : conversion_ + 1, times);
    }

    [[nodiscard]] const StepCounter& counts() const noexcept { return counts_; }

private:
    std::size_t conversion_;
    bool self_loops_;
    StepCounter counts_;
};

}  // namespace

MarkovTransitions journey_transitions(const JourneysView& journeys, const CountRequest& request, bool self_loops,
                                      const kernel::StopFlag& stop)
{
    kernel::require_valid(!counts_frequency(request.rules),
                          "the transform \"frequency\" makes keys that only counted paths have",
                          "Ask markov_transitions of the paths that journey_paths makes.");
    CountRequest counted = request;
    counted.rules.distinct = false;
    StepWalker walker(journeys, self_loops);
    for_each_counted(journeys, counted, stop, [&walker](const Path& path, bool converted, double times) {
        walker.add(path, converted, path.refund ? 0 : times);
    });

    MarkovTransitions result;
    result.states.emplace_back("(start)");
    for (std::size_t key = 0; key < journeys.key_count(); ++key) {
        result.states.push_back(state_name(journeys.key(key), false));
    }
    result.states.emplace_back("(conversion)");
    result.states.emplace_back("(null)");
    std::vector<double> leaving(result.states.size());
    walker.counts().for_each([&leaving](std::size_t from, std::size_t /*to*/, double count) { leaving[from] += count; });
    walker.counts().for_each([&](std::size_t from, std::size_t to, double count) {
        result.transitions.push_back(
            {static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to), count, count / leaving[from]});
    });
    return result;
}

}  // namespace marketing::attribution
