#include "cohorts/cohort.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>

#include "kernel/error.hpp"
#include "kernel/wire.hpp"

namespace marketing::cohorts {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::FlatValue;
using kernel::require_valid;
using kernel::WireReader;
using kernel::WireWriter;

constexpr kernel::Format table_format{"coht", 1, "value of cohort_table"};
constexpr std::int32_t most_periods = 200'000;  // of one customer: a day each for five centuries
constexpr std::uint64_t most_rows = 5'000'000;  // of one result

std::int32_t floor_divided(std::int32_t a, std::int32_t b) noexcept
{
    return a / b - static_cast<std::int32_t>(a % b < 0);
}

/** Months since January of year 0. */
std::int32_t month_of(std::int32_t day) noexcept
{
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
    return static_cast<int>(date.year()) * 12 + static_cast<std::int32_t>(static_cast<unsigned>(date.month())) - 1;
}

std::int32_t first_day_of_month(std::int32_t month) noexcept
{
    const std::int32_t year = floor_divided(month, 12);
    const std::chrono::year_month_day date{
        std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month - year * 12 + 1)}, std::chrono::day{1}};
    return static_cast<std::int32_t>(std::chrono::sys_days{date}.time_since_epoch().count());
}

constexpr std::int32_t monday = 4;  // 1970-01-05, of ISO weeks

std::size_t bucket_of(std::int64_t key, unsigned bits) noexcept
{
    return bits == 0 ? 0 : static_cast<std::size_t>((static_cast<std::uint64_t>(key) * 0x9e3779b97f4a7c15U) >> (64 - bits));
}

/** What a value begins with; its cells follow. */
void write_head(WireWriter& out, Grain grain, std::int32_t last_day, std::uint32_t cells)
{
    table_format.write(out);
    out.put(static_cast<std::uint16_t>(grain));
    out.put(last_day);
    out.put(cells);
}

void require_same_grain(std::optional<Grain> known, Grain grain)
{
    require_valid(!known || *known == grain, "two grains in one aggregate", "Group by the grain, or give one.");
}

Grain grain_of(std::uint16_t number)
{
    WireReader::require(number <= static_cast<std::uint16_t>(Grain::year), "its grain is unknown");
    return static_cast<Grain>(number);
}

}  // namespace

std::int32_t period_of(std::int32_t day, Grain grain)
{
    switch (grain) {
        case Grain::day: return day;
        case Grain::week: return floor_divided(day - monday, 7);
        case Grain::month: return month_of(day);
        case Grain::quarter: return floor_divided(month_of(day), 3);
        default: return floor_divided(month_of(day), 12);
    }
}

std::int32_t first_day_of(std::int32_t period, Grain grain)
{
    switch (grain) {
        case Grain::day: return period;
        case Grain::week: return period * 7 + monday;
        case Grain::month: return first_day_of_month(period);
        case Grain::quarter: return first_day_of_month(period * 3);
        default: return first_day_of_month(period * 12);
    }
}

void CohortState::set_grain(Grain grain)
{
    require_same_grain(grain_, grain);
    grain_ = grain;
}

void CohortState::append(const customers::Purchase& purchase, Grain grain)
{
    require_valid(purchase.purchases >= 0 && purchase.purchases <= std::numeric_limits<std::uint32_t>::max(),
                  "purchases must not be negative nor above 4294967295",
                  "Give 1 for a purchase and 0 for a refund, whose amount is negative.");
    set_grain(grain);
    last_day_ = rows_.size() == 0 ? purchase.day : std::max(last_day_, purchase.day);
    rows_.push_back({ids_.code(purchase.customer), purchase.amount, period_of(purchase.day, grain),
                     static_cast<std::uint32_t>(purchase.purchases)});
}

void CohortState::merge(const kernel::State& state)
{
    const auto& other = state.as<CohortState>();
    if (other.rows_.size() == 0) {
        return;
    }
    set_grain(*other.grain_);
    last_day_ = rows_.size() == 0 ? other.last_day_ : std::max(last_day_, other.last_day_);
    const auto keys = ids_.merge(other.ids_);
    other.rows_.for_each([this, &keys](Row row) {
        row.key = keys(row.key);
        rows_.push_back(row);
    });
}

void CohortState::write(WireWriter& out) const
{
    out.put(static_cast<std::uint16_t>(grain_.value_or(Grain::day)));
    out.put(last_day_);
    ids_.write(out);
    kernel::put_rows(out, rows_);
}

void CohortState::read(WireReader& in)
{
    grain_ = grain_of(in.get<std::uint16_t>());
    last_day_ = in.get<std::int32_t>();
    WireReader::require(customers::plausible_day(last_day_), "its last day is out of range");
    ids_.read(in);
    kernel::get_rows<Row>(in, [this](const Row& row) {
        WireReader::require(ids_.knows(row.key), "a customer has no identifier");
        WireReader::require(customers::plausible_day(row.period) && row.period <= period_of(last_day_, *grain_),
                            "a period is out of range");
        rows_.push_back(row);
    });
}

namespace {

/** Periods in which nothing happened have no cell. */
bool is_filled(const CohortCell& cell) noexcept
{
    return cell.customers != 0 || cell.purchases != 0 || cell.amount != 0;
}

}  // namespace

/** Cells of every cohort, filled customer by customer. */
class CohortState::Cells {
public:
    /** Adds a customer's rows, which ascend by period. */
    void add_customer(std::span<const Row> rows)
    {
        const auto first = std::find_if(rows.begin(), rows.end(), [](const Row& row) { return row.purchases > 0; });
        if (first == rows.end()) {
            return;  // never bought: in no cohort
        }
        std::vector<CohortCell>& cohort = cohorts_[first->period];
        std::int32_t seen = -1;
        for (const Row& row : rows) {
            // What was paid back for purchases before the first known one counts in its period.
            const std::int32_t k = std::max(0, row.period - first->period);
            CohortCell& cell = cell_at(cohort, k);
            cell.amount = customers::add_checked(cell.amount, row.amount);
            cell.purchases += row.purchases;
            if (row.purchases > 0 && k != seen) {
                ++cell.customers;
                seen = k;
            }
        }
        ++cohort[static_cast<std::size_t>(seen)].last_seen;
    }

    template <class Visitor>
    void for_each(Visitor&& visit) const
    {
        for (const auto& [first, cells] : cohorts_) {
            for (std::size_t k = 0; k < cells.size(); ++k) {
                if (is_filled(cells[k])) {
                    CohortCell cell = cells[k];
                    cell.cohort = first;
                    cell.k = static_cast<std::int32_t>(k);
                    visit(cell);
                }
            }
        }
    }

private:
    static CohortCell& cell_at(std::vector<CohortCell>& cohort, std::int32_t k)
    {
        if (k >= most_periods) {
            throw Error(ErrorCode::limit_exceeded, "the purchases of one customer are more than 200000 periods apart", {},
                        "Take a coarser grain.");
        }
        if (static_cast<std::size_t>(k) >= cohort.size()) {
            cohort.resize(static_cast<std::size_t>(k) + 1);
        }
        return cohort[static_cast<std::size_t>(k)];
    }

    std::map<std::int32_t, std::vector<CohortCell>> cohorts_;
};

/** All rows, those of a customer side by side and ascending by period: scattered into buckets that fit the cache, each sorted. */
std::vector<CohortState::Row> CohortState::rows_by_customer(const kernel::StopFlag& stop) const
{
    unsigned bits = 0;
    while (bits < 12 && rows_.size() >> bits > 8192) {
        ++bits;
    }
    std::vector<std::size_t> ends(std::size_t{1} << bits);
    const auto for_each_row = [this, &stop](auto&& visit) {
        for (std::size_t i = 0; i < rows_.chunk_count(); ++i) {
            stop.poll();
            for (const Row& row : rows_.chunk(i)) {
                visit(row);
            }
        }
    };
    for_each_row([&](const Row& row) { ++ends[bucket_of(row.key, bits)]; });
    std::size_t begin = 0;
    for (std::size_t& end : ends) {
        begin += std::exchange(end, begin);
    }
    std::vector<Row> rows(rows_.size());
    for_each_row([&](const Row& row) { rows[ends[bucket_of(row.key, bits)]++] = row; });
    begin = 0;
    for (const std::size_t end : ends) {
        stop.poll();
        std::sort(rows.begin() + static_cast<std::ptrdiff_t>(begin), rows.begin() + static_cast<std::ptrdiff_t>(end),
                  [](const Row& a, const Row& b) { return a.key < b.key || (a.key == b.key && a.period < b.period); });
        begin = end;
    }
    return rows;
}

FlatValue CohortState::finish(std::pmr::memory_resource& result, std::size_t header, const kernel::StopFlag& stop) const
{
    const std::vector<Row> rows = rows_by_customer(stop);
    Cells cells;
    for (auto begin = rows.begin(); begin != rows.end();) {
        const auto end = std::find_if(begin, rows.end(), [key = begin->key](const Row& row) { return row.key != key; });
        cells.add_customer({begin, end});
        begin = end;
    }
    std::uint32_t count = 0;
    cells.for_each([&count](const CohortCell& /*cell*/) { ++count; });
    return kernel::write_value(result, header, [&](WireWriter& out) {
        write_head(out, grain_.value_or(Grain::day), last_day_, count);
        cells.for_each([&out](const CohortCell& cell) { kernel::put_row(out, cell); });
    });
}

namespace {

/** The cells of a table in their order, each checked. */
std::vector<CohortCell> read_cells(WireReader& in, std::uint32_t count)
{
    std::vector<CohortCell> cells;
    kernel::get_each<CohortCell>(in, count, [&cells](const CohortCell& cell) {
        const bool starts = cells.empty() || cell.cohort > cells.back().cohort;
        const bool goes_on = !cells.empty() && cell.cohort == cells.back().cohort && cell.k > cells.back().k;
        const bool follows = starts ? cell.k == 0 && cell.customers > 0 : goes_on;
        WireReader::require(follows && customers::plausible_day(cell.cohort) && cell.k >= 0 && cell.k < most_periods &&
                                cell.customers >= 0 && cell.last_seen >= 0 && cell.purchases >= 0,
                            "its cells contradict themselves");
        cells.push_back(cell);
    });
    in.expect_end();
    return cells;
}

/** A value, read and checked. */
struct CohortTable {
    Grain grain;
    std::int32_t last_day;
    std::vector<CohortCell> cells;
};

CohortTable read_table(WireReader& in)
{
    table_format.expect(in);
    const Grain grain = grain_of(in.get<std::uint16_t>());
    const auto last_day = in.get<std::int32_t>();
    CohortTable table{grain, last_day, read_cells(in, in.get<std::uint32_t>())};
    const bool plausible =
        customers::plausible_day(last_day) && std::all_of(table.cells.begin(), table.cells.end(), [&](const CohortCell& cell) {
            return cell.cohort + cell.k <= period_of(last_day, grain);
        });
    WireReader::require(plausible, "its last day is out of range");
    return table;
}

/** The rows of one cohort, from its cells. */
void append_rows(std::span<const CohortCell> cells, std::int32_t until, Grain grain, std::vector<CohortRow>& rows)
{
    const std::int32_t first = cells.front().cohort;
    const std::int32_t last = period_of(until, grain);
    CohortRow row{};
    row.cohort = first_day_of(first, grain);
    row.size = cells.front().customers;
    row.still_active = row.size;
    for (row.k = 0; first + row.k <= last; ++row.k) {
        const bool filled = !cells.empty() && cells.front().k == row.k;
        const CohortCell cell = filled ? cells.front() : CohortCell{};
        row.period = first_day_of(first + row.k, grain);
        row.customers = cell.customers;
        row.purchases = cell.purchases;
        row.amount = cell.amount;
        row.cumulative_amount = customers::add_checked(row.cumulative_amount, cell.amount);
        row.is_partial = first_day_of(first + row.k + 1, grain) - 1 > until;
        rows.push_back(row);
        row.still_active -= cell.last_seen;
        cells = filled ? cells.subspan(1) : cells;
    }
}

}  // namespace

void CohortUnion::add(const CohortCell& cell)
{
    const auto [place, is_new] = cells_.try_emplace({cell.cohort, cell.k}, cell);
    if (!is_new) {
        CohortCell& sum = place->second;
        for (const auto field : {&CohortCell::customers, &CohortCell::last_seen, &CohortCell::purchases, &CohortCell::amount}) {
            sum.*field = customers::add_checked(sum.*field, cell.*field);
        }
    }
}

void CohortUnion::take_days(Grain grain, std::int32_t last_day)
{
    require_same_grain(grain_, grain);
    last_day_ = grain_ ? std::max(last_day_, last_day) : last_day;
    grain_ = grain;
}

void CohortUnion::append(std::span<const std::byte> table)
{
    WireReader in(table);
    read(in);
}

void CohortUnion::read(WireReader& in)
{
    const auto [grain, last_day, cells] = read_table(in);
    // Of no rows at all nobody knows the grain.
    if (cells.empty() && last_day == 0) {
        return;
    }
    take_days(grain, last_day);
    for (const CohortCell& cell : cells) {
        add(cell);
    }
}

void CohortUnion::merge(const kernel::State& state)
{
    const auto& other = state.as<CohortUnion>();
    if (other.grain_) {
        take_days(*other.grain_, other.last_day_);
        for (const auto& [place, cell] : other.cells_) {
            add(cell);
        }
    }
}

// The state is sent as the value that it would be.
void CohortUnion::write(WireWriter& out) const
{
    const auto filled = std::count_if(cells_.begin(), cells_.end(), [](const auto& entry) { return is_filled(entry.second); });
    write_head(out, grain_.value_or(Grain::day), last_day_, static_cast<std::uint32_t>(filled));
    for (const auto& [place, cell] : cells_) {
        if (is_filled(cell)) {
            kernel::put_row(out, cell);
        }
    }
}

FlatValue CohortUnion::finish(std::pmr::memory_resource& result, std::size_t header, const kernel::StopFlag& stop) const
{
    stop.poll();
    return kernel::write_value(result, header, [this](WireWriter& out) { write(out); });
}

std::vector<CohortRow> cohort_rows(std::span<const std::byte> table, std::optional<std::int32_t> until,
                                   const kernel::StopFlag& stop)
{
    WireReader in(table);
    const auto [grain, last_day, cells] = read_table(in);
    require_valid(!until || cells.empty() || *until >= last_day, "until is before the last day that was counted",
                  "Leave out rows after that day: FILTER (WHERE day <= ...) does.");
    const std::int32_t end = until.value_or(last_day);
    std::uint64_t expected = 0;
    for (const CohortCell& cell : cells) {
        expected += cell.k == 0 ? static_cast<std::uint64_t>(period_of(end, grain) - cell.cohort + 1) : 0;
    }
    if (expected > most_rows) {
        throw Error(ErrorCode::limit_exceeded, "the cohorts have more than 5000000 rows", {}, "Take a coarser grain.");
    }
    std::vector<CohortRow> rows;
    rows.reserve(expected);
    for (std::size_t begin = 0; begin < cells.size();) {
        stop.poll();
        std::size_t next = begin + 1;
        while (next < cells.size() && cells[next].k != 0) {
            ++next;
        }
        append_rows(std::span(cells).subspan(begin, next - begin), end, grain, rows);
        begin = next;
    }
    return rows;
}

}  // namespace marketing::cohorts
