// The admin port: /healthz for anybody (200 when every port serves, else 503), /metrics for who brings
// accepted credentials by HTTP basic authentication, nothing else. Without credentials every other path
// answers 401, so that it does not tell what exists.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "gateway/core/byte_stream.hpp"
#include "gateway/net/listener.hpp"
#include "protocols/http/options.hpp"

namespace sluice::gateway {

// What the port needs; outlives every session. The functions are called from any I/O thread.
struct admin_services {
    http::http_options http;
    std::function<bool()> is_ready;
    std::function<std::string()> exposition;
    std::function<bool(std::string_view user, std::string_view password, connection_origin const&)>
        accepts_credentials;
    std::chrono::milliseconds refusal_delay{100};  // an answer to wrong credentials waits so long
};

// Until the client, a deadline or a cancelled task ends it.
task<void> serve_admin(byte_stream& stream, connection_origin origin, admin_services const& services);

}  // namespace sluice::gateway
