#include "charts/charts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "error_of.hpp"

namespace marketing::charts {
namespace {

using unit_test::error_of;
using unit_test::ErrorCode;
using Column = std::vector<std::optional<double>>;
using Names = std::vector<std::string_view>;

std::string escaped(std::string_view text, bool is_utf8 = true)
{
    std::string out;
    escape(text, is_utf8, out);
    return out;
}

std::size_t count_of(const std::string& text, std::string_view part)
{
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) {
        ++n;
    }
    return n;
}

/** Whether tags are closed in the order in which they were opened, and nothing stands outside of the root. */
bool is_well_formed(const std::string& xml)
{
    std::vector<std::string> open;
    for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
        const std::size_t end = xml.find('>', at);
        if (end == std::string::npos) {
            return false;
        }
        const std::string tag = xml.substr(at + 1, end - at - 1);
        if (tag.front() == '/') {
            if (open.empty() || open.back() != tag.substr(1) || (open.size() == 1 && end + 1 != xml.size())) {
                return false;
            }
            open.pop_back();
        } else if (tag.back() != '/') {
            if (open.empty() && at != 0) {
                return false;
            }
            open.push_back(tag.substr(0, tag.find(' ')));
        }
    }
    return open.empty() && !xml.empty();
}

TEST(Charts, NumbersAreShort)
{
    const std::vector<std::pair<double, const char*>> table{
        {0, "0"},          {-0.0, "0"},   {1, "1"},        {1.234, "1.23"},  {12.34, "12.3"},   {123.4, "123"},
        {999.4, "999"},    {999.5, "1k"}, {1234, "1.23k"}, {12345, "12.3k"}, {123456, "123k"},  {999999, "1M"},
        {2.5e6, "2.5M"},   {3e9, "3B"},   {4e12, "4T"},    {1e15, "1e+15"},  {-1234, "-1.23k"}, {0.5, "0.5"},
        {0.1234, "0.123"}, {0.9996, "1"}, {1e-5, "1e-05"}, {9.996, "10"},    {99.96, "100"},
    };
    for (const auto& [x, text] : table) {
        EXPECT_EQ(short_number(x), text) << x;
    }
}

TEST(Charts, NumbersInFullHaveThousandsApart)
{
    const std::vector<std::pair<double, const char*>> table{
        {0, "0"},
        {-0.0, "0"},
        {999, "999"},
        {1000, "1,000"},
        {1234567, "1,234,567"},
        {-1234567, "-1,234,567"},
        {-123, "-123"},
        {12.5, "12.5"},
        {12.345, "12.35"},
        {1234.5, "1,234"},
        {0.12345, "0.1235"},
        {1e15, "1e+15"},
        {1e-7, "1e-07"},
        {100000, "100,000"},
        {-999999, "-999,999"},
    };
    for (const auto& [x, text] : table) {
        EXPECT_EQ(full_number(x), text) << x;
    }
}

TEST(Charts, TextsAreEscaped)
{
    EXPECT_EQ(escaped("<script>alert(\"a\" & 'b')</script>"),
              "&lt;script&gt;alert(&quot;a&quot; &amp; &#39;b&#39;)&lt;/script&gt;");
    EXPECT_EQ(escaped(std::string_view("a\0b\x01\t\n\x7f", 7)), "a b    ");
    EXPECT_EQ(escaped("\xD0\x9A\xD0\xB8\xD1\x97\xD0\xB2"), "\xD0\x9A\xD0\xB8\xD1\x97\xD0\xB2");
    // U+FFFE and U+FFFF are no characters of XML; in Latin 1 the same bytes are letters.
    EXPECT_EQ(escaped("a\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD"), "a  \xEF\xBF\xBD");
    EXPECT_EQ(escaped("a\xEF\xBF\xBE", false), "a\xEF\xBF\xBE");
}

TEST(Charts, AxesGoInRoundStepsAndHoldZeroAndAllFigures)
{
    std::mt19937_64 random(7);
    std::uniform_real_distribution<double> exponent(-90, 90);
    std::uniform_real_distribution<double> mantissa(-1, 1);
    for (int i = 0; i < 2000; ++i) {
        const Column figures{mantissa(random) * std::pow(10, exponent(random)),
                             mantissa(random) * std::pow(10, exponent(random))};
        Scale scale;
        scale.include(figures);
        scale.round();
        EXPECT_LE(scale.low(), std::min({0.0, *figures[0], *figures[1]}) * (1 + 1e-12));
        EXPECT_GE(scale.high(), std::max({0.0, *figures[0], *figures[1]}) * (1 - 1e-12));
        const int ticks = scale.last_tick() - scale.first_tick();
        EXPECT_GE(ticks, 2);
        EXPECT_LE(ticks, 8);
        const double step = scale.tick(1);
        const double lead = step / std::pow(10, std::floor(std::log10(step) + 1e-9));
        EXPECT_TRUE(std::abs(lead - 1) < 1e-6 || std::abs(lead - 2) < 1e-6 || std::abs(lead - 5) < 1e-6) << lead;
    }
}

TEST(Charts, GapsPartTheLine)
{
    const Names labels{"a", "b", "c", "d", "e"};
    const Column whole{1.0, 2.0, 3.0, 4.0, 5.0};
    const Column gap{1.0, 2.0, {}, 4.0, 5.0};
    const Column alone{1.0, {}, 3.0, {}, 5.0};
    EXPECT_EQ(count_of(svg_line({}, {.labels = labels, .figures = whole}), "class=\"l\""), 1U);
    EXPECT_EQ(count_of(svg_line({}, {.labels = labels, .figures = gap}), "class=\"l\""), 2U);
    const std::string dots = svg_line({}, {.labels = labels, .figures = alone});
    EXPECT_EQ(count_of(dots, "class=\"l\""), 0U);
    EXPECT_EQ(count_of(dots, "<circle"), 3U);
}

TEST(Charts, WhatIsImmatureIsHatchedAndDashed)
{
    const Names labels{"a", "b", "c", "d"};
    const Column figures{1.0, 2.0, 3.0, 4.0};
    EXPECT_EQ(count_of(svg_line({}, {.labels = labels, .figures = figures}), "not yet complete"), 0U);
    for (const int immature : {1, 2, 4, 9}) {
        const std::string chart = svg_line({}, {.labels = labels, .figures = figures, .immature = immature});
        EXPECT_EQ(count_of(chart, "not yet complete"), 1U);
        EXPECT_EQ(count_of(chart, "class=\"l d\""), 1U);
        EXPECT_EQ(count_of(chart, "class=\"l\""), immature < 3 ? 1U : 0U);
    }
}

TEST(Charts, FlowsKeepTheirWidths)
{
    // Of 30 that come from a, 10 go to b and 20 to c: their widths add up to the height of a.
    const Names sources{"a", "a"};
    const Names targets{"b", "c"};
    const Column figures{10.0, 20.0};
    const std::string chart = svg_sankey({}, {.sources = sources, .targets = targets, .figures = figures});
    EXPECT_EQ(count_of(chart, "stroke-width=\"47.3\""), 1U);
    EXPECT_EQ(count_of(chart, "stroke-width=\"94.7\""), 1U);
    EXPECT_EQ(count_of(chart, "height=\"142\""), 1U);
    // A journey that comes back to where it was is no circle: the stages keep its nodes apart.
    const Names back{"b", "a"};
    const std::vector<std::int32_t> stages{1, 2};
    EXPECT_EQ(count_of(svg_sankey({}, {.sources = sources, .targets = back, .figures = figures, .stages = stages}), "<rect"),
              4U);
}

TEST(Charts, WithoutFiguresTheySayNoData)
{
    const Names labels{"a", "b"};
    const Column none{{}, {}};
    const Column zeros{0.0, 0.0};
    for (const std::string& chart :
         {svg_line({}, {}), svg_line({}, {.labels = labels, .figures = none, .immature = 1}), svg_bars({}, {}),
          svg_bars({}, {.labels = labels, .figures = none}), svg_heatmap({}, {}), svg_heatmap({}, {.rows = labels}),
          svg_sankey({}, {}), svg_sankey({}, {.sources = labels, .targets = labels, .figures = zeros})}) {
        EXPECT_EQ(count_of(chart, ">no data<"), 1U);
        EXPECT_TRUE(is_well_formed(chart)) << chart;
    }
    // Zeros are figures.
    EXPECT_EQ(count_of(svg_line({}, {.labels = labels, .figures = zeros}), ">no data<"), 0U);
    EXPECT_EQ(count_of(svg_bars({}, {.labels = labels, .figures = zeros}), ">no data<"), 0U);
}

TEST(Charts, WhatCannotBeDrawnIsRefused)
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const Names labels{"a", "b"};
    const Column figures{1.0, 2.0};
    for (const double wrong : {infinity, -infinity, std::nan(""), 1e101, -1e200}) {
        const Column bad{1.0, wrong};
        EXPECT_EQ(error_of([&] { (void)svg_line({}, {.labels = labels, .figures = bad}); }), ErrorCode::invalid_parameter);
        EXPECT_EQ(error_of([&] { (void)svg_line({}, {.labels = labels, .figures = figures, .low = bad, .high = bad}); }),
                  ErrorCode::invalid_parameter);
        EXPECT_EQ(error_of([&] { (void)svg_bars({}, {.labels = labels, .figures = bad}); }), ErrorCode::invalid_parameter);
        EXPECT_EQ(error_of([&] {
                      (void)svg_heatmap({}, {.rows = labels, .columns = {labels.data(), 1}, .figures = bad});
                  }),
                  ErrorCode::invalid_parameter);
        EXPECT_EQ(error_of([&] { (void)svg_sankey({}, {.sources = labels, .targets = labels, .figures = bad}); }),
                  ErrorCode::invalid_parameter);
    }
    const Column three{1.0, 2.0, 3.0};
    const Column negative{1.0, -1.0};
    const std::vector<std::int32_t> stages{1, 9};
    EXPECT_EQ(error_of([&] { (void)svg_line({}, {.labels = labels, .figures = three}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)svg_line({}, {.labels = labels, .figures = figures, .low = figures}); }),
              ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)svg_line({}, {.labels = labels, .figures = figures, .low = figures, .high = negative}); }),
              ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)svg_line({}, {.labels = labels, .figures = figures, .immature = -1}); }),
              ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)svg_bars({}, {.labels = labels, .figures = three}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)svg_heatmap({}, {.rows = labels, .columns = labels, .figures = figures}); }),
              ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)svg_sankey({}, {.sources = labels, .targets = labels, .figures = negative}); }),
              ErrorCode::invalid_parameter);
    EXPECT_EQ(
        error_of([&] { (void)svg_sankey({}, {.sources = labels, .targets = labels, .figures = figures, .stages = stages}); }),
        ErrorCode::invalid_parameter);
}

TEST(Charts, ThereAreLimits)
{
    const Names many(most_figures + 1, "x");
    const Column figures(many.size(), 1.0);
    const Names nine(most_series + 1, "s");
    const std::string long_name(100000, '"');
    const Names long_names(500, long_name);
    const Column five_hundred(500, 1.0);
    EXPECT_EQ(error_of([&] { (void)svg_line({}, {.labels = many, .figures = figures}); }), ErrorCode::limit_exceeded);
    EXPECT_EQ(error_of([&] {
                  (void)svg_line({}, {.labels = {many.data(), 1}, .figures = {figures.data(), 9}, .series = nine});
              }),
              ErrorCode::limit_exceeded);
    EXPECT_EQ(error_of([&] { (void)svg_bars({}, {.labels = many, .figures = figures}); }), ErrorCode::limit_exceeded);
    EXPECT_EQ(error_of([&] {
                  (void)svg_heatmap({}, {.rows = many, .columns = {many.data(), 1}, .figures = figures});
              }),
              ErrorCode::limit_exceeded);
    EXPECT_EQ(error_of([&] { (void)svg_sankey({}, {.sources = many, .targets = many, .figures = figures}); }),
              ErrorCode::limit_exceeded);
    EXPECT_EQ(error_of([&] { (void)svg_bars({}, {.labels = long_names, .figures = five_hundred}); }),
              ErrorCode::limit_exceeded);
}

/** Random figures, gaps among them, and labels of every byte. */
class RandomCharts : public testing::Test {
protected:
    Column figures(std::size_t n, bool signed_ones = true)
    {
        Column column(n);
        for (auto& figure : column) {
            if (random() % 7 != 0) {
                const double size = std::pow(10, static_cast<double>(random() % 200) - 100);
                figure = (signed_ones && random() % 2 == 0 ? -1 : 1) * size * static_cast<double>(random() % 1000) / 1000;
            }
        }
        return column;
    }
    Names labels(std::size_t n)
    {
        Names names;
        for (std::size_t i = 0; i < n; ++i) {
            auto& text = *texts.emplace_back(std::make_unique<std::string>());
            for (std::size_t length = random() % 12; length > 0; --length) {
                text += static_cast<char>(random() % 128);
            }
            names.push_back(text);
        }
        return names;
    }
    void expect_fine(const std::string& chart)
    {
        EXPECT_TRUE(is_well_formed(chart)) << chart;
        // Outside of labels, which have letters of all kinds, nothing is without a number.
        EXPECT_EQ(chart.find("=\"nan"), std::string::npos);
        EXPECT_EQ(chart.find("=\"-nan"), std::string::npos);
        EXPECT_EQ(chart.find("=\"inf"), std::string::npos);
        EXPECT_EQ(chart.find(" nan "), std::string::npos);
        EXPECT_EQ(chart.find(" inf "), std::string::npos);
        for (const char byte : chart) {
            EXPECT_GE(byte, ' ');
        }
    }
    std::mt19937_64 random{3};
    std::vector<std::unique_ptr<std::string>> texts;
};

TEST_F(RandomCharts, AreWellFormed)
{
    for (int i = 0; i < 300; ++i) {
        const std::size_t n = 1 + random() % 70;
        const std::size_t m = 1 + random() % 8;
        const Names names = labels(n);
        const Names series = labels(m);
        const Frame frame{.title = names[0], .unit = series[0]};
        const Column all = figures(n * m);
        const auto flags = std::make_unique<bool[]>(n * m);
        for (std::size_t k = 0; k < n * m; ++k) {
            flags[k] = random() % 5 == 0;
        }
        const Flags marks{flags.get(), n * m};
        Column low = figures(n);
        Column high = low;
        for (auto& figure : high) {
            figure = figure ? std::optional(*figure + std::abs(*figure)) : figure;
        }
        expect_fine(svg_line(frame, {.labels = names,
                                     .figures = all,
                                     .series = series,
                                     .low = low,
                                     .high = high,
                                     .marks = marks,
                                     .immature = static_cast<std::int32_t>(random() % 10)}));
        expect_fine(svg_bars(frame, {.labels = names, .figures = all, .series = series, .marks = marks}));
        expect_fine(svg_heatmap(frame, {.rows = names, .columns = series, .figures = all}));
        const Names targets = labels(n);
        std::vector<std::int32_t> stages(n);
        for (auto& stage : stages) {
            stage = 1 + static_cast<std::int32_t>(random() % 8);
        }
        expect_fine(svg_sankey(frame, {.sources = names, .targets = targets, .figures = figures(n, false), .stages = stages}));
    }
}

}  // namespace
}  // namespace marketing::charts
