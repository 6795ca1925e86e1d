// Binding of the models of customer value: their aggregates, and what they say of one customer.

#include <cmath>
#include <cstring>
#include <string_view>

#include "lifetime_value/fit.hpp"
#include "lifetime_value/models.hpp"
#include "lifetime_value/rows.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "postgres/pg.hpp"
#include "postgres/text.hpp"

namespace lifetime_value = marketing::lifetime_value;
namespace postgres = marketing::postgres;

using lifetime_value::FitQuality;
using lifetime_value::HistoriesState;
using lifetime_value::History;
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

/** Rows with a NULL are left out, as by any aggregate. */
bool has_null(FunctionCallInfo fcinfo)
{
    for (int argument = 1; argument < PG_NARGS(); ++argument) {
        if (PG_ARGISNULL(argument)) {
            return true;
        }
    }
    return false;
}

/** The columns of a composite result, one after another. */
class Composite {
public:
    explicit Composite(FunctionCallInfo fcinfo)
    {
        if (get_call_result_type(fcinfo, nullptr, &descriptor_) != TYPEFUNC_COMPOSITE || descriptor_->natts > most_columns) {
            elog(ERROR, "unexpected result type of a fit");
        }
        descriptor_ = BlessTupleDesc(descriptor_);
    }
    Composite& datum(Datum value, bool null = false)
    {
        values_[filled_] = value;
        nulls_[filled_++] = null;
        return *this;
    }
    /** NaN is what is not known: NULL. */
    Composite& number(double value) { return datum(Float8GetDatum(value), std::isnan(value)); }
    Composite& count(double value) { return datum(Int64GetDatum(std::llround(value))); }
    [[nodiscard]] Datum finish()
    {
        if (filled_ != descriptor_->natts) {
            elog(ERROR, "a fit has %d columns, its type %d", filled_, descriptor_->natts);
        }
        return HeapTupleGetDatum(heap_form_tuple(descriptor_, values_, nulls_));
    }

private:
    static constexpr int most_columns = 20;
    TupleDesc descriptor_ = nullptr;
    Datum values_[most_columns];
    bool nulls_[most_columns];
    int filled_ = 0;
};

void add_quality(Composite& out, const FitQuality& quality)
{
    out.datum(Int32GetDatum(quality.iterations))
        .datum(BoolGetDatum(quality.converged))
        .datum(postgres::text_datum(quality.reason));
}

Datum finish_purchases(FunctionCallInfo fcinfo, PurchaseModel model)
{
    (void)postgres::aggregate_context(fcinfo);
    const auto* state = postgres::state_argument<HistoriesState>(fcinfo);
    PurchaseFit fit;
    postgres::run_kernel([state, model, &fit] {
        fit = lifetime_value::fit_purchases(model, state == nullptr ? std::vector<WeightedHistory>() : state->rows(),
                                            postgres::stop_flag());
    });
    const PurchaseParameters& p = fit.parameters;
    const double unknown = fit.quality.usable ? 0 : std::nan("");
    Composite out(fcinfo);
    out.datum(postgres::text_datum(lifetime_value::name_of(model)));
    out.number(p.r + unknown).number(p.alpha + unknown).number(p.a + unknown).number(p.b + unknown);
    for (const double error : fit.errors) {
        out.number(error);
    }
    out.number(fit.quality.log_likelihood + unknown);
    out.count(fit.quality.customers).count(fit.quality.repeat_customers).count(static_cast<double>(fit.quality.distinct));
    add_quality(out, fit.quality);
    return out.finish();
}

/** What a function reads from a model again and again is kept, for as long as the model is the same, byte by byte. */
template <class Parameters>
struct Remembered {
    bool usable;
    Parameters parameters;
    std::size_t size;
    char bytes[1024];
};

double number_of(HeapTupleHeader model, const char* column, bool& null)
{
    const Datum datum = GetAttributeByName(model, column, &null);
    return null ? 0 : DatumGetFloat8(datum);
}

void read_parameters(HeapTupleHeader model, Remembered<PurchaseParameters>& into)
{
    bool null[5];
    const Datum name = GetAttributeByName(model, "model", &null[4]);
    PurchaseParameters& p = into.parameters;
    p.r = number_of(model, "r", null[0]);
    p.alpha = number_of(model, "alpha", null[1]);
    p.a = number_of(model, "a", null[2]);
    p.b = number_of(model, "b", null[3]);
    into.usable = !null[0] && !null[1] && !null[2] && !null[3] && !null[4];
    const std::string_view called = null[4] ? std::string_view("bgnbd") : postgres::text_view(name);
    const bool usable = into.usable;
    postgres::run_kernel([&p, called, usable] {
        p.model = lifetime_value::find_purchase_model(called);
        if (usable) {
            lifetime_value::check(p);
        }
    });
}

void read_parameters(HeapTupleHeader model, Remembered<SpendParameters>& into)
{
    bool null[3];
    SpendParameters& p = into.parameters;
    p.p = number_of(model, "p", null[0]);
    p.q = number_of(model, "q", null[1]);
    p.gamma = number_of(model, "gamma", null[2]);
    into.usable = !null[0] && !null[1] && !null[2];
    if (into.usable) {
        postgres::run_kernel([&p] { lifetime_value::check(p); });
    }
}

/** The parameters of the model in argument 0; nullptr where it has none. */
template <class Parameters>
const Parameters* parameters_argument(FunctionCallInfo fcinfo)
{
    HeapTupleHeader model = PG_GETARG_HEAPTUPLEHEADER(0);
    const std::size_t size = HeapTupleHeaderGetDatumLength(model);
    auto* known = static_cast<Remembered<Parameters>*>(fcinfo->flinfo->fn_extra);
    if (known == nullptr || known->size != size || std::memcmp(known->bytes, model, size) != 0) {
        if (known == nullptr) {
            known = static_cast<Remembered<Parameters>*>(MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof *known));
            fcinfo->flinfo->fn_extra = known;
        }
        known->size = 0;
        read_parameters(model, *known);
        if (size <= sizeof known->bytes) {
            std::memcpy(known->bytes, model, size);
            known->size = size;
        }
    }
    return known->usable ? &known->parameters : nullptr;
}

/** `calculate(outlook)` for the model and the history in arguments 0 to 3; NULL where the model has no parameters. */
template <class Calculate>
Datum of_customer(FunctionCallInfo fcinfo, Calculate calculate)
{
    const PurchaseParameters* const parameters = parameters_argument<PurchaseParameters>(fcinfo);
    if (parameters == nullptr) {
        PG_RETURN_NULL();
    }
    const History history{static_cast<double>(PG_GETARG_INT64(1)), PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3)};
    double result = 0;
    postgres::run_kernel([parameters, &history, &result, &calculate] {
        lifetime_value::check(history);
        result = calculate(lifetime_value::outlook(*parameters, history));
    });
    PG_RETURN_FLOAT8(result);
}

}  // namespace

MARKETING_FUNCTION(purchase_fit_transition)
{
    auto* state = postgres::transition_state<HistoriesState>(fcinfo);
    if (!has_null(fcinfo)) {
        const WeightedHistory row{{static_cast<double>(PG_GETARG_INT64(1)), PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3)},
                                  PG_NARGS() > 4 ? PG_GETARG_FLOAT8(4) : 1};
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

MARKETING_FUNCTION(spend_fit_transition)
{
    auto* state = postgres::transition_state<SpendsState>(fcinfo);
    if (!has_null(fcinfo)) {
        const WeightedSpend row{static_cast<double>(PG_GETARG_INT64(1)), PG_GETARG_FLOAT8(2), 1};
        postgres::run_kernel([state, &row] { state->append(row); });
    }
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(gamma_gamma_final)
{
    (void)postgres::aggregate_context(fcinfo);
    const auto* state = postgres::state_argument<SpendsState>(fcinfo);
    SpendFit fit;
    postgres::run_kernel([state, &fit] {
        fit = lifetime_value::fit_spend(state == nullptr ? std::vector<WeightedSpend>() : state->rows(), postgres::stop_flag());
    });
    const double unknown = fit.quality.usable ? 0 : std::nan("");
    Composite out(fcinfo);
    out.number(fit.parameters.p + unknown).number(fit.parameters.q + unknown).number(fit.parameters.gamma + unknown);
    for (const double error : fit.errors) {
        out.number(error);
    }
    out.number(fit.quality.log_likelihood + unknown).count(fit.quality.customers);
    out.datum(Int64GetDatum(state == nullptr ? 0 : state->skipped())).number(fit.correlation);
    add_quality(out, fit.quality);
    return out.finish();
}

MARKETING_FUNCTION(p_alive)
{
    return of_customer(fcinfo, [](const Outlook& customer) { return customer.p_alive; });
}

MARKETING_FUNCTION(expected_purchases)
{
    const double horizon = PG_GETARG_FLOAT8(4);
    return of_customer(fcinfo,
                       [horizon](const Outlook& customer) { return lifetime_value::expected_purchases(customer, horizon); });
}

MARKETING_FUNCTION(purchase_probability)
{
    const double horizon = PG_GETARG_FLOAT8(4);
    const double purchases = PG_GETARG_INT32(5);
    return of_customer(
        fcinfo, [=](const Outlook& customer) { return lifetime_value::purchase_probability(customer, purchases, horizon); });
}

MARKETING_FUNCTION(discounted_purchases)
{
    const int periods = PG_GETARG_INT32(4);
    const double period = PG_GETARG_FLOAT8(5);
    const double rate = PG_GETARG_FLOAT8(6);
    return of_customer(
        fcinfo, [=](const Outlook& customer) { return lifetime_value::discounted_purchases(customer, periods, period, rate); });
}

MARKETING_FUNCTION(expected_spend)
{
    if (PG_ARGISNULL(0) || PG_ARGISNULL(1)) {
        PG_RETURN_NULL();
    }
    const SpendParameters* const parameters = parameters_argument<SpendParameters>(fcinfo);
    if (parameters == nullptr) {
        PG_RETURN_NULL();
    }
    const WeightedSpend row{static_cast<double>(PG_GETARG_INT64(1)), PG_ARGISNULL(2) ? 0 : PG_GETARG_FLOAT8(2), 1};
    double spend = 0;
    postgres::run_kernel([parameters, &row, &spend] {
        lifetime_value::check(row);
        spend = lifetime_value::expected_spend(*parameters, row.frequency, row.mean);
    });
    if (std::isnan(spend)) {
        PG_RETURN_NULL();
    }
    PG_RETURN_FLOAT8(spend);
}
