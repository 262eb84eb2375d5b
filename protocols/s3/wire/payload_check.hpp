// What a request says about its body (digests in headers and trailers) held against what came. Fed
// with the decoded payload piece by piece; verify() is asked once, at the end. Not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocols/s3/s3_request.hpp"
#include "protocols/s3/wire/checksum_names.hpp"
#include "protocols/s3/wire/running_checksum.hpp"

namespace sluice::s3 {

class payload_check {
public:
    // What was declared. invalid_digest for digests that are none; invalid_request for several
    // checksums, or for a trailer that is not a checksum. With `headers_speak_of_body` false the
    // x-amz-checksum-* headers mean something else (CompleteMultipartUpload) and are left alone. A
    // checksum in the query counts as in a header, unless it is that of no bytes.
    static s3_result<payload_check> declared_by(s3_request const& request,
                                                bool headers_speak_of_body);

    // The body's SHA-256 as the signature covers it, hex.
    void expect_sha256(std::string hex);
    // Also computed, whatever was declared: an object's ETag and stored checksum.
    void want_md5();
    void want_checksum(store::checksum_algorithm algorithm);

    bool expects_trailer() const noexcept { return !trailer_name_.empty(); }
    // Whether a Content-MD5 or checksum was declared at all (DeleteObjects demands one).
    bool declares_digest() const noexcept {
        return content_md5_.has_value() || expected_.has_value() || expects_trailer();
    }
    std::optional<store::checksum_algorithm> declared_algorithm() const noexcept;

    void update(const_byte_span bytes);
    // bad_digest, x_amz_content_sha256_mismatch, malformed_trailer.
    s3_result<> verify(std::vector<std::pair<std::string, std::string>> const& trailers);

    // After verify: raw digests.
    std::string const& md5() const noexcept { return md5_value_; }
    store::object_checksum const* checksum(store::checksum_algorithm algorithm) const noexcept;

private:
    s3_result<> fits_named(s3_request const& request, std::string_view named,
                           bool headers_speak_of_body) const;
    running_checksum& running(store::checksum_algorithm algorithm);
    std::string const* value_of(store::checksum_algorithm algorithm) const noexcept;

    std::vector<running_checksum> digests_;
    std::vector<store::object_checksum> values_;
    std::string md5_value_;

    std::optional<std::string> content_md5_;          // raw
    std::optional<store::object_checksum> expected_;  // from a header
    std::string trailer_name_;                        // lower case
    std::optional<store::checksum_algorithm> trailer_algorithm_;
    std::optional<std::string> sha256_hex_;
};

}  // namespace sluice::s3
