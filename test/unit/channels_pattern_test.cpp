#include <gtest/gtest.h>

#include <string>

#include "channels/pattern.hpp"
#include "channels/placeholders.hpp"
#include "channels/text.hpp"
#include "error_of.hpp"

namespace {

using namespace unit_test;
using marketing::channels::canonical_name;
using marketing::channels::Charset;
using marketing::channels::first_character;
using marketing::channels::longest_name;
using marketing::channels::normalized;
using marketing::channels::Pattern;
using marketing::channels::Placeholders;
using marketing::channels::Purpose;

bool matches(std::string_view pattern, std::string_view value)
{
    return Pattern(pattern, std::pmr::get_default_resource()).matches(value);
}

TEST(ChannelPattern, CoversTheWholeValue)
{
    EXPECT_TRUE(matches("cpc", "cpc"));
    EXPECT_FALSE(matches("cpc", "cpc2"));
    EXPECT_TRUE(matches("paid*", "paid"));
    EXPECT_TRUE(matches("*push", "web-push"));
    EXPECT_TRUE(matches("*cross-network*", "summer-cross-network-2"));
    EXPECT_TRUE(matches("*", ""));
    EXPECT_FALSE(matches("?*", ""));
    EXPECT_TRUE(matches("a*b*c", "a-b-b-c"));
    EXPECT_FALSE(matches("a*b*c", "a-b-b-d"));
    EXPECT_TRUE(matches("**", "anything"));
}

TEST(ChannelPattern, TakesAlternativesAndMissingValues)
{
    EXPECT_TRUE(matches("", ""));
    EXPECT_FALSE(matches("", "x"));
    EXPECT_TRUE(matches("|(direct)", ""));
    EXPECT_TRUE(matches("|(direct)", "(direct)"));
    EXPECT_FALSE(matches("|(direct)", "direct"));
    EXPECT_TRUE(matches("a|b|", ""));
}

TEST(ChannelPattern, TellsEshopFromWorkshop)
{
    constexpr std::string_view shop = "shop*|*[^a-df-z]shop*|*shopping*";
    for (const char* campaign : {"shop", "shop_uk", "eshop_de", "my-shop", "the shop", "1shop", "онлайн-shop", "xshopping"}) {
        EXPECT_TRUE(matches(shop, campaign)) << campaign;
    }
    for (const char* campaign : {"workshop", "workshop_may", "bishop", "photoshop", "sho"}) {
        EXPECT_FALSE(matches(shop, campaign)) << campaign;
    }
}

TEST(ChannelPattern, KnowsSetsEscapesAndCharacters)
{
    EXPECT_TRUE(matches("[]a]b", "]b"));
    EXPECT_TRUE(matches("[!0-9]?", "xя"));
    EXPECT_FALSE(matches("[!0-9]?", "5я"));
    EXPECT_TRUE(matches("[а-я]", "ж"));
    EXPECT_FALSE(matches("[а-я]", "z"));
    EXPECT_TRUE(matches("[a-]", "-"));
    EXPECT_TRUE(matches("[\\]\\-]", "]"));
    EXPECT_TRUE(matches("50\\*", "50*"));
    EXPECT_FALSE(matches("50\\*", "500"));
    EXPECT_TRUE(matches("a\\|b", "a|b"));
    EXPECT_TRUE(matches("[a|b]", "|"));
    EXPECT_TRUE(matches("\\[x", "[x"));
    EXPECT_TRUE(matches("{{*}}", "{{campaign.name}}"));
}

TEST(ChannelPattern, RefusesWhatHasNoMeaning)
{
    EXPECT_EQ(error_of([&] { matches("[abc", ""); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { matches("a|[^", ""); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { matches("[a\\]", ""); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { matches("abc\\", ""); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { matches(std::string(1001, 'a'), ""); }), ErrorCode::invalid_parameter);
}

TEST(ChannelPattern, StaysFastOnHostileValues)
{
    const std::string value(1 << 20, 'a');
    EXPECT_FALSE(matches("*a*a*a*a*a*a*b", value));
    EXPECT_FALSE(matches("*[a-z]a?a[a-z]b*", value));
    EXPECT_TRUE(matches("*?", value));
    const std::string broken = "\xC3\x28\xFF\xFE\xE2\x82";
    EXPECT_TRUE(matches("*\xC3?*", broken));
    EXPECT_TRUE(matches("??????", broken));
}

std::string folded(std::string_view text, Charset charset = Charset::utf8)
{
    static const Placeholders placeholders = [] {
        Placeholders list(std::pmr::get_default_resource());
        for (const char* pattern : {"(not set)", "(none)", "null", "undefined"}) {
            list.add(pattern, Purpose::key);
        }
        return list;
    }();
    std::pmr::string buffer;
    return std::string(normalized(text, charset, placeholders, buffer));
}

TEST(ChannelText, FoldsCaseWithoutALocale)
{
    EXPECT_EQ(folded("  FaceBook\t"), "facebook");
    EXPECT_EQ(folded("РЕКЛАМА Ґ Їжак ЁЛКА"), "реклама ґ їжак ёлка");
    EXPECT_EQ(folded("CAFÉ ŁÓDŹ ŸŽ ΑΩ"), "café łódź ÿž αω");
    EXPECT_EQ(folded("İ×ß漢字😀"), "İ×ß漢字😀");
    EXPECT_EQ(folded("РЕКЛАМА X", Charset::other), "РЕКЛАМА x");
    EXPECT_EQ(folded("\xD0"), "\xD0");
    EXPECT_EQ(folded("A\xFF\xC0\x80Z"), "a\xFF\xC0\x80z");
}

TEST(ChannelText, KnowsTheSpellingsOfNothing)
{
    for (const char* text : {"", "  ", "(not set)", "(None)", "NULL", "undefined"}) {
        EXPECT_EQ(folded(text), "") << text;
    }
    EXPECT_EQ(folded("none"), "none");
}

TEST(ChannelText, PlaceholdersArePatternsOfAPurpose)
{
    Placeholders list(std::pmr::get_default_resource());
    list.add("n/a", std::nullopt);
    list.add("n/a", Purpose::key);
    list.add("{*}", Purpose::label);
    list.add("\\[null\\]|nichts", Purpose::key);
    list.add("ähm", Purpose::key);
    const auto says_nothing = [&](std::string_view value, Purpose purpose) {
        return list.contains(value, purpose, Charset::utf8);
    };
    EXPECT_TRUE(says_nothing("", Purpose::key));
    EXPECT_FALSE(says_nothing("N/A", Purpose::key)) << "what is taken off the list first stays off";
    EXPECT_FALSE(says_nothing("{CampaignId}", Purpose::key));
    EXPECT_TRUE(says_nothing("{CampaignId}", Purpose::label));
    EXPECT_TRUE(says_nothing("{CampaignId}", Purpose::tag));
    EXPECT_FALSE(says_nothing("{CampaignId}", Purpose::text)) << "a text is read as a key is";
    EXPECT_TRUE(says_nothing("[NULL]", Purpose::text));
    EXPECT_TRUE(says_nothing("Nichts", Purpose::tag));
    EXPECT_TRUE(says_nothing("Ähm", Purpose::key));
    EXPECT_FALSE(says_nothing("nichts da", Purpose::tag));
    EXPECT_FALSE(says_nothing("{" + std::string(1000, 'x') + "}", Purpose::tag)) << "no macro is that long";
}

TEST(ChannelText, IdsWithAndWithoutTheSuffixForCase)
{
    const Placeholders none(std::pmr::get_default_resource());
    const auto key = [&](std::string_view written) {
        std::pmr::string buffer;
        return std::string(marketing::channels::cleaned(written, Purpose::key, Charset::utf8, none, buffer));
    };
    EXPECT_EQ(key("0015g00000XyZabAAF"), "0015g00000XyZab") << "X and Z of the third five are bits 0 and 2";
    EXPECT_EQ(key("0015g00000XyZabAAB"), "0015g00000XyZabAAB") << "a suffix that says otherwise is a part of the id";
    EXPECT_EQ(key("0015g00000XyZab"), "0015g00000XyZab");
    EXPECT_EQ(key("120330044005500660"), "120330044005500660");
    EXPECT_EQ(key("abcde-abcde-abcde0"), "abcde-abcde-abcde0");
}

TEST(ChannelText, SpellsCanonicalNames)
{
    std::pmr::string buffer;
    EXPECT_EQ(canonical_name("paid search", buffer), "paid_search");
    EXPECT_EQ(canonical_name("google - ads", buffer), "google_ads");
    EXPECT_EQ(canonical_name("last.fm", buffer), "last.fm");
    const std::string letters = [] {
        std::string text;
        for (int i = 0; i < 500000; ++i) {
            text += "ж";
        }
        return text;
    }();
    EXPECT_EQ(canonical_name(letters, buffer).size(), longest_name);
    EXPECT_EQ(canonical_name("x" + letters, buffer).size(), longest_name - 1);
    EXPECT_EQ(canonical_name(std::string(1 << 20, '-'), buffer), "_");
}

TEST(ChannelText, ReadsCharacters)
{
    EXPECT_EQ(first_character("€").code, 0x20ACU);
    EXPECT_FALSE(first_character("\xED\xA0\x80").valid);
    EXPECT_FALSE(first_character("\xE0\x80\x80").valid);
    EXPECT_FALSE(first_character("\xF4\x90\x80\x80").valid);
    EXPECT_FALSE(first_character("\x80").valid);
    EXPECT_EQ(first_character("😀").size, 4U);
}

}  // namespace
