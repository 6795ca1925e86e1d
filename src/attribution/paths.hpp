/**
 * From journeys to paths: for each conversion the touches that may have earned it. Every answer about attribution is a visitor
 * of this one walk.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "attribution/journeys.hpp"
#include "attribution/transforms.hpp"
#include "kernel/named.hpp"
#include "kernel/stop.hpp"

namespace marketing::attribution {

/** One conversion and its eligible touches, oldest first; there may be none. Good until the walk goes on. */
struct Path {
    std::size_t client;  // its place in the journeys value
    std::span<const Touch> touches;
    std::int64_t converted_at;  // of a path that did not convert, the time of its last touch
    double value;
    /** Places in `touches` of the first touch of each key; empty unless PathRules::distinct. */
    std::span<const std::size_t> distinct;
    /** For each stage the place of the last touch at or before it; negative where there is none. */
    std::span<const std::ptrdiff_t> anchors;
    /** Under Transform::frequency, for each of `touches` how often its key was met. */
    std::span<const std::uint32_t> frequency;
    bool truncated;        // older touches were left out by max_touches
    std::uint32_t number;  // of the conversion: its place among those of the value
    /** No conversion: a value below zero, to be taken from the touches of the client's conversion before it; of none, from none. */
    bool refund = false;
};

/** Which touches belong to a conversion when a client converts more than once. */
enum class Cycle {
    shared,                // all up to the conversion: a touch may serve several conversions
    since_previous,        // those after the client's previous, strictly earlier conversion
    since_previous_reuse,  // the same, or where that leaves none, those of the latest earlier cycle that has any
};

/** What becomes of touches that were seen, not clicked. */
enum class Views {
    count,                // they are touches like any other
    clicks_before_views,  // they go from a path that has a click
    ignore,               // they are as if they had never been
};

/** Ends the key of a name that has a part: what follows tells credit apart, and models do not see it. */
inline constexpr char part_separator = '\x1F';

/** What models know touches by: the names of the value, or their keys where names have parts. */
class KeyNames {
public:
    KeyNames(const JourneysView& journeys, bool with_parts);

    [[nodiscard]] std::size_t key_count() const noexcept { return keys_.size(); }
    [[nodiscard]] std::string_view key(std::size_t key) const noexcept { return keys_[key]; }
    /** By the place of the name in the value. */
    [[nodiscard]] std::uint32_t key_of(std::size_t name) const noexcept { return key_of_[name]; }
    /** The part of a name, or nothing where it has none. */
    [[nodiscard]] std::optional<std::string_view> part_of(std::size_t name) const noexcept { return part_of_[name]; }

private:
    std::vector<std::string_view> keys_;
    std::vector<std::uint32_t> key_of_;
    std::vector<std::optional<std::string_view>> part_of_;
};

/** In the order in which the rules apply. */
struct PathRules {
    /** Keys that mark stages (a lead, a deal): no touches, but see Path::anchors. The latest mark of a stage counts. */
    std::span<const std::string_view> stage_keys{};
    /** Touches of these keys are as if they had never been. */
    std::span<const std::string_view> exclude_keys{};
    /** If there are any, touches of all other keys are as if they had never been. */
    std::span<const std::string_view> only_keys{};
    /** Microseconds; a touch this old still counts. Without it every earlier touch counts. */
    std::optional<std::int64_t> lookback{};
    /** Microseconds: of touches that were seen, not clicked, where they reach less far back than clicks. */
    std::optional<std::int64_t> view_lookback{};
    /** Moments at which days begin, ascending. A conversion at the last microsecond of one of these days is of the day: the lookback counts
        from its beginning. */
    std::span<const std::int64_t> day_starts{};
    /** False: rows that convert at the moment of the conversion are no touches of it. */
    bool include_conversion_touch = true;
    Cycle cycle = Cycle::shared;
    /** Conversions outside [converted_from, converted_before) get no path, and still end the cycles of others. */
    std::int64_t converted_from = std::numeric_limits<std::int64_t>::min();
    std::int64_t converted_before = std::numeric_limits<std::int64_t>::max();
    Views views = Views::count;
    std::span<const TransformStep> transforms{};
    std::string_view
        transform_key{};  // the key that was named apart from the transforms, to be checked: one, not a list of them
    /** Only so many touches, the latest, stay. */
    std::size_t max_touches = std::numeric_limits<std::size_t>::max();
    bool distinct = true;  // whether Path::distinct is asked for
    /** Whether names have parts behind a part_separator; all keys of rules are keys without part. */
    bool key_parts = false;
    /** Censoring: whoever was met at or after this may still convert, and gives no path that did not. */
    std::int64_t non_converting_before = std::numeric_limits<std::int64_t>::max();
};

/** The rule for views called `name`: count, yield, ignore. Throws Error(invalid_parameter) for an unknown name. */
inline constexpr auto find_views = kernel::names<Views>(
    "rule for views", {{"count", Views::count}, {"yield", Views::clicks_before_views}, {"ignore", Views::ignore}});

/** The cycle rule called `name`. Throws Error(invalid_parameter) for an unknown name. */
inline constexpr auto find_cycle = kernel::names<Cycle>("cycle", {{"shared", Cycle::shared},
                                                                  {"since_previous", Cycle::since_previous},
                                                                  {"since_previous_reuse", Cycle::since_previous_reuse}});

/** Whether counted paths say how often each key was met. */
[[nodiscard]] inline bool counts_frequency(const PathRules& rules) noexcept
{
    return !rules.transforms.empty() && rules.transforms.back().transform == Transform::frequency;
}

/** Makes the paths of one client after the other. */
class PathBuilder {
public:
    PathBuilder(const JourneysView& journeys, const PathRules& rules);

    /** Goes on to a client. */
    void read(std::size_t client);
    [[nodiscard]] std::span<const Conversion> conversions() const noexcept { return journey_.conversions; }
    [[nodiscard]] const KeyNames& names() const noexcept { return names_; }
    [[nodiscard]] std::span<const Conversion> refunds() const noexcept { return refunds_; }
    /** The path of one of refunds(); good until the next call. */
    [[nodiscard]] Path path_of_refund(const Conversion& refund);
    /** The path of one of conversions(); good until the next call. */
    [[nodiscard]] Path path(const Conversion& conversion);
    /** What the client met after its last conversion, as far back from the latest of it as the lookback reaches. */
    [[nodiscard]] Path remainder();

private:
    using Touches = std::span<const Touch>;

    struct Step {
        Transform transform;
        std::vector<bool> removed;  // by key; empty of transforms that remove none
    };

    void find_roles();
    void find_steps();
    void take_stages();
    [[nodiscard]] Path shaped(Touches touches, const Conversion& end);
    [[nodiscard]] Touches eligible(const Conversion& conversion, std::int64_t since);
    [[nodiscard]] Touches without_own(Touches touches, std::int64_t time);
    [[nodiscard]] Touches without_old_views(Touches touches, std::int64_t since);
    [[nodiscard]] Touches without_views(Touches touches);
    [[nodiscard]] Touches transformed(Touches touches);
    [[nodiscard]] Touches transformed(Touches touches, const Step& step);
    template <class Keep>
    [[nodiscard]] Touches keep_if(Touches touches, Keep keep);
    [[nodiscard]] bool see(std::uint32_t key) noexcept;
    [[nodiscard]] Touches counted(Touches touches);
    void find_distinct(Touches touches);
    void find_anchors(Touches touches, std::int64_t time);

    const JourneysView& journeys_;
    const PathRules& rules_;
    KeyNames names_;
    std::vector<std::int32_t> roles_;  // by key: a stage, or one of the negative roles; empty where all are touches
    std::vector<Step> steps_;
    std::size_t client_ = 0;
    Journey journey_;
    std::vector<Conversion> refunds_;
    std::vector<std::vector<std::int64_t>> stage_times_;  // by stage, ascending
    std::vector<Touch> not_own_;
    std::vector<Touch> recent_;
    std::vector<Touch> clicks_;
    std::vector<Touch> kept_;
    std::vector<Touch> kept_before_;
    std::vector<std::uint64_t> seen_;  // by key: the latest pass that saw it
    std::uint64_t pass_ = 0;
    std::vector<std::uint32_t> met_;  // by key; all 0 but while a path is counted
    std::vector<std::uint32_t> frequency_;
    std::vector<std::size_t> distinct_;
    std::vector<std::ptrdiff_t> anchors_;
};

/** Calls `visit(path)` for each conversion of a client in [converted_from, converted_before), by time, and then for its refunds. */
template <class Visitor>
void for_each_path_of(PathBuilder& builder, std::size_t client, const PathRules& rules, const kernel::StopFlag& stop,
                      Visitor&& visit)
{
    builder.read(client);
    const auto in_period = [&](const Conversion& conversion) {
        stop.poll();
        return conversion.time >= rules.converted_from && conversion.time < rules.converted_before;
    };
    for (const Conversion& conversion : builder.conversions()) {
        if (in_period(conversion)) {
            visit(builder.path(conversion));
        }
    }
    for (const Conversion& refund : builder.refunds()) {
        if (in_period(refund)) {
            visit(builder.path_of_refund(refund));
        }
    }
}

/** The same for all clients, in the order of the value. Throws Stopped, and whatever `visit` throws. */
template <class Visitor>
void for_each_path(const JourneysView& journeys, const PathRules& rules, const kernel::StopFlag& stop, Visitor&& visit)
{
    PathBuilder builder(journeys, rules);
    for (std::size_t client = 0; client < journeys.client_count(); ++client) {
        for_each_path_of(builder, client, rules, stop, visit);
    }
}

}  // namespace marketing::attribution
