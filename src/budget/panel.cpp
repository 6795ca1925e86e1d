#include "budget/panel.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <tuple>
#include <unordered_map>

#include "budget/columns.hpp"
#include "kernel/error.hpp"
#include "kernel/hash.hpp"

namespace marketing::budget {

namespace {

using kernel::Error;
using kernel::ErrorCode;

void check_amount(double amount, const char* name)
{
    if (!std::isfinite(amount) || amount < 0) {
        throw Error(ErrorCode::invalid_parameter, std::string(name) + " must not be NULL, NaN, infinite or negative", {},
                    "A day on which nothing was recorded is 0, or no row.");
    }
}

struct Key {
    std::string_view platform;
    std::string_view campaign;
    bool operator==(const Key&) const = default;
};
class KeyHash {
public:
    std::size_t operator()(const Key& key) const noexcept { return hash_(key.platform) * 31 + hash_(key.campaign); }

private:
    kernel::SeededHash hash_;
};

}  // namespace

void check_amounts(const Day& day)
{
    check_amount(day.spend, "spend");
    check_amount(day.response, "response");
    check_amount(day.contracts, "contracts");
    check_amount(std::abs(day.revenue), "revenue");
    check_amount(day.exposure, "the part of the spend whose leads have come");
}

void add_up(std::vector<Day>& days)
{
    const auto not_ascending = [](const Day& a, const Day& b) { return a.day >= b.day; };
    if (std::adjacent_find(days.begin(), days.end(), not_ascending) != days.end()) {
        // Sums must not depend on the order of the rows.
        std::sort(days.begin(), days.end(), [](const Day& a, const Day& b) { return Day::fields(a) < Day::fields(b); });
    }
    std::size_t kept = 0;
    for (const Day& day : days) {
        if (kept > 0 && days[kept - 1].day == day.day) {
            days[kept - 1].spend += day.spend;
            days[kept - 1].response += day.response;
            days[kept - 1].contracts += day.contracts;
            days[kept - 1].revenue += day.revenue;
            days[kept - 1].exposure += day.exposure;
        } else {
            days[kept++] = day;
        }
    }
    days.erase(days.begin() + static_cast<std::ptrdiff_t>(kept), days.end());
}

std::vector<Series> make_panel(const PanelColumns& columns)
{
    const Rows rows{columns.campaign.size(), "campaigns"};
    rows.allow(columns.platform.size(), "platforms");
    rows.allow(columns.day.size(), "days");
    rows.require(columns.spend.size(), "daily_spend");
    rows.require(columns.response.size(), "daily_leads or daily_response");
    rows.allow(columns.contracts.size(), "daily_contracts");
    std::unordered_map<Key, std::size_t, KeyHash> known;
    std::vector<Series> panel;
    std::size_t current = 0;
    for (std::size_t i = 0; i < rows.count; ++i) {
        const Key key{columns.platform.empty() ? std::string_view() : columns.platform[i], columns.campaign[i]};
        if (i == 0 || panel[current].campaign != key.campaign || panel[current].platform != key.platform) {
            const auto [found, added] = known.try_emplace(key, panel.size());
            current = found->second;
            if (added) {
                panel.push_back({key.platform, key.campaign, {}});
            }
        }
        const Day day{columns.day.empty() ? 0 : columns.day[i], columns.spend[i], columns.response[i],
                      columns.contracts.empty() ? 0 : columns.contracts[i]};
        check_amounts(day);
        panel[current].days.push_back(day);
    }
    for (Series& series : panel) {
        add_up(series.days);
    }
    sort_panel(panel);
    return panel;
}

void sort_panel(std::vector<Series>& panel)
{
    std::erase_if(panel, [](const Series& series) { return series.days.empty(); });
    std::sort(panel.begin(), panel.end(), [](const Series& a, const Series& b) {
        return std::tie(a.platform, a.campaign) < std::tie(b.platform, b.campaign);
    });
}

std::int32_t last_day(std::span<const Series> panel)
{
    std::int32_t last = panel.empty() ? 0 : panel.front().days.back().day;
    for (const Series& series : panel) {
        last = std::max(last, series.days.back().day);
    }
    return last;
}

std::vector<Block> blocks_of(const Series& series, std::int32_t last, std::int32_t length)
{
    const auto spends = [last](const Day& day) { return day.day <= last && day.spend > 0; };
    const auto first = std::find_if(series.days.begin(), series.days.end(), spends);
    const auto final = std::find_if(series.days.rbegin(), series.days.rend(), spends);
    if (first == series.days.end()) {
        return {};
    }
    const std::int32_t end = std::min(last, final->day);
    const std::int32_t known = end - first->day + 1;
    const std::int32_t count = std::max(1, known / length);
    const std::int64_t ended = (std::int64_t{last} - end + length / 2) / length;
    std::vector<Block> blocks;
    std::int32_t newest = count;
    for (auto day = first; day != series.days.end() && day->day <= end; ++day) {
        const std::int32_t back = (end - day->day) / length;
        if (back >= count) {
            continue;
        }
        if (back < newest) {
            blocks.push_back({static_cast<double>(std::min(known, length)), 0, 0, ended + back});
            newest = back;
        }
        blocks.back().spend += day->spend;
        blocks.back().response += day->exposure > 0 ? day->response * (day->spend / day->exposure) : day->response;
    }
    for (Block& block : blocks) {
        block.spend /= block.days;
    }
    std::erase_if(blocks, [](const Block& block) { return block.spend <= 0; });
    return blocks;
}

std::vector<std::vector<Block>> blocks_of(std::span<const Series> panel, std::int32_t last, std::int32_t length)
{
    std::vector<std::vector<Block>> blocks;
    for (const Series& series : panel) {
        blocks.push_back(blocks_of(series, last, length));
    }
    return blocks;
}

}  // namespace marketing::budget
