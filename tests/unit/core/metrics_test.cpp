#include "gateway/core/metrics.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/core/worker_thread.hpp"

namespace sluice {
namespace {

bool has_line(std::string const& page, std::string const& line) {
    return ('\n' + page).find('\n' + line + '\n') != std::string::npos;
}

TEST(metrics, the_page_shows_what_was_counted) {
    metrics registry;
    auto const requests = registry.make_counter("sluice_s3_requests_total", "Requests.", {{"operation", "GetObject"}});
    auto const open = registry.make_gauge("sluice_net_connections", "Open connections.");
    auto const latency = registry.make_histogram("sluice_s3_seconds", "Latency.", {}, {0.1, 1});
    requests.add();
    requests.add(2);
    open.set(5);
    open.add(-2);
    latency.observe(0.05);
    latency.observe(0.5);
    latency.observe(5);
    auto const page = registry.exposition();
    EXPECT_TRUE(has_line(page, "# TYPE sluice_s3_requests_total counter")) << page;
    EXPECT_TRUE(has_line(page, "sluice_s3_requests_total{operation=\"GetObject\"} 3")) << page;
    EXPECT_TRUE(has_line(page, "sluice_net_connections 3")) << page;
    EXPECT_TRUE(has_line(page, "sluice_s3_seconds_bucket{le=\"0.1\"} 1")) << page;
    EXPECT_TRUE(has_line(page, "sluice_s3_seconds_bucket{le=\"1\"} 2")) << page;
    EXPECT_TRUE(has_line(page, "sluice_s3_seconds_count 3")) << page;
}

TEST(metrics, the_same_name_and_labels_are_one_series) {
    metrics registry;
    registry.make_counter("sluice_a_total", "A.", {{"k", "v"}}).add();
    registry.make_counter("sluice_a_total", "A.", {{"k", "v"}}).add();
    EXPECT_TRUE(has_line(registry.exposition(), "sluice_a_total{k=\"v\"} 2"));
}

TEST(metrics, label_sets_are_bounded) {
    metrics registry{{.series_max = 2}};
    for (int i = 0; i < 100; ++i)
        registry.make_counter("sluice_a_total", "A.", {{"bucket", "b" + std::to_string(i)}}).add();
    auto const page = registry.exposition();
    EXPECT_TRUE(has_line(page, "sluice_a_total{bucket=\"b0\"} 1")) << page;
    EXPECT_TRUE(has_line(page, "sluice_a_total{bucket=\"b1\"} 1")) << page;
    EXPECT_TRUE(has_line(page, "sluice_a_total{bucket=\"other\"} 98")) << page;
}

TEST(metrics, gauges_are_refreshed_for_each_page) {
    metrics registry;
    auto const depth = registry.make_gauge("sluice_depth", "Depth.");
    int calls = 0;
    registry.before_exposition([&] { depth.set(++calls); });
    EXPECT_TRUE(has_line(registry.exposition(), "sluice_depth 1"));
    EXPECT_TRUE(has_line(registry.exposition(), "sluice_depth 2"));
}

TEST(metrics, threads_lose_no_counts) {
    metrics registry;
    auto const count = registry.make_counter("sluice_c_total", "C.");
    auto const seconds = registry.make_histogram("sluice_c_seconds", "C.");
    {
        std::vector<worker_thread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back("counter", [&](std::stop_token) {
                for (int j = 0; j < 10000; ++j) {
                    count.add();
                    seconds.observe(0.001);
                }
            });
        for (auto& thread : threads) thread.join();
    }
    EXPECT_TRUE(has_line(registry.exposition(), "sluice_c_total 40000"));
    EXPECT_TRUE(has_line(registry.exposition(), "sluice_c_seconds_count 40000"));
}

}  // namespace
}  // namespace sluice
