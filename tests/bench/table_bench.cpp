// What a row costs: a point get in a statement of its own, and a transaction that updates one row
// and commits, by one writer and by many at once. Real device and index in a folder that goes.
//
//     table_bench --folder /data          (--tiny: a few of each, for ctest)
#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <vector>

#include "backend/store/engine.hpp"
#include "backend/store/table_transaction.hpp"
#include "gateway/core/blocking_pool.hpp"
#include "tests/support/run_task.hpp"

namespace sluice::bench {
namespace {

using store::isolation;
using store::lock_wait;
using store::row_lock_mode;
using store::table_transaction;

constexpr dataset_id table{5000};

struct counts {
    int rows = 100'000;
    int gets = 200'000;
    int updates_of_one = 2'000;
    int writers = 64;
    int updates_of_each = 500;
};

std::string key_of(std::uint64_t number) { return fmt::format("{:08}", number); }

void must(result<void> const& done) {
    if (done.has_error()) throw failure_exception(done.error());
}

task<result<void>> fill(store::engine& store, int rows) {
    table_transaction one(store, isolation::read_committed);
    one.begin_statement();
    for (int i = 0; i < rows; ++i) {
        std::vector<store::index_entry> none;
        std::string row(200, 'r');
        SLUICE_CO_CHECK(co_await one.insert(table, key_of(i), std::move(row), std::move(none)));
    }
    store::audit_records no_audit;
    SLUICE_CO_CHECK(co_await one.commit(std::move(no_audit)));
    co_return success();
}

task<result<void>> get_many(store::engine& store, counts const& wanted) {
    table_transaction one(store, isolation::read_committed);
    std::uint64_t at = 1;
    for (int i = 0; i < wanted.gets; ++i) {
        one.begin_statement();
        at = (at * 6364136223846793005u + 1442695040888963407u);
        auto key = key_of((at >> 33) % static_cast<std::uint64_t>(wanted.rows));
        SLUICE_CO_TRY(auto const row, co_await one.get(table, std::move(key)));
        if (!row) co_return failure{error::corrupt, "a row is missing"};
    }
    co_return success();
}

task<result<void>> update_many(store::engine& store, int writer, int updates) {
    for (int i = 0; i < updates; ++i) {
        table_transaction one(store, isolation::read_committed);
        one.begin_statement();
        auto const key = key_of(static_cast<std::uint64_t>(writer));
        SLUICE_CO_CHECK(co_await one.lock_row(table, key, row_lock_mode::update, lock_wait::wait));
        std::vector<store::index_entry> none;
        std::string row(200, 'u');
        SLUICE_CO_CHECK(co_await one.update(table, key, std::move(row), none, none));
        store::audit_records no_audit;
        SLUICE_CO_CHECK(co_await one.commit(std::move(no_audit)));
    }
    co_return success();
}

task<void> counted(task<result<void>> body, int& running) {
    must(co_await std::move(body));
    --running;
}

template <class Body>
void measure(char const* what, double operations, Body body) {
    auto const start = std::chrono::steady_clock::now();
    body();
    std::chrono::duration<double, std::micro> const took =
        std::chrono::steady_clock::now() - start;
    fmt::print("{:<44} {:>10.2f} us/op {:>12.0f} op/s\n", what, took.count() / operations,
               operations / took.count() * 1e6);
}

void run(std::string const& folder, counts const& wanted) {
    blocking_pool pool(blocking_pool_options{.name = "bench-blocking"});
    store::engine_options options;
    options.folder = folder;
    auto const token = blocking_token::for_this_thread();
    auto const store = store::engine::open(std::move(options), pool, token).value();
    must(test::run_task(fill(*store, wanted.rows)));
    measure("point get, one statement each", wanted.gets,
            [&] { must(test::run_task(get_many(*store, wanted))); });
    measure("update one row and commit, 1 writer", wanted.updates_of_one,
            [&] { must(test::run_task(update_many(*store, 0, wanted.updates_of_one))); });
    measure("update one row and commit, all writers",
            double(wanted.writers) * wanted.updates_of_each, [&] {
                boost::asio::io_context context(1);
                int running = wanted.writers;
                auto rethrow = [](std::exception_ptr thrown) {
                    if (thrown) std::rethrow_exception(thrown);
                };
                for (int i = 0; i < wanted.writers; ++i)
                    boost::asio::co_spawn(
                        context,
                        counted(update_many(*store, i, wanted.updates_of_each), running), rethrow);
                while (running > 0) context.run_one();
            });
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
    CLI::App app{"what rows cost"};
    std::string folder = ".";
    bool tiny = false;
    app.add_option("--folder", folder, "where table_bench.data is made");
    app.add_flag("--tiny", tiny, "a few of each");
    CLI11_PARSE(app, argc, argv);
    sluice::bench::counts wanted;
    if (tiny) wanted = {100, 100, 10, 4, 5};
    auto const place = std::filesystem::absolute(folder) / "table_bench.data";
    std::filesystem::remove_all(place);
    sluice::bench::run(place.string(), wanted);
    std::filesystem::remove_all(place);
}
