// The server put together: the only composition root. bind() takes what can be refused at once (settings,
// certificate, ports); start() recovers the store and opens the ports, the admin port first so that it can say
// "starting"; stop() refuses, lets requests finish, and closes the store.
//
// Thread rule: everything on the main executor. Lifetime: after start() was called, stop() must have returned
// before the destructor, also when start() failed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "gateway/admin/control_codec.hpp"
#include "gateway/config/settings.hpp"
#include "gateway/core/task.hpp"
#include "gateway/core/blocking_token.hpp"

namespace sluice::gateway {

// How to reach a started server.
struct server_addresses {
    std::string s3, admin;            // "http://127.0.0.1:9000"
    std::string kafka;                // "127.0.0.1:9092"
    std::string pg;                   // "host=127.0.0.1 port=5432"; empty: SQL is not served
    std::uint16_t s3_port = 0, kafka_port = 0, admin_port = 0;
    std::string data_folder, root_user;
    std::string made_up_secret;       // empty: configured, or shown at an earlier start
    std::string certificate;          // empty: no TLS
};

class server {
public:
    static result<std::unique_ptr<server>> bind(settings const& chosen, boost::asio::any_io_executor main,
                                                blocking_token token);
    ~server();

    task<result<void>> start();
    // Twice is once. Requests get limits.stop_grace to finish.
    task<void> stop();
    // Ends the grace of a stop() that is under way.
    void hurry();
    // Reads the certificate again (SIGHUP).
    result<void> reload();

    server_addresses const& addresses() const noexcept;

private:
    class state;
    explicit server(std::unique_ptr<state> parts);
    std::unique_ptr<state> state_;
};

}  // namespace sluice::gateway
