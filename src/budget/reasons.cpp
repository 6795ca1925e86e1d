#include "budget/reasons.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace marketing::budget {
namespace {

/** A probability, a percentage or a count, without idle zeros. */
std::string short_number(double x)
{
    char text[32];
    std::snprintf(text, sizeof text, x < 1 ? "%.3g" : "%g", x < 1 ? std::min(x, 0.999) : x);
    return text;
}

std::string amount(double x)
{
    char text[32];
    std::snprintf(text, sizeof text, x >= 1000 ? "%.0f" : x >= 1 ? "%.2f" : "%.3g", x);
    return text;
}

/** What an advice is in the words of its outcome. */
struct Words {
    const char* dearer;
    const char* cheaper;
    const char* one_more;
};
Words words_of(Outcome outcome)
{
    return outcome == Outcome::leads       ? Words{"dearer", "cheaper", "lead"}
           : outcome == Outcome::contracts ? Words{"dearer", "cheaper", "contract"}
                                           : Words{"less", "more", ""};
}

/** A cost of one unit of the outcome as the reasons name it: of revenue, what spend returns. */
std::string unit(double cost, Outcome outcome)
{
    return amount(outcome == Outcome::revenue ? 1 / cost : cost);
}

/** What a lead costs, and what becomes of it. */
std::string chain_of(const AdviceNumbers& a)
{
    char signing[32];
    std::snprintf(signing, sizeof signing, "%.3g", 100 * a.signing);
    return "A lead costs " + amount(a.cost) + ", " + signing + " % sign" +
           (a.outcome == Outcome::revenue ? ", a contract brings " + amount(a.value) + ": spend returns "
                                          : ": a contract costs ");
}

/** What the outcome costs beside what it may cost. */
std::string cost_of(const AdviceNumbers& a, const ActionRules& rules)
{
    const bool own_target = std::isnan(rules.target) && rules.goal != Goal::profit;
    const std::string target = unit(a.target, a.outcome);
    if (a.outcome == Outcome::revenue) {
        return chain_of(a) + unit(a.unit_cost, a.outcome) + " times (" + unit(a.unit_high, a.outcome) + " to " +
               unit(a.unit_low, a.outcome) + "), " + (own_target ? "that of the others " : "the target is ") + target;
    }
    return (a.outcome == Outcome::leads ? "A lead costs " : chain_of(a)) + amount(a.unit_cost) + " (" + amount(a.unit_low) +
           " to " + amount(a.unit_high) + "), the " + (own_target ? "others pay " : "target is ") + target;
}

std::string cheaper(const AdviceNumbers& a, const ActionRules& rules)
{
    return cost_of(a, rules) + ": " + words_of(a.outcome).cheaper + " with probability " + short_number(a.p_better);
}

/** What one more unit costs, or what more spend returns. */
std::string marginal(const AdviceNumbers& a)
{
    if (std::isnan(a.marginal_cost)) {
        return a.outcome == Outcome::revenue ? "nothing" : "more than can be told";
    }
    return unit(a.unit_cost * (a.marginal_cost / a.cost), a.outcome);
}

std::string judgement(const AdviceNumbers& a, const Grounds& g, const ActionRules& rules)
{
    const std::string days = std::to_string(g.days);
    const bool money = a.outcome == Outcome::revenue;
    const Words words = words_of(a.outcome);
    switch (g.ground) {
        case Ground::no_spend:
            return a.responses > 0 ? short_number(a.responses) + " leads without spend: what they cost cannot be told."
                                   : "No spend and no leads in the period.";
        case Ground::no_target: return "There is nothing to compare with: no other campaign has leads. Give a target.";
        case Ground::no_outcome:
            return money ? "No contract with an amount: there is no revenue to judge by."
                         : "No contract: there is none to judge by.";
        case Ground::stopped: return "No spend in the last " + days + " days: it is stopped already.";
        case Ground::too_little:
            return "Too little to judge: " + days + " days, " + short_number(a.responses) + " leads on a spend of " +
                   amount(a.spend) + ".";
        case Ground::dear:
            return cost_of(a, rules) + ": more than " + short_number(100 * rules.margin) + " % " + words.dearer +
                   " with probability " + short_number(a.p_worse) + ".";
        case Ground::dear_margin:
            return cost_of(a, rules) +
                   (money ? ", and more spend returns " : std::string(", and one more ") + words.one_more + " costs ") +
                   marginal(a) + (money ? ", below " : ", above ") + unit(g.marginal_target, a.outcome) + " with probability " +
                   short_number(g.p_dear_margin) + ": reduce it.";
        case Ground::undecided: return cheaper(a, rules) + ", which does not decide.";
        case Ground::spend_changed: return cheaper(a, rules) + ", but its spend changed " + days + " days ago: let it settle.";
        case Ground::no_room:
            return cheaper(a, rules) + (money ? ", but more returns " : ", but one more costs ") + marginal(a) +
                   (money ? ", near or below the " : ", near or above the ") + unit(g.marginal_target, a.outcome) +
                   " that pay" + (money ? "s" : "") + ": more spend would bring too little.";
        case Ground::spend_grew:
            return cheaper(a, rules) + ", but its spend grew from " + amount(g.earlier_spend) + " to " + amount(a.daily_spend) +
                   " a day in two weeks: let it settle.";
        case Ground::cheap:
            return cheaper(a, rules) + (money ? ". More spend returns about " : ". One more costs about ") + marginal(a) +
                   (money ? ", which pays down to " : ", which pays up to ") + unit(g.marginal_target, a.outcome) + ".";
    }
    return {};
}

}  // namespace

const char* evidence_word(const AdviceNumbers& advice, Ground ground)
{
    switch (ground) {
        case Ground::no_spend: return "no_spend";
        case Ground::no_target:
        case Ground::no_outcome: return "no_target";
        case Ground::stopped: return "inactive";
        case Ground::too_little: return "learning";
        case Ground::spend_changed:
        case Ground::spend_grew: return "cooling_down";
        default: break;
    }
    const double sureness = std::max(advice.p_better, advice.p_worse);
    return sureness >= 0.95 ? "strong" : sureness >= 0.9 ? "moderate" : "weak";
}

std::string reason_of(const AdviceNumbers& a, const Grounds& g, const ActionRules& rules)
{
    const bool late = a.arrived < 0.995 && g.ground != Ground::no_spend && g.ground != Ground::stopped;
    return judgement(a, g, rules) +
           (late ? " So far " + short_number(std::round(100 * a.arrived)) + " % of its leads have come." : "");
}

}  // namespace marketing::budget
