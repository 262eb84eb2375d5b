// Brings what the modules count about themselves onto the metrics page, at the moment it is read: ports, journal,
// index, store, guard, pools, memory, free space.
//
// Thread rule: watch_* at wiring time; the page from any thread. Lifetime: what is watched outlives the last
// exposition; forget_all() ends the watching before it goes.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/core/metrics.hpp"

namespace sluice::auth {
class guard;
}
namespace sluice::journal {
struct finished_group;
}
namespace sluice::store {
class engine;
}
namespace sluice::s3 {
class access_log_writer;
class journal_writer;
class lifecycle_worker;
}
namespace sluice::sql {
struct engine_use;
}
namespace sluice {
class blocking_pool;
}

namespace sluice::gateway {

class listener;

class server_metrics {
public:
    // Registers itself with `page`, which outlives it only as an empty hook.
    explicit server_metrics(metrics& page);
    ~server_metrics();

    void watch_process(std::string data_folder);
    void watch(listener const& port);
    // `name`: a literal that tells the pools apart.
    void watch(blocking_pool const& pool, char const* name);
    void watch(sql::engine_use const& read_engine);
    // Feeds histograms of the journal's synced writes: for journal_options.on_group. Refers to the
    // page only.
    std::function<void(journal::finished_group const&)> journal_groups();
    void watch(store::engine& engine);
    void watch(auth::guard const& guard);
    void watch(s3::lifecycle_worker const& worker);
    void watch(s3::access_log_writer const& writer);
    void watch(s3::journal_writer const& writer);
    void forget_all();

private:
    class state;
    void watch_index(store::engine& engine);
    void watch_store(store::engine& engine);

    std::shared_ptr<state> state_;  // shared with the page's hook
};

}  // namespace sluice::gateway
