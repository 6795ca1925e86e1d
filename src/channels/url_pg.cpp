/** What URLs say, for SQL: analytics.url_parameters, url_parameter, url_host, click_ids. */
#include <algorithm>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "channels/charset_pg.hpp"
#include "channels/url.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"
#include "postgres/text.hpp"

namespace {

using namespace marketing;
using namespace marketing::postgres;

/** A resource over the context of the call, which ends with the row. */
ContextResource* call_resource()
{
    return new (palloc(sizeof(ContextResource))) ContextResource(CurrentMemoryContext);
}

}  // namespace

MARKETING_FUNCTION(url_parameters)
{
    const std::string_view url = text_argument(fcinfo, 0);
    auto* resource = call_resource();
    PlainArray<channels::Parameter> found;
    run_kernel([&] {
        const auto all = channels::parameters(url, channels::database_charset(), resource);
        found = to_plain(*resource, std::span<const channels::Parameter>(all));
    });
    RowWriter rows(fcinfo);
    for (const channels::Parameter& each : found) {
        rows.text(each.name).text(each.value).end_row();
    }
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(url_parameter)
{
    const std::string_view url = text_argument(fcinfo, 0);
    const std::string_view name = text_argument(fcinfo, 1);
    auto* resource = call_resource();
    std::optional<std::string_view> value;
    static_assert(std::is_trivially_destructible_v<decltype(value)>);
    run_kernel([&] { value = channels::parameter(url, name, channels::database_charset(), resource); });
    if (!value) {
        PG_RETURN_NULL();
    }
    PG_RETURN_DATUM(text_datum(*value));
}

MARKETING_FUNCTION(url_host)
{
    const std::string_view host = channels::locate(text_argument(fcinfo, 0)).host;
    if (host.empty()) {
        PG_RETURN_NULL();
    }
    text* result = cstring_to_text_with_len(host.data(), static_cast<int>(host.size()));
    std::transform(VARDATA(result), VARDATA(result) + host.size(), VARDATA(result), channels::ascii_lower);
    PG_RETURN_TEXT_P(result);
}

MARKETING_FUNCTION(click_ids)
{
    const std::string_view url = text_argument(fcinfo, 0);
    const auto also = text_array_argument(fcinfo, 1);
    auto* resource = call_resource();
    PlainArray<std::string_view> names;
    run_kernel([&] {
        const auto found = channels::click_ids(url, also, channels::database_charset(), resource);
        names = to_plain(*resource, std::span<const std::string_view>(found));
    });
    auto* values = static_cast<Datum*>(palloc(sizeof(Datum) * (names.size + 1)));
    std::transform(names.begin(), names.end(), values, text_datum);
    PG_RETURN_ARRAYTYPE_P(construct_array(values, static_cast<int>(names.size), TEXTOID, -1, false, TYPALIGN_INT));
}
