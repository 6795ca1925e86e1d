/**
 * What Boost and Eigen assert: a number that reaches the end of what they can do must not end the server. Built with
 * BOOST_ENABLE_ASSERT_HANDLER, and with Eigen included by numeric/eigen.hpp, a failed assertion is an Error (numeric_range).
 */
#pragma once

namespace marketing::numeric {

[[noreturn]] void assertion_failed();

}  // namespace marketing::numeric
