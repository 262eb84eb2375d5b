#include "gateway/core/log.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "gateway/core/log_line.hpp"
#include "gateway/core/worker_thread.hpp"
#include "tests/support/fake_clock.hpp"

namespace sluice {
namespace {

using test::fake_clock;

// Lines go to `lines` while this lives.
class captured_log {
public:
    explicit captured_log(log_format format = log_format::json, log_level level = log_level::info) {
        log_options options{.level = level, .format = format, .lines_per_site_second = 3};
        options.sink = [this](std::string_view line) { lines.emplace_back(line); };
        configure_logging(std::move(options), clock).value();
    }
    ~captured_log() { configure_logging({}).value(); }

    fake_clock clock;
    std::vector<std::string> lines;
};

TEST(log, json_lines_carry_time_level_message_and_fields) {
    captured_log log;
    SLUICE_LOG(log_level::info, "listening", {"protocol", "s3"}, {"port", 9000}, {"tls", true},
               {"ratio", 0.5}, {"bytes", std::uint64_t{18446744073709551615u}}, {"offset", -1});
    ASSERT_EQ(log.lines.size(), 1u);
    EXPECT_TRUE(log.lines[0].starts_with(
        R"({"time":"2026-01-01T00:00:00.000Z","level":"info","message":"listening","protocol":"s3",)"
        R"("port":9000,"tls":true,"ratio":0.5,"bytes":18446744073709551615,"offset":-1,"at":"core/log_test.cpp:)"))
        << log.lines[0];
}

TEST(log, text_lines_are_for_people) {
    captured_log log{log_format::text};
    log.clock.advance(std::chrono::milliseconds{1234});
    SLUICE_LOG(log_level::warning, "slow turn", {"path", "a b"}, {"took", "20 ms"}, {"plain", "x-1"});
    ASSERT_EQ(log.lines.size(), 1u);
    EXPECT_TRUE(log.lines[0].starts_with(
        R"(2026-01-01T00:00:01.234Z warning slow turn path="a b" took="20 ms" plain=x-1 at=)"))
        << log.lines[0];
}

TEST(log, nothing_from_outside_breaks_a_line) {
    captured_log log;
    SLUICE_LOG(log_level::info, "hostile", {"value", std::string("a\nb\"c\\d\x01\x7f\xff\xc3\xa4\0z", 14)});
    ASSERT_EQ(log.lines.size(), 1u);
    EXPECT_NE(log.lines[0].find("\"a\\nb\\\"c\\\\d\\u0001\\u007f\xEF\xBF\xBD\xc3\xa4\\u0000z\""), std::string::npos)
        << log.lines[0];
    SLUICE_LOG(log_level::info, "long", {"value", std::string(100000, 'x')}, {"nan", std::nan("")});
    EXPECT_LT(log.lines.at(1).size(), log_value_bytes_max + 300);
    EXPECT_NE(log.lines[1].find("xxx...\",\"nan\":null"), std::string::npos);
    // Surrogates and overlong forms are not UTF-8.
    SLUICE_LOG(log_level::info, "utf8", {"v", "\xed\xa0\x80|\xc0\xaf|\xf0\x9f\x98\x80|\xe2\x82"});
    EXPECT_NE(log.lines.at(2).find("|\xf0\x9f\x98\x80|"), std::string::npos);
    EXPECT_EQ(log.lines[2].find("\xc0\xaf"), std::string::npos);
}

TEST(log, a_failure_is_a_field) {
    captured_log log;
    failure const what{error::io_failed, "device"};
    SLUICE_LOG(log_level::error, "write failed", {"failure", what});
    EXPECT_NE(log.lines.at(0).find(R"("failure":"io_failed: device")"), std::string::npos);
}

TEST(log, levels_below_the_configured_one_cost_nothing) {
    captured_log log{log_format::json, log_level::warning};
    int evaluated = 0;
    SLUICE_LOG(log_level::info, "hidden", {"value", ++evaluated});
    EXPECT_EQ(evaluated, 0);
    EXPECT_TRUE(log.lines.empty());
    EXPECT_FALSE(log_enabled(log_level::info));
    EXPECT_TRUE(log_enabled(log_level::error));
    EXPECT_EQ(parse_log_level("warning").value(), log_level::warning);
    EXPECT_EQ(parse_log_level("loud").error().code, error::invalid_argument);
}

TEST(log, a_site_has_a_budget_per_second_and_says_what_it_held_back) {
    captured_log log;
    auto const write = [](int count) {
        for (int i = 0; i < count; ++i) SLUICE_LOG(log_level::info, "noisy");
    };
    write(10);
    EXPECT_EQ(log.lines.size(), 3u);
    SLUICE_LOG(log_level::info, "another site");
    EXPECT_EQ(log.lines.size(), 4u);
    log.clock.advance(std::chrono::seconds{1});
    write(1);
    ASSERT_EQ(log.lines.size(), 5u);
    EXPECT_NE(log.lines[4].find("\"suppressed\":7"), std::string::npos);
    write(1);
    EXPECT_EQ(log.lines.at(5).find("suppressed"), std::string::npos);
}

TEST(log, many_threads_write_whole_lines) {
    std::atomic<int> lines = 0, whole = 0;
    log_options options{.lines_per_site_second = 1000000};
    options.sink = [&](std::string_view line) {
        ++lines;
        if (line.starts_with('{') && line.ends_with('}')) ++whole;
    };
    configure_logging(std::move(options)).value();
    {
        std::vector<worker_thread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back("writer", [i](std::stop_token) {
                for (int j = 0; j < 500; ++j) SLUICE_LOG(log_level::info, "line", {"thread", i}, {"round", j});
            });
        for (auto& thread : threads) thread.join();
    }
    configure_logging({}).value();
    EXPECT_EQ(lines, 2000);
    EXPECT_EQ(whole, 2000);
}

TEST(log, writes_to_a_file_or_says_why_not) {
    auto const path = testing::TempDir() + "sluice_log_test.log";
    ASSERT_TRUE(configure_logging({.file = path}).has_value());
    SLUICE_LOG(log_level::info, "into the file");
    flush_log();
    ASSERT_TRUE(configure_logging({}).has_value());
    std::ifstream file{path};
    std::string line;
    ASSERT_TRUE(std::getline(file, line));
    EXPECT_NE(line.find("into the file"), std::string::npos);
    std::remove(path.c_str());
    EXPECT_EQ(configure_logging({.file = "/dev/null/none/log"}).error().code, error::io_failed);
}

}  // namespace
}  // namespace sluice
