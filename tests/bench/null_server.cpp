// The null server: answers HTTP the way an object store does and stores nothing. What the same client
// reaches against it is the ceiling of client, loopback and kernel; figures are stated as ratios to it.
// One blocking thread per connection; it takes kMaxConnections in its life, then ends when they do.
//   bench_null_server --port 9100 --get-bytes 67108864
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/worker_thread.hpp"

namespace {

constexpr std::size_t kMaxConnections = 4096;
constexpr std::size_t kBufferBytes = 256 * 1024;
std::uint64_t get_bytes = 0;
std::string const zeroes(kBufferBytes, '\0');

bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::uint64_t content_length(std::string_view head) {
    std::string lower(head);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    auto at = lower.find("\r\ncontent-length:");
    return at == std::string::npos ? 0 : std::strtoull(lower.c_str() + at + 17, nullptr, 10);
}

bool answer(int socket, std::string_view head) {
    std::uint64_t body = head.starts_with("GET ") ? get_bytes : 0;
    std::string reply = "HTTP/1.1 200 OK\r\nETag: \"0\"\r\nContent-Length: " + std::to_string(body) + "\r\n\r\n";
    if (!send_all(socket, reply)) return false;
    while (body > 0) {
        auto piece = std::min<std::uint64_t>(body, zeroes.size());
        if (!send_all(socket, std::string_view(zeroes).substr(0, piece))) return false;
        body -= piece;
    }
    return true;
}

void serve(int socket) {
    std::string pending;
    std::string buffer(kBufferBytes, '\0');
    for (;;) {
        auto end = pending.find("\r\n\r\n");
        if (end == std::string::npos) {
            auto got = ::recv(socket, buffer.data(), buffer.size(), 0);
            if (got <= 0) return;
            pending.append(buffer.data(), static_cast<std::size_t>(got));
            continue;
        }
        auto head = pending.substr(0, end + 4);
        pending.erase(0, end + 4);
        auto left = content_length(head);
        auto taken = std::min<std::uint64_t>(left, pending.size());
        pending.erase(0, taken);
        for (left -= taken; left > 0;) {
            auto got = ::recv(socket, buffer.data(), std::min<std::uint64_t>(left, buffer.size()), 0);
            if (got <= 0) return;
            left -= static_cast<std::uint64_t>(got);
        }
        if (!answer(socket, head)) return;
    }
}

void serve_and_close(int socket) {
    int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    serve(socket);
    ::close(socket);
}

}  // namespace

int main(int argc, char** argv) {
    std::uint16_t port = 9100;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (std::string_view(argv[i]) == "--port") port = static_cast<std::uint16_t>(std::atoi(argv[i + 1]));
        if (std::string_view(argv[i]) == "--get-bytes") get_bytes = std::strtoull(argv[i + 1], nullptr, 10);
    }
    int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener, SOMAXCONN) != 0) {
        std::perror("bench_null_server: cannot listen; choose another --port");
        return 1;
    }
    std::printf("listening on 127.0.0.1:%u\n", port);
    std::fflush(stdout);
    std::vector<sluice::worker_thread> connections;   // one each, for the life of the process
    while (connections.size() < kMaxConnections) {
        int socket = ::accept(listener, nullptr, nullptr);
        if (socket < 0) continue;
        connections.emplace_back("connection", [socket](std::stop_token) { serve_and_close(socket); });
    }
    return 0;
}
