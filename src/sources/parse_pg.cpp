/**
 * Reading text columns of raw tables: a value that cannot be read is NULL, not an error, so that the row can be quarantined.
 *
 * The server's own parsers do the work, since its users know what those accept.
 */
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "channels/charset_pg.hpp"
#include "channels/text.hpp"
#include "kernel/named.hpp"
#include "postgres/arguments.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"
#include "sources/plain_number.hpp"

namespace postgres = marketing::postgres;
namespace sources = marketing::sources;
namespace channels = marketing::channels;

namespace {

/** The argument without the blanks around it. */
std::string_view trimmed_argument(postgres::Arguments& in, const char* name)
{
    return channels::trimmed_widely(in.get<std::string_view>(name), channels::database_charset());
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

/** Whether `value` says UTC+3 or GMT-05:00 at `i`, in no name like Etc/GMT+3. */
bool is_offset_from_greenwich(std::string_view value, std::size_t i)
{
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto is_part_of_name = [](char c) { return c == '/' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    return i + 4 < value.size() && (value[i + 3] == '+' || value[i + 3] == '-') && is_digit(value[i + 4]) &&
           (i == 0 || !is_part_of_name(value[i - 1])) &&
           (pg_strncasecmp(value.data() + i, "UTC", 3) == 0 || pg_strncasecmp(value.data() + i, "GMT", 3) == 0);
}

/** Copies `value` with UTC+3 as +3: to the server the former is a zone of POSIX, three hours west, and to nobody who exports. */
void copy_with_plain_offsets(std::string_view value, char* copy)
{
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (is_offset_from_greenwich(value, i)) {
            i += 3;
        }
        *copy++ = value[i];
    }
    *copy = '\0';
}

/** Whether some field is of a date, and none that follows names a zone that there is not: the decoder of PostgreSQL 15 would raise. */
bool is_dated(char** field, const int* type, int count)
{
    bool dated = false;
    for (int i = 0; i < count; ++i) {
        const bool begins_with_digit = field[i][0] >= '0' && field[i][0] <= '9';
        if (dated && type[i] == DTK_DATE && !begins_with_digit && pg_tzset(field[i]) == nullptr) {
            return false;
        }
        dated = dated || type[i] == DTK_DATE || type[i] == DTK_NUMBER;
    }
    return dated;
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
    // J2460827 is a day to the server, counted from 4714 BC, and to nobody who exports.
    const bool is_julian = value.size() > 1 && (value[0] == 'J' || value[0] == 'j') && value[1] >= '0' && value[1] <= '9';
    if (value.empty() || value.size() > MAXDATELEN || is_julian) {
        return false;
    }
    copy_with_plain_offsets(value, input);
    if (ParseDateTime(input, work, sizeof work, field, field_type, MAXDATEFIELDS, &field_count) != 0 ||
        !is_dated(field, field_type, field_count)) {
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

namespace {

/** A date or time in text, as it is written. */
struct Moment {
    pg_tm fields = {};
    fsec_t fraction = 0;
    int offset = 0;
    bool is_midnight = false;
    bool has_time = false;
    pg_tz* zone = nullptr;

    [[nodiscard]] bool instant(Timestamp* result) { return tm2timestamp(&fields, fraction, &offset, result) == 0; }
    [[nodiscard]] int day() const { return date2j(fields.tm_year, fields.tm_mon, fields.tm_mday) - POSTGRES_EPOCH_JDATE; }
};

bool read_moment(postgres::Arguments& in, Moment* moment)
{
    const auto value = trimmed_argument(in, "value");
    moment->zone = time_zone(in.get<std::string_view>("zone"));
    const int order = in.choice("date_order", [](std::string_view name) { return date_orders.find(name); });
    if (!decode(value, order, moment->zone, &moment->fields, &moment->fraction, &moment->offset)) {
        return false;
    }
    moment->is_midnight =
        moment->fields.tm_hour == 0 && moment->fields.tm_min == 0 && moment->fields.tm_sec == 0 && moment->fraction == 0;
    moment->has_time = !moment->is_midnight || value.find(':') != std::string_view::npos || value.find_first_of("Tt") == 8;
    return true;
}

/** The first moment of a day in a zone. */
TimestampTz start_of(int day, pg_tz* zone)
{
    pg_tm fields = {};
    j2date(day + POSTGRES_EPOCH_JDATE, &fields.tm_year, &fields.tm_mon, &fields.tm_mday);
    int offset = DetermineTimeZoneOffset(&fields, zone);
    Timestamp result = 0;
    if (tm2timestamp(&fields, 0, &offset, &result) != 0) {
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("date out of range")));
    }
    return result;
}

}  // namespace

/** try_timestamptz(value text, zone text, date_order text): values without an offset are local to `zone`. */
MARKETING_FUNCTION(try_timestamptz)
{
    postgres::Arguments in(fcinfo);
    Moment moment;
    Timestamp result = 0;
    if (!read_moment(in, &moment) || !moment.instant(&result)) {
        PG_RETURN_NULL();
    }
    PG_RETURN_TIMESTAMPTZ(result);
}

/**
 * try_date(value text, zone text, date_order text): midnight is the day as it is written, whatever offset stands behind it; another time
 * is one of a day in `zone`.
 */
MARKETING_FUNCTION(try_date)
{
    postgres::Arguments in(fcinfo);
    Moment moment;
    Timestamp result = 0;
    if (!read_moment(in, &moment) || !moment.instant(&result)) {
        PG_RETURN_NULL();
    }
    if (!moment.is_midnight) {
        int offset = 0;
        if (timestamp2tm(result, &offset, &moment.fields, &moment.fraction, nullptr, moment.zone) != 0) {
            PG_RETURN_NULL();
        }
    }
    PG_RETURN_DATEADT(moment.day());
}

/**
 * try_moment(value text, zone text, date_order text, day_zone text, at_end boolean): as try_timestamptz, but a day alone is its first moment
 * in day_zone, or its last one; at_end: midnight is a day alone, too.
 */
MARKETING_FUNCTION(try_moment)
{
    postgres::Arguments in(fcinfo);
    Moment moment;
    Timestamp result = 0;
    if (!read_moment(in, &moment) || !moment.instant(&result)) {
        PG_RETURN_NULL();
    }
    pg_tz* day_zone = time_zone(in.get<std::string_view>("day_zone"));
    const bool at_end = in.get<bool>("at_end");
    if (moment.has_time && !(at_end && moment.is_midnight)) {
        PG_RETURN_TIMESTAMPTZ(result);
    }
    PG_RETURN_TIMESTAMPTZ(at_end ? start_of(moment.day() + 1, day_zone) - 1 : start_of(moment.day(), day_zone));
}

/** is_scientific(value text): whether an id is written as spreadsheets write long numbers. */
MARKETING_FUNCTION(is_scientific)
{
    postgres::Arguments in(fcinfo);
    PG_RETURN_BOOL(channels::is_scientific(in.get<std::string_view>("value")));
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

/** try_number(value text, format text): a number as a country or a spreadsheet writes it. */
MARKETING_FUNCTION(try_number)
{
    postgres::Arguments in(fcinfo);
    const auto value = in.get<std::string_view>("value");
    const auto format = in.choice("format", [](std::string_view example) { return sources::number_format(example); });
    const auto plain = marketing::postgres::run_kernel([&] {
        marketing::postgres::ContextResource resource(CurrentMemoryContext);
        std::pmr::string buffer(&resource);
        const auto written = channels::spelled(value, channels::Purpose::label, channels::database_charset(), buffer);
        std::array<char, sources::longest_number> number{};
        const std::size_t size = sources::plain_number(written, format, number.data());
        return marketing::postgres::keep_text({number.data(), size});
    });
    if (plain.empty()) {
        PG_RETURN_NULL();
    }
    PG_RETURN_DATUM(DirectFunctionCall3(numeric_in, CStringGetDatum(pnstrdup(plain.data(), plain.size())),
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
