// Text input, text output and both binary directions of every type, against PostgreSQL's answers.
#include <gtest/gtest.h>

#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/value_order.hpp"
#include "tests/unit/sql_functions/golden_file.hpp"

namespace sluice::sql {
namespace {

std::string bytes_of(std::string const& hex) {
    std::string out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        out.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    return out;
}

TEST(TypesGolden, InputAndOutput) {
    auto const lines = golden_lines(SLUICE_SQL_GOLDEN "/types.golden");
    ASSERT_GT(lines.size(), 500U);
    for (auto const& line : lines) {
        io_context context;
        context.style = style_of(line[0]);
        auto const type = type_of(line[1]);
        auto const literal = unescape(line[2]);
        auto const name = format_type(type, nullptr) + " '" + literal + "' " + line[0];
        auto const value = input_text(type, literal, context);
        if (line[3] == "!") {
            EXPECT_TRUE(value.has_error()) << name << " should fail: " << line[5];
            if (!value.has_error()) continue;
            EXPECT_EQ(value.error().sqlstate + std::string(" ") + value.error().message,
                      line[4] + " " + unescape(line[5]))
                << name;
            continue;
        }
        EXPECT_FALSE(value.has_error())
            << name << ": " << (value.has_error() ? value.error().message : "");
        if (value.has_error()) continue;
        std::string text, binary;
        output_text(type.oid, *value, context, text);
        EXPECT_EQ(text, unescape(line[4])) << name;
        output_binary(type.oid, *value, context, binary);
        EXPECT_EQ(hex_of(binary), line[5]) << name;
        auto const again = input_binary(type, bytes_of(line[5]), context);
        EXPECT_FALSE(again.has_error())
            << name << ": " << (again.has_error() ? again.error().message : "");
        if (again.has_error()) continue;
        std::string text_again;
        output_text(type.oid, *again, context, text_again);
        EXPECT_EQ(text_again, unescape(line[4])) << name;
        if (can_order(type.oid, nullptr)) {
            EXPECT_EQ(compare_values(type.oid, *value, *again), 0) << name;
            EXPECT_EQ(hash_value(type.oid, *value), hash_value(type.oid, *again)) << name;
        }
    }
}

// Every prefix of every binary form is refused or read, never more.
TEST(TypesGolden, CutBinaryFormsAreRefused) {
    for (auto const& line : golden_lines(SLUICE_SQL_GOLDEN "/types.golden")) {
        if (line[3] != "=") continue;
        io_context const context;
        auto const type = type_of(line[1]);
        auto const bytes = bytes_of(line[5]);
        for (std::size_t length = 0; length < bytes.size(); ++length)
            (void)input_binary(type, std::string_view(bytes).substr(0, length), context);
        (void)input_binary(type, bytes + "x", context);
    }
}

}  // namespace
}  // namespace sluice::sql
