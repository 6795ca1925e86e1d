/**
 * The error that a kernel throws. src/postgres/guard.cpp maps it to an SQLSTATE; what a library throws at numbers it cannot handle is
 * an error of its range, in our words.
 */
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace marketing::kernel {

enum class ErrorCode {
    invalid_parameter,  // 22023: an argument outside its domain
    numeric_range,      // 22003: a number that does not fit
    malformed_binary,   // 22P03: a stored or received value that is not in our format
    limit_exceeded,     // 54000: a documented limit
    data_exception,     // 22000: the data contradict themselves
};

class Error : public std::runtime_error {
public:
    Error(ErrorCode code, const std::string& message, std::string detail = {}, std::string hint = {})
        : std::runtime_error(message), code_(code), detail_(std::move(detail)), hint_(std::move(hint))
    {
    }
    [[nodiscard]] ErrorCode code() const noexcept { return code_; }
    [[nodiscard]] const std::string& detail() const noexcept { return detail_; }
    [[nodiscard]] const std::string& hint() const noexcept { return hint_; }

private:
    ErrorCode code_;
    std::string detail_;
    std::string hint_;
};

/** Throws Error(invalid_parameter) unless `valid`. */
inline void require_valid(bool valid, std::string_view message, std::string_view hint = {})
{
    if (!valid) [[unlikely]] {
        throw Error(ErrorCode::invalid_parameter, std::string(message), {}, std::string(hint));
    }
}

/** Throws Error(numeric_range) unless what was computed is a number: `detail` says of what. */
inline void require_computed(bool is_number, std::string_view detail, std::string_view hint = {})
{
    if (!is_number) [[unlikely]] {
        throw Error(ErrorCode::numeric_range, "the numbers are beyond what can be computed with", std::string(detail),
                    std::string(hint));
    }
}

/** Thrown out of a kernel when its StopFlag was raised; never seen by the user. */
struct Stopped {};

}  // namespace marketing::kernel
