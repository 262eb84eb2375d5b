#include "protocols/kafka/sasl/sasl_login.hpp"

#include <strings.h>

#include <algorithm>

#include "gateway/core/crypto.hpp"

namespace sluice::kafka {
namespace {

constexpr std::string_view plain = "PLAIN";
constexpr std::string_view scram_256 = "SCRAM-SHA-256";
constexpr std::string_view scram_512 = "SCRAM-SHA-512";
constexpr std::string_view bearer = "OAUTHBEARER";

// Separates and ends what a message of OAUTHBEARER says.
constexpr char separator = '\x01';

// A name or password of PLAIN.
constexpr std::size_t longest_plain_part = 1024;

sasl_login::reply going_on(std::string token) {
    sasl_login::reply out;
    out.token = std::move(token);
    return out;
}

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

// n,[a=NAME],^A auth=Bearer TOKEN ^A (KEY=VALUE ^A)* ^A
result<bearer_message> parse_bearer(std::string_view message) {
    failure const malformed{error::malformed, "not a message of OAUTHBEARER"};
    if (!message.starts_with("n,")) return malformed;
    message.remove_prefix(2);
    auto const comma = message.find(',');
    if (comma == message.npos) return malformed;
    bearer_message out;
    auto const authorization = message.substr(0, comma);
    if (!authorization.empty() && !authorization.starts_with("a=")) return malformed;
    if (!authorization.empty()) out.authorization = authorization.substr(2);
    message.remove_prefix(comma + 1);
    if (message.size() < 2 || message.front() != separator || message.back() != separator)
        return malformed;
    message = message.substr(1, message.size() - 2);
    while (!message.empty()) {
        auto const end = message.find(separator);
        if (end == message.npos) return malformed;
        auto const pair = message.substr(0, end);
        message.remove_prefix(end + 1);
        auto const equals = pair.find('=');
        if (equals == pair.npos) return malformed;
        if (pair.substr(0, equals) != "auth") continue;
        auto const value = pair.substr(equals + 1);
        constexpr std::string_view scheme = "bearer ";
        bool const fits = value.size() > scheme.size() && out.token.empty() &&
                          ::strncasecmp(value.data(), scheme.data(), scheme.size()) == 0;
        if (!fits) return malformed;
        out.token = value.substr(scheme.size());
    }
    if (out.token.empty()) return malformed;
    return out;
}

sasl_login::sasl_login(auth::guarded_logins& logins, auth::connection_facts facts,
                       wall_clock const& clock, std::chrono::milliseconds longest)
    : logins_(logins), facts_(std::move(facts)), clock_(clock), longest_(longest) {}

std::vector<std::string> sasl_login::mechanisms() const {
    std::vector<std::string> out;
    bool const secret = facts_.tls || is_loopback(facts_.client_address);
    if (secret) out.emplace_back(plain);
    if (secret && logins_.takes_tokens()) out.emplace_back(bearer);
    out.emplace_back(scram_256);
    out.emplace_back(scram_512);
    return out;
}

error_code sasl_login::choose(std::string_view mechanism, bool raw_tokens) {
    bool const again = state_ == state::ready && ends_ && !raw_tokens;
    if (state_ != state::handshake && !again) return error_code::illegal_sasl_state;
    if (again && mechanism != mechanism_) {
        state_ = state::refused;
        return error_code::sasl_authentication_failed;
    }
    auto const offered = mechanisms();
    if (std::find(offered.begin(), offered.end(), mechanism) == offered.end()) {
        state_ = state::refused;
        return error_code::unsupported_sasl_mechanism;
    }
    mechanism_ = mechanism;
    raw_tokens_ = raw_tokens;
    state_ = state::authenticating;
    told_bearer_ = false;
    if (mechanism_ == plain || mechanism_ == bearer) return error_code::none;
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
    if (mechanism_ == bearer) co_return co_await take_bearer(token);
    if (scram_) co_return co_await take_scram(token);
    co_return co_await take_plain(token);
}

sasl_login::reply sasl_login::refuse(std::string message) {
    state_ = state::refused;
    reply out;
    out.error = error_code::sasl_authentication_failed;
    out.message = std::move(message);
    return out;
}

sasl_login::reply sasl_login::undecided(failure const& why) {
    auto out = refuse("Authentication failed: wrong user name or password");
    out.undecided = why.code != error::unauthenticated;
    return out;
}

sasl_login::reply sasl_login::admit(result<auth::caller> proven, std::string token,
                                    std::optional<std::chrono::milliseconds> left) {
    if (proven.has_error()) return undecided(proven.error());
    if (who_ && who_->id() != proven->id())
        return refuse("Authentication failed: another principal than the connection's");
    who_ = std::move(*proven);
    state_ = state::ready;
    scram_.reset();
    reply out;
    out.token = std::move(token);
    out.lifetime = longest_;
    if (left) out.lifetime = longest_.count() == 0 ? *left : std::min(longest_, *left);
    ends_.reset();
    if (out.lifetime.count() != 0) ends_ = clock_.monotonic() + out.lifetime;
    return out;
}

// A token that does not hold is told of in a challenge, and the exchange ends with the client's answer to it
// (RFC 7628, 3.2.2 and 3.2.3).
task<sasl_login::reply> sasl_login::take_bearer(std::string_view token) {
    if (told_bearer_) co_return refuse("Authentication failed: the token is not valid here");
    auto message = parse_bearer(token);
    if (message.has_error())
        co_return refuse("Authentication failed: not a message of SASL OAUTHBEARER");
    auto given = std::move(message->token);
    auto proven = co_await logins_.check_token(std::move(given), facts_);
    if (proven.has_error() && proven.error().code != error::unauthenticated)
        co_return undecided(proven.error());
    if (proven.has_error()) {
        told_bearer_ = true;
        reply out;
        out.token = R"({"status":"invalid_token"})";
        co_return out;
    }
    if (!message->authorization.empty() && message->authorization != proven->who.name())
        co_return refuse("Authentication failed: acting for another user is not supported");
    co_return admit(std::move(proven->who), {}, proven->left);
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
            co_return going_on(std::move(step.message));
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
