#include "tests/integration/postgres/pg_world.hpp"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdlib>

namespace sluice::postgres {
namespace {

std::filesystem::path new_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "sluice-pg-XXXXXX").string();
    SLUICE_ASSERT(::mkdtemp(pattern.data()) != nullptr);
    return pattern;
}

std::unique_ptr<gateway::tls_identity> make_identity(std::filesystem::path const& folder) {
    auto const certificate = (folder / "cert.pem").string(), key = (folder / "key.pem").string();
    auto const command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=sluice -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout '" +
        key + "' -out '" + certificate + "' 2>/dev/null";
    SLUICE_ASSERT(std::system(command.c_str()) == 0);
    return gateway::tls_identity::load(certificate, key, {"postgresql"}).value();
}

task<void> serve(byte_stream& stream, transport_security& security,
                 gateway::connection_origin origin, pg_services const& services) {
    auth::connection_facts facts{"pg", std::move(origin.client_address), origin.encrypted};
    co_await serve_postgres(stream, security, std::move(facts), services);
}

}  // namespace

pg_world::pg_world(pg_world_options wanted)
    : options_(std::move(wanted)), folder_(new_folder()), service_(options_.fake) {
    if (options_.tls) identity_ = make_identity(folder_);
    sessions_.emplace(options_.front.sessions, system_random());
    services_.emplace(pg_services{guard_.door(), service_, *sessions_, guard_.clock, options_.front, memory_,
                                  nullptr, [this] { return stopping_.load(); }});
    auto handler = [this](byte_stream& stream, transport_security& security,
                          gateway::connection_origin origin) {
        return serve(stream, security, std::move(origin), *services_);
    };
    gateway::listener_options of_port;
    of_port.name = "pg";
    listener_ =
        gateway::listener::open_upgradable(threads_, of_port, identity_.get(), handler).value();
    listener_->start();
}

pg_world::~pg_world() {
    stop(std::chrono::milliseconds(0));
    std::filesystem::remove_all(folder_);
}

std::string pg_world::connection_string() const {
    return "host=127.0.0.1 port=" + std::to_string(port()) +
           " user=root password=" + auth::root_password + " dbname=sluice";
}

void pg_world::stop(std::chrono::milliseconds grace) {
    if (stopping_.exchange(true)) return;
    boost::asio::co_spawn(threads_.executor(1), listener_->stop(grace), boost::asio::use_future)
        .get();
}

}  // namespace sluice::postgres
