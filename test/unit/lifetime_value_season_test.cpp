// Seasons of purchases: a calendar counted day by day, and simulated customers whose season is known.

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <memory_resource>
#include <random>
#include <vector>

#include "error_of.hpp"
#include "lifetime_value/fit.hpp"
#include "lifetime_value/season.hpp"

namespace {

using namespace marketing::lifetime_value;
using namespace unit_test;
using marketing::kernel::Identifier;

const marketing::kernel::StopFlag never;
constexpr std::array<double, 12> busy_december{0.8, 0.8, 0.9, 0.9, 1, 1, 0.7, 0.6, 1, 1, 1.3, 2};

std::size_t month_of(std::int32_t day)
{
    using namespace std::chrono;
    return static_cast<unsigned>(year_month_day{sys_days{year{2000} / 1 / 1} + days{day}}.month()) - 1;
}

TEST(Calendar, IsTheSumOfTheIndicesOfDays)
{
    const Calendar seasonal(busy_december);
    const Calendar plain;
    for (const std::int32_t from : {-1461, -60, -1, 0, 59, 60, 366, 36500}) {
        double sum = 0;
        for (std::int32_t day = from + 1; day < from + 3000; ++day) {
            sum += busy_december[month_of(day)];
            ASSERT_NEAR(seasonal.time(from, day), sum, 1e-8) << from << ' ' << day;
            ASSERT_EQ(plain.time(from, day), day - from);
        }
    }
    EXPECT_EQ(seasonal.time(100, 100), 0);
    EXPECT_EQ(seasonal.time(100, 50), -seasonal.time(50, 100));
}

TEST(Calendar, RefusesWhatIsNoSeason)
{
    const auto asked = [](std::vector<double> season) { return error_of([&] { (void)Calendar(season); }); };
    EXPECT_EQ(asked({}), ErrorCode::invalid_parameter);
    EXPECT_EQ(asked(std::vector<double>(11, 1)), ErrorCode::invalid_parameter);
    for (const double bad : {0.0, -1.0, std::nan(""), 1e300}) {
        std::vector<double> season(12, 1);
        season[7] = bad;
        EXPECT_EQ(asked(season), ErrorCode::invalid_parameter) << bad;
    }
    EXPECT_EQ(error_of([] { (void)Calendar().time(0, 2'000'000'000); }), ErrorCode::invalid_parameter);
}

/** Customers who first buy on any of the days from `start`, and leave after a purchase by chance; every day's rate is times its index. */
struct Shop {
    std::vector<std::byte> bytes;
    std::int32_t until;
    double bought_later = 0;  // in the days after `until`, by those known then
};

Shop simulate(const std::array<double, 12>& season, int customers, int days, int later, unsigned seed)
{
    constexpr std::int32_t start = 5000;
    std::mt19937_64 random(seed);
    const auto uniform = [&random] { return static_cast<double>(random() >> 11) * 0x1p-53; };
    const auto gamma = [&random](double shape) { return std::gamma_distribution<double>(shape, 1)(random); };
    PurchasesState state(std::pmr::new_delete_resource());
    Shop shop{{}, start + days};
    for (int i = 0; i < customers; ++i) {
        const double rate = gamma(0.8) / 42;
        const double x = gamma(0.9);
        const double leave = x / (x + gamma(4));
        const auto first = static_cast<int>(uniform() * days);
        bool here = true;
        for (int day = first; here && day <= days + later; ++day) {
            if (day > first && uniform() >= -std::expm1(-rate * season[month_of(start + day)])) {
                continue;
            }
            if (day <= days) {
                state.append(Identifier::of(std::int64_t{i}), start + day, 1, false);
            } else {
                shop.bought_later += 1;
            }
            here = uniform() >= leave;
        }
    }
    const auto value = state.finish(*std::pmr::new_delete_resource(), 0, never);
    shop.bytes.assign(value.data, value.data + value.size);
    std::pmr::new_delete_resource()->deallocate(value.data, value.size, alignof(std::max_align_t));
    return shop;
}

/** What MBG/NBD expects of the days after the end, in the time of a calendar. */
double foretold(const Shop& shop, const Calendar& calendar, int later)
{
    const PurchasesView view(shop.bytes);
    std::vector<WeightedHistory> rows;
    for (std::size_t i = 0; i < view.customer_count(); ++i) {
        if (const auto s = view.summary(i, {shop.until, shop.until, 1})) {
            rows.push_back({{static_cast<double>(s->frequency), calendar.time(s->first_day, s->last_day),
                             calendar.time(s->first_day, shop.until)},
                            1});
        }
    }
    const PurchaseFit fit = fit_purchases(PurchaseModel::mbgnbd, rows, never);
    double sum = 0;
    for (const WeightedHistory& row : rows) {
        sum += expected_purchases(outlook(fit.parameters, row.history), calendar.time(shop.until, shop.until + later));
    }
    return sum;
}

TEST(Season, IsFoundAndMakesForecastsRight)
{
    constexpr int later = 120;
    const Shop shop = simulate(busy_december, 3000, 1150, later, 3);
    const Season season = season_of(PurchasesView(shop.bytes), shop.until, PurchaseModel::mbgnbd, 0.999, never);
    ASSERT_EQ(season.reason, "ok");
    std::vector<double> indices;
    double mean = 0;
    for (std::size_t m = 0; m < 12; ++m) {
        mean += busy_december[m] / 12;
        indices.push_back(season.months[m].index);
    }
    for (std::size_t m = 0; m < 12; ++m) {
        EXPECT_NEAR(indices[m] / (busy_december[m] / mean), 1, 0.15) << m + 1;
        EXPECT_LT(season.months[m].low, busy_december[m] / mean * 1.01) << m + 1;
        EXPECT_GT(season.months[m].high, busy_december[m] / mean * 0.99) << m + 1;
    }
    EXPECT_GT(season.months[11].low, 1.5);
    const double seasonal = foretold(shop, Calendar(indices), later) / shop.bought_later;
    const double plain = foretold(shop, Calendar(), later) / shop.bought_later;
    EXPECT_NEAR(seasonal, 1, 0.1);
    EXPECT_GT(std::abs(plain - 1), 2 * std::abs(seasonal - 1));
}

TEST(Season, OfNoneIsOne)
{
    for (const unsigned seed : {1U, 2U, 3U}) {
        std::array<double, 12> none{};
        none.fill(1);
        const Shop shop = simulate(none, 1000, 900, 0, seed);
        const Season season = season_of(PurchasesView(shop.bytes), shop.until, PurchaseModel::mbgnbd, 0.95, never);
        ASSERT_EQ(season.reason, "ok");
        for (const SeasonOfMonth& month : season.months) {
            EXPECT_NEAR(month.index, 1, 0.1);
            EXPECT_LT(month.low, 1.02);
            EXPECT_GT(month.high, 0.98);
        }
    }
}

TEST(Season, EndsWhereverTheObservationDoes)
{
    const Shop shop = simulate(busy_december, 50, 900, 0, 5);
    const PurchasesView view(shop.bytes);
    // A thousand years of silence are years of observation; a million are no dates.
    const Season season = season_of(view, shop.until + 365'000, PurchaseModel::mbgnbd, 0.95, never);
    for (const SeasonOfMonth& month : season.months) {
        EXPECT_EQ(month.purchases, 0);
    }
    const auto asked = [&](std::int32_t until) {
        return error_of([&] { (void)season_of(view, until, PurchaseModel::mbgnbd, 0.95, never); });
    };
    EXPECT_EQ(asked(365'000'000), ErrorCode::invalid_parameter);
    EXPECT_EQ(season_of(view, -9'000'000, PurchaseModel::mbgnbd, 0.95, never).reason,
              "less than two years of whole months: no season can be told from a trend");
}

TEST(Season, NeedsTwoYearsAndAModel)
{
    const Shop shop = simulate(busy_december, 300, 700, 0, 5);
    const PurchasesView view(shop.bytes);
    const Season season = season_of(view, shop.until, PurchaseModel::mbgnbd, 0.95, never);
    EXPECT_EQ(season.reason, "less than two years of whole months: no season can be told from a trend");
    EXPECT_TRUE(std::isnan(season.months[0].index));
    const auto asked = [&](PurchaseModel model, double confidence) {
        return error_of([&] { (void)season_of(view, shop.until, model, confidence, never); });
    };
    EXPECT_EQ(asked(PurchaseModel::pareto_nbd, 0.95), ErrorCode::invalid_parameter);
    EXPECT_EQ(asked(PurchaseModel::bgnbd, 0), ErrorCode::invalid_parameter);
}

}  // namespace
