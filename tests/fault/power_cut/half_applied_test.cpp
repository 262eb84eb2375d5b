// A backup that begins while a large transaction is half in the index has all of it, or nothing.
#include <gtest/gtest.h>

#include "backend/store/backup.hpp"
#include "backend/store/check.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/id_counters.hpp"
#include "backend/store/table_transaction.hpp"
#include "gateway/core/blocking_pool.hpp"
#include "gateway/core/worker_thread.hpp"
#include "tests/fault/power_cut/half_applied_index.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/sim_device.hpp"
#include "tests/support/sim_index.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sluice::fault {
namespace {

auto const token = blocking_token::for_this_thread();
constexpr std::size_t rows = 60, row_bytes = 60'000;   // several chunks

task<void> write_rows(store::engine& into, dataset_id table) {
    store::table_transaction one(into, store::isolation::read_committed);
    one.begin_statement();
    for (std::size_t i = 0; i < rows; ++i) {
        std::vector<store::index_entry> none;
        auto const done = co_await one.insert(table, "k" + std::to_string(i),
                                              std::string(row_bytes, 'r'), std::move(none));
        EXPECT_TRUE(done.has_value() && !done->has_value());
    }
    store::audit_records none;
    auto const done = co_await one.commit(std::move(none));
    EXPECT_TRUE(done.has_value());
}

std::size_t rows_in(std::string const& folder, dataset_id table, blocking_pool& pool) {
    store::engine_options options;
    options.folder = folder;
    options.memory_bytes = 64 * mebibyte;
    options.background_work = false;
    auto const restored = store::engine::open(std::move(options), pool, token);
    EXPECT_TRUE(restored.has_value()) << restored.error().describe();
    if (!restored) return 0;
    store::table_transaction in(**restored, store::isolation::read_committed);
    in.begin_statement();
    auto const cursor = in.scan(table, {}, false).value();
    return cursor->next(10 * rows, token).value().size();
}

TEST(power_cut, a_backup_holds_no_half_of_a_large_transaction) {
    half_applied_index::gate gate;
    test_support::sim_index_disk disk;
    test_support::temporary_folder place;
    blocking_pool pool({.name = "test-blocking"});
    store::engine_options options;
    options.folder = "/simulated";
    options.memory_bytes = 64 * mebibyte;
    options.background_work = false;
    options.journal.segment_bytes = 4 * mebibyte;
    options.journal.index_ballast_bytes = 0;
    store::engine_environment environment;
    environment.device = std::make_unique<test_support::sim_device>();
    environment.index = std::make_unique<half_applied_index>(disk.open().value(), gate);
    auto const store =
        store::engine::open(std::move(options), pool, token, std::move(environment)).value();
    auto const table = store->ids().next_dataset().value();
    worker_thread writer("writer", [&](std::stop_token) {
        boost::asio::io_context context{1};
        test::run_task(context, write_rows(*store, table));
    });
    gate.wait_until_half_applied();
    auto const made = store::backup(*store, place / "backup", token);
    writer.join();
    ASSERT_TRUE(made.has_value()) << made.error().describe();
    store::restore(place / "backup", place / "restored", token).value();
    auto const report = store::check_folder(place / "restored", {}, token).value();
    EXPECT_TRUE(report.is_clean()) << store::to_text(report);
    EXPECT_EQ(rows_in(place / "restored", table, pool), rows);
}

}  // namespace
}  // namespace sluice::fault
