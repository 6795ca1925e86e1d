/** Columns that come as arrays: one element of each per row. */
#pragma once

#include <cstddef>
#include <string>

#include "kernel/error.hpp"

namespace marketing::budget {

/** How many rows there are, by the column `name`. */
struct Rows {
    std::size_t count;
    const char* name;

    /** Throws Error(invalid_parameter) for a column of another length. */
    void require(std::size_t length, const char* column) const
    {
        if (length != count) {
            throw kernel::Error(kernel::ErrorCode::invalid_parameter,
                                std::string(column) + " must have as many elements as " + name,
                                "They have " + std::to_string(length) + " and " + std::to_string(count) + ".");
        }
    }
    /** The same for a column that may be absent. */
    void allow(std::size_t length, const char* column) const
    {
        if (length > 0) {
            require(length, column);
        }
    }
};

}  // namespace marketing::budget
