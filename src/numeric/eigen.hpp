/** Eigen, whose assertions throw. */
#pragma once

#include "numeric/assertions.hpp"

#define eigen_assert(condition) ((condition) ? static_cast<void>(0) : ::marketing::numeric::assertion_failed())

#include <Eigen/Core>
