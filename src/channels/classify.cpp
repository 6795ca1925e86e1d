#include "channels/classify.hpp"

#include <algorithm>
#include <array>

namespace marketing::channels {
namespace {

constexpr std::string_view unassigned = "Unassigned";
constexpr std::string_view referral = "Referral";
constexpr std::string_view paid_other = "Paid Other";
constexpr std::array<std::string_view, 3> no_sources{"(direct)", "direct", "unknown"};
constexpr std::size_t known_touches = 512;
constexpr std::size_t longest_key = 512;

bool names_a_source(std::string_view value) noexcept
{
    return !value.empty() && std::find(no_sources.begin(), no_sources.end(), value) == no_sources.end();
}

/** The channel that a medium names by itself, where nobody knows the source: GA4 would say Paid Other to all of them. */
std::string_view channel_named_by(std::string_view medium) noexcept
{
    struct Naming {
        std::string_view medium;
        std::string_view channel;
    };
    constexpr std::array<Naming, 10> namings{{{"cpc", "Paid Search"},
                                              {"ppc", "Paid Search"},
                                              {"paid_search", "Paid Search"},
                                              {"paidsearch", "Paid Search"},
                                              {"paid_social", "Paid Social"},
                                              {"paidsocial", "Paid Social"},
                                              {"paid_video", "Paid Video"},
                                              {"paidvideo", "Paid Video"},
                                              {"paid_shopping", "Paid Shopping"},
                                              {"paidshopping", "Paid Shopping"}}};
    const auto* found =
        std::find_if(namings.begin(), namings.end(), [medium](const Naming& each) { return each.medium == medium; });
    return found == namings.end() ? paid_other : found->channel;
}

}  // namespace

Classifier::Classifier(const Ruleset& rules, std::pmr::memory_resource* resource)
    : rules_(rules),
      source_type_(resource),
      source_(resource),
      medium_(resource),
      campaign_(resource),
      referrer_(resource),
      landing_(resource),
      name_(resource),
      channel_name_(resource),
      click_text_(resource),
      click_names_(resource),
      key_(resource),
      known_(resource)
{
}

Classifier::Facts Classifier::read(const Touch& touch)
{
    const Charset charset = rules_.charset();
    Facts facts;
    facts.source_type = normalized(touch.source_type, charset, rules_.placeholders(), source_type_);
    facts.written_source = normalized(touch.source, charset, rules_.placeholders(), source_);
    facts.source = names_a_source(facts.written_source) ? facts.written_source : std::string_view{};
    facts.medium = normalized(touch.medium, charset, rules_.placeholders(), medium_);
    facts.campaign = normalized(touch.campaign, charset, rules_.placeholders(), campaign_);
    const std::string_view referrer = normalized(touch.referrer, Charset::other, rules_.placeholders(), referrer_);
    facts.written_referrer = locate(referrer);
    facts.host = rules_.host(facts.written_referrer);
    facts.nothing = way_back(facts, locate(normalized(touch.landing, Charset::other, rules_.placeholders(), landing_)));
    const bool is_back = !facts.nothing.empty();
    if (is_back) {
        facts.host.reset();
    } else {
        facts.referrer = facts.written_referrer;
        facts.nothing = "nothing";
    }
    read_click_ids(touch.click_ids);
    const bool says_something = !facts.source_type.empty() || facts.written_source == "unknown" || !facts.source.empty() ||
                                !facts.medium.empty() || !facts.campaign.empty() || !click_names_.empty();
    if (says_something || (!referrer.empty() && !is_back)) {
        facts.nothing = {};
    }
    return facts;
}

/** Why a referrer is no source: a page of payment, or the site itself; empty where it is one. */
std::string_view Classifier::way_back(const Facts& facts, const Location& landing) const noexcept
{
    const std::string_view from = facts.written_referrer.host;
    if (facts.host && facts.host->category == Category::payment) {
        return "payment";
    }
    const auto is_below = [](std::string_view host, std::string_view domain) {
        return host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.';
    };
    const bool is_own = !from.empty() && !landing.host.empty() &&
                        (from == landing.host || is_below(from, landing.host) || (!facts.host && is_below(landing.host, from)));
    return is_own ? "own_site" : std::string_view{};
}

void Classifier::read_click_ids(std::span<const std::string_view> names)
{
    click_names_.clear();
    click_text_.clear();
    std::size_t size = 0;
    for (const std::string_view name : names) {
        size += name.size();
    }
    // Reserved at once: the views must not move.
    click_text_.reserve(size);
    for (const std::string_view name : names) {
        const std::size_t start = click_text_.size();
        click_text_.append(trimmed(name));
        std::transform(click_text_.begin() + static_cast<std::ptrdiff_t>(start), click_text_.end(),
                       click_text_.begin() + static_cast<std::ptrdiff_t>(start), ascii_lower);
        if (click_text_.size() > start) {
            click_names_.push_back(std::string_view(click_text_).substr(start));
        }
    }
}

bool Classifier::holds(const ChannelRule& rule, const Facts& facts) const noexcept
{
    // A rule of the user's may know a way back, a built-in one does not.
    const Location& referrer = rule.builtin ? facts.referrer : facts.written_referrer;
    const std::array<std::string_view, ChannelRule::fields> values{facts.source_type, facts.written_source, facts.medium,
                                                                   facts.campaign, referrer.host};
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (rule.conditions[i] && !rule.conditions[i]->matches(values[i])) {
            return false;
        }
    }
    if (!rule.click_id) {
        return true;
    }
    return click_names_.empty() ? rule.click_id->matches({})
                                : std::any_of(click_names_.begin(), click_names_.end(),
                                              [&rule](std::string_view name) { return rule.click_id->matches(name); });
}

/** Fills what is still open in `verdict` from the first of the user's, or of the built-in rules that holds. */
void Classifier::apply_rules(bool builtin, const Facts& facts, Verdict& verdict) const noexcept
{
    for (const ChannelRule& rule : rules_.rules()) {
        if (rule.builtin != builtin || !holds(rule, facts)) {
            continue;
        }
        verdict.platform = verdict.platform.empty() ? rule.platform : verdict.platform;
        // A channel that an earlier rule chose decides about payment too, unless a rule says so itself.
        if (verdict.channel.empty()) {
            verdict.channel = rule.channel;
            verdict.is_paid = verdict.is_paid ? verdict.is_paid : rule.is_paid;
        }
        verdict.rule = verdict.rule.empty() ? rule.rule : verdict.rule;
        return;
    }
}

/** False where the touch is too long to be kept. Sizes stand before values, so that no two touches have one key. */
bool Classifier::make_key(const Touch& touch)
{
    key_.clear();
    const auto append = [this](std::string_view value) {
        if (key_.size() + sizeof(std::size_t) + value.size() > longest_key) {
            return false;
        }
        const std::size_t size = value.size();
        key_.append(reinterpret_cast<const char*>(&size), sizeof size).append(value);
        return true;
    };
    return append(touch.source_type) && append(touch.source) && append(touch.medium) && append(touch.campaign) &&
           append(touch.referrer) && append(touch.landing) &&
           std::all_of(touch.click_ids.begin(), touch.click_ids.end(), append);
}

TouchClass Classifier::classify(const Touch& touch)
{
    if (!make_key(touch)) {
        return classify_anew(touch);
    }
    while (known_.size() < known_touches) {
        known_.emplace_back(known_.get_allocator().resource());
    }
    Known& known = known_[seed_.hash(std::string_view(key_)) % known_touches];
    if (known.key != key_) {
        const TouchClass found = classify_anew(touch);
        known.key.clear();
        known.found.assign(found.platform).append(found.channel).append(found.rule);
        known.platform_size = found.platform.size();
        known.channel_size = found.channel.size();
        known.is_paid = found.is_paid;
        known.key = key_;
    }
    const std::string_view found(known.found);
    return {found.substr(0, known.platform_size), found.substr(known.platform_size, known.channel_size), known.is_paid,
            found.substr(known.platform_size + known.channel_size)};
}

TouchClass Classifier::classify_anew(const Touch& touch)
{
    const Facts facts = read(touch);
    Verdict verdict;
    apply_rules(false, facts, verdict);
    apply_rules(true, facts, verdict);
    if (verdict.platform.empty() || verdict.channel.empty()) {
        const Verdict rest = verdict.platform.empty() ? judge(facts) : judge_of(verdict.platform, facts);
        verdict.platform = verdict.platform.empty() ? rest.platform : verdict.platform;
        if (verdict.channel.empty()) {
            verdict.channel = rest.channel;
            verdict.is_paid = verdict.is_paid ? verdict.is_paid : rest.is_paid;
        }
        verdict.rule = verdict.rule.empty() ? rest.rule : verdict.rule;
    }
    return {verdict.platform, verdict.channel, verdict.is_paid.value_or(is_paid_channel(verdict.channel)), verdict.rule};
}

/** The first click id that proves an ad, or the first that does not. */
const ClickId* Classifier::click(bool paid) const noexcept
{
    for (const std::string_view name : click_names_) {
        const ClickId* id = rules_.click_id(name);
        if (id != nullptr && (id->evidence == Evidence::paid) == paid) {
            return id;
        }
    }
    return nullptr;
}

/** GA4's own list first, then what analytics.platform says. */
Category Classifier::category_of_platform(std::string_view platform) const noexcept
{
    const Category listed = rules_.source_category(platform);
    const Platform* known = rules_.platform(platform);
    return listed == Category::none && known != nullptr ? known->category : listed;
}

std::string_view Classifier::family_of(std::string_view platform) const noexcept
{
    const Platform* known = rules_.platform(platform);
    return known == nullptr || known->family.empty() ? platform : known->family;
}

Classifier::Named Classifier::resolve(std::string_view name, std::pmr::string& buffer)
{
    Named named;
    named.platform = canonical_name(name, buffer);
    named.category = rules_.source_category(name);
    named.is_network = named.category != Category::none;
    named.alias = rules_.alias(named.platform);
    std::optional<Host> host;
    if (named.alias != nullptr) {
        named.platform = named.alias->platform;
    } else if (const Location place = locate(name); !place.host.empty()) {
        host = rules_.host(place);
        named.platform = host ? host->platform : named.platform;
    }
    const Platform* known = rules_.platform(named.platform);
    named.is_network = named.is_network || named.alias != nullptr || host.has_value() || known != nullptr;
    if (named.category == Category::none) {
        named.category = host ? host->category : category_of_platform(named.platform);
    }
    return named;
}

/** The channel groups over a touch whose source is of `category`. */
Classifier::Verdict Classifier::grouped(const Facts& facts, std::string_view platform, Category category) const noexcept
{
    const GroupRule* rule = rules_.group(facts.source, facts.medium, facts.campaign, category);
    if (rule == nullptr) {
        return {platform, unassigned, std::nullopt, "ga4:Unassigned"};
    }
    return {platform, rule->channel, std::nullopt, rule->rule};
}

/** The channel of a touch that is known to be paid, whatever its medium says. */
std::string_view Classifier::paid_channel(const Facts& facts, Category category) const noexcept
{
    const GroupRule* rule = rules_.group(facts.source, "paid", facts.campaign, category);
    return rule == nullptr ? paid_other : rule->channel;
}

Classifier::Verdict Classifier::judge(const Facts& facts)
{
    if (const ClickId* id = click(true)) {
        return judge_paid_click(facts, *id);
    }
    if (!facts.source.empty()) {
        return judge_source(facts);
    }
    if (const auto& host = facts.host) {
        Verdict verdict = grouped(facts, host->platform, host->category);
        verdict.channel = verdict.channel == unassigned ? referral : verdict.channel;
        verdict.rule = host->rule;
        if (!contradicts(verdict)) {
            return verdict;
        }
    }
    if (const ClickId* id = click(false)) {
        return judge_hint(facts, *id);
    }
    return judge_rest(facts);
}

/** What is left to say of a touch whose platform a rule has named: the evidence of another network is none. */
Classifier::Verdict Classifier::judge_of(std::string_view platform, const Facts& facts)
{
    const Verdict verdict = judge(facts);
    const bool is_other = rules_.platform(platform) != nullptr && family_of(verdict.platform) != family_of(platform);
    return is_other ? grouped(facts, platform, category_of_platform(platform)) : verdict;
}

/**
 * The network that counted the click is the platform; source, medium and referrer may still say which of its ads it was: a gclid that comes
 * from YouTube is a video ad's.
 */
Classifier::Verdict Classifier::judge_paid_click(const Facts& facts, const ClickId& id)
{
    const auto of_family = [&](std::string_view platform) { return family_of(platform) == family_of(id.platform); };
    Category category = category_of_platform(id.platform);
    // A channel of its own, as Display of dclid, is more than the network alone says.
    const bool is_open = id.channel.empty() || id.channel == paid_channel(facts, category);
    bool is_bare = facts.source.empty();
    if (!is_bare) {
        const Named named = resolve(facts.source, name_);
        category = of_family(named.platform) ? named.category : category;
        is_bare = named.platform == id.platform;
    }
    if (const auto& host = facts.host; host && is_bare) {
        const bool is_place = host->category == Category::video || host->category == Category::ad;
        category = is_place && of_family(host->platform) ? host->category : category;
    }
    Verdict verdict = grouped(facts, id.platform, category);
    if (!is_paid_channel(verdict.channel) || verdict.channel == paid_other) {
        const std::string_view named = paid_channel(facts, category);
        verdict.channel = id.channel.empty() || (is_open && named != paid_other) ? named : id.channel;
    }
    return {id.platform, verdict.channel, true, id.rule};
}

Classifier::Verdict Classifier::judge_source(const Facts& facts)
{
    const Named named = resolve(facts.source, name_);
    Verdict verdict = grouped(facts, named.platform, named.category);
    if (named.alias != nullptr && named.alias->implies_paid && !is_paid_channel(verdict.channel)) {
        return {named.platform, paid_channel(facts, named.category), true, named.alias->rule};
    }
    if (contradicts(verdict)) {
        // The source names a channel: it is that one where nothing else is said, and says no more where something is.
        verdict.channel = verdict.channel == unassigned ? rules_.channel_of(named.platform) : verdict.channel;
        return contradicts(verdict) ? channel_as_platform(verdict, facts) : verdict;
    }
    if (named.is_network || !is_paid_channel(verdict.channel)) {
        return verdict;
    }
    // Paid, by a source that nobody knows: a click id may at least tell the network.
    if (const ClickId* id = click(false); id != nullptr && id->evidence == Evidence::ambiguous) {
        return judge_hint(facts, *id);
    }
    return channel_as_platform(verdict, facts);
}

/** Whether the platform is a channel's name (email, paid_search) and the channel another one. */
bool Classifier::contradicts(const Verdict& verdict) const noexcept
{
    const std::string_view named = rules_.channel_of(verdict.platform);
    return !named.empty() && named != verdict.channel;
}

Classifier::Verdict Classifier::judge_hint(const Facts& facts, const ClickId& id) const noexcept
{
    Verdict verdict = grouped(facts, id.platform, category_of_platform(id.platform));
    // What no ad carries is no ad's, whatever the medium says.
    if ((!is_paid_channel(verdict.channel) || id.evidence == Evidence::organic) && !id.channel.empty()) {
        verdict.channel = id.channel;
    }
    verdict.rule = id.rule;
    return verdict;
}

/** Neither source nor network is known: the medium, an unknown referrer or the source type are left. */
Classifier::Verdict Classifier::judge_rest(const Facts& facts)
{
    const Verdict by_medium = grouped(facts, {}, Category::none);
    if (by_medium.channel != unassigned) {
        return channel_as_platform(by_medium, facts);
    }
    if (!facts.referrer.host.empty()) {
        return {"referral", referral, std::nullopt, "referrer"};
    }
    const Named named = resolve(facts.source_type, name_);
    const GroupRule* rule = rules_.group(facts.source_type, {}, {}, named.category);
    if (names_a_source(facts.source_type) && (named.is_network || rule != nullptr)) {
        return {named.platform, rule == nullptr ? unassigned : rule->channel, std::nullopt, "source_type"};
    }
    return facts.nothing.empty() ? Verdict{"unknown", unassigned, std::nullopt, "none"}
                                 : Verdict{"direct", "Direct", std::nullopt, facts.nothing};
}

/** Where no network is known, the platform is the channel by another name: Paid Search is paid_search. */
Classifier::Verdict Classifier::channel_as_platform(Verdict verdict, const Facts& facts)
{
    if (verdict.channel == paid_other) {
        verdict.channel = channel_named_by(canonical_name(facts.medium, channel_name_));
        verdict.rule = verdict.channel == paid_other ? verdict.rule : "medium";
    }
    channel_name_.assign(verdict.channel);
    fold_case(channel_name_.data(), channel_name_.size(), rules_.charset());
    verdict.platform = canonical_name(channel_name_, channel_name_);
    return verdict;
}

std::string_view Classifier::channel_group(std::string_view source, std::string_view medium, std::string_view campaign)
{
    const Charset charset = rules_.charset();
    const std::string_view name = normalized(source, charset, rules_.placeholders(), source_);
    const GroupRule* rule =
        rules_.group(name, normalized(medium, charset, rules_.placeholders(), medium_),
                     normalized(campaign, charset, rules_.placeholders(), campaign_), rules_.source_category(name));
    return rule == nullptr ? unassigned : rule->channel;
}

std::string_view Classifier::platform_name(std::string_view name)
{
    const std::string_view value = normalized(name, rules_.charset(), rules_.placeholders(), source_);
    return value.empty() ? value : resolve(value, name_).platform;
}

}  // namespace marketing::channels
