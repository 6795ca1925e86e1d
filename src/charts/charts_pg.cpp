// Binding of the charts: svg_line, svg_bars, svg_heatmap, svg_sankey, and escape_html.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "charts/charts.hpp"
#include "postgres/arguments.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"

namespace charts = marketing::charts;
namespace postgres = marketing::postgres;

using postgres::NullElements;

namespace {

bool is_utf8()
{
    return GetDatabaseEncoding() == PG_UTF8;
}

charts::Frame frame_argument(postgres::Arguments& in)
{
    charts::Frame frame;
    frame.title = in.value_or("title", std::string_view{});
    frame.unit = in.value_or("unit", std::string_view{});
    frame.description = in.value_or("description", std::string_view{});
    frame.is_utf8 = is_utf8();
    return frame;
}

charts::Labels labels_argument(postgres::Arguments& in, const char* name)
{
    return in.optional_array<std::string_view>(name, NullElements::missing);
}

charts::Figures figures_argument(postgres::Arguments& in, const char* name)
{
    return in.optional_array<std::optional<double>>(name, NullElements::missing);
}

/** Runs a kernel that makes a text. */
template <class Kernel>
Datum text_of(Kernel kernel)
{
    return postgres::text_datum(postgres::run_kernel([&kernel] { return postgres::keep_text(kernel()); }));
}

}  // namespace

MARKETING_FUNCTION(svg_line)
{
    postgres::Arguments in(fcinfo);
    charts::Lines lines;
    lines.labels = labels_argument(in, "labels");
    lines.figures = figures_argument(in, "figures");
    lines.series = labels_argument(in, "series");
    const charts::Frame frame = frame_argument(in);
    lines.low = figures_argument(in, "low");
    lines.high = figures_argument(in, "high");
    lines.marks = in.optional_array<bool>("marks", NullElements::missing);
    lines.immature = in.value_or("immature", 0);
    return text_of([&] { return charts::svg_line(frame, lines); });
}

MARKETING_FUNCTION(svg_bars)
{
    postgres::Arguments in(fcinfo);
    charts::Bars bars;
    bars.labels = labels_argument(in, "labels");
    bars.figures = figures_argument(in, "figures");
    bars.series = labels_argument(in, "series");
    const charts::Frame frame = frame_argument(in);
    bars.marks = in.optional_array<bool>("marks", NullElements::missing);
    return text_of([&] { return charts::svg_bars(frame, bars); });
}

MARKETING_FUNCTION(svg_heatmap)
{
    postgres::Arguments in(fcinfo);
    charts::Heatmap heatmap;
    heatmap.rows = labels_argument(in, "rows");
    heatmap.columns = labels_argument(in, "columns");
    heatmap.figures = figures_argument(in, "figures");
    const charts::Frame frame = frame_argument(in);
    return text_of([&] { return charts::svg_heatmap(frame, heatmap); });
}

MARKETING_FUNCTION(svg_sankey)
{
    postgres::Arguments in(fcinfo);
    charts::Sankey sankey;
    sankey.sources = labels_argument(in, "sources");
    sankey.targets = labels_argument(in, "targets");
    sankey.figures = figures_argument(in, "figures");
    const charts::Frame frame = frame_argument(in);
    sankey.stages = in.optional_array<std::int32_t>("stages");
    return text_of([&] { return charts::svg_sankey(frame, sankey); });
}

MARKETING_FUNCTION(escape_html)
{
    postgres::Arguments in(fcinfo);
    const auto value = in.get<std::string_view>("value");
    const bool utf8 = is_utf8();
    return text_of([value, utf8] {
        std::string escaped;
        charts::escape(value, utf8, escaped);
        return escaped;
    });
}
