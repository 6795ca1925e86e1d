#include "attribution/paths.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <unordered_map>
#include <utility>

#include "kernel/error.hpp"
#include "kernel/named.hpp"

namespace marketing::attribution {
namespace {

using kernel::Error;
using kernel::ErrorCode;

constexpr std::int32_t role_touch = -1;
constexpr std::int32_t role_dropped = -2;
constexpr std::uint32_t absent_key = 0xffffffff;  // no value has so many keys

bool contains(std::span<const std::string_view> keys, std::string_view key)
{
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::int32_t role_of(std::string_view key, const PathRules& rules)
{
    const auto stage = std::find(rules.stage_keys.begin(), rules.stage_keys.end(), key);
    if (stage != rules.stage_keys.end()) {
        return static_cast<std::int32_t>(stage - rules.stage_keys.begin());
    }
    const bool wanted = rules.only_keys.empty() || contains(rules.only_keys, key);
    return wanted && !contains(rules.exclude_keys, key) ? role_touch : role_dropped;
}

std::uint32_t find_key(const KeyNames& names, std::string_view key)
{
    for (std::uint32_t code = 0; code < names.key_count(); ++code) {
        if (names.key(code) == key) {
            return code;
        }
    }
    return absent_key;
}

std::string_view trimmed(std::string_view text, std::string_view of)
{
    const auto first = text.find_first_not_of(of);
    return first == std::string_view::npos ? std::string_view{} : text.substr(first, text.find_last_not_of(of) - first + 1);
}

/** Whether each part of a list is a key, each between commas, braces or brackets around all, blanks and quotes around each. */
bool lists_keys(const KeyNames& names, std::string_view list)
{
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        if (find_key(names, trimmed(list.substr(begin, end - begin), " \"'{}[]")) == absent_key) {
            return false;
        }
        begin = end + 1;
    }
    return true;
}

/** A list of keys as one text would be a key that nobody has, and remove nothing. */
void refuse_list(const KeyNames& names, std::string_view key)
{
    const bool is_array =
        key.size() >= 2 && ((key.front() == '{' && key.back() == '}') || (key.front() == '[' && key.back() == ']'));
    if ((is_array || (key.find(',') != std::string_view::npos && lists_keys(names, key))) &&
        find_key(names, key) == absent_key) {
        throw Error(ErrorCode::invalid_parameter, "transform_key must be one key, not the list \"" + std::string(key) + "\"",
                    {}, "Name several keys in transform, as in remove_if_not_all(direct, email).");
    }
}

bool not_after(const Touch& touch, std::int64_t time) noexcept
{
    return touch.time <= time;
}

/** The oldest time that the lookback reaches from `time`. */
std::int64_t horizon(const std::optional<std::int64_t>& lookback, std::int64_t time) noexcept
{
    constexpr std::int64_t oldest = std::numeric_limits<std::int64_t>::min();
    if (!lookback || time < oldest + *lookback) {
        return oldest;
    }
    return time - *lookback;
}

/** The earliest moment that a conversion kept as of `time` may have been at: of one of a day alone, the day's first. */
std::int64_t earliest(std::span<const std::int64_t> day_starts, std::int64_t time)
{
    const auto next = std::ranges::upper_bound(day_starts, time);
    const bool ends_day = next != day_starts.begin() && next != day_starts.end() && time == *next - 1;
    return ends_day ? *std::prev(next) : time;
}

/** The touches at or after `from` and up to `to` (both inclusive). */
std::span<const Touch> between(std::span<const Touch> touches, std::int64_t from, std::int64_t to)
{
    const auto begin = std::partition_point(touches.begin(), touches.end(), [from](const Touch& t) { return t.time < from; });
    const auto end = std::partition_point(begin, touches.end(), [to](const Touch& t) { return not_after(t, to); });
    return {begin, end};
}

/** Those of `touches` that came after the latest conversion strictly before `time`. */
std::span<const Touch> in_cycle_of(std::span<const Touch> touches, std::span<const Conversion> conversions, std::int64_t time)
{
    const auto same =
        std::partition_point(conversions.begin(), conversions.end(), [time](const Conversion& c) { return c.time < time; });
    if (same == conversions.begin()) {
        return touches;
    }
    const std::int64_t previous = std::prev(same)->time;
    const auto first =
        std::partition_point(touches.begin(), touches.end(), [previous](const Touch& t) { return not_after(t, previous); });
    return {first, touches.end()};
}

}  // namespace

KeyNames::KeyNames(const JourneysView& journeys, bool with_parts)
{
    std::unordered_map<std::string_view, std::uint32_t> places;
    for (std::size_t name = 0; name < journeys.key_count(); ++name) {
        const std::string_view text = journeys.key(name);
        const std::size_t end = with_parts ? text.find(part_separator) : std::string_view::npos;
        const bool has_part = end != std::string_view::npos;
        const std::string_view key = end == 0 ? no_key : text.substr(0, end);
        const auto next = static_cast<std::uint32_t>(keys_.size());
        const std::uint32_t place = with_parts ? places.try_emplace(key, next).first->second : next;
        if (place == next) {
            keys_.push_back(key);
        }
        key_of_.push_back(place);
        part_of_.push_back(has_part ? std::optional(text.substr(end + 1)) : std::nullopt);
    }
}

Path PathBuilder::remainder()
{
    const Touches touches = journey_.touches;
    if (touches.empty() || touches.back().time >= rules_.non_converting_before) {
        return shaped({}, {});
    }
    const std::int64_t latest = touches.back().time;
    const Touches rest = between(touches, horizon(rules_.lookback, latest), latest);
    const std::int64_t converted =
        journey_.conversions.empty() ? std::numeric_limits<std::int64_t>::min() : journey_.conversions.back().time;
    const auto first =
        std::partition_point(rest.begin(), rest.end(), [converted](const Touch& t) { return not_after(t, converted); });
    return shaped(without_old_views({first, rest.end()}, latest), {latest, 0});
}

PathBuilder::PathBuilder(const JourneysView& journeys, const PathRules& rules)
    : journeys_(journeys),
      rules_(rules),
      names_(journeys, rules.key_parts),
      stage_times_(rules.stage_keys.size()),
      seen_(names_.key_count()),
      anchors_(rules.stage_keys.size())
{
    if (!rules.stage_keys.empty() || !rules.exclude_keys.empty() || !rules.only_keys.empty()) {
        find_roles();
    }
    refuse_list(names_, rules.transform_key);
    find_steps();
}

void PathBuilder::find_steps()
{
    for (const TransformStep& step : rules_.transforms) {
        std::vector<bool> removed(step.keys.empty() ? 0 : names_.key_count());
        for (std::size_t code = 0; code < removed.size(); ++code) {
            removed[code] = contains(step.keys, names_.key(code));
        }
        steps_.push_back({step.transform, std::move(removed)});
    }
}

void PathBuilder::find_roles()
{
    for (std::size_t code = 0; code < names_.key_count(); ++code) {
        roles_.push_back(role_of(names_.key(code), rules_));
    }
}

void PathBuilder::read(std::size_t client)
{
    client_ = client;
    journeys_.read(client, journey_);
    if (rules_.key_parts) {
        for (Touch& touch : journey_.touches) {
            touch.key = names_.key_of(touch.name);
        }
    }
    const auto is_refund = [](const Conversion& conversion) { return conversion.value < 0; };
    refunds_.clear();
    std::copy_if(journey_.conversions.begin(), journey_.conversions.end(), std::back_inserter(refunds_), is_refund);
    std::erase_if(journey_.conversions, is_refund);
    if (!roles_.empty()) {
        take_stages();
        std::erase_if(journey_.touches, [this](const Touch& touch) { return roles_[touch.key] != role_touch; });
    }
    if (rules_.views == Views::ignore) {
        std::erase_if(journey_.touches, [](const Touch& touch) { return touch.view; });
    }
}

void PathBuilder::take_stages()
{
    for (auto& times : stage_times_) {
        times.clear();
    }
    for (const Touch& touch : journey_.touches) {
        if (roles_[touch.key] >= 0) {
            stage_times_[static_cast<std::size_t>(roles_[touch.key])].push_back(touch.time);
        }
    }
}

Path PathBuilder::path(const Conversion& conversion)
{
    const std::int64_t since = earliest(rules_.day_starts, conversion.time);
    return shaped(without_old_views(eligible(conversion, since), since), conversion);
}

Path PathBuilder::path_of_refund(const Conversion& refund)
{
    const auto after = std::partition_point(journey_.conversions.begin(), journey_.conversions.end(),
                                            [&refund](const Conversion& c) { return c.time <= refund.time; });
    Path found = after == journey_.conversions.begin() ? shaped({}, refund) : path(*std::prev(after));
    found.converted_at = refund.time;
    found.value = refund.value;
    found.number = refund.number;
    found.truncated = false;
    found.refund = true;
    return found;
}

/** The path of `touches`, once they are found, to `end`. */
Path PathBuilder::shaped(Touches touches, const Conversion& end)
{
    touches = transformed(without_views(touches));
    const bool truncated = touches.size() > rules_.max_touches;
    touches = truncated ? touches.last(rules_.max_touches) : touches;
    if (rules_.distinct) {
        find_distinct(touches);
    }
    find_anchors(touches, end.time);
    const auto frequency = std::span(frequency_).last(std::min(frequency_.size(), touches.size()));
    return {client_, touches, end.time, end.value, distinct_, anchors_, frequency, truncated, end.number};
}

/** The touches of the conversion's cycle that the lookback reaches from `since`. */
PathBuilder::Touches PathBuilder::eligible(const Conversion& conversion, std::int64_t since)
{
    const Touches reached =
        without_own(between(journey_.touches, horizon(rules_.lookback, since), conversion.time), conversion.time);
    if (rules_.cycle == Cycle::shared) {
        return reached;
    }
    const auto own = in_cycle_of(reached, journey_.conversions, conversion.time);
    if (rules_.cycle == Cycle::since_previous || !own.empty() || reached.empty()) {
        return own;
    }
    // The latest touch in reach is in the latest cycle that has any.
    return in_cycle_of(reached, journey_.conversions, reached.back().time);
}

PathBuilder::Touches PathBuilder::without_own(Touches touches, std::int64_t time)
{
    if (rules_.include_conversion_touch) {
        return touches;
    }
    not_own_.clear();
    std::copy_if(touches.begin(), touches.end(), std::back_inserter(not_own_),
                 [time](const Touch& touch) { return touch.time != time || !touch.converts; });
    return not_own_;
}

PathBuilder::Touches PathBuilder::without_old_views(Touches touches, std::int64_t since)
{
    if (!rules_.view_lookback) {
        return touches;
    }
    recent_.clear();
    const std::int64_t oldest = horizon(rules_.view_lookback, since);
    std::copy_if(touches.begin(), touches.end(), std::back_inserter(recent_),
                 [oldest](const Touch& touch) { return !touch.view || touch.time >= oldest; });
    return recent_;
}

PathBuilder::Touches PathBuilder::without_views(Touches touches)
{
    if (rules_.views != Views::clicks_before_views) {
        return touches;
    }
    clicks_.clear();
    std::copy_if(touches.begin(), touches.end(), std::back_inserter(clicks_), [](const Touch& touch) { return !touch.view; });
    return clicks_.empty() ? touches : Touches(clicks_);
}

template <class Keep>
PathBuilder::Touches PathBuilder::keep_if(Touches touches, Keep keep)
{
    std::swap(kept_, kept_before_);  // which `touches` may be
    kept_.clear();
    std::copy_if(touches.begin(), touches.end(), std::back_inserter(kept_), keep);
    return kept_;
}

/** Whether this is the first sight of `key` in the current pass. */
bool PathBuilder::see(std::uint32_t key) noexcept
{
    const bool first = seen_[key] != pass_;
    seen_[key] = pass_;
    return first;
}

PathBuilder::Touches PathBuilder::transformed(Touches touches)
{
    for (const Step& step : steps_) {
        touches = transformed(touches, step);
    }
    return touches;
}

PathBuilder::Touches PathBuilder::transformed(Touches touches, const Step& step)
{
    const auto other = [&step](const Touch& touch) { return !step.removed[touch.key]; };
    switch (step.transform) {
        case Transform::none: return touches;
        case Transform::exposure:
            return keep_if(touches, [latest = absent_key](const Touch& touch) mutable {
                return std::exchange(latest, touch.key) != touch.key;
            });
        case Transform::frequency: return counted(touches);
        case Transform::first: ++pass_; return keep_if(touches, [this](const Touch& touch) { return see(touch.key); });
        case Transform::remove_if_not_all: {
            const Touches others = keep_if(touches, other);
            return others.empty() ? touches : others;
        }
        case Transform::remove_if_last_and_not_all: {
            const auto last = std::find_if(touches.rbegin(), touches.rend(), other);
            return last == touches.rend() ? touches : Touches(touches.begin(), last.base());
        }
    }
    return touches;
}

/** The first touch of each key, and in frequency_ how often each was met. */
PathBuilder::Touches PathBuilder::counted(Touches touches)
{
    met_.resize(seen_.size());
    for (const Touch& touch : touches) {
        ++met_[touch.key];
    }
    ++pass_;
    touches = keep_if(touches, [this](const Touch& touch) { return see(touch.key); });
    frequency_.clear();
    for (const Touch& touch : touches) {
        frequency_.push_back(std::exchange(met_[touch.key], 0));
    }
    return touches;
}

void PathBuilder::find_distinct(Touches touches)
{
    ++pass_;
    distinct_.clear();
    for (std::size_t i = 0; i < touches.size(); ++i) {
        if (see(touches[i].key)) {
            distinct_.push_back(i);
        }
    }
}

void PathBuilder::find_anchors(Touches touches, std::int64_t time)
{
    const auto count_until = [](const auto& list, auto in_time) {
        return std::partition_point(list.begin(), list.end(), in_time) - list.begin();
    };
    for (std::size_t stage = 0; stage < anchors_.size(); ++stage) {
        const auto& times = stage_times_[stage];
        const auto marks = count_until(times, [time](std::int64_t mark) { return mark <= time; });
        anchors_[stage] = -1;
        if (marks > 0) {
            const std::int64_t mark = times[static_cast<std::size_t>(marks - 1)];
            anchors_[stage] = count_until(touches, [mark](const Touch& t) { return not_after(t, mark); }) - 1;
        }
    }
}

}  // namespace marketing::attribution
