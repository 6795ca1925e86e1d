#include "channels/ruleset.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

#include "kernel/error.hpp"

namespace marketing::channels {
namespace {

constexpr std::string_view any_country = ".{}";
constexpr std::string_view any_domain = ".*";

[[noreturn]] void malformed(const std::string& why)
{
    throw kernel::Error(kernel::ErrorCode::malformed_binary, "malformed channel ruleset", why,
                        "Pass what analytics.channel_ruleset() returns.");
}

template <class Map>
auto find_in(const Map& map, std::string_view key) noexcept -> const typename Map::mapped_type*
{
    const auto place = map.find(key);
    return place == map.end() ? nullptr : &place->second;
}

/** Whether `path` starts with the segments of `head`. */
bool has_path(std::string_view path, std::string_view head) noexcept
{
    while (path.starts_with('/')) {
        path.remove_prefix(1);
    }
    return path.starts_with(head) && (head.empty() || path.size() == head.size() || path[head.size()] == '/');
}

/** The host without its top-level domain (ua, com.ua, com), or nothing where that is not a country's or a common one. */
std::string_view without_top_level(std::string_view host) noexcept
{
    constexpr std::array<std::string_view, 4> common{"com", "net", "org", "cat"};
    constexpr std::array<std::string_view, 11> second{"co", "com", "net", "org", "gov", "edu", "ac", "or", "ne", "go", "it"};
    const std::size_t dot = host.rfind('.');
    if (dot == std::string_view::npos) {
        return {};
    }
    const std::string_view top = host.substr(dot + 1);
    const std::string_view stem = host.substr(0, dot);
    if (std::find(common.begin(), common.end(), top) != common.end()) {
        return stem;
    }
    if (top.size() != 2) {
        return {};
    }
    const std::size_t inner = stem.rfind('.');
    const bool two_part =
        inner != std::string_view::npos && std::find(second.begin(), second.end(), stem.substr(inner + 1)) != second.end();
    return two_part ? stem.substr(0, inner) : stem;
}

std::string_view first_label(std::string_view host) noexcept
{
    return host.substr(0, host.find('.'));
}

/** Whether a label is the code of a language or a country, or of both: de, pt-br. */
bool is_language(std::string_view label) noexcept
{
    const auto is_code = [](std::string_view text) {
        return text.size() == 2 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    };
    return is_code(label) || (label.size() == 5 && label[2] == '-' && is_code(label.substr(0, 2)) && is_code(label.substr(3)));
}

/** Whether a host is the name of an app: the scheme says so, or it starts as a domain ends, and does not end as one. */
bool is_app(const Location& place) noexcept
{
    constexpr std::array<std::string_view, 3> tops{"com", "net", "org"};
    const std::string_view first = first_label(place.host);
    const bool starts = first.size() == 2 || std::find(tops.begin(), tops.end(), first) != tops.end();
    return place.host.size() <= longest_host && (place.is_app || (starts && without_top_level(place.host).empty()));
}

/** The labels in the opposite order: android.linkedin.com of com.linkedin.android. */
std::string_view reversed(std::string_view host, std::span<char> buffer) noexcept
{
    char* end = buffer.data() + host.size();
    for (std::string_view rest = host; !rest.empty();) {
        const std::string_view label = first_label(rest);
        end = std::copy_backward(label.begin(), label.end(), end);
        rest.remove_prefix(label.size());
        if (!rest.empty()) {
            *--end = '.';
            rest.remove_prefix(1);
        }
    }
    return {buffer.data(), host.size()};
}

bool holds(const std::optional<Pattern>& pattern, std::string_view value) noexcept
{
    return !pattern.has_value() || pattern->matches(value);
}

}  // namespace

/** Reads the packed form into a ruleset. */
class RulesetReader {
public:
    RulesetReader(Ruleset& rules, std::span<const std::byte> packed) : rules_(rules)
    {
        if (packed.size() < digest_size + format_line.size()) {
            malformed("It ends before its announced content.");
        }
        const auto body = packed.subspan(digest_size);
        auto* copy = static_cast<char*>(rules_.arena_.allocate(body.size(), 1));
        std::memcpy(copy, body.data(), body.size());
        rest_ = {copy, body.size()};
        if (std::string_view(copy, format_line.size()) != format_line) {
            malformed("It does not start as one.");
        }
        rest_ = rest_.subspan(format_line.size());
    }

    void read()
    {
        std::uint64_t records = 0;
        for (char kind = letter(); kind != 'e'; kind = letter()) {
            read_record(kind);
            ++records;
        }
        if (static_cast<std::uint64_t>(number()) != records || !rest_.empty()) {
            malformed("Its records are not as many as it says.");
        }
    }

private:
    using Text = std::span<char>;

    char letter()
    {
        if (rest_.empty()) {
            malformed("It ends before its announced content.");
        }
        const char first = rest_.front();
        rest_ = rest_.subspan(1);
        return first;
    }

    std::optional<Text> field()
    {
        if (!rest_.empty() && rest_.front() == '-') {
            rest_ = rest_.subspan(1);
            return std::nullopt;
        }
        std::uint32_t size = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
        const auto digits = static_cast<std::size_t>(end - rest_.data());
        if (error != std::errc{} || digits == rest_.size() || *end != ':' || size > rest_.size() - digits - 1) {
            malformed("A field ends before its announced length.");
        }
        const Text content = rest_.subspan(digits + 1, size);
        rest_ = rest_.subspan(digits + 1 + size);
        return content;
    }

    /** A field trimmed and in lower case; empty for NULL. */
    std::string_view folded()
    {
        const auto content = field();
        if (!content) {
            return {};
        }
        fold_case(content->data(), content->size(), rules_.charset_);
        return trimmed({content->data(), content->size()});
    }
    /** A field as it is written; empty for NULL. */
    std::string_view plain()
    {
        const auto content = field();
        return content ? trimmed({content->data(), content->size()}) : std::string_view{};
    }
    std::string_view name()
    {
        std::pmr::string buffer(&rules_.arena_);
        return interned(canonical_name(folded(), buffer), {});
    }
    int number()
    {
        const std::string_view text = plain();
        int value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size()) {
            malformed("A number is none.");
        }
        return value;
    }
    std::optional<bool> flag()
    {
        const std::string_view text = plain();
        if (text.empty()) {
            return std::nullopt;
        }
        if (text != "true" && text != "false") {
            malformed("A boolean is neither true nor false.");
        }
        return text == "true";
    }
    Category category()
    {
        constexpr std::array<std::string_view, 9> names{"",   "SEARCH", "SHOPPING", "SOCIAL", "VIDEO",
                                                        "AI", "EMAIL",  "AD",       "PAYMENT"};
        const std::string_view text = plain();
        const auto place = std::find(names.begin(), names.end(), text);
        if (place == names.end()) {
            malformed("There is no category " + std::string(text.substr(0, 50)) + ".");
        }
        return static_cast<Category>(place - names.begin());
    }

    /** prefix + key, in memory that lives as long as the ruleset. */
    std::string_view interned(std::string_view prefix, std::string_view key)
    {
        const std::size_t size = prefix.size() + key.size();
        if (size == 0) {
            return {};
        }
        auto* text = static_cast<char*>(rules_.arena_.allocate(size, 1));
        std::copy(key.begin(), key.end(), std::copy(prefix.begin(), prefix.end(), text));
        return {text, size};
    }

    /** A pattern, or nothing for NULL; an empty text is the pattern of a missing value. */
    std::optional<Pattern> pattern(const std::string& rule, const char* column)
    {
        const auto content = field();
        if (!content) {
            return std::nullopt;
        }
        fold_case(content->data(), content->size(), rules_.charset_);
        try {
            return Pattern({content->data(), content->size()}, &rules_.arena_);
        } catch (const kernel::Error& e) {
            throw kernel::Error(e.code(), rule + ", column " + column + ": " + e.what(), e.detail(), e.hint());
        }
    }

    void read_record(char kind)
    {
        switch (kind) {
            case 'p': return read_platform();
            case 'c': return read_category();
            case 'h': return read_host();
            case 'a': return read_alias();
            case 'k': return read_click_id();
            case 'g': return read_group();
            case 'r': return read_rule();
            case 'n': return read_placeholder();
            default: malformed("It has a record of an unknown kind.");
        }
    }
    void read_platform()
    {
        const auto key = name();
        const auto family = name();
        rules_.platforms_.try_emplace(key, Platform{family, category()});
    }
    void read_category()
    {
        const auto source = folded();
        rules_.categories_.try_emplace(source, category());
    }
    void read_host()
    {
        std::string_view pattern_text = folded();
        const auto rule = interned("referrer:", pattern_text);
        const std::size_t slash = std::min(pattern_text.find('/'), pattern_text.size());
        std::string_view path = pattern_text.substr(slash);
        std::string_view host = pattern_text.substr(0, slash);
        while (path.starts_with('/')) {
            path.remove_prefix(1);
        }
        while (path.ends_with('/')) {
            path.remove_suffix(1);
        }
        const auto platform = name();
        if (host.ends_with(any_domain)) {
            host.remove_suffix(any_domain.size());
            rules_.labels_.try_emplace(host, Host{path, platform, category(), rule});
            return;
        }
        auto& table = host.ends_with(any_country) ? rules_.any_country_hosts_ : rules_.hosts_;
        host.remove_suffix(host.ends_with(any_country) ? any_country.size() : 0);
        table.try_emplace(host).first->second.push_back({path, platform, category(), rule});
    }
    void read_alias()
    {
        const auto key = name();
        const auto platform = name();
        rules_.aliases_.try_emplace(key, Alias{platform, flag().value_or(false), interned("alias:", key)});
    }
    void read_click_id()
    {
        const auto parameter = folded();
        const auto platform = name();
        const auto channel = plain();
        const auto paid = flag();
        const auto evidence = !paid ? Evidence::ambiguous : (*paid ? Evidence::paid : Evidence::organic);
        rules_.click_ids_.try_emplace(parameter, ClickId{platform, channel, evidence, interned("click_id:", parameter)});
    }
    void read_group()
    {
        GroupRule rule;
        rule.position = number();
        const std::string label = "channel group at position " + std::to_string(rule.position);
        rule.channel = plain();
        rule.source = pattern(label, "source");
        rule.medium = pattern(label, "medium");
        rule.campaign = pattern(label, "campaign");
        const auto listed = category();
        rule.category = listed == Category::none ? std::nullopt : std::optional(listed);
        const bool is_builtin = flag().value_or(false);
        rule.rule = interned(is_builtin ? "ga4:" : "group:", rule.channel);
        // A channel of the user's may have the name of a platform.
        if (is_builtin) {
            std::pmr::string lower(rule.channel, &rules_.arena_);
            fold_case(lower.data(), lower.size(), rules_.charset_);
            std::pmr::string buffer(&rules_.arena_);
            rules_.channels_.try_emplace(interned(canonical_name(lower, buffer), {}), rule.channel);
        }
        rules_.groups_.push_back(std::move(rule));
    }
    void read_rule()
    {
        constexpr std::array<const char*, ChannelRule::fields> columns{"source_type", "source", "medium", "campaign",
                                                                       "referrer_host"};
        ChannelRule rule;
        rule.priority = number();
        rule.builtin = flag().value_or(false);
        const std::string key = std::to_string(rule.priority);
        const std::string label = std::string(rule.builtin ? "built-in " : "") + "channel rule " + key;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            rule.conditions[i] = pattern(label, columns[i]);
        }
        rule.click_id = pattern(label, "click_id");
        rule.platform = name();
        rule.channel = plain();
        rule.is_paid = flag();
        rule.rule = interned(rule.builtin ? "product:" : "user:", key);
        rules_.rules_.push_back(std::move(rule));
    }

    void read_placeholder()
    {
        const auto written = folded();
        const auto from = field();
        try {
            rules_.placeholders_.add(written, from ? std::optional(purposes.find({from->data(), from->size()})) : std::nullopt);
        } catch (const kernel::Error& e) {
            throw kernel::Error(e.code(), std::string("placeholder: ") + e.what(), e.detail(), e.hint());
        }
    }

    Ruleset& rules_;
    std::span<char> rest_;
};

Ruleset::Ruleset(std::span<const std::byte> packed, Charset charset, std::pmr::memory_resource* upstream)
    : arena_(upstream),
      charset_(charset),
      platforms_(&arena_),
      categories_(&arena_),
      hosts_(&arena_),
      any_country_hosts_(&arena_),
      labels_(&arena_),
      aliases_(&arena_),
      click_ids_(&arena_),
      channels_(&arena_),
      groups_(&arena_),
      rules_(&arena_),
      placeholders_(&arena_)
{
    RulesetReader(*this, packed).read();
    sort_rules();
}

void Ruleset::sort_rules()
{
    const auto by_position = [](const GroupRule& a, const GroupRule& b) { return a.position < b.position; };
    const auto same_position = [](const GroupRule& a, const GroupRule& b) { return a.position == b.position; };
    // The user's record of a position comes first and replaces the built-in one; without a channel it only takes that away.
    std::stable_sort(groups_.begin(), groups_.end(), by_position);
    groups_.erase(std::unique(groups_.begin(), groups_.end(), same_position), groups_.end());
    std::erase_if(groups_, [](const GroupRule& rule) { return rule.channel.empty(); });
    std::stable_sort(rules_.begin(), rules_.end(), [](const ChannelRule& a, const ChannelRule& b) {
        return a.builtin != b.builtin ? b.builtin : a.priority < b.priority;
    });
}

const GroupRule* Ruleset::group(std::string_view source, std::string_view medium, std::string_view campaign,
                                Category category) const noexcept
{
    for (const GroupRule& rule : groups_) {
        if ((!rule.category || *rule.category == category) && holds(rule.medium, medium) && holds(rule.source, source) &&
            holds(rule.campaign, campaign)) {
            return &rule;
        }
    }
    return nullptr;
}

Category Ruleset::source_category(std::string_view source) const noexcept
{
    const Category* found = find_in(categories_, source);
    return found == nullptr ? Category::none : *found;
}

const Alias* Ruleset::alias(std::string_view name) const noexcept
{
    const Alias* found = find_in(aliases_, name);
    return found == nullptr || found->platform.empty() ? nullptr : found;
}

const Platform* Ruleset::platform(std::string_view name) const noexcept
{
    const Platform* found = find_in(platforms_, name);
    return found == nullptr || (found->family.empty() && found->category == Category::none) ? nullptr : found;
}

const ClickId* Ruleset::click_id(std::string_view parameter) const noexcept
{
    const ClickId* found = find_in(click_ids_, parameter);
    return found == nullptr || found->platform.empty() ? nullptr : found;
}

std::string_view Ruleset::channel_of(std::string_view platform) const noexcept
{
    const std::string_view* found = find_in(channels_, platform);
    return found == nullptr ? std::string_view{} : *found;
}

const Host* Ruleset::best_path(const Hosts& hosts, std::string_view name, std::string_view path) noexcept
{
    const Host* best = nullptr;
    if (const auto* entries = find_in(hosts, name)) {
        for (const Host& entry : *entries) {
            // Of equally long paths the first holds: the user's.
            if (has_path(path, entry.path) && (best == nullptr || entry.path.size() > best->path.size())) {
                best = &entry;
            }
        }
    }
    return best;
}

Ruleset::Match Ruleset::nearest(std::string_view name, std::string_view path) const noexcept
{
    const std::string_view stem = without_top_level(name);
    for (std::size_t start = 0; start < name.size();) {
        const std::string_view domain = name.substr(start);
        const Host* found = best_path(hosts_, domain, path);
        if (found == nullptr && start < stem.size()) {
            found = best_path(any_country_hosts_, stem.substr(start), path);
        }
        if (found != nullptr) {
            return {found, name.substr(0, start), domain};
        }
        const std::size_t dot = name.find('.', start);
        start = dot == std::string_view::npos ? name.size() : dot + 1;
    }
    return {};
}

/** The entry of a label, which may be numbered: mail2, www1. */
const Host* Ruleset::label(std::string_view text) const noexcept
{
    const Host* found = find_in(labels_, text);
    const std::size_t last = text.find_last_not_of("0123456789");
    return found == nullptr && last != std::string_view::npos ? find_in(labels_, text.substr(0, last + 1)) : found;
}

/** Whether a host below the domain of an entry is what the entry says. */
bool Ruleset::is_part(const Match& match) const noexcept
{
    const Category category = match.entry->category;
    if (category == Category::none || category >= Category::email) {
        return true;
    }
    // Below search.example.com everything is search.
    const Host* own = label(first_label(match.domain));
    if (category == Category::search && own != nullptr && own->category == Category::search) {
        return true;
    }
    for (std::string_view rest = match.front; !rest.empty();) {
        const std::string_view text = first_label(rest);
        rest.remove_prefix(text.size() + 1);
        const Host* entry = label(text);
        const bool is_other =
            entry == nullptr ? category == Category::search && !is_language(text) : entry->category == Category::none;
        if (is_other) {
            return false;
        }
    }
    return true;
}

std::optional<Host> Ruleset::judged(std::string_view name, const Match& match) const noexcept
{
    if (match.entry != nullptr && (match.entry->platform.empty() || match.front.empty())) {
        return match.entry->platform.empty() ? std::nullopt : std::optional(*match.entry);
    }
    const std::string_view first = first_label(name);
    const bool is_below = name.find('.', std::min(first.size() + 1, name.size())) != std::string_view::npos;
    if (const Host* anywhere = is_below ? label(first) : nullptr; anywhere != nullptr && !anywhere->platform.empty()) {
        return *anywhere;
    }
    if (match.entry == nullptr || is_part(match)) {
        return match.entry == nullptr ? std::nullopt : std::optional(*match.entry);
    }
    return Host{{}, match.entry->platform, Category::none, match.entry->rule};
}

std::optional<Host> Ruleset::host(const Location& referrer) const noexcept
{
    const Match match = nearest(referrer.host, referrer.path);
    if (match.entry != nullptr || !is_app(referrer)) {
        return judged(referrer.host, match);
    }
    std::array<char, longest_host> buffer{};
    const std::string_view domain = reversed(referrer.host, buffer);
    return judged(domain, nearest(domain, referrer.path));
}

std::pmr::string packed_record(std::string_view kind, std::span<const std::optional<std::string_view>> fields,
                               std::pmr::memory_resource* resource)
{
    if (kind.size() != 1) {
        throw kernel::Error(kernel::ErrorCode::invalid_parameter, "the kind of a record is one letter");
    }
    std::pmr::string record(kind, resource);
    for (const auto& field : fields) {
        if (field) {
            record.append(std::to_string(field->size())).append(":").append(*field);
        } else {
            record.append("-");
        }
    }
    return record;
}

bool is_paid_channel(std::string_view channel) noexcept
{
    return channel.starts_with("Paid ") || channel == "Display" || channel == "Cross-network";
}

}  // namespace marketing::channels
