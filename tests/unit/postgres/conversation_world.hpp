// A conversation with a fake session over a memory stream: the client's bytes go in at once, then
// its direction ends; everything the server said comes back.
#pragma once

#include <gtest/gtest.h>

#include "protocols/postgres/session/conversation.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/memory_stream.hpp"
#include "tests/support/run_task.hpp"
#include "tests/unit/postgres/fake_sql.hpp"
#include "tests/unit/postgres/wire_script.hpp"

namespace sluice::postgres {

class conversation_world : public ::testing::Test {
protected:
    pg_options options;
    sql::fake::fake_options fake;
    std::shared_ptr<sql::fake::session_log> log = std::make_shared<sql::fake::session_log>();
    std::size_t read_piece = SIZE_MAX;
    bool stopping = false;
    memory_allowance memory{64 * mebibyte};

    // Without the first ReadyForQuery.
    std::string talk(std::string const& client_bytes) {
        auto said = test::run_task(exchange(client_bytes));
        std::string const greeting = bytes_of(ready_for_query_message{'I'});
        EXPECT_TRUE(said.starts_with(greeting));
        return said.substr(std::min(said.size(), greeting.size()));
    }

private:
    task<std::string> exchange(std::string client_bytes) {
        auto const executor = co_await boost::asio::this_coro::executor;
        auto [client, server] =
            test::memory_stream::make_pair(executor, {16 * mebibyte, read_piece});
        auto const sent = co_await write_all(*client, as_bytes(client_bytes));
        EXPECT_TRUE(sent.has_value());
        auto const ended = co_await client->shutdown();
        EXPECT_TRUE(ended.has_value());
        {
            message_channel channel(*server, options, memory);
            sql::fake::fake_session session(fake, log);
            conversation_services services{options, clock, nullptr, [this] { return stopping; }};
            conversation talk(channel, session, std::move(services));
            co_await talk.run();
            co_await channel.finish();
        }
        server->close();
        auto const said = co_await test::read_to_end(*client);
        co_return said.has_value() ? *said : "failed: " + said.error().describe();
    }

    test::fake_clock clock;
};

}  // namespace sluice::postgres
