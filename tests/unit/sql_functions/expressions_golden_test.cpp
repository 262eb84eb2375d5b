// Whole expressions, resolved by PostgreSQL, evaluated here: value or SQLSTATE and message.
#include <gtest/gtest.h>

#include "protocols/sql/functions/function_table.hpp"
#include "tests/unit/sql_functions/tree_text.hpp"

namespace sluice::sql {
namespace {

class literals final : public column_source {
public:
    datum const& value(column_reference const& which) const override {
        return values[which.column];
    }
    std::vector<datum> values;
};

std::string answer_of(std::vector<std::string> const& line) {
    evaluation_context context;
    context.io.style = style_of(line[0]);
    context.search_path = {"public"};
    context.database = "postgres";
    context.current_user = context.session_user = "postgres";
    literals columns;
    context.columns = &columns;
    auto const failed = [](sql_error const& error) {
        return "!\t" + std::string(error.sqlstate) + "\t" + error.message;
    };
    if (!line[2].empty())
        for (auto const& each : split(line[2], '|')) {
            auto const colon = each.find(':', each.find(':') + 1);
            auto value = input_text(type_of(each.substr(0, colon)),
                                    unescape(each.substr(colon + 1)), context.io);
            if (value.has_error()) return failed(value.error());
            columns.values.push_back(std::move(*value));
        }
    auto const tree = tree_reader(line[3], context.io).read();
    auto const served = check_served(*tree);
    if (served.has_error()) return failed(served.error());
    auto const value = evaluate(*tree, context);
    if (value.has_error()) return failed(value.error());
    if (is_null(*value)) return "=\t\\N";
    std::string text;
    output_text(tree->type.oid, *value, context.io, text);
    return "=\t" + text;
}

TEST(ExpressionsGolden, Answers) {
    auto const lines = golden_lines(SLUICE_SQL_GOLDEN "/expressions.golden");
    ASSERT_GT(lines.size(), 100U);
    for (auto const& line : lines) {
        auto const expected = line[4] == "!"     ? "!\t" + line[5] + "\t" + unescape(line[6])
                              : line[5] == "\\N" ? std::string("=\t\\N")
                                                 : "=\t" + unescape(line[5]);
        EXPECT_EQ(answer_of(line), expected) << unescape(line[1]) << "   " << line[0];
    }
}

}  // namespace
}  // namespace sluice::sql
