#include "protocols/s3/model/parameter_rules.hpp"

#include <algorithm>
#include <array>

#include "protocols/s3/wire/checksum_names.hpp"
#include "protocols/s3/wire/running_checksum.hpp"

namespace sluice::s3 {
namespace {

// Read by the guard, or only spoken of by SDKs: on every operation.
constexpr std::array<std::string_view, 12> everywhere{"x-amz-algorithm",
                                                      "x-amz-content-sha256",
                                                      "x-amz-credential",
                                                      "x-amz-date",
                                                      "x-amz-expires",
                                                      "x-amz-signature",
                                                      "x-amz-signedheaders",
                                                      "x-amz-user-agent",
                                                      "x-amz-security-token",
                                                      "x-amz-te",
                                                      "x-amz-sdk-checksum-algorithm",
                                                      "x-amz-sdk-retry"};

// Of answers. Some tools send back what a HEAD told them; in a request they mean nothing, to S3 either.
constexpr std::array<std::string_view, 8> of_answers{
    "x-amz-delete-marker", "x-amz-expiration", "x-amz-id-2",          "x-amz-mp-parts-count",
    "x-amz-request-id",    "x-amz-restore",    "x-amz-tagging-count", "x-amz-version-id"};

// Headers without effect here, with the values that ask for none.
struct no_effect_value {
    std::string_view header;
    std::string_view value;
};
constexpr std::array no_effect_values{
    no_effect_value{"x-amz-request-payer", "requester"},
    no_effect_value{"x-amz-optional-object-attributes", "RestoreStatus"},
    no_effect_value{"x-amz-checksum-mode", "ENABLED"},
    no_effect_value{"x-amz-transition-default-minimum-object-size", "all_storage_classes_128K"},
};

// SDKs write lists as one line for each element.
bool may_repeat(std::string_view name) noexcept {
    return name.starts_with("x-amz-meta-") || name == "x-amz-object-attributes" ||
           name == "x-amz-optional-object-attributes";
}

s3_failure header_refused(std::string_view name) {
    return s3_failure(error_code::not_implemented,
                      "A header you provided implies functionality that is not implemented")
        .detail("Header", name);
}

// Whether the header's value asks for what is so anyway; headers with an effect have no such value.
bool asks_for_effect(std::string_view name, std::string_view value) noexcept {
    bool listed = false;
    for (auto const& rule : no_effect_values) {
        if (rule.header != name) continue;
        if (http::equal_ignoring_case(rule.value, value)) return false;
        listed = true;
    }
    return listed;
}

bool goes_everywhere(std::string_view name) noexcept {
    // CloudFront adds headers of its own on the way.
    return name.starts_with("x-amz-cf-") ||
           std::find(everywhere.begin(), everywhere.end(), name) != everywhere.end() ||
           std::find(of_answers.begin(), of_answers.end(), name) != of_answers.end();
}

// "?name" selects rows of the level, and none of them for the request's method.
bool is_of_other_methods(operation_row const& asked, std::string_view name) {
    auto const wanted = "?" + std::string(name);
    auto const selects = [&](operation_row const& row) {
        auto const at = row.selectors.find(wanted);
        if (row.level != asked.level || at == row.selectors.npos) return false;
        auto const end = at + wanted.size();
        return end == row.selectors.size() || row.selectors[end] == ' ' || row.selectors[end] == '=';
    };
    bool found = false;
    for (auto const& row : operation_rows) {
        if (!selects(row)) continue;
        if (row.method == asked.method) return false;
        found = true;
    }
    return found;
}

// The one version of S3's API there is; some SDKs name it.
constexpr std::string_view api_version = "2006-03-01";

bool has_no_body(s3_request const& request) noexcept {
    return request.head().framing == http::body_framing::none ||
           (request.head().framing == http::body_framing::sized &&
            request.head().content_length == 0);
}

// SDKs may send a checksum with every request. Where no body is asked for it must be that of none.
s3_result<> check_checksum_of_nothing(checksum_spelling const& spelling, std::string_view value) {
    auto const raw = parse_checksum(spelling, value);
    if (!raw)
        return s3_failure(error_code::invalid_request,
                          "Value for " + std::string(spelling.header) + " header is invalid.");
    if (*raw != running_checksum::of(spelling.algorithm, {})) return error_code::bad_digest;
    return {};
}

s3_result<> check_one(operation_row const& row, s3_request const& request, std::string_view name,
                      std::string_view value, s3_options const& options) {
    if (name == "x-amz-api-version") {
        if (value != api_version) return header_refused(name);
        return {};
    }
    auto const* spelling = checksum_of_header(name);
    if (spelling != nullptr && !row_takes_header(row, name) && has_no_body(request))
        return check_checksum_of_nothing(*spelling, value);
    return check_amz_header(row, name, value, options);
}

// Writes whose If-Match and If-None-Match are heeded, or refused by themselves.
bool is_conditional(operation id) noexcept {
    return id == operation::put_object || id == operation::copy_object ||
           id == operation::complete_multipart_upload || id == operation::rename_object ||
           id == operation::post_object || id == operation::delete_object;
}

// Headers of HTTP that would change what a write means and that are not served.
s3_result<> check_plain_headers(operation_row const& row, s3_request const& request) {
    if (row.method == http::method::get || row.method == http::method::head) return {};
    if (row.method != http::method::delete_)
        for (std::string_view name : {"content-range", "if-modified-since", "if-unmodified-since"})
            if (request.head().find(name) && row.id != operation::rename_object)
                return header_refused(name);
    if (is_conditional(row.id)) return {};
    for (std::string_view name : {"if-match", "if-none-match"})
        if (request.head().find(name)) return header_refused(name);
    return {};
}

}  // namespace

s3_result<> check_amz_header(operation_row const& row, std::string_view name,
                             std::string_view value, s3_options const& options) {
    if (!row_takes_header(row, name)) {
        bool const reads = row.method == http::method::get || row.method == http::method::head;
        if (reads && name.starts_with("x-amz-server-side-encryption"))
            return invalid_argument(
                name, value, std::string(name) + " header is not supported for this operation.");
        return header_refused(name);
    }
    if (name == "x-amz-expected-bucket-owner" || name == "x-amz-source-expected-bucket-owner") {
        if (value != options.account_id) return error_code::access_denied;
        return {};
    }
    if (name == "x-amz-confirm-remove-self-bucket-access" &&
        !http::equal_ignoring_case(value, "true") && !http::equal_ignoring_case(value, "false"))
        return invalid_argument(name, value, "It must be true or false.");
    if (asks_for_effect(name, value)) return header_refused(name);
    return {};
}

s3_result<> check_parameters(operation_row const& row, s3_request const& request,
                             s3_options const& options) {
    for (auto const& field : request.head().headers) {
        if (!http::starts_with_ignoring_case(field.name, "x-amz-")) continue;
        auto const name = http::lower_cased(field.name);
        if (goes_everywhere(name)) continue;
        if (auto fine = check_one(row, request, name, field.value, options); !fine) return fine;
        if (!may_repeat(name) && request.head().count(name) > 1)
            return invalid_argument(name, field.value, "A header was given twice.");
    }
    for (auto const& [name, value] : request.query()) {
        if (http::starts_with_ignoring_case(name, "x-amz-")) {
            auto const lower = http::lower_cased(name);
            if (goes_everywhere(lower)) continue;
            if (auto fine = check_one(row, request, lower, value, options); !fine) return fine;
            if (request.head().find(lower))
                return invalid_argument(name, value,
                                        "A parameter was given as header and in the query string.");
        } else if (!row_takes_query(row, name) && !name.starts_with("x-")) {
            if (is_of_other_methods(row, name)) return error_code::method_not_allowed;
            return invalid_argument(name, value,
                                    "Unknown query parameter for " + std::string(row.name));
        }
    }
    return check_plain_headers(row, request);
}

}  // namespace sluice::s3
