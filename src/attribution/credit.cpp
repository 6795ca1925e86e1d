#include "attribution/credit.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "kernel/error.hpp"
#include "numeric/compensated_sum.hpp"

namespace marketing::attribution {
namespace {

std::vector<bool> find_direct(const KeyNames& names, std::span<const std::string_view> direct_keys)
{
    const auto lower = [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    };
    std::vector<bool> direct(names.key_count());
    for (std::size_t code = 0; code < direct.size(); ++code) {
        direct[code] = std::any_of(direct_keys.begin(), direct_keys.end(), [&](std::string_view key) {
            return std::ranges::equal(key, names.key(code), {}, lower, lower);
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

/** Counts the paths or clients by which it is marked, each once. */
class Counter {
public:
    /** `number`: of the path or client, from 1, ascending. */
    void mark(std::int64_t number) noexcept
    {
        count_ += latest_ != number ? 1 : 0;
        latest_ = number;
    }
    [[nodiscard]] std::int64_t count() const noexcept { return count_; }

private:
    std::int64_t count_ = 0;
    std::int64_t latest_ = 0;
};

/**
 * Where sums go: a slot for each name of touches, and for the unattributed, by part of conversions. Without parts slots are names; with them
 * they are numbered as they are met, since most names are not met in most parts.
 */
class Slots {
public:
    Slots(const JourneysView& journeys, bool by_part)
        : names_(journeys.key_count()), parts_(by_part ? std::max<std::size_t>(journeys.part_count(), 1) : 1)
    {
        if (parts_ == 1) {
            used_ = names_ + 1;
            return;
        }
        if (parts_ > most_places / (names_ + 1)) {
            throw kernel::Error(kernel::ErrorCode::limit_exceeded, "too many keys in too many parts of conversions",
                                std::to_string(names_) + " keys, " + std::to_string(parts_) + " parts.",
                                "Ask for a shorter period, or for larger parts of it.");
        }
        places_.assign(parts_ * (names_ + 1), none);
    }

    [[nodiscard]] std::size_t unattributed() const noexcept { return names_; }
    [[nodiscard]] std::size_t part_count() const noexcept { return parts_; }
    /** How many slots are numbered. */
    [[nodiscard]] std::size_t size() const noexcept { return used_; }
    [[nodiscard]] std::uint32_t slot(std::size_t name, std::size_t part)
    {
        if (parts_ == 1) {
            return static_cast<std::uint32_t>(name);
        }
        std::uint32_t& place = places_[part * (names_ + 1) + name];
        if (place == none) {
            place = static_cast<std::uint32_t>(used_++);
        }
        return place;
    }
    /** The slot, if there is one. */
    [[nodiscard]] std::optional<std::uint32_t> find(std::size_t name, std::size_t part) const noexcept
    {
        if (parts_ == 1) {
            return static_cast<std::uint32_t>(name);
        }
        const std::uint32_t place = places_[part * (names_ + 1) + name];
        return place == none ? std::nullopt : std::optional(place);
    }

private:
    static constexpr std::uint32_t none = 0xffffffff;
    static constexpr std::size_t most_places = std::size_t{1} << 26U;

    std::size_t names_;
    std::size_t parts_;
    std::size_t used_ = 0;
    std::vector<std::uint32_t> places_;
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

/** The weights of a path's touches, and whether any of them earns it. */
bool weigh(const Model& model, const Path& path, const ModelOptions& options, std::span<double> weights)
{
    std::fill(weights.begin(), weights.end(), 0.0);
    return !path.touches.empty() && model.weigh(path, options, weights);
}

/** A path, and where the sums of its touches go. */
struct SlottedPath {
    const Path& path;
    std::int64_t number;                   // from 1
    std::span<const std::uint32_t> slots;  // of its touches
    std::uint32_t unattributed;
};

/** The sums of one model. */
class ModelSums {
public:
    ModelSums(const Model& model, ReplicateSums* replicates) : model_(model), replicates_(replicates) {}

    void grow(std::size_t slots)
    {
        if (slots > sums_.size()) {
            sums_.resize(slots);
            if (replicates_ != nullptr) {
                replicates_->grow(slots);
            }
        }
    }

    void add(const SlottedPath& slotted, const ModelOptions& options, TouchPeriod period, std::span<double> weights)
    {
        const Path& path = slotted.path;
        if (!weigh(model_, path, options, weights)) {
            if (period.has(path.converted_at)) {
                give(slotted.unattributed, slotted, 1);
            }
            return;
        }
        for (std::size_t i = 0; i < weights.size(); ++i) {
            if (weights[i] > 0 && period.has(path.touches[i].time)) {
                give(slotted.slots[i], slotted, weights[i]);
            }
        }
    }

    void report(const JourneysView& journeys, const KeyNames& names, const Slots& slots, const std::vector<Counter>& assisted,
                std::vector<Credit>& out) const
    {
        for (std::size_t name = 0; name <= slots.unattributed(); ++name) {
            for (std::size_t part = 0; part < slots.part_count(); ++part) {
                const auto slot = slots.find(name, part);
                const bool attributed = name < slots.unattributed();
                const std::int64_t met = slot && attributed ? assisted[*slot].count() : 0;
                if (!slot || (met == 0 && !sums_[*slot].gave_back && (attributed || sums_[*slot].supporting.count() == 0))) {
                    continue;
                }
                Credit found = credit(*slot, met);
                found.attributed = attributed;
                found.key = attributed ? names.key(names.key_of(name)) : std::string_view{};
                found.touch_part = attributed ? names.part_of(name) : std::nullopt;
                found.conversion_part = journeys.part_count() > 0 ? std::optional(journeys.part(part)) : std::nullopt;
                out.push_back(found);
            }
        }
    }

private:
    struct Sums {
        numeric::CompensatedSum conversions{};
        numeric::CompensatedSum value{};
        Counter supporting{};
        Counter clients{};
        bool gave_back = false;  // whether refunds took money
    };

    void give(std::uint32_t slot, const SlottedPath& slotted, double weight)
    {
        const Path& path = slotted.path;
        const double conversions = path.refund ? 0 : weight;
        Sums& sums = sums_[slot];
        sums.value.add(weight * path.value);
        if (path.refund) {
            sums.gave_back = true;
        } else {
            sums.conversions.add(conversions);
            sums.supporting.mark(slotted.number);
            sums.clients.mark(static_cast<std::int64_t>(path.client) + 1);
        }
        if (replicates_ != nullptr) {
            replicates_->add(slot, conversions, weight * path.value);
        }
    }

    [[nodiscard]] Credit credit(std::uint32_t slot, std::int64_t assisted) const
    {
        const Sums& sums = sums_[slot];
        Credit found{};
        found.model = model_.name;
        found.conversions = sums.conversions.value();
        found.value = sums.value.value();
        found.conversions_rest = sums.conversions.rest();
        found.value_rest = sums.value.rest();
        found.supporting = sums.supporting.count();
        found.assisted = assisted;
        found.clients = sums.clients.count();
        if (replicates_ != nullptr) {
            found.conversions_replicates = replicates_->conversions(slot);
            found.value_replicates = replicates_->value(slot);
        }
        return found;
    }

    Model model_;
    std::vector<Sums> sums_;
    ReplicateSums* replicates_;  // nullptr without resampling
};

/** Whose slot each name has: its own, or with keys together that of the first name with the same part. */
std::vector<std::uint32_t> names_of_slots(const KeyNames& names, std::size_t count, bool keys_together)
{
    std::map<std::optional<std::string_view>, std::uint32_t> first;
    std::vector<std::uint32_t> found;
    for (std::uint32_t name = 0; name < count; ++name) {
        found.push_back(keys_together ? first.try_emplace(names.part_of(name), name).first->second : name);
    }
    return found;
}

/** By which part touches tell their credit apart, for each part of conversions: with periods together the first that is the same but for its period. */
std::vector<std::uint32_t> parts_of_touches(const JourneysView& journeys, bool periods_together)
{
    std::map<std::string_view, std::uint32_t> first;
    std::vector<std::uint32_t> found;
    for (std::uint32_t part = 0; part < journeys.part_count(); ++part) {
        const std::string_view text = journeys.part(part);
        const std::string_view rest = text.substr(std::min(text.find(part_separator), text.size()));
        found.push_back(periods_together ? first.try_emplace(rest, part).first->second : part);
    }
    return found;
}

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
    const KeyNames names(journeys, request.rules.key_parts);
    ModelOptions options = request.options;
    options.direct = find_direct(names, request.direct_keys);
    Slots slots(journeys, request.by_part);
    Attribution answer{{}, 0, {}};
    if (request.resampling) {
        check_replicates(request.resampling->replicates);
        const auto replicates = static_cast<std::size_t>(request.resampling->replicates);
        answer.replicates.assign(request.models.size(), ReplicateSums(slots.size(), replicates));
    }
    std::vector<ModelSums> sums;
    for (std::size_t i = 0; i < request.models.size(); ++i) {
        sums.emplace_back(request.models[i], request.resampling ? &answer.replicates[i] : nullptr);
    }
    ClientDraws draws(journeys, request.resampling, answer.replicates);
    const TouchPeriod period(request);
    const std::vector<std::uint32_t> slot_names = names_of_slots(names, journeys.key_count(), request.keys_together);
    const std::vector<std::uint32_t> touch_parts = parts_of_touches(journeys, request.periods_together);
    std::vector<Counter> assisted;
    std::vector<std::uint32_t> path_slots;
    std::vector<double> weights;
    std::int64_t number = 0;
    for_each_path(journeys, request.rules, stop, [&](const Path& path) {
        ++number;
        draws.begin(path.client);
        answer.truncated += path.truncated ? 1 : 0;
        const std::uint32_t part = request.by_part ? journeys.part_of(path.number) : 0;
        const std::uint32_t touch_part = part < touch_parts.size() ? touch_parts[part] : part;
        path_slots.clear();
        for (const Touch& touch : path.touches) {
            path_slots.push_back(slots.slot(slot_names[touch.name], touch_part));
        }
        const SlottedPath slotted{path, number, path_slots, slots.slot(slots.unattributed(), part)};
        assisted.resize(slots.size());
        weights.resize(path.touches.size());
        for (ModelSums& model : sums) {
            model.grow(slots.size());
            model.add(slotted, options, period, weights);
        }
        for (std::size_t i = 0; i < path_slots.size() && !path.refund; ++i) {
            if (period.has(path.touches[i].time)) {
                assisted[path_slots[i]].mark(number);
            }
        }
    });
    draws.end();
    assisted.resize(slots.size());
    for (ModelSums& model : sums) {
        model.grow(slots.size());
        model.report(journeys, names, slots, assisted, answer.credits);
    }
    return answer;
}

namespace {

/** Writes the rows of paths. */
class TouchLister {
public:
    TouchLister(const CreditRequest& request, const ModelOptions& options, bool all_touches, std::vector<TouchCredit>& rows)
        : request_(request), options_(options), period_(request), all_touches_(all_touches), rows_(rows)
    {
    }

    void add(const Path& path)
    {
        weights_.resize(path.touches.size());
        for (const Model& model : request_.models) {
            const bool earned = weigh(model, path, options_, weights_);
            if (!earned) {
                std::fill(weights_.begin(), weights_.end(), 0.0);
            }
            if (!earned && period_.has(path.converted_at)) {
                rows_.push_back(row_of(path, model.name, 1));
            }
            for (std::size_t i = 0; i < weights_.size(); ++i) {
                if ((weights_[i] > 0 || all_touches_) && period_.has(path.touches[i].time)) {
                    rows_.push_back(row_of(path, model.name, weights_[i]));
                    place(rows_.back(), path.touches[i], i + 1);
                }
            }
        }
    }

private:
    static TouchCredit row_of(const Path& path, std::string_view model, double weight)
    {
        TouchCredit row{};
        row.model = model;
        row.client = static_cast<std::uint32_t>(path.client);
        row.conversion = path.number;
        row.path_touches = static_cast<std::uint32_t>(path.touches.size());
        row.refund = path.refund;
        row.converted_at = path.converted_at;
        row.weight = weight;
        row.value = weight * path.value;
        return row;
    }
    static void place(TouchCredit& row, const Touch& touch, std::size_t rank)
    {
        row.attributed = true;
        row.touch = touch.number;
        row.name = touch.name;
        row.rank = static_cast<std::uint32_t>(rank);
        row.paid = touch.paid;
        row.view = touch.view;
        row.touched_at = touch.time;
    }

    const CreditRequest& request_;
    const ModelOptions& options_;
    TouchPeriod period_;
    bool all_touches_;
    std::vector<TouchCredit>& rows_;
    std::vector<double> weights_;
};

}  // namespace

TouchCredits credit_touches(const JourneysView& journeys, const CreditRequest& request, bool all_touches, std::size_t client,
                            std::size_t enough, const kernel::StopFlag& stop)
{
    check_stages(request);
    ModelOptions options = request.options;
    PathBuilder builder(journeys, request.rules);
    options.direct = find_direct(builder.names(), request.direct_keys);
    TouchCredits found{{}, client, 0};
    TouchLister lister(request, options, all_touches, found.rows);
    for (; found.next_client < journeys.client_count() && found.rows.size() < enough; ++found.next_client) {
        for_each_path_of(builder, found.next_client, request.rules, stop, [&](const Path& path) {
            found.truncated += path.truncated ? 1 : 0;
            lister.add(path);
        });
    }
    return found;
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
