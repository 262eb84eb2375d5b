#include "protocols/s3/request_body.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "gateway/core/assert.hpp"

namespace sluice::s3 {
namespace {

constexpr std::size_t staging_bytes = 8 * kibibyte;

bool is_chunked(auth::payload_signing signing) noexcept {
    return signing == auth::payload_signing::signed_chunks ||
           signing == auth::payload_signing::signed_chunks_with_trailer ||
           signing == auth::payload_signing::unsigned_chunks_with_trailer;
}

bool has_trailer(auth::payload_signing signing) noexcept {
    return signing == auth::payload_signing::signed_chunks_with_trailer ||
           signing == auth::payload_signing::unsigned_chunks_with_trailer;
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
    std::uint64_t value = 0;
    auto const* end = text.data() + text.size();
    auto const parsed = std::from_chars(text.data(), end, value);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end || value > INT64_MAX)
        return std::nullopt;
    return value;
}

s3_result<std::uint64_t> declared_length(s3_request const& request, bool chunked) {
    auto const decoded = request.header("x-amz-decoded-content-length");
    if (chunked) {
        auto const length = decoded ? parse_length(*decoded) : std::nullopt;
        if (!length) return error_code::missing_content_length;
        return *length;
    }
    if (decoded)
        return s3_failure(
            error_code::invalid_request,
            "x-amz-decoded-content-length speaks of a chunked payload, which this is not");
    switch (request.head().framing) {
        case http::body_framing::none: return std::uint64_t{0};
        case http::body_framing::sized: return request.head().content_length;
        case http::body_framing::chunked:
            return s3_failure(error_code::not_implemented,
                              "A header you provided implies functionality that is not implemented")
                .detail("Header", "Transfer-Encoding");
    }
    return error_code::internal_error;
}

}  // namespace

s3_result<request_body::plan> request_body::plan_for(s3_request const& request,
                                                     auth::guard::s3_request& authenticated,
                                                     bool checksum_headers_speak_of_body) {
    auto check = payload_check::declared_by(request, checksum_headers_speak_of_body);
    if (!check) return std::move(check).error();
    auto const chunked = is_chunked(authenticated.payload);
    auto const length = declared_length(request, chunked);
    if (!length) return length.error();
    if (check->expects_trailer() && !has_trailer(authenticated.payload))
        return s3_failure(error_code::invalid_request,
                          "x-amz-trailer was given, but the payload has no trailer");
    plan how{*length, authenticated.payload, authenticated.payload_hash,
             std::move(authenticated.chunks), *std::move(check)};
    if (how.signing == auth::payload_signing::literal_hash)
        how.check.expect_sha256(how.payload_hash);
    return how;
}

request_body::request_body(http::server_connection& connection, plan how, wall_clock const* clock)
    : connection_(connection), plan_(std::move(how)), clock_(clock) {
    if (!is_chunked(plan_.signing)) return;
    aws_chunked_options options;
    options.decoded_length = plan_.length;
    options.trailer_expected = has_trailer(plan_.signing);
    decoder_.emplace(options, plan_.chain ? &*plan_.chain : nullptr);
    staging_.reset(new std::byte[staging_bytes]);
}

s3_failure request_body::from_connection(http::rejection const& what) const {
    if (what.status == 408) return error_code::request_timeout;
    return {error_code::incomplete_body, what.reason};
}

task<s3_result<std::size_t>> request_body::read(byte_span into) {
    SLUICE_ASSERT(!into.empty());
    if (ended_) co_return std::size_t{0};
    // Not one expression with ?: - g++ 12 destroys the result of a co_await in it twice.
    s3_result<std::size_t> got = std::size_t{0};
    if (decoder_) got = co_await read_chunked(into);
    else got = co_await read_plain(into);
    if (!got) co_return got;
    if (*got != 0) {
        taken_ += *got;
        plan_.check.update(into.first(*got));
        co_return got;
    }
    ended_ = true;
    if (clock_ != nullptr) ended_at_ = clock_->monotonic();
    if (taken_ != plan_.length) co_return error_code::incomplete_body;
    static std::vector<std::pair<std::string, std::string>> const no_trailers;
    auto const right = plan_.check.verify(decoder_ ? decoder_->trailers() : no_trailers);
    if (!right) co_return right.error();
    co_return std::size_t{0};
}

task<s3_result<std::size_t>> request_body::read_plain(byte_span into) {
    auto const got = co_await connection_.read_body(into);
    if (!got) co_return from_connection(got.error());
    co_return *got;
}

// Runs what was staged through the decoder until payload comes out of it.
s3_result<std::size_t> request_body::from_staging(byte_span into) {
    while (!staged_.empty() && !decoder_->finished()) {
        // No more is shown than fits: a step's payload is at most what the decoder saw.
        auto const step = decoder_->decode(staged_.substr(0, into.size()));
        if (!step) return step.error();
        auto const size = step->payload.size();
        if (size != 0) std::memcpy(into.data(), step->payload.data(), size);
        staged_.remove_prefix(step->consumed);
        if (size != 0) return size;
    }
    return std::size_t{0};
}

task<s3_result<std::size_t>> request_body::read_chunked(byte_span into) {
    while (!decoder_->finished()) {
        if (!staged_.empty()) {
            auto const got = from_staging(into);
            if (!got || *got != 0) co_return got;
            continue;
        }
        auto const left = decoder_->payload_left();
        auto const direct = left >= staging_bytes;
        auto const target =
            direct
                ? into.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, into.size())))
                : byte_span(staging_.get(), staging_bytes);
        auto const got = co_await connection_.read_body(target);
        if (!got) co_return from_connection(got.error());
        if (*got == 0) co_return error_code::incomplete_body;
        if (direct) {
            decoder_->took(as_chars(target.first(*got)));
            co_return *got;
        }
        staged_ = as_chars(const_byte_span(staging_.get(), *got));
    }
    auto const ended = co_await read_chunked_end();
    if (!ended) co_return ended.error();
    co_return std::size_t{0};
}

// Nothing may follow the last chunk.
task<s3_result<>> request_body::read_chunked_end() {
    if (!staged_.empty())
        co_return s3_failure(error_code::invalid_request, "bytes after the last chunk");
    auto const got = co_await connection_.read_body(byte_span(staging_.get(), staging_bytes));
    if (!got) co_return from_connection(got.error());
    if (*got != 0) co_return s3_failure(error_code::invalid_request, "bytes after the last chunk");
    co_return s3_result<>{};
}

task<s3_result<std::string>> request_body::read_all(std::size_t limit) {
    if (plan_.length > limit) co_return error_code::max_message_length_exceeded;
    std::string all(static_cast<std::size_t>(plan_.length) + 1, '\0');
    std::size_t size = 0;
    while (true) {
        auto const room =
            byte_span(reinterpret_cast<std::byte*>(all.data()), all.size()).subspan(size);
        auto const got = co_await read(room);
        if (!got) co_return got.error();
        if (*got == 0) break;
        size += *got;
        if (size == all.size()) co_return error_code::incomplete_body;
    }
    all.resize(size);
    co_return all;
}

}  // namespace sluice::s3
