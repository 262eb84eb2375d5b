// The small pieces of a session: order of messages, format codes, portals, registry, error fields.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "protocols/postgres/session/format_codes.hpp"
#include "protocols/postgres/session/message_gate.hpp"
#include "protocols/postgres/session/portal_table.hpp"
#include "protocols/postgres/session/row_writer.hpp"
#include "protocols/postgres/session/session_registry.hpp"
#include "protocols/postgres/wire/error_response.hpp"
#include "protocols/postgres/wire/front_errors.hpp"
#include "tests/unit/postgres/fake_sql.hpp"
#include "tests/unit/postgres/wire_script.hpp"

namespace sluice::postgres {
namespace {

using verdict = message_gate::verdict;

std::vector<verdict> verdicts(message_gate& gate, std::string_view letters) {
    std::vector<verdict> out;
    for (char const letter : letters) out.push_back(gate.take(letter));
    return out;
}

TEST(message_gate, drops_copy_data_that_came_too_late) {
    message_gate gate;
    EXPECT_EQ(verdicts(gate, "QPBDECHSF"), std::vector<verdict>(9, verdict::handle));
    EXPECT_EQ(verdicts(gate, "dcf"), std::vector<verdict>(3, verdict::drop));
    EXPECT_EQ(gate.take('p'), verdict::unexpected);
    EXPECT_EQ(gate.take('X'), verdict::end);
    EXPECT_EQ(gate.now(), message_gate::state::closing);
}

TEST(message_gate, drops_everything_after_an_error_up_to_sync) {
    message_gate gate;
    gate.failed_in_extended_query();
    EXPECT_EQ(verdicts(gate, "PBDEQHCdp"), std::vector<verdict>(9, verdict::drop));
    EXPECT_EQ(gate.take('S'), verdict::handle);
    EXPECT_EQ(gate.take('P'), verdict::handle);
    gate.failed_in_extended_query();
    EXPECT_EQ(gate.take('X'), verdict::end);
}

TEST(message_gate, takes_only_copy_messages_while_copying) {
    message_gate gate;
    gate.copy_begins();
    EXPECT_EQ(verdicts(gate, "dHSdc"),
              (std::vector<verdict>{verdict::handle, verdict::drop, verdict::drop, verdict::handle,
                                    verdict::handle}));
    EXPECT_EQ(verdicts(gate, "QPX"), std::vector<verdict>(3, verdict::unexpected));
    gate.copy_ended();
    EXPECT_EQ(gate.take('Q'), verdict::handle);
}

// A length is an int32: what does not fit is refused, and nothing of it is sent.
TEST(row_writer, refuses_a_row_that_is_too_long) {
    sql::fake::fake_session session({}, std::make_shared<sql::fake::session_log>());
    std::vector<sql::result_column> columns(2);
    for (auto& each : columns) each.type = {sql::fake::text_oid, -1};
    std::vector<sql::datum> const row{std::string(40, 'a'), std::string(40, 'b')};
    constexpr std::size_t bytes = 1 + 4 + 2 + 2 * (4 + 40);
    for (auto const& formats : {std::vector<std::int16_t>{}, std::vector<std::int16_t>{1, 1}}) {
        std::string out = "before";
        EXPECT_FALSE(append_row(out, columns, formats, row, session, bytes).has_error());
        EXPECT_EQ(out.size(), 6 + bytes);
        auto const kept = out;
        auto const refused = append_row(out, columns, formats, row, session, bytes - 1);
        ASSERT_TRUE(refused.has_error());
        EXPECT_STREQ(refused.error().sqlstate, "54000");
        EXPECT_EQ(out, kept);
    }
    static_assert(message_bytes_max < 0x7fff'ffff);
}

TEST(format_codes, follow_the_rule_of_none_one_or_all) {
    using codes = std::vector<std::int16_t>;
    EXPECT_EQ(spread_parameter_formats({}, 3).value(), (codes{0, 0, 0}));
    EXPECT_EQ(spread_parameter_formats({1}, 3).value(), (codes{1, 1, 1}));
    EXPECT_EQ(spread_parameter_formats({1, 0}, 2).value(), (codes{1, 0}));
    EXPECT_EQ(spread_parameter_formats({1}, 0).value(), codes{});
    EXPECT_EQ(spread_parameter_formats({1, 0}, 3).error().message,
              "bind message has 2 parameter formats but 3 parameters");
    EXPECT_EQ(spread_result_formats({1, 0, 1}, 2).error().message,
              "bind message has 3 result formats but query has 2 columns");
    EXPECT_STREQ(spread_result_formats({2}, 2).error().sqlstate, "22023");
    EXPECT_STREQ(spread_result_formats({0, -1}, 2).error().sqlstate, "22023");
}

TEST(portal_table, ends_portals_with_their_transaction) {
    portal_table table(3);
    ASSERT_TRUE(table.add("a", {}).has_value());
    EXPECT_STREQ(table.add("a", {}).error().sqlstate, "42P03");
    ASSERT_TRUE(table.add("", {}).has_value());
    ASSERT_TRUE(table.add("", {}).has_value());  // replaced
    ASSERT_TRUE(table.add("b", {}).has_value());
    EXPECT_STREQ(table.add("c", {}).error().sqlstate, "53400");
    table.keep_up(0);
    EXPECT_NE(table.find("a"), nullptr);
    table.keep_up(1);
    EXPECT_EQ(table.find("a"), nullptr);
    EXPECT_EQ(table.size(), 0u);
}

TEST(portal_table, counts_the_rows_of_a_step_in_its_tag) {
    EXPECT_EQ(tag_with_rows("SELECT 100", 3), "SELECT 3");
    EXPECT_EQ(tag_with_rows("INSERT 0 100", 3), "INSERT 0 3");
    EXPECT_EQ(tag_with_rows("SHOW", 1), "SHOW");
    EXPECT_EQ(tag_with_rows("CREATE TABLE", 1), "CREATE TABLE");
    EXPECT_EQ(tag_with_rows("", 1), "");
}

TEST(prepared_statements, are_bounded_in_number_and_bytes) {
    sql::prepared_statements table({2, 1000, 100});
    ASSERT_TRUE(table.add("a", {nullptr, std::string(100, 'x'), 0, {}, false, {}}).has_value());
    EXPECT_STREQ(table.add("a", {}).error().sqlstate, "42P05");
    EXPECT_STREQ(
        table.add("b", {nullptr, std::string(800, 'x'), 0, {}, false, {}}).error().sqlstate,
        "53400");
    ASSERT_TRUE(table.add("b", {}).has_value());
    EXPECT_STREQ(table.add("c", {}).error().sqlstate, "53400");
    EXPECT_TRUE(table.remove("a"));
    EXPECT_FALSE(table.remove("a"));
    ASSERT_TRUE(table.add("c", {}).has_value());
    EXPECT_EQ(table.bytes(), 202u);
    table.clear();
    EXPECT_EQ(table.bytes(), 0u);
    EXPECT_EQ(table.find("b"), nullptr);
}

TEST(session_registry, cancels_only_with_the_right_key) {
    seeded_random random(1);
    session_registry registry(2, random);
    auto first = registry.add({}, 4).value();
    auto second = std::make_optional(registry.add({}, 32).value());
    EXPECT_EQ(first.secret_key().size(), 4u);
    EXPECT_EQ(second->secret_key().size(), 32u);
    EXPECT_NE(first.process_id(), second->process_id());
    EXPECT_EQ(registry.add({}, 4).error().code, error::overloaded);
    int cancelled = 0;
    EXPECT_TRUE(registry.cancel(first.process_id(), first.secret_key()));  // nothing runs yet
    first.on_cancel([&] { ++cancelled; });
    EXPECT_TRUE(registry.cancel(first.process_id(), first.secret_key()));
    EXPECT_EQ(cancelled, 1);
    EXPECT_FALSE(registry.cancel(first.process_id(), "none"));
    EXPECT_FALSE(registry.cancel(first.process_id(), second->secret_key()));
    EXPECT_FALSE(registry.cancel(second->process_id() + 1, second->secret_key()));
    EXPECT_EQ(cancelled, 1);
    EXPECT_EQ(registry.all().size(), 2u);
    second.reset();
    EXPECT_EQ(registry.size(), 1u);
    EXPECT_TRUE(registry.add({}, 4).has_value());
}

TEST(error_response, has_its_fields_in_order) {
    auto error = sql::sql_error("23505", "duplicate").at(7).with_detail("d").with_hint("h");
    error.schema_name = "s";
    error.table_name = "t";
    error.column_name = "c";
    error.data_type_name = "y";
    error.constraint_name = "n";
    error.where = "w";
    std::string out;
    append_error(out, "ERROR", error, 10);
    std::string codes;
    auto const message = nth<error_response_message>(out).value();
    for (auto const& field : message.fields) codes += field.code;
    EXPECT_EQ(codes, "SVCMDHWstcdnP");
    EXPECT_EQ(error_field_of(out, 'P'), "17");
    EXPECT_EQ(error_field_of(out, 'V'), "ERROR");
    out.clear();
    append_notice(out, "WARNING", sql::sql_error("01000", ""));
    EXPECT_EQ(out[0], 'N');
    EXPECT_EQ(nth<notice_response_message>(out).value().fields.size(), 4u);  // S V C M
}

// Every error of the front's own, in a file whose changes are read.
TEST(front_errors, are_those_of_the_golden_file) {
    std::ostringstream made;
    for (auto const& row : front_error_rows)
        made << row.name << ' ' << (row.level == error_level::fatal ? "FATAL" : "ERROR") << ' '
             << row.sqlstate << ' ' << row.message << '\n';
    auto const path = std::string(SLUICE_GOLDEN_FOLDER) + "/front_errors.txt";
    if (std::getenv("SLUICE_REWRITE_GOLDEN")) std::ofstream(path) << made.str();
    std::ifstream file(path);
    std::ostringstream kept;
    kept << file.rdbuf();
    EXPECT_EQ(made.str(), kept.str());
}

TEST(front_errors, fill_in_their_arguments) {
    EXPECT_EQ(make_error(front_error::parameter_count, {"1", "s", "2"}).message,
              "bind message supplies 1 parameters, but prepared statement \"s\" requires 2");
    EXPECT_STREQ(make_error(front_error::shutdown).sqlstate, "57P01");
}

}  // namespace
}  // namespace sluice::postgres
