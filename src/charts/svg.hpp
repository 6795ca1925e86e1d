/**
 * An SVG image as text: its frame, colours and numbers.
 *
 * Colours are CSS variables with fall-backs for light and dark, apart for readers who see fewer colours; a page may set the variables
 * (--chart-1 to --chart-8, --chart-text, --chart-muted, --chart-grid, --chart-mark). Numbers look the same under every locale. What users
 * write is escaped; beyond it the text is ASCII, so that it fits every database.
 */
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace marketing::charts {

/** What all charts have. */
struct Frame {
    std::string_view title = {};
    std::string_view unit = {};         // behind each figure, such as EUR or %
    std::string_view description = {};  // for screen readers; empty: the chart in a sentence
    bool is_utf8 = true;                // the encoding of all texts
};

using Labels = std::span<const std::string_view>;
/** A figure that is not known is a gap. */
using Figures = std::span<const std::optional<double>>;
using Flags = std::span<const bool>;

/** Text of a user, to be escaped where it is written. */
struct Escaped {
    std::string_view text;
};

/** Text as XML and HTML show it; control characters and what XML forbids become blanks. */
void escape(std::string_view text, bool is_utf8, std::string& out);

/** A figure with thousands apart: 1,234,567 or 12.34. */
[[nodiscard]] std::string full_number(double x);
/** A figure in three or two digits: 1.23M or 1.2M. */
[[nodiscard]] std::string short_number(double x, int digits = 3);

/** Throws Error(limit_exceeded) for more than `most` of `what`. */
void require_at_most(std::size_t count, std::size_t most, const char* what);
/** Throws unless there is a figure for each of `places`, and each that is known is finite and of a size that can be drawn. */
void require_figures(Figures figures, std::size_t places, const char* name, const char* hint);

inline constexpr std::size_t most_figures = 10000;
inline constexpr std::size_t most_series = 8;

/** The range of an axis from round number to round number; it holds 0 and all figures. */
class Scale {
public:
    void include(Figures figures);
    /** Widens the range to about five round steps. */
    void round();
    [[nodiscard]] double low() const noexcept { return low_; }
    [[nodiscard]] double high() const noexcept { return high_; }
    [[nodiscard]] int first_tick() const noexcept { return first_; }
    [[nodiscard]] int last_tick() const noexcept { return last_; }
    [[nodiscard]] double tick(int i) const noexcept { return i * step_; }
    /** Where a figure lies: 0 at the low end, 1 at the high one. */
    [[nodiscard]] double share(double figure) const noexcept;

private:
    double low_ = 0;
    double high_ = 0;
    double step_ = 1;
    int first_ = 0;
    int last_ = 0;
};

enum class Anchor { start, middle, end };

class Svg {
public:
    static constexpr double width = 480;

    Svg(const Frame& frame, double height, std::string_view summary);

    /** Literals as they are, coordinates with one decimal, texts of users escaped. */
    template <class... Parts>
    void put(const Parts&... parts)
    {
        (add(parts), ...);
    }
    /** A text of a user that ends where its place ends; the whole shows where one points at it. */
    void label(double x, double y, double room, Anchor anchor, std::string_view text, const char* kind = "");
    /** What shows where one points at an element: label, series if there are several, figure. */
    void tooltip(std::string_view label, std::string_view series, double figure, const char* note = "");
    /** The names of the series in their colours. */
    void legend(Labels series, double y);
    /** A figure with its unit. */
    void figure(double x);
    [[nodiscard]] std::string finish();

private:
    void add(const char* literal) { append(literal); }
    void add(double coordinate);
    template <std::integral T>
    void add(T number)
    {
        append(std::to_string(number));
    }
    void add(Escaped escaped);
    void add(std::string_view) = delete;  // say Escaped
    void append(std::string_view text);
    void check_size() const;

    Frame frame_;
    std::string out_;
};

/** The frame of a chart without figures, which says so. */
[[nodiscard]] std::string no_data(const Frame& frame);

inline constexpr double legend_height = 26;

/** Where the chart begins below its title. */
[[nodiscard]] inline double top_of(const Frame& frame, Labels series) noexcept
{
    return (frame.title.empty() ? 8 : 30) + (series.size() > 1 ? legend_height : 0);
}

/** The palette has eight colours, c1 to c8. */
[[nodiscard]] inline std::size_t colour(std::size_t i) noexcept
{
    return 1 + i % most_series;
}

/** Whether a figure stands out. */
[[nodiscard]] inline bool is_marked(Flags marks, std::size_t i) noexcept
{
    return i < marks.size() && marks[i];
}

/** The name of a series, where there are several. */
[[nodiscard]] inline std::string_view series_name(Labels series, std::size_t i) noexcept
{
    return series.size() > 1 ? series[i] : std::string_view{};
}

}  // namespace marketing::charts
