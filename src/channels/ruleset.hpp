/**
 * The rules of classification, compiled from the packed value that analytics.channel_ruleset() makes of the config tables.
 *
 * Packed form: a digest of 32 bytes, a line with the format's name, then records. A record is a letter and its fields, each
 * written <length>:<bytes>, or - for NULL; the last record, e, holds the number of the others. Per kind, the user's records come
 * before the built-in ones, and the first record of a key holds.
 */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "channels/pattern.hpp"
#include "channels/placeholders.hpp"
#include "channels/text.hpp"
#include "channels/url.hpp"

namespace marketing::channels {

/** What kind of site a source is; none: nobody listed it. An ad is a server of ads, a payment a page where people pay. */
enum class Category : std::uint8_t { none, search, shopping, social, video, ai, email, ad, payment };

inline constexpr std::size_t digest_size = 32;

struct Platform {
    std::string_view family;
    Category category = Category::none;
};

/** A host of a network; empty platform: a host that the user took off the list. */
struct Host {
    std::string_view path;  // without '/' at its ends; empty: any
    std::string_view platform;
    Category category = Category::none;
    std::string_view rule;
};

struct Alias {
    std::string_view platform;
    bool implies_paid = false;
    std::string_view rule;
};

enum class Evidence : std::uint8_t { organic, ambiguous, paid };

struct ClickId {
    std::string_view platform;
    std::string_view channel;
    Evidence evidence = Evidence::ambiguous;
    std::string_view rule;
};

/** One line of the channel groups: all conditions that it has must hold. */
struct GroupRule {
    int position = 0;
    std::optional<Pattern> source;
    std::optional<Pattern> medium;
    std::optional<Pattern> campaign;
    std::optional<Category> category;
    std::string_view channel;
    std::string_view rule;
};

/** One rule of analytics.channel_rule. An empty result is left to the rules after it. */
struct ChannelRule {
    enum Field : std::uint8_t { source_type, source, medium, campaign, referrer_host, fields };
    int priority = 0;
    bool builtin = false;
    std::array<std::optional<Pattern>, fields> conditions;
    std::optional<Pattern> click_id;
    std::string_view platform;
    std::string_view channel;
    std::optional<bool> is_paid;
    std::string_view rule;
};

class Ruleset {
public:
    /**
     * Compiles a packed ruleset. Throws Error(malformed_binary) where the bytes are no ruleset, Error(invalid_parameter) naming
     * the rule where one has an invalid pattern. All memory comes from `upstream`; nothing points into `packed` afterwards.
     */
    Ruleset(std::span<const std::byte> packed, Charset charset, std::pmr::memory_resource* upstream);
    Ruleset(const Ruleset&) = delete;
    Ruleset& operator=(const Ruleset&) = delete;

    [[nodiscard]] Charset charset() const noexcept { return charset_; }
    [[nodiscard]] const Placeholders& placeholders() const noexcept { return placeholders_; }
    /** The user's rules, then the built-in ones, each by priority. */
    [[nodiscard]] std::span<const ChannelRule> rules() const noexcept { return rules_; }
    /** The first channel group that holds, or nullptr. Arguments normalized. */
    [[nodiscard]] const GroupRule* group(std::string_view source, std::string_view medium, std::string_view campaign,
                                         Category category) const noexcept;
    /** The category that lists give a source, by its normalized spelling. */
    [[nodiscard]] Category source_category(std::string_view source) const noexcept;
    /** The following take canonical names and return nullptr for what is not known. */
    [[nodiscard]] const Alias* alias(std::string_view name) const noexcept;
    [[nodiscard]] const Platform* platform(std::string_view name) const noexcept;
    [[nodiscard]] const ClickId* click_id(std::string_view parameter) const noexcept;
    /** The channel that a platform's name stands for, Paid Search for paid_search; empty for the name of a platform. */
    [[nodiscard]] std::string_view channel_of(std::string_view platform) const noexcept;
    /**
     * What the lists say of a host in lower case: the nearest entry whose path is the head of its path, of the host itself or of
     * a domain above it. Below a domain the labels in front count, too: mail.* is e-mail anywhere, ads.* belongs to the network
     * and is none of its pages, and of a search engine only languages, countries and labels of search (images.*) are one. An app
     * (com.linkedin.android) belongs to the domain that its name is made of.
     */
    [[nodiscard]] std::optional<Host> host(const Location& referrer) const noexcept;

private:
    friend class RulesetReader;
    template <class Value>
    using Map = std::pmr::unordered_map<std::string_view, Value>;
    using Hosts = Map<std::pmr::vector<Host>>;

    /** An entry and what stands in front of its domain ("images." of images.google.de). */
    struct Match {
        const Host* entry = nullptr;
        std::string_view front;
        std::string_view domain;
    };

    static const Host* best_path(const Hosts& hosts, std::string_view name, std::string_view path) noexcept;
    [[nodiscard]] Match nearest(std::string_view name, std::string_view path) const noexcept;
    [[nodiscard]] const Host* label(std::string_view text) const noexcept;
    [[nodiscard]] bool is_part(const Match& match) const noexcept;
    [[nodiscard]] std::optional<Host> judged(std::string_view name, const Match& match) const noexcept;
    void sort_rules();

    std::pmr::monotonic_buffer_resource arena_;
    Charset charset_;
    Map<Platform> platforms_;
    Map<Category> categories_;
    Hosts hosts_;
    Hosts any_country_hosts_;  // google.{} by google
    Map<Host> labels_;         // mail.* by mail
    Map<Alias> aliases_;
    Map<ClickId> click_ids_;
    Map<std::string_view> channels_;  // Paid Search by paid_search
    std::pmr::vector<GroupRule> groups_;
    std::pmr::vector<ChannelRule> rules_;
    Placeholders placeholders_;
};

/** One record of the packed form, for analytics.channel_ruleset() to string together. Throws Error(invalid_parameter) for no letter. */
[[nodiscard]] std::pmr::string packed_record(std::string_view kind, std::span<const std::optional<std::string_view>> fields,
                                             std::pmr::memory_resource* resource);

/** What stands between the digest and the first record. */
inline constexpr std::string_view format_line = "pg_marketing rules 1\n";

/** Whether a channel is bought: Paid ..., Display, Cross-network. */
[[nodiscard]] bool is_paid_channel(std::string_view channel) noexcept;

}  // namespace marketing::channels
