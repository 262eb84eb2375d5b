// A store to test verbs on: over the simulated device and index, or over a folder with the real
// ones. Runs coroutines to their end on one I/O thread; reopen() closes and opens the same data
// again.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/store/bucket_verbs.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/object_verbs.hpp"
#include "backend/store/payload_writer.hpp"
#include "gateway/core/blocking_pool.hpp"
#include "gateway/core/random.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/sim_device.hpp"
#include "tests/support/sim_index.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sluice::test {

enum class world_kind { simulated, folder };

struct world_options {
    world_kind kind = world_kind::simulated;
    store::store_limits limits;
    std::uint32_t segment_bytes = 4 * 1024 * 1024;
    std::uint64_t capacity_bytes = 4 * std::uint64_t{gibibyte};
    bool background_work = false;
    test_support::sim_schedule schedule = test_support::sim_schedule::background;
    std::function<void(std::string_view where, failure const& what)> on_failure;
};

class store_world {
public:
    explicit store_world(world_options given = {});
    ~store_world();

    store::engine& store() { return *engine_; }
    test_support::sim_device& device() { return *simulated_; }   // simulated only
    test_support::sim_index_disk& disk() { return *disk_; }      // simulated only
    std::string folder() const { return folder_ / "data"; }      // the real one only
    fake_clock& clock() { return clock_; }
    boost::asio::io_context& context() { return context_; }

    void close();
    void open();
    void reopen() {
        close();
        open();
    }
    // Opens without complaint: for stores that are expected to refuse.
    result<void> try_open();

    template <class T>
    T run(task<T> body) {
        return run_task(context_, std::move(body));
    }
    // All at once, interleaved on one thread.
    template <class T>
    std::vector<T> run_all(std::vector<task<T>> bodies) {
        std::vector<std::optional<T>> outcomes(bodies.size());
        for (std::size_t i = 0; i < bodies.size(); ++i) {
            auto keep = [&outcomes, i](std::exception_ptr thrown, T value) {
                if (thrown) std::rethrow_exception(thrown);
                outcomes[i].emplace(std::move(value));
            };
            boost::asio::co_spawn(context_, std::move(bodies[i]), keep);
        }
        context_.restart();
        context_.run();
        std::vector<T> all;
        for (auto& one : outcomes) all.push_back(std::move(one.value()));
        return all;
    }

    // -- shorthand; fails the test by throwing
    void make_bucket(std::string name);
    store::object_stat put(std::string key, std::string bytes, std::string bucket = "b");
    std::string get(std::string key, std::string bucket = "b");
    result<std::string> try_get(std::string key, std::string bucket = "b");
    store::stored_payload streamed(std::string const& bytes, std::size_t step = 100'000);

private:
    world_options const options_;
    fake_clock clock_;
    seeded_random random_{42};
    boost::asio::io_context context_{1};
    test_support::temporary_folder folder_;
    std::unique_ptr<test_support::sim_index_disk> disk_;
    std::unique_ptr<test_support::sim_device> simulated_;
    std::unique_ptr<blocking_pool> pool_;
    std::unique_ptr<store::engine> engine_;
};

// Bytes that differ from place to place, the same for the same seed.
std::string pattern(std::size_t size, std::uint64_t seed = 1);

store::put_object_request put_request(std::string key, store::stored_payload payload,
                                      std::string bucket = "b");

// Everything that is left of a reader.
task<result<std::string>> read_all(store::payload_reader reader);

}  // namespace sluice::test
