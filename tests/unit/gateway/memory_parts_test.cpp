#include <gtest/gtest.h>

#include "gateway/config/load.hpp"
#include "gateway/core/bytes.hpp"
#include "gateway/daemon/options.hpp"

namespace sluice::gateway {
namespace {

result<memory_parts> parts_of(setting_texts flags) {
    setting_layers layers;
    layers.flags = std::move(flags);
    return memory_parts_of(load_settings(std::move(layers)).value().values);
}

TEST(MemoryParts, WhatIsNotSetSharesTheBudget) {
    auto const parts = parts_of({{"memory.total", "700 MiB"}}).value();
    EXPECT_EQ(parts.store, 200 * mebibyte);
    EXPECT_EQ(parts.engine, 200 * mebibyte);
    EXPECT_EQ(parts.requests, 300 * mebibyte);
}

TEST(MemoryParts, WhatIsSetComesOffItFirst) {
    auto const parts = parts_of({{"memory.total", "700 MiB"}, {"store.memory", "500 MiB"}}).value();
    EXPECT_EQ(parts.store, 500 * mebibyte);
    EXPECT_EQ(parts.engine, 80 * mebibyte);
    EXPECT_EQ(parts.requests, 120 * mebibyte);
}

TEST(MemoryParts, PartsAreNeverMoreThanTheBudget) {
    auto const all = parts_of({}).value();
    EXPECT_EQ(all.store + all.engine + all.requests, 1792 * mebibyte);
    auto const refused = parts_of({{"store.memory", "1 GiB"}, {"limits.request_memory", "1 GiB"}});
    ASSERT_TRUE(refused.has_error());
    EXPECT_NE(refused.error().text.find("memory.total"), std::string::npos);
}

TEST(MemoryParts, APartThatIsTooSmallIsRefusedByName) {
    auto const store = parts_of({{"store.memory", "1 MiB"}});
    ASSERT_TRUE(store.has_error());
    EXPECT_NE(store.error().text.find("store.memory"), std::string::npos);
    auto const rest = parts_of({{"memory.total", "128 MiB"}, {"store.memory", "120 MiB"}});
    ASSERT_TRUE(rest.has_error());
    EXPECT_NE(rest.error().text.find("limits.sql_engine_memory"), std::string::npos);
}

}  // namespace
}  // namespace sluice::gateway
