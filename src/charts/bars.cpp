#include <algorithm>

#include "charts/charts.hpp"
#include "kernel/error.hpp"

namespace marketing::charts {
namespace {

constexpr std::size_t most_bars = 500;
constexpr double left = 136;
constexpr double right = Svg::width - 64;

/** A bar from 0 to its figure, which stands behind it. */
void draw_bar(Svg& svg, const Bars& bars, const Scale& scale, std::size_t series, std::size_t row, double y, double thickness)
{
    const std::size_t i = series * bars.labels.size() + row;
    if (!bars.figures[i]) {
        return;
    }
    const double figure = *bars.figures[i];
    const double zero = left + (right - left) * scale.share(0);
    const double end = left + (right - left) * scale.share(figure);
    const bool marked = is_marked(bars.marks, i);
    svg.put("<rect class=\"f c", colour(series), "\" x=\"", std::min(zero, end), "\" y=\"", y, "\" width=\"",
            std::max(0.5, std::abs(end - zero)), "\" height=\"", thickness, "\">");
    svg.tooltip(bars.labels[row], series_name(bars.series, series), figure, marked ? " (stands out)" : "");
    svg.put("</rect>");
    if (marked) {
        svg.put("<rect class=\"x\" x=\"", std::min(zero, end), "\" y=\"", y, "\" width=\"", std::max(2.0, std::abs(end - zero)),
                "\" height=\"", thickness, "\"/>");
    }
    svg.label(std::max(zero, end) + 5, y + thickness / 2 - 9, 60, Anchor::start, short_number(figure), "m");
}

std::string summary_of(const Bars& bars)
{
    std::size_t largest = bars.figures.size();
    for (std::size_t i = 0; i < bars.figures.size(); ++i) {
        if (bars.figures[i] && (largest == bars.figures.size() || *bars.figures[i] > *bars.figures[largest])) {
            largest = i;
        }
    }
    return std::to_string(bars.labels.size()) +
           " bars. The largest: " + std::string(bars.labels[largest % bars.labels.size()]) + ", " +
           full_number(*bars.figures[largest]) + ".";
}

}  // namespace

std::string svg_bars(const Frame& frame, const Bars& bars)
{
    const std::size_t series = std::max<std::size_t>(1, bars.series.size());
    require_at_most(series, most_series, "series");
    require_at_most(bars.labels.size(), most_bars, "bars");
    require_figures(bars.figures, bars.labels.size() * series, "figures", "One for each label, series after series.");
    kernel::require_valid(bars.marks.empty() || bars.marks.size() == bars.figures.size(),
                          "marks has the wrong number of elements", "One for each figure, series after series.");
    if (std::none_of(bars.figures.begin(), bars.figures.end(), [](const auto& figure) { return figure.has_value(); })) {
        return no_data(frame);
    }
    Scale scale;
    scale.include(bars.figures);
    const double thickness = series == 1 ? 16 : 12;
    const double step = thickness * static_cast<double>(series) + (series == 1 ? 6 : 8);
    const double top = top_of(frame, bars.series);
    Svg svg(frame, top + step * static_cast<double>(bars.labels.size()) + 2, summary_of(bars));
    svg.legend(bars.series, top - legend_height);
    for (std::size_t row = 0; row < bars.labels.size(); ++row) {
        const double y = top + step * static_cast<double>(row);
        svg.label(0, y + thickness * static_cast<double>(series) / 2 - 9, left - 8, Anchor::start, bars.labels[row]);
        for (std::size_t i = 0; i < series; ++i) {
            draw_bar(svg, bars, scale, i, row, y + thickness * static_cast<double>(i), thickness);
        }
    }
    const double zero = left + (right - left) * scale.share(0);
    svg.put("<path class=\"g\" d=\"M", zero, " ", top - 2, "V", top + step * static_cast<double>(bars.labels.size()), "\"/>");
    return svg.finish();
}

}  // namespace marketing::charts
