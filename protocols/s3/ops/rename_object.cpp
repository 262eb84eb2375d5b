// RenameObject: another key for an object, in one commit. A client token makes it safe to ask again:
// the renamed object keeps it, and answers the same request with the same success.
#include <algorithm>

#include "auth/authn/uri_encoding.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/object_events.hpp"
#include "protocols/s3/wire/names.hpp"
#include "protocols/s3/wire/object_headers.hpp"

namespace sluice::s3 {
namespace {

constexpr std::size_t token_characters_max = 64;
constexpr std::string_view token_key = "s3.rename-token";   // the token, a blank, the source's key

s3_result<std::string> source_of(s3_request const& request) {
    auto const header = request.header("x-amz-rename-source").value_or("");
    auto decoded = auth::decode_path(header);
    if (!decoded || decoded->empty())
        return invalid_argument("x-amz-rename-source", header,
                                "The source must be the URL-encoded key of an object.");
    if (decoded->starts_with('/')) {
        auto const prefix = "/" + request.bucket() + "/";
        if (!decoded->starts_with(prefix))
            return s3_failure(error_code::invalid_request,
                              "An object is renamed within its bucket");
        decoded->erase(0, prefix.size());
    }
    if (auto const fine = check_key(*decoded); !fine) return fine.error();
    if (*decoded == request.key())
        return s3_failure(error_code::invalid_request, "Source and destination are the same key");
    return *std::move(decoded);
}

s3_result<std::string> token_of(s3_request const& request) {
    auto const token = request.header("x-amz-client-token").value_or("");
    auto const printable = [](char c) { return c > ' ' && c < 0x7f; };
    if (token.size() > token_characters_max || !std::all_of(token.begin(), token.end(), printable))
        return invalid_argument("x-amz-client-token", token,
                                "A token has at most 64 ASCII characters without blanks.");
    return std::string(token);
}

void keep_token(store::object_attributes& attributes, std::string const& value) {
    auto& extra = attributes.extra;
    std::erase_if(extra, [](auto const& one) { return one.first == token_key; });
    if (!value.empty()) extra.emplace_back(token_key, value);
}

// What the object there says of the rename that brought it.
std::string token_in(store::object_attributes const& attributes) {
    for (auto const& [name, value] : attributes.extra)
        if (name == token_key) return value;
    return {};
}

// Whether the object that is there came by this very request. idempotency_parameter_mismatch: by another
// one with the token.
task<s3_result<bool>> renamed_before(operation_call& call, std::string const& token,
                                     std::string const& kept) {
    auto const target =
        co_await call.objects.open(call.who, call.request.bucket(), call.request.key());
    if (!target) co_return false;
    auto const before = token_in(target->stat().attributes);
    if (before == kept) co_return true;
    if (before.starts_with(token + " ")) co_return error_code::idempotency_parameter_mismatch;
    co_return false;
}

}  // namespace

task<s3_result<answer>> ops::rename_object(operation_call& call) {
    auto source = source_of(call.request);
    if (!source) co_return source.error();
    auto const token = token_of(call.request);
    if (!token) co_return token.error();
    auto source_when = conditions_of(call.request, call.clock.now(), "x-amz-rename-source-");
    if (!source_when) co_return source_when.error();
    auto const kept = token->empty() ? std::string() : *token + " " + *source;
    if (!token->empty()) {
        auto const before = co_await renamed_before(call, *token, kept);
        if (!before) co_return before.error();
        if (*before) co_return empty_answer();
    }
    auto when = write_conditions_of(call.request, call.clock.now());
    if (!when) co_return when.error();
    auth::guarded_objects::rename_request request;
    request.bucket = call.request.bucket();
    request.source_key = *std::move(source);
    request.source_when = *std::move(source_when);
    request.key = call.request.key();
    request.when = *std::move(when);
    // The events of the two halves; S3 has none of its own for it.
    request.announce = announcer_of(call, "Copy");
    request.rule = [kept](store::bucket_info const&, unix_millis,
                          store::object_attributes& attributes) -> result<void> {
        keep_token(attributes, kept);
        return success();
    };
    auto const renamed = co_await call.objects.rename(call.who, std::move(request));
    if (renamed) co_return empty_answer();
    auto refused = to_s3(renamed.error(), subject::object);
    if (token->empty() || refused.code != error_code::no_such_key) co_return refused;
    // By the same request, meanwhile.
    auto const before = co_await renamed_before(call, *token, kept);
    if (!before) co_return before.error();
    if (*before) co_return empty_answer();
    co_return refused;
}

}  // namespace sluice::s3
