// From the first packet to a proven caller: encryption, the startup packet, SCRAM. Glue over the
// machines startup and sasl_exchange; what it refuses it has put into the channel.
// Thread rule: the connection's executor.
#pragma once

#include <optional>

#include "protocols/postgres/pg_session.hpp"
#include "protocols/postgres/session/authentication.hpp"
#include "protocols/postgres/session/message_channel.hpp"
#include "protocols/postgres/session/startup.hpp"

namespace sluice::postgres {

struct logged_in {
    auth::caller who;
    session_wish wish;
};

class login {
public:
    // `facts` learns whether the connection is encrypted.
    login(message_channel& channel, transport_security& security, auth::connection_facts& facts,
          pg_services const& services)
        : channel_(channel), security_(security), facts_(facts), services_(services) {}

    // nullopt: the connection is over (refused, a cancellation, or the client left).
    task<result<std::optional<logged_in>>> run();

private:
    task<result<std::optional<session_wish>>> start_up();
    task<result<bool>> secure(startup& machine, bool direct);
    task<result<std::optional<logged_in>>> authenticate(session_wish wish);
    task<result<bool>> exchange(sasl_exchange& machine, session_wish const& wish);
    task<void> refuse_login(session_wish const& wish);
    void refuse(sql::sql_error const& what);
    bool may_stay_plain() const;

    message_channel& channel_;
    transport_security& security_;
    auth::connection_facts& facts_;
    pg_services const& services_;
    std::optional<auth::scram_login> scram_;
};

}  // namespace sluice::postgres
