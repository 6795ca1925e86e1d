// What intervals can hold at best where a level stands or wanders and nobody knows which: a table of docs/benchmarks.md. Two worlds of
// normal figures, all of their parameters known but for which of the two it is; the exact 90 % interval of the mean of the next 28 days.
// Arguments: histories per cell (4000), seed (1).

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "monte_carlo.hpp"
#include "numeric/distributions.hpp"
#include "worlds/random.hpp"

using namespace marketing;

namespace {

constexpr int horizon = 28;

/** What a local level model says of the mean of the next days, and the logarithm of the history's likelihood. */
struct Outlook {
    double mean, deviation, log_likelihood;
};

/** `step`: variance of the level's daily steps; that of a day around it is 1. */
Outlook outlook(const std::vector<double>& history, double step)
{
    double level = history.front();
    double variance = 1;
    double log_likelihood = 0;
    for (std::size_t t = 1; t < history.size(); ++t) {
        variance += step;
        const double error = history[t] - level;
        log_likelihood -= (std::log(variance + 1) + error * error / (variance + 1)) / 2;
        level += variance / (variance + 1) * error;
        variance /= variance + 1;
    }
    double of_mean = variance + 1.0 / horizon;
    for (int day = 1; day <= horizon; ++day) {
        of_mean += step * std::pow(static_cast<double>(day) / horizon, 2);
    }
    return {level, std::sqrt(of_mean), log_likelihood};
}

/** Share of outcomes within the interval, where the level wanders by `steps` and was thought to wander with probability `prior`. */
double held(double steps, double step, int days, double prior, int histories, worlds::Engine& engine)
{
    double inside = 0;
    for (int i = 0; i < histories; ++i) {
        double level = 0;
        double outcome = 0;
        std::vector<double> history;
        for (int day = 0; day < days + horizon; ++day) {
            const double figure = level + worlds::normal(engine);
            level += std::sqrt(steps) * worlds::normal(engine);
            if (day < days) {
                history.push_back(figure);
            } else {
                outcome += figure / horizon;
            }
        }
        const Outlook stands = outlook(history, 0);
        const Outlook wanders = outlook(history, step);
        const double odds = prior / (1 - prior) * std::exp(wanders.log_likelihood - stands.log_likelihood);
        const auto below = [&](const Outlook& each) { return numeric::normal_below((outcome - each.mean) / each.deviation); };
        const double rank = (below(stands) + odds * below(wanders)) / (1 + odds);
        inside += (0.05 < rank && rank < 0.95 ? 1.0 : 0.0) / histories;
    }
    return inside;
}

}  // namespace

int main(int count, char** arguments)
{
    const int histories = count > 1 ? std::atoi(arguments[1]) : 4000;
    worlds::Engine engine(count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1);
    // That of the world with a wandering level: .03 a day beside a deviation of .42.
    constexpr double step = 0.0051;
    std::printf(
        "Held by the exact interval of who knows all but which of two worlds it is (stands, wanders; Monte-Carlo error "
        "%.3f)\n\n",
        worlds::error_of_share(0.9, histories));
    std::printf("| thought to wander | 35 days | 60 | 90 | 180 |\n|---|---|---|---|---|\n");
    for (const double prior : {0.3, 0.5, 0.7}) {
        std::printf("| %.1f |", prior);
        for (const int days : {35, 60, 90, 180}) {
            const double stands = held(0, step, days, prior, histories, engine);
            std::printf(" %.3f, %.3f |", stands, held(step, step, days, prior, histories, engine));
        }
        std::printf("\n");
    }
}
