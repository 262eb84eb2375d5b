#include "gateway/admin/admin_session.hpp"

#include <optional>

#include "gateway/core/encoding.hpp"
#include "gateway/core/metrics.hpp"
#include "gateway/core/timer.hpp"
#include "protocols/http/server_connection.hpp"

namespace sluice::gateway {
namespace {

struct page {
    unsigned status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string text;
    bool asks_for_credentials = false;
};

struct basic_credentials {
    std::string user, password;
};

// RFC 7617; nothing when the header is not there or not that.
std::optional<basic_credentials> credentials_of(http::request_head const& head) {
    constexpr std::string_view scheme = "basic ";
    auto const header = head.find("authorization");
    if (!header || !http::starts_with_ignoring_case(*header, scheme)) return std::nullopt;
    auto const decoded = base64_decode(http::trimmed(header->substr(scheme.size())));
    if (decoded.has_error()) return std::nullopt;
    auto const colon = decoded->find(':');
    if (colon == decoded->npos) return std::nullopt;
    return basic_credentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

page health_page(admin_services const& services) {
    if (services.is_ready()) return {.text = "ok\n"};
    return {.status = 503, .text = "starting or stopping\n"};
}

// What an authenticated client gets for any other path than /healthz.
page page_of(http::request_head const& head, admin_services const& services) {
    if (head.path != "/metrics") return {.status = 404, .text = "not found\n"};
    return {.content_type = metrics::exposition_type, .text = services.exposition()};
}

task<page> answer_to(http::request_head const& head, connection_origin const& origin,
                     admin_services const& services) {
    bool const reads = head.verb == http::method::get || head.verb == http::method::head;
    if (head.path == "/healthz" && reads) co_return health_page(services);
    auto const given = credentials_of(head);
    if (!given || !services.accepts_credentials(given->user, given->password, origin)) {
        // A stopped task ends at its next read; the answer may go out early then.
        if (given) (void)co_await wait_for(services.refusal_delay);
        co_return page{.status = 401, .text = "credentials needed\n", .asks_for_credentials = true};
    }
    if (!reads) co_return page{.status = 405, .text = "GET or HEAD\n"};
    co_return page_of(head, services);
}

task<bool> send(http::server_connection& connection, page const& out) {
    http::response_head head;
    head.status = out.status;
    head.set("Content-Type", out.content_type).set("Cache-Control", "no-store");
    if (out.asks_for_credentials) head.set("WWW-Authenticate", "Basic realm=\"sluice\", charset=\"UTF-8\"");
    if (out.status == 405) head.set("Allow", "GET, HEAD");
    connection.begin_answer(head, out.text.size());
    (void)co_await connection.write_body(as_bytes(out.text));  // end_answer tells whether it went out
    co_return co_await connection.end_answer();
}

}  // namespace

task<void> serve_admin(byte_stream& stream, connection_origin origin, admin_services const& services) {
    http::server_connection connection(stream, services.http);
    for (;;) {
        auto const request = co_await connection.next_request();
        if (request.has_error()) {
            page const refused{.status = request.error().status, .text = request.error().reason + "\n"};
            connection.close_after_answer();
            (void)co_await send(connection, refused);
            break;
        }
        if (!*request) break;
        auto const answer = co_await answer_to(**request, origin, services);
        bool const sent = co_await send(connection, answer);
        if (!sent) break;
    }
    co_await connection.finish();
}

}  // namespace sluice::gateway
