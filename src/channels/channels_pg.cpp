/** Classification for SQL: analytics.classify_touch, channel_group, platform_name, ruleset_record, cleaned, first_id. */
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
#include "channels/url.hpp"
#include "kernel/error.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/arguments.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"

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

/** The classifier for the ruleset in the argument, compiled once per place in a query and ruleset. */
channels::Classifier* classifier_argument(Arguments& in, const char* name)
{
    if (in.is_null()) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be NULL", name),
                        errhint("Pass (SELECT analytics.channel_ruleset()).")));
    }
    const auto packed = in.get<Bytes>(name);
    CallSite* site = call_site(in.call());
    if (!is_compiled(*site, packed)) {
        compile(in.call(), site, packed);
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
std::string_view whole_characters(std::string_view name)
{
    const int size = static_cast<int>(name.size());
    const bool may_be_cut = channels::database_charset() != channels::Charset::utf8;
    return name.substr(0, may_be_cut ? pg_mbcliplen(name.data(), size, size) : size);
}

}  // namespace

MARKETING_FUNCTION(classify_touch)
{
    Arguments in(fcinfo);
    channels::Classifier* classifier = classifier_argument(in, "ruleset");
    channels::Touch touch;
    touch.source_type = in.value_or("source_type", std::string_view());
    touch.source = in.value_or("utm_source", std::string_view());
    touch.medium = in.value_or("utm_medium", std::string_view());
    touch.campaign = in.value_or("utm_campaign", std::string_view());
    touch.referrer = in.value_or("referrer_host", std::string_view());
    touch.click_ids = in.optional_array<std::string_view>("click_id_names", NullElements::left_out);
    touch.landing = in.value_or("landing_page", std::string_view());
    RowWriter row(row_type(fcinfo));
    const auto found = run_kernel([&] { return classifier->classify(touch); });
    return row.add(whole_characters(found.platform), found.channel, found.is_paid, found.rule).finish_tuple();
}

MARKETING_FUNCTION(channel_group)
{
    Arguments in(fcinfo);
    const auto source = in.value_or("source", std::string_view());
    const auto medium = in.value_or("medium", std::string_view());
    const auto campaign = in.value_or("campaign", std::string_view());
    channels::Classifier* classifier = classifier_argument(in, "ruleset");
    return text_datum(run_kernel([&] { return classifier->channel_group(source, medium, campaign); }));
}

MARKETING_FUNCTION(platform_name)
{
    Arguments in(fcinfo);
    const auto written = in.value_or("name", std::string_view());
    channels::Classifier* classifier = classifier_argument(in, "ruleset");
    const std::string_view name = run_kernel([&] { return classifier->platform_name(written); });
    if (name.empty()) {
        PG_RETURN_NULL();
    }
    return text_datum(whole_characters(name));
}

/** cleaned(value text, purpose text, rules bytea): the one spelling of an id, a name or a tag. */
MARKETING_FUNCTION(cleaned)
{
    Arguments in(fcinfo);
    if (in.is_null()) {
        PG_RETURN_NULL();
    }
    const auto value = in.get<std::string_view>("value");
    const auto purpose = in.choice("purpose", [](std::string_view name) { return channels::purposes.find(name); });
    // Without rules nothing is a placeholder.
    const channels::Classifier* classifier = in.is_null() ? nullptr : classifier_argument(in, "rules");
    const auto is_argument = [value](std::string_view found) {
        return found.data() == value.data() && found.size() == value.size();
    };
    const auto result = run_kernel([&] {
        ContextResource resource(CurrentMemoryContext);
        std::pmr::string buffer(&resource);
        const auto charset = channels::database_charset();
        const auto found = classifier == nullptr
                               ? channels::spelled(value, purpose, charset, buffer)
                               : channels::cleaned(value, purpose, charset, classifier->rules().placeholders(), buffer);
        return is_argument(found) ? found : keep_text(found);
    });
    if (result.empty()) {
        PG_RETURN_NULL();
    }
    // Most values are as they should be.
    return is_argument(result) ? fcinfo->args[0].value : text_datum(result);
}

MARKETING_FUNCTION(first_id)
{
    Arguments in(fcinfo);
    const auto url = in.get<std::string_view>("url");
    const auto names = in.array<std::string_view>("names", NullElements::left_out);
    const channels::Classifier* classifier = classifier_argument(in, "rules");
    const auto id = run_kernel([&] {
        ContextResource resource(CurrentMemoryContext);
        return channels::first_id(url, names, classifier->rules().placeholders(), channels::database_charset(), &resource);
    });
    if (!id) {
        PG_RETURN_NULL();
    }
    return text_datum(*id);
}

MARKETING_FUNCTION(fold_case)
{
    Arguments in(fcinfo);
    const auto value = in.get<std::string_view>("value");
    text* folded = cstring_to_text_with_len(value.data(), static_cast<int>(value.size()));
    channels::fold_case(VARDATA(folded), value.size(), channels::database_charset());
    PG_RETURN_TEXT_P(folded);
}

MARKETING_FUNCTION(ruleset_record)
{
    Arguments in(fcinfo);
    const auto kind = in.get<std::string_view>("kind");
    const auto fields = in.array<std::optional<std::string_view>>("fields", NullElements::missing);
    const auto record = run_kernel([&] {
        ContextResource resource(CurrentMemoryContext);
        return keep(channels::packed_record(kind, fields, &resource));
    });
    bytea* result = allocate_bytea(record.size());
    std::ranges::copy(record, VARDATA(result));
    PG_RETURN_BYTEA_P(result);
}
