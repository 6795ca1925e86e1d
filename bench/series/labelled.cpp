#include "labelled.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "../statistics/worlds/campaigns.hpp"

namespace marketing::labelled {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day = 24 * 3600 * second;
constexpr double pi = 3.14159265358979323846;
constexpr std::size_t shortest = 300;

std::ifstream open(const std::string& path)
{
    std::ifstream file(path);
    if (!file) {
        throw std::runtime_error("cannot read " + path);
    }
    return file;
}

/** "2014-04-01 00:04:00..." */
std::int64_t parse_time(const std::string& text)
{
    const auto part = [&text](std::size_t from, std::size_t length) { return std::stoi(text.substr(from, length)); };
    const std::chrono::year_month_day date{std::chrono::year(part(0, 4)), std::chrono::month(static_cast<unsigned>(part(5, 2))),
                                           std::chrono::day(static_cast<unsigned>(part(8, 2)))};
    const auto days = std::chrono::sys_days(date).time_since_epoch().count();
    return days * day + (part(11, 2) * 3600 + part(14, 2) * 60 + part(17, 2)) * second;
}

/** Windows that meet become one. */
void join(std::vector<Window>& windows)
{
    std::sort(windows.begin(), windows.end(), [](const Window& a, const Window& b) { return a.first < b.first; });
    std::vector<Window> joined;
    for (const Window& window : windows) {
        if (!joined.empty() && window.first <= joined.back().last) {
            joined.back().last = std::max(joined.back().last, window.last);
        } else {
            joined.push_back(window);
        }
    }
    windows = std::move(joined);
}

/** Files and the bounds of their windows, in the order of the labels. */
std::vector<std::pair<std::string, std::vector<std::int64_t>>> read_labels(const std::string& path)
{
    std::ifstream file = open(path);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    std::vector<std::pair<std::string, std::vector<std::int64_t>>> labels;
    for (std::size_t at = text.find('"'); at != std::string::npos; at = text.find('"', at)) {
        const std::size_t end = text.find('"', at + 1);
        const std::string quoted = text.substr(at + 1, end - at - 1);
        if (quoted.ends_with(".csv")) {
            labels.push_back({quoted, {}});
        } else {
            labels.back().second.push_back(parse_time(quoted));
        }
        at = end + 1;
    }
    return labels;
}

/** The first point that is not before `time`. */
std::size_t place_of(const std::vector<series::Point>& points, std::int64_t time)
{
    const auto place = std::partition_point(points.begin(), points.end(), [time](const auto& p) { return p.time < time; });
    return static_cast<std::size_t>(place - points.begin());
}

Labelled benchmark_file(const std::string& folder, const std::string& name)
{
    Labelled series;
    series.group = name.substr(0, name.find('/'));
    std::ifstream file = open(folder + "/data/" + name);
    std::string line;
    std::getline(file, line);
    // Clocks set back repeat an hour: a microsecond keeps the order.
    std::int64_t latest = 0;
    while (std::getline(file, line)) {
        const std::size_t comma = line.find(',');
        if (comma != std::string::npos) {
            latest = std::max(latest, parse_time(line));
            series.points.push_back(
                {latest + static_cast<std::int64_t>(series.points.size()), std::stod(line.substr(comma + 1)), 1});
        }
    }
    return series;
}

/** An anomaly of a simulated or changed series. */
struct Anomaly {
    int at;
    int kind;
    double sign;
    double size;
};

/** A window around the beginning of each anomaly. */
void add_windows(const std::vector<Anomaly>& anomalies, int half, Labelled& series)
{
    const int last = static_cast<int>(series.points.size()) - 1;
    for (const Anomaly& anomaly : anomalies) {
        series.windows.push_back({static_cast<std::size_t>(std::max(0, anomaly.at - half / 2)),
                                  static_cast<std::size_t>(std::min(last, anomaly.at + 2 * half))});
    }
    join(series.windows);
}

}  // namespace

Set benchmark(const std::string& folder)
{
    Set set;
    for (const auto& [name, bounds] : read_labels(folder + "/labels/combined_windows.json")) {
        if (!std::filesystem::exists(folder + "/data/" + name)) {
            continue;
        }
        Labelled series = benchmark_file(folder, name);
        for (std::size_t i = 0; i + 1 < bounds.size(); i += 2) {
            // Times carry microseconds that keep the order.
            series.windows.push_back({place_of(series.points, bounds[i]), place_of(series.points, bounds[i + 1] + second) - 1});
        }
        set.push_back(std::move(series));
    }
    return set;
}

namespace {

enum Shape { gaussian, bursts, heavy_tails, multiplied, saturated, wandering };

/** What the anomalies do to a point. */
struct Trouble {
    double moved = 0;
    double louder = 1;
    bool is_frozen = false;
    bool is_turned = false;
};

Trouble trouble_at(int at, const std::vector<Anomaly>& anomalies, int lasting, double noise)
{
    Trouble trouble;
    for (const Anomaly& anomaly : anomalies) {
        const int age = at - anomaly.at;
        if (age < 0 || age >= lasting) {
            continue;
        }
        switch (anomaly.kind) {
            case 0: trouble.moved += age < 3 ? anomaly.sign * anomaly.size * 3 * noise : 0; break;
            case 1: trouble.moved += anomaly.sign * anomaly.size * noise; break;
            case 2: trouble.louder *= anomaly.size; break;
            case 3: trouble.is_frozen = true; break;
            default: trouble.is_turned = true; break;
        }
    }
    return trouble;
}

class Draws {
public:
    explicit Draws(std::uint64_t seed) : engine_(seed) {}

    double uniform() { return uniform_(engine_); }
    double normal() { return normal_(engine_); }
    double gamma(double shape, double scale) { return scale * worlds::gamma(engine_, shape); }
    double poisson(double mean) { return worlds::poisson(engine_, mean); }

private:
    std::mt19937_64 engine_;
    std::normal_distribution<double> normal_;
    std::uniform_real_distribution<double> uniform_;
};

/** Figures of one shape, point by point. */
class Figures {
public:
    static constexpr double noise = .15;

    Figures(int shape, double correlation, Draws& draws) : shape_(shape), correlation_(correlation), draws_(draws) {}

    double next(double season, const Trouble& trouble)
    {
        ar_ = correlation_ * ar_ + std::sqrt(1 - correlation_ * correlation_) * draws_.normal();
        level_ += (shape_ == wandering ? .01 : 0) * draws_.normal();
        const double louder = trouble.louder;
        const double moved = trouble.moved;
        switch (shape_) {
            case gaussian: return 10 + season * 2 + noise * (.6 * ar_ + .8 * louder * draws_.normal()) * 2 + moved * 2;
            case bursts: return next_count(season, trouble);
            case heavy_tails: {
                const double root = std::sqrt(std::max(1e-3, draws_.gamma(1.5, 1 / 1.5)));
                return 5 + season + noise * (.5 * ar_ + louder * draws_.normal() / root) + moved;
            }
            case multiplied:
                return std::exp(2.5 + season + .2 * ar_ + moved * 1.5 + .1 * louder) * std::exp(.2 * louder * draws_.normal());
            case saturated:
                return std::floor((1 - std::exp(-std::max(0., 2 + season + .5 * ar_ * louder + 3 * moved))) * 1000) / 10;
            default:
                return 20 + season * 2 + level_ * 20 * noise + noise * (.9 * ar_ + .5 * louder * draws_.normal()) * 2 +
                       moved * 3;
        }
    }

private:
    double next_count(double season, const Trouble& trouble)
    {
        if (burst_ == 0 && draws_.uniform() < .01) {
            burst_ = 1 + static_cast<int>(10 * draws_.uniform());
            burst_size_ = std::exp(1 + .7 * draws_.normal());
        }
        const double mean = std::exp(1.5 + season + .3 * ar_ + (burst_ > 0 ? burst_size_ * .4 : 0) + trouble.moved * 2);
        burst_ -= burst_ > 0 ? 1 : 0;
        const double rate = draws_.gamma(1.5 / trouble.louder, trouble.louder / 1.5) * mean;
        return draws_.poisson(std::min(rate, 1e6));
    }

    int shape_;
    double correlation_;
    Draws& draws_;
    double ar_ = 0;
    double level_ = 0;
    double burst_size_ = 0;
    int burst_ = 0;
};

Labelled simulated_series(int shape, int number, Draws& draws)
{
    const std::int64_t seconds = number % 3 == 0 ? 3600 : number % 3 == 1 ? 300 : 900;
    const int length = 1400 + static_cast<int>(draws.uniform() * 3000);
    const double daily = draws.uniform() * .8;
    const double phase = draws.uniform() * 6.28;
    const double weekly = draws.uniform() * .4;
    Figures figures(shape, .5 + .45 * draws.uniform(), draws);
    const double scale = std::exp(2 * draws.normal());
    std::vector<Anomaly> anomalies;
    for (int left = number % 4 == 3 ? 0 : 1 + static_cast<int>(draws.uniform() * 3); left > 0; --left) {
        Anomaly anomaly{};
        anomaly.at = static_cast<int>(length * .2 + draws.uniform() * length * .75);
        anomaly.kind = static_cast<int>(draws.uniform() * 5);
        anomaly.sign = draws.uniform() < .5 ? -1. : 1.;
        anomaly.size = 2 + 3 * draws.uniform();
        anomalies.push_back(anomaly);
    }
    Labelled series;
    series.group = "shape " + std::to_string(shape);
    double frozen = 0;
    for (int t = 0; t < length; ++t) {
        const auto time = static_cast<std::int64_t>(t) * seconds;
        const double of_day = 2 * pi * static_cast<double>(time) / 86400;
        const double season = daily * std::sin(of_day + phase) + weekly * std::sin(of_day / 7);
        const Trouble trouble = trouble_at(t, anomalies, std::max(12, length / 60), Figures::noise);
        const double x = figures.next(trouble.is_turned ? -season : season, trouble);
        frozen = !trouble.is_frozen ? 0 : frozen == 0 ? x : frozen;
        series.points.push_back(
            {(1'700'000'000 + time) * second, (trouble.is_frozen ? frozen : x) * (shape == bursts ? 1 : scale), 1});
    }
    add_windows(anomalies, std::max(8, length / 60), series);
    return series;
}

}  // namespace

Set simulated(std::uint64_t seed)
{
    Draws draws(seed);
    Set set;
    for (int i = 0; i < 72; ++i) {
        set.push_back(simulated_series(i / 12, i % 12, draws));
    }
    return set;
}

Set campaigns(std::uint64_t seed)
{
    constexpr int length = 730;
    Set set;
    std::uint64_t stream = seed * 100'000;
    for (const worlds::World& world : worlds::all_worlds()) {
        for (int i = 0; i < 12; ++i) {
            worlds::Engine engine(++stream);
            worlds::Campaign campaign = make_campaign(world, length, engine);
            Labelled series{"campaigns", day, 7, {}, {}};
            std::mt19937_64 random(stream);
            std::uniform_real_distribution<double> uniform;
            for (int left = i % 4 == 3 ? 0 : 1 + i % 3; left > 0; --left) {
                const int at = static_cast<int>(length * (.2 + .75 * uniform(random)));
                const int kind = static_cast<int>(3 * uniform(random));
                const double sign = uniform(random) < .5 ? -1 : 1;
                const double most = sign * std::log(kind == 0 ? 3 + 3 * uniform(random) : 1.6 + uniform(random));
                const int lasting = kind == 0 ? 1 : 60;
                for (int d = at; d < std::min(length, at + lasting); ++d) {
                    const double share = kind == 2 ? std::min(1., (d - at + 1) / 30.) : 1;
                    const auto place = static_cast<std::size_t>(d);
                    campaign.figures[place] =
                        worlds::overdispersed(engine, std::exp(share * most) * campaign.expected[place], world.size);
                }
                series.windows.push_back(
                    {static_cast<std::size_t>(std::max(0, at - 9)), static_cast<std::size_t>(std::min(length - 1, at + 36))});
            }
            join(series.windows);
            for (int d = 0; d < length; ++d) {
                series.points.push_back({d * day, campaign.figures[static_cast<std::size_t>(d)], 1});
            }
            set.push_back(std::move(series));
        }
    }
    return set;
}

Set posts(std::uint64_t seed)
{
    Set set;
    for (int i = 0; i < 48; ++i) {
        worlds::Engine engine(seed * 1'000 + static_cast<std::uint64_t>(i));
        const int length = 2500 + static_cast<int>(2500 * worlds::uniform(engine));
        const double mean = std::exp(std::log(3.) + std::log(30.) * worlds::uniform(engine));
        const double daily = .8 * worlds::uniform(engine);
        const double again = .3 + .5 * worlds::uniform(engine);     // of what was posted in the last half hour
        const double size = std::exp(2 * worlds::uniform(engine));  // of the negative binomial
        const double index = 1.2 + worlds::uniform(engine);         // of cascades' sizes: Pareto
        const double fading = std::exp(-1 / 6.);
        std::vector<Anomaly> anomalies;
        for (int left = i % 4 == 3 ? 0 : 1 + i % 3; left > 0; --left) {
            const int at = static_cast<int>(length * (.2 + .75 * worlds::uniform(engine)));
            anomalies.push_back({at, static_cast<int>(3 * worlds::uniform(engine)), worlds::uniform(engine) < .75 ? 1. : -1.,
                                 1 + worlds::uniform(engine)});
        }
        Labelled series{"posts", day / 24, 24, {}, {}};
        double excited = mean;
        for (int t = 0; t < length; ++t) {
            double more = 1;
            double cascade = worlds::uniform(engine) < .004 ? mean * (std::pow(worlds::uniform(engine), -1 / index) - 1) : 0;
            for (const Anomaly& anomaly : anomalies) {
                const int age = t - anomaly.at;
                if (age >= 0 && age < length / 40) {
                    more *= anomaly.kind == 0 ? 1 : std::exp(anomaly.sign * .5 * anomaly.size);
                    cascade += anomaly.kind == 0 && age < 3 ? mean * 10 * anomaly.size : 0;
                }
            }
            const double of_day = std::exp(daily * std::sin(2 * pi * t / 288.));
            const double rate = of_day * more * (1 - again) * mean + again * excited + cascade;
            const double count = worlds::overdispersed(engine, std::min(rate, 1e6), size);
            excited = fading * excited + (1 - fading) * count;
            series.points.push_back({t * 300 * second, count, 1});
        }
        add_windows(anomalies, std::max(8, length / 40), series);
        set.push_back(std::move(series));
    }
    return set;
}

Set wide_file(const std::string& path, std::int64_t step, std::int32_t period)
{
    std::ifstream file = open(path);
    std::string line;
    std::getline(file, line);
    Set set;
    while (std::getline(file, line)) {
        std::erase(line, '"');
        std::erase(line, '\r');
        std::istringstream row(line);
        std::string field;
        std::getline(row, field, ',');
        Labelled series{path.substr(path.rfind('/') + 1), step, period, {}, {}};
        while (std::getline(row, field, ',') && !field.empty()) {
            series.points.push_back({static_cast<std::int64_t>(series.points.size()) * step, std::stod(field), 1});
        }
        if (series.points.size() >= shortest) {
            set.push_back(std::move(series));
        }
    }
    return set;
}

Set long_file(const std::string& path, std::int64_t step, std::int32_t period)
{
    std::ifstream file = open(path);
    std::string line;
    std::getline(file, line);
    std::map<std::string, Labelled> by_name;
    while (std::getline(file, line)) {
        std::istringstream row(line);
        std::string name;
        std::string number;
        std::string figure;
        std::getline(row, name, ',');
        std::getline(row, number, ',');
        std::getline(row, figure, ',');
        if (figure != "NA") {
            Labelled& series =
                by_name.try_emplace(name, Labelled{path.substr(path.rfind('/') + 1), step, period, {}, {}}).first->second;
            series.points.push_back({std::stoll(number) * step, std::stod(figure), 1});
        }
    }
    Set set;
    for (auto& [name, series] : by_name) {
        set.push_back(std::move(series));
    }
    return set;
}

namespace {

/** The usual distance from the point a season before, over the points before `at`. */
double local_noise(const std::vector<series::Point>& points, int at, int period)
{
    std::vector<double> steps;
    for (int i = std::max(period, at - 150); i < at; ++i) {
        steps.push_back(
            std::abs(points[static_cast<std::size_t>(i)].value - points[static_cast<std::size_t>(i - period)].value));
    }
    const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
    std::nth_element(steps.begin(), middle, steps.end());
    return 1.4826 * *middle / std::sqrt(2.0);
}

void change(std::vector<series::Point>& points, const Anomaly& anomaly, int period, std::mt19937_64& random)
{
    std::normal_distribution<double> normal;
    const int length = static_cast<int>(points.size());
    const double noise = local_noise(points, anomaly.at, period);
    const bool may_be_negative = std::ranges::any_of(points, [](const auto& p) { return p.value < 0; });
    const bool is_count = std::ranges::all_of(points, [](const auto& p) { return p.value == std::floor(p.value); });
    double mean = 0;
    for (int i = anomaly.at - period; i < anomaly.at; ++i) {
        mean += points[static_cast<std::size_t>(i)].value / period;
    }
    const double before = points[static_cast<std::size_t>(anomaly.at)].value;
    const int lasting = anomaly.kind == 0 ? 1 + anomaly.at % 3 : std::max(12, length / 30);
    for (int i = anomaly.at; i < std::min(length, anomaly.at + lasting); ++i) {
        double& value = points[static_cast<std::size_t>(i)].value;
        switch (anomaly.kind) {
            case 0: value += anomaly.sign * anomaly.size * 2 * noise; break;
            case 1: value += anomaly.sign * anomaly.size * noise; break;
            case 2:
                value += anomaly.sign * anomaly.size * 1.5 * noise * std::min(1., 2. * (i - anomaly.at + 1) / lasting);
                break;
            case 3: value += anomaly.size * noise * normal(random); break;
            case 4: value = before; break;
            default: value = 2 * mean - value; break;
        }
        value = may_be_negative ? value : std::max(0., value);
        value = is_count ? std::round(value) : value;
    }
}

}  // namespace

void inject(Set& set, std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> uniform;
    for (std::size_t i = 0; i < set.size(); ++i) {
        Labelled& series = set[i];
        const int length = static_cast<int>(series.points.size());
        std::vector<Anomaly> anomalies;
        for (int left = i % 4 == 3 ? 0 : 1 + static_cast<int>(i % 3); left > 0; --left) {
            Anomaly anomaly{};
            anomaly.at = static_cast<int>(length * (.25 + .7 * uniform(random)));
            anomaly.kind = static_cast<int>(6 * uniform(random));
            anomaly.sign = uniform(random) < .5 ? -1 : 1;
            anomaly.size = 2 + 3 * uniform(random);
            change(series.points, anomaly, series.period, random);
            anomalies.push_back(anomaly);
        }
        add_windows(anomalies, std::max(8, length / 40), series);
    }
}

}  // namespace marketing::labelled
