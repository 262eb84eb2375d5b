// An S3 front over a real guard and engine: requests are signed as a client would sign them, sent
// as raw bytes over a memory stream, and their answers taken apart. One I/O thread: the calling
// one.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocols/s3/s3_session.hpp"
#include "tests/unit/auth/guard_world.hpp"

namespace sluice::s3 {

using header_list = std::vector<std::pair<std::string, std::string>>;

struct s3_call {
    std::string method = "GET";
    std::string target = "/";
    std::string body = {};
    header_list headers = {};
};

struct s3_reply {
    unsigned status = 0;
    header_list headers;
    std::string body;

    std::string header(std::string_view name) const;  // "" when absent
    std::string code() const { return element("Code"); }
    // Text of the first such element; "" when absent.
    std::string element(std::string_view name) const;
    std::vector<std::string> elements(std::string_view name) const;
};

enum class payload_form {
    hashed,
    unsigned_payload,
    signed_chunks,
    unsigned_trailer,
    signed_trailer
};

class s3_world : public auth::guard_world {
public:
    // `real`: files in a temporary folder, so that restart() finds what was there.
    explicit s3_world(bool real = false);

    s3_options front;
    signer who{"root", auth::root_password};
    bool tls = true;                    // the connection's
    std::string tls_version = "1.3";
    std::string service = "s3";         // of the signature's scope
    access_log_sink* access_log = nullptr;
    select_service* selects = nullptr;
    std::size_t read_piece = SIZE_MAX;  // the server's reads return at most this many bytes

    // The signed bytes of one request.
    std::string signed_request(s3_call const& call, payload_form form = payload_form::hashed);
    // A presigned target for `call`.
    std::string presigned(s3_call const& call, std::int64_t expires = 600);

    s3_reply send(s3_call const& call, payload_form form = payload_form::hashed);
    s3_reply send_unsigned(s3_call const& call);
    // Raw bytes, then the end of our direction; all answers.
    std::string exchange(std::string bytes);
    std::vector<s3_reply> exchange_all(std::string bytes, std::vector<std::string> const& methods);

    // Shorthands; the status is checked by whoever cares.
    s3_reply put(std::string const& target, std::string body, header_list headers = {});
    s3_reply get(std::string const& target, header_list headers = {});
    s3_reply del(std::string const& target, header_list headers = {});
    s3_reply post(std::string const& target, std::string body, header_list headers = {});
    std::vector<std::string> keys(std::string const& bucket);

private:
    auth::sigv4_claim claim_for(header_list const& headers, std::string payload_hash) const;
    std::string chunked(std::string const& body, auth::sigv4_claim const& claim,
                        payload_form form) const;
};

std::string md5_header(std::string_view body);  // base64

}  // namespace sluice::s3
