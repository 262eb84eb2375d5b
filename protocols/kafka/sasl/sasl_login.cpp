#include "protocols/kafka/sasl/sasl_login.hpp"

#include <algorithm>

#include "gateway/core/crypto.hpp"

namespace sluice::kafka {
namespace {

constexpr std::string_view plain = "PLAIN";
constexpr std::string_view scram_256 = "SCRAM-SHA-256";
constexpr std::string_view scram_512 = "SCRAM-SHA-512";

// A name or password of PLAIN.
constexpr std::size_t longest_plain_part = 1024;

bool is_loopback(std::string_view address) {
    return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

}  // namespace

result<plain_message> parse_plain(std::string_view message) {
    auto const first = message.find('\0');
    auto const second = first == message.npos ? message.npos : message.find('\0', first + 1);
    if (second == message.npos || message.find('\0', second + 1) != message.npos)
        return failure{error::malformed, "a PLAIN message has three parts"};
    plain_message out{std::string(message.substr(0, first)),
                      std::string(message.substr(first + 1, second - first - 1)),
                      std::string(message.substr(second + 1))};
    for (auto const* part : {&out.authorization, &out.user, &out.password})
        if (part->size() > longest_plain_part)
            return failure{error::malformed, "a part of a PLAIN message is too long"};
    if (out.user.empty() || out.password.empty())
        return failure{error::malformed, "a PLAIN message without name or password"};
    return out;
}

sasl_login::sasl_login(auth::guarded_logins& logins, auth::connection_facts facts)
    : logins_(logins), facts_(std::move(facts)) {}

std::vector<std::string> sasl_login::mechanisms() const {
    std::vector<std::string> out;
    if (facts_.tls || is_loopback(facts_.client_address)) out.emplace_back(plain);
    out.emplace_back(scram_256);
    out.emplace_back(scram_512);
    return out;
}

error_code sasl_login::choose(std::string_view mechanism, bool raw_tokens) {
    if (state_ != state::handshake) return error_code::illegal_sasl_state;
    auto const offered = mechanisms();
    if (std::find(offered.begin(), offered.end(), mechanism) == offered.end()) {
        state_ = state::refused;
        return error_code::unsupported_sasl_mechanism;
    }
    mechanism_ = mechanism;
    raw_tokens_ = raw_tokens;
    state_ = state::authenticating;
    if (mechanism_ == plain) return error_code::none;
    auth::guarded_logins::scram_request wanted;
    wanted.hash = mechanism_ == scram_512 ? digest_kind::sha512 : digest_kind::sha256;
    scram_.emplace(logins_.begin_scram(std::move(wanted), facts_));
    return error_code::none;
}

task<sasl_login::reply> sasl_login::take(std::string_view token) {
    if (state_ != state::authenticating) {
        reply out;
        out.error = error_code::illegal_sasl_state;
        out.message = message_of(out.error);
        co_return out;
    }
    if (scram_) co_return co_await take_scram(token);
    co_return co_await take_plain(token);
}

sasl_login::reply sasl_login::refuse(std::string message) {
    state_ = state::refused;
    return {error_code::sasl_authentication_failed, std::move(message), {}, false};
}

sasl_login::reply sasl_login::admit(result<auth::caller> proven, std::string token) {
    if (proven.has_error()) {
        auto out = refuse("Authentication failed: wrong user name or password");
        out.undecided = proven.error().code != error::unauthenticated;
        return out;
    }
    who_ = std::move(*proven);
    state_ = state::ready;
    return {error_code::none, {}, std::move(token), false};
}

task<sasl_login::reply> sasl_login::take_plain(std::string_view token) {
    auto message = parse_plain(token);
    if (message.has_error()) co_return refuse("Authentication failed: not a message of SASL PLAIN");
    if (!message->authorization.empty() && message->authorization != message->user)
        co_return refuse("Authentication failed: acting for another user is not supported");
    auto const user = std::move(message->user);
    auto password = std::move(message->password);
    auto proven = co_await logins_.check_password(user, std::move(password), facts_);
    co_return admit(std::move(proven), {});
}

task<sasl_login::reply> sasl_login::take_scram(std::string_view token) {
    using outcome = auth::scram_server::outcome;
    auto step = scram_->take(token);
    switch (step.what) {
        case outcome::send:
            co_return reply{error_code::none, {}, std::move(step.message), false};
        case outcome::authenticated:
            break;
        case outcome::refused:
            co_return refuse("Authentication failed: wrong user name or password");
        case outcome::malformed:
            co_return refuse("Authentication failed: not a message of " + mechanism_);
    }
    auto proven = co_await logins_.complete(*scram_);
    co_return admit(std::move(proven), std::move(step.message));
}

}  // namespace sluice::kafka
