#include <gtest/gtest.h>

#include "gateway/core/task_group.hpp"
#include "gateway/core/timer.hpp"
#include "protocols/http/server_connection.hpp"
#include "tests/support/memory_stream.hpp"
#include "tests/support/run_task.hpp"

namespace sluice::http {
namespace {

using test::memory_stream;

// A server that answers every request with its method, path and body; "/stop" and "/skip" leave the
// body unread.
task<void> echo(byte_stream& stream, http_options const& options) {
    server_connection connection(stream, options);
    while (true) {
        auto request = co_await connection.next_request();
        if (!request) {
            response_head head{request.error().status, {}};
            connection.close_after_answer();
            connection.begin_answer(head, 0);
            co_await connection.end_answer();
            break;
        }
        if (!*request) break;
        std::string text(name_of((*request)->verb));
        text.append(" ").append((*request)->path).append(" ");
        unsigned status = 200;
        std::array<std::byte, 7> piece;
        while ((*request)->path != "/skip") {
            auto const got = co_await connection.read_body(piece);
            if (!got) {
                status = got.error().status;
                break;
            }
            if (*got == 0) break;
            text.append(as_chars(const_byte_span(piece.data(), *got)));
        }
        response_head head{status, {}};
        connection.begin_answer(head, text.size());
        co_await connection.write_body(as_bytes(text));
        bool const goes_on = co_await connection.end_answer();
        if (!goes_on) break;
    }
    co_await connection.finish();
}

task<void> converse(memory_stream& client, byte_stream& server, std::string_view sent,
                    bool half_close, http_options const& options, std::string& received) {
    auto const executor = co_await boost::asio::this_coro::executor;
    task_group group(executor);
    EXPECT_TRUE(group.spawn(echo(server, options)));
    auto const written = co_await write_all(client, as_bytes(sent));
    EXPECT_TRUE(written);
    if (half_close) co_await client.shutdown();
    auto const answer = co_await test::read_to_end(client);
    if (answer) received = *answer;
    co_await group.drain();
}

// What comes back for `sent`, read in pieces of `piece` bytes.
std::string answers(std::string_view sent, std::size_t piece = SIZE_MAX, bool half_close = true,
                    http_options const& options = {}) {
    boost::asio::io_context context{1};
    auto [client, server] =
        memory_stream::make_pair(context.get_executor(), {256 * kibibyte, piece});
    std::string received;
    test::run_task(context, converse(*client, *server, sent, half_close, options, received));
    return received;
}

std::string ok(std::string_view body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
}

TEST(server_connection, answers_pipelined_requests_in_order) {
    std::string const sent =
        "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello world"
        "GET /b HTTP/1.1\r\nHost: h\r\n\r\n"
        "PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n9\r\n123456789\r\n0\r\n\r\n"
        "\r\nDELETE /d HTTP/1.1\r\nHost: h\r\n\r\n";
    auto const expected =
        ok("PUT /a hello world") + ok("GET /b ") + ok("PUT /c abc123456789") + ok("DELETE /d ");
    for (std::size_t piece :
         {std::size_t{1}, std::size_t{2}, std::size_t{5}, std::size_t{64}, SIZE_MAX})
        EXPECT_EQ(answers(sent, piece), expected) << piece;
}

TEST(server_connection, states_the_length_of_what_head_leaves_out) {
    EXPECT_EQ(answers("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n" + ok("GET /b "));
}

TEST(server_connection, closes_when_asked_to) {
    EXPECT_EQ(answers("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET /b "
                      "HTTP/1.1\r\nHost: h\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /a ");
    EXPECT_EQ(answers("GET /a HTTP/1.0\r\n\r\nGET /b HTTP/1.0\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /a ");
    EXPECT_EQ(answers("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: keep-alive\r\n\r\nGET /a ");
}

TEST(server_connection, swallows_a_short_body_that_nobody_read) {
    EXPECT_EQ(answers("PUT /skip HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET /b "
                      "HTTP/1.1\r\nHost: h\r\n\r\n"),
              ok("PUT /skip ") + ok("GET /b "));
}

TEST(server_connection, ends_rather_than_swallow_a_long_one) {
    http_options options;
    options.drain_bytes = 10;
    auto const sent = "PUT /skip HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n" +
                      std::string(100, 'x') + "GET /b HTTP/1.1\r\nHost: h\r\n\r\n";
    EXPECT_EQ(answers(sent, SIZE_MAX, true, options),
              "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nPUT /skip ");
}

TEST(server_connection, says_continue_only_when_the_body_is_wanted) {
    auto const head = [](std::string_view path) {
        return "PUT " + std::string(path) +
               " HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    };
    // The body was not sent along, so the server has to ask for it before it is cut.
    EXPECT_TRUE(answers(head("/a")).starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 "));
    EXPECT_EQ(answers(head("/a") + "abc"), ok("PUT /a abc"));
    EXPECT_EQ(answers(head("/skip")),
              "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nPUT /skip ");
}

// botocore loses its place after a final answer that nothing came before.
TEST(server_connection, says_continue_to_a_body_of_no_bytes_or_closes) {
    auto const head = [](std::string_view path) {
        return "PUT " + std::string(path) +
               " HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n";
    };
    EXPECT_EQ(answers(head("/a")), "HTTP/1.1 100 Continue\r\n\r\n" + ok("PUT /a "));
    EXPECT_EQ(answers(head("/skip")),
              "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nPUT /skip ");
}

TEST(server_connection, refuses_and_closes) {
    auto const refused = [](unsigned status, std::string_view reason) {
        return "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason) +
               "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    };
    EXPECT_EQ(
        answers("GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        refused(400, "Bad Request"));
    EXPECT_EQ(answers("GET /" + std::string(20'000, 'a')), refused(414, "URI Too Long"));
    EXPECT_EQ(answers("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(70'000, 'a')),
              refused(431, "Request Header Fields Too Large"));
    EXPECT_EQ(answers("GET / HTT"), refused(400, "Bad Request"));
    EXPECT_EQ(answers(""), "");
}

TEST(server_connection, gives_up_on_a_head_that_does_not_come) {
    http_options options;
    options.head_deadline = std::chrono::milliseconds(1);
    options.linger_deadline = std::chrono::milliseconds(1);
    EXPECT_EQ(answers("GET / HTTP", SIZE_MAX, false, options),
              "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST(server_connection, gives_up_on_a_body_that_does_not_come) {
    http_options options;
    options.linger_deadline = std::chrono::milliseconds(1);
    auto const cut = "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na";
    auto const refusal = "HTTP/1.1 408 Request Timeout\r\n";
    options.body_deadline = std::chrono::milliseconds(1);
    EXPECT_TRUE(answers(cut, SIZE_MAX, false, options).starts_with(refusal));
    options.body_deadline = std::chrono::hours(1);
    options.body_stall = std::chrono::milliseconds(1);
    EXPECT_TRUE(answers(cut, SIZE_MAX, false, options).starts_with(refusal));
}

// Sends one byte at a time, each well within any deadline, until the server has had enough.
task<void> drip(memory_stream& client, byte_stream& server, http_options const& options,
                std::string& received) {
    auto const executor = co_await boost::asio::this_coro::executor;
    task_group group(executor);
    EXPECT_TRUE(group.spawn(echo(server, options)));
    static constexpr std::string_view head =
        "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 10000\r\n\r\n";
    bool taken = (co_await write_all(client, as_bytes(head))).has_value();
    while (taken && group.running() != 0) {
        co_await wait_for(std::chrono::milliseconds(1));
        taken = (co_await write_all(client, as_bytes(std::string_view("x")))).has_value();
    }
    auto const answer = co_await test::read_to_end(client);
    if (answer) received = *answer;
    co_await group.drain();
}

TEST(server_connection, gives_up_on_a_body_that_only_drips) {
    http_options options;
    options.body_deadline = std::chrono::milliseconds(20);
    options.linger_deadline = std::chrono::milliseconds(1);
    boost::asio::io_context context{1};
    auto [client, server] = memory_stream::make_pair(context.get_executor());
    std::string received;
    test::run_task(context, drip(*client, *server, options, received));
    EXPECT_TRUE(received.starts_with("HTTP/1.1 408 ")) << received;
}

TEST(server_connection, ends_an_idle_connection_without_a_word) {
    http_options options;
    options.idle_deadline = std::chrono::milliseconds(1);
    EXPECT_EQ(answers("GET /a HTTP/1.1\r\nHost: h\r\n\r\n", SIZE_MAX, false, options),
              ok("GET /a "));
}

TEST(server_connection, serves_no_more_requests_than_allowed) {
    http_options options;
    options.requests_per_connection = 2;
    std::string const one = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    EXPECT_EQ(
        answers(one + one + one, SIZE_MAX, true, options),
        ok("GET /a ") + "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /a ");
}

}  // namespace
}  // namespace sluice::http
