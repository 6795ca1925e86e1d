/**
 * Choices by name: models, rules, transforms, what a caller may ask for and what a result may say.
 */
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "kernel/error.hpp"

namespace marketing::kernel {

/**
 * The entry of `table` called `name`. Throws Error(invalid_parameter) where there is none, with the known ones, and behind them `note`,
 * as the hint.
 */
template <class Table>
constexpr const auto& find_named(const Table& table, std::string_view name, const char* what, const char* note = "")
{
    const auto found = std::find_if(table.begin(), table.end(), [name](const auto& entry) { return entry.name == name; });
    if (found == table.end()) {
        std::string known;
        for (const auto& entry : table) {
            known += (known.empty() ? "" : ", ") + std::string(entry.name);
        }
        throw Error(ErrorCode::invalid_parameter, std::string("unknown ") + what + " \"" + std::string(name) + "\"", {},
                    "Known are: " + known + "." + note);
    }
    return *found;
}

template <class Choice>
struct Named {
    std::string_view name;
    Choice choice;
};

/** Choices, most often the values of an enumeration, and their names: a function from names to choices. */
template <class Choice, std::size_t count>
class Names {
public:
    constexpr Names(const char* what, const Named<Choice> (&entries)[count], const char* note) noexcept
        : what_(what), note_(note), entries_(std::to_array(entries))
    {
    }

    /** The choice called `name`. Throws Error(invalid_parameter) with the known ones. */
    [[nodiscard]] const Choice& find(std::string_view name) const { return find_named(entries_, name, what_, note_).choice; }
    [[nodiscard]] const Choice& operator()(std::string_view name) const { return find(name); }
    /** The first name of a choice, empty where it has none. */
    [[nodiscard]] constexpr std::string_view name_of(const Choice& choice) const noexcept
    {
        const auto found =
            std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) { return entry.choice == choice; });
        return found == entries_.end() ? std::string_view{} : found->name;
    }

private:
    const char* what_;
    const char* note_;
    std::array<Named<Choice>, count> entries_;
};

/** Names of `what`; a note, where the names alone do not say enough, begins with a space. */
template <class Choice, std::size_t count>
constexpr Names<Choice, count> names(const char* what, const Named<Choice> (&entries)[count], const char* note = "") noexcept
{
    return {what, entries, note};
}

}  // namespace marketing::kernel
