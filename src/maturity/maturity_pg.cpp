// Binding of how leads mature.

#include <cstdint>
#include <span>
#include <vector>

#include "maturity/maturity.hpp"
#include "postgres/arguments.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"

namespace maturity = marketing::maturity;
namespace postgres = marketing::postgres;

using postgres::Date;

MARKETING_FUNCTION(maturity_curve)
{
    postgres::Arguments in(fcinfo);
    const auto created = in.array<Date>("days");
    const auto lags = in.array<std::int32_t>("lags");
    const auto contracts = in.array<double>("contracts");
    const std::int32_t as_of = in.get<Date>("as_of");
    const auto half_life = in.get<double>("half_life");
    postgres::require_valid(lags.size() == created.size() && contracts.size() == created.size(),
                            "days, lags and contracts must have the same number of elements");
    postgres::require_valid(half_life >= 1 && half_life <= 1e6, "half_life must be at least a day");
    std::span<const double> shares;
    std::span<const double> variances;
    postgres::run_kernel([&] {
        std::vector<maturity::Signed> signed_contracts;
        for (std::size_t i = 0; i < created.size(); ++i) {
            signed_contracts.push_back({created[i], lags[i], contracts[i]});
        }
        const maturity::Curve curve = maturity::signed_shares(signed_contracts, as_of, half_life, postgres::stop_flag());
        shares = postgres::keep(curve.share);
        variances = postgres::keep(curve.log_variance);
    });
    return postgres::tuple_datum(fcinfo, shares, variances);
}

MARKETING_FUNCTION(usual_rate)
{
    postgres::Arguments in(fcinfo);
    const auto settled = in.array<double>("settled");
    const auto contracts = in.array<double>("contracts");
    const maturity::Rate rate = postgres::run_kernel([&] { return maturity::usual_rate(settled, contracts); });
    return postgres::tuple_datum(fcinfo, rate.mean, rate.strength);
}

MARKETING_FUNCTION(outlook)
{
    postgres::Arguments in(fcinfo);
    const auto contracts_of = in.array<double>("contracts");
    const auto settled = in.array<double>("settled");
    const auto open = in.array<double>("open");
    const auto log_variance = in.get<double>("log_variance");
    maturity::Rate usual;
    usual.mean = in.get<double>("rate");
    usual.strength = in.get<double>("rate_strength");
    usual.known = in.get<double>("rate_known");
    const auto amount = in.get<double>("mean_amount");
    const auto deviation = in.get<double>("amount_deviation");
    const auto known = in.get<double>("known_contracts");
    const auto level = in.get<double>("level");
    postgres::require_valid(level > 0 && level < 1, "level must lie between 0 and 1");
    postgres::require_valid(settled.size() == contracts_of.size() && open.size() == contracts_of.size(),
                            "contracts, settled and open must have the same number of elements");
    maturity::Outlook contracts;
    maturity::Outlook money;
    postgres::run_kernel([&] {
        std::vector<maturity::Week> weeks;
        for (std::size_t i = 0; i < contracts_of.size(); ++i) {
            weeks.push_back({contracts_of[i], settled[i], open[i]});
        }
        contracts = maturity::contracts_to_come(weeks, log_variance, usual, level);
        money = maturity::money_to_come(contracts, amount, deviation, known, level);
    });
    return postgres::tuple_datum(fcinfo, contracts.mean, contracts.low, contracts.high, money.mean, money.low, money.high);
}
