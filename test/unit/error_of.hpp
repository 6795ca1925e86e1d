// The kind of error that a call ends with, which is what a caller learns as its SQLSTATE.
#pragma once

#include <gtest/gtest.h>

#include <ostream>

#include "kernel/error.hpp"

namespace marketing::kernel {

inline void PrintTo(ErrorCode code, std::ostream* out)
{
    switch (code) {
        case ErrorCode::invalid_parameter: *out << "invalid_parameter"; break;
        case ErrorCode::numeric_range: *out << "numeric_range"; break;
        case ErrorCode::malformed_binary: *out << "malformed_binary"; break;
        case ErrorCode::limit_exceeded: *out << "limit_exceeded"; break;
        case ErrorCode::data_exception: *out << "data_exception"; break;
    }
}

}  // namespace marketing::kernel

namespace unit_test {

using marketing::kernel::ErrorCode;

/** The test fails where the body ends without an error. */
template <class Body>
ErrorCode error_of(Body body)
{
    try {
        body();
    } catch (const marketing::kernel::Error& error) {
        return error.code();
    }
    ADD_FAILURE() << "no error";
    return {};
}

}  // namespace unit_test
