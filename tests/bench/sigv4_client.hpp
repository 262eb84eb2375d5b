// The client's side of SigV4 for the load programs: one request head, signed by header with UNSIGNED-PAYLOAD
// (S3 API, "Authenticating Requests: Using the Authorization Header"). Paths must need no encoding.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "gateway/core/crypto.hpp"
#include "gateway/core/cursor.hpp"
#include "gateway/core/encoding.hpp"

namespace sluice::bench {

// Value of x-amz-checksum-crc32.
inline std::string crc32_header(std::uint32_t crc) {
    char raw[4];
    store_big(raw, crc);
    return base64_encode(std::string_view(raw, sizeof raw));
}

// Everything up to and including the empty line. `crc32` empty: no checksum is declared.
inline std::string signed_request(std::string_view method, std::string const& path, std::string const& host,
                                  std::uint64_t content_length, std::string const& crc32,
                                  std::string const& access_key, std::string const& secret_key, std::time_t now) {
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    char stamp[17];
    std::strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
    std::string const date(stamp, 8);
    std::string headers = "host:" + host + "\n";
    std::string names = "host";
    if (!crc32.empty()) {
        headers += "x-amz-checksum-crc32:" + crc32 + "\n";
        names += ";x-amz-checksum-crc32";
    }
    headers += "x-amz-content-sha256:UNSIGNED-PAYLOAD\nx-amz-date:" + std::string(stamp) + "\n";
    names += ";x-amz-content-sha256;x-amz-date";
    std::string canonical = std::string(method) + "\n" + path + "\n\n" + headers + "\n" + names + "\nUNSIGNED-PAYLOAD";
    std::string scope = date + "/us-east-1/s3/aws4_request";
    std::string to_sign = "AWS4-HMAC-SHA256\n" + std::string(stamp) + "\n" + scope + "\n" +
                          hash(digest_kind::sha256, canonical).hex();
    auto key = hmac_of(digest_kind::sha256, "AWS4" + secret_key, date);
    for (std::string_view part : {"us-east-1", "s3", "aws4_request"})
        key = hmac_of(digest_kind::sha256, key.chars(), part);
    auto signature = hmac_of(digest_kind::sha256, key.chars(), to_sign).hex();
    std::string head = std::string(method) + " " + path + " HTTP/1.1\r\nHost: " + host +
                       "\r\nContent-Length: " + std::to_string(content_length) +
                       "\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\nx-amz-date: " + stamp + "\r\n";
    if (!crc32.empty()) head += "x-amz-checksum-crc32: " + crc32 + "\r\n";
    head += "Authorization: AWS4-HMAC-SHA256 Credential=" + access_key + "/" + scope + ", SignedHeaders=" + names +
            ", Signature=" + signature + "\r\n\r\n";
    return head;
}

}  // namespace sluice::bench
