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

/** What a lead costs beside what it may cost. */
std::string cost_of(const AdviceNumbers& a, const ActionRules& rules)
{
    return "A lead costs " + amount(a.cost) + " (" + amount(a.cost_low) + " to " + amount(a.cost_high) + "), the " +
           (std::isnan(rules.target) ? "others pay " : "target is ") + amount(a.target);
}

std::string cheaper(const AdviceNumbers& a, const ActionRules& rules)
{
    return cost_of(a, rules) + ": cheaper with probability " + short_number(a.p_better);
}

}  // namespace

const char* evidence_word(const AdviceNumbers& advice, Ground ground)
{
    switch (ground) {
        case Ground::no_spend: return "no_spend";
        case Ground::no_target: return "no_target";
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
    const std::string days = std::to_string(g.days);
    switch (g.ground) {
        case Ground::no_spend:
            return a.responses > 0 ? short_number(a.responses) + " leads without spend: what they cost cannot be told."
                                   : "No spend and no leads in the period.";
        case Ground::no_target: return "There is nothing to compare with: no other campaign has leads. Give a target.";
        case Ground::stopped: return "No spend in the last " + days + " days: it is stopped already.";
        case Ground::too_little:
            return "Too little to judge: " + days + " days, " + short_number(a.responses) + " leads on a spend of " +
                   amount(a.spend) + ".";
        case Ground::dear:
            return cost_of(a, rules) + ": more than " + short_number(100 * rules.margin) + " % dearer with probability " +
                   short_number(a.p_worse) + ".";
        case Ground::dear_margin:
            return cost_of(a, rules) + ", and one more lead costs " + amount(a.marginal_cost) + ", above " +
                   amount(g.marginal_target) + " with probability " + short_number(g.p_dear_margin) + ": reduce it.";
        case Ground::undecided: return cheaper(a, rules) + ", which does not decide.";
        case Ground::spend_changed: return cheaper(a, rules) + ", but its spend changed " + days + " days ago: let it settle.";
        case Ground::no_room:
            return cheaper(a, rules) + ", but one more costs " + amount(a.marginal_cost) + ", near or above the " +
                   amount(g.marginal_target) + " that pay: more spend would bring too little.";
        case Ground::spend_grew:
            return cheaper(a, rules) + ", but its spend grew from " + amount(g.earlier_spend) + " to " + amount(a.daily_spend) +
                   " a day in two weeks: let it settle.";
        case Ground::cheap:
            return cheaper(a, rules) + ". One more costs about " + amount(a.marginal_cost) + ", which pays up to " +
                   amount(g.marginal_target) + ".";
    }
    return {};
}

}  // namespace marketing::budget
