// Ports: what is refused before anybody proved who he is, and how they stop.
#include <sys/resource.h>
#include <fcntl.h>
#include <unistd.h>

#include <future>

#include "gateway/core/timer.hpp"
#include "tests/integration/gateway/listener_fixture.hpp"

namespace sluice::gateway {
namespace {

using namespace std::chrono_literals;

TEST_F(listener_test, connections_are_served_on_every_thread) {
    auto& port = start({});
    std::vector<std::unique_ptr<plain_client>> clients;
    for (int i = 0; i < 8; ++i) clients.push_back(std::make_unique<plain_client>(port.port()));
    for (auto& client : clients) {
        client->send("hello");
        EXPECT_EQ(client->receive(5), "hello");
    }
    EXPECT_EQ(port.counters().open, 8u);
    clients.clear();
    EXPECT_TRUE(eventually([&] { return port.counters().open == 0; }));
}

TEST_F(listener_test, plaintext_off_loopback_needs_a_word) {
    auto const refused = listener::open(threads_, {.name = "s3", .address = "0.0.0.0"}, nullptr, echo);
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code, error::invalid_argument);
    EXPECT_NE(refused.error().text.find("SLUICE_INSECURE=1"), std::string::npos);
    EXPECT_TRUE(listener::open(threads_, {.address = "0.0.0.0", .plaintext_off_loopback = true}, nullptr, echo)
                    .has_value());
    EXPECT_TRUE(listener::open(threads_, {.address = "127.0.0.2"}, nullptr, echo).has_value());
}

TEST_F(listener_test, a_taken_port_is_named) {
    auto& port = start({});
    auto const second = listener::open(threads_, {.name = "s3", .port = port.port()}, nullptr, echo);
    ASSERT_TRUE(second.has_error());
    EXPECT_EQ(second.error().code, error::already_exists);
    EXPECT_NE(second.error().text.find(std::to_string(port.port())), std::string::npos);
}

TEST_F(listener_test, beyond_the_limit_connections_are_closed_and_places_come_back) {
    auto& port = start({.gate = {.connections = 2, .connections_per_source = 2}});
    auto first = std::make_unique<plain_client>(port.port());
    plain_client second(port.port());
    second.send("x");
    EXPECT_EQ(second.receive(1), "x");
    plain_client third(port.port());
    EXPECT_TRUE(third.ended());
    EXPECT_EQ(port.counters().refused, 1u);
    first.reset();
    EXPECT_TRUE(eventually([&] { return port.counters().open == 1; }));
    plain_client fourth(port.port());
    fourth.send("y");
    EXPECT_EQ(fourth.receive(1), "y");
}

TEST_F(listener_test, one_source_cannot_take_the_place_of_another) {
    auto& port = start({.gate = {.connections = 10, .connections_per_source = 1}});
    plain_client first(port.port());
    plain_client same_source(port.port());
    EXPECT_TRUE(same_source.ended());
    plain_client other_source(port.port(), boost::asio::ip::make_address("127.0.0.9"));
    other_source.send("z");
    EXPECT_EQ(other_source.receive(1), "z");
}

TEST_F(listener_test, a_graceful_stop_ends_resting_connections_at_once) {
    auto& port = start({});
    plain_client never_spoke(port.port()), rested(port.port());
    rested.send("a");
    EXPECT_EQ(rested.receive(1), "a");
    EXPECT_TRUE(eventually([&] { return port.counters().open == 2; }));
    auto const number = port.port();
    auto const before = system_wall_clock().monotonic();
    stop(1h);
    EXPECT_LT(system_wall_clock().monotonic() - before, 10s);
    EXPECT_TRUE(never_spoke.ended());
    EXPECT_TRUE(rested.ended());
    EXPECT_THROW(plain_client{number}, boost::system::system_error);
}

// Answers the second byte it gets with "done": between the two it is in the middle of a request.
task<void> two_byte_request(byte_stream& stream, connection_origin) {
    std::array<std::byte, 2> request;
    auto const whole = co_await read_exactly(stream, request);
    if (whole.has_value()) (void)co_await write_all(stream, as_bytes("done"));
    std::array<std::byte, 1> more;
    (void)co_await stream.read_some(more);
}

TEST_F(listener_test, a_graceful_stop_lets_a_started_request_finish) {
    auto& port = start({}, two_byte_request);
    plain_client client(port.port());
    client.send("1");
    EXPECT_TRUE(eventually([&] { return port.counters().open == 1; }));
    auto stopping = std::async(std::launch::async, [&] { stop(1h); });
    EXPECT_TRUE(eventually([&] {
        try {
            plain_client probe(port.port());
            return false;
        } catch (boost::system::system_error const&) {
            return true;
        }
    }));
    client.send("2");
    EXPECT_EQ(client.receive(4), "done");
    EXPECT_TRUE(client.ended());
    stopping.get();
}

TEST_F(listener_test, the_end_of_grace_cuts_what_does_not_finish) {
    auto& port = start({}, two_byte_request);
    plain_client client(port.port());
    client.send("1");
    EXPECT_TRUE(eventually([&] { return port.counters().open == 1; }));
    stop(1ms);
    EXPECT_TRUE(client.ended());
}

task<void> never_reading(byte_stream& stream, connection_origin) {
    auto const waited = co_await wait_for(std::chrono::hours(1));  // until the listener stops
    EXPECT_TRUE(waited.has_error());
    stream.close();
}

// Bytes that a server which does not read is sent before its kernel takes no more.
std::size_t bytes_unread(std::uint16_t port) {
    plain_client client(port);
    client.socket().set_option(boost::asio::socket_base::send_buffer_size(8 * 1024));
    client.socket().non_blocking(true);
    std::string const piece(4096, 'x');
    std::size_t sent = 0;
    // What is on its way arrives a moment later: taken for full when that was a while ago.
    auto last = system_wall_clock().monotonic();
    while (system_wall_clock().monotonic() < last + 300ms) {
        boost::system::error_code code;
        auto const count = client.socket().write_some(boost::asio::buffer(piece), code);
        if (code) continue;
        sent += count;
        last = system_wall_clock().monotonic();
    }
    return sent;
}

TEST_F(listener_test, what_the_kernel_keeps_of_unread_bytes_is_bounded) {
    auto const usual = bytes_unread(start({}, never_reading).port());
    stop(0ms);
    auto const bounded = bytes_unread(start({.socket_receive_bytes = 8 * 1024}, never_reading).port());
    EXPECT_LT(bounded, usual);
    EXPECT_LE(bounded, 64u * 1024);
}

task<void> throwing(byte_stream& stream, connection_origin) {
    std::array<std::byte, 1> byte;
    (void)co_await stream.read_some(byte);
    throw std::length_error("a defect");
}

TEST_F(listener_test, an_exception_ends_one_connection_only) {
    auto& port = start({}, throwing);
    plain_client unlucky(port.port());
    unlucky.send("x");
    EXPECT_TRUE(unlucky.ended());
    EXPECT_TRUE(eventually([&] { return port.counters().escaped_exceptions == 1; }));
    plain_client next(port.port());
    EXPECT_TRUE(eventually([&] { return port.counters().open == 1; }));
}

// With no descriptor left, accepting must rest and go on when one is free: neither spin nor stop.
TEST_F(listener_test, running_out_of_descriptors_is_survived) {
    auto& port = start({.accept_pause = 20ms});
    plain_client early(port.port());
    early.send("a");
    EXPECT_EQ(early.receive(1), "a");
    // The socket of the next client exists before the table is full.
    boost::asio::io_context context;
    boost::asio::ip::tcp::socket late(context, boost::asio::ip::tcp::v4());
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit tight = before;
    tight.rlim_cur = 128;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    std::vector<int> filler;
    for (int descriptor; (descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
        filler.push_back(descriptor);
    late.connect({boost::asio::ip::address_v4::loopback(), port.port()});
    EXPECT_TRUE(eventually([&] { return port.counters().accept_errors >= 2; }));
    EXPECT_LT(port.counters().accept_errors, 1000u) << "it spins";
    for (auto const descriptor : filler) ::close(descriptor);
    ::setrlimit(RLIMIT_NOFILE, &before);
    boost::asio::write(late, boost::asio::buffer("b", 1));
    char answer = 0;
    boost::asio::read(late, boost::asio::buffer(&answer, 1));
    EXPECT_EQ(answer, 'b');
}

TEST_F(listener_test, thousands_of_idle_connections_stay_answered) {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    auto const pairs = std::min<std::size_t>(3000, (limit.rlim_cur - 200) / 4);
    auto& port = start({});
    std::vector<std::unique_ptr<plain_client>> clients;
    for (std::size_t i = 0; i < pairs; ++i) clients.push_back(std::make_unique<plain_client>(port.port()));
    EXPECT_TRUE(eventually([&] { return port.counters().open == pairs; }));
    for (std::size_t i = 0; i < pairs; i += 97) {
        clients[i]->send("k");
        EXPECT_EQ(clients[i]->receive(1), "k");
    }
}

}  // namespace
}  // namespace sluice::gateway
