/** How well scores of labelled series fit their labels, by the rules of the Numenta Anomaly Benchmark (standard profile). */
#pragma once

#include <map>
#include <string>
#include <vector>

#include "labelled.hpp"

namespace marketing::labelled {

/** -log10 of the p-values of the points of each series; NaN where there is none. */
using Scores = std::vector<std::vector<double>>;

/** Keeps a score only where it is the highest of the last 3 % of its series. */
[[nodiscard]] Scores cooled(const Set& set, const Scores& scores);

/** At the single threshold that is best for the set: nothing found is 0, everything 100. */
struct Best {
    double score = -1e9;
    std::map<std::string, int> false_alarms;  // by group
    std::map<std::string, double> scores;     // of groups with anomalies, at the same threshold
};
[[nodiscard]] Best best(const Set& set, const Scores& cooled);

/** What there is at fixed thresholds. */
struct Rates {
    double judged = 0;  // points of series without an anomaly, of these
    double below_1e2 = 0;
    double below_1e4 = 0;
    double windows = 0;
    double found = 0;  // at p < .001, with the cool-down
    double points = 0;
    double false_alarms = 0;
};
void add(const Set& set, const Scores& scores, const Scores& cooled, Rates& rates);

}  // namespace marketing::labelled
