#include "protocols/s3/wire/payload_check.hpp"

#include <algorithm>

#include "gateway/core/encoding.hpp"

namespace sluice::s3 {
namespace {

// SDKs that presign an upload without having its body put the checksum of no bytes into the URL. S3
// heeds no checksum of a query at all; here every other one holds.
bool is_of_no_body_yet(s3_request const& request, checksum_spelling const& spelling,
                       std::string_view raw) {
    return !request.head().find(spelling.header) &&
           raw == running_checksum::of(spelling.algorithm, {});
}

}  // namespace

s3_result<payload_check> payload_check::declared_by(s3_request const& request,
                                                    bool headers_speak_of_body) {
    payload_check check;
    if (auto const text = request.head().find("content-md5")) {
        auto raw = base64_decode(*text);
        if (!raw || raw->size() != 16) return error_code::invalid_digest;
        check.content_md5_ = *std::move(raw);
        check.want_md5();
    }
    for (auto const& spelling : checksum_spellings) {
        auto const text = headers_speak_of_body ? request.header(spelling.header) : std::nullopt;
        if (!text) continue;
        if (check.expected_)
            return s3_failure(error_code::invalid_request,
                              "Expecting a single x-amz-checksum- header. Multiple checksum Types "
                              "are not allowed.");
        auto raw = parse_checksum(spelling, *text);
        if (!raw)
            return s3_failure(error_code::invalid_request,
                              "Value for " + std::string(spelling.header) + " header is invalid.");
        if (is_of_no_body_yet(request, spelling, *raw)) continue;
        check.expected_ = store::object_checksum{
            spelling.algorithm, store::checksum_scope::full_object, *std::move(raw)};
        check.want_checksum(spelling.algorithm);
    }
    if (auto const trailer = request.header("x-amz-trailer")) {
        auto const name = http::lower_cased(http::trimmed(*trailer));
        auto const* spelling = checksum_of_header(name);
        if (spelling == nullptr || check.expected_)
            return s3_failure(error_code::invalid_request,
                              "The value specified in the x-amz-trailer header is not supported");
        check.trailer_name_ = name;
        check.trailer_algorithm_ = spelling->algorithm;
        check.want_checksum(spelling->algorithm);
    }
    if (auto const named = request.header("x-amz-sdk-checksum-algorithm"))
        if (auto fine = check.fits_named(request, *named, headers_speak_of_body); !fine)
            return fine.error();
    return check;
}

// SDKs name the algorithm of the checksum that comes along. Links may name one for a body that is not
// known yet.
s3_result<> payload_check::fits_named(s3_request const& request, std::string_view named,
                                      bool headers_speak_of_body) const {
    if (checksum_named(named) == nullptr)
        return s3_failure(error_code::invalid_request,
                          "Value for x-amz-sdk-checksum-algorithm header is invalid.");
    bool const in_header = request.head().find("x-amz-sdk-checksum-algorithm").has_value();
    if (!in_header || !headers_speak_of_body) return {};
    if (auto const came = declared_algorithm()) {
        if (*came != checksum_named(named)->algorithm) return error_code::bad_digest;
        return {};
    }
    return s3_failure(error_code::invalid_request,
                      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* "
                      "or x-amz-trailer headers were found.");
}

void payload_check::expect_sha256(std::string hex) {
    sha256_hex_ = std::move(hex);
    running(store::checksum_algorithm::sha256);
}

void payload_check::want_md5() {
    running(store::checksum_algorithm::md5);
}
void payload_check::want_checksum(store::checksum_algorithm algorithm) {
    running(algorithm);
}

std::optional<store::checksum_algorithm> payload_check::declared_algorithm() const noexcept {
    if (expected_) return expected_->algorithm;
    return trailer_algorithm_;
}

running_checksum& payload_check::running(store::checksum_algorithm algorithm) {
    for (auto& one : digests_)
        if (one.algorithm() == algorithm) return one;
    return digests_.emplace_back(algorithm);
}

void payload_check::update(const_byte_span bytes) {
    for (auto& one : digests_) one.update(bytes);
}

std::string const* payload_check::value_of(store::checksum_algorithm algorithm) const noexcept {
    auto const* found = checksum(algorithm);
    return found == nullptr ? nullptr : &found->value;
}

store::object_checksum const* payload_check::checksum(
    store::checksum_algorithm algorithm) const noexcept {
    for (auto const& value : values_)
        if (value.algorithm == algorithm) return &value;
    return nullptr;
}

s3_result<> payload_check::verify(
    std::vector<std::pair<std::string, std::string>> const& trailers) {
    for (auto& one : digests_) {
        auto& value = values_.emplace_back(
            store::object_checksum{one.algorithm(), store::checksum_scope::full_object, {}});
        value.value = one.finish();
        if (value.algorithm == store::checksum_algorithm::md5) md5_value_ = value.value;
    }
    digests_.clear();
    if (sha256_hex_ && hex_encode(*value_of(store::checksum_algorithm::sha256)) != *sha256_hex_)
        return s3_failure(error_code::x_amz_content_sha256_mismatch)
            .detail("ClientComputedContentSHA256", *sha256_hex_)
            .detail("S3ComputedContentSHA256",
                    hex_encode(*value_of(store::checksum_algorithm::sha256)));
    if (content_md5_ && *content_md5_ != md5_value_)
        return s3_failure(error_code::bad_digest,
                          "The Content-MD5 you specified did not match what we received.")
            .detail("ExpectedDigest", base64_encode(*content_md5_))
            .detail("CalculatedDigest", base64_encode(md5_value_));
    auto expected = expected_;
    if (trailers.size() > (trailer_algorithm_ ? 1u : 0u)) return error_code::malformed_trailer;
    if (trailer_algorithm_) {
        if (trailers.empty() || trailers.front().first != trailer_name_)
            return error_code::malformed_trailer;
        auto raw = parse_checksum(*spelling_of(*trailer_algorithm_), trailers.front().second);
        if (!raw)
            return s3_failure(error_code::invalid_request,
                              "Value for " + trailer_name_ + " trailing header is invalid.");
        expected = store::object_checksum{*trailer_algorithm_, store::checksum_scope::full_object,
                                          *std::move(raw)};
    }
    if (expected && *value_of(expected->algorithm) != expected->value)
        return s3_failure(error_code::bad_digest,
                          "The " + std::string(spelling_of(expected->algorithm)->name) +
                              " you specified did not match the calculated checksum.");
    return {};
}

}  // namespace sluice::s3
