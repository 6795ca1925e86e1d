// What the columns of raw tables are read with.

#include <gtest/gtest.h>

#include <string>

#include "sources/plain_number.hpp"

namespace {

using marketing::sources::is_plain_number;
using marketing::sources::number_format;
using marketing::sources::plain_number;

TEST(PlainNumber, IsWhatNumericReads)
{
    for (const char* text : {"0", "7", "-7", "+7", "12.50", ".5", "5.", "-.5", "1e5", "1E-5", "2.5e+10", "1e999", "007"}) {
        EXPECT_TRUE(is_plain_number(text)) << text;
    }
    EXPECT_TRUE(is_plain_number(std::string(200, '9')));
}

TEST(PlainNumber, IsNothingElse)
{
    for (const char* text :
         {"",      "-",    ".",   "+.",       "e5",  "1e",  "1e+",   "1e1000", "1 2",   " 1",       "1 ", "1,5",
          "1_000", "0x1F", "NaN", "Infinity", "inf", "--1", "1.2.3", "1e5.0",  "1e5e5", "\xd9\xa1", "5%", "$5"}) {
        EXPECT_FALSE(is_plain_number(text)) << text;
    }
    EXPECT_FALSE(is_plain_number(std::string(201, '9')));
    EXPECT_FALSE(is_plain_number(std::string_view("1\0", 2)));
}

std::string number_of(const std::string& text)
{
    std::string out(marketing::sources::longest_number, '\0');
    out.resize(plain_number(text, number_format("1.234,56"), out.data()));
    return out;
}

TEST(NumberOfAFormat, HasAMinusHoweverItIsWritten)
{
    for (const char* text :
         {"-5,00", "\u22125,00", "\u20135,00", "\uFE635,00", "\uFF0D5,00", "\u20AC \u22125,00", "\u2212\u20AC5,00", "(5,00)"}) {
        EXPECT_EQ(number_of(text), "-5.00") << text;
    }
    EXPECT_EQ(number_of("5,00 \u20AC"), "5.00");
    EXPECT_EQ(number_of("5,00 \u2212"), "");
}

TEST(NumberOfAFormat, LosesNoDigitOfAnotherScript)
{
    for (const char* text : {"\u0665", "5\u0665", "\u06F55", "\u096B5", "5\uFF15"}) {
        EXPECT_EQ(number_of(text), "") << text;
    }
}

}  // namespace
