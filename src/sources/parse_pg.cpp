/**
 * Reading text columns of raw tables: a value that cannot be read is NULL, not an error, so that the row can be quarantined.
 *
 * The server's own parsers do the work, since its users know what those accept.
 */
#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "kernel/named.hpp"
#include "postgres/arguments.hpp"
#include "postgres/pg.hpp"
#include "sources/plain_number.hpp"

namespace postgres = marketing::postgres;
namespace sources = marketing::sources;

namespace {

/** The argument without the blanks around it. */
std::string_view trimmed_argument(postgres::Arguments& in, const char* name)
{
    const auto value = in.get<std::string_view>(name);
    constexpr std::string_view blanks = " \t\r\n\f\v";
    const auto first = value.find_first_not_of(blanks);
    return first == std::string_view::npos ? std::string_view{}
                                           : value.substr(first, value.find_last_not_of(blanks) - first + 1);
}

constexpr auto date_orders =
    marketing::kernel::names<int>("date order", {{"YMD", DATEORDER_YMD}, {"DMY", DATEORDER_DMY}, {"MDY", DATEORDER_MDY}});

pg_tz* time_zone(std::string_view name)
{
    pg_tz* zone = name.size() <= TZ_STRLEN_MAX ? pg_tzset(pnstrdup(name.data(), name.size())) : nullptr;
    if (zone == nullptr) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("time zone \"%s\" not recognized", pnstrdup(name.data(), name.size()))));
    }
    return zone;
}

/**
 * Decodes `value`; false where it is not a date, or date and time, of its own ('now', 'today 10:30', 'infinity' are not). The
 * decoder takes the order of date parts and the zone from the session, whose settings must not decide what a raw table means.
 */
bool decode(std::string_view value, int order, pg_tz* zone, pg_tm* fields, fsec_t* fraction, int* offset)
{
    char input[MAXDATELEN + 1];
    char work[MAXDATELEN + MAXDATEFIELDS];
    char* field[MAXDATEFIELDS];
    int field_type[MAXDATEFIELDS];
    int field_count = 0;
    int kind = 0;
    if (value.empty() || value.size() > MAXDATELEN) {
        return false;
    }
    std::memcpy(input, value.data(), value.size());
    input[value.size()] = '\0';
    if (ParseDateTime(input, work, sizeof work, field, field_type, MAXDATEFIELDS, &field_count) != 0 ||
        !std::any_of(field_type, field_type + field_count, [](int type) { return type == DTK_DATE || type == DTK_NUMBER; })) {
        return false;
    }
    const int session_order = std::exchange(DateOrder, order);
    pg_tz* const session_zone = std::exchange(session_timezone, zone);
#if PG_VERSION_NUM >= 160000
    DateTimeErrorExtra extra;
    const int outcome = DecodeDateTime(field, field_type, field_count, &kind, fields, fraction, offset, &extra);
#else
    const int outcome = DecodeDateTime(field, field_type, field_count, &kind, fields, fraction, offset);
#endif
    DateOrder = session_order;
    session_timezone = session_zone;
    return outcome == 0 && kind == DTK_DATE;
}

}  // namespace

/** try_timestamptz(value text, zone text, date_order text): values without an offset are local to `zone`. */
MARKETING_FUNCTION(try_timestamptz)
{
    postgres::Arguments in(fcinfo);
    const auto value = trimmed_argument(in, "value");
    pg_tz* zone = time_zone(in.get<std::string_view>("zone"));
    const int order = in.choice("date_order", [](std::string_view name) { return date_orders.find(name); });
    pg_tm fields = {};
    fsec_t fraction = 0;
    int offset = 0;
    Timestamp result = 0;
    if (!decode(value, order, zone, &fields, &fraction, &offset) || tm2timestamp(&fields, fraction, &offset, &result) != 0) {
        PG_RETURN_NULL();
    }
    PG_RETURN_TIMESTAMPTZ(result);
}

/** try_numeric(value text). 'NaN', 'Infinity', blanks inside, separators and units are not numbers. */
MARKETING_FUNCTION(try_numeric)
{
    postgres::Arguments in(fcinfo);
    const auto value = trimmed_argument(in, "value");
    if (!sources::is_plain_number(value)) {
        PG_RETURN_NULL();
    }
    PG_RETURN_DATUM(DirectFunctionCall3(numeric_in, CStringGetDatum(pnstrdup(value.data(), value.size())),
                                        ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

/** try_boolean(value text): what the server reads as a boolean. */
MARKETING_FUNCTION(try_boolean)
{
    postgres::Arguments in(fcinfo);
    const auto value = trimmed_argument(in, "value");
    bool result = false;
    if (value.empty() || !parse_bool_with_len(value.data(), value.size(), &result)) {
        PG_RETURN_NULL();
    }
    PG_RETURN_BOOL(result);
}
