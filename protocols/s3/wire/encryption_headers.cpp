#include "protocols/s3/wire/encryption_headers.hpp"

#include <boost/json.hpp>

#include "gateway/core/crypto.hpp"
#include "gateway/core/encoding.hpp"

namespace sluice::s3 {
namespace {

constexpr std::string_view method_header = "x-amz-server-side-encryption";
constexpr std::string_view key_id_header = "x-amz-server-side-encryption-aws-kms-key-id";
constexpr std::string_view context_header = "x-amz-server-side-encryption-context";
constexpr std::string_view bucket_key_header = "x-amz-server-side-encryption-bucket-key-enabled";
struct customer_headers {
    std::string_view algorithm, key, digest;
};
constexpr customer_headers own_headers{"x-amz-server-side-encryption-customer-algorithm",
                                       "x-amz-server-side-encryption-customer-key",
                                       "x-amz-server-side-encryption-customer-key-md5"};
constexpr customer_headers source_headers{
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key-md5"};
constexpr std::size_t context_bytes_max = 4096;  // limits.s3_encryption_context
constexpr std::size_t context_depth_max = 2;

s3_failure bad_customer_key(std::string_view name, std::string message) {
    return invalid_argument(name, "", std::move(message));
}

std::string md5_text(const_byte_span key) {
    return base64_encode(hash(digest_kind::md5, key).bytes());
}

s3_result<std::string> context_of(std::string_view text) {
    auto refused = invalid_argument(
        context_header, text,
        "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string "
        "holding JSON which represents a string-string map");
    auto decoded = base64_decode(text);
    if (decoded.has_error() || decoded->size() > context_bytes_max) return refused;
    boost::system::error_code problem;
    boost::json::parse_options how;
    how.max_depth = context_depth_max;
    auto const value = boost::json::parse(*decoded, problem, {}, how);
    if (problem || !value.is_object()) return refused;
    for (auto const& field : value.get_object())
        if (!field.value().is_string()) return refused;
    return *std::move(decoded);
}

s3_result<bool> bucket_key_of(std::string_view text) {
    if (http::equal_ignoring_case(text, "true")) return true;
    if (http::equal_ignoring_case(text, "false")) return false;
    return invalid_argument(bucket_key_header, text, "true or false is expected.");
}

s3_failure needs_kms(std::string_view name, std::string_view value) {
    return invalid_argument(name, value,
                            "Server Side Encryption with AWS KMS managed key requires HTTP header "
                            "x-amz-server-side-encryption : aws:kms");
}

// The headers that only go with a named key.
s3_result<> read_named_key(s3_request const& request, s3_options const& options, bool is_kms,
                           asked_encryption& out) {
    if (auto const text = request.header(key_id_header)) {
        if (!is_kms) return needs_kms(key_id_header, *text);
        auto id = key_id_named(*text, options);
        if (!id) return id.error();
        out.choice.key_id = *std::move(id);
    }
    if (auto const text = request.header(context_header)) {
        if (!is_kms) return needs_kms(context_header, *text);
        auto context = context_of(*text);
        if (!context) return context.error();
        out.choice.context = *std::move(context);
    }
    if (auto const text = request.header(bucket_key_header)) {
        auto const on = bucket_key_of(*text);
        if (!on) return on.error();
        if (*on && !is_kms) return needs_kms(bucket_key_header, *text);
        out.choice.bucket_key = *on;
        out.says_bucket_key = true;
    }
    return {};
}

bool speaks_of_named_key(s3_request const& request) {
    return request.header(key_id_header) || request.header(context_header) ||
           request.header(bucket_key_header);
}

}  // namespace

bool carries_keys(auth::connection_facts const& connection) noexcept {
    auto const& from = connection.client_address;
    return connection.tls || from.empty() || from.starts_with("127.") || from == "::1" ||
           from.starts_with("::ffff:127.");
}

s3_result<std::optional<auth::secret_key>> customer_key_of(s3_request const& request,
                                                           auth::connection_facts const& connection,
                                                           keyed_object which) {
    auto const& named = which == keyed_object::own ? own_headers : source_headers;
    auto const algorithm = request.header(named.algorithm);
    auto const key = request.header(named.key);
    auto const digest = request.header(named.digest);
    if (!algorithm && !key && !digest) return std::optional<auth::secret_key>{};
    if (!carries_keys(connection))
        return s3_failure(error_code::invalid_request,
                          "Requests specifying Server Side Encryption with Customer provided keys "
                          "must be made over a secure connection.");
    if (!algorithm)
        return bad_customer_key(named.algorithm,
                                "Requests specifying Server Side Encryption with Customer provided "
                                "keys must provide a valid encryption algorithm.");
    if (*algorithm != "AES256")
        return s3_failure(error_code::invalid_encryption_algorithm)
            .detail("ArgumentName", named.algorithm)
            .detail("ArgumentValue", *algorithm);
    if (!key)
        return bad_customer_key(named.key,
                                "Requests specifying Server Side Encryption with Customer provided "
                                "keys must provide an appropriate secret key.");
    if (!digest)
        return bad_customer_key(named.digest,
                                "Requests specifying Server Side Encryption with Customer provided "
                                "keys must provide the client calculated MD5 of the secret key.");
    auto decoded = base64_decode(*key);
    if (decoded.has_error() || decoded->size() != aes_256_gcm::key_bytes)
        return bad_customer_key(named.key,
                                "The secret key was invalid for the specified algorithm.");
    auth::secret_key out(as_bytes(*decoded));
    wipe(*decoded);
    if (md5_text(out.bytes()) != *digest)
        return bad_customer_key(named.digest,
                                "The calculated MD5 hash of the key did not match the hash that "
                                "was provided.");
    return std::optional(std::move(out));
}

s3_result<std::optional<asked_encryption>> encryption_of(s3_request const& request,
                                                         auth::connection_facts const& connection,
                                                         s3_options const& options) {
    auto customer = customer_key_of(request, connection);
    if (!customer) return customer.error();
    auto const method = request.header(method_header);
    asked_encryption out;
    if (*customer) {
        if (method || speaks_of_named_key(request))
            return invalid_argument(
                method_header, method.value_or(""),
                "Server Side Encryption with Customer provided key is incompatible with the "
                "encryption method specified");
        out.choice.kind = auth::encryption_kind::customer_key;
        out.choice.customer = **std::move(customer);
        return std::optional(std::move(out));
    }
    if (method == "aws:kms:dsse" || method == "aws:fsx")
        return s3_failure(error_code::not_implemented,
                          "Server side encryption " + std::string(*method) + " is not implemented")
            .detail("Header", method_header);
    if (method && *method != "AES256" && *method != "aws:kms")
        return invalid_argument(method_header, *method,
                                "The encryption method specified is not supported");
    bool const is_kms = method == "aws:kms";
    auto const read = read_named_key(request, options, is_kms, out);
    if (!read) return read.error();
    if (!method) return std::optional<asked_encryption>{};
    out.choice.kind =
        is_kms ? auth::encryption_kind::named_key : auth::encryption_kind::server_key;
    return std::optional(std::move(out));
}

s3_result<std::string> key_id_named(std::string_view text, s3_options const& options) {
    auto rest = text;
    if (rest.starts_with("arn:")) {
        auto const ours = "arn:aws:kms:" + options.region + ":" + options.account_id + ":";
        if (!rest.starts_with(ours))
            return s3_failure(error_code::kms_not_found, "Invalid arn " + std::string(text));
        rest.remove_prefix(ours.size());
        if (rest.starts_with("key/")) rest.remove_prefix(4);
        else if (!rest.starts_with("alias/"))
            return s3_failure(error_code::kms_not_found, "Invalid arn " + std::string(text));
    }
    if (rest.starts_with("alias/")) rest.remove_prefix(6);
    if (rest.empty())
        return s3_failure(error_code::kms_not_found, "Invalid keyId " + std::string(text));
    return std::string(rest);
}

std::string key_arn(std::string_view id, s3_options const& options) {
    return "arn:aws:kms:" + options.region + ":" + options.account_id + ":key/" + std::string(id);
}

void set_encryption_headers(http::response_head& head, auth::encryption_facts const& facts,
                            s3_options const& options, auth::secret_key const* customer) {
    switch (facts.kind) {
        case auth::encryption_kind::none: return;
        case auth::encryption_kind::server_key: head.set(method_header, "AES256"); return;
        case auth::encryption_kind::named_key:
            head.set(method_header, "aws:kms");
            head.set(key_id_header, key_arn(facts.key_id, options));
            if (facts.bucket_key) head.set(bucket_key_header, "true");
            return;
        case auth::encryption_kind::customer_key:
            head.set("x-amz-server-side-encryption-customer-algorithm", "AES256");
            if (customer != nullptr)
                head.set("x-amz-server-side-encryption-customer-key-MD5",
                         md5_text(customer->bytes()));
            return;
    }
}

void set_encryption_headers(http::response_head& head, std::string const& stored,
                            s3_options const& options, auth::secret_key const* customer) {
    if (stored.empty()) return;
    auto const facts = auth::describe_encryption(stored);
    if (facts) set_encryption_headers(head, *facts, options, customer);
}

void set_context_header(http::response_head& head, auth::encryption_choice const& choice) {
    if (!choice.context.empty()) head.set(context_header, base64_encode(choice.context));
}

}  // namespace sluice::s3
