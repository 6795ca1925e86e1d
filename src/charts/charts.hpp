/**
 * Charts of arrays, as SVG: pure functions, the same text for the same figures everywhere.
 *
 * Each throws Error(invalid_parameter) for lengths that do not fit and for figures that are not finite, and Error(limit_exceeded) beyond
 * what a reader could see. Without any figure the chart says "no data".
 */
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "charts/svg.hpp"

namespace marketing::charts {

/** Lines over labels, series by series; low and high are a band, of the first series. */
struct Lines {
    Labels labels = {};
    Figures figures = {};  // those of the first series, then those of the second ...
    Labels series = {};    // none: one series without a name
    Figures low = {};
    Figures high = {};
    Flags marks = {};           // of each figure: whether it stands out
    std::int32_t immature = 0;  // the last points, which are yet to grow
};
[[nodiscard]] std::string svg_line(const Frame& frame, const Lines& lines);

/** Horizontal bars, a group for each label. */
struct Bars {
    Labels labels = {};
    Figures figures = {};  // those of the first series, then those of the second ...
    Labels series = {};
    Flags marks = {};
};
[[nodiscard]] std::string svg_bars(const Frame& frame, const Bars& bars);

/** A table whose cells are the darker the larger they are. */
struct Heatmap {
    Labels rows = {};
    Labels columns = {};
    Figures figures = {};  // row by row
};
[[nodiscard]] std::string svg_heatmap(const Frame& frame, const Heatmap& heatmap);

/** Flows from a node of one stage to one of the next. Nodes of one name in different stages are different. */
struct Sankey {
    Labels sources = {};
    Labels targets = {};
    Figures figures = {};                       // not negative
    std::span<const std::int32_t> stages = {};  // of the sources, from 1; none: all in the first
};
[[nodiscard]] std::string svg_sankey(const Frame& frame, const Sankey& sankey);

}  // namespace marketing::charts
