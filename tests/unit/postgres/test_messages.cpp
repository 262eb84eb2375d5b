// The codec: every message there and back, cut at every byte, with bytes too many; frames and their
// limits; startup packets.
#include <gtest/gtest.h>

#include "protocols/postgres/wire/startup_packet.hpp"
#include "tests/unit/postgres/wire_script.hpp"

namespace sluice::postgres {
namespace {

// Body of an encoded message, after checking its frame.
template <class Message>
std::string body_of(Message const& message) {
    auto const bytes = bytes_of(message);
    EXPECT_EQ(bytes[0], Message::letter);
    EXPECT_EQ(load_big<std::int32_t>(bytes.data() + 1), static_cast<int>(bytes.size()) - 1);
    return bytes.substr(frame_header_bytes);
}

// `cut_everywhere` false: the last field takes whatever is left, so only some cuts are errors.
template <class Message>
void there_and_back(Message const& message, bool takes_rest = false) {
    SCOPED_TRACE(Message::title);
    auto const body = body_of(message);
    auto const again = decode<Message>(body);
    ASSERT_TRUE(again.has_value()) << again.error().describe();
    EXPECT_TRUE(*again == message);
    if (takes_rest) return;
    for (std::size_t cut = 0; cut < body.size(); ++cut)
        EXPECT_TRUE(decode<Message>(body.substr(0, cut)).has_error()) << "cut at " << cut;
    EXPECT_EQ(decode<Message>(body + '\0').error().code, error::malformed);
}

TEST(messages, go_there_and_back) {
    there_and_back(query_message{"select 1"});
    there_and_back(parse_message{"s", "select $1", {23, 0, 4294967295u}});
    there_and_back(bind_message{"p", "s", {0, 1}, {"abc", std::nullopt, ""}, {1}});
    there_and_back(describe_message{'S', "name"});
    there_and_back(execute_message{"p", -1});
    there_and_back(close_message{'P', ""});
    there_and_back(flush_message{});
    there_and_back(sync_message{});
    there_and_back(terminate_message{});
    there_and_back(function_call_message{1598, {1}, {"x"}, 0});
    there_and_back(copy_data_message{"\0\1\2"}, true);
    there_and_back(copy_done_message{});
    there_and_back(copy_fail_message{"because"});
    there_and_back(sasl_initial_response_message{"SCRAM-SHA-256", "n,,n=,r=x"});
    there_and_back(sasl_response_message{"c=biws"}, true);
    there_and_back(password_message{"secret"});
    there_and_back(authentication_ok_message{});
    there_and_back(authentication_sasl_message{{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"}});
    there_and_back(authentication_sasl_continue_message{"r=x"}, true);
    there_and_back(authentication_sasl_final_message{"v=x"}, true);
    there_and_back(backend_key_data_message{7, "1234"}, true);
    there_and_back(negotiate_protocol_version_message{196608, {"_pq_.a", "_pq_.b"}});
    there_and_back(parameter_status_message{"TimeZone", "UTC"});
    there_and_back(ready_for_query_message{'T'});
    there_and_back(row_description_message{{{"a", 16384, 1, 23, 4, -1, 1}, {"b"}}});
    there_and_back(data_row_message{{"1", std::nullopt}});
    there_and_back(command_complete_message{"SELECT 1"});
    there_and_back(empty_query_response_message{});
    there_and_back(error_response_message{{{'S', "ERROR"}, {'C', "42601"}}});
    there_and_back(notice_response_message{{{'S', "NOTICE"}}});
    there_and_back(notification_response_message{7, "channel", "payload"});
    there_and_back(parse_complete_message{});
    there_and_back(bind_complete_message{});
    there_and_back(close_complete_message{});
    there_and_back(portal_suspended_message{});
    there_and_back(no_data_message{});
    there_and_back(parameter_description_message{{23, 25}});
    there_and_back(copy_in_response_message{1, {1, 1}});
    there_and_back(copy_out_response_message{0, {0}});
    there_and_back(copy_both_response_message{0, {}});
    there_and_back(function_call_response_message{std::nullopt});
}

// As PostgreSQL's manual draws it.
TEST(messages, have_the_bytes_of_the_manual) {
    using namespace std::string_literals;
    EXPECT_EQ(bytes_of(bind_message{"", "s", {1}, {"\1"}, {}}),
              "B\0\0\0\x14\0s\0\0\1\0\1\0\1\0\0\0\1\1\0\0"s);
    EXPECT_EQ(bytes_of(ready_for_query_message{'I'}), "Z\0\0\0\5I"s);
    EXPECT_EQ(bytes_of(authentication_sasl_message{{"SCRAM-SHA-256"}}),
              "R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"s);
}

TEST(messages, a_text_ends_at_its_first_zero_byte) {
    using namespace std::string_view_literals;
    auto const bytes = bytes_of(command_complete_message{"SELECT\0 1"sv});
    EXPECT_EQ(nth<command_complete_message>(bytes).value().tag, "SELECT");
}

TEST(messages, counts_are_checked_before_anything_is_allocated) {
    using namespace std::string_literals;
    EXPECT_EQ(decode<parse_message>("\0\0\xff\xff"s).error().code, error::malformed);
    EXPECT_EQ(decode<bind_message>("\0\0\0\0\xff\xff\0\0"s).error().code, error::malformed);
    EXPECT_EQ(decode<negotiate_protocol_version_message>("\0\3\0\0\xff\xff\xff\xff"s).error().code,
              error::malformed);
    // A value longer than the message, and one of negative length.
    EXPECT_EQ(decode<bind_message>("\0\0\0\0\0\1\x7f\xff\xff\xff\0\0"s).error().code,
              error::malformed);
    EXPECT_EQ(decode<bind_message>("\0\0\0\0\0\1\xff\xff\xff\xfe\0\0"s).error().code,
              error::malformed);
}

std::string header(char letter, std::int32_t length) {
    std::string out;
    byte_writer(out).little(letter).big(length);
    return out;
}

TEST(frames, are_judged_by_their_header) {
    frame_limits const limits{100, 1000};
    EXPECT_EQ(read_frame_header(header('Q', 1004), limits).value().body_bytes, 1000u);
    EXPECT_EQ(read_frame_header(header('Q', 1005), limits).error().code, error::too_large);
    EXPECT_EQ(read_frame_header(header('E', 104), limits).value().body_bytes, 100u);
    EXPECT_EQ(read_frame_header(header('E', 105), limits).error().code, error::too_large);
    EXPECT_EQ(read_frame_header(header('S', 4), limits).value().body_bytes, 0u);
    EXPECT_EQ(read_frame_header(header('S', 3), limits).error().code, error::malformed);
    EXPECT_EQ(read_frame_header(header('Q', -1), limits).error().code, error::malformed);
    EXPECT_EQ(read_frame_header(header('z', 4), limits).error().code, error::unsupported);
    // What only a server sends is no message of a client.
    EXPECT_EQ(read_frame_header(header('Z', 5), limits).error().code, error::unsupported);
}

TEST(frames, every_row_of_the_table_is_found_by_its_letter) {
    for (auto const& row : message_rows) {
        if (row.from == side::backend) continue;
        ASSERT_NE(frontend_row(row.letter), nullptr);
        EXPECT_EQ(frontend_row(row.letter)->size, row.size) << row.name;
    }
}

std::string packet(std::uint32_t code, std::string_view rest = "") {
    std::string out;
    byte_writer(out).big(code).raw(rest);
    return out;
}

TEST(startup_packets, are_told_apart_by_their_code) {
    using namespace std::string_view_literals;
    EXPECT_TRUE(std::holds_alternative<ssl_request>(
        decode_startup_packet(packet(ssl_request_code)).value()));
    EXPECT_TRUE(std::holds_alternative<gss_request>(
        decode_startup_packet(packet(gss_request_code)).value()));
    EXPECT_TRUE(decode_startup_packet(packet(ssl_request_code, "x")).has_error());
    auto const start =
        decode_startup_packet(packet(protocol_3_0, "user\0me\0database\0\0\0"sv)).value();
    auto const& request = std::get<startup_request>(start);
    EXPECT_EQ(request.parameters, (decltype(request.parameters){{"user", "me"}, {"database", ""}}));
    // Of a version that nobody knows only the version is read.
    auto const old = decode_startup_packet(packet(protocol_version(2, 0), "anything")).value();
    EXPECT_EQ(std::get<startup_request>(old).version, 2u << 16);
}

TEST(startup_packets, must_end_where_they_say) {
    using namespace std::string_view_literals;
    for (auto const rest :
         {""sv, "user"sv, "user\0"sv, "user\0me"sv, "user\0me\0"sv, "user\0me\0\0x"sv, "\0\0"sv})
        EXPECT_EQ(decode_startup_packet(packet(protocol_3_0, rest)).error().code, error::malformed);
    EXPECT_TRUE(decode_startup_packet(packet(protocol_3_0, "\0"sv)).has_value());
}

TEST(startup_packets, cancellations_have_keys_of_4_to_256_bytes) {
    auto const with_key = [](std::size_t bytes) {
        return decode_startup_packet(
            packet(cancel_request_code, packet(42, std::string(bytes, 'k'))));
    };
    EXPECT_TRUE(with_key(3).has_error());
    EXPECT_TRUE(with_key(257).has_error());
    for (std::size_t const bytes : {4, 32, 256}) {
        auto const decoded = with_key(bytes).value();
        EXPECT_EQ(std::get<cancel_request>(decoded).process_id, 42);
        EXPECT_EQ(std::get<cancel_request>(decoded).secret_key, std::string(bytes, 'k'));
    }
}

TEST(startup_packets, have_a_length_within_bounds) {
    auto const length = [](std::uint32_t bytes) { return read_startup_length(packet(bytes), 100); };
    EXPECT_TRUE(length(7).has_error());
    EXPECT_EQ(length(8).value(), 8u);
    EXPECT_EQ(length(100).value(), 100u);
    EXPECT_TRUE(length(101).has_error());
    EXPECT_TRUE(length(0xffffffff).has_error());
}

}  // namespace
}  // namespace sluice::postgres
