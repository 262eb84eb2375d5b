// A connection over TCP, by bytes: login, greeting, cancellation, deadlines, slow readers, the
// stop.
#include <future>

#include "tests/integration/gateway/listener_fixture.hpp"
#include "tests/integration/postgres/pg_world.hpp"
#include "tests/integration/postgres/raw_client.hpp"
#include "tests/unit/auth/counted_refusals.hpp"

namespace sluice::postgres {
namespace {

using namespace std::chrono_literals;
using gateway::eventually;

bool logged(pg_world& world, std::string const& call) {
    auto const log = world.service().log();
    std::lock_guard const lock(log->mutex);
    return std::find(log->calls.begin(), log->calls.end(), call) != log->calls.end();
}

TEST(pg_session, greets_whoever_logs_in) {
    pg_world world;
    raw_client client(world.port());
    auto const said = client.log_in(auth::root_password, {"application_name", "raw"});
    EXPECT_EQ(letters_of(said), "RRSSSSSSSSKZ");
    EXPECT_EQ(nth<parameter_status_message>(said).value().name, "DateStyle");
    EXPECT_EQ(nth<backend_key_data_message>(said).value().secret_key.size(), 4u);
    EXPECT_EQ(world.sessions().all().at(0).application_name, "raw");
    EXPECT_EQ(world.sessions().all().at(0).user, "root");
    client.send(query_bytes("select 1"));
    EXPECT_EQ(letters_of(client.up_to('Z')), "TDCZ");
    client.send(bytes_of(terminate_message{}));
    EXPECT_EQ(client.to_the_end(), "");
    EXPECT_TRUE(eventually([&] { return world.sessions().size() == 0; }));
    EXPECT_TRUE(logged(world, "session for root"));
}

TEST(pg_session, has_longer_keys_from_3_2_on) {
    pg_world world;
    raw_client client(world.port());
    auto const said = client.log_in(auth::root_password, {}, protocol_3_2);
    EXPECT_EQ(nth<backend_key_data_message>(said).value().secret_key.size(), 32u);
}

TEST(pg_session, negotiates_with_newer_clients) {
    pg_world world;
    raw_client client(world.port());
    client.send(startup_bytes(protocol_version(3, 9999), {"user", "root", "_pq_.grease", "1"}));
    auto const said = client.message();
    ASSERT_EQ(letters_of(said), "v");
    auto const message = nth<negotiate_protocol_version_message>(said).value();
    EXPECT_EQ(message.newest_version, protocol_3_2);
    EXPECT_EQ(message.unknown_options, (std::vector<std::string_view>{"_pq_.grease"}));
    EXPECT_EQ(letters_of(client.message()), "R");
}

TEST(pg_session, refuses_wrong_passwords_users_databases_and_settings) {
    pg_world world;
    auto const refused = [&](std::string const& password, std::vector<std::string> const& more) {
        raw_client client(world.port());
        return client.log_in(password, more);
    };
    auto const wrong = refused("not-the-password", {});
    EXPECT_EQ(letters_of(wrong), "E");
    EXPECT_EQ(error_field_of(wrong, 'S'), "FATAL");
    EXPECT_EQ(sqlstate_of(wrong), "28P01");
    // The later parameter wins; an unknown user looks the same.
    auto const unknown = refused(auth::root_password, {"user", "nobody"});
    EXPECT_EQ(sqlstate_of(unknown), "28P01");
    EXPECT_EQ(error_field_of(unknown, 'M'), "password authentication failed for user \"nobody\"");
    EXPECT_EQ(sqlstate_of(refused(auth::root_password, {"database", "none"})), "3D000");
    EXPECT_EQ(sqlstate_of(refused(auth::root_password, {"no_such_setting", "1"})), "42704");
    EXPECT_EQ(world.sessions().size(), 0u);
}

TEST(pg_session, counts_wrong_passwords_in_one_record) {
    pg_world world;
    auto const before = world.guard().audit().size();
    constexpr std::uint64_t times = 10;
    for (std::uint64_t i = 0; i < times; ++i) {
        std::vector<std::string> more;
        if (i % 2 == 0) more = {"user", "nobody"};
        raw_client client(world.port());
        EXPECT_EQ(sqlstate_of(client.log_in("not-the-password", more)), "28P01");
    }
    EXPECT_EQ(world.guard().door().counters().failed_authentications, times);
    auto const audit = world.guard().audit();
    EXPECT_EQ(auth::refusals_in(audit, "pg", "127.0.0.1", "wrong_credentials"),
              (auth::counted_refusals{1, times}));
    EXPECT_EQ(audit.size(), before + 1);
    for (auto const& record : audit) EXPECT_EQ(record.find("not-the-password"), record.npos);
}

TEST(pg_session, bounds_the_number_of_sessions) {
    pg_world_options wanted;
    wanted.front.sessions = 1;
    pg_world world(std::move(wanted));
    raw_client first(world.port()), second(world.port());
    EXPECT_EQ(letters_of(first.log_in()).back(), 'Z');
    auto const refused = second.log_in();
    EXPECT_EQ(sqlstate_of(refused), "53300");
}

TEST(pg_session, cancels_what_runs_on_another_connection) {
    pg_world world;
    raw_client client(world.port());
    auto const greeting = client.log_in();
    auto const key = nth<backend_key_data_message>(greeting).value();
    auto const cancel = [&](std::string_view secret) {
        std::string rest;
        byte_writer(rest).big(key.process_id).raw(secret);
        raw_client other(world.port());
        other.send(startup_bytes(cancel_request_code, {}, rest));
        EXPECT_EQ(other.to_the_end(), "");  // no answer
    };
    client.send(query_bytes("wait"));
    ASSERT_TRUE(eventually([&] { return logged(world, "fetch:0"); }));
    cancel("????");
    cancel(key.secret_key);
    auto const said = client.up_to('Z');
    EXPECT_EQ(letters_of(said), "TEZ");
    EXPECT_EQ(sqlstate_of(said), "57014");
    client.send(query_bytes("select 1"));
    EXPECT_EQ(letters_of(client.up_to('Z')), "TDCZ");
}

TEST(pg_session, ends_connections_that_never_log_in) {
    pg_world_options wanted;
    wanted.front.authentication = 400ms;  // time enough for the third one's packet
    pg_world world(std::move(wanted));
    raw_client silent(world.port()), half(world.port()), slow(world.port());
    half.send(std::string("\0\0\0", 3));
    slow.send(startup_bytes(protocol_3_0, {"user", "root"}));
    EXPECT_EQ(silent.to_the_end(), "");
    EXPECT_EQ(half.to_the_end(), "");
    EXPECT_EQ(letters_of(slow.to_the_end()), "R");
}

TEST(pg_session, refuses_what_is_no_startup) {
    using namespace std::string_literals;
    pg_world world;
    for (auto const& bytes :
         {"GET / HTTP/1.1\r\n\r\n"s, "\0\0\0\4"s, "\0\0\x27\x11\0\3\0\0"s, "\x16\3\1\0\5hello"s,
          startup_bytes(protocol_version(2, 0)), startup_bytes(protocol_3_0, {"user"}),
          startup_bytes(protocol_3_0, {"user", "root", "replication", "true"}),
          startup_bytes(ssl_request_code) + "x", startup_bytes(protocol_3_0, {"database", "x"})}) {
        raw_client client(world.port());
        client.send(bytes);
        auto const said = client.to_the_end();
        EXPECT_EQ(letters_of(said), "E");
        EXPECT_EQ(error_field_of(said, 'V'), "FATAL");
    }
    raw_client plain(world.port());
    plain.send(startup_bytes(gss_request_code));
    EXPECT_EQ(plain.receive(1), "N");
    plain.send(startup_bytes(ssl_request_code));
    EXPECT_EQ(plain.receive(1), "N");
    EXPECT_EQ(letters_of(plain.log_in()).back(), 'Z');
}

TEST(pg_session, refuses_large_messages_before_the_login) {
    pg_world world;
    raw_client client(world.port());
    client.send(startup_bytes(protocol_3_0, {"user", "root"}));
    EXPECT_EQ(letters_of(client.message()), "R");
    client.send("p" + std::string("\0\1\0\0", 4));
    EXPECT_EQ(sqlstate_of(client.to_the_end()), "08P01");
}

TEST(pg_session, ends_idle_sessions_where_that_is_wanted) {
    pg_world_options wanted;
    wanted.front.idle = 50ms;
    pg_world world(std::move(wanted));
    raw_client client(world.port());
    EXPECT_EQ(letters_of(client.log_in()).back(), 'Z');
    auto const said = client.to_the_end();
    EXPECT_EQ(sqlstate_of(said), "57P05");
}

TEST(pg_session, ends_clients_that_send_half_a_message_or_do_not_read) {
    pg_world_options wanted;
    wanted.front.message = 50ms;
    wanted.front.write = 100ms;
    pg_world world(std::move(wanted));
    raw_client half(world.port());
    EXPECT_EQ(letters_of(half.log_in()).back(), 'Z');
    half.send("Q" + std::string("\0\0\0\x20sel", 7));
    EXPECT_EQ(sqlstate_of(half.to_the_end()), "08006");

    raw_client deaf(world.port());
    EXPECT_EQ(letters_of(deaf.log_in()).back(), 'Z');
    deaf.send(query_bytes("select generate_series(1, 2000000)"));
    EXPECT_TRUE(eventually([&] { return world.sessions().size() == 0; }));
}

TEST(pg_session, tells_idle_sessions_that_the_server_stops) {
    pg_world world;
    raw_client idle(world.port()), busy(world.port());
    EXPECT_EQ(letters_of(idle.log_in()).back(), 'Z');
    auto const key = nth<backend_key_data_message>(busy.log_in()).value().secret_key;
    EXPECT_EQ(key.size(), 4u);
    auto const pid = world.sessions().all().back().process_id;
    busy.send(query_bytes("wait"));
    ASSERT_TRUE(eventually([&] { return logged(world, "fetch:0"); }));
    auto stopped = std::async(std::launch::async, [&] { world.stop(20s); });
    EXPECT_EQ(sqlstate_of(idle.to_the_end()), "57P01");
    // What runs may finish (here: is cancelled), then its session is told too.
    EXPECT_TRUE(world.sessions().cancel(pid, key));
    auto const said = busy.to_the_end();
    EXPECT_EQ(letters_of(said), "TEZE");
    EXPECT_EQ(sqlstate_of(said, 0), "57014");
    EXPECT_EQ(sqlstate_of(said, 1), "57P01");
    stopped.get();
}

TEST(pg_session, ends_running_statements_when_the_grace_is_over) {
    pg_world world;
    raw_client busy(world.port());
    EXPECT_EQ(letters_of(busy.log_in()).back(), 'Z');
    busy.send(query_bytes("wait"));
    ASSERT_TRUE(eventually([&] { return logged(world, "fetch:0"); }));
    world.stop(10ms);
    EXPECT_EQ(world.sessions().size(), 0u);
}

}  // namespace
}  // namespace sluice::postgres
