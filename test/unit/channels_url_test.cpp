#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "channels/placeholders.hpp"
#include "channels/url.hpp"

namespace {

using marketing::channels::Charset;
using marketing::channels::locate;
using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string host(std::string_view url)
{
    return std::string(locate(url).host);
}

Pairs parameters(std::string_view url, Charset charset = Charset::utf8)
{
    std::pmr::monotonic_buffer_resource memory;
    Pairs pairs;
    for (const auto& each : marketing::channels::parameters(url, charset, &memory)) {
        pairs.emplace_back(each.name, each.value);
    }
    return pairs;
}

std::string value(std::string_view url, std::string_view name, Charset charset = Charset::utf8)
{
    std::pmr::monotonic_buffer_resource memory;
    const auto found = marketing::channels::parameter(url, name, charset, &memory);
    return found ? std::string(*found) : "(nothing)";
}

std::vector<std::string> click_ids(std::string_view url, std::vector<std::string_view> also = {})
{
    std::pmr::monotonic_buffer_resource memory;
    const auto found = marketing::channels::click_ids(url, also, Charset::utf8, &memory);
    return {found.begin(), found.end()};
}

TEST(Url, FindsTheHost)
{
    EXPECT_EQ(host("https://Example.com/x?y"), "Example.com");
    EXPECT_EQ(host("http://user:p@ss@www.example.com:8080/x"), "example.com");
    EXPECT_EQ(host("HTTPS://WWW.EXAMPLE.COM./"), "EXAMPLE.COM");
    EXPECT_EQ(host("//cdn.example.com/a"), "cdn.example.com");
    EXPECT_EQ(host("example.com/x"), "example.com");
    EXPECT_EQ(host("example.com:443"), "example.com");
    EXPECT_EQ(host("example.com?utm_source=a"), "example.com");
    EXPECT_EQ(host("localhost:3000/x"), "localhost");
    EXPECT_EQ(host("http://intranet/x"), "intranet");
    EXPECT_EQ(host("http://[2001:db8::1]:80/x"), "[2001:db8::1]");
    EXPECT_EQ(host("http://[::ffff:1.2.3.4]"), "[::ffff:1.2.3.4]");
    EXPECT_EQ(host("https://приклад.укр/сторінка"), "приклад.укр");
    EXPECT_EQ(host("android-app://com.google.android.gm/"), "com.google.android.gm");
    EXPECT_EQ(host("www.com"), "www.com");
    EXPECT_EQ(host("  https://a.b \n"), "a.b");
    EXPECT_EQ(host("https://a.b\\@evil.example"), "a.b");
}

TEST(Url, HasNoHostWhereThereIsNone)
{
    for (const char* text : {"",
                             " ",
                             "/path",
                             "?a=b",
                             "#x",
                             "facebook",
                             "mailto:a@b.c",
                             "tel:+380",
                             "javascript:alert(1)",
                             "http://",
                             "http:///x",
                             "https:/example.com",
                             "http://a b/",
                             "http://[::1",
                             "http://[zz]",
                             "http://..",
                             "http://a..b",
                             "a.b:80x",
                             "//",
                             "http://@",
                             "http://:80",
                             "http://%41.com"}) {
        EXPECT_EQ(host(text), "") << text;
    }
    EXPECT_EQ(host("http://" + std::string(254, 'a')), "");
    EXPECT_EQ(host("http://" + std::string(1 << 20, '@') + "a.b"), "a.b");
    EXPECT_EQ(host(std::string(1 << 20, '/')), "");
}

TEST(Url, FindsThePath)
{
    EXPECT_EQ(locate("https://x.com/i/grok?a#b").path, "/i/grok");
    EXPECT_EQ(locate("x.com/i/grok").path, "/i/grok");
    EXPECT_EQ(locate("https://x.com").path, "");
    EXPECT_EQ(locate("https://x.com?a=/b").path, "");
}

TEST(Url, ReadsParameters)
{
    EXPECT_EQ(parameters("https://e.com/?utm_source=FB&UTM_Medium=Paid+Social&x#utm_source=no"),
              (Pairs{{"utm_source", "FB"}, {"utm_medium", "Paid Social"}, {"x", ""}}));
    EXPECT_EQ(parameters("utm_source=a&utm_medium=b?c"), (Pairs{{"utm_source", "a"}, {"utm_medium", "b?c"}}));
    EXPECT_EQ(parameters("e.com/x=1/y"), Pairs{});
    EXPECT_EQ(parameters("https://e.com/x"), Pairs{});
    EXPECT_EQ(parameters("?a=1&a=2&A=3"), (Pairs{{"a", "1"}}));
    EXPECT_EQ(parameters("?a=b=c&=d&&&e"), (Pairs{{"a", "b=c"}, {"e", ""}}));
    EXPECT_EQ(parameters("?a=1&amp;b=2"), (Pairs{{"a", "1"}, {"b", "2"}}));
    EXPECT_EQ(parameters("?utm_campaign={{campaign.name}}&c={campaignid}"),
              (Pairs{{"utm_campaign", "{{campaign.name}}"}, {"c", "{campaignid}"}}));
    EXPECT_EQ(parameters("?q=http://a.b/?c=d"), (Pairs{{"q", "http://a.b/?c=d"}}));
    EXPECT_EQ(parameters("?u%74m=1"), (Pairs{{"utm", "1"}}));
}

TEST(Url, DecodesOnlyWhatIsACharacter)
{
    EXPECT_EQ(value("?a=caf%C3%A9%20x", "a"), "café x");
    EXPECT_EQ(value("?a=%D1%80%d0%b5", "A"), "ре");
    EXPECT_EQ(value("?a=%", "a"), "%");
    EXPECT_EQ(value("?a=%4", "a"), "%4");
    EXPECT_EQ(value("?a=%zz%41", "a"), "%zzA");
    EXPECT_EQ(value("?a=x%00y", "a"), "x%00y");
    EXPECT_EQ(value("?a=%C3%28", "a"), "%C3(");
    EXPECT_EQ(value("?a=%FF%FE", "a"), "%FF%FE");
    EXPECT_EQ(value("?a=%E2%82", "a"), "%E2%82");
    EXPECT_EQ(value("?a=%ED%A0%80", "a"), "%ED%A0%80");
    EXPECT_EQ(value("?a=%F0%9F%98%80%41", "a"), "😀A");
    EXPECT_EQ(value("?a=%2541", "a"), "%41");
    EXPECT_EQ(value("?a=caf%C3%A9%20x", "a", Charset::other), "caf%C3%A9 x");
    EXPECT_EQ(value("?a=1", "b"), "(nothing)");
    EXPECT_EQ(value("?a", "a"), "");
}

TEST(Url, StandsHostileQueries)
{
    const std::string ampersands = "?" + std::string(1 << 20, '&');
    EXPECT_EQ(parameters(ampersands), Pairs{});
    std::string repeated = "?";
    for (int i = 0; i < 200000; ++i) {
        repeated += "a=1&";
    }
    EXPECT_EQ(parameters(repeated).size(), 1U);
    std::string many = "?";
    for (int i = 0; i < 100000; ++i) {
        many += std::to_string(i) + "=%41&";
    }
    EXPECT_EQ(parameters(many).size(), 100000U);
    EXPECT_EQ(value("?a=" + std::string(1 << 20, '%'), "a").size(), 1U << 20);
    EXPECT_EQ(parameters("?\xFF=\xC3\x28").size(), 1U);
}

TEST(Url, NamesClickIds)
{
    EXPECT_EQ(click_ids("https://e.com/?GCLID=aB3&utm_source=x&fbclid=&msclkid=1&my_click_id=2&newclid=3"),
              (std::vector<std::string>{"gclid", "msclkid", "my_click_id", "newclid"}));
    EXPECT_EQ(click_ids("?ScCid=1&li_fat_id=2&epik=3"), (std::vector<std::string>{"sccid", "li_fat_id", "epik"}));
    EXPECT_EQ(click_ids("?partner=1"), std::vector<std::string>{});
    EXPECT_EQ(click_ids("?partner=1", {"Partner"}), std::vector<std::string>{"partner"});
}

TEST(Url, FindsTheIdThatStandsFirstInTheList)
{
    const auto id = [](std::string_view url) {
        constexpr std::array<std::string_view, 3> names{"gad_campaignid", "campaignid", "utm_id"};
        std::pmr::monotonic_buffer_resource memory;
        marketing::channels::Placeholders placeholders(&memory);
        placeholders.add("{*}", marketing::channels::Purpose::label);
        placeholders.add("__*__", marketing::channels::Purpose::key);
        return std::string(
            marketing::channels::first_id(url, names, placeholders, Charset::utf8, &memory).value_or("(nothing)"));
    };
    EXPECT_EQ(id("https://e.com/?utm_id=3&CampaignId=%202%20&x=1"), "2");
    EXPECT_EQ(id("?campaignid=2&utm_id=3&gad_campaignid=1"), "1");
    EXPECT_EQ(id("?gad_campaignid={campaignid}&campaignid=__CAMPAIGN_ID__&utm_id=%7B%7Bcampaign.id%7D%7D"), "(nothing)");
    EXPECT_EQ(id("?gad_campaignid=&campaignid=+&utm_id=3"), "3");
    EXPECT_EQ(id("?campaignid=%EF%BC%91%E2%80%8B2&utm_id=123.0"), "12");
    EXPECT_EQ(id("?utm_id=123.0"), "123");
    EXPECT_EQ(id("?utm_id=" + std::string(256, '1')), std::string(256, '1'));
    EXPECT_EQ(id("?utm_id=" + std::string(257, '1')), "(nothing)");
    EXPECT_EQ(id("https://e.com/utm_id=3#utm_id=4"), "(nothing)");
    EXPECT_EQ(id(""), "(nothing)");
}

}  // namespace
