#include "charts/svg.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "kernel/error.hpp"

namespace marketing::charts {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::require_valid;

constexpr double largest_figure = 1e100;
constexpr std::size_t most_bytes = std::size_t{16} << 20U;

// Okabe and Ito's colours, darker or lighter where the ground needs it. A declaration without variables comes first, for what knows none.
constexpr const char* style =
    "<style>.chart{max-width:100%;height:auto;font:12px system-ui,sans-serif}"
    ".chart text{fill:#333;fill:var(--chart-text,#333)}.chart .m{fill:#666;fill:var(--chart-muted,#666)}"
    ".chart .t{font-weight:600;font-size:13px}.chart .g{stroke:#ddd;stroke:var(--chart-grid,#ddd);fill:none}"
    ".chart .x{stroke:#c8401a;stroke:var(--chart-mark,#c8401a);stroke-width:2;fill:none}"
    ".chart .l{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round}.chart .d{stroke-dasharray:3 3}"
    ".chart .s2 .l{stroke-dasharray:6 3}.chart .s3 .l{stroke-dasharray:2 3}"
    ".chart .f{fill:currentColor}.chart .b{fill:currentColor;stroke:currentColor;opacity:.18}.chart .h{fill:transparent}"
    ".chart .k{fill:none;stroke:currentColor;opacity:.4}"
    ".chart .c1{color:#0072b2;color:var(--chart-1,#0072b2)}.chart .c2{color:#d98200;color:var(--chart-2,#d98200)}"
    ".chart .c3{color:#009e73;color:var(--chart-3,#009e73)}.chart .c4{color:#b8588f;color:var(--chart-4,#b8588f)}"
    ".chart .c5{color:#3a9bd9;color:var(--chart-5,#3a9bd9)}.chart .c6{color:#c8501a;color:var(--chart-6,#c8501a)}"
    ".chart .c7{color:#8a7d00;color:var(--chart-7,#8a7d00)}.chart .c8{color:#777;color:var(--chart-8,#777)}"
    ".chart .q0 rect{fill:#eef4fa}.chart .q1 rect{fill:#d3e3f2}.chart .q2 rect{fill:#abcbe6}.chart .q3 rect{fill:#7fb1da}"
    ".chart .q4 rect{fill:#3f83bd}.chart .q5 rect{fill:#1c619f}.chart .q6 rect{fill:#0b3f73}"
    ".chart .q0 text,.chart .q1 text,.chart .q2 text,.chart .q3 text{fill:#14202c}"
    ".chart .q4 text,.chart .q5 text,.chart .q6 text{fill:#fff}"
    "@media screen and (prefers-color-scheme:dark){"
    ".chart text{fill:var(--chart-text,#ddd)}.chart .m{fill:var(--chart-muted,#9aa4ae)}.chart "
    ".g{stroke:var(--chart-grid,#3a424b)}"
    ".chart .x{stroke:var(--chart-mark,#ff8a5c)}.chart .c1{color:var(--chart-1,#56b4e9)}.chart "
    ".c2{color:var(--chart-2,#e69f00)}"
    ".chart .c3{color:var(--chart-3,#2fbf94)}.chart .c4{color:var(--chart-4,#d98fbb)}.chart .c5{color:var(--chart-5,#8ccdf5)}"
    ".chart .c6{color:var(--chart-6,#f0763a)}.chart .c7{color:var(--chart-7,#d8cc3c)}.chart .c8{color:var(--chart-8,#999)}"
    ".chart .q0 rect{fill:#1c2833}.chart .q1 rect{fill:#1d3a54}.chart .q2 rect{fill:#1e4e78}.chart .q3 rect{fill:#21659d}"
    ".chart .q4 rect{fill:#4b95cf}.chart .q5 rect{fill:#86bde8}.chart .q6 rect{fill:#c6e2f8}"
    ".chart .q0 text,.chart .q1 text,.chart .q2 text,.chart .q3 text{fill:#eef4fa}"
    ".chart .q4 text,.chart .q5 text,.chart .q6 text{fill:#10181f}}"
    "</style>";

/** The digits of a number that is below 1e15. */
std::string fixed(double x, int decimals)
{
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), x, std::chars_format::fixed, decimals);
    std::string text(digits.data(), end.ptr);
    if (decimals > 0) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.back() == '.') {
            text.pop_back();
        }
    }
    return text == "-0" ? "0" : text;
}

/** In six digits at most, with an exponent where it is needed. */
std::string general(double x, int digits)
{
    std::array<char, 32> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), x, std::chars_format::general, digits);
    return {text.data(), end.ptr};
}

/** What a byte of text becomes, or nothing where it stays. */
const char* replacement(char byte)
{
    switch (byte) {
        case '<': return "&lt;";
        case '>': return "&gt;";
        case '&': return "&amp;";
        case '"': return "&quot;";
        case '\'': return "&#39;";
        default: return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f ? " " : nullptr;
    }
}

/** Whether U+FFFE or U+FFFF, which XML forbids, is written here in UTF-8. */
bool is_no_character(std::string_view rest)
{
    return rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF");
}

}  // namespace

void escape(std::string_view text, bool is_utf8, std::string& out)
{
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (const char* other = replacement(text[i])) {
            out += other;
        } else if (is_utf8 && text[i] == '\xEF' && is_no_character(text.substr(i))) {
            out += ' ';
            i += 2;
        } else {
            out += text[i];
        }
    }
}

std::string full_number(double x)
{
    const double size = std::fabs(x);
    if (size >= 1e15 || (size > 0 && size < 1e-4)) {
        return general(x, 6);
    }
    std::string text = fixed(x, x == std::trunc(x) || size >= 1000 ? 0 : size >= 1 ? 2 : 4);
    const std::size_t first = text[0] == '-' ? 1 : 0;
    for (std::size_t i = std::min(text.find('.'), text.size()); i > first + 3;) {
        i -= 3;
        text.insert(i, 1, ',');
    }
    return text;
}

std::string short_number(double x, int digits)
{
    struct Suffix {
        double unit;
        const char* name;
    };
    static constexpr std::array<Suffix, 5> suffixes{{{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "k"}, {1, ""}}};
    const double size = std::fabs(x);
    if (size >= 9.995e14 || (size > 0 && size < 1e-3)) {
        return general(x, digits);
    }
    if (size < 0.9995) {
        return fixed(x, digits);
    }
    // What rounds up to a thousand is one of the next unit.
    const auto& suffix =
        *std::find_if(suffixes.begin(), suffixes.end(), [size](const Suffix& s) { return size >= s.unit * 0.9995; });
    const double scaled = size / suffix.unit;
    const int before_point = scaled >= 99.95 ? 3 : scaled >= 9.995 ? 2 : 1;
    return fixed(x / suffix.unit, std::max(0, digits - before_point)) + suffix.name;
}

void require_at_most(std::size_t count, std::size_t most, const char* what)
{
    if (count > most) {
        throw Error(ErrorCode::limit_exceeded, std::string("a chart has at most ") + std::to_string(most) + " " + what,
                    "There are " + std::to_string(count) + ".", "Ask for a coarser granularity, or for the largest alone.");
    }
}

void require_figures(Figures figures, std::size_t places, const char* name, const char* hint)
{
    if (figures.size() != places) {
        throw Error(ErrorCode::invalid_parameter, std::string(name) + " has the wrong number of elements",
                    "It has " + std::to_string(figures.size()) + ", and " + std::to_string(places) + " are needed.", hint);
    }
    require_at_most(figures.size(), most_figures, "figures");
    for (const auto& figure : figures) {
        require_valid(!figure || std::isfinite(*figure), std::string(name) + " must be finite", "NULL is a gap.");
        require_valid(!figure || std::fabs(*figure) <= largest_figure, std::string(name) + " must not go beyond 1e100");
    }
}

void Scale::include(Figures figures)
{
    for (const auto& figure : figures) {
        if (figure) {
            low_ = std::min(low_, *figure);
            high_ = std::max(high_, *figure);
        }
    }
}

void Scale::round()
{
    const double span = high_ - low_;
    if (span < 1e-100) {
        high_ = 1;
        last_ = 1;
        return;
    }
    const double rough = span / 4;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    const double lead = rough / power;
    step_ = power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
    first_ = static_cast<int>(std::floor(low_ / step_));
    last_ = static_cast<int>(std::ceil(high_ / step_));
    low_ = tick(first_);
    high_ = tick(last_);
}

double Scale::share(double figure) const noexcept
{
    return high_ > low_ ? std::clamp((figure - low_) / (high_ - low_), 0.0, 1.0) : 0;
}

Svg::Svg(const Frame& frame, double height, std::string_view summary) : frame_(frame)
{
    put("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\" width=\"", width, "\" height=\"", height,
        "\" viewBox=\"0 0 ", width, " ", height, "\"><title>", Escaped{frame.title.empty() ? "Chart" : frame.title},
        "</title><desc>", Escaped{frame.description.empty() ? summary : frame.description}, "</desc>", style);
    if (!frame.title.empty()) {
        label(0, 4, frame.unit.empty() ? width : width - 100, Anchor::start, frame.title, "t");
    }
    if (!frame.title.empty() && !frame.unit.empty()) {
        label(width - 96, 4, 96, Anchor::end, frame.unit, "m");
    }
}

void Svg::label(double x, double y, double room, Anchor anchor, std::string_view text, const char* kind)
{
    static constexpr std::array<const char*, 3> places{"0\"", "50%\" text-anchor=\"middle\"", "100%\" text-anchor=\"end\""};
    put("<svg x=\"", x, "\" y=\"", y, "\" width=\"", room, "\" height=\"17\"><text y=\"13\" x=\"",
        places[static_cast<std::size_t>(anchor)]);
    if (*kind != '\0') {
        put(" class=\"", kind, "\"");
    }
    put(">", Escaped{text});
    if (static_cast<double>(text.size()) * 6 > room) {
        put("<title>", Escaped{text}, "</title>");
    }
    put("</text></svg>");
}

void Svg::figure(double x)
{
    append(full_number(x));
    if (!frame_.unit.empty()) {
        put(frame_.unit == "%" ? "" : " ", Escaped{frame_.unit});
    }
}

void Svg::tooltip(std::string_view label, std::string_view series, double x, const char* note)
{
    put("<title>", Escaped{label}, series.empty() ? "" : ", ", Escaped{series}, ": ");
    figure(x);
    put(note, "</title>");
}

void Svg::legend(Labels series, double y)
{
    const double room = width / static_cast<double>(series.size());
    for (std::size_t i = 0; i < series.size() && series.size() > 1; ++i) {
        const double x = static_cast<double>(i) * room;
        put("<rect class=\"f c", colour(i), "\" x=\"", x, "\" y=\"", y + 4, "\" width=\"10\" height=\"10\"/>");
        label(x + 15, y, room - 20, Anchor::start, series[i]);
    }
}

std::string Svg::finish()
{
    put("</svg>");
    check_size();
    return std::move(out_);
}

void Svg::add(double coordinate)
{
    append(fixed(coordinate, 1));
}

void Svg::add(Escaped escaped)
{
    escape(escaped.text, frame_.is_utf8, out_);
    check_size();
}

void Svg::append(std::string_view text)
{
    out_ += text;
}

void Svg::check_size() const
{
    if (out_.size() > most_bytes) {
        throw Error(ErrorCode::limit_exceeded, "a chart of more than 16 MB", {}, "Shorten its labels.");
    }
}

std::string no_data(const Frame& frame)
{
    const double top = top_of(frame, {});
    Svg svg(frame, top + 60, "No data.");
    svg.label(0, top + 20, Svg::width, Anchor::middle, "no data", "m");
    return svg.finish();
}

}  // namespace marketing::charts
