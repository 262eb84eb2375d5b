// AssumeRole, GetSessionToken, GetCallerIdentity (AWS STS API reference, version 2011-06-15).
#include <algorithm>
#include <cctype>

#include "protocols/http/date.hpp"
#include "protocols/s3/account/account_actions.hpp"
#include "protocols/s3/account/arns.hpp"

namespace sluice::s3 {
namespace {

constexpr std::int64_t shortest_session = 900;
constexpr std::int64_t longest_role_session = 12 * 3600;
constexpr std::int64_t longest_own_session = 36 * 3600;
constexpr std::size_t longest_session_policy = 2048;

bool is_session_name(std::string_view name) noexcept {
    constexpr std::string_view others = "_+=,.@-";
    auto const fits = [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               others.find(c) != std::string_view::npos;
    };
    return name.size() >= 2 && name.size() <= 64 && std::all_of(name.begin(), name.end(), fits);
}

void write_credentials(xml_writer& out, auth::guarded_sessions::issued const& made) {
    out.open("Credentials");
    out.element("AccessKeyId", made.access_key_id);
    out.element("SecretAccessKey", made.secret);
    out.element("SessionToken", made.token);
    out.element("Expiration", http::iso_date(made.expires)).close();
}

}  // namespace

task<account_result<>> account::assume_role(account_call const& call, xml_writer& out) {
    auto const known =
        call.request.allow_only({"RoleArn", "RoleSessionName", "DurationSeconds", "Policy"});
    if (!known) co_return known.error();
    auto const arn = call.request.demand("RoleArn");
    if (!arn) co_return arn.error();
    auto const session = call.request.demand("RoleSessionName");
    if (!session) co_return session.error();
    if (!is_session_name(*session))
        co_return validation_error(
            "RoleSessionName must be 2 to 64 of letters, digits and _+=,.@-");
    auto const role = role_of_arn(*arn, call.options.account_id);
    if (!role) co_return validation_error(std::string(*arn) + " is not a role of this account.");
    auto const seconds =
        call.request.number("DurationSeconds", shortest_session, longest_role_session, 3600);
    if (!seconds) co_return seconds.error();

    std::string policy(call.request.find("Policy").value_or(""));
    if (policy.size() > longest_session_policy)
        co_return account_failure{account_error::packed_policy_too_large,
                                  "A session's policy has at most 2048 characters.", {}};

    auth::guarded_sessions::role_request wanted{*role, std::string(*session),
                                                std::chrono::seconds(*seconds), std::move(policy)};
    auto const made = co_await call.guard.sessions().assume_role(call.who, std::move(wanted));
    if (!made && made.error().code == error::invalid_argument)
        co_return account_failure{account_error::malformed_policy_document, made.error().text, {}};
    if (!made) co_return to_account(made.error());
    write_credentials(out, *made);
    out.open("AssumedRoleUser");
    out.element("AssumedRoleId", auth::unique_id_of(made->who) + ":" + std::string(*session));
    out.element("Arn", assumed_role_arn(call.options.account_id, *role, *session)).close();
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
    out.element("Arn", arn_of(call.options.account_id, who));
    out.element("UserId", id);
    out.element("Account", call.options.account_id);
    co_return account_result<>{};
}

}  // namespace sluice::s3
