// A published data set (si05) against answers computed by SQL window functions.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
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

TEST(Oracle, Si05BySql)
{
    const char* directory = std::getenv("MARKETING_DATA_DIR");
    if (directory == nullptr) {
        GTEST_SKIP() << "MARKETING_DATA_DIR is not set: the published data are not part of the repository";
    }
    const std::filesystem::path data = std::filesystem::path(directory) / "attribution";
    const auto input = read_csv(data / "si05_attribution_data.csv");
    const auto expected = read_csv(data / "oracle_sql_si05_by_channel.csv");
    ASSERT_GT(input.size(), 1U);
    ASSERT_EQ(expected.size(), 6U);

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
    const Bytes bytes = finish(state);
    auto request = default_request();
    request.rules = {.lookback = std::nullopt, .cycle = Cycle::since_previous};
    std::map<std::pair<std::string, std::string>, Credit> found;
    for (const Credit& c : attribute(JourneysView(bytes), request, {})) {
        found[{std::string(c.model), std::string(c.key)}] = c;
    }
    for (std::size_t i = 1; i < expected.size(); ++i) {
        const auto& f = expected[i];
        const auto check = [&](const char* model, std::size_t conversions, std::size_t value) {
            const Credit& c = found.at({model, f[0]});
            EXPECT_NEAR(c.conversions, std::stod(f[conversions]), 1e-9 * std::stod(f[conversions])) << model << ' ' << f[0];
            if (value != 0) {
                EXPECT_NEAR(c.value, std::stod(f[value]), 1e-9 * std::stod(f[value])) << model << ' ' << f[0];
            }
        };
        check("first", 1, 6);
        check("last", 2, 7);
        check("linear", 3, 8);
        check("time_decay", 4, 9);
        check("position_based", 5, 0);
    }
}

}  // namespace
