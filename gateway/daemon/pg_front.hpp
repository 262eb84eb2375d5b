// The PostgreSQL port put together: listener, certificate with its own ALPN name, session registry,
// options. Opened with the other ports, started once guard and SQL service are there.
//
// Thread rule: the main executor. Lifetime: threads, observer, guard and service outlive it; the
// listener was stopped before the destructor.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "gateway/config/settings.hpp"
#include "gateway/daemon/pg_observer.hpp"
#include "gateway/net/listener.hpp"
#include "gateway/net/tls_engine.hpp"
#include "protocols/postgres/pg_session.hpp"

namespace sluice::gateway {

class pg_front {
public:
    static result<std::unique_ptr<pg_front>> open(settings const& chosen, io_threads& threads,
                                                  metrics& page);

    // Accepts from now on.
    void start(auth::guard& guard, sql::sql_service& service, memory_allowance& memory,
               wall_clock const& clock);
    // Reads the certificate again.
    result<void> reload() { return identity_ ? identity_->reload() : success(); }
    // Before the listener stops: idle sessions are told that it is the server's wish.
    void announce_stop() noexcept { stopping_ = true; }

    listener& port() noexcept { return *listener_; }
    // What pg_stat_activity and pg_cancel_backend work on.
    postgres::session_registry& sessions() noexcept { return sessions_; }

private:
    pg_front(settings const& chosen, metrics& page);

    postgres::pg_options const options_;
    pg_observer observer_;
    postgres::session_registry sessions_;
    std::unique_ptr<tls_identity> identity_;
    std::optional<postgres::pg_services> services_;
    std::atomic<bool> stopping_ = false;
    std::unique_ptr<listener> listener_;
};

}  // namespace sluice::gateway
