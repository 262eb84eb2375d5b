#include "protocols/kafka/schema/alter_user_scram_credentials.hpp"

#include <map>

#include "protocols/kafka/api/handlers.hpp"

namespace sluice::kafka {
namespace {

struct user_changes {
    error_code error = error_code::none;
    std::string text;
    std::vector<auth::scram_change> changes;

    void refuse(error_code why, std::string because) {
        if (error != error_code::none) return;
        error = why;
        text = std::move(because);
    }
};

std::optional<digest_kind> digest_of(std::int8_t mechanism) {
    if (mechanism == 1) return digest_kind::sha256;
    if (mechanism == 2) return digest_kind::sha512;
    return std::nullopt;
}

void add(user_changes& user, std::string const& name, std::int8_t mechanism,
         auth::scram_change change) {
    if (name.empty())
        user.refuse(error_code::unacceptable_credential, "Username must not be empty");
    auto const hash = digest_of(mechanism);
    if (!hash) {
        user.refuse(error_code::unsupported_sasl_mechanism, "Unknown SCRAM mechanism");
        return;
    }
    for (auto const& one : user.changes)
        if (one.hash == *hash)
            user.refuse(error_code::duplicate_resource,
                        "A user credential cannot be altered twice in the same request");
    change.hash = *hash;
    user.changes.push_back(std::move(change));
}

error_code scram_error(api_call& call, failure const& why) {
    switch (why.code) {
        case error::not_found: return error_code::resource_not_found;
        case error::invalid_argument:
        case error::unsupported: return error_code::unacceptable_credential;
        default: return cluster_error(call, why);
    }
}

}  // namespace

// KIP-554: all changes of a user or none. What a client worked out of the password comes here, the
// password does not.
task<alter_user_scram_credentials_response> api::alter_user_scram_credentials(
    api_call& call, alter_user_scram_credentials_request const& request) {
    alter_user_scram_credentials_response out;
    std::map<std::string, user_changes> users;
    for (auto const& one : request.deletions) {
        auth::scram_change change;
        change.erases = true;
        add(users[one.name], one.name, one.mechanism, std::move(change));
    }
    for (auto const& one : request.upsertions) {
        auth::scram_change change;
        // Negative numbers are as many too few.
        change.iterations = one.iterations < 0 ? 0 : static_cast<std::uint32_t>(one.iterations);
        change.salt = std::string(one.salt);
        change.salted_password = std::string(one.salted_password);
        add(users[one.name], one.name, one.mechanism, std::move(change));
    }
    for (auto& [name, user] : users) {
        auto& answer = out.results.emplace_back();
        answer.user = name;
        answer.error_message.reset();
        if (user.error == error_code::none) {
            auto const done = co_await call.services.admin.change_scram(call.who(), name,
                                                                        std::move(user.changes));
            if (done.has_value()) continue;
            user.error = scram_error(call, done.error());
            user.text = text_of(user.error, done.error());
        }
        answer.error_code = call.code(user.error);
        answer.error_message = bounded(std::move(user.text));
    }
    co_return out;
}

}  // namespace sluice::kafka
