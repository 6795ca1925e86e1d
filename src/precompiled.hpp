/**
 * What many units include of the standard library. `make` compiles it once and has GCC take it for each unit (see the Makefile). No unit may
 * rely on it: each includes what it uses, and CMake and other compilers build without this file.
 */
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory_resource>
#include <numbers>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>
