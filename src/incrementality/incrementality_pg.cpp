// Binding of tests of incrementality by regions.

#include <string_view>
#include <vector>

#include "incrementality/calibration.hpp"
#include "incrementality/geo_lift.hpp"
#include "postgres/arguments.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"

namespace incrementality = marketing::incrementality;
namespace postgres = marketing::postgres;

using postgres::Date;

namespace {

incrementality::RegionColumns region_columns(postgres::Arguments& in)
{
    incrementality::RegionColumns columns;
    columns.region = in.array<std::string_view>("regions");
    columns.day = in.array<Date>("days");
    columns.response = in.array<double>("response");
    return columns;
}

/** What every function of a test takes after the columns. */
struct Tested {
    std::span<const std::string_view> treated;
    std::int32_t first_day;
    std::optional<std::int32_t> last_day;
};

Tested tested(postgres::Arguments& in)
{
    Tested test;
    test.treated = in.array<std::string_view>("treated");
    test.first_day = in.get<Date>("first_day");
    test.last_day = in.optional<Date>("last_day");
    return test;
}

/** In a guard: what one method expects, as plain data. */
struct Expected {
    std::span<const incrementality::LiftDay> days;
    std::span<const incrementality::Donor> donors;
};

Expected expected(postgres::Arguments& in)
{
    const auto columns = region_columns(in);
    const auto test = tested(in);
    const auto method = in.choice("method", incrementality::methods);
    incrementality::LiftRules rules{.treated = test.treated, .first_day = test.first_day};
    rules.scaling = in.choice("scaling", incrementality::find_scaling);
    return postgres::run_kernel([&] {
        const auto found = incrementality::expectation(incrementality::tabulate(columns, test.last_day), rules, method);
        return Expected{postgres::keep(found.days), postgres::keep(found.donors)};
    });
}

}  // namespace

MARKETING_ROWS(geo_lift, in, rows)
{
    const auto columns = region_columns(in);
    const auto test = tested(in);
    incrementality::LiftRules rules{.treated = test.treated, .first_day = test.first_day};
    rules.scaling = in.choice("scaling", incrementality::find_scaling);
    rules.confidence = in.get<double>("confidence");
    rules.alternative = in.choice("alternative", marketing::numeric::find_alternative);
    rules.seed = in.get<std::int64_t>("seed");
    const auto lifts =
        postgres::run_kernel([&] { return incrementality::geo_lift(incrementality::tabulate(columns, test.last_day), rules); });
    for (const incrementality::Lift& lift : lifts) {
        rows.row(incrementality::methods.name_of(lift.method), lift.effect.value, lift.effect.low, lift.effect.high,
                 lift.total.value, lift.total.low, lift.total.high, lift.lift.value, lift.lift.low, lift.lift.high,
                 lift.p_value, lift.p_value_over_time, lift.treated, lift.donors, lift.placebos, lift.days_before, lift.days,
                 lift.imbalance, lift.reason);
    }
}

MARKETING_ROWS(geo_lift_days, in, rows)
{
    for (const incrementality::LiftDay& day : expected(in).days) {
        rows.row(Date{day.day}, day.observed, day.expected, day.observed - day.expected, day.tested);
    }
}

MARKETING_ROWS(geo_lift_weights, in, rows)
{
    for (const incrementality::Donor& donor : expected(in).donors) {
        rows.row(donor.region, donor.weight);
    }
}

MARKETING_ROWS(geo_lift_power, in, rows)
{
    const auto columns = region_columns(in);
    incrementality::PowerRules rules;
    rules.treated = in.array<std::string_view>("treated");
    rules.test_days = in.get<std::int32_t>("test_days");
    const auto lifts = in.array<double>("lifts", postgres::NullElements::refused);
    rules.method = in.choice("method", incrementality::methods);
    rules.scaling = in.choice("scaling", incrementality::find_scaling);
    rules.significance = in.get<double>("significance");
    rules.power = in.get<double>("power");
    rules.alternative = in.choice("alternative", marketing::numeric::find_alternative);
    rules.seed = in.get<std::int64_t>("seed");
    struct {
        std::span<const incrementality::Power> lifts;
        double least_lift;
        std::size_t donors;
        std::size_t windows;
        std::string_view reason;
    } study{};
    postgres::run_kernel([&] {
        const auto found = incrementality::power_study(incrementality::tabulate(columns), rules, lifts);
        study = {postgres::keep(found.lifts), found.least_lift, found.donors, found.windows, found.reason};
    });
    for (const incrementality::Power& row : study.lifts) {
        rows.row(row.lift, row.power, row.total, study.least_lift, study.donors, study.windows, study.reason);
    }
}

MARKETING_ROWS(calibration_factor, in, row)
{
    incrementality::Measurement test{};
    test.attributed = in.get<double>("attributed");
    test.measured = in.get<double>("measured");
    test.low = in.get<double>("measured_low");
    test.high = in.get<double>("measured_high");
    test.confidence = in.get<double>("confidence");
    test.age_days = in.get<double>("age_days");
    incrementality::CalibrationPrior prior;
    prior.half_life_days = in.get<double>("half_life_days");
    prior.deviation = in.get<double>("prior_deviation");
    const auto factor = postgres::run_kernel([&] { return incrementality::calibration_factor(test, prior); });
    row.row(factor.factor, factor.low, factor.high, factor.weight);
}
