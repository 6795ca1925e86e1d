#include "budget/dispersion.hpp"

#include <algorithm>
#include <cmath>

#include "numeric/special_functions.hpp"
#include "numeric/square.hpp"

namespace marketing::budget {
namespace {

using numeric::square;

constexpr std::size_t nodes = Sizes::most;
using Nodes = std::array<double, nodes>;

/** What campaigns have in common: the node around which excesses lie, in halves of a node, and by how many nodes they deviate. */
constexpr std::size_t centers = 2 * nodes - 1;
constexpr std::array<double, 3> deviations{0.4, 0.8, 1.6};
constexpr double center_mean = 9;  // an excess of 1/2
constexpr double center_deviation = 3;
using Commons = std::array<double, centers * deviations.size()>;

/** Whole weeks that say what days of a week have in common. */
constexpr std::int32_t weeks_of_history = 13;
/** Beforehand the log of a rate lies around what was seen by so much: a campaign without a response has some rate. */
constexpr double rate_deviation = 2;

struct Count {
    std::int32_t age;  // in days
    double exposure;   // of the largest
    double response;
};
/** More responses say no more of how they vary, and fewer are as good as none; squares of both are numbers. */
constexpr double most_responses = 1e15;
constexpr double least_responses = 1e-100;

/** Of the days of a series, or of some of them. */
struct Total {
    double exposure = 0;
    double response = 0;
};

/** The days of a series with exposure, the `length` latest up to `as_of`. */
std::vector<Count> counts_of(const Series& series, std::int32_t as_of, std::int32_t length)
{
    std::vector<Count> counts;
    for (const Day& day : series.days) {
        if (day.day <= as_of && day.day > as_of - length && day.exposure > 0) {
            counts.push_back({as_of - day.day, day.exposure, std::min(day.response, most_responses)});
        }
    }
    // Rates are relative: of the largest, exposures of any unit add up.
    double largest = 0;
    for (const Count& count : counts) {
        largest = std::max(largest, count.exposure);
    }
    for (Count& count : counts) {
        count.exposure /= largest;
    }
    return counts;
}

Total total_of(std::span<const Count> counts)
{
    Total total;
    for (const Count& count : counts) {
        total.exposure += count.exposure;
        total.response += count.response;
    }
    return total;
}

/** ln of the product of 1 + j * excess over j < response. */
double log_product(std::size_t node, double response)
{
    constexpr std::size_t known = 64;
    static const auto table = [] {
        std::array<std::array<double, known>, nodes> sums{};
        for (std::size_t k = 0; k < nodes; ++k) {
            for (std::size_t y = 1; y < known; ++y) {
                sums[k][y] = sums[k][y - 1] + std::log1p(static_cast<double>(y - 1) * excess_node(k));
            }
        }
        return sums;
    }();
    if (response < known && response == std::floor(response)) {
        return table[node][static_cast<std::size_t>(response)];
    }
    const double excess = excess_node(node);
    return excess > 0 ? numeric::log_rising(1 / excess, response) + response * std::log(excess) : 0;
}

/** How likely an excess makes a campaign's days, by Laplace's method around the likeliest rate, whose log `mode` is. */
double log_evidence(std::span<const Count> counts, double total, double usual, std::size_t node, double& mode)
{
    const double excess = excess_node(node);
    const double precision = 1 / square(rate_deviation);
    double information = precision;
    double change = 1;
    for (int round = 0; round < 6 && std::abs(change) > 1e-3; ++round) {
        const double rate = std::exp(mode);
        double slope = total - precision * (mode - usual);
        information = precision;
        for (const Count& count : counts) {
            const double mean = rate * count.exposure;
            const double share = (1 + excess * count.response) / (1 + excess * mean);
            slope -= mean * share;
            information += mean * share / (1 + excess * mean);
        }
        change = std::clamp(slope / information, -2.0, 2.0);
        mode += change;
    }
    const double rate = std::exp(mode);
    double sum = total * mode - precision * square(mode - usual) / 2 - std::log(information) / 2;
    for (const Count& count : counts) {
        const double mean = rate * count.exposure;
        sum +=
            log_product(node, count.response) - (excess > 0 ? (count.response + 1 / excess) * std::log1p(excess * mean) : mean);
    }
    return sum;
}

/** How likely each excess makes a campaign's days; the largest is 1. Fewer than two days say nothing. */
Nodes evidence_of(std::span<const Count> counts)
{
    Nodes evidence;
    evidence.fill(1);
    if (counts.size() < 2) {
        return evidence;
    }
    const Total total = total_of(counts);
    const double usual = std::log((total.response + 0.5) / total.exposure);
    double mode = usual;
    for (std::size_t k = 0; k < nodes; ++k) {
        evidence[k] = log_evidence(counts, total.response, usual, k, mode);
    }
    const double top = *std::max_element(evidence.begin(), evidence.end());
    for (double& e : evidence) {
        e = std::exp(e - top);
    }
    return evidence;
}

/** The excesses of campaigns given what they have in common; each row adds up to 1. */
const std::array<Nodes, centers * deviations.size()>& prior_table()
{
    static const auto table = [] {
        std::array<Nodes, centers * deviations.size()> rows{};
        for (std::size_t c = 0; c < rows.size(); ++c) {
            const double center = static_cast<double>(c % centers) / 2;
            double sum = 0;
            for (std::size_t k = 0; k < nodes; ++k) {
                rows[c][k] = std::exp(-square((static_cast<double>(k) - center) / deviations[c / centers]) / 2);
                sum += rows[c][k];
            }
            for (double& p : rows[c]) {
                p /= sum;
            }
        }
        return rows;
    }();
    return table;
}

Commons explain(const Nodes& evidence)
{
    Commons explained{};
    for (std::size_t c = 0; c < explained.size(); ++c) {
        for (std::size_t k = 0; k < nodes; ++k) {
            explained[c] += prior_table()[c][k] * evidence[k];
        }
    }
    return explained;
}

/** The excesses of all campaigns, each with the doubt about what they have in common. */
void learn_excesses(std::span<const Nodes> evidences, std::vector<Dispersion>& dispersions)
{
    std::vector<Commons> explained;
    Commons weight{};
    for (std::size_t c = 0; c < weight.size(); ++c) {
        weight[c] = -square((static_cast<double>(c % centers) / 2 - center_mean) / center_deviation) / 2;
    }
    for (const Nodes& evidence : evidences) {
        explained.push_back(explain(evidence));
        // Who says nothing changes nothing, not even the last digit.
        const bool told = std::any_of(evidence.begin(), evidence.end(), [](double e) { return e != 1; });
        for (std::size_t c = 0; told && c < weight.size(); ++c) {
            weight[c] += std::log(explained.back()[c]);
        }
    }
    const double top = *std::max_element(weight.begin(), weight.end());
    for (double& w : weight) {
        w = std::exp(w - top);
    }
    for (std::size_t i = 0; i < evidences.size(); ++i) {
        Nodes& posterior = dispersions[i].weight;
        double sum = 0;
        posterior.fill(0);
        for (std::size_t c = 0; c < weight.size(); ++c) {
            const double odds = weight[c] / explained[i][c];
            for (std::size_t k = 0; odds > 1e-12 && k < nodes; ++k) {
                posterior[k] += odds * prior_table()[c][k];
            }
        }
        for (std::size_t k = 0; k < nodes; ++k) {
            posterior[k] *= evidences[i][k];
            sum += posterior[k];
        }
        for (double& p : posterior) {
            p /= sum;
        }
    }
}

/** Sums over the days of a week, each weighted by how much it tells. */
struct Week {
    double mean = 0;            // sum of the means
    double weight = 0;          // sum of mean^2 / variance
    double residual = 0;        // sum of mean / variance * (response - mean)
    double squares = 0;         // of the terms of residual,
    double weight_squares = 0;  // of those of weight,
    double products = 0;        // of means and weights
};

/** Products of the residuals of two days, and what they are expected to be a multiple of. */
struct Products {
    double seen = 0;
    double expected = 0;
};

/** What two days of one week, and of two weeks in a row, have in common, added up over campaigns. */
class SharedWeeks {
public:
    void add(const Series& series, std::int32_t as_of, double excess)
    {
        const std::vector<Count> counts = counts_of(series, as_of, 7 * weeks_of_history);
        const Total total = total_of(counts);
        if (total.response < least_responses) {
            return;
        }
        std::array<Week, weeks_of_history> weeks{};
        double variances = 0;
        for (const Count& count : counts) {
            const double mean = total.response * (count.exposure / total.exposure);
            // The variance over the mean.
            const double spread = 1 + excess * mean;
            const double weight = mean / spread;
            const double residual = (count.response - mean) / spread;
            Week& week = weeks[static_cast<std::size_t>(count.age / 7)];
            week.mean += mean;
            week.weight += weight;
            week.residual += residual;
            week.squares += residual * residual;
            week.weight_squares += weight * weight;
            week.products += mean * weight;
            variances += mean * spread;
        }
        add_products(weeks, total.response, variances);
    }
    void share(std::vector<Dispersion>& dispersions) const
    {
        const double week = within_.expected > 0 ? std::max(within_.seen / within_.expected, 0.0) : 0;
        // The mean of all weeks follows what they have in common, which makes two of them look contrary.
        const double next = across_.expected > 0 ? across_.seen / across_.expected : 0;
        for (Dispersion& dispersion : dispersions) {
            dispersion.week = week;
            dispersion.next_week = std::clamp(next, 0.0, week);
        }
    }

private:
    /** The mean is estimated, too, so that independent residuals are a little contrary to each other. */
    void add_products(std::span<const Week> weeks, double mean, double variances)
    {
        const double of_mean = variances / (mean * mean);
        const auto known =
            static_cast<double>(std::count_if(weeks.begin(), weeks.end(), [](const Week& w) { return w.weight > 0; }));
        for (std::size_t w = 0; w < weeks.size(); ++w) {
            const Week& week = weeks[w];
            const double pairs = square(week.weight) - week.weight_squares;
            within_.seen +=
                square(week.residual) - week.squares + 2 * (week.mean * week.weight - week.products) / mean - of_mean * pairs;
            within_.expected += pairs * (1 - 1 / std::max(known, 1.0));
            if (w + 1 < weeks.size()) {
                const Week& other = weeks[w + 1];
                across_.seen += week.residual * other.residual + (week.mean * other.weight + week.weight * other.mean) / mean -
                                of_mean * week.weight * other.weight;
                across_.expected += week.weight * other.weight;
            }
        }
    }

    Products within_;
    Products across_;
};

}  // namespace

double excess_node(std::size_t k)
{
    return k == 0 ? 0 : std::exp2(static_cast<double>(k) - 10);
}

double Dispersion::excess() const
{
    double sum = 0;
    for (std::size_t k = 0; k < nodes; ++k) {
        sum += weight[k] * excess_node(k);
    }
    return sum;
}

std::vector<Dispersion> learn_dispersions(std::span<const Series> panel, std::int32_t as_of, std::int32_t length,
                                          const kernel::StopFlag& stop)
{
    std::vector<Dispersion> dispersions(panel.size());
    std::vector<Nodes> evidences;
    bool told = false;
    for (const Series& series : panel) {
        stop.poll();
        const std::vector<Count> counts = counts_of(series, as_of, length);
        told = told || counts.size() >= 2;
        evidences.push_back(evidence_of(counts));
    }
    if (!told) {
        return dispersions;
    }
    learn_excesses(evidences, dispersions);
    SharedWeeks shared;
    for (std::size_t i = 0; i < panel.size(); ++i) {
        stop.poll();
        shared.add(panel[i], as_of, dispersions[i].excess());
    }
    shared.share(dispersions);
    return dispersions;
}

}  // namespace marketing::budget
