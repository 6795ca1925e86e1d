#include "attribution/credit.hpp"

#include <algorithm>
#include <string>

#include "kernel/error.hpp"
#include "numeric/compensated_sum.hpp"

namespace marketing::attribution {
namespace {

std::vector<bool> find_direct(const JourneysView& journeys, std::span<const std::string_view> direct_keys)
{
    const auto lower = [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    };
    std::vector<bool> direct(journeys.key_count());
    for (std::size_t code = 0; code < direct.size(); ++code) {
        direct[code] = std::any_of(direct_keys.begin(), direct_keys.end(), [&](std::string_view key) {
            return std::ranges::equal(key, journeys.key(code), {}, lower, lower);
        });
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

/** Counts, for each key, the paths or clients by which it is marked, each once. */
class Counter {
public:
    explicit Counter(std::size_t keys) : counts_(keys), latest_(keys) {}

    /** `number`: of the path or client, from 1, ascending. */
    void mark(std::uint32_t key, std::int64_t number) noexcept
    {
        counts_[key] += latest_[key] != number ? 1 : 0;
        latest_[key] = number;
    }
    [[nodiscard]] std::int64_t operator[](std::size_t key) const noexcept { return counts_[key]; }

private:
    std::vector<std::int64_t> counts_;
    std::vector<std::int64_t> latest_;
};

/** Which credit falls into the period of touches that is asked for. */
class TouchPeriod {
public:
    explicit TouchPeriod(const CreditRequest& request) noexcept : from_(request.touched_from), before_(request.touched_before)
    {
    }
    [[nodiscard]] bool has(std::int64_t time) const noexcept { return time >= from_ && time < before_; }

private:
    std::int64_t from_;
    std::int64_t before_;
};

/** The sums of one model. The place after the last key is for the unattributed. */
class ModelSums {
public:
    ModelSums(const Model& model, std::size_t keys, ReplicateSums* replicates)
        : model_(model),
          conversions_(keys + 1),
          values_(keys + 1),
          supporting_(keys + 1),
          clients_(keys + 1),
          gave_back_(keys + 1),
          replicates_(replicates)
    {
    }

    void add(const Path& path, std::int64_t number, const ModelOptions& options, TouchPeriod period, std::span<double> weights)
    {
        std::fill(weights.begin(), weights.end(), 0.0);
        if (path.touches.empty() || !model_.weigh(path, options, weights)) {
            if (period.has(path.converted_at)) {
                give(static_cast<std::uint32_t>(conversions_.size() - 1), path, number, 1);
            }
            return;
        }
        for (std::size_t i = 0; i < weights.size(); ++i) {
            if (weights[i] > 0 && period.has(path.touches[i].time)) {
                give(path.touches[i].key, path, number, weights[i]);
            }
        }
    }

    void report(const JourneysView& journeys, const Counter& assisted, std::vector<Credit>& out) const
    {
        const std::size_t unattributed = journeys.key_count();
        for (std::size_t key = 0; key < unattributed; ++key) {
            if (assisted[key] > 0 || gave_back_[key]) {
                out.push_back(credit(journeys.key(key), true, key, assisted[key]));
            }
        }
        if (supporting_[unattributed] > 0 || gave_back_[unattributed]) {
            out.push_back(credit({}, false, unattributed, 0));
        }
    }

private:
    void give(std::uint32_t key, const Path& path, std::int64_t number, double weight)
    {
        const double conversions = path.refund ? 0 : weight;
        values_[key].add(weight * path.value);
        if (path.refund) {
            gave_back_[key] = true;
        } else {
            conversions_[key].add(conversions);
            supporting_.mark(key, number);
            clients_.mark(key, static_cast<std::int64_t>(path.client) + 1);
        }
        if (replicates_ != nullptr) {
            replicates_->add(key, conversions, weight * path.value);
        }
    }

    [[nodiscard]] Credit credit(std::string_view name, bool attributed, std::size_t key, std::int64_t assisted) const
    {
        Credit found{
            model_.name,   name, attributed, conversions_[key].value(), values_[key].value(), supporting_[key], assisted,
            clients_[key], {},   {}};
        if (replicates_ != nullptr) {
            found.conversions_replicates = replicates_->conversions(key);
            found.value_replicates = replicates_->value(key);
        }
        return found;
    }

    Model model_;
    std::vector<numeric::CompensatedSum> conversions_;
    std::vector<numeric::CompensatedSum> values_;
    Counter supporting_;
    Counter clients_;
    std::vector<bool> gave_back_;  // of whom refunds took money
    ReplicateSums* replicates_;    // nullptr without resampling
};

/** Tells the replicates where a client ends and how often each has drawn it. */
class ClientDraws {
public:
    ClientDraws(const JourneysView& journeys, const std::optional<Resampling>& resampling, std::vector<ReplicateSums>& sums)
        : journeys_(journeys), resampling_(resampling), sums_(sums), draws_(resampling ? resampling->replicates : 0)
    {
    }

    void begin(std::size_t client)
    {
        if (client != client_) {
            end();
            client_ = client;
        }
    }

    void end()
    {
        if (sums_.empty() || client_ == none) {
            return;
        }
        draw_all(journeys_.client(client_), resampling_->seed, draws_);
        for (ReplicateSums& sums : sums_) {
            sums.end_client(draws_);
        }
    }

private:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    const JourneysView& journeys_;
    const std::optional<Resampling>& resampling_;
    std::vector<ReplicateSums>& sums_;
    std::vector<double> draws_;
    std::size_t client_ = none;
};

}  // namespace

Attribution attribute(const JourneysView& journeys, const CreditRequest& request, const kernel::StopFlag& stop)
{
    check_stages(request);
    ModelOptions options = request.options;
    options.direct = find_direct(journeys, request.direct_keys);
    Attribution answer{{}, 0, {}};
    if (request.resampling) {
        check_replicates(request.resampling->replicates);
        const auto replicates = static_cast<std::size_t>(request.resampling->replicates);
        answer.replicates.assign(request.models.size(), ReplicateSums(journeys.key_count() + 1, replicates));
    }
    std::vector<ModelSums> sums;
    for (std::size_t i = 0; i < request.models.size(); ++i) {
        sums.emplace_back(request.models[i], journeys.key_count(), request.resampling ? &answer.replicates[i] : nullptr);
    }
    ClientDraws draws(journeys, request.resampling, answer.replicates);
    const TouchPeriod period(request);
    Counter assisted(journeys.key_count());
    std::vector<double> weights;
    std::int64_t number = 0;
    for_each_path(journeys, request.rules, stop, [&](const Path& path) {
        ++number;
        draws.begin(path.client);
        answer.truncated += path.truncated ? 1 : 0;
        weights.resize(path.touches.size());
        for (ModelSums& model : sums) {
            model.add(path, number, options, period, weights);
        }
        for (const Touch& touch : path.touches) {
            if (!path.refund && period.has(touch.time)) {
                assisted.mark(touch.key, number);
            }
        }
    });
    draws.end();
    for (const ModelSums& model : sums) {
        model.report(journeys, assisted, answer.credits);
    }
    return answer;
}

Summary summarise(const JourneysView& journeys)
{
    numeric::CompensatedSum value;
    std::int64_t conversions = 0;
    for (std::size_t i = 0; i < journeys.conversion_count(); ++i) {
        value.add(journeys.conversion_value(i));
        conversions += journeys.conversion_value(i) < 0 ? 0 : 1;
    }
    return {static_cast<std::int64_t>(journeys.client_count()), static_cast<std::int64_t>(journeys.touch_count()), conversions,
            value.value(), static_cast<std::int32_t>(journeys.key_count())};
}

}  // namespace marketing::attribution
