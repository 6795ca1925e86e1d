/** Classification for SQL: analytics.classify_touch, channel_group, platform_name, ruleset_record. */
#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "channels/charset_pg.hpp"
#include "channels/classify.hpp"
#include "channels/pattern.hpp"
#include "channels/ruleset.hpp"
#include "kernel/error.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/text.hpp"

namespace {

using namespace marketing;
using namespace marketing::postgres;

static_assert(std::is_trivially_destructible_v<channels::TouchClass>, "a result stands while the server may longjmp");

/** What one place in a query keeps between its rows. */
struct CallSite {
    MemoryContext rules_context;
    channels::Classifier* classifier;
    TupleDesc row;
    std::size_t size;
    std::byte digest[channels::digest_size];
};

CallSite* call_site(FunctionCallInfo fcinfo)
{
    FmgrInfo* function = fcinfo->flinfo;
    if (function->fn_extra == nullptr) {
        function->fn_extra = MemoryContextAllocZero(function->fn_mcxt, sizeof(CallSite));
    }
    return static_cast<CallSite*>(function->fn_extra);
}

bool is_compiled(const CallSite& site, std::span<const std::byte> packed)
{
    return site.classifier != nullptr && site.size == packed.size() &&
           std::memcmp(site.digest, packed.data(), std::min(packed.size(), sizeof site.digest)) == 0;
}

/** Compiles a ruleset into a context of its own, which replaces the one before it. */
void compile(FunctionCallInfo fcinfo, CallSite* site, std::span<const std::byte> packed)
{
    MemoryContext context =
        AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "pg_marketing channel rules", ALLOCSET_DEFAULT_SIZES);
    auto* resource = new (MemoryContextAlloc(context, sizeof(ContextResource))) ContextResource(context);
    void* rules_place = MemoryContextAlloc(context, sizeof(channels::Ruleset));
    void* classifier_place = MemoryContextAlloc(context, sizeof(channels::Classifier));
    channels::Classifier* classifier = nullptr;
    Failure failure;
    guarded(failure, [&] {
        const auto* rules = new (rules_place) channels::Ruleset(packed, channels::database_charset(), resource);
        classifier = new (classifier_place) channels::Classifier(*rules, resource);
    });
    if (failure.sqlstate != 0) {
        MemoryContextDelete(context);
        raise_if_failed(failure);
    }
    if (site->rules_context != nullptr) {
        MemoryContextDelete(site->rules_context);
    }
    site->rules_context = context;
    site->classifier = classifier;
    site->size = packed.size();
    std::memcpy(site->digest, packed.data(), sizeof site->digest);
}

/** The classifier for the ruleset in argument `index`, compiled once per place and ruleset. */
channels::Classifier* classifier_of(FunctionCallInfo fcinfo, int index)
{
    if (PG_ARGISNULL(index)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("ruleset must not be NULL"),
                        errhint("Pass (SELECT analytics.channel_ruleset()).")));
    }
    const auto packed = bytea_argument(fcinfo, index);
    CallSite* site = call_site(fcinfo);
    if (!is_compiled(*site, packed)) {
        compile(fcinfo, site, packed);
    }
    return site->classifier;
}

TupleDesc row_type(FunctionCallInfo fcinfo)
{
    CallSite* site = call_site(fcinfo);
    if (site->row == nullptr) {
        TupleDesc row = nullptr;
        if (get_call_result_type(fcinfo, nullptr, &row) != TYPEFUNC_COMPOSITE || row->natts != 4) {
            elog(ERROR, "unexpected result type of a pg_marketing function");
        }
        MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
        site->row = BlessTupleDesc(CreateTupleDescCopy(row));
        MemoryContextSwitchTo(caller);
    }
    return site->row;
}

/** A platform's name. The kernel may have cut it inside a character of an encoding that it does not know. */
Datum name_datum(std::string_view name)
{
    const int size = static_cast<int>(name.size());
    const bool may_be_cut = channels::database_charset() != channels::Charset::utf8;
    const int whole = may_be_cut ? pg_mbcliplen(name.data(), size, size) : size;
    return PointerGetDatum(cstring_to_text_with_len(name.data(), whole));
}

}  // namespace

MARKETING_FUNCTION(classify_touch)
{
    channels::Classifier* classifier = classifier_of(fcinfo, 0);
    channels::Touch touch;
    touch.source_type = text_argument(fcinfo, 1);
    touch.source = text_argument(fcinfo, 2);
    touch.medium = text_argument(fcinfo, 3);
    touch.campaign = text_argument(fcinfo, 4);
    touch.referrer = text_argument(fcinfo, 5);
    touch.click_ids = text_array_argument(fcinfo, 6);
    TupleDesc row = row_type(fcinfo);
    channels::TouchClass result;
    run_kernel([&] { result = classifier->classify(touch); });

    Datum values[4] = {name_datum(result.platform), text_datum(result.channel), BoolGetDatum(result.is_paid),
                       text_datum(result.rule)};
    bool nulls[4] = {false, false, false, false};
    PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(row, values, nulls)));
}

MARKETING_FUNCTION(channel_group)
{
    channels::Classifier* classifier = classifier_of(fcinfo, 3);
    const std::string_view source = text_argument(fcinfo, 0);
    const std::string_view medium = text_argument(fcinfo, 1);
    const std::string_view campaign = text_argument(fcinfo, 2);
    std::string_view channel;
    run_kernel([&] { channel = classifier->channel_group(source, medium, campaign); });
    PG_RETURN_DATUM(text_datum(channel));
}

MARKETING_FUNCTION(platform_name)
{
    channels::Classifier* classifier = classifier_of(fcinfo, 1);
    const std::string_view written = text_argument(fcinfo, 0);
    std::string_view name;
    run_kernel([&] { name = classifier->platform_name(written); });
    if (name.empty()) {
        PG_RETURN_NULL();
    }
    PG_RETURN_DATUM(name_datum(name));
}

MARKETING_FUNCTION(ruleset_record)
{
    const std::string_view kind = text_argument(fcinfo, 0);
    Datum* values = nullptr;
    bool* nulls = nullptr;
    int count = 0;
    deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
    auto* fields = static_cast<std::optional<std::string_view>*>(palloc(sizeof(std::optional<std::string_view>) * (count + 1)));
    for (int i = 0; i < count; ++i) {
        new (&fields[i]) std::optional<std::string_view>(nulls[i] ? std::nullopt : std::optional(text_view(values[i])));
    }
    auto* resource = new (palloc(sizeof(ContextResource))) ContextResource(CurrentMemoryContext);
    PlainArray<char> record;
    run_kernel([&] {
        const auto packed = channels::packed_record(kind, {fields, static_cast<std::size_t>(count)}, resource);
        record = to_plain(*resource, std::span<const char>(packed));
    });
    bytea* result = allocate_bytea(record.size);
    std::copy(record.begin(), record.end(), VARDATA(result));
    PG_RETURN_BYTEA_P(result);
}
