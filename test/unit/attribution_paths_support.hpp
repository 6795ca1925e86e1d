/** Counted paths as a test writes them, random ones, and the value that the kernel makes of them. */
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "attribution/path_counts.hpp"
#include "attribution_support.hpp"

namespace attribution_test {

struct PathRow {
    std::vector<std::string> path;
    Counts counts;
};

inline void append(PathCountsState& state, const PathRow& row)
{
    const std::vector<std::string_view> path(row.path.begin(), row.path.end());
    state.append(path, row.counts);
}

inline Bytes finish(const PathCountsState& state)
{
    return bytes_of([&](auto& memory, std::size_t header) { return state.finish(memory, header, {}); });
}

inline Bytes collect_paths(std::span<const PathRow> rows)
{
    PathCountsState state(std::pmr::get_default_resource());
    for (const PathRow& row : rows) {
        append(state, row);
    }
    return finish(state);
}

/** Paths of 1 to 6 of the keys a, b, c, ...; values have fractions that no sum keeps exactly. */
inline std::vector<PathRow> random_paths(unsigned seed, std::size_t count, int keys)
{
    std::mt19937 random(seed);
    const auto below = [&random](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
    std::vector<PathRow> rows(count);
    for (PathRow& row : rows) {
        for (int left = 1 + below(6); left > 0; --left) {
            row.path.emplace_back(1, static_cast<char>('a' + below(keys)));
        }
        row.counts = {static_cast<double>(below(4)), 0, static_cast<double>(below(9))};
        row.counts.value = row.counts.conversions * below(1000) / 7.0;
    }
    return rows;
}

/** The published paths: "a > b",conversions,value,non_converting. */
inline std::vector<PathRow> path_data(const std::filesystem::path& file)
{
    std::ifstream in(file);
    std::vector<PathRow> rows;
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        const auto quote = line.rfind('"');
        PathRow row;
        std::istringstream keys(line.substr(1, quote - 1));
        for (std::string word; keys >> word;) {
            if (word != ">") {
                row.path.push_back(word);
            }
        }
        std::replace(line.begin(), line.end(), ',', ' ');
        std::istringstream(line.substr(quote + 1)) >> row.counts.conversions >> row.counts.value >> row.counts.non_converting;
        rows.push_back(row);
    }
    return rows;
}

/** A table of numbers behind a name, by that name. */
inline std::map<std::string, std::vector<double>> oracle(const std::filesystem::path& file)
{
    std::ifstream in(file);
    std::map<std::string, std::vector<double>> rows;
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        std::replace(line.begin(), line.end(), ',', ' ');
        std::istringstream fields(line);
        std::string key;
        fields >> key;
        for (double field = 0; fields >> field;) {
            rows[key].push_back(field);
        }
    }
    return rows;
}

}  // namespace attribution_test
