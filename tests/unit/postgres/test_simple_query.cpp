// Simple queries, the end of conversations and what does not fit: scripted, each step failed in
// turn.
#include "tests/unit/postgres/conversation_world.hpp"

namespace sluice::postgres {
namespace {

class simple_query : public conversation_world {};

using strings = std::vector<std::string>;

TEST_F(simple_query, answers_rows_and_a_tag) {
    auto const said = talk(query_bytes("select 1, 'one' as name, null"));
    EXPECT_EQ(letters_of(said), "TDCZ");
    auto const columns = nth<row_description_message>(said).value().columns;
    ASSERT_EQ(columns.size(), 3u);
    EXPECT_EQ(columns[0], (column_description{"?column?", 0, 0, 23, 4, -1, 0}));
    EXPECT_EQ(columns[1], (column_description{"name", 0, 0, 25, -1, -1, 0}));
    auto const row = nth<data_row_message>(said).value().values;
    EXPECT_EQ(row[0], "1");
    EXPECT_EQ(row[1], "one");
    EXPECT_EQ(row[2], std::nullopt);
    EXPECT_EQ(tags_of(said), strings{"SELECT 1"});
    EXPECT_EQ(states_of(said), "I");
    EXPECT_EQ(log->calls, (strings{"prepare:select 1, 'one' as name, null", "bind", "fetch:0",
                                   "end", "committed", "gone"}));
}

TEST_F(simple_query, reads_messages_cut_anywhere) {
    for (std::size_t const piece : {1, 2, 3, 7}) {
        read_piece = piece;
        EXPECT_EQ(letters_of(talk(query_bytes("select 1") + query_bytes("nothing"))), "TDCZCZ");
    }
}

TEST_F(simple_query, refuses_a_message_that_finds_no_memory) {
    auto const others = memory.left() - 100 * kibibyte;
    ASSERT_TRUE(memory.take(others));
    auto const large = "select '" + std::string(200 * kibibyte, 'x') + "'";
    auto const said = talk(query_bytes("select 1") + query_bytes(large));
    EXPECT_EQ(letters_of(said), "TDCZE") << "the small one is answered";
    EXPECT_EQ(error_field_of(said, 'C'), "53200");
    EXPECT_EQ(memory.left(), 100 * kibibyte) << "given back";
    memory.give(others);
    EXPECT_EQ(letters_of(talk(query_bytes(large))), "TDCZ");
}

TEST_F(simple_query, sends_rows_of_many_pages) {
    auto const said = talk(query_bytes("select generate_series(1, 25)"));
    EXPECT_EQ(letters_of(said), "T" + std::string(25, 'D') + "CZ");
    EXPECT_EQ(values_of(said).back(), "25");
    EXPECT_EQ(tags_of(said), strings{"SELECT 25"});
}

TEST_F(simple_query, says_so_when_there_is_nothing_in_it) {
    for (auto const* text : {"", " ;; "})
        EXPECT_EQ(letters_of(talk(query_bytes(text))), "IZ") << text;
}

TEST_F(simple_query, runs_several_statements_in_one_transaction) {
    auto const said = talk(query_bytes("select 1; nothing; select 2"));
    EXPECT_EQ(letters_of(said), "TDCCTDCZ");
    EXPECT_EQ(tags_of(said), (strings{"SELECT 1", "NOTHING 7", "SELECT 1"}));
    EXPECT_EQ(std::count(log->calls.begin(), log->calls.end(), "committed"), 1);
}

TEST_F(simple_query, stops_at_the_first_error) {
    struct step {
        char const* text;
        char const* letters;
    };
    for (auto const& [text, letters] : {step{"select 1; fail prepare; select 2", "TDCEZ"},
                                        step{"select 1; fail bind; select 2", "TDCEZ"},
                                        step{"select 1; fail fetch; select 2", "TDCTEZ"},
                                        step{"fail row 4; select 2", "TDDDEZ"}}) {
        log->calls.clear();
        auto const said = talk(query_bytes(text));
        EXPECT_EQ(letters_of(said), letters) << text;
        EXPECT_EQ(sqlstate_of(said), "F0000");
        EXPECT_EQ(error_field_of(said, 'S'), "ERROR");
        EXPECT_EQ(states_of(said), "I");
        EXPECT_EQ(std::count(log->calls.begin(), log->calls.end(), "error"), 1);
        EXPECT_EQ(std::count(log->calls.begin(), log->calls.end(), "committed"), 0);
    }
    EXPECT_EQ(letters_of(talk(query_bytes("fail split"))), "EZ");
}

TEST_F(simple_query, counts_error_positions_in_the_whole_text) {
    auto const said = talk(query_bytes("select 1;  fail prepare"));
    EXPECT_EQ(error_field_of(said, 'P'), "17");
    EXPECT_EQ(error_field_of(talk(query_bytes("fail split")), 'P'), "6");
}

// The tag would promise what the commit did not keep.
TEST_F(simple_query, has_no_tag_when_the_commit_fails) {
    auto const said = talk(query_bytes("select 1; fail end"));
    EXPECT_EQ(letters_of(said), "TDCEZ");
    EXPECT_EQ(error_field_of(said, 'M'), "failed at commit");
}

TEST_F(simple_query, shows_the_state_of_the_transaction) {
    auto const said =
        talk(query_bytes("begin") + query_bytes("fail fetch") + query_bytes("select 1") +
             query_bytes("commit") + query_bytes("begin; select 1"));
    EXPECT_EQ(states_of(said), "TEEIT");
    EXPECT_EQ(sqlstate_of(said, 1), "25P02");
    EXPECT_EQ(tags_of(said), (strings{"BEGIN", "ROLLBACK", "BEGIN", "SELECT 1"}));
}

TEST_F(simple_query, sends_notices_and_changed_settings) {
    auto const said = talk(query_bytes("notice hello; set TimeZone = CET"));
    EXPECT_EQ(letters_of(said), "NCCSZ");
    auto const notice = nth<notice_response_message>(said).value();
    EXPECT_EQ(notice.fields[0].text, "NOTICE");
    EXPECT_EQ(notice.fields[3].text, "hello");
    auto const status = nth<parameter_status_message>(said).value();
    EXPECT_EQ(status.name, "TimeZone");
    EXPECT_EQ(status.value, "CET");
}

TEST_F(simple_query, refuses_function_calls_and_goes_on) {
    auto const said =
        talk(bytes_of(function_call_message{1598, {}, {}, 0}) + query_bytes("select 1"));
    EXPECT_EQ(letters_of(said), "EZTDCZ");
    EXPECT_EQ(sqlstate_of(said), "0A000");
    EXPECT_EQ(letters_of(talk("F" + std::string("\0\0\0\4", 4))), "EZ");
}

TEST_F(simple_query, ends_with_terminate_and_reads_no_further) {
    EXPECT_EQ(letters_of(talk(bytes_of(terminate_message{}) + query_bytes("select 1"))), "");
}

TEST_F(simple_query, ends_at_what_is_no_message) {
    using namespace std::string_literals;
    struct step {
        std::string bytes;
        char const* message;
    };
    options.frames = {100, 1000};
    std::string large = "Q";
    byte_writer(large).big(std::int32_t{1005});
    for (auto const& [bytes, message] :
         {step{"z\0\0\0\4"s, "invalid frontend message type 122"},
          step{"Q\0\0\0\3"s, "invalid message length"},
          step{large, "message of 1001 bytes, the limit is 1000"},
          step{"p\0\0\0\5x"s, "invalid frontend message type 112"}}) {
        auto const said = talk(query_bytes("select 1") + bytes + query_bytes("select 2"));
        EXPECT_EQ(letters_of(said), "TDCZE") << message;
        EXPECT_EQ(error_field_of(said, 'S'), "FATAL");
        EXPECT_EQ(error_field_of(said, 'M'), message);
    }
}

TEST_F(simple_query, reports_a_message_of_the_wrong_shape_and_goes_on) {
    using namespace std::string_literals;
    auto const said = talk("Q\0\0\0\6ab"s + query_bytes("select 1"));
    EXPECT_EQ(letters_of(said), "EZTDCZ");
    EXPECT_EQ(error_field_of(said, 'M'), "invalid message format");
    EXPECT_EQ(letters_of(talk("S\0\0\0\5x"s + query_bytes("select 1"))), "EZTDCZ");
}

TEST_F(simple_query, tells_an_idle_client_that_the_server_stops) {
    stopping = true;
    auto const said = talk(query_bytes("select 1"));
    EXPECT_EQ(letters_of(said), "TDCZE");
    EXPECT_EQ(sqlstate_of(said), "57P01");
    EXPECT_EQ(error_field_of(said, 'V'), "FATAL");
}

TEST_F(simple_query, rolls_back_when_the_client_leaves) {
    talk(query_bytes("begin") + "Q");
    EXPECT_EQ(log->calls.back(), "gone");
}

}  // namespace
}  // namespace sluice::postgres
