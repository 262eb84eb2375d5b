// AssumeRole, AssumeRoleWithWebIdentity, GetSessionToken, GetCallerIdentity (AWS STS API reference,
// version 2011-06-15).
#include <algorithm>
#include <cctype>

#include "auth/policy/account.hpp"
#include "auth/policy/iam_names.hpp"
#include "protocols/http/date.hpp"
#include "protocols/s3/account/account_actions.hpp"

namespace sluice::s3 {
namespace {

constexpr std::int64_t shortest_session = 900;
constexpr std::int64_t longest_role_session = 12 * 3600;
constexpr std::int64_t longest_own_session = 36 * 3600;
constexpr std::size_t longest_session_policy = 2048;
constexpr std::size_t longest_external_id = 1224;

using role_request = auth::guarded_sessions::role_request;

bool consists_of(std::string_view text, std::string_view others) noexcept {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               others.find(c) != std::string_view::npos;
    });
}

bool is_session_name(std::string_view name) noexcept {
    return name.size() >= 2 && name.size() <= 64 && consists_of(name, "_+=,.@-");
}

bool is_external_id(std::string_view id) noexcept {
    return id.size() >= 2 && id.size() <= longest_external_id && consists_of(id, "_+=,.@:/-");
}

// RoleArn, RoleSessionName, DurationSeconds, Policy.
account_result<role_request> role_request_in(account_request const& request) {
    auto const arn = request.demand("RoleArn");
    if (!arn) return arn.error();
    auto const session = request.demand("RoleSessionName");
    if (!session) return session.error();
    if (!is_session_name(*session))
        return validation_error("RoleSessionName must be 2 to 64 of letters, digits and _+=,.@-");
    auto role = auth::role_of_arn(*arn);
    if (!role) return validation_error(std::string(*arn) + " is not a role of this account.");
    auto const seconds =
        request.number("DurationSeconds", shortest_session, longest_role_session, 3600);
    if (!seconds) return seconds.error();
    std::string policy(request.find("Policy").value_or(""));
    if (policy.size() > longest_session_policy)
        return account_failure{account_error::packed_policy_too_large,
                               "A session's policy has at most 2048 characters.", {}};
    return role_request{*std::move(role), std::string(*session), std::chrono::seconds(*seconds),
                        std::move(policy)};
}

account_failure of_session(auth::refusal const& why) {
    if (why.code == error::invalid_argument)
        return {account_error::malformed_policy_document, why.text, {}};
    if (why.code == error::out_of_range) return validation_error(why.text);
    return to_account(why);
}

void write_credentials(xml_writer& out, auth::guarded_sessions::issued const& made) {
    out.open("Credentials");
    out.element("AccessKeyId", made.access_key_id);
    out.element("SecretAccessKey", made.secret);
    out.element("SessionToken", made.token);
    out.element("Expiration", http::iso_date(made.expires)).close();
}

void write_assumed_role(xml_writer& out, auth::guarded_sessions::issued const& made,
                        role_request const& wanted) {
    out.open("AssumedRoleUser");
    out.element("AssumedRoleId", auth::unique_id_of(made.who) + ":" + wanted.session_name);
    out.element("Arn", auth::assumed_role_arn(wanted.role, wanted.session_name)).close();
}

// Of whoever asks: root, a user, or an assumed role.
std::string arn_of(auth::caller const& who) {
    if (!who.session_name().empty())
        return auth::assumed_role_arn(who.name(), who.session_name());
    auth::principal named;
    named.id = who.id();
    named.name = who.name();
    return auth::principal_arn(named);
}

}  // namespace

task<account_result<>> account::assume_role(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only(
        {"RoleArn", "RoleSessionName", "DurationSeconds", "Policy", "ExternalId"});
    if (!known) co_return known.error();
    auto wanted = role_request_in(call.request);
    if (!wanted) co_return wanted.error();
    if (auto const id = call.request.find("ExternalId")) {
        if (!is_external_id(*id))
            co_return validation_error(
                "ExternalId must be 2 to 1224 of letters, digits and _+=,.@:/-");
        wanted->external_id = *id;
    }
    auto const made = co_await call.guard.sessions().assume_role(call.who, *wanted);
    if (!made) co_return of_session(made.error());
    write_credentials(out, *made);
    write_assumed_role(out, *made, *wanted);
    co_return account_result<>{};
}

// Nobody signs it: the token is the proof.
task<account_result<>> account::assume_role_with_web_identity(account_call const& call,
                                                              xml_writer& out) {
    auto const known = call.request.allow_only(
        {"RoleArn", "RoleSessionName", "DurationSeconds", "Policy", "WebIdentityToken"});
    if (!known) co_return known.error();
    auto const wanted = role_request_in(call.request);
    if (!wanted) co_return wanted.error();
    auto const token = call.request.demand("WebIdentityToken");
    if (!token) co_return token.error();
    if (token->size() > auth::longest_token)
        co_return validation_error("WebIdentityToken has at most 20000 characters.");
    auth::guarded_sessions::token_request asked;
    asked.wanted = *wanted;
    asked.token = *token;
    asked.connection = call.connection;
    asked.operation = call.who.operation;
    asked.request_id = call.who.request_id;
    asked.client_id = call.who.client_id;
    auto const shown = co_await call.guard.sessions().assume_role_with_token(std::move(asked));
    if (!shown) co_return to_account(shown.error());
    if (!*shown && (*shown).error().code == error::permission_denied)
        co_return account_failure{account_error::access_denied,
                                  "Not authorized to perform sts:AssumeRoleWithWebIdentity", {}};
    if (!*shown) co_return of_session((*shown).error());
    auto const& session = **shown;
    write_credentials(out, session.made);
    out.element("SubjectFromWebIdentityToken", session.subject);
    write_assumed_role(out, session.made, *wanted);
    out.element("Provider", session.issuer).element("Audience", session.audience);
    co_return account_result<>{};
}

task<account_result<>> account::get_session_token(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"DurationSeconds"});
    if (!known) co_return known.error();
    bool const root = call.who.id() == auth::root_id;
    auto const most = root ? std::int64_t{3600} : longest_own_session;
    auto const otherwise = root ? std::int64_t{3600} : std::int64_t{12 * 3600};
    auto const seconds =
        call.request.number("DurationSeconds", shortest_session, most, otherwise);
    if (!seconds) co_return seconds.error();
    auto const made = co_await call.guard.sessions().session_of_self(
        call.who, std::chrono::seconds(*seconds));
    if (!made) co_return to_account(made.error());
    write_credentials(out, *made);
    co_return account_result<>{};
}

// Whoever can sign may ask who he is: nothing is decided.
task<account_result<>> account::get_caller_identity(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({});
    if (!known) co_return known.error();
    auto const& who = call.who;
    auto id = auth::unique_id_of(who.id());
    if (!who.session_name().empty()) id += ":" + who.session_name();
    out.element("Arn", arn_of(who));
    out.element("UserId", id);
    out.element("Account", auth::account_id);
    co_return account_result<>{};
}

}  // namespace sluice::s3
