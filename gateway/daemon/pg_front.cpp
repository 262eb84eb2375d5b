#include "gateway/daemon/pg_front.hpp"

#include "gateway/daemon/options.hpp"

namespace sluice::gateway {
namespace {

task<void> serve_connection(byte_stream& stream, transport_security& security,
                            connection_origin origin, postgres::pg_services const& services) {
    auth::connection_facts facts{"pg", std::move(origin.client_address), origin.encrypted};
    co_await postgres::serve_postgres(stream, security, std::move(facts), services);
}

}  // namespace

pg_front::pg_front(settings const& chosen, metrics& page)
    : options_(pg_options_of(chosen)),
      observer_(page),
      sessions_(options_.sessions, system_random()) {}

result<std::unique_ptr<pg_front>> pg_front::open(settings const& chosen, io_threads& threads,
                                                 metrics& page) {
    std::unique_ptr<pg_front> out(new pg_front(chosen, page));
    if (!chosen.tls_cert.empty()) {
        SLUICE_TRY(out->identity_,
                   tls_identity::load(chosen.tls_cert, chosen.tls_key, {"postgresql"}));
    }
    auto handler = [front = out.get()](byte_stream& stream, transport_security& security,
                                       connection_origin origin) {
        return serve_connection(stream, security, std::move(origin), *front->services_);
    };
    SLUICE_TRY(out->listener_,
               listener::open_upgradable(threads, listener_options_of(chosen, "pg", chosen.pg_port),
                                         out->identity_.get(), handler));
    return out;
}

void pg_front::start(auth::guard& guard, sql::sql_service& service, memory_allowance& memory,
                     wall_clock const& clock) {
    services_.emplace(postgres::pg_services{guard, service, sessions_, clock, options_, memory, &observer_,
                                            [this] { return stopping_.load(); }});
    listener_->start();
}

}  // namespace sluice::gateway
