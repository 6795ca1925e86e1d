// What the columns of raw tables are read with.

#include <gtest/gtest.h>

#include <string>

#include "sources/plain_number.hpp"

namespace {

using marketing::sources::is_plain_number;

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

}  // namespace
