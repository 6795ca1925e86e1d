#include "attribution/credit.hpp"

#include <algorithm>
#include <string>

#include "attribution/compensated_sum.hpp"
#include "kernel/error.hpp"

namespace marketing::attribution {
namespace {

std::vector<bool> find_direct(const JourneysView& journeys, std::span<const std::string_view> direct_keys)
{
    std::vector<bool> direct(journeys.key_count());
    for (std::size_t code = 0; code < direct.size(); ++code) {
        direct[code] = std::find(direct_keys.begin(), direct_keys.end(), journeys.key(code)) != direct_keys.end();
    }
    return direct;
}

void check_stages(const CreditRequest& request)
{
    for (const Model& model : request.models) {
        if (model.by_stage && request.rules.stage_keys.empty()) {
            throw kernel::Error(kernel::ErrorCode::invalid_parameter,
                                "the model \"" + std::string(model.name) + "\" needs stage_keys", {},
                                "Name the keys of the rows that mark the stages, such as {lead,deal}.");
        }
    }
}

/** Counts, for each key, the paths in which it is marked, each path once. */
class PathCounter {
public:
    explicit PathCounter(std::size_t keys) : counts_(keys), latest_path_(keys) {}

    void mark(std::uint32_t key, std::int64_t path) noexcept
    {
        counts_[key] += latest_path_[key] != path ? 1 : 0;
        latest_path_[key] = path;
    }
    [[nodiscard]] std::int64_t operator[](std::size_t key) const noexcept { return counts_[key]; }

private:
    std::vector<std::int64_t> counts_;
    std::vector<std::int64_t> latest_path_;  // paths are numbered from 1
};

/** The sums of one model. The place after the last key is for the unattributed. */
class ModelSums {
public:
    ModelSums(const Model& model, std::size_t keys)
        : model_(model), conversions_(keys + 1), values_(keys + 1), supporting_(keys + 1)
    {
    }

    void add(const Path& path, std::int64_t number, const ModelOptions& options, std::span<double> weights)
    {
        std::fill(weights.begin(), weights.end(), 0.0);
        if (path.touches.empty() || !model_.weigh(path, options, weights)) {
            give(static_cast<std::uint32_t>(conversions_.size() - 1), number, 1, path.value);
            return;
        }
        for (std::size_t i = 0; i < weights.size(); ++i) {
            if (weights[i] > 0) {
                give(path.touches[i].key, number, weights[i], path.value);
            }
        }
    }

    void report(const JourneysView& journeys, std::span<const std::int64_t> assisted, std::vector<Credit>& out) const
    {
        const std::size_t unattributed = journeys.key_count();
        for (std::size_t key = 0; key < unattributed; ++key) {
            if (assisted[key] > 0) {
                out.push_back({model_.name, journeys.key(key), true, conversions_[key].value(), values_[key].value(),
                               supporting_[key], assisted[key]});
            }
        }
        if (supporting_[unattributed] > 0) {
            out.push_back({model_.name,
                           {},
                           false,
                           conversions_[unattributed].value(),
                           values_[unattributed].value(),
                           supporting_[unattributed],
                           0});
        }
    }

private:
    void give(std::uint32_t key, std::int64_t number, double weight, double value) noexcept
    {
        conversions_[key].add(weight);
        values_[key].add(weight * value);
        supporting_.mark(key, number);
    }

    Model model_;
    std::vector<CompensatedSum> conversions_;
    std::vector<CompensatedSum> values_;
    PathCounter supporting_;
};

}  // namespace

Attribution attribute(const JourneysView& journeys, const CreditRequest& request, const kernel::StopFlag& stop)
{
    check_stages(request);
    ModelOptions options = request.options;
    options.direct = find_direct(journeys, request.direct_keys);
    std::vector<ModelSums> sums;
    for (const Model& model : request.models) {
        sums.emplace_back(model, journeys.key_count());
    }
    std::vector<std::int64_t> assisted(journeys.key_count());
    std::vector<double> weights;
    std::int64_t number = 0;
    Attribution answer{{}, 0};
    for_each_path(journeys, request.rules, stop, [&](const Path& path) {
        ++number;
        answer.truncated += path.truncated ? 1 : 0;
        weights.resize(path.touches.size());
        for (ModelSums& model : sums) {
            model.add(path, number, options, weights);
        }
        for (const std::size_t place : path.distinct) {
            ++assisted[path.touches[place].key];
        }
    });
    for (const ModelSums& model : sums) {
        model.report(journeys, assisted, answer.credits);
    }
    return answer;
}

Summary summarise(const JourneysView& journeys)
{
    CompensatedSum value;
    for (std::size_t i = 0; i < journeys.conversion_count(); ++i) {
        value.add(journeys.conversion_value(i));
    }
    return {static_cast<std::int64_t>(journeys.client_count()), static_cast<std::int64_t>(journeys.touch_count()),
            static_cast<std::int64_t>(journeys.conversion_count()), value.value(),
            static_cast<std::int32_t>(journeys.key_count())};
}

}  // namespace marketing::attribution
