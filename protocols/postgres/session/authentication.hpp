// The SASL exchange of a login as a machine: messages of letter 'p' in, what to send out
// (PostgreSQL manual, "SASL Authentication"). It frames; the SCRAM conversation inside is the
// guard's. Sans-io.
//
//     sasl_exchange exchange(binding, begin);
//     exchange.offer(out);                                    // AuthenticationSASL
//     auto step = exchange.take(frame);                       // until it is not `send`
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "auth/authn/scram_server.hpp"
#include "protocols/postgres/wire/front_errors.hpp"
#include "protocols/postgres/wire/messages.hpp"

namespace sluice::postgres {

class sasl_exchange {
public:
    // The next message of the SCRAM conversation.
    using conversation = std::function<auth::scram_server::step(std::string_view)>;
    // Begins it, once the client chose; `bound`: SCRAM-SHA-256-PLUS.
    using beginning = std::function<conversation(bool bound)>;

    // `binding_offered`: the connection has TLS and channel binding data.
    sasl_exchange(bool binding_offered, beginning begin)
        : binding_offered_(binding_offered), begin_(std::move(begin)) {}

    void offer(std::string& out) const;

    struct step {
        enum class kind : std::uint8_t { send, authenticated, refused, broken } what = kind::broken;
        std::string out;       // messages to send; with `authenticated` the last one, before Ok
        sql::sql_error error;  // of `broken`: who failed is known to whoever knows the user
    };
    step take(frame const& message);

private:
    enum class state : std::uint8_t { choosing, first, talking, done };
    step take_choice(std::string_view body);
    step pass_on(std::string_view message);
    step broken(front_error what, std::initializer_list<std::string_view> arguments = {});

    bool binding_offered_;
    beginning begin_;
    conversation conversation_;
    state state_ = state::choosing;
};

}  // namespace sluice::postgres
