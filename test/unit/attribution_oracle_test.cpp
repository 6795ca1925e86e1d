// A published data set (si05) against answers computed by SQL window functions and by another library (DP6).

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "attribution_support.hpp"

namespace {

using namespace attribution_test;

std::vector<std::vector<std::string>> read_csv(const std::filesystem::path& path)
{
    std::ifstream in(path);
    std::vector<std::vector<std::string>> lines;
    for (std::string line; std::getline(in, line);) {
        if (!line.empty() && line.back() == '\r') {
            line.pop_back();
        }
        std::istringstream fields(line);
        std::vector<std::string> row;
        for (std::string field; std::getline(fields, field, ',');) {
            row.push_back(field);
        }
        lines.push_back(row);
    }
    return lines;
}

/** Microseconds of "2018-07-22T20:40:41Z", counted from any midnight. */
std::int64_t microseconds(const std::string& text)
{
    int y = 0;
    int mo = 0;
    int d = 0;
    int h = 0;
    int mi = 0;
    int s = 0;
    EXPECT_EQ(std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%dZ", &y, &mo, &d, &h, &mi, &s), 6) << text;
    const int years = y - (mo <= 2 ? 1 : 0);  // the year begins in March: its last day is a possible 29 February
    const int days = 365 * years + years / 4 - years / 100 + years / 400 + (153 * (mo + (mo > 2 ? -3 : 9)) + 2) / 5 + d;
    return days * day + ((h * 60LL + mi) * 60 + s) * 1'000'000;
}

class Oracle : public testing::Test {
protected:
    void SetUp() override
    {
        const char* directory = std::getenv("MARKETING_DATA_DIR");
        if (directory == nullptr) {
            GTEST_SKIP() << "MARKETING_DATA_DIR is not set: the published data are not part of the repository";
        }
        data_ = std::filesystem::path(directory) / "attribution";
        collect_journeys();
        request_ = default_request();
        request_.rules = {.cycle = Cycle::since_previous};
    }

    void collect_journeys()
    {
        const auto input = read_csv(data_ / "si05_attribution_data.csv");
        ASSERT_GT(input.size(), 1U);
        JourneysState state(std::pmr::get_default_resource());
        for (std::size_t i = 1; i < input.size(); ++i) {
            const auto& f = input[i];
            JourneyRow row;
            row.client = Identifier::of(std::string_view(f[0]));
            row.time = microseconds(f[1]);
            row.has_touch = true;
            row.touch = Identifier::of(static_cast<std::int64_t>(i));
            row.key = Identifier::of(std::string_view(f[5]));
            row.has_value = f[3] == "1";
            row.value = std::stod(f[4]);
            state.append(row);
        }
        journeys_ = finish(state);
    }

    void read_expected(const char* file) { expected_ = read_csv(data_ / file); }

    /** Compares a model with a column of the expected table, whose first column is the key. */
    void check(std::string_view model, std::size_t column, double Credit::*measure = &Credit::conversions)
    {
        request_.models = find_models(std::span(&model, 1));
        std::size_t compared = 0;
        for (const Credit& c : attribute(JourneysView(journeys_), request_, {}).credits) {
            const auto line = std::ranges::find_if(expected_, [&c](const auto& fields) { return fields.at(0) == c.key; });
            ASSERT_NE(line, expected_.end()) << c.key;
            const double want = std::stod(line->at(column));
            EXPECT_NEAR(c.*measure, want, 1e-9 * want) << model << ' ' << c.key;
            ++compared;
        }
        EXPECT_EQ(compared, 5U) << model;
    }

    std::filesystem::path data_;
    Bytes journeys_;
    std::vector<std::vector<std::string>> expected_;
    CreditRequest request_;
};

TEST_F(Oracle, Si05BySql)
{
    read_expected("oracle_sql_si05_by_channel.csv");
    check("first", 1);
    check("first", 6, &Credit::value);
    check("last", 2);
    check("last", 7, &Credit::value);
    check("linear", 3);
    check("linear", 8, &Credit::value);
    check("time_decay", 4);
    check("time_decay", 9, &Credit::value);
    check("position_based", 5);
}

TEST_F(Oracle, Si05ByDp6)
{
    read_expected("oracle_dp6_si05_by_channel.csv");
    check("last", 1);
    check("first", 3);
    check("linear", 4);
    check("u_shaped", 5);
    check("position_decay", 7);
    request_.options.position_weights = checked_position_weights(std::vector{0.3, 0.4, 0.3});
    request_.options.two_touch = TwoTouch::split_middle;
    check("position_based", 6);
    static constexpr std::string_view facebook[] = {"Facebook"};
    request_.direct_keys = facebook;
    check("last_non_direct", 2);
}

}  // namespace
