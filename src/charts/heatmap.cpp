#include <algorithm>

#include "charts/charts.hpp"

namespace marketing::charts {
namespace {

constexpr std::size_t most_lines = 200;
constexpr double left = 100;
constexpr double cell_height = 22;
/** Narrower cells show their figure only where one points at them. */
constexpr double narrowest_with_text = 27;
constexpr int shades = 7;

struct Range {
    double low = 0;
    double high = 0;
};

/** From 0, or from the least where that is negative, to the greatest. */
Range range_of(Figures figures)
{
    Scale scale;
    scale.include(figures);
    return {scale.low(), scale.high()};
}

int shade(const Range& range, double figure)
{
    const double share = range.high > range.low ? (figure - range.low) / (range.high - range.low) : 0;
    return std::clamp(static_cast<int>(share * shades), 0, shades - 1);
}

void draw_cell(Svg& svg, const Heatmap& heatmap, const Range& range, std::size_t i, double x, double y, double width)
{
    const auto& figure = heatmap.figures[i];
    const std::size_t columns = heatmap.columns.size();
    if (!figure) {
        return;
    }
    svg.put("<g class=\"q", shade(range, *figure), "\"><rect x=\"", x, "\" y=\"", y, "\" width=\"", std::max(0.5, width - 1),
            "\" height=\"", cell_height - 1, "\">");
    svg.tooltip(heatmap.rows[i / columns], heatmap.columns[i % columns], *figure);
    svg.put("</rect>");
    if (width >= narrowest_with_text) {
        svg.label(x, y + 2, width - 1, Anchor::middle, short_number(*figure, width < 40 ? 2 : 3));
    }
    svg.put("</g>");
}

}  // namespace

std::string svg_heatmap(const Frame& frame, const Heatmap& heatmap)
{
    const std::size_t rows = heatmap.rows.size();
    const std::size_t columns = heatmap.columns.size();
    require_at_most(rows, most_lines, "rows");
    require_at_most(columns, most_lines, "columns");
    require_figures(heatmap.figures, rows * columns, "figures", "One for each cell, row after row.");
    if (std::none_of(heatmap.figures.begin(), heatmap.figures.end(), [](const auto& figure) { return figure.has_value(); })) {
        return no_data(frame);
    }
    const Range range = range_of(heatmap.figures);
    const double top = top_of(frame, {}) + 18;
    Svg svg(frame, top + cell_height * static_cast<double>(rows) + 2,
            std::to_string(rows) + " rows and " + std::to_string(columns) +
                " columns. The greatest: " + full_number(range.high) + ".");
    const double width = (Svg::width - left) / static_cast<double>(columns);
    // Every so many columns, so that names do not meet.
    const auto step = static_cast<std::size_t>(std::max(1.0, narrowest_with_text / width + 0.999));
    for (std::size_t i = 0; i < columns; i += step) {
        svg.label(left + static_cast<double>(i) * width, top - 18, width * static_cast<double>(step) - 1, Anchor::middle,
                  heatmap.columns[i], "m");
    }
    for (std::size_t i = 0; i < rows; ++i) {
        svg.label(0, top + cell_height * static_cast<double>(i) + 2, left - 6, Anchor::start, heatmap.rows[i]);
    }
    for (std::size_t i = 0; i < rows * columns; ++i) {
        draw_cell(svg, heatmap, range, i, left + static_cast<double>(i % columns) * width,
                  top + cell_height * static_cast<double>(i / columns), width);
    }
    return svg.finish();
}

}  // namespace marketing::charts
