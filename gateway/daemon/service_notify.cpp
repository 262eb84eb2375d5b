#include "gateway/daemon/service_notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace sluice::gateway {

void notify_service_manager(std::string_view state) noexcept {
    char const* const path = std::getenv("NOTIFY_SOCKET");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (!path || (path[0] != '/' && path[0] != '@') || std::strlen(path) >= sizeof address.sun_path) return;
    std::strcpy(address.sun_path, path);
    auto const length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
    if (path[0] == '@') address.sun_path[0] = '\0';
    int const descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return;
    // A manager that does not listen finds out by its own deadline.
    (void)!::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL,
                    reinterpret_cast<sockaddr const*>(&address), length);
    ::close(descriptor);
}

}  // namespace sluice::gateway
