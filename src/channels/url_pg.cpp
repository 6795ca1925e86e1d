/** What URLs say, for SQL: analytics.url_parameters, url_parameter, url_host, url_page, click_ids. */
#include <algorithm>
#include <optional>
#include <string_view>

#include "channels/charset_pg.hpp"
#include "channels/url.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/rows.hpp"

using namespace marketing;
using namespace marketing::postgres;

MARKETING_ROWS(url_parameters, in, rows)
{
    const auto url = in.get<std::string_view>("url");
    const auto found = run_kernel([&] {
        ContextResource resource(CurrentMemoryContext);
        return keep(channels::parameters(url, channels::database_charset(), &resource));
    });
    for (const channels::Parameter& each : found) {
        rows.row(each.name, each.value);
    }
}

MARKETING_FUNCTION(url_parameter)
{
    Arguments in(fcinfo);
    const auto url = in.get<std::string_view>("url");
    const auto name = in.get<std::string_view>("name");
    const auto value = run_kernel([&] {
        ContextResource resource(CurrentMemoryContext);
        return channels::parameter(url, name, channels::database_charset(), &resource);
    });
    if (!value) {
        PG_RETURN_NULL();
    }
    return text_datum(*value);
}

MARKETING_FUNCTION(url_host)
{
    Arguments in(fcinfo);
    const std::string_view host = channels::locate(in.get<std::string_view>("url")).host;
    if (host.empty()) {
        PG_RETURN_NULL();
    }
    text* result = cstring_to_text_with_len(host.data(), static_cast<int>(host.size()));
    std::transform(VARDATA(result), VARDATA(result) + host.size(), VARDATA(result), channels::ascii_lower);
    PG_RETURN_TEXT_P(result);
}

MARKETING_FUNCTION(url_page)
{
    Arguments in(fcinfo);
    const auto url = in.get<std::string_view>("url");
    const auto [host, path] = channels::page_of(url);
    if (host.empty() && path.empty()) {
        PG_RETURN_NULL();
    }
    text* result = static_cast<text*>(palloc(VARHDRSZ + host.size() + path.size()));
    SET_VARSIZE(result, VARHDRSZ + host.size() + path.size());
    std::transform(host.begin(), host.end(), VARDATA(result), channels::ascii_lower);
    std::copy(path.begin(), path.end(), VARDATA(result) + host.size());
    PG_RETURN_TEXT_P(result);
}

MARKETING_FUNCTION(click_ids)
{
    Arguments in(fcinfo);
    const auto url = in.get<std::string_view>("url");
    const auto also = in.array<std::string_view>("also", NullElements::left_out);
    return array_datum(run_kernel([&] {
        ContextResource resource(CurrentMemoryContext);
        return keep(channels::click_ids(url, also, channels::database_charset(), &resource));
    }));
}
