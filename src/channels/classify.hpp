/**
 * Which platform and channel a touch came from, whether it was paid for, and which rule says so.
 *
 * Order of the evidence: the user's rules; the product's rules; a click id that proves an ad; the source with its alias, its
 * category and the medium (channel groups); the referrer; a click id that proves nothing about payment; the medium alone; the
 * source type. A rule that leaves a result open leaves it to those after it. Who comes back from a page of payment or from the
 * site itself comes from nowhere. What says nothing is direct, what says something that
 * nobody knows is unknown. Platform and channel of a touch agree: no channel's name is the platform of another channel.
 */
#pragma once

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "channels/ruleset.hpp"
#include "channels/url.hpp"
#include "kernel/hash.hpp"

namespace marketing::channels {

/** What is known of a touch, as it came; an empty view is a missing value. */
struct Touch {
    std::string_view source_type;
    std::string_view source;
    std::string_view medium;
    std::string_view campaign;
    std::string_view referrer;  // a host, or a whole URL
    std::span<const std::string_view> click_ids;
    std::string_view landing = {};  // host or URL of the page that was met
};

/** Views that hold until the classifier's next call, and no longer than the texts of the touch. */
struct TouchClass {
    std::string_view platform;
    std::string_view channel;
    bool is_paid = false;
    std::string_view rule;
};

/**
 * Classifies touch after touch; keeps its scratch memory between them, and what the last ones were: millions of touches have a few
 * hundred combinations of values.
 */
class Classifier {
public:
    Classifier(const Ruleset& rules, std::pmr::memory_resource* resource);

    [[nodiscard]] const Ruleset& rules() const noexcept { return rules_; }

    [[nodiscard]] TouchClass classify(const Touch& touch);
    /** The default channel group of GA4: no user rules, no aliases, no click ids. */
    [[nodiscard]] std::string_view channel_group(std::string_view source, std::string_view medium, std::string_view campaign);
    /** The canonical name of a platform; empty for a missing one. */
    [[nodiscard]] std::string_view platform_name(std::string_view name);

private:
    /** A touch with all values normalized. */
    struct Facts {
        std::string_view source_type;
        std::string_view source;  // empty for (direct), direct and unknown too
        std::string_view written_source;
        std::string_view medium;
        std::string_view campaign;
        Location referrer;  // empty where the visitor only came back
        Location written_referrer;
        std::optional<Host> host;  // of the referrer
        std::string_view nothing;  // the rule of a touch that says nothing; empty where it says something
    };
    /** What a name stands for. */
    struct Named {
        std::string_view platform;
        Category category = Category::none;
        bool is_network = false;
        const Alias* alias = nullptr;
    };
    struct Verdict {
        std::string_view platform;
        std::string_view channel;
        std::optional<bool> is_paid;
        std::string_view rule;
    };
    /** A touch that was classified: its values as one text, and what it was. */
    struct Known {
        explicit Known(std::pmr::memory_resource* resource) : key(resource), found(resource) {}
        std::pmr::string key;
        std::pmr::string found;  // platform, channel and rule
        std::size_t platform_size = 0;
        std::size_t channel_size = 0;
        bool is_paid = false;
    };

    [[nodiscard]] bool make_key(const Touch& touch);
    TouchClass classify_anew(const Touch& touch);
    Facts read(const Touch& touch);
    [[nodiscard]] std::string_view way_back(const Facts& facts, const Location& landing) const noexcept;
    void read_click_ids(std::span<const std::string_view> names);
    [[nodiscard]] bool holds(const ChannelRule& rule, const Facts& facts) const noexcept;
    void apply_rules(bool builtin, const Facts& facts, Verdict& verdict) const noexcept;
    [[nodiscard]] const ClickId* click(bool paid) const noexcept;
    [[nodiscard]] Category category_of_platform(std::string_view platform) const noexcept;
    [[nodiscard]] std::string_view family_of(std::string_view platform) const noexcept;
    Named resolve(std::string_view name, std::pmr::string& buffer);
    [[nodiscard]] Verdict grouped(const Facts& facts, std::string_view platform, Category category) const noexcept;
    [[nodiscard]] std::string_view paid_channel(const Facts& facts, Category category) const noexcept;

    Verdict judge(const Facts& facts);
    Verdict judge_of(std::string_view platform, const Facts& facts);
    [[nodiscard]] bool contradicts(const Verdict& verdict) const noexcept;
    Verdict judge_paid_click(const Facts& facts, const ClickId& id);
    Verdict judge_source(const Facts& facts);
    Verdict judge_hint(const Facts& facts, const ClickId& id) const noexcept;
    Verdict judge_rest(const Facts& facts);
    Verdict channel_as_platform(Verdict verdict, const Facts& facts);

    const Ruleset& rules_;
    std::pmr::string source_type_;
    std::pmr::string source_;
    std::pmr::string medium_;
    std::pmr::string campaign_;
    std::pmr::string referrer_;
    std::pmr::string landing_;
    std::pmr::string name_;
    std::pmr::string channel_name_;
    std::pmr::string click_text_;
    std::pmr::vector<std::string_view> click_names_;
    std::pmr::string key_;
    std::pmr::vector<Known> known_;  // by hash; the latest stays
    kernel::HashSeed seed_ = kernel::HashSeed::next();
};

}  // namespace marketing::channels
