#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "channels/classify.hpp"
#include "channels/ruleset.hpp"
#include "error_of.hpp"
#include "kernel/error.hpp"

namespace {

using namespace unit_test;
using marketing::channels::Charset;
using marketing::channels::Classifier;
using marketing::channels::digest_size;
using marketing::channels::format_line;
using marketing::channels::packed_record;
using marketing::channels::Ruleset;
using marketing::channels::Touch;
using marketing::kernel::Error;
using Field = std::optional<std::string_view>;

constexpr Field null = std::nullopt;
constexpr std::string_view paid = "*cp*|ppc|retargeting|paid*";
constexpr std::string_view shop = "shop*|*[^a-df-z]shop*|*shopping*";
constexpr std::string_view email = "email|e-mail|e_mail|e mail";

/** Strings records together as analytics.channel_ruleset() does. */
class Packer {
public:
    Packer& add(std::string_view kind, const std::vector<Field>& fields)
    {
        body_ += packed_record(kind, fields, std::pmr::get_default_resource());
        ++records_;
        return *this;
    }
    [[nodiscard]] std::string packed() const
    {
        const std::string count = std::to_string(records_);
        return std::string(digest_size, '\0') + std::string(format_line) + body_ + "e" + std::to_string(count.size()) + ":" +
               count;
    }

private:
    std::string body_;
    int records_ = 0;
};

void add_groups(Packer& pack)
{
    const auto group = [&pack](const char* position, const char* channel, Field source, Field medium, Field campaign,
                               Field category) {
        pack.add("g", {position, channel, source, medium, campaign, category, "true"});
    };
    group("10", "Direct", "(direct)", "", null, null);
    group("20", "Cross-network", null, null, "*cross-network*", null);
    group("30", "Paid Shopping", null, paid, null, "SHOPPING");
    group("31", "Paid Shopping", null, paid, shop, null);
    group("40", "Paid Search", null, paid, null, "SEARCH");
    group("50", "Paid Social", null, paid, null, "SOCIAL");
    group("60", "Paid Video", null, paid, null, "VIDEO");
    group("70", "Display", null, "display|banner|expandable|interstitial|cpm", null, null);
    group("71", "Display", null, null, null, "AD");
    group("80", "Paid Other", null, paid, null, null);
    group("90", "Organic Shopping", null, null, null, "SHOPPING");
    group("91", "Organic Shopping", null, null, shop, null);
    group("100", "Organic Social", null, null, null, "SOCIAL");
    group("101", "Organic Social", null, "social|social-network|social-media|sm|social network|social media", null, null);
    group("110", "Organic Video", null, null, null, "VIDEO");
    group("111", "Organic Video", null, "*video*", null, null);
    group("120", "Organic Search", null, null, null, "SEARCH");
    group("121", "Organic Search", null, "organic", null, null);
    group("130", "AI Assistant", null, null, null, "AI");
    group("131", "AI Assistant", null, "ai-assistant", null, null);
    group("135", "Email", null, null, null, "EMAIL");
    group("140", "Referral", null, "referral|app|link", null, null);
    group("150", "Email", email, null, null, null);
    group("151", "Email", null, email, null, null);
    group("160", "Affiliates", null, "affiliate", null, null);
    group("170", "Audio", null, "audio", null, null);
    group("180", "SMS", "sms", null, null, null);
    group("181", "SMS", null, "sms", null, null);
    group("190", "Mobile Push Notifications", null, "*push|*mobile*|*notification*", null, null);
    group("191", "Mobile Push Notifications", "firebase", null, null, null);
}

void add_product_rules(Packer& pack)
{
    const auto rule = [&pack](const char* priority, std::vector<Field> rest) {
        std::vector<Field> fields{priority, "true"};
        fields.insert(fields.end(), rest.begin(), rest.end());
        pack.add("r", fields);
    };
    rule("10", {null, email, null, null, null, null, "email", "Email", "false"});
    rule("20", {null, null, email, null, null, null, "email", "Email", "false"});
    rule("30", {null, "viber", null, null, null, null, "viber", null, null});
    rule("40", {null, "telegram|tg", null, null, null, null, "telegram", null, null});
    rule("50", {"*event*", "|(direct)", "", null, null, "", "event", "Unassigned", "false"});
    rule("60", {null, "(direct)|direct", "|none", "|(direct)", "", "", "direct", "Direct", null});
    rule("70", {"direct|(direct)|visit", "", "", "", "", "", "direct", "Direct", null});
}

void add_sources(Packer& pack)
{
    pack.add("p", {"facebook", "meta", null}).add("p", {"instagram", "meta", null}).add("p", {"google", "google", null});
    pack.add("p", {"youtube", "google", null})
        .add("p", {"google_display", "google", null})
        .add("p", {"tiktok", "tiktok", null});
    pack.add("p", {"microsoft", "microsoft", "SEARCH"})
        .add("p", {"bing", "microsoft", null})
        .add("p", {"outbrain", "outbrain", null});
    pack.add("p", {"viber", "viber", "SOCIAL"})
        .add("p", {"telegram", "telegram", "SOCIAL"})
        .add("p", {"seen_once", null, null});
    for (const char* source : {"facebook", "fb", "instagram", "ig", "m.facebook.com", "tiktok", "t.co", "social"}) {
        pack.add("c", {source, "SOCIAL"});
    }
    for (const char* source : {"google", "bing", "yandex"}) {
        pack.add("c", {source, "SEARCH"});
    }
    for (const char* source : {"youtube", "youtube.com"}) {
        pack.add("c", {source, "VIDEO"});
    }
    pack.add("c", {"amazon", "SHOPPING"});
    pack.add("h", {"google.{}", "google", "SEARCH"}).add("h", {"news.google.{}", "google", "SEARCH"});
    pack.add("h", {"mail.google.com", "email", "EMAIL"}).add("h", {"docs.google.com", "google", null});
    pack.add("h", {"gemini.google.com", "gemini", "AI"}).add("h", {"bing.com", "bing", "SEARCH"});
    pack.add("h", {"bing.com/images/search", "bing_images", "SEARCH"}).add("h", {"facebook.com", "facebook", "SOCIAL"});
    pack.add("h", {"instagram.com", "instagram", "SOCIAL"})
        .add("h", {"t.co", "twitter", "SOCIAL"})
        .add("h", {"x.com", "twitter", "SOCIAL"});
    pack.add("h", {"mail.*", "email", "EMAIL"}).add("h", {"ads.*", null, null}).add("h", {"images.*", null, "SEARCH"});
    pack.add("h", {"search.*", null, "SEARCH"}).add("h", {"search.yahoo.com", "yahoo", "SEARCH"});
    pack.add("h", {"ads.example", "example_ads", "AD"}).add("h", {"syndication.example", "google_display", "AD"});
    pack.add("h", {"x.com/i/grok", "grok", "AI"})
        .add("h", {"chatgpt.com", "chatgpt", "AI"})
        .add("h", {"youtube.com", "youtube", "VIDEO"});
    const auto alias = [&pack](const char* name, const char* platform, const char* implies_paid) {
        pack.add("a", {name, platform, implies_paid});
    };
    alias("fb", "facebook", "false");
    alias("fb-ads", "facebook", "true");
    alias("Facebook_Ads", "facebook", "true");
    alias("ig", "instagram", "false");
    alias("google_ads", "google", "true");
    alias("adwords", "google", "true");
    alias("tg", "telegram", "false");
    alias("yt_ads", "youtube", "true");
    pack.add("k", {"gclid", "google", "Paid Search", "true"}).add("k", {"dclid", "google_display", "Display", "true"});
    pack.add("k", {"msclkid", "microsoft", "Paid Search", "true"}).add("k", {"ttclid", "tiktok", "Paid Social", "true"});
    pack.add("k", {"ob_click_id", "outbrain", "Paid Other", "true"}).add("k", {"fbclid", "facebook", null, null});
    pack.add("k", {"mc_cid", "email", "Email", "false"}).add("k", {"newclid", "google", null, "true"});
    for (const char* pattern : {"(not set)", "(none)", "null", "undefined"}) {
        pack.add("n", {pattern, "key"});
    }
}

Packer all_rules()
{
    Packer pack;
    add_groups(pack);
    add_product_rules(pack);
    add_sources(pack);
    return pack;
}

std::span<const std::byte> bytes(std::string_view text)
{
    return std::as_bytes(std::span(text.data(), text.size()));
}

class Rules {
public:
    explicit Rules(const Packer& pack)
        : packed_(pack.packed()),
          rules_(bytes(packed_), Charset::utf8, std::pmr::get_default_resource()),
          classifier_(rules_, std::pmr::get_default_resource())
    {
    }
    /** "platform/channel/paid or free/rule" */
    std::string operator()(const Touch& touch)
    {
        const auto result = classifier_.classify(touch);
        return std::string(result.platform) + "/" + std::string(result.channel) + (result.is_paid ? "/paid/" : "/free/") +
               std::string(result.rule);
    }
    Classifier& classifier() { return classifier_; }

private:
    std::string packed_;
    Ruleset rules_;
    Classifier classifier_;
};

Touch utm(std::string_view source, std::string_view medium = {}, std::string_view campaign = {})
{
    Touch touch;
    touch.source = source;
    touch.medium = medium;
    touch.campaign = campaign;
    return touch;
}

Touch from(std::string_view referrer)
{
    Touch touch;
    touch.referrer = referrer;
    return touch;
}

class Clicked {
public:
    explicit Clicked(Touch touch, std::vector<std::string_view> ids) : touch_(touch), ids_(std::move(ids))
    {
        touch_.click_ids = ids_;
    }
    operator const Touch&() const { return touch_; }

private:
    Touch touch_;
    std::vector<std::string_view> ids_;
};

TEST(ChannelGroup, AgreesWithTheVectors)
{
    struct Vector {
        const char* source;
        const char* medium;
        const char* campaign;
        const char* channel;
    };
    const std::vector<Vector> vectors{{"(direct)", "(none)", "", "Direct"},
                                      {"google", "cpc", "brand", "Paid Search"},
                                      {"google", "organic", "", "Organic Search"},
                                      {"google", "cpc", "summer-cross-network", "Cross-network"},
                                      {"google", "cpc", "shopping_uk", "Paid Shopping"},
                                      {"google", "cpc", "eshop_de", "Paid Shopping"},
                                      {"newsletter", "email", "workshop_may", "Email"},
                                      {"facebook", "paid_social", "x", "Paid Social"},
                                      {"facebook", "cpm", "x", "Paid Social"},
                                      {"somesite", "cpm", "x", "Display"},
                                      {"somesite", "cpc", "x", "Paid Other"},
                                      {"fb", "cpc", "x", "Paid Social"},
                                      {"m.facebook.com", "referral", "", "Organic Social"},
                                      {"instagram", "social", "", "Organic Social"},
                                      {"t.co", "referral", "", "Organic Social"},
                                      {"youtube", "cpv", "x", "Paid Video"},
                                      {"youtube.com", "referral", "", "Organic Video"},
                                      {"bing", "retargeting", "x", "Paid Search"},
                                      {"bing.com", "referral", "", "Referral"},
                                      {"tiktok", "paid", "x", "Paid Social"},
                                      {"amazon", "referral", "", "Organic Shopping"},
                                      {"amazon", "cpc", "x", "Paid Shopping"},
                                      {"partner", "affiliate", "x", "Affiliates"},
                                      {"spotify", "audio", "x", "Audio"},
                                      {"sms", "", "x", "SMS"},
                                      {"crm", "sms", "x", "SMS"},
                                      {"onesignal", "web-push", "x", "Mobile Push Notifications"},
                                      {"firebase", "x", "x", "Mobile Push Notifications"},
                                      {"Klaviyo", "E-mail", "x", "Email"},
                                      {"blog.example.com", "referral", "", "Referral"},
                                      {"chatgpt.com", "referral", "", "Referral"},
                                      {"", "", "", "Unassigned"},
                                      {"google", "", "", "Organic Search"}};
    ASSERT_EQ(vectors.size(), 33U);
    Rules rules(all_rules());
    for (const Vector& each : vectors) {
        EXPECT_EQ(rules.classifier().channel_group(each.source, each.medium, each.campaign), each.channel)
            << each.source << ", " << each.medium << ", " << each.campaign;
    }
}

TEST(Classify, KeepsTheProductsRules)
{
    Rules rules(all_rules());
    EXPECT_EQ(rules(utm("Email")), "email/Email/free/product:10");
    EXPECT_EQ(rules(utm("facebook", "e-mail")), "email/Email/free/product:20");
    EXPECT_EQ(rules(utm("viber", "cpc")), "viber/Paid Social/paid/product:30");
    EXPECT_EQ(rules(utm("TG")), "telegram/Organic Social/free/product:40");
    Touch event = utm("");
    event.source_type = "Offline Event 2026";
    EXPECT_EQ(rules(event), "event/Unassigned/free/product:50");
    event.source = "facebook";
    EXPECT_EQ(rules(event), "facebook/Organic Social/free/ga4:Organic Social");
    EXPECT_EQ(rules(utm("(direct)", "(none)")), "direct/Direct/free/product:60");
    Touch direct;
    direct.source_type = "direct";
    EXPECT_EQ(rules(direct), "direct/Direct/free/product:70");
    direct.referrer = "https://t.co/x";
    EXPECT_EQ(rules(direct), "twitter/Organic Social/free/referrer:t.co");
    direct.referrer = {};
    direct.source_type = "Visit";
    EXPECT_EQ(rules(direct), "direct/Direct/free/product:70");
    EXPECT_EQ(rules(utm("direct")), "direct/Direct/free/product:60");
    EXPECT_EQ(rules(utm("Direct", "none")), "direct/Direct/free/product:60");
}

TEST(Classify, TellsADirectVisitFromOneThatSaysSomethingUnknown)
{
    Rules rules(all_rules());
    EXPECT_EQ(rules(Touch{}), "direct/Direct/free/nothing");
    EXPECT_EQ(rules(utm("(not set)", "null", "undefined")), "direct/Direct/free/nothing");
    EXPECT_EQ(rules(utm("", "something")), "unknown/Unassigned/free/none");
    EXPECT_EQ(rules(utm("", "", "spring")), "unknown/Unassigned/free/none");
    EXPECT_EQ(rules(utm("unknown")), "unknown/Unassigned/free/none");
    EXPECT_EQ(rules(utm("(direct)", "something")), "unknown/Unassigned/free/none");
    EXPECT_EQ(rules(Clicked({}, {"unheard_of"})), "unknown/Unassigned/free/none");
    Touch call;
    call.source_type = "call";
    EXPECT_EQ(rules(call), "unknown/Unassigned/free/none");
    Touch searched = utm("direct");
    searched.referrer = "https://www.google.com/";
    EXPECT_EQ(rules(searched), "google/Organic Search/free/referrer:google.{}");
}

TEST(Classify, NeverLetsPlatformAndChannelContradictEachOther)
{
    Rules rules(all_rules());
    EXPECT_EQ(rules(utm("mail.google.com", "referral")), "email/Email/free/ga4:Email");
    EXPECT_EQ(rules(utm("mail.google.com", "cpc")), "paid_search/Paid Search/paid/medium");
    EXPECT_EQ(rules(utm("paid_social")), "paid_social/Paid Social/paid/ga4:Unassigned");
    EXPECT_EQ(rules(utm("paid-search", "social")), "organic_social/Organic Social/free/ga4:Organic Social");
    EXPECT_EQ(rules(utm("unknown", "referral")), "referral/Referral/free/ga4:Referral");
    EXPECT_EQ(rules(Clicked(utm("viber"), {"gclid"})), "viber/Organic Social/free/product:30");
    EXPECT_EQ(rules(Clicked(utm("", "cpc"), {"mc_cid"})), "email/Email/free/click_id:mc_cid");
    Touch ad_in_mail = from("mail.google.com");
    ad_in_mail.medium = "cpc";
    EXPECT_EQ(rules(ad_in_mail), "paid_search/Paid Search/paid/medium");

    const std::vector<std::string_view> sources{"",        "google",      "facebook",        "viber",      "tg",
                                                "fb-ads",  "email",       "mail.google.com", "direct",     "(direct)",
                                                "unknown", "referral",    "paid_search",     "sms",        "spring",
                                                "youtube", "ads.example", "event",           "chatgpt.com"};
    const std::vector<std::string_view> mediums{"",        "cpc", "email", "referral",  "social", "organic",
                                                "display", "foo", "video", "affiliate", "none",   "paid-social"};
    const std::vector<std::string_view> referrers{"",
                                                  "www.google.de",
                                                  "mail.example.org",
                                                  "l.facebook.com",
                                                  "blog.example.org",
                                                  "youtube.com",
                                                  "ads.example",
                                                  "chatgpt.com",
                                                  "keep.google.com",
                                                  "not a host"};
    const std::vector<std::string_view> click_ids{"", "gclid", "fbclid", "mc_cid", "ttclid", "dclid", "other"};
    const std::vector<std::string_view> source_types{"", "visit", "call", "Instagram", "school event", "sms", "(direct)"};
    const std::map<std::string_view, std::string_view> named{{"direct", "Direct"},
                                                             {"email", "Email"},
                                                             {"referral", "Referral"},
                                                             {"unknown", "Unassigned"},
                                                             {"paid_search", "Paid Search"},
                                                             {"paid_social", "Paid Social"},
                                                             {"organic_social", "Organic Social"},
                                                             {"sms", "SMS"},
                                                             {"display", "Display"},
                                                             {"paid_other", "Paid Other"},
                                                             {"organic_search", "Organic Search"},
                                                             {"affiliates", "Affiliates"}};
    std::mt19937 random(20261129);
    const auto one_of = [&random](const std::vector<std::string_view>& values) { return values[random() % values.size()]; };
    for (int i = 0; i < 100000; ++i) {
        Touch touch = utm(one_of(sources), one_of(mediums), random() % 5 == 0 ? "eshop" : "");
        touch.source_type = one_of(source_types);
        touch.referrer = one_of(referrers);
        const std::vector<std::string_view> ids{one_of(click_ids)};
        touch.click_ids = ids;
        const auto result = rules.classifier().classify(touch);
        const std::string what = "source " + std::string(touch.source) + ", medium " + std::string(touch.medium) +
                                 ", referrer " + std::string(touch.referrer) + ", " + std::string(ids[0]) + ", type " +
                                 std::string(touch.source_type) + ": " + std::string(result.platform) + ", " +
                                 std::string(result.channel);
        const auto place = named.find(result.platform);
        ASSERT_TRUE(place == named.end() || place->second == result.channel) << what;
        ASSERT_EQ(result.platform == "direct", result.channel == "Direct") << what;
        ASSERT_EQ(result.is_paid, result.channel.starts_with("Paid ") || result.channel == "Display") << what;
        const bool is_social = result.platform == "facebook" || result.platform == "viber" || result.platform == "tiktok";
        ASSERT_FALSE(is_social && result.channel.ends_with("Search")) << what;
    }
}

TEST(Classify, NamesAPaidTouchOfAnUnknownSourceByItsMedium)
{
    Rules rules(all_rules());
    EXPECT_EQ(rules(utm("", "paid_search")), "paid_search/Paid Search/paid/medium");
    EXPECT_EQ(rules(utm("somesite", "cpc")), "paid_search/Paid Search/paid/medium");
    EXPECT_EQ(rules(utm("somesite", "Paid-Social")), "paid_social/Paid Social/paid/medium");
    EXPECT_EQ(rules(utm("somesite", "cpa")), "paid_other/Paid Other/paid/ga4:Paid Other");
    EXPECT_EQ(rules(utm("somesite", "cpm")), "display/Display/paid/ga4:Display");
    EXPECT_EQ(rules(utm("facebook", "cpm")), "facebook/Paid Social/paid/ga4:Paid Social");
    EXPECT_EQ(rules(utm("somesite", "cpc", "eshop")), "paid_shopping/Paid Shopping/paid/ga4:Paid Shopping");
    EXPECT_EQ(rules(utm("outbrain", "cpc")), "outbrain/Paid Other/paid/ga4:Paid Other");
    EXPECT_EQ(rules(utm("", "organic")), "organic_search/Organic Search/free/ga4:Organic Search");
}

TEST(Classify, DropsNoSource)
{
    Rules rules(all_rules());
    EXPECT_EQ(rules(utm("Spring Promo - 2026")), "spring_promo_2026/Unassigned/free/ga4:Unassigned");
    EXPECT_EQ(rules(utm("seen_once", "cpc")), "paid_search/Paid Search/paid/medium");
    EXPECT_EQ(rules(utm("blog.example.com", "referral")), "blog.example.com/Referral/free/ga4:Referral");
    EXPECT_EQ(rules(utm("bing.com", "referral")), "bing/Organic Search/free/ga4:Organic Search");
    EXPECT_EQ(rules(utm("chatgpt.com")), "chatgpt/AI Assistant/free/ga4:AI Assistant");
}

TEST(Classify, BelievesClickIds)
{
    Rules rules(all_rules());
    EXPECT_EQ(rules(Clicked({}, {"GCLID"})), "google/Paid Search/paid/click_id:gclid");
    EXPECT_EQ(rules(Clicked(utm("google", "organic"), {"gclid"})), "google/Paid Search/paid/click_id:gclid");
    EXPECT_EQ(rules(Clicked(utm("google", "cpc", "shopping"), {"gclid"})), "google/Paid Shopping/paid/click_id:gclid");
    EXPECT_EQ(rules(Clicked(utm("youtube", "cpv"), {"gclid"})), "google/Paid Video/paid/click_id:gclid");
    EXPECT_EQ(rules(Clicked(utm("newsletter", "cpc"), {"gclid"})), "google/Paid Search/paid/click_id:gclid");
    EXPECT_EQ(rules(Clicked(utm("facebook", "cpc"), {"gclid"})), "google/Paid Search/paid/click_id:gclid");
    EXPECT_EQ(rules(Clicked({}, {"dclid"})), "google_display/Display/paid/click_id:dclid");
    EXPECT_EQ(rules(Clicked(utm("bing", "cpc"), {"msclkid"})), "microsoft/Paid Search/paid/click_id:msclkid");
    EXPECT_EQ(rules(Clicked(utm("outbrain"), {"ob_click_id"})), "outbrain/Paid Other/paid/click_id:ob_click_id");
    EXPECT_EQ(rules(Clicked({}, {"newclid"})), "google/Paid Search/paid/click_id:newclid");
    EXPECT_EQ(rules(Clicked({}, {"unheard_of", "", "ttclid"})), "tiktok/Paid Social/paid/click_id:ttclid");
    EXPECT_EQ(rules(Clicked({}, {"fbclid", "gclid"})), "google/Paid Search/paid/click_id:gclid");
}

TEST(Classify, TakesFbclidForAHintOnly)
{
    Rules rules(all_rules());
    EXPECT_EQ(rules(Clicked({}, {"fbclid"})), "facebook/Organic Social/free/click_id:fbclid");
    EXPECT_EQ(rules(Clicked(from("l.instagram.com"), {"fbclid"})), "instagram/Organic Social/free/referrer:instagram.com");
    EXPECT_EQ(rules(Clicked(utm("instagram", "cpc"), {"fbclid"})), "instagram/Paid Social/paid/ga4:Paid Social");
    EXPECT_EQ(rules(Clicked(utm("spring"), {"fbclid"})), "spring/Unassigned/free/ga4:Unassigned");
    EXPECT_EQ(rules(Clicked(utm("spring", "cpc"), {"fbclid"})), "facebook/Paid Social/paid/click_id:fbclid");
    EXPECT_EQ(rules(Clicked(from("blog.example.org"), {"fbclid"})), "facebook/Organic Social/free/click_id:fbclid");
    EXPECT_EQ(rules(Clicked({}, {"mc_cid"})), "email/Email/free/click_id:mc_cid");
}

TEST(Classify, KnowsAliases)
{
    Rules rules(all_rules());
    EXPECT_EQ(rules(utm("FB Ads")), "facebook/Paid Social/paid/alias:fb_ads");
    EXPECT_EQ(rules(utm("facebook-ads", "cpc")), "facebook/Paid Social/paid/ga4:Paid Social");
    EXPECT_EQ(rules(utm("adwords", "referral")), "google/Paid Search/paid/alias:adwords");
    EXPECT_EQ(rules(utm("yt-ads")), "youtube/Paid Video/paid/alias:yt_ads");
    EXPECT_EQ(rules(utm("ig")), "instagram/Organic Social/free/ga4:Organic Social");
    EXPECT_EQ(rules.classifier().platform_name(" Google-Ads "), "google");
    EXPECT_EQ(rules.classifier().platform_name("Paid Search"), "paid_search");
    EXPECT_EQ(rules.classifier().platform_name("lm.facebook.com"), "facebook");
    EXPECT_EQ(rules.classifier().platform_name("(not set)"), "");
}

TEST(Classify, KnowsReferrers)
{
    Rules rules(all_rules());
    EXPECT_EQ(rules(from("www.google.com.ua")), "google/Organic Search/free/referrer:google.{}");
    EXPECT_EQ(rules(from("https://www.Google.co.uk/search?q=x")), "google/Organic Search/free/referrer:google.{}");
    EXPECT_EQ(rules(from("google.cat")), "google/Organic Search/free/referrer:google.{}");
    EXPECT_EQ(rules(from("news.google.pl")), "google/Organic Search/free/referrer:news.google.{}");
    EXPECT_EQ(rules(from("mail.google.com")), "email/Email/free/referrer:mail.google.com");
    EXPECT_EQ(rules(from("docs.google.com")), "google/Referral/free/referrer:docs.google.com");
    EXPECT_EQ(rules(from("gemini.google.com")), "gemini/AI Assistant/free/referrer:gemini.google.com");
    EXPECT_EQ(rules(from("google.evil")), "referral/Referral/free/referrer");
    EXPECT_EQ(rules(from("google.com.evil.example")), "referral/Referral/free/referrer");
    EXPECT_EQ(rules(from("notfacebook.com")), "referral/Referral/free/referrer");
    EXPECT_EQ(rules(from("m.facebook.com")), "facebook/Organic Social/free/referrer:facebook.com");
    EXPECT_EQ(rules(from("l.instagram.com")), "instagram/Organic Social/free/referrer:instagram.com");
    EXPECT_EQ(rules(from("x.com")), "twitter/Organic Social/free/referrer:x.com");
    EXPECT_EQ(rules(from("https://x.com/i/grok?a")), "grok/AI Assistant/free/referrer:x.com/i/grok");
    EXPECT_EQ(rules(from("https://x.com/i/grokking")), "twitter/Organic Social/free/referrer:x.com");
    EXPECT_EQ(rules(from("https://bing.com/images/search/")),
              "bing_images/Organic Search/free/referrer:bing.com/images/search");
    EXPECT_EQ(rules(from("not a host")), "unknown/Unassigned/free/none");
    Touch paid_referral = from("www.google.de");
    paid_referral.medium = "cpc";
    EXPECT_EQ(rules(paid_referral), "google/Paid Search/paid/referrer:google.{}");
}

TEST(Classify, TellsPagesOfANetworkFromTheRestOfIt)
{
    Rules rules(all_rules());
    EXPECT_EQ(rules(from("keep.google.com")), "google/Referral/free/referrer:google.{}");
    EXPECT_EQ(rules(from("pt-br.images.google.fr")), "google/Organic Search/free/referrer:google.{}");
    EXPECT_EQ(rules(from("espanol.search.yahoo.com")), "yahoo/Organic Search/free/referrer:search.yahoo.com");
    EXPECT_EQ(rules(from("ads.facebook.com")), "facebook/Referral/free/referrer:facebook.com");
    EXPECT_EQ(rules(from("ads2.m.facebook.com")), "facebook/Referral/free/referrer:facebook.com");
    EXPECT_EQ(rules(from("web.facebook.com")), "facebook/Organic Social/free/referrer:facebook.com");
    EXPECT_EQ(rules(from("mail.example.org")), "email/Email/free/referrer:mail.*");
    EXPECT_EQ(rules(from("mail2.facebook.com")), "email/Email/free/referrer:mail.*");
    EXPECT_EQ(rules(from("mail.org")), "referral/Referral/free/referrer");
    EXPECT_EQ(rules(from("https://ads.ads.example/click")), "example_ads/Display/paid/referrer:ads.example");
}

TEST(Classify, KnowsAppsByTheDomainsInTheirNames)
{
    Rules rules(all_rules());
    EXPECT_EQ(rules(from("android-app://com.facebook.orca")), "facebook/Organic Social/free/referrer:facebook.com");
    EXPECT_EQ(rules(from("ios-app://com.instagram.tv")), "instagram/Organic Social/free/referrer:instagram.com");
    EXPECT_EQ(rules(from("com.instagram.lite")), "instagram/Organic Social/free/referrer:instagram.com");
    EXPECT_EQ(rules(from("com.instagram.tv")), "referral/Referral/free/referrer");
    EXPECT_EQ(rules(from("com.google.android.keep")), "google/Referral/free/referrer:google.{}");
    EXPECT_EQ(rules(from("com.example.mail")), "email/Email/free/referrer:mail.*");
    EXPECT_EQ(rules(from("android-app://" + std::string(250, 'a') + ".b")), "referral/Referral/free/referrer");
    EXPECT_EQ(rules(from("android-app://...")), "unknown/Unassigned/free/none");
}

TEST(Classify, AsksTheReferrerWhichAdWasClicked)
{
    Rules rules(all_rules());
    const auto clicked = [&rules](Touch touch, std::string_view referrer, std::string_view id) {
        touch.referrer = referrer;
        return rules(Clicked(touch, {id}));
    };
    EXPECT_EQ(clicked({}, "https://www.youtube.com/", "gclid"), "google/Paid Video/paid/click_id:gclid");
    EXPECT_EQ(clicked(utm("google", "cpc"), "https://www.youtube.com/", "gclid"), "google/Paid Video/paid/click_id:gclid");
    EXPECT_EQ(clicked(utm("youtube"), "", "gclid"), "google/Paid Video/paid/click_id:gclid");
    EXPECT_EQ(clicked({}, "https://a.syndication.example/", "gclid"), "google/Display/paid/click_id:gclid");
    EXPECT_EQ(clicked({}, "https://www.youtube.com/", "dclid"), "google_display/Display/paid/click_id:dclid");
    EXPECT_EQ(clicked({}, "https://www.youtube.com/", "ttclid"), "tiktok/Paid Social/paid/click_id:ttclid");
    EXPECT_EQ(clicked({}, "https://gemini.google.com/", "gclid"), "google/Paid Search/paid/click_id:gclid");
}

TEST(Classify, AsksTheSourceTypeLast)
{
    Rules rules(all_rules());
    Touch touch;
    touch.source_type = "Instagram";
    EXPECT_EQ(rules(touch), "instagram/Organic Social/free/source_type");
    touch.source_type = "sms";
    EXPECT_EQ(rules(touch), "sms/SMS/free/source_type");
    touch.source_type = "call";
    EXPECT_EQ(rules(touch), "unknown/Unassigned/free/none");
}

TEST(Classify, LetsTheUserOverrideAnything)
{
    Packer pack;
    pack.add("p", {"facebook", null, null})
        .add("c", {"google", null})
        .add("h", {"t.co", null, null})
        .add("a", {"FB-Ads", null, "false"});
    pack.add("k", {"gclid", null, null, null}).add("g", {"121", null, null, null, null, null, "false"});
    pack.add("r", {"7", "false", null, "google", "cpc", "Brand*", null, null, "google_brand", "Paid Brand", null});
    pack.add("r", {"3", "false", null, null, null, "*LEAD[_-]form*", null, "fbclid", null, null, "true"});
    pack.add("r", {"9", "false", null, null, null, null, "*example.com", null, "direct", "Direct", null});
    add_groups(pack);
    add_product_rules(pack);
    add_sources(pack);
    Rules rules(pack);
    EXPECT_EQ(rules(utm("Google", "CPC", "brand_ua")), "google_brand/Paid Brand/paid/user:7");
    EXPECT_EQ(rules(Clicked(utm("", "", "new_lead_form"), {"fbclid"})), "facebook/Organic Social/paid/user:3");
    EXPECT_EQ(rules(from("https://shop.example.com/cart")), "direct/Direct/free/user:9");
    EXPECT_EQ(rules(utm("google")), "google/Unassigned/free/ga4:Unassigned");
    EXPECT_EQ(rules(from("t.co")), "referral/Referral/free/referrer");
    EXPECT_EQ(rules(utm("fb-ads")), "fb_ads/Unassigned/free/ga4:Unassigned");
    EXPECT_EQ(rules(Clicked({}, {"gclid"})), "unknown/Unassigned/free/none");
    EXPECT_EQ(rules(utm("", "organic")), "unknown/Unassigned/free/none");
}

TEST(Classify, KeepsWhatATouchWasForThatTouchAlone)
{
    // More combinations than are kept, some too long for it; values that would be one text if nothing told where each ends.
    const std::vector<std::string> values{
        "",     "google", "cpc", "email", "gclid",    "fbclid",     "face",    "book",
        "t.co", "shop",   "a",   "aa",    "facebook", "newsletter", "unknown", std::string(300, 'b')};
    std::mt19937 random(11);
    const auto value = [&]() -> std::string_view { return values[random() % values.size()]; };
    Rules kept(all_rules());
    for (int i = 0; i < 6000; ++i) {
        Touch touch = utm(value(), value(), value());
        touch.referrer = value();
        touch.source_type = i % 7 == 0 ? value() : std::string_view();
        std::vector<std::string_view> ids;
        for (auto n = random() % 3; n > 0; --n) {
            ids.push_back(value());
        }
        touch.click_ids = ids;
        const std::string found = kept(touch);
        EXPECT_EQ(kept(touch), found);
        if (i % 20 == 0) {
            EXPECT_EQ(Rules(all_rules())(touch), found);
        }
    }
}

TEST(Classify, StandsHostileValues)
{
    Rules rules(all_rules());
    const std::string megabyte(1 << 20, 'A');
    Touch touch = utm(megabyte, megabyte, megabyte);
    touch.referrer = megabyte;
    touch.source_type = megabyte;
    EXPECT_EQ(rules(touch), std::string(128, 'a') + "/Unassigned/free/ga4:Unassigned");
    const std::string dots(1 << 20, '.');
    EXPECT_EQ(rules(from(dots)), "unknown/Unassigned/free/none");
    std::string labels;
    for (int i = 0; i < 126; ++i) {
        labels += "a.";
    }
    EXPECT_EQ(rules(from(labels + "b")), "referral/Referral/free/referrer");
    EXPECT_EQ(rules(utm("\xFF\xC3\x28")), "\xFF\xC3\x28/Unassigned/free/ga4:Unassigned");
    const std::vector<std::string_view> ids(100000, "fbclid");
    EXPECT_EQ(rules(Clicked({}, ids)), "facebook/Organic Social/free/click_id:fbclid");
}

TEST(Ruleset, RefusesEveryTruncationAndEveryAddition)
{
    Packer pack;
    add_product_rules(pack);
    pack.add("p", {"facebook", "meta", null}).add("c", {"google", "SEARCH"}).add("h", {"google.{}", "google", "SEARCH"});
    pack.add("a", {"fb", "facebook", "false"}).add("k", {"gclid", "google", "Paid Search", "true"});
    const std::string whole = pack.packed();
    const auto read = [](const std::string& packed) {
        Ruleset rules(bytes(packed), Charset::utf8, std::pmr::get_default_resource());
    };
    read(whole);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_EQ(error_of([&] { read(whole.substr(0, size)); }), ErrorCode::malformed_binary) << "at " << size;
    }
    EXPECT_EQ(error_of([&] { read(whole + "-"); }), ErrorCode::malformed_binary);
    for (std::size_t i = digest_size; i < whole.size(); ++i) {
        std::string broken = whole;
        broken[i] = static_cast<char>(broken[i] ^ 0x15);
        try {
            read(broken);
        } catch (const Error&) {
        }
    }
    EXPECT_EQ(error_of([&] { read(Packer().add("c", {"x", "NONSENSE"}).packed()); }), ErrorCode::malformed_binary);
    EXPECT_EQ(error_of([&] { read(Packer().add("z", {}).packed()); }), ErrorCode::malformed_binary);
    EXPECT_EQ(error_of([&] { read(Packer().add("a", {"x", "y", "perhaps"}).packed()); }), ErrorCode::malformed_binary);
    EXPECT_EQ(error_of([&] {
                  read(Packer().add("g", {"99999999999", "x", null, null, null, null, null}).packed());
              }),
              ErrorCode::malformed_binary);
}

TEST(Ruleset, NamesTheRuleWithABadPattern)
{
    const Packer pack = Packer().add("r", {"7", "false", null, null, "[cpc", null, null, null, "x", null, null});
    try {
        Rules rules(pack);
        FAIL() << "no error";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::invalid_parameter);
        EXPECT_STREQ(e.what(), "channel rule 7, column medium: invalid pattern \"[cpc\"");
        EXPECT_EQ(e.detail(), "A [ is never closed by ].");
    }
}

}  // namespace
