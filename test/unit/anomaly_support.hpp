// What the tests of this topic share: published tables, where they are at hand.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace anomaly_test {

struct Table {
    bool found = false;
    std::string missing;
    std::vector<std::string> header;
    std::vector<std::vector<std::string>> rows;
};

inline std::vector<std::string> fields_of(const std::string& line)
{
    std::istringstream in(line);
    std::vector<std::string> fields;
    for (std::string field; std::getline(in, field, ',');) {
        field.erase(0, field.find_first_not_of(" \""));
        field.erase(field.find_last_not_of(" \"\r") + 1);
        fields.push_back(field);
    }
    return fields;
}

/** A table of the folder of data sets. */
inline Table read_data(const std::string& name)
{
    Table table;
    const char* directory = std::getenv("MARKETING_DATA_DIR");
    if (directory == nullptr) {
        table.missing = "MARKETING_DATA_DIR is not set";
        return table;
    }
    std::ifstream in(std::filesystem::path(directory) / name);
    table.found = in.good();
    table.missing = name + " is not there";
    std::string line;
    if (std::getline(in, line)) {
        table.header = fields_of(line);
    }
    while (std::getline(in, line)) {
        if (!line.empty()) {
            table.rows.push_back(fields_of(line));
        }
    }
    return table;
}

inline double number_of(const Table& table, const std::vector<std::string>& row, const std::string& column)
{
    const auto place = std::find(table.header.begin(), table.header.end(), column) - table.header.begin();
    const std::string& text = row.at(static_cast<std::size_t>(place));
    if (text == "Inf") {
        return std::numeric_limits<double>::infinity();
    }
    if (text == "-Inf") {
        return -std::numeric_limits<double>::infinity();
    }
    return std::stod(text);
}

}  // namespace anomaly_test
