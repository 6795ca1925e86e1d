/** The real data sets of the tests of values, where they are. */
#pragma once

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace value_test {

/** The rows of a CSV file in a folder of $MARKETING_DATA_DIR, by column; none where it is absent. */
inline std::vector<std::map<std::string, std::string>> read_csv(const std::string& name, const std::string& of = "customers")
{
    const char* const folder = std::getenv("MARKETING_DATA_DIR");
    std::ifstream file(std::string(folder == nullptr ? "" : folder) + "/" + of + "/" + name);
    const auto fields_of = [](std::string line) {
        if (!line.empty() && line.back() == '\r') {
            line.pop_back();
        }
        std::istringstream in(line);
        std::vector<std::string> fields;
        for (std::string field; std::getline(in, field, ',');) {
            fields.push_back(field);
        }
        return fields;
    };
    std::vector<std::string> columns;
    std::vector<std::map<std::string, std::string>> rows;
    for (std::string line; std::getline(file, line);) {
        const auto fields = fields_of(line);
        if (columns.empty()) {
            columns = fields;
            continue;
        }
        std::map<std::string, std::string>& row = rows.emplace_back();
        for (std::size_t i = 0; i < fields.size(); ++i) {
            row[columns.at(i)] = fields[i];
        }
    }
    return rows;
}

inline double number(const std::map<std::string, std::string>& row, const std::string& column)
{
    return std::strtod(row.at(column).c_str(), nullptr);
}

}  // namespace value_test
