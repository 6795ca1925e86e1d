// Forecasts of public series in the files of the M4 competition: a row per series, its name and its figures, and a file of what came.
// Arguments: file of histories, file of what came, every how many series (1), file that gets the scores of each series by `auto`. Prints
// mean MASE (by the mean absolute difference of neighbours, as the competition does), sMAPE and coverage of 95 % intervals, for each
// model, and its differences from `auto` with their standard errors over the series. Needs no server.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "../statistics/monte_carlo.hpp"
#include "forecast/forecast.hpp"

using namespace marketing;

namespace {

std::vector<std::vector<double>> read_series(const char* name)
{
    std::ifstream file(name);
    std::string line;
    std::getline(file, line);
    std::vector<std::vector<double>> all;
    while (std::getline(file, line)) {
        std::erase(line, '"');
        std::erase(line, '\r');
        std::istringstream fields(line);
        std::string field;
        std::getline(fields, field, ',');
        all.emplace_back();
        while (std::getline(fields, field, ',') && !field.empty() && field != "NA") {
            all.back().push_back(std::stod(field));
        }
    }
    if (all.empty()) {
        throw std::runtime_error(std::string("no series in ") + name);
    }
    return all;
}

struct Score {
    double mase = 0;
    double smape = 0;
    double held = 0;
};

Score score_of(const std::vector<double>& history, const std::vector<double>& future, std::string_view model)
{
    const auto horizon = static_cast<int>(future.size());
    const auto fit = forecast::fit(history, horizon, forecast::choose_model(model, history.size()), {});
    double differences = 0;
    for (std::size_t t = 1; t < history.size(); ++t) {
        differences += std::abs(history[t] - history[t - 1]) / static_cast<double>(history.size() - 1);
    }
    Score score;
    for (int day = 1; day <= horizon; ++day) {
        const double actual = future[static_cast<std::size_t>(day) - 1];
        const auto outlook = forecast::outlook_of_day(fit, day, forecast::Kind::nonnegative, 0.95);
        score.mase += std::abs(actual - outlook.mean) / differences / horizon;
        score.smape += 200 * std::abs(actual - outlook.mean) / (std::abs(actual) + std::abs(outlook.mean)) / horizon;
        score.held += (outlook.low <= actual && actual <= outlook.high ? 1.0 : 0.0) / horizon;
    }
    return score;
}

}  // namespace

int main(int count, char** arguments)
{
    if (count < 3) {
        std::fprintf(stderr, "usage: public HISTORIES FUTURES [EVERY [SCORES]]\n");
        return 2;
    }
    const auto histories = read_series(arguments[1]);
    const auto futures = read_series(arguments[2]);
    const std::size_t step = count > 3 ? std::strtoul(arguments[3], nullptr, 10) : 1;
    std::vector<Score> by_auto;
    std::printf("| | MASE | sMAPE | 95 %% interval holds | less than `auto`: MASE | sMAPE |\n|---|---|---|---|---|---|\n");
    for (const std::string_view model : {"auto", "ets", "ets_damped", "theta"}) {
        worlds::Mean mase, smape, held, less_mase, less_smape;
        for (std::size_t i = 0; i < histories.size(); i += step) {
            const Score score = score_of(histories[i], futures.at(i), model);
            if (model == "auto") {
                by_auto.push_back(score);
            }
            const Score& beside = by_auto[i / step];
            mase.add(score.mase);
            smape.add(score.smape);
            held.add(score.held);
            less_mase.add(beside.mase - score.mase);
            less_smape.add(beside.smape - score.smape);
        }
        std::printf("| `%s` | %.4f | %.3f | %.3f |", std::string(model).c_str(), mase.value(), smape.value(), held.value());
        if (model == "auto") {
            std::puts(" | |");
        } else {
            worlds::print_cell(less_mase, 4);
            worlds::print_cell(less_smape, 3);
            std::puts("");
        }
        std::fflush(stdout);
    }
    if (count > 4) {
        std::ofstream file(arguments[4]);
        file << "mase,smape,held\n";
        for (const Score& score : by_auto) {
            file << score.mase << ',' << score.smape << ',' << score.held << '\n';
        }
    }
}
