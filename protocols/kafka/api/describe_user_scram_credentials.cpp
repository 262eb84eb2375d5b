#include "protocols/kafka/schema/describe_user_scram_credentials.hpp"

#include <map>
#include <set>

#include "protocols/kafka/api/handlers.hpp"

namespace sluice::kafka {
namespace {

using shown_user =
    describe_user_scram_credentials_response::describe_user_scram_credentials_result;

shown_user show(auth::scram_summary const& user) {
    shown_user out;
    out.user = user.name;
    out.error_message.reset();
    for (auto const& one : user.credentials) {
        std::int8_t const mechanism = one.hash == digest_kind::sha512 ? 2 : 1;
        out.credential_infos.push_back({mechanism, static_cast<std::int32_t>(one.iterations)});
    }
    return out;
}

}  // namespace

// KIP-554. Names and iterations are shown, never what a password could be tested with.
task<describe_user_scram_credentials_response> api::describe_user_scram_credentials(
    api_call& call, describe_user_scram_credentials_request const& request) {
    describe_user_scram_credentials_response out;
    out.error_message.reset();
    auto const found = co_await call.services.admin.list_scram(call.who());
    if (found.has_error()) {
        auto const error = cluster_error(call, found.error());
        out.error_code = call.code(error);
        out.error_message = text_of(error, found.error());
        co_return out;
    }
    if (!request.users || request.users->empty()) {
        for (auto const& one : *found) out.results.push_back(show(one));
        co_return out;
    }
    std::map<std::string_view, auth::scram_summary const*> known;
    for (auto const& one : *found) known.emplace(one.name, &one);
    std::map<std::string_view, std::size_t> named;
    for (auto const& wanted : *request.users) ++named[wanted.name];
    for (auto const& [name, times] : named) {
        shown_user one;
        one.user = name;
        one.error_message.reset();
        auto const user = known.find(name);
        if (times > 1) {
            one.error_code = call.code(error_code::duplicate_resource);
            one.error_message = "Cannot describe SCRAM credentials for the same user twice in a "
                                "single request: " + std::string(name);
        } else if (user == known.end()) {
            one.error_code = call.code(error_code::resource_not_found);
            one.error_message =
                "Attempt to describe a user credential that does not exist: " + std::string(name);
        } else {
            one = show(*user->second);
        }
        if (one.error_message) one.error_message = bounded(std::move(*one.error_message));
        out.results.push_back(std::move(one));
    }
    co_return out;
}

}  // namespace sluice::kafka
