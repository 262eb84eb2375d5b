// Reads the golden files of tests/golden: blocks of "word rest of line" lines, ended by an empty
// line.
#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sluice::test {

using vector_lines = std::vector<std::pair<std::string, std::string>>;

inline std::vector<vector_lines> read_vectors(std::string const& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("no golden file " + path);
    std::vector<vector_lines> blocks(1);
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('#')) continue;
        if (line.empty()) {
            if (!blocks.back().empty()) blocks.emplace_back();
            continue;
        }
        auto space = line.find(' ');
        blocks.back().emplace_back(line.substr(0, space),
                                   space == std::string::npos ? "" : line.substr(space + 1));
    }
    if (blocks.back().empty()) blocks.pop_back();
    return blocks;
}

}  // namespace sluice::test
