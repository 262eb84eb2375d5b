#include "gateway/net/http_fetch.hpp"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "gateway/core/async.hpp"
#include "gateway/core/timer.hpp"
#include "gateway/core/units.hpp"
#include "gateway/net/socket_stream.hpp"
#include "gateway/net/tls_engine.hpp"
#include "gateway/net/tls_stream.hpp"

namespace sluice::gateway {
namespace {

using boost::asio::ip::tcp;
namespace beast_http = boost::beast::http;

constexpr std::uint32_t longest_head = 16 * kibibyte;
constexpr std::size_t read_piece = 16 * kibibyte;

struct url_parts {
    bool secure = false;
    std::string host;  // without brackets
    std::string port;
    std::string authority;
    std::string target;
};

result<url_parts> parse_url(std::string_view url) {
    url_parts out;
    out.secure = url.starts_with("https://");
    if (!out.secure && !url.starts_with("http://"))
        return failure{error::invalid_argument, "not a URL of http or https"};
    url.remove_prefix(out.secure ? 8 : 7);
    auto const slash = std::min(url.find('/'), url.size());
    out.authority = url.substr(0, slash);
    out.target = slash == url.size() ? "/" : std::string(url.substr(slash));
    std::string_view host = out.authority;
    auto const colon = host.rfind(':');
    bool const has_port = colon != host.npos && host.find(']', colon) == host.npos;
    out.port = has_port ? std::string(host.substr(colon + 1)) : (out.secure ? "443" : "80");
    if (has_port) host = host.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    bool const digits = out.port.find_first_not_of("0123456789") == std::string::npos;
    bool const plain = std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (host.empty() || out.port.empty() || !digits || !plain)
        return failure{error::invalid_argument, "not a URL"};
    out.host = host;
    return out;
}

failure unreachable(url_parts const& to, boost::system::error_code code) {
    if (code == boost::asio::error::operation_aborted) return error::cancelled;
    return failure{error::io_failed, to.authority + ": " + code.message()};
}

task<result<std::unique_ptr<byte_stream>>> connect(url_parts const& to) {
    auto const executor = co_await boost::asio::this_coro::executor;
    tcp::resolver resolver(executor);
    auto const [unknown, found] = co_await resolver.async_resolve(to.host, to.port, awaiting_tuple);
    if (unknown) co_return unreachable(to, unknown);
    std::vector<tcp::endpoint> endpoints;
    for (auto const& one : found)
        if (to.secure || one.endpoint().address().is_loopback()) endpoints.push_back(one.endpoint());
    if (endpoints.empty())
        co_return failure{error::invalid_argument, to.authority + ": http is for this machine only"};
    tcp::socket socket(executor);
    auto const [refused, peer] =
        co_await boost::asio::async_connect(socket, endpoints, awaiting_tuple);
    if (refused) co_return unreachable(to, refused);
    co_return make_socket_stream(std::move(socket), to.authority);
}

std::string request_text(url_parts const& to) {
    return "GET " + to.target + " HTTP/1.1\r\nHost: " + to.authority +
           "\r\nUser-Agent: sluice\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n"
           "Connection: close\r\n\r\n";
}

task<result<std::string>> read_answer(byte_stream& from, std::size_t most) {
    beast_http::response_parser<beast_http::string_body> parser;
    parser.header_limit(longest_head);
    parser.body_limit(most);
    parser.eager(true);
    std::string held;
    std::string piece(read_piece, '\0');
    while (!parser.is_done()) {
        auto const room = byte_span(reinterpret_cast<std::byte*>(piece.data()), piece.size());
        auto const got = co_await from.read_some(room);
        if (got.has_error()) co_return got.error();
        boost::system::error_code code;
        if (*got == 0) {
            parser.put_eof(code);
            if (code || !parser.is_done())
                co_return failure{error::malformed, "the answer is cut off"};
            break;
        }
        held.append(piece, 0, *got);
        while (!held.empty() && !parser.is_done()) {
            auto const taken = parser.put(boost::asio::buffer(held), code);
            held.erase(0, taken);
            if (code == beast_http::error::need_more) break;
            if (code == beast_http::error::body_limit)
                co_return failure{error::too_large, "the answer is too long"};
            if (code) co_return failure{error::malformed, "the answer is not HTTP: " + code.message()};
        }
        if (held.size() > longest_head + most)
            co_return failure{error::too_large, "the answer is too long"};
    }
    if (parser.get().result_int() != 200)
        co_return failure{error::io_failed,
                          "the answer is " + std::to_string(parser.get().result_int())};
    co_return std::move(parser.get().body());
}

task<result<std::string>> exchange(url_parts const& to, std::size_t most, blocking_pool& pool) {
    auto stream = co_await connect(to);
    if (stream.has_error()) co_return stream.error();
    if (to.secure) {
        // Reads the system's certificates.
        auto make = [&to](blocking_token token) { return make_tls_client_of_system(to.host, token); };
        auto engine = co_await pool.run(std::move(make));
        if (engine.has_error()) co_return engine.error();
        stream = co_await start_tls(*std::move(stream), *std::move(engine));
        if (stream.has_error()) co_return stream.error();
    }
    auto& connection = **stream;
    auto const request = request_text(to);
    auto const sent = co_await write_all(connection, as_bytes(request));
    if (sent.has_error()) co_return sent.error();
    auto answer = co_await read_answer(connection, most);
    connection.close();
    co_return answer;
}

}  // namespace

task<result<std::string>> fetch(std::string url, fetch_options options, blocking_pool& pool) {
    auto const to = parse_url(url);
    if (to.has_error()) co_return to.error();
    auto body = exchange(*to, options.most_bytes, pool);
    auto answer = co_await with_deadline(options.deadline, std::move(body));
    if (answer.has_error() && answer.error().code == error::deadline_exceeded)
        co_return failure{error::deadline_exceeded, to->authority + ": no answer in time"};
    co_return answer;
}

}  // namespace sluice::gateway
