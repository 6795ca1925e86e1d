// Time of the comparison alone: 500 campaigns with a baseline of 30 days, and of three years less a week.

#include <chrono>
#include <cstdio>
#include <random>
#include <vector>

#include "../statistics/worlds/random.hpp"
#include "anomaly/windows.hpp"

using namespace marketing::anomaly;
namespace series = marketing::series;

int main()
{
    std::mt19937_64 random(1);
    std::vector<std::int64_t> series;
    std::vector<std::int32_t> day;
    std::vector<double> leads;
    std::vector<double> spend;
    constexpr int days = 1096;
    for (int d = 0; d < days; ++d) {
        for (int c = 0; c < 500; ++c) {
            const double money = (50 + c % 300) * std::uniform_real_distribution<double>(0.8, 1.2)(random);
            series.push_back(c);
            day.push_back(d);
            leads.push_back(marketing::worlds::overdispersed(random, (1 + c % 40) * money / 200, 2));
            spend.push_back(money);
        }
    }
    for (const int baseline : {30, days - 7}) {
        const std::size_t first = static_cast<std::size_t>(days - 7 - baseline) * 500;
        for (const series::SeriesKind kind :
             {series::SeriesKind::rate, series::SeriesKind::count, series::SeriesKind::positive}) {
            const bool money = kind == series::SeriesKind::positive;
            const DayRows rows{std::span(series).subspan(first), std::span(day).subspan(first),
                               std::span(money ? spend : leads).subspan(first),
                               money ? std::span<const double>{} : std::span(spend).subspan(first)};
            WindowRequest request;
            request.kind = kind;
            request.alternative = money ? Alternative::greater : Alternative::less;
            request.window_from = days - 7;
            request.window_to = days - 1;
            request.baseline_days = baseline;
            request.margin = 0.2;
            double best = 1e9;
            for (int i = 0; i < 5; ++i) {
                const auto began = std::chrono::steady_clock::now();
                const auto results = compare_windows(rows, request);
                best =
                    std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count());
                if (results.size() != 500) {
                    return 1;
                }
            }
            std::printf("%-8s %7zu days of 500 series: %7.1f ms\n",
                        kind == series::SeriesKind::rate ? "rate"
                        : money                          ? "positive"
                                                         : "count",
                        rows.day.size(), best);
        }
    }
}
