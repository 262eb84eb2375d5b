// CreateOpenIDConnectProvider, GetOpenIDConnectProvider, ListOpenIDConnectProviders,
// DeleteOpenIDConnectProvider, AddClientIDToOpenIDConnectProvider,
// RemoveClientIDFromOpenIDConnectProvider, UpdateOpenIDConnectProviderThumbprint (IAM API reference,
// version 2010-05-08). Keys are found by the issuer's discovery document; `sluice oidc` can name
// another place. Whom to trust on the way there is what the system trusts: thumbprints have no effect
// and are refused.
#include <algorithm>

#include "auth/guard/guarded_providers.hpp"
#include "auth/policy/iam_names.hpp"
#include "protocols/http/date.hpp"
#include "protocols/s3/account/people.hpp"

namespace sluice::s3 {
namespace {

account_failure invalid_input(std::string text) {
    return {account_error::invalid_input, std::move(text), {}};
}

account_failure failed(auth::refusal const& why) {
    switch (why.code) {
        case error::unsupported: return {account_error::open_id_communication_error, why.text, {}};
        case error::invalid_argument: return invalid_input(why.text);
        case error::too_large: return {account_error::limit_exceeded, why.text, {}};
        default: return to_account(why);
    }
}

account_failure no_thumbprints() {
    return invalid_input("Thumbprints have no effect here: a provider's certificate must be one that "
                         "the system trusts.");
}

account_result<std::string> provider_in(account_request const& request) {
    auto const arn = request.demand("OpenIDConnectProviderArn");
    if (!arn) return arn.error();
    auto name = auth::provider_of_arn(*arn);
    if (!name) return invalid_input("Invalid ARN: " + std::string(*arn));
    return *std::move(name);
}

task<account_result<>> change_client(account_call const& call, bool there) {
    auto const known = call.request.allow_only({"OpenIDConnectProviderArn", "ClientID"});
    if (!known) co_return known.error();
    auto const name = provider_in(call.request);
    if (!name) co_return name.error();
    auto const client = call.request.demand("ClientID");
    if (!client) co_return client.error();
    auto const done = co_await call.guard.providers().set_client(call.who, *name,
                                                                 std::string(*client), there);
    if (!done) co_return failed(done.error());
    co_return account_result<>{};
}

}  // namespace

task<account_result<>> account::create_provider(account_call const& call, xml_writer& out) {
    auto const known =
        call.request.allow_only({"Url", "ClientIDList.member", "ThumbprintList.member"});
    if (!known) co_return known.error();
    auto const url = call.request.demand("Url");
    if (!url) co_return url.error();
    auto const thumbprints = call.request.list("ThumbprintList", auth::most_clients_of_one);
    if (!thumbprints) co_return thumbprints.error();
    if (!thumbprints->empty()) co_return no_thumbprints();
    auto clients = call.request.list("ClientIDList", auth::most_clients_of_one);
    if (!clients) co_return clients.error();
    auth::guarded_providers::new_provider wanted;
    wanted.issuer = *url;
    wanted.clients = *std::move(clients);
    auto const made = co_await call.guard.providers().add(call.who, std::move(wanted));
    if (!made) co_return failed(made.error());
    out.element("OpenIDConnectProviderArn", auth::provider_arn(made->name));
    co_return account_result<>{};
}

task<account_result<>> account::get_provider(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"OpenIDConnectProviderArn"});
    if (!known) co_return known.error();
    auto const name = provider_in(call.request);
    if (!name) co_return name.error();
    auto const all = co_await call.guard.providers().list(call.who);
    if (!all) co_return to_account(all.error());
    auto const found =
        std::find_if(all->begin(), all->end(), [&](auto const& one) { return one.name == *name; });
    if (found == all->end())
        co_return account_failure{account_error::no_such_entity,
                                  "OpenIDConnect Provider not found for arn " +
                                      auth::provider_arn(*name),
                                  {}};
    // IAM leaves the scheme out.
    out.element("Url", found->name);
    out.open("ClientIDList");
    for (auto const& client : found->clients) out.element("member", client);
    out.close().open("ThumbprintList").close();
    out.element("CreateDate", http::iso_date(found->created));
    co_return account_result<>{};
}

task<account_result<>> account::list_providers(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({});
    if (!known) co_return known.error();
    auto const all = co_await call.guard.providers().list(call.who);
    if (!all) co_return to_account(all.error());
    out.open("OpenIDConnectProviderList");
    for (auto const& one : *all)
        out.open("member").element("Arn", auth::provider_arn(one.name)).close();
    out.close();
    co_return account_result<>{};
}

task<account_result<>> account::delete_provider(account_call const& call, xml_writer&) {
    auto const known = call.request.allow_only({"OpenIDConnectProviderArn"});
    if (!known) co_return known.error();
    auto const name = provider_in(call.request);
    if (!name) co_return name.error();
    auto const done = co_await call.guard.providers().remove(call.who, *name);
    if (!done) co_return failed(done.error());
    co_return account_result<>{};
}

task<account_result<>> account::add_client_id_to_provider(account_call const& call, xml_writer&) {
    return change_client(call, true);
}
task<account_result<>> account::remove_client_id_from_provider(account_call const& call,
                                                               xml_writer&) {
    return change_client(call, false);
}

task<account_result<>> account::update_provider_thumbprint(account_call const&, xml_writer&) {
    co_return no_thumbprints();
}

}  // namespace sluice::s3
