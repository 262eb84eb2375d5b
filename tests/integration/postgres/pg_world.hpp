// A PostgreSQL port in this process: listener, guard over a real engine on a simulated device, and
// sessions of tests/unit/postgres/fake_sql.hpp. Clients connect over TCP from any thread or process
// as root with auth::root_password, database "sluice".
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "gateway/net/listener.hpp"
#include "gateway/net/tls_engine.hpp"
#include "protocols/postgres/pg_session.hpp"
#include "tests/unit/auth/guard_world.hpp"
#include "tests/unit/postgres/fake_sql.hpp"

namespace sluice::postgres {

struct pg_world_options {
    pg_options front;
    bool tls = false;
    sql::fake::fake_options fake;
};

class pg_world {
public:
    explicit pg_world(pg_world_options wanted = {});
    ~pg_world();

    std::uint16_t port() const { return listener_->port(); }
    // "host=127.0.0.1 port=... user=root password=... dbname=sluice"
    std::string connection_string() const;
    std::string certificate() const { return (folder_ / "cert.pem").string(); }
    session_registry& sessions() { return *sessions_; }
    sql::fake::fake_service& service() { return service_; }
    auth::guard_world& guard() { return guard_; }
    // As the daemon does: no further requests, then `grace` for those that run. Once.
    void stop(std::chrono::milliseconds grace);

private:
    pg_world_options const options_;
    std::filesystem::path const folder_;
    auth::guard_world guard_;
    sql::fake::fake_service service_;
    memory_allowance memory_{64 * mebibyte};
    std::optional<session_registry> sessions_;
    std::optional<pg_services> services_;
    std::unique_ptr<gateway::tls_identity> identity_;
    std::atomic<bool> stopping_ = false;
    gateway::io_threads threads_{2};
    std::unique_ptr<gateway::listener> listener_;
};

}  // namespace sluice::postgres
