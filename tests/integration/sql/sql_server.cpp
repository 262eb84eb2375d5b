// The PostgreSQL port with the real SQL service over a simulated device, as a program for clients in
// other languages: prints "port N" and the password, serves until its standard input ends.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <iostream>

#include "gateway/daemon/sql_wiring.hpp"
#include "gateway/net/listener.hpp"
#include "protocols/postgres/pg_session.hpp"
#include "tests/unit/auth/guard_world.hpp"

namespace {

using namespace sluice;

task<void> serve(byte_stream& stream, transport_security& security,
                 gateway::connection_origin origin, postgres::pg_services const& services) {
    auth::connection_facts facts{"pg", std::move(origin.client_address), origin.encrypted};
    co_await postgres::serve_postgres(stream, security, std::move(facts), services);
}

}  // namespace

int main() {
    auth::guard_world world;
    gateway::settings const chosen;
    memory_allowance memory(256 * mebibyte);
    auto sql = gateway::sql_wiring::open(chosen, world.engine(), world.door(), {256 * mebibyte, memory},
                                         system_wall_clock(), system_random(),
                                         blocking_token::for_this_thread())
                   .value();
    postgres::pg_options const options;
    postgres::session_registry sessions(options.sessions, system_random());
    postgres::pg_services const services{world.door(),        sql->service(), sessions,
                                         system_wall_clock(), options,        memory, nullptr,
                                         [] { return false; }};
    gateway::io_threads threads(2);
    auto handler = [&](byte_stream& stream, transport_security& security,
                       gateway::connection_origin origin) {
        return serve(stream, security, std::move(origin), services);
    };
    gateway::listener_options of_port;
    of_port.name = "pg";
    auto port = gateway::listener::open_upgradable(threads, of_port, nullptr, handler).value();
    port->start();
    std::cout << "port " << port->port() << "\npassword " << auth::root_password << std::endl;
    std::string line;
    while (std::getline(std::cin, line)) continue;
    boost::asio::co_spawn(threads.executor(1), port->stop(std::chrono::seconds(5)),
                          boost::asio::use_future)
        .get();
}
