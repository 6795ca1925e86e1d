/**
 * Looking up what a caller names: models, rules, transforms.
 */
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "kernel/error.hpp"

namespace marketing::kernel {

/** The entry of `table` called `name`; throws Error(invalid_parameter), which lists the known ones, where there is none. */
template <class Table>
const auto& find_named(const Table& table, std::string_view name, const char* what)
{
    const auto found = std::find_if(table.begin(), table.end(), [name](const auto& entry) { return entry.name == name; });
    if (found == table.end()) {
        std::string known;
        for (const auto& entry : table) {
            known += (known.empty() ? "" : ", ") + std::string(entry.name);
        }
        throw Error(ErrorCode::invalid_parameter, std::string("unknown ") + what + " \"" + std::string(name) + "\"", {},
                    "Known are: " + known + ".");
    }
    return *found;
}

}  // namespace marketing::kernel
