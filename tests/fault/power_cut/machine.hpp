// One simulated machine: a flash device and an index that lose power at the same moment. A cut
// replaces both by what survived; the old ones stay until forget_old(), for the journal that still
// stands on them. Thread rule: one thread, except that power may go on any.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "backend/kv/index.hpp"
#include "tests/support/sim_device.hpp"
#include "tests/support/sim_env.hpp"
#include "tests/support/sim_index.hpp"

namespace sluice::fault {

enum class index_kind {
    memory,   // test_support::sim_index: thousands of seeds
    rocksdb,  // the real index on test_support::sim_env
};

struct machine_options {
    index_kind index = index_kind::memory;
    test_support::sim_schedule schedule = test_support::sim_schedule::background;
    std::uint64_t capacity_bytes = 128 * mebibyte;
};

class machine {
public:
    machine(std::uint64_t seed, machine_options const& options);
    ~machine();
    // A machine of its own with the same bytes. Nothing may be in flight.
    std::unique_ptr<machine> copy();

    test_support::sim_device& device() { return *now_.device; }
    // Only with index_kind::rocksdb.
    test_support::sim_env& environment() { return *now_.environment; }
    result<std::unique_ptr<kv::index>> open_index();

    // Power goes at the `event`-th event of the device from now.
    void cut_at(std::uint64_t event);
    void power_off();
    // power_off(), then what survived takes their places.
    void power_cut();
    void forget_old() { old_.clear(); }
    bool is_powered() const { return now_.device->is_powered(); }

private:
    struct parts {
        std::unique_ptr<test_support::sim_index_disk> disk;
        std::unique_ptr<test_support::sim_env> environment;
        std::unique_ptr<test_support::sim_device> device;
    };
    test_support::sim_device_options next_device();
    void index_power_off();

    machine_options const options_;
    std::mt19937_64 random_;
    parts now_;
    std::vector<parts> old_;
};

}  // namespace sluice::fault
