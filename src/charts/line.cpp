#include <algorithm>
#include <cmath>

#include "charts/charts.hpp"
#include "kernel/error.hpp"

namespace marketing::charts {
namespace {

constexpr double left = 46;
constexpr double right = Svg::width - 8;
constexpr double plot_height = 150;
/** Up to so many points each has a dot of its own. */
constexpr std::size_t dotted = 62;

/** A chart of lines while it is drawn. */
class Plot {
public:
    Plot(const Frame& frame, const Lines& lines, std::string_view summary)
        : lines_(lines),
          points_(lines.labels.size()),
          top_(top_of(frame, lines.series)),
          svg_(frame, top_ + plot_height + 24, summary)
    {
        scale_.include(lines.figures);
        scale_.include(lines.low);
        scale_.include(lines.high);
        scale_.round();
        mature_ = points_ - std::min(points_, static_cast<std::size_t>(lines.immature));
    }

    std::string draw(std::size_t series)
    {
        svg_.legend(lines_.series, top_ - legend_height);
        draw_axes();
        draw_hatch();
        draw_band();
        for (std::size_t i = 0; i < series; ++i) {
            draw_series(i);
        }
        return svg_.finish();
    }

private:
    [[nodiscard]] double x(double i) const
    {
        return points_ < 2 ? (left + right) / 2 : left + 6 + i * (right - left - 12) / static_cast<double>(points_ - 1);
    }
    [[nodiscard]] double x(std::size_t i) const { return x(static_cast<double>(i)); }
    [[nodiscard]] double y(double figure) const { return top_ + plot_height * (1 - scale_.share(figure)); }

    void draw_axes()
    {
        for (int i = scale_.first_tick(); i <= scale_.last_tick(); ++i) {
            const double at = y(scale_.tick(i));
            svg_.put("<path class=\"g\" d=\"M", left, " ", at, "H", right, "\"/>");
            svg_.label(0, at - 9, left - 6, Anchor::end, short_number(scale_.tick(i)), "m");
        }
        // Every so many points, so that labels do not meet.
        const std::size_t step = (points_ + 5) / 6;
        for (std::size_t i = 0; i < points_; i += step) {
            draw_label(i);
        }
    }

    /** A label below its point, or to the left of it where the chart ends. */
    void draw_label(std::size_t i)
    {
        static constexpr double room = 76;
        const double half = std::min(room / 2, x(i));
        const bool is_last = x(i) + half > Svg::width;
        svg_.label(is_last ? Svg::width - room : x(i) - half, top_ + plot_height + 5, is_last ? room : 2 * half,
                   is_last ? Anchor::end : Anchor::middle, lines_.labels[i], "m");
    }

    /** Slanted strokes behind the points that are yet to grow. */
    void draw_hatch()
    {
        if (mature_ == points_) {
            return;
        }
        const double from = points_ < 2 ? left : std::max(left, x(static_cast<double>(mature_) - 0.5));
        svg_.put("<path class=\"g\" d=\"");
        for (double start = from - plot_height; start < right; start += 8) {
            const double begin = std::max(start, from);
            const double end = std::min(start + plot_height, right);
            if (begin < end) {
                svg_.put("M", begin, " ", top_ + plot_height - (begin - start), "L", end, " ",
                         top_ + plot_height - (end - start));
            }
        }
        svg_.put("\"><title>not yet complete</title></path>");
    }

    /** Calls `run(first, end)` for each longest range of points in which `known`. */
    template <class Known, class Run>
    void each_run(std::size_t from, std::size_t to, Known known, Run run) const
    {
        for (std::size_t i = from; i < to; ++i) {
            const std::size_t first = i;
            while (i < to && known(i)) {
                ++i;
            }
            if (first < i) {
                run(first, i);
            }
        }
    }

    void draw_band()
    {
        each_run(
            0, lines_.low.size(), [&](std::size_t i) { return lines_.low[i] && lines_.high[i]; },
            [&](std::size_t first, std::size_t end) {
                svg_.put("<path class=\"b c1\" d=\"M");
                for (std::size_t i = first; i < end; ++i) {
                    svg_.put(i == first ? "" : " ", x(i), " ", y(*lines_.high[i]));
                }
                for (std::size_t i = end; i-- > first;) {
                    svg_.put(" ", x(i), " ", y(*lines_.low[i]));
                }
                svg_.put("Z\"/>");
            });
    }

    void draw_series(std::size_t number)
    {
        const Figures figures = lines_.figures.subspan(number * points_, points_);
        svg_.put("<g class=\"c", colour(number), " s", 1 + number % 3, "\">");
        draw_line(figures, 0, mature_, "l");
        // The first of the immature points hangs on the last mature one.
        draw_line(figures, mature_ == 0 ? 0 : mature_ - 1, mature_ == points_ ? 0 : points_, "l d");
        for (std::size_t i = 0; i < points_; ++i) {
            if (figures[i]) {
                draw_point(number, i, *figures[i], is_alone(figures, i));
            }
        }
        svg_.put("</g>");
    }

    void draw_line(Figures figures, std::size_t from, std::size_t to, const char* kind)
    {
        each_run(
            from, to, [&](std::size_t i) { return figures[i].has_value(); },
            [&](std::size_t first, std::size_t end) {
                if (end - first < 2) {
                    return;
                }
                svg_.put("<path class=\"", kind, "\" d=\"M");
                for (std::size_t i = first; i < end; ++i) {
                    svg_.put(i == first ? "" : " ", x(i), " ", y(*figures[i]));
                }
                svg_.put("\"/>");
            });
    }

    void draw_point(std::size_t number, std::size_t i, double figure, bool alone)
    {
        const bool marked = is_marked(lines_.marks, number * points_ + i);
        const bool shown = alone || points_ <= dotted;
        if (marked) {
            svg_.put("<circle class=\"x\" cx=\"", x(i), "\" cy=\"", y(figure), "\" r=\"6\"/>");
        }
        svg_.put("<circle class=\"", shown ? "f" : "h", "\" cx=\"", x(i), "\" cy=\"", y(figure), "\" r=\"", shown ? 2.5 : 4.0,
                 "\">");
        svg_.tooltip(lines_.labels[i], series_name(lines_.series, number), figure, marked ? " (stands out)" : "");
        svg_.put("</circle>");
    }

    [[nodiscard]] bool is_alone(Figures figures, std::size_t i) const
    {
        return (i == 0 || !figures[i - 1]) && (i + 1 == points_ || !figures[i + 1]);
    }

    const Lines& lines_;
    std::size_t points_;
    std::size_t mature_ = 0;
    double top_;
    Scale scale_;
    Svg svg_;
};

/** The chart in a sentence. */
std::string summary_of(const Lines& lines)
{
    std::string text = std::to_string(lines.labels.size()) + " points, " + std::string(lines.labels.front()) + " to " +
                       std::string(lines.labels.back()) + ".";
    const std::size_t points = lines.labels.size();
    for (std::size_t i = 0; i * points < lines.figures.size(); ++i) {
        std::optional<double> low, high, last;
        for (const auto& figure : lines.figures.subspan(i * points, points)) {
            if (figure) {
                low = std::min(low.value_or(*figure), *figure);
                high = std::max(high.value_or(*figure), *figure);
                last = figure;
            }
        }
        const auto name = series_name(lines.series, i);
        text += " " + (name.empty() ? "" : std::string(name) + ": ");
        text += !last
                    ? "No figures."
                    : "Lowest " + full_number(*low) + ", highest " + full_number(*high) + ", last " + full_number(*last) + ".";
    }
    return text;
}

void check(const Lines& lines, std::size_t series)
{
    require_at_most(series, most_series, "series");
    require_at_most(lines.labels.size(), most_figures, "points");
    require_figures(lines.figures, lines.labels.size() * series, "figures", "One for each label, series after series.");
    kernel::require_valid(lines.immature >= 0, "immature must not be negative");
    kernel::require_valid(lines.low.empty() == lines.high.empty(), "low and high go together", "Give both, or neither.");
    if (!lines.low.empty()) {
        require_figures(lines.low, lines.labels.size(), "low", "One for each label.");
        require_figures(lines.high, lines.labels.size(), "high", "One for each label.");
    }
    for (std::size_t i = 0; i < lines.low.size(); ++i) {
        kernel::require_valid(!lines.low[i] || !lines.high[i] || *lines.low[i] <= *lines.high[i], "low must not be above high");
    }
    kernel::require_valid(lines.marks.empty() || lines.marks.size() == lines.figures.size(),
                          "marks has the wrong number of elements", "One for each figure, series after series.");
}

}  // namespace

std::string svg_line(const Frame& frame, const Lines& lines)
{
    const std::size_t series = std::max<std::size_t>(1, lines.series.size());
    check(lines, series);
    if (std::none_of(lines.figures.begin(), lines.figures.end(), [](const auto& figure) { return figure.has_value(); })) {
        return no_data(frame);
    }
    return Plot(frame, lines, summary_of(lines)).draw(series);
}

}  // namespace marketing::charts
