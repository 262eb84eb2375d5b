// Extended queries: statements, portals, formats, limits, suspension, and the rule that an error
// drops everything up to Sync.
#include "tests/unit/postgres/conversation_world.hpp"

namespace sluice::postgres {
namespace {

class extended_query : public conversation_world {};

using strings = std::vector<std::string>;

TEST_F(extended_query, runs_an_unnamed_statement) {
    auto const said =
        talk(parse_bytes("", "select $1::int4, $2::text as b") + bind_bytes("", "", {"41", "x"}) +
             describe_bytes('P', "") + execute_bytes("") + sync_bytes());
    EXPECT_EQ(letters_of(said), "12TDCZ");
    auto const row = nth<data_row_message>(said).value().values;
    EXPECT_EQ(row[0], "41");
    EXPECT_EQ(row[1], "x");
    EXPECT_EQ(states_of(said), "I");
}

TEST_F(extended_query, describes_parameters_and_columns) {
    auto const said = talk(parse_bytes("s", "select $1, $2::text as b", {0, 17}) +
                           describe_bytes('S', "s") + sync_bytes());
    EXPECT_EQ(letters_of(said), "1tTZ");
    EXPECT_EQ(nth<parameter_description_message>(said).value().types,
              (std::vector<std::uint32_t>{23, 17}));
    EXPECT_EQ(nth<row_description_message>(said).value().columns[1].name, "b");
    auto const none = talk(parse_bytes("", "nothing") + describe_bytes('S', "") +
                           bind_bytes("", "") + describe_bytes('P', "") + sync_bytes());
    EXPECT_EQ(letters_of(none), "1tn2nZ");
}

TEST_F(extended_query, passes_binary_values_both_ways) {
    using namespace std::string_literals;
    auto const binary = "\0\0\0\x2a"s;
    auto const said = talk(parse_bytes("", "select $1::int4, $2::text") +
                           bind_bytes("", "", {binary, "x"}, {1, 0}, {1, 0}) +
                           describe_bytes('P', "") + execute_bytes("") + sync_bytes());
    EXPECT_EQ(letters_of(said), "12TDCZ");
    EXPECT_EQ(nth<row_description_message>(said).value().columns[0].format, 1);
    EXPECT_EQ(nth<row_description_message>(said).value().columns[1].format, 0);
    EXPECT_EQ(nth<data_row_message>(said).value().values[0], binary);
    auto const all = talk(parse_bytes("", "select $1::int4, $2::int4") +
                          bind_bytes("", "", {binary, std::nullopt}, {1}, {1}) + execute_bytes("") +
                          sync_bytes());
    EXPECT_EQ(nth<data_row_message>(all).value().values[0], binary);
    EXPECT_EQ(nth<data_row_message>(all).value().values[1], std::nullopt);
}

TEST_F(extended_query, refuses_what_does_not_fit_its_statement) {
    struct step {
        std::string bytes;
        char const* sqlstate;
    };
    auto const parse = parse_bytes("s", "select $1::int4, $2::int4");
    for (auto const& [bytes, sqlstate] :
         {step{bind_bytes("", "s", {"1"}), "08P01"}, step{bind_bytes("", "none"), "26000"},
          step{bind_bytes("", ""), "26000"}, step{bind_bytes("", "s", {"1", "x"}), "22P02"},
          step{bind_bytes("", "s", {"1", "2"}, {0, 0, 0}), "08P01"},
          step{bind_bytes("", "s", {"1", "2"}, {2}), "22023"},
          step{bind_bytes("", "s", {"1", "2"}, {1}), "22P03"},
          step{bind_bytes("", "s", {"1", "2"}, {}, {0, 0, 0}), "08P01"},
          step{bind_bytes("", "s", {"1", "2"}, {}, {7}), "22023"},
          step{execute_bytes("none"), "34000"}, step{describe_bytes('P', "none"), "34000"},
          step{describe_bytes('S', "none"), "26000"}, step{describe_bytes('x', ""), "08P01"},
          step{close_bytes('x', ""), "08P01"}, step{parse_bytes("s", "select 1"), "42P05"},
          step{parse_bytes("", "select 1; select 2"), "42601"},
          step{parse_bytes("", "fail prepare"), "F0000"},
          step{parse_bytes("", "fail split"), "42601"}}) {
        auto const said = talk(parse + bytes + query_bytes("select 1") + execute_bytes("") +
                               sync_bytes() + query_bytes("select 2"));
        EXPECT_EQ(letters_of(said), "1EZTDCZ") << sqlstate;
        EXPECT_EQ(sqlstate_of(said), sqlstate) << error_field_of(said, 'M');
        EXPECT_EQ(values_of(said), strings{"2"});
    }
}

TEST_F(extended_query, reports_messages_of_the_wrong_shape) {
    using namespace std::string_literals;
    for (char const letter : "PBDEC"s) {
        auto const said = talk(std::string(1, letter) + "\0\0\0\5x"s + sync_bytes());
        EXPECT_EQ(letters_of(said), "EZ") << letter;
        EXPECT_EQ(sqlstate_of(said), "08P01");
    }
    EXPECT_EQ(letters_of(talk("H\0\0\0\5x"s + sync_bytes())), "EZ");
}

TEST_F(extended_query, suspends_portals_at_their_row_limit) {
    auto const said = talk(parse_bytes("", "select generate_series(1, 7)") + bind_bytes("p", "") +
                           execute_bytes("p", 3) + execute_bytes("p", 3) + execute_bytes("p", 3) +
                           execute_bytes("p", 3) + sync_bytes());
    EXPECT_EQ(letters_of(said), "12DDDsDDDsDCCZ");
    EXPECT_EQ(tags_of(said), (strings{"SELECT 1", "SELECT 0"}));
    // Exactly used up is not yet known to be the end.
    auto const exact = talk(parse_bytes("", "select generate_series(1, 3)") + bind_bytes("", "") +
                            execute_bytes("", 3) + execute_bytes("", 3) + sync_bytes());
    EXPECT_EQ(letters_of(exact), "12DDDsCZ");
    EXPECT_EQ(tags_of(exact), strings{"SELECT 0"});
    auto const inserted = talk(parse_bytes("", "insert returning 3") + bind_bytes("", "") +
                               execute_bytes("", 2) + execute_bytes("") + sync_bytes());
    EXPECT_EQ(letters_of(inserted), "12DDsDCZ");
    EXPECT_EQ(tags_of(inserted), strings{"INSERT 0 1"});
}

TEST_F(extended_query, never_fetches_more_than_the_client_asked_for) {
    fake.page_rows = 100;
    talk(parse_bytes("", "select generate_series(1, 50)") + bind_bytes("", "") +
         execute_bytes("", 12) + sync_bytes());
    EXPECT_NE(std::find(log->calls.begin(), log->calls.end(), "fetch:12"), log->calls.end());
}

TEST_F(extended_query, runs_a_command_once) {
    auto const said = talk(parse_bytes("", "nothing") + bind_bytes("p", "") + execute_bytes("p") +
                           execute_bytes("p") + sync_bytes());
    EXPECT_EQ(letters_of(said), "12CEZ");
    EXPECT_EQ(error_field_of(said, 'M'), "portal \"p\" cannot be run");
    EXPECT_EQ(sqlstate_of(said), "55000");
}

TEST_F(extended_query, ends_portals_with_the_transaction) {
    auto const bound = parse_bytes("s", "select generate_series(1, 5)") + bind_bytes("p", "s");
    // Sync ends the implicit transaction, but not a block.
    EXPECT_EQ(letters_of(talk(bound + sync_bytes() + execute_bytes("p") + sync_bytes())), "12ZEZ");
    auto const block = talk(query_bytes("begin") + bound + execute_bytes("p", 2) + sync_bytes() +
                            execute_bytes("p") + sync_bytes() + query_bytes("commit") +
                            execute_bytes("p") + sync_bytes());
    EXPECT_EQ(letters_of(block), "CZ12DDsZDDDCZCZEZ");
    EXPECT_EQ(states_of(block), "TTTII");
    EXPECT_EQ(sqlstate_of(block), "34000");
    // Also when the next transaction begins in the same message.
    auto const next = talk(query_bytes("begin") + bound + sync_bytes() +
                           query_bytes("commit; begin") + execute_bytes("p") + sync_bytes());
    EXPECT_EQ(sqlstate_of(next), "34000");
}

TEST_F(extended_query, names_portals_once) {
    auto const said = talk(query_bytes("begin") + parse_bytes("", "select 1") +
                           bind_bytes("p", "") + bind_bytes("p", "") + sync_bytes());
    EXPECT_EQ(sqlstate_of(said), "42P03");
    EXPECT_EQ(states_of(said), "TE");
    auto const unnamed = talk(parse_bytes("", "select 1") + bind_bytes("", "") +
                              bind_bytes("", "") + execute_bytes("") + sync_bytes());
    EXPECT_EQ(letters_of(unnamed), "122DCZ");
}

TEST_F(extended_query, closes_statements_and_portals) {
    auto const said = talk(parse_bytes("s", "select 1") + bind_bytes("p", "s") +
                           close_bytes('P', "p") + close_bytes('P', "p") + close_bytes('S', "s") +
                           close_bytes('S', "") + bind_bytes("p", "s") + sync_bytes());
    EXPECT_EQ(letters_of(said), "123333EZ");
    EXPECT_EQ(sqlstate_of(said), "26000");
}

TEST_F(extended_query, shares_statements_with_sql) {
    auto const said = talk(parse_bytes("s", "select 1") + sync_bytes() +
                           query_bytes("deallocate all") + bind_bytes("", "s") + sync_bytes());
    EXPECT_EQ(letters_of(said), "1ZCZEZ");
    EXPECT_EQ(sqlstate_of(said), "26000");
}

TEST_F(extended_query, reaches_cursors_of_sql) {
    auto const said = talk(query_bytes("begin; declare c") + describe_bytes('P', "c") +
                           execute_bytes("c", 2) + execute_bytes("c") + sync_bytes() +
                           parse_bytes("", "select 1") + bind_bytes("c", "") + sync_bytes());
    EXPECT_EQ(letters_of(said), "CCZTDDsDDDCZ1EZ");
    EXPECT_EQ(sqlstate_of(said), "42P03");
    EXPECT_EQ(tags_of(said).back(), "SELECT 3");
}

TEST_F(extended_query, forgets_the_unnamed_statement_at_a_simple_query) {
    auto const said = talk(parse_bytes("", "select 1") + sync_bytes() + query_bytes("select 2") +
                           bind_bytes("", "") + sync_bytes());
    EXPECT_EQ(letters_of(said), "1ZTDCZEZ");
}

TEST_F(extended_query, answers_empty_statements) {
    auto const said =
        talk(parse_bytes("", "", {23}) + describe_bytes('S', "") + bind_bytes("", "", {"1"}) +
             describe_bytes('P', "") + execute_bytes("") + sync_bytes());
    EXPECT_EQ(letters_of(said), "1tn2nIZ");
    EXPECT_EQ(nth<parameter_description_message>(said).value().types.size(), 1u);
}

TEST_F(extended_query, pipelines_share_a_transaction_up_to_sync) {
    auto const one = parse_bytes("", "nothing") + bind_bytes("", "") + execute_bytes("");
    auto const said = talk(one + one + one + sync_bytes() + one + sync_bytes());
    EXPECT_EQ(letters_of(said), "12C12C12CZ12CZ");
    EXPECT_EQ(std::count(log->calls.begin(), log->calls.end(), "committed"), 2);
    auto const failed = talk(one + parse_bytes("", "fail fetch") + bind_bytes("", "") +
                             execute_bytes("") + one + sync_bytes() + one + sync_bytes());
    EXPECT_EQ(letters_of(failed), "12C12EZ12CZ");
}

TEST_F(extended_query, reports_a_failed_commit_at_sync) {
    auto const said =
        talk(parse_bytes("", "fail end") + bind_bytes("", "") + execute_bytes("") + sync_bytes());
    EXPECT_EQ(letters_of(said), "12CEZ");
}

TEST_F(extended_query, fails_in_the_middle_of_rows) {
    auto const said =
        talk(parse_bytes("", "fail row 3") + bind_bytes("", "") + execute_bytes("") + sync_bytes());
    EXPECT_EQ(letters_of(said), "12DDEZ");
    auto const bind = talk(parse_bytes("", "fail bind") + bind_bytes("", "") + sync_bytes());
    EXPECT_EQ(letters_of(bind), "1EZ");
}

TEST_F(extended_query, bounds_statements_and_portals) {
    options.portals = 2;
    fake.prepared = {2, 1 << 20, 100};
    auto const said =
        talk(query_bytes("begin") + parse_bytes("a", "select 1") + parse_bytes("b", "select 1") +
             parse_bytes("c", "select 1") + sync_bytes());
    EXPECT_EQ(letters_of(said), "CZ11EZ");
    EXPECT_EQ(sqlstate_of(said), "53400");
    auto const portals =
        talk(query_bytes("begin") + parse_bytes("", "select 1") + bind_bytes("a", "") +
             bind_bytes("b", "") + bind_bytes("c", "") + sync_bytes());
    EXPECT_EQ(letters_of(portals), "CZ122EZ");
    EXPECT_EQ(sqlstate_of(portals), "53400");
}

}  // namespace
}  // namespace sluice::postgres
