// Load client for S3: N clients, one blocking connection and thread each, SigV4 by header with
// UNSIGNED-PAYLOAD and a declared CRC-32 (what SDKs send), one JSON line at the end.
//   bench_s3_load --port 9000 --access-key root --secret-key ... --bucket bench --op put
//                 --size 65536 --clients 16 --count 2000 [--spread 1000] [--prefix p/]
// put writes keys <prefix><n % spread>; get reads them. The bucket is made when it is missing.
// hash sends nothing: MD5 and CRC-32 of --size bytes, --count times on one core, what a server must
// compute of an upload of this client.
// Every status other than 200 ends the run with exit 1: a figure with failures in it is not a figure.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/checksum.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/crypto.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/worker_thread.hpp"
#include "tests/bench/sigv4_client.hpp"

namespace {

struct load_options {
    std::uint16_t port = 9000;
    std::string access_key = "root", secret_key = "root-secret", bucket = "bench", op = "put", prefix = "k";
    std::uint64_t size = 4096, clients = 4, count = 100, spread = 1000;
    bool random_order = false;
};

load_options options;
std::string body;
std::string crc_header;
std::atomic<std::uint64_t> next_request{0};
std::atomic<std::uint64_t> failures{0};

struct client {
    std::vector<double> milliseconds;
};

bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

int connect_to_server() {
    int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(options.port);
    int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        std::perror("bench_s3_load: cannot connect; is the server running on --port?");
        std::exit(1);
    }
    return socket;
}

// Reads one answer and its body; returns the status, 0 when the connection broke.
int read_answer(int socket, std::string& buffer) {
    std::string head;
    for (;;) {
        auto got = ::recv(socket, buffer.data(), buffer.size(), 0);
        if (got <= 0) return 0;
        head.append(buffer.data(), static_cast<std::size_t>(got));
        auto end = head.find("\r\n\r\n");
        if (end == std::string::npos) continue;
        int status = std::atoi(head.c_str() + 9);
        std::string lower = head.substr(0, end + 4);
        std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
        auto at = lower.find("\r\ncontent-length:");
        std::uint64_t left = at == std::string::npos ? 0 : std::strtoull(lower.c_str() + at + 17, nullptr, 10);
        left -= std::min<std::uint64_t>(left, head.size() - end - 4);
        while (left > 0) {
            got = ::recv(socket, buffer.data(), std::min<std::uint64_t>(left, buffer.size()), 0);
            if (got <= 0) return 0;
            left -= static_cast<std::uint64_t>(got);
        }
        return status;
    }
}

int exchange(int socket, std::string& buffer, std::string_view method, std::string const& path,
             std::string_view content) {
    auto head = sluice::bench::signed_request(
        method, path, "127.0.0.1:" + std::to_string(options.port), content.size(),
        content.empty() ? "" : crc_header, options.access_key, options.secret_key, sluice::to_underlying(sluice::system_wall_clock().now()) / 1000);
    if (!send_all(socket, head) || !send_all(socket, content)) return 0;
    return read_answer(socket, buffer);
}

// The number of the key that request n names: in order, or the n-th of a fixed random sequence (splitmix64).
std::uint64_t key_of(std::uint64_t n) {
    if (!options.random_order) return n % options.spread;
    std::uint64_t mixed = (n + 1) * 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return (mixed ^ mixed >> 31) % options.spread;
}

void client_main(client& self) {
    int socket = connect_to_server();
    std::string buffer(256 * 1024, '\0');
    bool put = options.op == "put";
    for (;;) {
        auto n = next_request.fetch_add(1);
        if (n >= options.count) break;
        auto path = "/" + options.bucket + "/" + options.prefix + std::to_string(key_of(n));
        auto begin = std::chrono::steady_clock::now();
        int status = exchange(socket, buffer, put ? "PUT" : "GET", path, put ? body : std::string_view{});
        std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
        self.milliseconds.push_back(took.count());
        if (status != 200) {
            failures.fetch_add(1);
            std::fprintf(stderr, "bench_s3_load: %s answered %d\n", path.c_str(), status);
            break;
        }
    }
    ::close(socket);
}

void parse_options(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; i += 2) {
        std::string_view name = argv[i];
        char const* value = argv[i + 1];
        if (name == "--port") options.port = static_cast<std::uint16_t>(std::atoi(value));
        else if (name == "--access-key") options.access_key = value;
        else if (name == "--secret-key") options.secret_key = value;
        else if (name == "--bucket") options.bucket = value;
        else if (name == "--op") options.op = value;
        else if (name == "--prefix") options.prefix = value;
        else if (name == "--size") options.size = std::strtoull(value, nullptr, 10);
        else if (name == "--clients") options.clients = std::strtoull(value, nullptr, 10);
        else if (name == "--count") options.count = std::strtoull(value, nullptr, 10);
        else if (name == "--spread") options.spread = std::strtoull(value, nullptr, 10);
        else if (name == "--order") options.random_order = std::string_view(value) == "random";
        else {
            std::fprintf(stderr, "bench_s3_load: unknown option %s\n", argv[i]);
            std::exit(2);
        }
    }
}

void print_hash_rate() {
    auto begin = std::chrono::steady_clock::now();
    std::uint32_t crc = 0;
    for (std::uint64_t i = 0; i < options.count; ++i) {
        sluice::hasher md5(sluice::digest_kind::md5);
        for (std::size_t at = 0; at < body.size(); at += 256 * 1024) {
            auto piece = sluice::as_bytes(std::string_view(body).substr(at, 256 * 1024));
            md5.update(piece);
            crc = sluice::crc32(piece, crc);
        }
        body[0] ^= md5.finish().chars()[0];
    }
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("{\"op\":\"hash\",\"mb_per_second\":%.1f,\"crc\":%u}\n",
                double(options.count) * double(options.size) / took.count() / 1e6, crc);
}

void print_figures(std::vector<client> const& clients, double seconds) {
    std::vector<double> all;
    for (auto const& one : clients) all.insert(all.end(), one.milliseconds.begin(), one.milliseconds.end());
    std::sort(all.begin(), all.end());
    auto at = [&](double share) { return all.empty() ? 0.0 : all[static_cast<std::size_t>(share * double(all.size() - 1))]; };
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    double cpu = double(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                 1e-6 * double(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    std::printf("{\"op\":\"%s\",\"size\":%llu,\"clients\":%llu,\"requests\":%zu,\"failures\":%llu,"
                "\"seconds\":%.3f,\"requests_per_second\":%.1f,\"mb_per_second\":%.1f,"
                "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"client_cpu_seconds\":%.2f}\n",
                options.op.c_str(), static_cast<unsigned long long>(options.size),
                static_cast<unsigned long long>(options.clients), all.size(),
                static_cast<unsigned long long>(failures.load()), seconds, double(all.size()) / seconds,
                double(all.size()) * double(options.size) / seconds / 1e6, at(0.5), at(0.99), cpu);
}

}  // namespace

int main(int argc, char** argv) {
    parse_options(argc, argv);
    body.resize(options.size);
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761u >> 13);
    if (options.op == "hash") {
        print_hash_rate();
        return 0;
    }
    auto crc = sluice::crc32(sluice::as_bytes(body));
    crc_header = sluice::bench::crc32_header(crc);
    {
        int socket = connect_to_server();
        std::string buffer(64 * 1024, '\0');
        int status = exchange(socket, buffer, "PUT", "/" + options.bucket, {});
        ::close(socket);
        if (status != 200 && status != 409) {
            std::fprintf(stderr, "bench_s3_load: creating the bucket answered %d\n", status);
            return 1;
        }
    }
    std::vector<client> clients(options.clients);
    auto begin = std::chrono::steady_clock::now();
    {
        std::vector<sluice::worker_thread> threads;   // joined at the end of the block
        for (auto& one : clients) threads.emplace_back("client", [&one](std::stop_token) { client_main(one); });
    }
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    print_figures(clients, took.count());
    return failures.load() == 0 ? 0 : 1;
}
