#include "auth/guard/iam_context.hpp"

#include "auth/policy/account.hpp"
#include "auth/policy/iam_actions.hpp"
#include "auth/policy/iam_keys.hpp"
#include "auth/policy/iam_names.hpp"

namespace sluice::auth {
namespace {

bool is_about(iam_level level, resource_kind kind) noexcept {
    switch (level) {
        case iam_level::service: return kind == resource_kind::cluster;
        case iam_level::account:
            return kind == resource_kind::cluster || kind == resource_kind::principal;
        case iam_level::role: return kind == resource_kind::principal;
        case iam_level::bucket:
        case iam_level::object:
            return kind != resource_kind::cluster && kind != resource_kind::principal;
    }
    return false;
}

}  // namespace

std::vector<context_value> iam_values(directory const& people, principal_id whom, caller const& who,
                                      intent const& wanted) {
    auto out = who.context;
    if (who.more_context != nullptr) who.more_context->add_to(out);
    for (auto id : people.closure(whom))
        out.push_back({std::string(principal_key), to_text(rule_id{to_underlying(id)})});
    // Of a listing that no S3 request asked for.
    if (wanted.lists && who.connection().protocol != "s3")
        out.push_back({"s3:prefix", wanted.part});
    out.push_back({"aws:ResourceAccount", std::string(account_id)});
    out.push_back({"s3:ResourceAccount", std::string(account_id)});
    auto const& version = who.connection().tls_version;
    if (!version.empty()) out.push_back({"s3:TlsVersion", version});
    if (who.is_session()) {
        auto const& session = who.session();
        out.push_back({"aws:TokenIssueTime", std::to_string(to_underlying(session.issued))});
        if (!session.provider.empty()) out.push_back({"aws:FederatedProvider", session.provider});
        // Nobody has a second factor here; requests with a long-term key do not have the key at all.
        out.push_back({"aws:MultiFactorAuthPresent", "false"});
    }
    out.push_back({"aws:PrincipalIsAWSService", "false"});
    out.push_back({"aws:ViaAWSService", "false"});
    auto const* known = people.find(whom);
    if (known == nullptr) return out;
    out.push_back({"aws:PrincipalType", std::string(principal_type(*known))});
    if (whom == anonymous_id) return out;
    out.push_back({"aws:PrincipalArn", principal_arn(*known)});
    out.push_back({"aws:PrincipalAccount", std::string(account_id)});
    for (auto const& tag : known->tags)
        out.push_back({std::string(principal_tag_keys) + tag.key, tag.value});
    auto id = unique_id_of(whom);
    if (!who.session_name().empty()) id += ":" + who.session_name();
    out.push_back({"aws:userid", std::move(id)});
    bool const is_user = whom != root_id && known->kind != principal_kind::role;
    if (is_user) out.push_back({"aws:username", known->name});
    return out;
}

std::vector<std::string_view> iam_actions_of(caller const& who, intent const& wanted) {
    std::vector<std::string_view> out;
    if (!wanted.asked.empty()) out.push_back(wanted.asked);
    std::string_view rest = wanted.asked.empty() ? std::string_view(who.action) : "";
    while (!rest.empty()) {
        auto const name = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(rest.size(), name.size() + 1));
        auto const* row = find_iam_action(name);
        if (row && row->verbs.has(wanted.verb) && is_about(row->level, wanted.kind)) out.push_back(name);
    }
    return out;
}

}  // namespace sluice::auth
