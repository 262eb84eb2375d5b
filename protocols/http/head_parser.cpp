#include "protocols/http/head_parser.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>

namespace sluice::http {
namespace {

namespace beast_http = boost::beast::http;

// Beast's grammar with our own storage: fields become views into the head's text.
class grammar final : public beast_http::basic_parser<true> {
public:
    explicit grammar(request_head& out) : out_(out) {}

private:
    using text_view = boost::beast::string_view;
    static std::string_view std_view(text_view text) noexcept { return {text.data(), text.size()}; }

    void on_request_impl(beast_http::verb, text_view method, text_view target, int version,
                         boost::beast::error_code& ec) override {
        out_.verb_text = std_view(method);
        out_.verb = method_of(out_.verb_text);
        out_.target = std_view(target);
        if (version != 10 && version != 11) ec = beast_http::error::bad_version;
        out_.minor_version = version == 10 ? 0 : 1;
    }
    void on_response_impl(int, text_view, int, boost::beast::error_code&) override {}
    void on_field_impl(beast_http::field, text_view name, text_view value,
                       boost::beast::error_code&) override {
        out_.headers.push_back({std_view(name), trimmed(std_view(value))});
    }
    void on_header_impl(boost::beast::error_code&) override {}
    void on_body_init_impl(boost::optional<std::uint64_t> const&,
                           boost::beast::error_code&) override {}
    std::size_t on_body_impl(text_view, boost::beast::error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, text_view, boost::beast::error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, text_view, boost::beast::error_code&) override {
        return 0;
    }
    void on_finish_impl(boost::beast::error_code&) override {}

    request_head& out_;
};

std::optional<rejection> refuse_ambiguous_bytes(std::string_view head) {
    for (std::size_t at = 0; at < head.size(); ++at) {
        char const c = head[at];
        if (c == '\0') return rejection{400, "NUL in the request head"};
        if (c == '\r' && (at + 1 == head.size() || head[at + 1] != '\n'))
            return rejection{400, "bare CR in the request head"};
        if (c != '\n') continue;
        if (at == 0 || head[at - 1] != '\r') return rejection{400, "bare LF in the request head"};
        if (at + 1 < head.size() && (head[at + 1] == ' ' || head[at + 1] == '\t'))
            return rejection{400, "folded header line"};
    }
    return std::nullopt;
}

std::optional<rejection> split_target(request_head& head) {
    auto target = head.target;
    std::string_view authority;
    for (std::string_view scheme : {"http://", "https://"}) {
        if (!starts_with_ignoring_case(target, scheme)) continue;
        target.remove_prefix(scheme.size());
        auto const slash = target.find_first_of("/?");
        authority = target.substr(0, slash);
        target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
        break;
    }
    if (target.empty() || (target.front() != '/' && target != "*"))
        return rejection{400, "the request target is not a path"};
    if (target.find('#') != std::string_view::npos)
        return rejection{400, "fragment in the request target"};
    head.target = target;
    auto const mark = target.find('?');
    head.path = target.substr(0, mark);
    head.query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);

    auto const hosts = head.count("Host");
    if (hosts > 1) return rejection{400, "more than one Host header"};
    if (hosts == 0 && head.minor_version == 1) return rejection{400, "no Host header"};
    head.host = authority.empty() ? head.find("Host").value_or("") : authority;
    return std::nullopt;
}

std::optional<rejection> decide_framing(request_head& head) {
    auto const lengths = head.count("Content-Length");
    auto const encodings = head.count("Transfer-Encoding");
    if (lengths > 1) return rejection{400, "more than one Content-Length header"};
    if (lengths != 0 && encodings != 0)
        return rejection{400, "Content-Length beside Transfer-Encoding"};
    if (encodings != 0) {
        if (head.minor_version == 0) return rejection{400, "Transfer-Encoding in HTTP/1.0"};
        if (encodings > 1 || !equal_ignoring_case(*head.find("Transfer-Encoding"), "chunked"))
            return rejection{501, "only the chunked transfer encoding is served"};
        head.framing = body_framing::chunked;
        return std::nullopt;
    }
    if (lengths == 0) return std::nullopt;
    auto const text = *head.find("Content-Length");
    auto const* end = text.data() + text.size();
    auto const digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                     [](char c) { return c >= '0' && c <= '9'; });
    auto const parsed = std::from_chars(text.data(), end, head.content_length);
    if (!digits || parsed.ec != std::errc{} || parsed.ptr != end || head.content_length > INT64_MAX)
        return rejection{400, "Content-Length is not a number"};
    head.framing = head.content_length == 0 ? body_framing::none : body_framing::sized;
    return std::nullopt;
}

// A comma-separated list holds the token.
bool lists_token(std::string_view list, std::string_view token) noexcept {
    while (true) {
        auto const comma = list.find(',');
        if (equal_ignoring_case(trimmed(list.substr(0, comma)), token)) return true;
        if (comma == std::string_view::npos) return false;
        list.remove_prefix(comma + 1);
    }
}

std::optional<rejection> read_connection_headers(request_head& head) {
    head.keep_alive = head.minor_version == 1;
    for (auto const& field : head.headers) {
        if (!equal_ignoring_case(field.name, "Connection")) continue;
        if (lists_token(field.value, "close")) head.keep_alive = false;
        else if (head.minor_version == 0 && lists_token(field.value, "keep-alive"))
            head.keep_alive = true;
    }
    auto const expectation = head.find("Expect");
    if (!expectation) return std::nullopt;
    if (!equal_ignoring_case(*expectation, "100-continue"))
        return rejection{417, "unknown expectation"};
    // With a body of no bytes too: botocore asks for it, and needs the answer (server_connection).
    bool const has_body = head.framing != body_framing::none || head.find("Content-Length");
    head.expects_continue = head.minor_version == 1 && has_body;
    return std::nullopt;
}

// The request line ends in a version of HTTP that is none of ours; anything else is no request
// line.
bool names_another_version(std::string_view text) noexcept {
    auto const line = text.substr(0, text.find('\r'));
    auto const last = line.substr(line.rfind(' ') + 1);
    return last.starts_with("HTTP/") && last != "HTTP/1.0" && last != "HTTP/1.1";
}

}  // namespace

std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t searched) noexcept {
    // The end may straddle what was searched and what is new.
    auto const at = bytes.find("\r\n\r\n", searched < 3 ? 0 : searched - 3);
    if (at == std::string_view::npos) return std::nullopt;
    return at + 4;
}

std::optional<rejection> too_long(std::string_view unfinished, http_options const& limits) {
    auto const line = unfinished.find('\n');
    if (std::min(line, unfinished.size()) > limits.request_line_bytes)
        return rejection{414, "request line too long"};
    if (unfinished.size() >= limits.head_bytes) return rejection{431, "request head too long"};
    return std::nullopt;
}

accepted<request_head> parse_head(std::string text, http_options const& limits) {
    if (text.find('\n') > limits.request_line_bytes) return rejection{414, "request line too long"};
    if (text.size() > limits.head_bytes) return rejection{431, "request head too long"};
    auto const lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    if (lines > limits.header_count + 2) return rejection{431, "too many headers"};
    if (auto refused = refuse_ambiguous_bytes(text)) return *std::move(refused);

    request_head head;
    head.text = std::make_shared<std::string const>(std::move(text));
    head.headers.reserve(lines);
    grammar parser(head);
    parser.header_limit(static_cast<std::uint32_t>(limits.head_bytes + 4));
    parser.body_limit(boost::none);
    parser.eager(false);
    boost::beast::error_code ec;
    try {
        parser.put(boost::asio::const_buffer(head.text->data(), head.text->size()), ec);
    } catch (std::exception const& thrown) {
        return rejection{400, thrown.what()};
    }
    if (ec == beast_http::error::bad_version && names_another_version(*head.text))
        return rejection{505, "only HTTP/1.0 and HTTP/1.1 are served"};
    // The framing headers are judged below, with answers of our own.
    if (ec && ec != beast_http::error::need_more && ec != beast_http::error::bad_content_length &&
        ec != beast_http::error::bad_transfer_encoding)
        return rejection{400, ec.message()};
    if (!ec && !parser.is_header_done()) return rejection{400, "the request head is not complete"};
    auto refused = decide_framing(head);
    if (!refused && ec) refused = rejection{400, ec.message()};
    if (!refused) refused = split_target(head);
    if (!refused) refused = read_connection_headers(head);
    if (refused) return *std::move(refused);
    return head;
}

}  // namespace sluice::http
