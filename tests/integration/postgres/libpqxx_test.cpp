// libpqxx against the front: connect, simple and prepared statements, errors, COPY, cancel, TLS.
#include <gtest/gtest.h>

#include <future>
#include <pqxx/pqxx>

#include "tests/integration/postgres/pg_world.hpp"

namespace sluice::postgres {
namespace {

TEST(libpqxx, runs_statements) {
    pg_world world;
    pqxx::connection connection(world.connection_string());
    EXPECT_EQ(connection.server_version() / 10000, 15);
    pqxx::work work(connection);
    auto const row = work.exec1("SELECT 1, 'two' AS b");
    EXPECT_EQ(row[0].as<int>(), 1);
    EXPECT_EQ(row["b"].as<std::string>(), "two");
    auto const many = work.exec("SELECT generate_series(1, 1000)");
    EXPECT_EQ(many.size(), 1000u);
    EXPECT_EQ(many.affected_rows(), 1000u);
    EXPECT_EQ(work.exec("INSERT RETURNING 3").affected_rows(), 3u);
    work.commit();
}

TEST(libpqxx, prepares_and_binds) {
    pg_world world;
    pqxx::connection connection(world.connection_string());
    connection.prepare("both", "SELECT $1::int4, $2::text AS b");
    pqxx::nontransaction work(connection);
    for (int i = 0; i < 3; ++i) {
        auto const row = work.exec_prepared1("both", i, "text " + std::to_string(i));
        EXPECT_EQ(row[0].as<int>(), i);
        EXPECT_EQ(row["b"].as<std::string>(), "text " + std::to_string(i));
    }
    auto const null = work.exec_params1("SELECT $1::text", static_cast<char const*>(nullptr));
    EXPECT_TRUE(null[0].is_null());
    connection.unprepare("both");
}

TEST(libpqxx, gets_errors_with_their_state) {
    pg_world world;
    pqxx::connection connection(world.connection_string());
    pqxx::work work(connection);
    try {
        work.exec("fail prepare");
        FAIL() << "no error";
    } catch (pqxx::sql_error const& error) {
        EXPECT_EQ(error.sqlstate(), "F0000");
        EXPECT_NE(std::string(error.what()).find("failed at prepare"), std::string::npos);
    }
    work.abort();
    pqxx::work next(connection);
    EXPECT_EQ(next.exec1("select 1")[0].as<int>(), 1);
}

TEST(libpqxx, is_refused_with_a_wrong_password) {
    pg_world world;
    auto const wrong = world.connection_string() + " password=not-the-one";
    EXPECT_THROW(pqxx::connection{wrong}, pqxx::broken_connection);
}

TEST(libpqxx, copies_both_ways) {
    pg_world world;
    pqxx::connection connection(world.connection_string());
    {
        pqxx::work work(connection);
        pqxx::stream_to into(work, "t");
        for (int i = 0; i < 1000; ++i) into << std::make_tuple(i, "row");
        into.complete();
        work.commit();
    }
    EXPECT_EQ(world.service().log()->copied.substr(0, 12), "0\trow\n1\trow\n");
    pqxx::work work(connection);
    pqxx::stream_from from(work, "t");
    std::tuple<int, std::string> row;
    std::vector<std::string> words;
    while (from >> row) words.push_back(std::get<1>(row));
    from.complete();
    EXPECT_EQ(words, (std::vector<std::string>{"one", "two", "three"}));
}

TEST(libpqxx, cancels) {
    pg_world world;
    pqxx::connection connection(world.connection_string());
    pqxx::nontransaction work(connection);
    auto waiting = std::async(std::launch::async, [&] { work.exec("wait"); });
    auto const log = world.service().log();
    auto const runs = [&] {
        std::lock_guard const lock(log->mutex);
        return std::find(log->calls.begin(), log->calls.end(), "fetch:0") != log->calls.end();
    };
    while (!runs()) std::this_thread::yield();
    connection.cancel_query();
    EXPECT_THROW(waiting.get(), pqxx::sql_error);
}

TEST(libpqxx, uses_tls_with_channel_binding) {
    pg_world_options wanted;
    wanted.tls = true;
    pg_world world(std::move(wanted));
    pqxx::connection connection(world.connection_string() + " sslmode=verify-full sslrootcert=" +
                                world.certificate() + " channel_binding=require");
    pqxx::work work(connection);
    EXPECT_EQ(work.exec1("select 1")[0].as<int>(), 1);
    pqxx::connection unverified(world.connection_string() + " sslmode=prefer");
    EXPECT_TRUE(unverified.is_open());
}

}  // namespace
}  // namespace sluice::postgres
