// Tables of the README that are written from the code's own tables.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace sluice::test {

// What stands between the two marks must be `wanted`; SLUICE_REWRITE_GOLDEN=1 writes it there instead.
inline void hold_readme_to(char const* readme, std::string_view begins, std::string_view ends,
                           std::string const& wanted) {
    std::ifstream file(readme);
    std::string text((std::istreambuf_iterator<char>(file)), {});
    auto const begin = text.find(begins);
    auto const end = text.find(ends);
    ASSERT_NE(begin, std::string::npos);
    ASSERT_NE(end, std::string::npos);
    auto const from = begin + begins.size();
    if (std::getenv("SLUICE_REWRITE_GOLDEN") != nullptr) {
        text.replace(from, end - from, wanted);
        std::ofstream(readme) << text;
        return;
    }
    EXPECT_EQ(text.substr(from, end - from), wanted);
}

}  // namespace sluice::test
