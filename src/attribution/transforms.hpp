/** What is done to the touches of a path once they are found: one transform after the other, as a text names them. */
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace marketing::attribution {

enum class Transform {
    none,
    exposure,                    // of neighbours with the same key the first stays
    first,                       // the first touch of each key stays
    frequency,                   // the same, and a counted path says how often the key was met; see count_paths()
    remove_if_not_all,           // touches of some keys go, unless all are
    remove_if_last_and_not_all,  // the same, of those at the end only
};

/** A transform as plain data; `keys` of the two that remove some. */
struct TransformStep {
    Transform transform = Transform::none;
    std::span<const std::string_view> keys{};
};

/** A transform as it was read. */
struct ReadTransform {
    Transform transform = Transform::none;
    std::vector<std::string> keys;
};

/**
 * The transforms that `text` names in their order, with commas between: none (or unique), exposure, first, frequency, remove_if_not_all,
 * remove_if_last_and_not_all. The last two take keys in brackets, with commas between, those with blanks at their ends, commas, brackets
 * or quotes in double quotes, as in `exposure, remove_if_last_and_not_all(direct, "a, b")`; without brackets they have the key `key`.
 * Throws Error(invalid_parameter) where the text cannot be read, a key is missing or has no use, or anything follows frequency.
 */
[[nodiscard]] std::vector<ReadTransform> read_transforms(std::string_view text, std::optional<std::string_view> key);

}  // namespace marketing::attribution
