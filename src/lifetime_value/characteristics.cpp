#include "lifetime_value/characteristics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "kernel/error.hpp"
#include "kernel/unknown.hpp"
#include "lifetime_value/likelihood.hpp"
#include "numeric/distributions.hpp"
#include "numeric/linear_algebra.hpp"
#include "numeric/square.hpp"

namespace marketing::lifetime_value {
namespace {

using kernel::unknown;
using numeric::square;

constexpr Eigen::Index parameters = 4;  // logarithms of r, alpha, a and b; effects on alpha and on b follow
constexpr Eigen::Index of_alpha = 1;
constexpr Eigen::Index of_b = 3;

/** Customers who are alike, and where their effects stand among those of one kind. */
struct Group {
    std::vector<std::string_view> values;
    std::vector<Eigen::Index> effects;
    std::vector<WeightedHistory> rows;
    FitQuality quality;
    Likelihood likelihood;
};

struct Look {
    double value = 0;
    Eigen::VectorXd gradient;
    Eigen::MatrixXd hessian;
};

/** The posterior of all parameters and effects, where the spread of the effects is given. */
class Effects {
public:
    /** `characteristics`: how many values each has; `is_free`: whether the model itself and the effects on leaving are fitted, too. */
    Effects(std::span<const Group> groups, std::vector<Eigen::Index> characteristics, bool is_free)
        : groups_(groups), characteristics_(std::move(characteristics)), is_free_(is_free)
    {
        for (const Eigen::Index values : characteristics_) {
            count_ += values;
        }
        precision_.setZero(parameters + 2 * count_);
    }

    [[nodiscard]] Eigen::Index size() const { return parameters + 2 * count_; }

    /** Where in the sum of an effect on alpha or b the parts stand: the logarithm of the parameter, less the effects of the group. */
    [[nodiscard]] Eigen::VectorXd log_parameter(const Group& group, Eigen::Index parameter) const
    {
        Eigen::VectorXd at = Eigen::VectorXd::Zero(size());
        at[parameter] = 1;
        return at - effect_of(group, parameter);
    }
    [[nodiscard]] Eigen::VectorXd effect_of(const Group& group, Eigen::Index parameter) const
    {
        Eigen::VectorXd at = Eigen::VectorXd::Zero(size());
        for_each_effect(group, parameter, [&](Eigen::Index i) { at[i] = 1; });
        return at;
    }

    [[nodiscard]] Look look_at(const Eigen::VectorXd& at) const
    {
        Look look{-0.5 * at.cwiseAbs2().dot(precision_), -precision_.cwiseProduct(at),
                  Eigen::MatrixXd(Eigen::VectorXd(-precision_).asDiagonal())};
        for (const Group& group : groups_) {
            add(group, at, look);
        }
        return look;
    }

    /** Climbs, and learns how far the effects spread, until neither moves. The inverse of the information is left in `covariance`. */
    bool maximise(Eigen::VectorXd& at, Eigen::MatrixXd& covariance)
    {
        constexpr int most_rounds = 60;
        constexpr double settled = 0.01;  // of the log of a variance
        constexpr double first_spread = 0.5;
        std::vector<double> variances(2 * characteristics_.size(), square(first_spread));
        bool climbed = false;
        for (int round = 0; round < most_rounds; ++round) {
            set_precision(variances);
            climbed = climb(at);
            covariance = numeric::solve(information(look_at(at)), Eigen::MatrixXd::Identity(size(), size()));
            if (learn(at, covariance, variances) < settled) {
                return climbed;
            }
        }
        return climbed;
    }

private:
    static constexpr double fixed = 1e12;

    template <class Visit>
    void for_each_effect(const Group& group, Eigen::Index parameter, Visit&& visit) const
    {
        for (const Eigen::Index effect : group.effects) {
            if (parameter == of_alpha || parameter == of_b) {
                visit(parameters + (parameter == of_b ? count_ : 0) + effect);
            }
        }
    }

    void add(const Group& group, const Eigen::VectorXd& at, Look& look) const
    {
        numeric::Parameters p{};
        for (Eigen::Index i = 0; i < parameters; ++i) {
            double log_p = at[i];
            for_each_effect(group, i, [&](Eigen::Index effect) { log_p -= at[effect]; });
            p[static_cast<std::size_t>(i)] = std::exp(log_p);
        }
        const numeric::Curvature here = group.likelihood(p);
        look.value += here.value;
        // By the logarithms; then each is a sum of parameters.
        const auto for_each_part = [&](Eigen::Index i, auto&& visit) {
            visit(i, 1.0);
            for_each_effect(group, i, [&](Eigen::Index effect) { visit(effect, -1.0); });
        };
        for (Eigen::Index i = 0; i < parameters; ++i) {
            const auto row = static_cast<std::size_t>(i);
            const double slope = here.gradient[row] * p[row];
            for_each_part(i, [&](Eigen::Index part, double sign) { look.gradient[part] += sign * slope; });
            for (Eigen::Index j = 0; j < parameters; ++j) {
                const auto column = static_cast<std::size_t>(j);
                const double bend =
                    here.hessian[std::max(row, column)][std::min(row, column)] * p[row] * p[column] + (i == j ? slope : 0);
                for_each_part(i, [&](Eigen::Index one, double sign) {
                    for_each_part(j, [&](Eigen::Index other, double other_sign) {
                        look.hessian(one, other) += sign * other_sign * bend;
                    });
                });
            }
        }
    }

    /** Minus the second derivatives; what is not free has no room. */
    [[nodiscard]] Eigen::MatrixXd information(const Look& look) const
    {
        Eigen::MatrixXd information = -look.hessian;
        if (!is_free_) {
            for (Eigen::Index i = 0; i < size(); ++i) {
                information(i, i) += i < parameters || i >= parameters + count_ ? fixed : 0;
            }
        }
        return information;
    }

    bool climb(Eigen::VectorXd& at) const
    {
        constexpr int most_steps = 100;
        constexpr double longest = 1;
        constexpr double shortest = 1e-8;
        constexpr double most_damping = 1e10;
        constexpr double nothing_to_gain = 1e-13;
        constexpr double noise = 1e-10;
        double damping = 0;
        Look here = look_at(at);
        for (int i = 0; i < most_steps; ++i) {
            kernel::poll();
            Eigen::MatrixXd matrix = information(here);
            matrix.diagonal() += damping * matrix.diagonal().cwiseAbs();
            Eigen::VectorXd gradient = here.gradient;
            if (!is_free_) {
                gradient.head(parameters).setZero();
                gradient.tail(count_).setZero();
            }
            Eigen::VectorXd step = numeric::solve(matrix, gradient);
            if (!is_free_) {
                step.head(parameters).setZero();
                step.tail(count_).setZero();
            }
            // Next to the maximum the last digits of the sum decide nothing, and of extreme parameters these are many.
            const double size_of_sum = 1 + std::abs(here.value);
            if (damping == 0 && std::abs(gradient.dot(step)) < nothing_to_gain * size_of_sum) {
                return true;
            }
            const double length = step.cwiseAbs().maxCoeff();
            if (length > longest) {
                step *= longest / length;
            }
            Look there = look_at(at + step);
            if (std::isfinite(there.value) && there.gradient.allFinite() && there.hessian.allFinite() &&
                there.value >= here.value - noise * size_of_sum && gradient.dot(step) >= 0) {
                at += step;
                here = std::move(there);
                damping = damping > 1e-3 ? damping / 10 : 0;
                if (length < shortest) {
                    return true;
                }
            } else if (damping > most_damping) {
                return false;
            } else {
                damping = std::max(1e-3, damping * 10);
            }
        }
        return false;
    }

    void set_precision(std::span<const double> variances)
    {
        Eigen::Index next = parameters;
        for (std::size_t i = 0; i < variances.size(); ++i) {
            for (Eigen::Index k = 0; k < characteristics_[i % characteristics_.size()]; ++k) {
                precision_[next++] = 1 / variances[i];
            }
        }
    }

    /** New variances after MacKay, as if one more effect of a typical size had been seen; by how much the logarithm of one changed. */
    double learn(const Eigen::VectorXd& at, const Eigen::MatrixXd& covariance, std::vector<double>& variances) const
    {
        constexpr double typical = 0.5;
        double change = 0;
        Eigen::Index next = parameters;
        for (std::size_t i = 0; i < variances.size(); ++i) {
            double squares = square(typical);
            double seen = 1;
            for (Eigen::Index k = 0; k < characteristics_[i % characteristics_.size()]; ++k, ++next) {
                squares += square(at[next]);
                seen += std::clamp(1 - covariance(next, next) / variances[i], 0.0, 1.0);
            }
            change = std::max(change, std::abs(std::log(squares / seen / variances[i])));
            variances[i] = squares / seen;
        }
        return change;
    }

    std::span<const Group> groups_;
    std::vector<Eigen::Index> characteristics_;
    bool is_free_;
    Eigen::Index count_ = 0;
    Eigen::VectorXd precision_;  // of the effects; 0 of the parameters
};

/** The groups in order of their values, each with its rows; `sizes`: how many values each characteristic has. */
std::vector<Group> groups_of(std::span<const WeightedHistory> rows, std::span<const std::vector<std::string_view>> values,
                             std::vector<Eigen::Index>& sizes, const kernel::StopFlag& stop)
{
    std::map<std::vector<std::string_view>, std::vector<WeightedHistory>> found;
    std::vector<std::set<std::string_view>> known(values.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i % 65536 == 0) {
            stop.poll();
        }
        std::vector<std::string_view> own;
        for (std::size_t k = 0; k < values.size(); ++k) {
            own.push_back(values[k][i]);
            known[k].insert(values[k][i]);
        }
        found[own].push_back(rows[i]);
    }
    std::size_t all = 0;
    for (const auto& of_one : known) {
        sizes.push_back(static_cast<Eigen::Index>(of_one.size()));
        all += of_one.size();
    }
    if (all > most_values) {
        throw kernel::Error(kernel::ErrorCode::limit_exceeded, "characteristics have more than 200 values",
                            "There are " + std::to_string(all) + ".", "Join rare ones, for example to 'other'.");
    }
    std::vector<Group> groups;
    for (auto& [own, of_group] : found) {
        Group& group = groups.emplace_back();
        group.values = own;
        group.rows = std::move(of_group);
        Eigen::Index before = 0;
        for (std::size_t k = 0; k < values.size(); ++k) {
            group.effects.push_back(before + std::distance(known[k].begin(), known[k].find(own[k])));
            before += sizes[k];
        }
    }
    return groups;
}

/** exp of a sum of parameters, with its interval. */
Ratio ratio_of(const Eigen::VectorXd& parts, const Eigen::VectorXd& at, const Eigen::MatrixXd& covariance, double z)
{
    const double value = parts.dot(at);
    const double reach = z * std::sqrt(std::max(0.0, parts.dot(covariance * parts)));
    return {std::exp(value), std::exp(value - reach), std::exp(value + reach)};
}

/** From the covariance of their logarithms. */
ParameterErrors<4> errors_of(const PurchaseParameters& p, const Eigen::Matrix4d& covariance)
{
    const std::array<double, 4> values{p.r, p.alpha, p.a, p.b};
    ParameterErrors<4> errors;
    for (Eigen::Index i = 0; i < 4; ++i) {
        const double deviation = std::sqrt(std::max(0.0, covariance(i, i)));
        errors.standard[i] = values[i] * deviation;
        for (Eigen::Index j = 0; j < i; ++j) {
            errors.correlations[errors.pair(i, j)] = covariance(i, j) / deviation / std::sqrt(std::max(0.0, covariance(j, j)));
        }
    }
    return errors;
}

}  // namespace

std::vector<GroupFit> fit_by_characteristics(PurchaseModel model, std::span<const WeightedHistory> rows,
                                             std::span<const std::vector<std::string_view>> values, double confidence,
                                             const kernel::StopFlag& stop)
{
    kernel::require_valid(confidence > 0 && confidence < 1, "confidence must be between 0 and 1", "0.95 is 95 percent.");
    kernel::require_valid(values.size() == 1 || values.size() == 2, "there must be one or two characteristics");
    kernel::require_valid(
        std::all_of(values.begin(), values.end(), [&](const auto& of_one) { return of_one.size() == rows.size(); }),
        "all lists must have the same length");
    std::vector<Eigen::Index> sizes;
    std::vector<Group> groups = groups_of(rows, values, sizes, stop);
    const PurchaseFit all = fit_purchases(model, {rows.begin(), rows.end()}, stop);
    double longest = 0;
    for (const WeightedHistory& row : rows) {
        longest = std::max(longest, row.history.age);
    }
    std::vector<GroupFit> fits;
    for (Group& group : groups) {
        join_histories(group.rows, stop);
        count_histories(group.rows, group.quality);
        GroupFit& fit = fits.emplace_back(GroupFit{{}, all, {unknown, unknown, unknown}, {unknown, unknown, unknown}});
        std::copy(group.values.begin(), group.values.end(), fit.values.begin());
        fit.fit.quality = group.quality;
        fit.fit.quality.usable = all.quality.usable;
        fit.fit.quality.reason = all.quality.reason;
        fit.fit.quality.iterations = all.quality.iterations;
    }
    if (!all.quality.usable) {
        return fits;
    }
    // Times in units of the longest, as the fit of all has them.
    const double leaving_unit = model == PurchaseModel::pareto_nbd ? longest : 1;
    for (Group& group : groups) {
        for (WeightedHistory& row : group.rows) {
            row.history.recency /= longest;
            row.history.age /= longest;
        }
        group.likelihood = likelihood_of(model, group.rows, stop);
    }
    Effects effects(groups, sizes, all.quality.converged);
    Eigen::VectorXd at = Eigen::VectorXd::Zero(effects.size());
    at.head(parameters) << std::log(all.parameters.r), std::log(all.parameters.alpha / longest), std::log(all.parameters.a),
        std::log(all.parameters.b / leaving_unit);
    Eigen::MatrixXd covariance;
    const bool climbed = effects.maximise(at, covariance);

    Eigen::VectorXd average_rate = Eigen::VectorXd::Zero(effects.size());
    Eigen::VectorXd average_leaving = average_rate;
    for (const Group& group : groups) {
        average_rate += group.quality.customers / all.quality.customers * effects.effect_of(group, of_alpha);
        average_leaving += group.quality.customers / all.quality.customers * effects.effect_of(group, of_b);
    }
    const double z = numeric::normal_quantile_above((1 - confidence) / 2);
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const Group& group = groups[i];
        PurchaseFit& fit = fits[i].fit;
        Eigen::MatrixXd parts(parameters, effects.size());
        for (Eigen::Index parameter = 0; parameter < parameters; ++parameter) {
            parts.row(parameter) = effects.log_parameter(group, parameter);
        }
        const Eigen::Vector4d found = (parts * at).array().exp();
        fit.parameters = {model, found[0], longest * found[of_alpha], found[2], leaving_unit * found[of_b]};
        if (all.quality.converged) {
            fit.errors = errors_of(fit.parameters, parts * covariance * parts.transpose());
        }
        fits[i].rate = ratio_of(effects.effect_of(group, of_alpha) - average_rate, at, covariance, z);
        if (all.quality.converged) {
            fits[i].leaving = ratio_of(effects.effect_of(group, of_b) - average_leaving, at, covariance, z);
        }
        double purchases = 0;
        for (const WeightedHistory& row : group.rows) {
            purchases += row.weight * row.history.frequency;
        }
        const PurchaseParameters& p = fit.parameters;
        fit.quality.log_likelihood =
            group.likelihood({p.r, p.alpha / longest, p.a, p.b / leaving_unit}).value - purchases * std::log(longest);
        fit.quality.converged = all.quality.converged && climbed;
        fit.quality.reason = all.quality.converged && !climbed ? "no maximum was found" : all.quality.reason;
    }
    return fits;
}

}  // namespace marketing::lifetime_value
