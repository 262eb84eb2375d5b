#include "auth/policy/condition_values.hpp"

#include "auth/policy/iam_actions.hpp"
#include "auth/policy/iam_keys.hpp"
#include "auth/policy/iam_names.hpp"

namespace sluice::auth {
namespace {

request_context const& context_of(access_request const& request) {
    static request_context const empty;
    return request.context ? *request.context : empty;
}

condition_values of_text(std::string_view text) {
    condition_values out;
    if (!text.empty()) out.texts.emplace_back(text);
    return out;
}

std::string_view action_of(access_request const& request) {
    auto const& named = context_of(request).action;
    return named.empty() ? iam_action_of(request.verb, request.kind) : named;
}

// Without an action of IAM's there is nothing to compare with.
condition_values of_action(access_request const& request) {
    auto out = of_text(ascii_lower(action_of(request)));
    out.known = !out.texts.empty();
    return out;
}

// "bucket/key" when the action is about objects, else "bucket", whatever prefix is listed.
condition_values of_resource(access_request const& request) {
    auto const* row = find_iam_action(action_of(request));
    if (request.kind == resource_kind::principal) return of_text(role_arn(request.name));
    std::string text(request.name);
    bool const is_object = row ? row->level == iam_level::object : !request.part.empty();
    if (is_object) text.append("/").append(request.part);
    condition_values out;
    out.texts.push_back(std::move(text));
    return out;
}

condition_values of_key(std::string_view name, request_context const& context) {
    condition_values out;
    auto const* row = find_iam_key(name);
    // Keys of a family name a tag, in any case (IAM: names of keys are compared so).
    bool const is_family = row != nullptr && row->name.ends_with('/');
    auto const lower = is_family ? ascii_lower(name) : std::string();
    out.waits = is_family && row->name == existing_tag_keys && !context.knows_object;
    if (out.waits) return out;
    for (auto const& one : context.values)
        if (is_family ? ascii_lower(one.key) == lower : one.key == name)
            out.texts.push_back(one.value);
    // Whoever asks is always somebody: without him nothing is known.
    if (name == principal_key) out.known = !out.texts.empty();
    else
        out.known = name == restricted_key || name == own_allow_key || row != nullptr ||
                    is_token_key(name);
    return out;
}

}  // namespace

condition_values values_of(std::string_view name, access_request const& request) {
    auto const& context = context_of(request);
    if (name == "source_ip" || name == "aws:SourceIp") return of_text(context.source_ip);
    if (name == "protocol") return of_text(context.protocol);
    if (name == "auth_method") return of_text(context.auth_method);
    if (name == "client_id") return of_text(context.client_id);
    if (name == "operation") return of_text(context.operation);
    if (name == "tls" || name == "aws:SecureTransport")
        return of_text(context.tls ? "true" : "false");
    if (name == "time" || name == "aws:CurrentTime" || name == "aws:EpochTime")
        return of_text(std::to_string(to_underlying(context.now)));
    if (name == "action") return of_action(request);
    if (name == "resource") return of_resource(request);
    if (name == "prefix") {
        condition_values out;
        if (context.has_prefix) out.texts.emplace_back(context.prefix);
        return out;
    }
    return of_key(name, context);
}

std::optional<std::string> variable_of(std::string_view key, access_request const& request,
                                       bool& waits) {
    auto const* row = find_iam_key(key);
    auto found = values_of(row && !row->name.ends_with('/') ? row->name : key, request);
    waits = waits || found.waits;
    if (!found.known || found.texts.size() != 1) return std::nullopt;
    return std::move(found.texts.front());
}

}  // namespace sluice::auth
