/**
 * Attribution by an absorbing Markov chain over counted paths (Anderl, Becker, von Wangenheim, Schumann 2014), solved exactly.
 *
 * The states of order k are the runs of k neighbouring keys of a path (a shorter path is one state), equal neighbours collapsed
 * into one. A path with c conversions and z journeys that led to none is walked c + z times from (start) through its states and
 * leaves c times to (conversion) and z times to (null). With Q the transitions between states, N = (I - Q)^-1, b the probability
 * of converting in the next step and S the states with key x, what converts no more when x leads to (null) instead is the removal
 * effect
 *
 *     RE(x) = N_(start,S) (N_SS)^-1 (N b)_S / (N b)_start,        for order 1:  N_0x / N_xx * B_x / B_0
 *
 * No random numbers: the same paths give the same bits.
 */
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attribution/path_counts.hpp"
#include "kernel/stop.hpp"

namespace marketing::attribution {

/** More states than this are refused: an order too high for so many keys. About 100 bytes and a few transitions each. */
inline constexpr std::size_t most_markov_states = 1'000'000;
/** A chain of more states than this is not factorised (64 MB), even where iteration, in memory linear in the transitions, does not settle. */
inline constexpr std::size_t most_factorised_states = 2'000;
/** The longest runs of keys that a state may stand for. */
inline constexpr int most_markov_order = 20;

/** Small chains are factorised and larger ones iterated, unless they do not settle; tests ask for the one or the other. */
enum class MarkovSolver { automatic, factorised, iterated };

struct MarkovOptions {
    int order = 1;                   // keys in a state, 1 to most_markov_order
    bool use_non_converting = true;  // whether journeys that did not convert are walked, too
    bool self_loops = false;         // whether equal neighbouring states are kept apart
    MarkovSolver solver = MarkovSolver::automatic;
};

/** What one key earned. Plain data; the text lies in the path_counts value. */
struct MarkovCredit {
    std::string_view key;
    bool attributed;              // false: the row of the conversions without a touch; it has no key and no effects
    double removal_effect;        // share of the conversions that need the key, 0 to 1; these do not add up to 1
    double removal_effect_value;  // the same of their value
    double conversions;           // removal effects scaled to add up to the conversions of the paths with touches
    double value;                 // the same to their value; shared like the conversions where refunds make an effect negative
    double base_probability;      // that a journey with a touch converts, in the chain; 1 without journeys that led to none
};

/**
 * Credits by key in byte order, every key of the value once, then the unattributed where there are any. Without conversions all
 * are 0. Throws Error: invalid_parameter for an order out of range; limit_exceeded past most_markov_states, or where iteration
 * does not settle; numeric_range where counts overflow or differ too much to be put into one chain; Stopped.
 */
[[nodiscard]] std::vector<MarkovCredit> markov_credit(const PathCountsView& paths, const MarkovOptions& options,
                                                      const kernel::StopFlag& stop);

/** A transition that was seen: the states are places in MarkovTransitions::states. */
struct MarkovTransition {
    std::uint32_t from;
    std::uint32_t to;
    double count;        // journeys times how often they take it
    double probability;  // of all transitions that leave `from`
};

/**
 * The name of a key among states. In double quotes, those within doubled, is one that would be taken for something else: one that is called
 * as start, conversion or null are, one that begins with a quote, and, where states have several keys, one that contains the sign between these.
 */
[[nodiscard]] std::string state_name(std::string_view key, bool among_several);

struct MarkovTransitions {
    std::vector<std::string> states;  // (start), then the states with their keys joined by " > ", (conversion), (null)
    std::vector<MarkovTransition> transitions;
};

/** Every transition with a count, by state of departure; journeys that did not convert are walked, too. Throws as markov_credit does. */
[[nodiscard]] MarkovTransitions markov_transitions(const PathCountsView& paths, int order, bool self_loops,
                                                   const kernel::StopFlag& stop);

/** How well the last state of an order tells who converts. */
struct MarkovOrder {
    int order;
    bool rated;            // false: all journeys converted or none did, or states are as many; the next two mean nothing
    double auc;            // area under the ROC curve of P(conversion | last state)
    double penalised_auc;  // 1 - (1 - auc) (journeys - 1) / (journeys - possible states - 1), at least 0
    bool best;             // the first with the highest penalised_auc
};

/**
 * Orders 1 to `max_order`, rated as choose_order of the R package ChannelAttribution does, but with the area under the whole
 * curve instead of 100 thresholds on it. Possible states: combinations with repetition of `order` of the keys. Throws as
 * markov_credit does.
 */
[[nodiscard]] std::vector<MarkovOrder> markov_order(const PathCountsView& paths, int max_order, const kernel::StopFlag& stop);

/** The best of the orders 1 to 5; 1 where they cannot be told apart. Throws as markov_credit does. */
[[nodiscard]] int best_markov_order(const PathCountsView& paths, const kernel::StopFlag& stop);

}  // namespace marketing::attribution
