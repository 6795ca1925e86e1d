// Binding of the models of customer value: their aggregates, and what they say of one customer.

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "lifetime_value/characteristics.hpp"
#include "lifetime_value/fit.hpp"
#include "lifetime_value/models.hpp"
#include "lifetime_value/rows.hpp"
#include "lifetime_value/value.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"

namespace lifetime_value = marketing::lifetime_value;
namespace postgres = marketing::postgres;

using lifetime_value::FitQuality;
using lifetime_value::HistoriesState;
using lifetime_value::History;
using lifetime_value::NormalSpendFit;
using lifetime_value::NormalSpendParameters;
using lifetime_value::Outlook;
using lifetime_value::PurchaseFit;
using lifetime_value::PurchaseModel;
using lifetime_value::PurchaseParameters;
using lifetime_value::SpendFit;
using lifetime_value::SpendParameters;
using lifetime_value::SpendsState;
using lifetime_value::WeightedHistory;
using lifetime_value::WeightedSpend;

namespace {

/** What a final function makes of the rows of its aggregate. */
template <class State, class Fit>
auto fit_rows(FunctionCallInfo fcinfo, Fit fit)
{
    (void)postgres::aggregate_context(fcinfo);
    const auto* state = postgres::state_argument<State>(fcinfo);
    return postgres::run_kernel(
        [state, &fit] { return fit(state == nullptr ? decltype(state->rows()){} : state->rows(), postgres::stop_flag()); });
}

/** Customers without a repeat purchase. */
std::int64_t skipped_rows(FunctionCallInfo fcinfo)
{
    const auto* state = postgres::state_argument<SpendsState>(fcinfo);
    return state == nullptr ? 0 : state->skipped();
}

template <std::size_t parameters>
std::optional<std::span<const double>> known_correlations(const lifetime_value::ParameterErrors<parameters>& errors)
{
    return postgres::only_if(!std::isnan(errors.correlations.front()), std::span<const double>(errors.correlations));
}

Datum finish_purchases(FunctionCallInfo fcinfo, PurchaseModel model)
{
    const PurchaseFit fit = fit_rows<HistoriesState>(
        fcinfo, [model](auto rows, const auto& stop) { return lifetime_value::fit_purchases(model, std::move(rows), stop); });
    const auto known = [&fit](double value) { return postgres::only_if(fit.quality.usable, value); };
    const PurchaseParameters& p = fit.parameters;
    const FitQuality& quality = fit.quality;
    return postgres::tuple_datum(fcinfo, lifetime_value::name_of(model), known(p.r), known(p.alpha), known(p.a), known(p.b),
                                 fit.errors.standard, known(quality.log_likelihood), std::llround(quality.customers),
                                 std::llround(quality.repeat_customers), quality.distinct, quality.iterations,
                                 quality.converged, quality.reason, known_correlations(fit.errors));
}

/** What a function reads from a model again and again is kept, for as long as the model is the same, byte by byte. */
template <class Parameters>
struct Remembered {
    bool usable;
    Parameters parameters;
    std::size_t size;
    char bytes[1024];
};

void read_parameters(const postgres::Columns& model, Remembered<PurchaseParameters>& into)
{
    const auto name = model.optional<std::string_view>("model");
    const auto r = model.optional<double>("r");
    const auto alpha = model.optional<double>("alpha");
    const auto a = model.optional<double>("a");
    const auto b = model.optional<double>("b");
    into.usable = name && r && alpha && a && b;
    postgres::run_kernel([&] {
        const PurchaseModel called = name ? lifetime_value::find_purchase_model(*name) : PurchaseModel::bgnbd;
        if (into.usable) {
            into.parameters = {called, *r, *alpha, *a, *b};
            lifetime_value::check(into.parameters);
        }
    });
}

void read_parameters(const postgres::Columns& model, Remembered<SpendParameters>& into)
{
    const auto p = model.optional<double>("p");
    const auto q = model.optional<double>("q");
    const auto gamma = model.optional<double>("gamma");
    into.usable = p && q && gamma;
    if (into.usable) {
        into.parameters = {*p, *q, *gamma};
        postgres::run_kernel([&into] { lifetime_value::check(into.parameters); });
    }
}

void read_parameters(const postgres::Columns& model, Remembered<NormalSpendParameters>& into)
{
    const auto mean = model.optional<double>("mean");
    const auto between = model.optional<double>("between_deviation");
    const auto within = model.optional<double>("within_deviation");
    into.usable = mean && between && within;
    if (into.usable) {
        into.parameters = {*mean, *between, *within};
        postgres::run_kernel([&into] { lifetime_value::check(into.parameters); });
    }
}

/** The parameters of a model; nullptr where it has none. */
template <class Parameters>
const Parameters* remembered_parameters(FunctionCallInfo fcinfo, HeapTupleHeader model)
{
    const std::size_t size = HeapTupleHeaderGetDatumLength(model);
    auto* known = static_cast<Remembered<Parameters>*>(fcinfo->flinfo->fn_extra);
    if (known == nullptr || known->size != size || std::memcmp(known->bytes, model, size) != 0) {
        if (known == nullptr) {
            known = static_cast<Remembered<Parameters>*>(MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof *known));
            fcinfo->flinfo->fn_extra = known;
        }
        known->size = 0;
        read_parameters(postgres::Columns(model), *known);
        if (size <= sizeof known->bytes) {
            std::memcpy(known->bytes, model, size);
            known->size = size;
        }
    }
    return known->usable ? &known->parameters : nullptr;
}

/** A model and a customer's history. */
struct CustomerArguments {
    const PurchaseParameters* parameters;
    History history;
};

CustomerArguments customer_arguments(postgres::Arguments& in)
{
    CustomerArguments customer{};
    customer.parameters = remembered_parameters<PurchaseParameters>(in.call(), in.get<HeapTupleHeader>("model"));
    customer.history.frequency = static_cast<double>(in.get<std::int64_t>("frequency"));
    customer.history.recency = in.get<double>("recency");
    customer.history.age = in.get<double>("age");
    return customer;
}

/** `calculate(outlook)` for a customer; NULL where the model has no parameters. */
template <class Calculate>
Datum calculate_for(FunctionCallInfo fcinfo, const CustomerArguments& customer, Calculate calculate)
{
    if (customer.parameters == nullptr) {
        PG_RETURN_NULL();
    }
    return postgres::number_datum(postgres::run_kernel([&customer, &calculate] {
        lifetime_value::check(customer.history);
        return calculate(lifetime_value::outlook(*customer.parameters, customer.history));
    }));
}

}  // namespace

// Rows with a NULL are left out, as by any aggregate.

MARKETING_FUNCTION(purchase_fit_transition)
{
    auto* state = postgres::transition_state<HistoriesState>(fcinfo);
    auto in = postgres::Arguments::of_row(fcinfo);
    const auto frequency = in.optional<std::int64_t>("frequency");
    const auto recency = in.optional<double>("recency");
    const auto age = in.optional<double>("age");
    const auto customers = in.more() ? in.optional<double>("customers") : 1.0;
    if (frequency && recency && age && customers) {
        const WeightedHistory row{{static_cast<double>(*frequency), *recency, *age}, *customers};
        postgres::run_kernel([state, &row] { state->append(row); });
    }
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(bgnbd_final)
{
    return finish_purchases(fcinfo, PurchaseModel::bgnbd);
}

MARKETING_FUNCTION(mbgnbd_final)
{
    return finish_purchases(fcinfo, PurchaseModel::mbgnbd);
}

MARKETING_FUNCTION(pareto_nbd_final)
{
    return finish_purchases(fcinfo, PurchaseModel::pareto_nbd);
}

MARKETING_FUNCTION(spend_fit_transition)
{
    auto* state = postgres::transition_state<SpendsState>(fcinfo);
    auto in = postgres::Arguments::of_row(fcinfo);
    const auto frequency = in.optional<std::int64_t>("frequency");
    const auto mean = in.optional<double>("monetary_value");
    if (frequency && mean) {
        const WeightedSpend row{static_cast<double>(*frequency), *mean, 1};
        postgres::run_kernel([state, &row] { state->append(row); });
    }
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(gamma_gamma_final)
{
    std::size_t without_spend = 0;
    const SpendFit fit = fit_rows<SpendsState>(fcinfo, [&without_spend](auto rows, const auto& stop) {
        without_spend = std::erase_if(rows, [](const WeightedSpend& row) { return row.mean <= 0; });
        return lifetime_value::fit_spend(std::move(rows), stop);
    });
    const auto known = [&fit](double value) { return postgres::only_if(fit.quality.usable, value); };
    const SpendParameters& p = fit.parameters;
    const FitQuality& quality = fit.quality;
    return postgres::tuple_datum(fcinfo, known(p.p), known(p.q), known(p.gamma), fit.errors.standard,
                                 known(quality.log_likelihood), std::llround(quality.customers),
                                 skipped_rows(fcinfo) + static_cast<std::int64_t>(without_spend), fit.correlation,
                                 quality.iterations, quality.converged, quality.reason, known_correlations(fit.errors));
}

MARKETING_FUNCTION(normal_spend_final)
{
    const NormalSpendFit fit = fit_rows<SpendsState>(
        fcinfo, [](auto rows, const auto& stop) { return lifetime_value::fit_normal_spend(std::move(rows), stop); });
    const auto known = [&fit](double value) { return postgres::only_if(fit.quality.usable, value); };
    const NormalSpendParameters& p = fit.parameters;
    const FitQuality& quality = fit.quality;
    return postgres::tuple_datum(fcinfo, known(p.mean), known(p.between), known(p.within), fit.mean_error,
                                 known(quality.log_likelihood), std::llround(quality.customers), skipped_rows(fcinfo),
                                 fit.correlation, quality.converged, quality.reason);
}

MARKETING_FUNCTION(p_alive)
{
    postgres::Arguments in(fcinfo);
    const auto customer = customer_arguments(in);
    return calculate_for(fcinfo, customer, [](const Outlook& outlook) { return outlook.p_alive; });
}

MARKETING_FUNCTION(expected_purchases)
{
    postgres::Arguments in(fcinfo);
    const auto customer = customer_arguments(in);
    const double horizon = in.get<double>("horizon");
    return calculate_for(fcinfo, customer,
                         [=](const Outlook& outlook) { return lifetime_value::expected_purchases(outlook, horizon); });
}

MARKETING_FUNCTION(purchase_probability)
{
    postgres::Arguments in(fcinfo);
    const auto customer = customer_arguments(in);
    const double horizon = in.get<double>("horizon");
    const double purchases = in.get<std::int32_t>("purchases");
    return calculate_for(fcinfo, customer, [=](const Outlook& outlook) {
        return lifetime_value::purchase_probability(outlook, purchases, horizon);
    });
}

MARKETING_FUNCTION(discounted_purchases)
{
    postgres::Arguments in(fcinfo);
    const auto customer = customer_arguments(in);
    const int periods = in.get<std::int32_t>("periods");
    const double period = in.get<double>("period");
    const double rate = in.get<double>("discount_rate");
    return calculate_for(fcinfo, customer, [=](const Outlook& outlook) {
        return lifetime_value::discounted_purchases(outlook, periods, period, rate);
    });
}

namespace {

/** Of a mean that is not known the model knows nothing: the customer is one of all. */
template <class Parameters>
Datum expected_spend_of(postgres::Arguments& in, FunctionCallInfo fcinfo)
{
    const auto model = in.optional<HeapTupleHeader>("model");
    const auto frequency = in.optional<std::int64_t>("frequency");
    const auto mean = in.optional<double>("monetary_value");
    const auto* parameters = model && frequency ? remembered_parameters<Parameters>(fcinfo, *model) : nullptr;
    if (parameters == nullptr) {
        PG_RETURN_NULL();
    }
    const double spend = postgres::run_kernel([&] {
        const WeightedSpend row{mean ? static_cast<double>(*frequency) : 0, mean.value_or(0), 1};
        lifetime_value::check(row);
        return lifetime_value::expected_spend(*parameters, row.frequency, row.mean);
    });
    if (std::isnan(spend)) {
        PG_RETURN_NULL();
    }
    return postgres::number_datum(spend);
}

double error_of(const postgres::Columns& model, const char* column)
{
    return model.optional<double>(column).value_or(marketing::kernel::unknown);
}

template <std::size_t parameters>
lifetime_value::ParameterErrors<parameters> errors_in(const postgres::Columns& model,
                                                      const std::array<const char*, parameters>& columns)
{
    lifetime_value::ParameterErrors<parameters> errors;
    std::transform(columns.begin(), columns.end(), errors.standard.begin(),
                   [&model](const char* column) { return error_of(model, column); });
    const auto correlations = model.optional_array<double>("correlations");
    postgres::run_kernel([&] {
        marketing::kernel::require_valid(correlations.data() == nullptr || correlations.size() == errors.pairs,
                                         "correlations must be one for each pair of parameters");
        std::copy(correlations.begin(), correlations.end(), errors.correlations.begin());
        lifetime_value::check(errors);
    });
    return errors;
}

lifetime_value::FittedSpend with_errors(const postgres::Columns& model, const SpendParameters& parameters)
{
    return {parameters, errors_in<3>(model, {"p_error", "q_error", "gamma_error"})};
}

lifetime_value::FittedNormalSpend with_errors(const postgres::Columns& model, const NormalSpendParameters& parameters)
{
    return {parameters, error_of(model, "mean_error")};
}

lifetime_value::FittedPurchases with_errors(const postgres::Columns& model, const PurchaseParameters& parameters)
{
    return {parameters, errors_in<4>(model, {"r_error", "alpha_error", "a_error", "b_error"})};
}

/** The one row of an interval, calculate(purchases, spend); none where a model is NULL or has no parameters. */
template <class Parameters, class Calculate>
void write_interval(std::optional<HeapTupleHeader> model, std::optional<HeapTupleHeader> spend, postgres::RowWriter& row,
                    Calculate calculate)
{
    if (!model || !spend) {
        return;
    }
    const postgres::Columns purchase_columns(*model);
    const postgres::Columns spend_columns(*spend);
    Remembered<PurchaseParameters> purchases{};
    Remembered<Parameters> money{};
    read_parameters(purchase_columns, purchases);
    read_parameters(spend_columns, money);
    if (!purchases.usable || !money.usable) {
        return;
    }
    const auto fitted = with_errors(purchase_columns, purchases.parameters);
    const auto fitted_spend = with_errors(spend_columns, money.parameters);
    const auto interval = postgres::run_kernel([&] { return calculate(fitted, fitted_spend); });
    row.row(interval.low, interval.high);
}

lifetime_value::Plan plan_arguments(postgres::Arguments& in)
{
    lifetime_value::Plan plan;
    plan.periods = in.get<std::int32_t>("periods");
    plan.period = in.get<double>("period");
    plan.rate = in.get<double>("discount_rate");
    return plan;
}

template <class Parameters>
void write_interval_of_one(postgres::Arguments& in, postgres::RowWriter& row)
{
    const auto model = in.optional<HeapTupleHeader>("model");
    const auto spend = in.optional<HeapTupleHeader>("spend");
    const auto frequency = static_cast<double>(in.get<std::int64_t>("frequency"));
    const double recency = in.get<double>("recency");
    const double age = in.get<double>("age");
    const auto mean = in.optional<double>("monetary_value");
    const auto plan = plan_arguments(in);
    const double level = in.get<double>("level");
    write_interval<Parameters>(model, spend, row, [&](const auto& purchases, const auto& money) {
        return lifetime_value::value_interval(purchases, money, {frequency, recency, age}, mean, plan, level);
    });
}

template <class Parameters>
void write_interval_of_sum(postgres::Arguments& in, postgres::RowWriter& row)
{
    const auto model = in.optional<HeapTupleHeader>("model");
    const auto spend = in.optional<HeapTupleHeader>("spend");
    const auto frequencies = in.array<std::int64_t>("frequencies");
    const auto recencies = in.array<double>("recencies");
    const auto ages = in.array<double>("ages");
    const auto means = in.array<double>("monetary_values");
    const auto plan = plan_arguments(in);
    const double level = in.get<double>("level");
    write_interval<Parameters>(model, spend, row, [&](const auto& purchases, const auto& money) {
        const std::size_t size = frequencies.size();
        marketing::kernel::require_valid(recencies.size() == size && ages.size() == size && means.size() == size,
                                         "all lists must have the same length");
        std::vector<lifetime_value::KnownCustomer> customers;
        for (std::size_t i = 0; i < size; ++i) {
            customers.push_back({{static_cast<double>(frequencies[i]), recencies[i], ages[i]},
                                 std::isnan(means[i]) ? std::nullopt : std::optional(means[i])});
        }
        return lifetime_value::sum_interval(purchases, money, customers, plan, level);
    });
}

}  // namespace

MARKETING_FUNCTION(expected_spend)
{
    postgres::Arguments in(fcinfo);
    return expected_spend_of<SpendParameters>(in, fcinfo);
}

MARKETING_FUNCTION(expected_normal_spend)
{
    postgres::Arguments in(fcinfo);
    return expected_spend_of<NormalSpendParameters>(in, fcinfo);
}

MARKETING_ROWS(lifetime_value_interval, in, row)
{
    write_interval_of_one<SpendParameters>(in, row);
}

MARKETING_ROWS(normal_lifetime_value_interval, in, row)
{
    write_interval_of_one<NormalSpendParameters>(in, row);
}

MARKETING_ROWS(lifetime_value_sum_interval, in, row)
{
    write_interval_of_sum<SpendParameters>(in, row);
}

MARKETING_ROWS(normal_lifetime_value_sum_interval, in, row)
{
    write_interval_of_sum<NormalSpendParameters>(in, row);
}

MARKETING_ROWS(purchase_models_by, in, rows)
{
    const auto frequencies = in.array<std::int64_t>("frequencies");
    const auto recencies = in.array<double>("recencies");
    const auto ages = in.array<double>("ages");
    const auto first = in.array<std::string_view>("characteristic");
    const auto second = in.optional_array<std::string_view>("second_characteristic");
    const PurchaseModel model = in.choice("model", lifetime_value::find_purchase_model);
    const double confidence = in.get<double>("confidence");
    const auto groups = postgres::run_kernel([&] {
        marketing::kernel::require_valid(recencies.size() == frequencies.size() && ages.size() == frequencies.size(),
                                         "all lists must have the same length");
        std::vector<WeightedHistory> histories;
        for (std::size_t i = 0; i < frequencies.size(); ++i) {
            histories.push_back({{static_cast<double>(frequencies[i]), recencies[i], ages[i]}, 1});
            lifetime_value::check(histories.back());
        }
        std::vector<std::vector<std::string_view>> values{{first.begin(), first.end()}};
        if (second.data() != nullptr) {
            values.emplace_back(second.begin(), second.end());
        }
        return lifetime_value::fit_by_characteristics(model, histories, values, confidence, postgres::stop_flag());
    });
    for (const auto& group : groups) {
        const FitQuality& quality = group.fit.quality;
        const PurchaseParameters& p = group.fit.parameters;
        const auto known = [&quality](double value) { return postgres::only_if(quality.usable, value); };
        const auto other = second.data() != nullptr ? std::optional(group.values[1]) : std::nullopt;
        rows.row(group.values.front(), other, std::llround(quality.customers), std::llround(quality.repeat_customers),
                 group.rate.value, group.rate.low, group.rate.high, group.leaving.value, group.leaving.low, group.leaving.high,
                 lifetime_value::name_of(model), known(p.r), known(p.alpha), known(p.a), known(p.b), group.fit.errors.standard,
                 known(quality.log_likelihood), quality.distinct, quality.iterations, quality.converged, quality.reason,
                 known_correlations(group.fit.errors));
    }
}
