// Time of the kernels alone: a fit of simulated customers, and predictions for each of them. Usage: kernel [customers] [rounds].
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>

#include "lifetime_value/fit.hpp"
#include "lifetime_value/models.hpp"

using namespace marketing::lifetime_value;

namespace {

/** Time of the processor, which other programs on the machine do not change. */
double seconds()
{
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/** Customers as BG/NBD has them, by days, observed for up to 78 weeks. */
std::vector<WeightedHistory> simulate(int customers)
{
    std::mt19937_64 random(1);
    const auto gamma = [&random](double shape) { return std::gamma_distribution<double>(shape, 1)(random); };
    std::vector<WeightedHistory> rows;
    for (int i = 0; i < customers; ++i) {
        const double rate = gamma(0.243) / 4.414;
        const double leaves = gamma(0.793);
        const double leave = leaves / (leaves + gamma(2.426));
        const int age = 39 * 7 + static_cast<int>(random() % (39 * 7));
        History h{0, 0, age / 7.0};
        for (double now = 0;;) {
            now += std::exponential_distribution<double>(rate)(random);
            if (!(now < h.age)) {
                break;
            }
            h.frequency += 1;
            h.recency = std::min(h.age, std::max(1.0, static_cast<double>(static_cast<int>(now * 7))) / 7);
            if (std::uniform_real_distribution<double>()(random) < leave) {
                break;
            }
        }
        rows.push_back({h, 1});
    }
    return rows;
}

}  // namespace

int main(int argc, char** argv)
{
    const int customers = argc > 1 ? std::atoi(argv[1]) : 1000000;
    const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
    const auto rows = simulate(customers);
    const marketing::kernel::StopFlag never;
    double fit_best = 1e9;
    double predict_best = 1e9;
    double sum = 0;
    PurchaseFit fit;
    for (int round = 0; round < rounds; ++round) {
        auto copy = rows;
        const double begin = seconds();
        fit = fit_purchases(PurchaseModel::bgnbd, std::move(copy), never);
        const double fitted = seconds();
        sum = 0;
        for (const WeightedHistory& row : rows) {
            const Outlook customer = outlook(fit.parameters, row.history);
            sum += customer.p_alive + expected_purchases(customer, 39);
        }
        fit_best = std::min(fit_best, fitted - begin);
        predict_best = std::min(predict_best, seconds() - fitted);
    }
    std::printf(
        "kernel, %d customers, %lld different: BG/NBD fit %.3f s (%d iterations, %.*s), p_alive and expected purchases %.3f s "
        "(sum %.0f)\n",
        customers, static_cast<long long>(fit.quality.distinct), fit_best, fit.quality.iterations,
        static_cast<int>(fit.quality.reason.size()), fit.quality.reason.data(), predict_best, sum);
}
