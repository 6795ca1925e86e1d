// Binding of RFM: the aggregate rfm_table, what is asked of its value, and cuts and scores by themselves.

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <vector>

#include "customers/purchase_pg.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/arguments.hpp"
#include "postgres/arrays.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/numbers.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"
#include "postgres/text.hpp"
#include "rfm/rfm.hpp"
#include "rfm/rfm_table.hpp"

namespace rfm = marketing::rfm;
namespace customers = marketing::customers;
namespace postgres = marketing::postgres;

using rfm::RfmState;

namespace {

/** The arguments (value, as_of, method, bins, r_breaks, f_breaks, m_breaks). */
struct Arguments {
    std::span<const std::byte> table;
    bool dated;
    std::int32_t as_of;
    std::string_view method;
    std::int32_t bins;
    std::array<postgres::PlainArray<double>, 3> breaks;
};

Arguments read_arguments(FunctionCallInfo fcinfo)
{
    Arguments arguments{};
    arguments.table = postgres::bytea_argument(fcinfo, 0);
    arguments.dated = !PG_ARGISNULL(1);
    arguments.as_of = arguments.dated ? customers::day_of(PG_GETARG_DATEADT(1), "as_of") : 0;
    postgres::require_given(fcinfo, 2, "method");
    arguments.method = postgres::text_argument(fcinfo, 2);
    postgres::require_given(fcinfo, 3, "bins");
    arguments.bins = PG_GETARG_INT32(3);
    arguments.breaks = {postgres::float8_array_argument(fcinfo, 4), postgres::float8_array_argument(fcinfo, 5),
                        postgres::float8_array_argument(fcinfo, 6)};
    return arguments;
}

/** The values that are scored, taken out of a table. */
struct Values {
    std::vector<std::int32_t> recency;
    std::vector<double> frequency;
    std::vector<double> monetary;
    [[nodiscard]] rfm::Customers view() const { return {recency, frequency, monetary}; }
};

Values values_of(const rfm::RfmTable& table, const Arguments& arguments)
{
    std::int32_t latest = arguments.as_of;
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (arguments.dated && table.last_day(i) > arguments.as_of) {
            throw marketing::kernel::Error(marketing::kernel::ErrorCode::invalid_parameter, "a customer bought after as_of", {},
                                           "Leave out rows after that day: FILTER (WHERE day <= ...) does.");
        }
        latest = arguments.dated || i > 0 ? std::max(latest, table.last_day(i)) : table.last_day(i);
    }
    Values values;
    for (std::size_t i = 0; i < table.size(); ++i) {
        values.recency.push_back(latest - table.last_day(i));
        values.frequency.push_back(static_cast<double>(table.purchases(i)));
        values.monetary.push_back(static_cast<double>(table.units(i)) / customers::units_per_money);
    }
    return values;
}

rfm::Scored scored_of(const Values& values, const Arguments& arguments)
{
    rfm::Scoring scoring;
    scoring.method = rfm::find_method(arguments.method);
    scoring.bins = arguments.bins;
    for (std::size_t d = 0; d < arguments.breaks.size(); ++d) {
        scoring.breaks[d] = {arguments.breaks[d].data, arguments.breaks[d].size};
    }
    return rfm::score_customers(values.view(), scoring, postgres::stop_flag());
}

/** One line of rfm_scores. Plain data; a text identifier lies in the argument. */
struct Line {
    marketing::kernel::Identifier customer;
    std::int32_t first_day;
    std::int32_t last_day;
    std::int32_t recency;
    std::int64_t purchases;
    double monetary;
    rfm::Scores scores;
};

postgres::PlainArray<Line> lines_of(const Arguments& arguments)
{
    const rfm::RfmTable table(arguments.table);
    const Values values = values_of(table, arguments);
    const rfm::Scored scored = scored_of(values, arguments);
    postgres::ContextResource memory(CurrentMemoryContext);
    auto* lines = table.size() == 0 ? nullptr : static_cast<Line*>(memory.allocate(table.size() * sizeof(Line), alignof(Line)));
    for (std::size_t i = 0; i < table.size(); ++i) {
        lines[i] = {table.id(i),        table.first_day(i), table.last_day(i), values.recency[i],
                    table.purchases(i), values.monetary[i], scored.scores[i]};
    }
    return {lines, table.size()};
}

/** Scores one after another: 555, and 10 stays readable as one of three numbers by the columns r, f and m. */
std::string_view code_text(const rfm::Scores& scores, std::array<char, 12>& into)
{
    char* end = into.data();
    for (const std::uint8_t score : scores) {
        end = std::to_chars(end, into.data() + into.size(), score).ptr;
    }
    return {into.data(), static_cast<std::size_t>(end - into.data())};
}

void write_customer(postgres::RowWriter& rows, const marketing::kernel::Identifier& customer)
{
    if (customer.kind == marketing::kernel::IdKind::text) {
        pg_verifymbstr(customer.text.data(), static_cast<int>(customer.text.size()), false);
        rows.text(customer.text);
        return;
    }
    std::array<char, 24> digits{};
    rows.text({digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), customer.number).ptr});
}

}  // namespace

MARKETING_FUNCTION(rfm_table_transition)
{
    auto* state = postgres::transition_state<RfmState>(fcinfo);
    customers::Purchase purchase = customers::purchase_arguments(fcinfo);
    const double amount = customers::amount_argument(fcinfo);
    postgres::run_kernel([state, &purchase, amount] {
        purchase.units = customers::money_units(amount);
        state->append(purchase);
    });
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(rfm_table_final)
{
    return postgres::finish<RfmState>(fcinfo);
}

MARKETING_FUNCTION(rfm_scores)
{
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    const Arguments arguments = read_arguments(fcinfo);
    postgres::PlainArray<Line> lines;
    postgres::run_kernel([&arguments, &lines] { lines = lines_of(arguments); });
    for (const Line& line : lines) {
        std::array<char, 12> code;
        write_customer(rows, line.customer);
        rows.datum(DateADTGetDatum(line.first_day - customers::days_to_2000));
        rows.datum(DateADTGetDatum(line.last_day - customers::days_to_2000));
        rows.datum(Int32GetDatum(line.recency)).integer(line.purchases).number(line.monetary);
        for (const std::uint8_t score : line.scores) {
            rows.datum(Int32GetDatum(score));
        }
        rows.text(code_text(line.scores, code)).end_row();
    }
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(rfm_thresholds)
{
    static constexpr std::array<std::string_view, 3> dimensions{"recency", "frequency", "monetary"};
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    const Arguments arguments = read_arguments(fcinfo);
    postgres::PlainArray<rfm::Bin> bins;
    postgres::run_kernel([&arguments, &bins] {
        const Values values = values_of(rfm::RfmTable(arguments.table), arguments);
        const auto found = rfm::describe_bins(values.view(), scored_of(values, arguments));
        postgres::ContextResource memory(CurrentMemoryContext);
        bins = postgres::to_plain(memory, std::span(found));
    });
    for (const rfm::Bin& bin : bins) {
        rows.text(dimensions[static_cast<std::size_t>(bin.dimension)]).datum(Int32GetDatum(bin.score));
        if (bin.customers > 0) {
            rows.number(bin.least).number(bin.most);
        } else {
            rows.null().null();
        }
        if (bin.has_break) {
            rows.number(bin.upper_break);
        } else {
            rows.null();
        }
        rows.integer(bin.customers).end_row();
    }
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(rfm_breaks)
{
    postgres::require_given(fcinfo, 1, "bins");
    postgres::require_given(fcinfo, 2, "method");
    if (PG_ARGISNULL(0)) {
        PG_RETURN_NULL();
    }
    const auto values = postgres::float8_array_argument(fcinfo, 0);
    const std::int32_t bins = PG_GETARG_INT32(1);
    const std::string_view name = postgres::text_argument(fcinfo, 2);
    postgres::PlainArray<double> breaks;
    postgres::run_kernel([&values, &breaks, bins, name] {
        const rfm::Method method = rfm::find_method(name);
        rfm::check_bins(bins);
        if (method != rfm::Method::quantile && method != rfm::Method::rfm_r) {
            throw marketing::kernel::Error(marketing::kernel::ErrorCode::invalid_parameter,
                                           "the method " + std::string(name) + " has no breaks", {}, "Use quantile or rfm_r.");
        }
        if (std::any_of(values.begin(), values.end(), [](double v) { return !std::isfinite(v); })) {
            throw marketing::kernel::Error(marketing::kernel::ErrorCode::numeric_range, "values must be finite");
        }
        const auto found = rfm::quantile_breaks(std::span(values.data, values.size), bins, method);
        postgres::ContextResource memory(CurrentMemoryContext);
        breaks = postgres::to_plain(memory, std::span(found));
    });
    return postgres::numbers_datum(breaks);
}

MARKETING_FUNCTION(rfm_score)
{
    if (PG_ARGISNULL(0) || PG_ARGISNULL(1)) {
        PG_RETURN_NULL();
    }
    postgres::require_given(fcinfo, 2, "reverse");
    const double value = PG_GETARG_FLOAT8(0);
    const auto breaks = postgres::float8_array_argument(fcinfo, 1);
    if (std::isnan(value) || std::any_of(breaks.begin(), breaks.end(), [](double cut) { return std::isnan(cut); })) {
        ereport(ERROR,
                (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("neither the value nor a break may be NaN or NULL")));
    }
    const int found = rfm::score(value, std::span(breaks.data, breaks.size));
    PG_RETURN_INT32(PG_GETARG_BOOL(2) ? static_cast<std::int32_t>(breaks.size) + 2 - found : found);
}
