#include "tests/integration/s3/s3_world.hpp"

#include <algorithm>

#include "auth/authn/amz_date.hpp"
#include "auth/authn/uri_encoding.hpp"
#include "gateway/core/checksum.hpp"
#include "gateway/core/crypto.hpp"
#include "gateway/core/cursor.hpp"
#include "gateway/core/encoding.hpp"
#include "gateway/core/task_group.hpp"
#include "protocols/http/request.hpp"
#include "tests/support/memory_stream.hpp"

namespace sluice::s3 {
namespace {

constexpr std::size_t chunk_bytes = 8192;

std::string sha256(std::string_view text) {
    return hash(digest_kind::sha256, text).hex();
}

std::string_view hash_name(payload_form form) {
    switch (form) {
        case payload_form::hashed: return "";
        case payload_form::unsigned_payload: return "UNSIGNED-PAYLOAD";
        case payload_form::signed_chunks: return "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
        case payload_form::unsigned_trailer: return "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
        case payload_form::signed_trailer: return "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
    }
    return "";
}

std::string trailer_of(std::string_view body) {
    std::string raw;
    byte_writer(raw).big(crc32(as_bytes(body)));
    return base64_encode(raw);
}

struct split_target {
    std::string_view path, query;
};
split_target split(std::string_view target) {
    auto const mark = target.find('?');
    return {target.substr(0, mark),
            mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1)};
}

std::string joined(std::vector<std::string> const& names) {
    std::string out;
    for (auto const& name : names) out.append(out.empty() ? "" : ";").append(name);
    return out;
}

std::vector<auth::http_header_view> views(header_list const& headers) {
    std::vector<auth::http_header_view> out;
    for (auto const& [name, value] : headers) out.push_back({name, value});
    return out;
}

std::string signature_for(std::string_view secret, auth::sigv4_claim const& claim,
                          s3_call const& call, header_list const& headers) {
    auto const [path, query] = split(call.target);
    auto const seen = views(headers);
    auto const canonical =
        auth::canonical_request(claim, {call.method, path, query, seen}, {}).value();
    return auth::signature_of(auth::signing_key(secret, claim),
                              auth::string_to_sign(claim, canonical));
}

s3_reply parse_reply(std::string_view& bytes, bool bodyless) {
    s3_reply reply;
    auto const end = bytes.find("\r\n\r\n");
    if (!bytes.starts_with("HTTP/1.1 ") || end == std::string_view::npos) {
        bytes = {};
        return reply;
    }
    auto head = bytes.substr(0, end + 2);
    bytes.remove_prefix(end + 4);
    reply.status = static_cast<unsigned>(std::stoul(std::string(head.substr(9, 3))));
    head.remove_prefix(head.find('\n') + 1);
    while (!head.empty()) {
        auto const line = head.substr(0, head.find('\r'));
        head.remove_prefix(head.find('\n') + 1);
        auto const colon = line.find(':');
        reply.headers.emplace_back(line.substr(0, colon), http::trimmed(line.substr(colon + 1)));
    }
    auto const length = reply.header("content-length");
    if (bodyless || length.empty()) return reply;
    reply.body = bytes.substr(0, std::stoull(length));
    bytes.remove_prefix(reply.body.size());
    return reply;
}

task<void> talk(byte_stream& client, byte_stream& server, std::string const& sent,
                s3_services const& services, auth::connection_facts const& facts,
                std::string& received) {
    auto const executor = co_await boost::asio::this_coro::executor;
    task_group group(executor);
    transport_names names;
    if (facts.tls) names = {"TLSv1.3", "TLS_AES_128_GCM_SHA256"};
    auto serving = serve_s3(server, facts, services, std::move(names));
    if (!group.spawn(std::move(serving))) throw std::logic_error("not spawned");
    // The server may refuse before it read everything: then writing fails, and the answer says why.
    co_await write_all(client, as_bytes(std::string_view(sent)));
    co_await client.shutdown();
    auto const answer = co_await test::read_to_end(client);
    if (answer) received = *answer;
    client.close();
    co_await group.drain();
}

}  // namespace

std::string md5_header(std::string_view body) {
    return base64_encode(hash(digest_kind::md5, body).chars());
}

std::string s3_reply::header(std::string_view name) const {
    for (auto const& [candidate, value] : headers)
        if (http::equal_ignoring_case(candidate, name)) return value;
    return {};
}

std::vector<std::string> s3_reply::elements(std::string_view name) const {
    std::vector<std::string> out;
    std::string const open = "<" + std::string(name) + ">";
    std::string const close = "</" + std::string(name) + ">";
    for (auto at = body.find(open); at != std::string::npos; at = body.find(open, at + 1)) {
        auto const begin = at + open.size();
        out.push_back(body.substr(begin, body.find(close, begin) - begin));
    }
    return out;
}

std::string s3_reply::element(std::string_view name) const {
    auto const all = elements(name);
    return all.empty() ? std::string{} : all.front();
}

s3_world::s3_world(bool real) : guard_world({}, real) {
    front.refusal_delay = std::chrono::milliseconds(0);
}

auth::sigv4_claim s3_world::claim_for(header_list const& headers, std::string payload_hash) const {
    auth::sigv4_claim claim;
    claim.timestamp = auth::format_amz_date(clock.now());
    claim.date = claim.timestamp.substr(0, 8);
    claim.region = "us-east-1";
    claim.service = service;
    claim.payload_hash = std::move(payload_hash);
    for (auto const& [name, value] : headers) {
        auto lower = http::lower_cased(name);
        if (lower == "host" || lower.starts_with("x-amz-") || lower == "content-md5")
            claim.signed_headers.push_back(lower);
    }
    auto& names = claim.signed_headers;
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return claim;
}

std::string s3_world::chunked(std::string const& body, auth::sigv4_claim const& claim,
                              payload_form form) const {
    bool const with_signatures = form != payload_form::unsigned_trailer;
    auto const key = auth::signing_key(who.secret, claim);
    std::string previous = claim.signature;
    auto const sign = [&](std::string_view kind, std::string const& rest) {
        previous = hmac_of(digest_kind::sha256, key,
                           std::string(kind) + "\n" + claim.timestamp + "\n" + claim.scope() +
                               "\n" + previous + "\n" + rest)
                       .hex();
        return previous;
    };
    std::string out;
    for (std::size_t at = 0;; at += chunk_bytes) {
        auto const piece = std::string_view(body).substr(std::min(at, body.size()), chunk_bytes);
        char size[20];
        std::snprintf(size, sizeof size, "%zx", piece.size());
        out += size;
        if (with_signatures)
            out += ";chunk-signature=" +
                   sign("AWS4-HMAC-SHA256-PAYLOAD", sha256("") + "\n" + sha256(piece));
        out.append("\r\n");
        if (piece.empty()) break;
        out.append(piece).append("\r\n");
    }
    if (form != payload_form::signed_chunks) {
        auto const trailer = "x-amz-checksum-crc32:" + trailer_of(body);
        out += trailer + "\r\n";
        if (with_signatures)
            out += "x-amz-trailer-signature:" +
                   sign("AWS4-HMAC-SHA256-TRAILER", sha256(trailer + "\n")) + "\r\n";
    }
    return out + "\r\n";
}

std::string s3_world::signed_request(s3_call const& call, payload_form form) {
    std::string payload_hash(hash_name(form));
    if (payload_hash.empty()) payload_hash = sha256(call.body);
    bool const in_chunks = form != payload_form::hashed && form != payload_form::unsigned_payload;
    header_list headers{{"Host", "localhost"},
                        {"x-amz-date", auth::format_amz_date(clock.now())},
                        {"x-amz-content-sha256", payload_hash}};
    headers.insert(headers.end(), call.headers.begin(), call.headers.end());
    if (in_chunks) {
        headers.emplace_back("x-amz-decoded-content-length", std::to_string(call.body.size()));
        headers.emplace_back("Content-Encoding", "aws-chunked");
        if (form != payload_form::signed_chunks)
            headers.emplace_back("x-amz-trailer", "x-amz-checksum-crc32");
    }
    auto claim = claim_for(headers, payload_hash);
    claim.signature = signature_for(who.secret, claim, call, headers);
    auto const body = in_chunks ? chunked(call.body, claim, form) : call.body;
    headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=" + who.access_key + "/" +
                                              claim.scope() +
                                              ", SignedHeaders=" + joined(claim.signed_headers) +
                                              ", Signature=" + claim.signature);
    if (!body.empty() || call.method == "PUT" || call.method == "POST")
        headers.emplace_back("Content-Length", std::to_string(body.size()));
    std::string out = call.method + " " + call.target + " HTTP/1.1\r\n";
    for (auto const& [name, value] : headers) out += name + ": " + value + "\r\n";
    return out + "\r\n" + body;
}

std::string s3_world::presigned(s3_call const& call, std::int64_t expires) {
    header_list headers{{"Host", "localhost"}};
    headers.insert(headers.end(), call.headers.begin(), call.headers.end());
    auto claim = claim_for(headers, "UNSIGNED-PAYLOAD");
    auto target = call.target + (call.target.find('?') == std::string::npos ? "?" : "&");
    target += "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" +
              auth::uri_encode(who.access_key + "/" + claim.scope(), false) +
              "&X-Amz-Date=" + claim.timestamp + "&X-Amz-Expires=" + std::to_string(expires) +
              "&X-Amz-SignedHeaders=" + auth::uri_encode(joined(claim.signed_headers), false);
    claim.presigned = true;
    claim.expires_seconds = expires;
    s3_call signing = call;
    signing.target = target;
    return target + "&X-Amz-Signature=" + signature_for(who.secret, claim, signing, headers);
}

std::string s3_world::exchange(std::string bytes) {
    boost::asio::io_context context{1};
    auto [client, server] = test::memory_stream::make_pair(
        context.get_executor(), {bytes.size() + 64 * mebibyte, read_piece});
    s3_services const services{door(), clock, random, front, nullptr, access_log, nullptr, selects};
    auth::connection_facts const facts{"s3", "192.0.2.1", tls,
                                       tls ? tls_version : std::string()};
    std::string received;
    test::run_task(context, talk(*client, *server, bytes, services, facts, received));
    return received;
}

std::vector<s3_reply> s3_world::exchange_all(std::string bytes,
                                             std::vector<std::string> const& methods) {
    auto const received = exchange(std::move(bytes));
    std::string_view rest = received;
    std::vector<s3_reply> replies;
    for (auto const& method : methods) replies.push_back(parse_reply(rest, method == "HEAD"));
    return replies;
}

s3_reply s3_world::send(s3_call const& call, payload_form form) {
    return exchange_all(signed_request(call, form), {call.method}).front();
}

s3_reply s3_world::send_unsigned(s3_call const& call) {
    std::string bytes = call.method + " " + call.target + " HTTP/1.1\r\nHost: localhost\r\n";
    for (auto const& [name, value] : call.headers) bytes += name + ": " + value + "\r\n";
    if (!call.body.empty()) bytes += "Content-Length: " + std::to_string(call.body.size()) + "\r\n";
    return exchange_all(bytes + "\r\n" + call.body, {call.method}).front();
}

s3_reply s3_world::put(std::string const& target, std::string body, header_list headers) {
    return send({"PUT", target, std::move(body), std::move(headers)});
}
s3_reply s3_world::get(std::string const& target, header_list headers) {
    return send({"GET", target, {}, std::move(headers)});
}
s3_reply s3_world::del(std::string const& target, header_list headers) {
    return send({"DELETE", target, {}, std::move(headers)});
}
s3_reply s3_world::post(std::string const& target, std::string body, header_list headers) {
    return send({"POST", target, std::move(body), std::move(headers)});
}
std::vector<std::string> s3_world::keys(std::string const& bucket) {
    return get("/" + bucket + "?list-type=2").elements("Key");
}

}  // namespace sluice::s3
