// Binding of the aggregate analytics_internal.daily_rows.

#include <cstdint>
#include <span>

#include "postgres/aggregate.hpp"
#include "postgres/any_value.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "refresh/daily_rows.hpp"

namespace postgres = marketing::postgres;
namespace refresh = marketing::refresh;

using refresh::DailyRows;

MARKETING_FUNCTION(daily_rows_transition)
{
    auto* state = postgres::transition_state<DailyRows>(fcinfo);
    auto in = postgres::Arguments::of_row(fcinfo);
    refresh::SeriesKey series{};
    series.business = in.get<std::int64_t>("business");
    series.series = in.get<std::int64_t>("series");
    const std::int32_t day = in.get<postgres::Date>("day");
    double figures[refresh::most_figures];
    std::size_t count = 0;
    while (in.more()) {
        if (count == refresh::most_figures) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("daily_rows takes at most %zu figures", refresh::most_figures)));
        }
        figures[count++] = postgres::any_number(in, "figures").value_or(marketing::kernel::unknown);
    }
    const std::span<const double> row(figures, count);
    postgres::run_kernel([state, &series, day, row] { state->append(series, day, row); });
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(daily_rows_final)
{
    return postgres::finish<DailyRows>(fcinfo);
}
