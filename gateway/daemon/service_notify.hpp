// Tells the service manager what the server is doing (systemd's NOTIFY_SOCKET protocol: one datagram).
// Nothing happens when there is none. Any thread.
#pragma once

#include <string_view>

namespace sluice::gateway {

// "READY=1", "STOPPING=1"
void notify_service_manager(std::string_view state) noexcept;

}  // namespace sluice::gateway
