// S3's errors: the closed set of codes (errors.def), a failure as operations answer it, and the one
// map from the server's errors to codes. Pure, thread-safe.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/authn/sigv4.hpp"
#include "auth/guard/refusal.hpp"
#include "gateway/core/error.hpp"

namespace sluice::s3 {

enum class error_code : std::uint8_t {
#define S3_ERROR(id, code, status, message) id,
#include "protocols/s3/wire/errors.def"
#undef S3_ERROR
};

struct error_row {
    std::string_view code;
    unsigned status;
    std::string_view message;
};
error_row const& row_of(error_code code) noexcept;
std::size_t error_code_count() noexcept;

struct s3_failure {
    error_code code = error_code::internal_error;
    std::string message;  // empty: the table's
    // Further elements of the answer, e.g. {"ArgumentName", "max-keys"}.
    std::vector<std::pair<std::string, std::string>> details;
    // Of the answer, e.g. {"x-amz-delete-marker", "true"}.
    std::vector<std::pair<std::string_view, std::string>> headers;
    // What the server's own trouble was, for its log; never shown.
    std::string cause;

    s3_failure() = default;
    s3_failure(error_code code) : code(code) {}  // NOLINT: implicit, to `return error_code::...`
    s3_failure(error_code code, std::string message) : code(code), message(std::move(message)) {}

    s3_failure& header(std::string_view literal, std::string value) & {
        headers.emplace_back(literal, std::move(value));
        return *this;
    }
    s3_failure& detail(std::string_view name, std::string_view value) & {
        details.emplace_back(name, value);
        return *this;
    }
    s3_failure&& detail(std::string_view name, std::string_view value) && {
        return std::move(detail(name, value));
    }
};

[[noreturn]] inline void throw_exception_from_error(s3_failure const& what,
                                                    boost::source_location const&) {
    throw std::runtime_error("s3 failure: " + what.message);
}

template <class T = void>
using s3_result = boost::system::result<T, s3_failure>;

// What a verb was about: tells which of S3's several codes an error means.
enum class subject : std::uint8_t { bucket, object, upload };

// The only place that knows how the server's errors look to an S3 client. Texts of failures stay
// inside, except where they speak of the client's own request.
s3_failure to_s3(auth::refusal const& what, subject about);
// The same for signatures: what the client did wrong, never what would have been right.
// `in_query`: the request carries it in the query string.
s3_failure to_s3(auth::sigv4_refusal const& what, bool in_query);

s3_failure invalid_argument(std::string_view name, std::string_view value, std::string message);

}  // namespace sluice::s3
