#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

#include "attribution/bootstrap.hpp"
#include "attribution/path_counts.hpp"
#include "attribution/shapley.hpp"
#include "attribution_support.hpp"
#include "error_of.hpp"

namespace {

using namespace attribution_test;
using namespace unit_test;

constexpr int replicates = 300;

std::vector<Row> random_clients(std::uint32_t seed, int clients)
{
    std::mt19937 random(seed);
    static const char* const keys[] = {"search", "email", "social"};
    std::vector<Row> rows;
    for (int client = 0; client < clients; ++client) {
        for (std::int64_t touch = random() % 4; touch > 0; --touch) {
            rows.push_back({.client = client, .time = touch * day, .touch = touch, .key = keys[random() % 3]});
        }
        for (std::int64_t conversion = random() % 3; conversion > 0; --conversion) {
            rows.push_back({.client = client, .time = (3 + conversion) * day, .value = static_cast<double>(random() % 100)});
        }
    }
    return rows;
}

CreditRequest resampled(std::int64_t seed = 0)
{
    auto request = default_request();
    static constexpr std::string_view models[] = {"linear", "last"};
    request.models = find_models(models);
    request.resampling = Resampling{replicates, seed};
    return request;
}

TEST(Bootstrap, DrawsAreThoseOfAPoissonVariable)
{
    std::map<double, int> counts;
    constexpr int draws = 1'000'000;
    for (int client = 0; client < draws / 100; ++client) {
        std::vector<double> of_client(100);
        draw_all(Identifier::of(std::int64_t{client}), 5, of_client);
        for (std::uint32_t i = 0; i < 100; ++i) {
            ++counts[of_client[i]];
            ASSERT_EQ(of_client[i], draw(Identifier::of(std::int64_t{client}), 5, i));
        }
    }
    double expected = std::exp(-1.0) * draws;
    for (int k = 0; k <= 6; ++k) {
        EXPECT_NEAR(counts[k], expected, 5 * std::sqrt(expected)) << k;
        expected /= k + 1;
    }
}

TEST(Bootstrap, DrawsOfClientsReplicatesAndSeedsDoNotHangTogether)
{
    constexpr int n = 200'000;
    const auto correlation = [](auto first, auto second) {
        double sum = 0;
        for (int i = 0; i < n; ++i) {
            sum += (first(i) - 1) * (second(i) - 1);
        }
        return sum / n;
    };
    const auto of = [](std::int64_t client, std::int64_t seed, std::uint32_t replicate) {
        return draw(Identifier::of(client), seed, replicate);
    };
    const double noise = 5 / std::sqrt(double{n});
    EXPECT_NEAR(correlation([&](int i) { return of(i, 0, 0); }, [&](int i) { return of(i + 1, 0, 0); }), 0, noise);
    EXPECT_NEAR(correlation([&](int i) { return of(i, 0, 0); }, [&](int i) { return of(i, 0, 1); }), 0, noise);
    EXPECT_NEAR(correlation([&](int i) { return of(i, 0, 0); }, [&](int i) { return of(i, 0, 2); }), 0, noise);
    EXPECT_NEAR(correlation([&](int i) { return of(i, 0, 0); }, [&](int i) { return of(i, 1, 0); }), 0, noise);
}

/** Each replicate is the plain credit of a table in which each client stands as often as it was drawn. */
TEST(Bootstrap, AReplicateIsTheCreditOfTheClientsItDrew)
{
    const auto rows = random_clients(1, 60);
    const Bytes journeys = collect(rows);
    const auto found = attribute(JourneysView(journeys), resampled(7), {});
    for (const std::uint32_t replicate : {0U, 1U, 150U, 299U}) {
        std::vector<Row> drawn;
        for (const Row& row : rows) {
            const auto times = static_cast<int>(draw(Identifier::of(row.client), 7, replicate));
            for (int copy = 0; copy < times; ++copy) {
                drawn.push_back(row);
                drawn.back().client = row.client * 100 + copy;
            }
        }
        auto request = resampled();
        request.resampling.reset();
        const Bytes again = collect(drawn);
        std::map<std::pair<std::string_view, std::string_view>, std::pair<double, double>> expected;
        const auto credits = attribute(JourneysView(again), request, {}).credits;
        for (const Credit& credit : credits) {
            expected[{credit.model, credit.key}] = {credit.conversions, credit.value};
        }
        for (const Credit& credit : found.credits) {
            const auto [conversions, value] = expected[{credit.model, credit.key}];
            EXPECT_NEAR(credit.conversions_replicates[replicate], conversions, 1e-9);
            EXPECT_NEAR(credit.value_replicates[replicate], value, 1e-7);
        }
    }
}

TEST(Bootstrap, CountedPathsDrawTheSameClients)
{
    const Bytes journeys = collect(random_clients(2, 50));
    const auto found = attribute(JourneysView(journeys), resampled(3), {});
    CountRequest request;
    request.rules.lookback = 90 * day;
    request.replicate = 12;
    request.seed = 3;
    const Bytes paths = bytes_of([&](auto& memory, std::size_t header) {
        return count_paths(JourneysView(journeys), request, memory, header, {}).value;
    });
    std::map<std::string_view, double> expected;
    for (const PathCredit& credit : path_credit(PathCountsView(paths), PathModel::linear, {})) {
        expected[credit.key] = credit.conversions;
    }
    for (const Credit& credit : found.credits) {
        if (credit.model == "linear") {
            EXPECT_NEAR(credit.conversions_replicates[11], expected[credit.key], 1e-9);
        }
    }
}

TEST(Bootstrap, GroupsOfClientsAddUpAndResamplingChangesNoCredit)
{
    const auto rows = random_clients(4, 80);
    std::vector<Row> parts[2];
    for (const Row& row : rows) {
        parts[row.client % 2].push_back(row);
    }
    const Bytes whole = collect(rows);
    const auto found = attribute(JourneysView(whole), resampled(), {});
    auto plain_request = resampled();
    plain_request.resampling.reset();
    const auto plain = attribute(JourneysView(whole), plain_request, {});
    ASSERT_EQ(plain.credits.size(), found.credits.size());
    std::map<std::pair<std::string_view, std::string>, std::vector<double>> sums;
    for (const auto& part : parts) {
        const Bytes bytes = collect(part);
        for (const Credit& credit : attribute(JourneysView(bytes), resampled(), {}).credits) {
            auto& sum = sums[{credit.model, std::string(credit.key)}];
            sum.resize(replicates);
            for (std::size_t i = 0; i < replicates; ++i) {
                sum[i] += credit.conversions_replicates[i];
            }
        }
    }
    for (std::size_t at = 0; at < found.credits.size(); ++at) {
        const Credit& credit = found.credits[at];
        EXPECT_EQ(credit.conversions, plain.credits[at].conversions);
        EXPECT_EQ(credit.value, plain.credits[at].value);
        EXPECT_TRUE(plain.credits[at].conversions_replicates.empty());
        for (std::size_t i = 0; i < replicates; ++i) {
            EXPECT_NEAR((sums[{credit.model, std::string(credit.key)}][i]), credit.conversions_replicates[i], 1e-9);
        }
    }
}

TEST(Bootstrap, IntervalsAreInterpolatedAndChecked)
{
    const std::vector<double> numbers{5, 1, 3, 2, 4};
    const Interval half = percentile_interval(numbers, 0.5);
    EXPECT_DOUBLE_EQ(half.low, 2);
    EXPECT_DOUBLE_EQ(half.high, 4);
    EXPECT_DOUBLE_EQ(percentile_interval(numbers, 0.9).low, 1.2);
    EXPECT_TRUE(std::isnan(percentile_interval({}, 0.9).low));
    for (const double confidence : {0.0, 1.0, -1.0, std::nan("")}) {
        EXPECT_EQ(error_of([&] { (void)percentile_interval(numbers, confidence); }), ErrorCode::invalid_parameter);
    }
    for (const int count : {-1, most_replicates + 1}) {
        EXPECT_EQ(error_of([&] { check_replicates(count); }), ErrorCode::invalid_parameter);
    }
}

}  // namespace
