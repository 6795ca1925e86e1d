#include "budget/seasons.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "numeric/special_functions.hpp"
#include "numeric/square.hpp"

namespace marketing::budget {
namespace {

using numeric::square;

/** What is assumed of a curve to see how much its blocks vary around it. */
constexpr double usual_elasticity = 0.6;
/** How many degrees of freedom the portfolio's dispersion is worth beside a campaign's own. */
constexpr double pooled_freedom = 12;
/** Beforehand responses follow the common movement by a power that deviates so much from the usual elasticity. */
constexpr double following_deviation = 1;

/** Fewer campaigns cannot tell what they have in common from what is their own. */
constexpr double least_campaigns = 3;

/** A block, and where it stands. */
struct Cell {
    std::size_t campaign;
    std::size_t week;
    double log_spend;
    double response;
    double usual;  // by the usual curve, up to a factor of the campaign
};

/** How far a campaign's blocks lie from a usual curve: Pearson's chi square and the moments behind it. */
struct Scatter {
    double blocks = 0;
    double mean = 0;     // per block
    double pearson = 0;  // sum (y - mu)^2 / mu
    double freedom = 0;
    double excess = 0;   // sum of (y - mu)^2 n / (n - 1) - mu: what is beyond Poisson
    double squares = 0;  // sum of mu^2
};

/** Inverse of the portfolio's negative binomial size: by how much blocks vary beyond Poisson, relative to their mean squared. */
double pooled_excess(std::span<const Scatter> scatters)
{
    double excess = 0;
    double squares = 0;
    for (const Scatter& scatter : scatters) {
        excess += scatter.excess;
        squares += scatter.squares;
    }
    return squares > 0 ? std::max(0.0, excess / squares) : 0;
}

/** A campaign's own dispersion, leaning on the portfolio's as far as it has few blocks. */
double dispersion_of(const Scatter& scatter, double excess, bool counts)
{
    if (!counts) {
        // Amounts have no Poisson's floor, and their unit is arbitrary.
        return scatter.freedom > 0 && scatter.pearson > 0 ? scatter.pearson / scatter.freedom : std::max(scatter.mean, 1e-300);
    }
    const double pooled = 1 + scatter.mean * excess;
    return std::max(1.0, (pooled_freedom * pooled + scatter.pearson) / (pooled_freedom + std::max(scatter.freedom, 0.0)));
}

double reference_spend(std::span<const Block> blocks)
{
    double spend = 0;
    double days = 0;
    for (const Block& block : blocks) {
        spend += block.spend * block.days;
        days += block.days;
    }
    return days > 0 ? spend / days : 0;
}

class Learner {
public:
    Learner(std::span<const std::vector<Block>> campaigns, bool counts) : campaigns_(campaigns), counts_(counts)
    {
        std::vector<std::int64_t> ages;
        for (const auto& blocks : campaigns) {
            for (const Block& block : blocks) {
                ages.push_back(block.age);
            }
        }
        std::sort(ages.begin(), ages.end());
        ages.erase(std::unique(ages.begin(), ages.end()), ages.end());
        for (std::size_t i = 0; i < campaigns.size(); ++i) {
            found_.reference.push_back(reference_spend(campaigns[i]));
            for (const Block& block : campaigns[i]) {
                const auto week = std::lower_bound(ages.begin(), ages.end(), block.age) - ages.begin();
                const double usual = block.days * std::pow(block.spend / found_.reference[i], usual_elasticity);
                cells_.push_back({i, static_cast<std::size_t>(week), std::log(block.spend), block.response, usual});
            }
        }
        weeks_ = ages.size();
        effect_.resize(weeks_);
        demand_.resize(weeks_);
        leverage_.resize(campaigns.size());
        scatters_.resize(campaigns.size());
        found_.dispersion.assign(campaigns.size(), 1);
    }

    Seasons learn(const kernel::StopFlag& stop)
    {
        find_movement();
        // What all have in common is no scatter of each, and how much each scatters says what is common.
        for (int round = 0; round < 3; ++round) {
            stop.poll();
            find_dispersions();
            find_demand();
        }
        find_dispersions();
        std::size_t cell = 0;
        for (const auto& blocks : campaigns_) {
            found_.blocks.emplace_back();
            for (std::size_t b = 0; b < blocks.size(); ++b, ++cell) {
                found_.blocks.back().push_back({movement_[cells_[cell].week], demand_[cells_[cell].week]});
            }
        }
        return std::move(found_);
    }

private:
    /** Logs of spends as a sum of what is the campaign's and what is the week's. */
    void find_movement()
    {
        const std::size_t n = campaigns_.size();
        movement_.assign(weeks_, 0);
        std::vector<double> level(n);
        const auto average = [this](std::vector<double>& of, auto key, auto value) {
            std::vector<double> count(of.size());
            std::fill(of.begin(), of.end(), 0);
            for (const Cell& cell : cells_) {
                of[key(cell)] += value(cell);
                count[key(cell)] += 1;
            }
            for (std::size_t k = 0; k < of.size(); ++k) {
                of[k] /= std::max(count[k], 1.0);
            }
        };
        for (int round = 0; round < 10; ++round) {
            average(
                level, [](const Cell& c) { return c.campaign; },
                [this](const Cell& c) { return c.log_spend - movement_[c.week]; });
            average(
                movement_, [](const Cell& c) { return c.week; },
                [&level](const Cell& c) { return c.log_spend - level[c.campaign]; });
        }
        double mean = 0;
        for (const double m : movement_) {
            mean += m / static_cast<double>(weeks_);
        }
        for (double& m : movement_) {
            m -= mean;
        }
        found_.spread = spreads([](const Cell& c) { return c.log_spend; });
        // Whoever is alone has nobody to move with.
        const auto n_spending = static_cast<double>(
            std::count_if(found_.reference.begin(), found_.reference.end(), [](double r) { return r > 0; }));
        found_.own_spread =
            n_spending < 2 ? found_.spread : spreads([this](const Cell& c) { return c.log_spend - movement_[c.week]; });
        for (double& spread : found_.own_spread) {
            spread *= n_spending < 2 ? 1 : std::sqrt(n_spending / (n_spending - 1));
        }
        shares_ = n_spending >= least_campaigns;
    }

    template <class Value>
    [[nodiscard]] std::vector<double> spreads(Value value) const
    {
        struct Moments {
            double count = 0;
            double mean = 0;
            double squares = 0;
        };
        std::vector<Moments> moments(campaigns_.size());
        for (const Cell& cell : cells_) {
            Moments& m = moments[cell.campaign];
            const double change = value(cell) - m.mean;
            m.count += 1;
            m.mean += change / m.count;
            m.squares += change * (value(cell) - m.mean);
        }
        std::vector<double> result;
        for (const Moments& m : moments) {
            result.push_back(m.count > 1 ? std::sqrt(m.squares / (m.count - 1)) : 0);
        }
        return result;
    }

    /** Expected of a campaign's usual curve, up to the effect of the week. */
    [[nodiscard]] double base(const Cell& cell) const { return factor_[cell.campaign] * cell.usual; }

    void find_dispersions()
    {
        const std::size_t n = campaigns_.size();
        std::vector<double> total(n);
        std::vector<double> expected(n);
        scatters_.assign(n, {});
        for (const Cell& cell : cells_) {
            total[cell.campaign] += cell.response;
            expected[cell.campaign] += cell.usual * std::exp(effect_[cell.week]);
            scatters_[cell.campaign].blocks += 1;
        }
        factor_.assign(n, 0);
        for (std::size_t i = 0; i < n; ++i) {
            Scatter& s = scatters_[i];
            factor_[i] = expected[i] > 0 ? total[i] / expected[i] : 0;
            s.freedom = s.blocks - 1 - leverage_[i];
            s.mean = s.blocks > 0 ? total[i] / s.blocks : 0;
        }
        for (const Cell& cell : cells_) {
            Scatter& s = scatters_[cell.campaign];
            if (factor_[cell.campaign] <= 0 || s.freedom <= 0.5) {
                continue;
            }
            const double mean = base(cell) * std::exp(effect_[cell.week]);
            s.pearson += square(cell.response - mean) / mean;
            s.excess += square(cell.response - mean) * s.blocks / s.freedom - mean;
            s.squares += mean * mean;
        }
        const double excess = pooled_excess(scatters_);
        for (std::size_t i = 0; i < n; ++i) {
            if (scatters_[i].blocks > 0) {
                found_.dispersion[i] = dispersion_of(scatters_[i], excess, counts_);
            }
        }
    }

    /** How all responses follow the common movement, and what else they have in common; in units that vary like Poisson's counts. */
    void find_demand()
    {
        std::vector<double> seen(weeks_);
        std::vector<double> expected(weeks_);
        for (const Cell& cell : cells_) {
            seen[cell.week] += cell.response / found_.dispersion[cell.campaign];
            expected[cell.week] += base(cell) / found_.dispersion[cell.campaign];
        }
        const auto precision = [&](std::size_t w) { return 1 / (1 / std::max(expected[w], 1e-9) + variance_); };
        const double information = follow_movement(seen, expected, precision);
        double level = 0;
        double all = 0;
        std::vector<double> moved(weeks_);
        for (std::size_t w = 0; w < weeks_; ++w) {
            moved[w] = expected[w] * std::exp(slope_ * movement_[w]);
            level += moved[w];
            all += seen[w];
        }
        for (double& m : moved) {
            m *= level > 0 ? all / level : 1;
        }
        variance_ = shares_ ? likeliest_variance(seen, moved) : 0;
        for (std::size_t w = 0; w < weeks_; ++w) {
            demand_[w] = variance_ > 0 ? std::log((seen[w] + 1 / variance_) / (moved[w] + 1 / variance_)) : 0;
        }
        make_orthogonal(precision);
        for (std::size_t w = 0; w < weeks_; ++w) {
            effect_[w] = slope_ * movement_[w] + demand_[w];
        }
        found_.following = usual_elasticity + slope_;
        found_.deviation = 1 / std::sqrt(information);
        std::fill(leverage_.begin(), leverage_.end(), 0);
        for (const Cell& cell : cells_) {
            const double weight = base(cell) / found_.dispersion[cell.campaign];
            leverage_[cell.campaign] += weight * variance_ / (1 + expected[cell.week] * variance_);
        }
    }

    /** The slope of the logs of seen over expected on the movement, by weighted least squares with a prior; its precision. */
    template <class Precision>
    double follow_movement(std::span<const double> seen, std::span<const double> expected, Precision precision)
    {
        double weights = 0;
        double x = 0;
        double y = 0;
        const auto ratio = [&](std::size_t w) { return std::log((seen[w] + 0.5) / (expected[w] + 0.5)); };
        for (std::size_t w = 0; w < weeks_; ++w) {
            weights += precision(w);
            x += precision(w) * movement_[w];
            y += precision(w) * ratio(w);
        }
        x /= std::max(weights, 1e-300);
        y /= std::max(weights, 1e-300);
        double xx = 1 / square(following_deviation);
        double xy = 0;
        for (std::size_t w = 0; w < weeks_; ++w) {
            xx += precision(w) * square(movement_[w] - x);
            xy += precision(w) * (movement_[w] - x) * (ratio(w) - y);
        }
        slope_ = xy / xx;
        return xx;
    }

    /** Of the log of the demand of a week: counts with a gamma distributed mean are negative binomial. */
    [[nodiscard]] static double likeliest_variance(std::span<const double> seen, std::span<const double> expected)
    {
        double best = 0;
        double best_likelihood = 0;
        for (double variance = 0.001; variance < 2; variance *= 2) {
            const double size = 1 / variance;
            double likelihood = 0;
            for (std::size_t w = 0; w < seen.size(); ++w) {
                likelihood += numeric::log_rising(size, seen[w]) - seen[w] * std::log(size) -
                              (size + seen[w]) * std::log1p(expected[w] / size) + expected[w];
            }
            if (likelihood > best_likelihood) {
                best = variance;
                best_likelihood = likelihood;
            }
        }
        return best;
    }

    /** Leaves of the demand what does not go with the movement: that is looked at apart. */
    template <class Precision>
    void make_orthogonal(Precision precision)
    {
        for (int round = 0; round < 2; ++round) {
            double weights = 1e-300;
            double mean = 0;
            double moved = 0;
            for (std::size_t w = 0; w < weeks_; ++w) {
                weights += precision(w);
                mean += precision(w) * demand_[w];
                moved += precision(w) * movement_[w];
            }
            mean /= weights;
            moved /= weights;
            double xx = 1e-300;
            double xy = 0;
            for (std::size_t w = 0; w < weeks_; ++w) {
                xx += precision(w) * square(movement_[w] - moved);
                xy += precision(w) * (movement_[w] - moved) * (demand_[w] - mean);
            }
            for (std::size_t w = 0; w < weeks_; ++w) {
                demand_[w] -= mean + xy / xx * (movement_[w] - moved);
            }
        }
    }

    std::span<const std::vector<Block>> campaigns_;
    bool counts_;
    std::vector<Cell> cells_;  // in the order of the campaigns
    std::size_t weeks_ = 0;
    std::vector<double> movement_;
    std::vector<double> demand_;
    std::vector<double> effect_;
    std::vector<double> factor_;
    std::vector<double> leverage_;
    std::vector<Scatter> scatters_;
    bool shares_ = false;  // whether there are campaigns enough to have a demand in common
    double slope_ = 0;
    double variance_ = 0;
    Seasons found_;
};

}  // namespace

Seasons learn_seasons(std::span<const std::vector<Block>> campaigns, bool counts, const kernel::StopFlag& stop)
{
    return Learner(campaigns, counts).learn(stop);
}

}  // namespace marketing::budget
