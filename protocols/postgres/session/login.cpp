#include "protocols/postgres/session/login.hpp"

#include <boost/asio/ip/address.hpp>

#include "gateway/core/timer.hpp"
#include "protocols/postgres/wire/error_response.hpp"

namespace sluice::postgres {

void login::refuse(sql::sql_error const& what) { append_error(channel_.out(), "FATAL", what); }

// Clients on this machine are not overheard.
bool login::may_stay_plain() const {
    if (security_.active() || !services_.options.tls_required) return true;
    boost::system::error_code code;
    auto const address = boost::asio::ip::make_address(facts_.client_address, code);
    return !code && address.is_loopback();
}

task<result<std::optional<logged_in>>> login::run() {
    auto wish = co_await start_up();
    if (wish.has_error()) co_return wish.error();
    if (!*wish) co_return std::optional<logged_in>{};
    if (!may_stay_plain()) {
        refuse(make_error(front_error::tls_required, {facts_.client_address})
                   .with_hint("Connect with sslmode=require or stricter."));
        co_return std::optional<logged_in>{};
    }
    if ((*wish)->negotiate) {
        negotiate_protocol_version_message message;
        message.newest_version = (*wish)->version;
        for (auto const& each : (*wish)->unknown_options) message.unknown_options.push_back(each);
        channel_.put(message);
    }
    auto outcome = co_await authenticate(std::move(**wish));
    co_return outcome;
}

task<result<std::optional<session_wish>>> login::start_up() {
    using answer = std::optional<session_wish>;
    startup machine(security_.offered());
    while (true) {
        auto const packet = co_await channel_.next_startup_packet();
        if (packet.has_error()) {
            if (packet.error().code != error::malformed) co_return packet.error();
            refuse(make_error(front_error::startup_malformed, {packet.error().text}));
            co_return answer();
        }
        if (!*packet) co_return answer();
        auto step = machine.take(**packet, channel_.has_unread());
        switch (step.what) {
            case startup_step::kind::answer_no:
                channel_.put_raw('N');
                co_await channel_.flush();
                continue;
            case startup_step::kind::answer_tls:
                channel_.put_raw('S');
                co_await channel_.flush();
                break;
            case startup_step::kind::direct_tls:
                break;
            case startup_step::kind::cancel: {
                auto const& wanted = step.to_cancel;
                bool const found = services_.sessions.cancel(wanted.process_id, wanted.secret_key);
                if (services_.observer) services_.observer->on_cancel(found);
                co_return answer();
            }
            case startup_step::kind::proceed:
                co_return answer(std::move(step.wish));
            case startup_step::kind::refuse:
                refuse(step.error);
                co_return answer();
        }
        auto const secured = co_await secure(machine, step.what == startup_step::kind::direct_tls);
        if (secured.has_error()) co_return secured.error();
        if (!*secured) co_return answer();
    }
}

task<result<bool>> login::secure(startup& machine, bool direct) {
    auto already_read = direct ? channel_.take_unread() : std::string();
    auto const done = co_await security_.start(std::move(already_read));
    if (done.has_error()) co_return done.error();
    facts_.tls = true;
    auto const agreed = machine.tls_active(security_.application_protocol());
    if (agreed.has_error()) refuse(agreed.error());
    co_return agreed.has_value();
}

task<result<std::optional<logged_in>>> login::authenticate(session_wish wish) {
    auto const binding = security_.active() ? security_.server_end_point() : std::string();
    auto begin = [&](bool bound) -> sasl_exchange::conversation {
        auth::guarded_logins::scram_request wanted;
        wanted.user = wish.user;
        wanted.plus_offered = !binding.empty();
        if (bound) wanted.channel_binding = binding;
        scram_.emplace(services_.guard.logins().begin_scram(std::move(wanted), facts_));
        return [this](std::string_view message) { return scram_->take(message); };
    };
    sasl_exchange machine(!binding.empty(), begin);
    auto const proven = co_await exchange(machine, wish);
    if (proven.has_error()) co_return proven.error();
    if (!*proven) co_return std::optional<logged_in>{};
    auto who = co_await services_.guard.logins().complete(*scram_);
    if (who.has_error()) {
        if (who.error().code == error::unauthenticated)
            co_await refuse_login(wish);
        else
            refuse(make_error(front_error::service_failed, {who.error().describe()}));
        co_return std::optional<logged_in>{};
    }
    if (services_.observer) services_.observer->on_login(login_outcome::authenticated);
    logged_in out{std::move(*who), std::move(wish)};
    co_return std::optional<logged_in>(std::move(out));
}

// true: proven, and the last message of SCRAM waits in the channel.
task<result<bool>> login::exchange(sasl_exchange& machine, session_wish const& wish) {
    machine.offer(channel_.out());
    while (true) {
        co_await channel_.flush();
        std::chrono::milliseconds const unlimited{0};  // the login as a whole has a deadline
        auto const message = co_await channel_.next(unlimited);
        if (message.has_error()) {
            if (message.error().code == error::malformed ||
                message.error().code == error::too_large ||
                message.error().code == error::unsupported)
                refuse(make_error(front_error::message_length));
            co_return message.error();
        }
        if (!*message) co_return false;  // psql leaves to ask for a password
        auto step = machine.take(**message);
        channel_.out() += step.out;
        switch (step.what) {
            case sasl_exchange::step::kind::send:
                continue;
            case sasl_exchange::step::kind::authenticated:
                co_return true;
            case sasl_exchange::step::kind::refused:
                co_await refuse_login(wish);
                co_return false;
            case sasl_exchange::step::kind::broken:
                break;
        }
        if (services_.observer) services_.observer->on_login(login_outcome::broken);
        refuse(step.error);
        co_return false;
    }
}

task<void> login::refuse_login(session_wish const& wish) {
    if (services_.observer) services_.observer->on_login(login_outcome::refused);
    auto const waited = co_await wait_for(services_.options.refusal_delay);
    if (waited.has_error()) co_return;  // stopping: no answer is an answer
    refuse(make_error(front_error::wrong_password, {wish.user}));
}

}  // namespace sluice::postgres
