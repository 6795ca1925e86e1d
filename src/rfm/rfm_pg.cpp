// Binding of RFM: the aggregate rfm_table, what is asked of its value, and cuts and scores by themselves.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "customers/purchase_pg.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"
#include "rfm/rfm.hpp"
#include "rfm/rfm_table.hpp"

namespace rfm = marketing::rfm;
namespace customers = marketing::customers;
namespace postgres = marketing::postgres;

using postgres::Bytes;
using rfm::RfmState;
using rfm::RfmTable;

namespace {

/** How a table is scored: as_of, method, bins, r_breaks, f_breaks, m_breaks. */
struct ScoreArguments {
    std::optional<std::int32_t> as_of;
    rfm::Scoring scoring;
};

ScoreArguments score_arguments(postgres::Arguments& in)
{
    ScoreArguments asked;
    asked.as_of = in.optional<postgres::Date>("as_of");
    if (asked.as_of) {
        *asked.as_of += customers::days_to_2000;
    }
    asked.scoring.method = in.choice("method", rfm::find_method);
    asked.scoring.bins = in.get<std::int32_t>("bins");
    asked.scoring.breaks[0] = in.optional_array<double>("r_breaks");
    asked.scoring.breaks[1] = in.optional_array<double>("f_breaks");
    asked.scoring.breaks[2] = in.optional_array<double>("m_breaks");
    return asked;
}

}  // namespace

MARKETING_FUNCTION(rfm_table_transition)
{
    auto* state = postgres::transition_state<RfmState>(fcinfo);
    auto in = postgres::Arguments::of_row(fcinfo);
    const customers::Purchase purchase = customers::purchase_argument(in);
    postgres::run_kernel([state, &purchase] { state->append(purchase); });
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(rfm_table_union_transition)
{
    return postgres::add_value<RfmState>(fcinfo, "rfm_table", &RfmState::append_value);
}

MARKETING_FUNCTION(rfm_table_final)
{
    return postgres::finish<RfmState>(fcinfo);
}

MARKETING_ROWS_OF(rfm_scores, rfm_table, in, rows)
{
    const ScoreArguments asked = score_arguments(in);
    const auto found = postgres::run_kernel(
        [&] { return rfm::score_table(RfmTable(rfm_table), asked.as_of, asked.scoring, postgres::stop_flag()); });
    for (const rfm::ScoredCustomer& row : found) {
        rows.row(row.customer, customers::date_of(row.first_day), customers::date_of(row.last_day), row.recency, row.purchases,
                 row.monetary, row.scores, std::string_view(row.code.data()));
    }
}

MARKETING_ROWS(rfm_thresholds, in, rows)
{
    static constexpr std::array<std::string_view, 3> dimensions{"recency", "frequency", "monetary"};
    const auto table = in.optional<Bytes>("rfm_table");
    if (!table) {
        return;
    }
    const ScoreArguments asked = score_arguments(in);
    const auto bins = postgres::run_kernel(
        [&] { return rfm::describe_table(RfmTable(*table), asked.as_of, asked.scoring, postgres::stop_flag()); });
    for (const rfm::Bin& bin : bins) {
        rows.row(dimensions[static_cast<std::size_t>(bin.dimension)], bin.score,
                 postgres::only_if(bin.customers > 0, bin.least), postgres::only_if(bin.customers > 0, bin.most),
                 postgres::only_if(bin.has_break, bin.upper_break), bin.customers);
    }
}

MARKETING_FUNCTION(rfm_breaks)
{
    postgres::Arguments in(fcinfo);
    const auto values = in.optional_array<double>("values");
    const auto bins = in.get<std::int32_t>("bins");
    const auto method = in.choice("method", rfm::find_method);
    if (PG_ARGISNULL(0)) {
        PG_RETURN_NULL();
    }
    return postgres::array_datum(postgres::run_kernel([&] { return rfm::checked_breaks(values, bins, method); }));
}

MARKETING_FUNCTION(rfm_score)
{
    postgres::Arguments in(fcinfo);
    const auto value = in.optional<double>("value");
    const auto breaks = in.optional_array<double>("breaks");
    const bool reverse = in.get<bool>("reverse");
    if (!value || PG_ARGISNULL(1)) {
        PG_RETURN_NULL();
    }
    PG_RETURN_INT32(postgres::run_kernel([&] { return rfm::checked_score(*value, breaks, reverse); }));
}
