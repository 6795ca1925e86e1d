// Binding of what to do with campaigns: advice, response curves, allocation.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "budget/actions.hpp"
#include "budget/allocate.hpp"
#include "budget/plan.hpp"
#include "budget/response.hpp"
#include "postgres/arrays.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"
#include "postgres/text.hpp"

namespace budget = marketing::budget;
namespace postgres = marketing::postgres;

namespace {

/** A text[] argument whose elements are all given: places must agree with those of other arrays. */
std::span<const std::string_view> names_argument(FunctionCallInfo fcinfo, int index, const char* name)
{
    if (!PG_ARGISNULL(index) && array_contains_nulls(PG_GETARG_ARRAYTYPE_P(index))) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not hold NULL", name)));
    }
    return postgres::text_array_argument(fcinfo, index);
}

double number_argument(FunctionCallInfo fcinfo, int index, double otherwise)
{
    return PG_ARGISNULL(index) ? otherwise : PG_GETARG_FLOAT8(index);
}

std::string_view name_argument(FunctionCallInfo fcinfo, int index, std::string_view otherwise)
{
    return PG_ARGISNULL(index) ? otherwise : postgres::text_view(PG_GETARG_DATUM(index));
}

std::int32_t days_argument(FunctionCallInfo fcinfo, int index, std::int32_t otherwise, const char* name)
{
    const std::int32_t days = PG_ARGISNULL(index) ? otherwise : PG_GETARG_INT32(index);
    if (days < 1) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be at least 1 day", name)));
    }
    return days;
}

/** Rows of campaigns by day, as arguments `first` and the four after it: campaign, platform, day, spend, response. */
struct PanelArguments {
    std::span<const std::string_view> campaign;
    std::span<const std::string_view> platform;
    postgres::PlainArray<std::int32_t> day;
    postgres::PlainArray<double> spend;
    postgres::PlainArray<double> response;
    postgres::PlainArray<double> contracts;

    PanelArguments(FunctionCallInfo fcinfo, int first)
        : campaign(names_argument(fcinfo, first, "campaign")),
          platform(names_argument(fcinfo, first + 1, "platform")),
          day(postgres::date_array_argument(fcinfo, first + 2, "day")),
          spend(postgres::float8_array_argument(fcinfo, first + 3)),
          response(postgres::float8_array_argument(fcinfo, first + 4))
    {
    }
    [[nodiscard]] std::vector<budget::Series> panel() const
    {
        return budget::make_panel({.campaign = campaign,
                                   .platform = platform,
                                   .day = {day.data, day.size},
                                   .spend = {spend.data, spend.size},
                                   .response = {response.data, response.size},
                                   .contracts = {contracts.data, contracts.size}});
    }
};
static_assert(std::is_trivially_destructible_v<PanelArguments>);

/** Text in the current memory context, as plain data. */
std::string_view keep(std::pmr::memory_resource& memory, std::string_view text)
{
    const auto copy = postgres::to_plain(memory, std::span<const char>(text));
    return {copy.data, copy.size};
}

void write(postgres::RowWriter& rows, double number)
{
    if (std::isnan(number)) {
        rows.null();
    } else {
        rows.number(number);
    }
}

void write_numbers(postgres::RowWriter& rows, std::initializer_list<double> numbers)
{
    for (const double number : numbers) {
        write(rows, number);
    }
}

/** A text, or NULL for one that was not given. */
void write_name(postgres::RowWriter& rows, std::string_view name, bool given)
{
    if (given) {
        rows.text(name);
    } else {
        rows.null();
    }
}

}  // namespace
