// COPY in both directions, simple and extended, with every way to break off.
#include "tests/unit/postgres/conversation_world.hpp"

namespace sluice::postgres {
namespace {

class copy_protocol : public conversation_world {
protected:
    bool logged(std::string const& call) const {
        return std::find(log->calls.begin(), log->calls.end(), call) != log->calls.end();
    }
};

using strings = std::vector<std::string>;

TEST_F(copy_protocol, takes_data_cut_anywhere) {
    auto const said =
        talk(query_bytes("copy t from stdin") + copy_bytes("1\to") + copy_bytes("ne\n2\ttwo\n") +
             copy_bytes("") + bytes_of(copy_done_message{}) + query_bytes("select 1"));
    EXPECT_EQ(letters_of(said), "GCZTDCZ");
    EXPECT_EQ(log->copied, "1\tone\n2\ttwo\n");
    EXPECT_EQ(tags_of(said)[0], "COPY 3");
    auto const response = nth<copy_in_response_message>(said).value();
    EXPECT_EQ(response.format, 0);
    EXPECT_EQ(response.column_formats, (std::vector<std::int16_t>{0, 0}));
    auto const binary =
        talk(query_bytes("copy t from stdin binary") + bytes_of(copy_done_message{}));
    EXPECT_EQ(nth<copy_in_response_message>(binary).value().format, 1);
    EXPECT_EQ(nth<copy_in_response_message>(binary).value().column_formats,
              (std::vector<std::int16_t>{1, 1}));
}

TEST_F(copy_protocol, sends_each_row_as_a_message) {
    auto const said = talk(query_bytes("copy t to stdout") + query_bytes("select 1"));
    EXPECT_EQ(letters_of(said), "HdddcCZTDCZ");
    EXPECT_EQ(nth<copy_data_message>(said, 1).value().bytes, "2\ttwo\n");
}

TEST_F(copy_protocol, ends_where_the_client_gives_up) {
    auto const said = talk(query_bytes("copy t from stdin; select 1") + copy_bytes("1\n") +
                           bytes_of(copy_fail_message{"no more"}) + query_bytes("select 2"));
    EXPECT_EQ(letters_of(said), "GEZTDCZ");
    EXPECT_EQ(sqlstate_of(said), "57014");
    EXPECT_EQ(error_field_of(said, 'M'), "COPY from stdin failed: no more");
    EXPECT_TRUE(logged("copy failed: no more"));
    EXPECT_EQ(values_of(said), strings{"2"});
}

TEST_F(copy_protocol, drops_what_follows_an_error_in_the_data) {
    auto const said =
        talk(query_bytes("copy t from stdin") + copy_bytes("bad") + copy_bytes("1\n") +
             bytes_of(copy_done_message{}) + query_bytes("select 2"));
    EXPECT_EQ(letters_of(said), "GEZTDCZ");
    EXPECT_EQ(sqlstate_of(said), "22P04");
    EXPECT_EQ(error_field_of(said, 'W'), "COPY t, line 1");
    EXPECT_EQ(log->copied, "");
}

TEST_F(copy_protocol, ends_at_a_message_that_does_not_belong) {
    auto const said =
        talk(query_bytes("copy t from stdin") + query_bytes("select 1") + query_bytes("select 2"));
    EXPECT_EQ(letters_of(said), "GEZTDCZ");
    EXPECT_EQ(error_field_of(said, 'M'), "unexpected message type 0x51 during COPY from stdin");
    EXPECT_TRUE(logged("copy failed: unexpected message"));
}

TEST_F(copy_protocol, works_in_extended_queries) {
    // libpq sends Sync before it knows that this is a COPY, and again at its end.
    auto const start = parse_bytes("", "copy t from stdin") + bind_bytes("", "") +
                       describe_bytes('P', "") + execute_bytes("") + sync_bytes();
    auto const good = talk(start + copy_bytes("1\n") + bytes_of(copy_done_message{}) +
                           sync_bytes() + query_bytes("select 1"));
    EXPECT_EQ(letters_of(good), "12nGCZTDCZ");
    auto const bad = talk(start + copy_bytes("bad") + copy_bytes("1\n") +
                          bytes_of(copy_done_message{}) + sync_bytes() + query_bytes("select 1"));
    EXPECT_EQ(letters_of(bad), "12nGEZTDCZ");
    auto const out = talk(parse_bytes("", "copy t to stdout") + bind_bytes("", "") +
                          execute_bytes("") + sync_bytes());
    EXPECT_EQ(letters_of(out), "12HdddcCZ");
    auto const twice = talk(parse_bytes("", "copy t to stdout") + bind_bytes("p", "") +
                            execute_bytes("p") + execute_bytes("p") + sync_bytes());
    EXPECT_EQ(letters_of(twice), "12HdddcCEZ");
}

TEST_F(copy_protocol, fails_before_it_starts) {
    EXPECT_EQ(letters_of(talk(query_bytes("copy fail in") + query_bytes("select 1"))), "EZTDCZ");
    EXPECT_EQ(letters_of(talk(query_bytes("copy fail out") + query_bytes("select 1"))), "EZTDCZ");
}

TEST_F(copy_protocol, is_rolled_back_when_the_client_leaves) {
    for (auto const& rest : {std::string(), copy_bytes("1\n"), std::string("d")}) {
        log->calls.clear();
        EXPECT_EQ(letters_of(talk(query_bytes("copy t from stdin") + rest)), "G");
        EXPECT_TRUE(logged("copy failed: the connection ended"));
        EXPECT_TRUE(logged("rolled back"));
        EXPECT_FALSE(logged("committed"));
    }
}

TEST_F(copy_protocol, ends_the_connection_at_what_is_no_message) {
    using namespace std::string_literals;
    auto const said = talk(query_bytes("copy t from stdin") + "z\0\0\0\4"s);
    EXPECT_EQ(letters_of(said), "GE");
    EXPECT_EQ(error_field_of(said, 'S'), "FATAL");
    EXPECT_TRUE(logged("rolled back"));
}

}  // namespace
}  // namespace sluice::postgres
