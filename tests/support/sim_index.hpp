// An ordered index in memory that can lose power: the cheap stand-in for RocksDB where thousands of
// seeds run against the journal. Durable is what the last flush saw; a flush may also happen by
// itself after any apply, as RocksDB's does. After the power is off apply, flush and open fail.
//
// Thread rule: that of kv::index; the disk's methods from any thread. The disk outlives its
// indexes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>

#include "backend/kv/index.hpp"

namespace sluice::test_support {

struct sim_index_options {
    std::uint64_t seed = 1;
    unsigned flush_by_itself_percent = 0;  // after an apply
};

// What an index looks like at one moment; shared by snapshots, never changed once shared.
struct sim_index_state {
    using keys = std::map<std::string, std::string, std::less<>>;
    std::array<std::shared_ptr<keys const>, kv::family_count> families;
    lsn applied{};
};

class sim_index_disk {
public:
    explicit sim_index_disk(sim_index_options const& options = {});

    result<std::unique_ptr<kv::index>> open();
    void power_off();
    // power_off(), then a disk with what was flushed.
    std::unique_ptr<sim_index_disk> power_cut(sim_index_options const& next);
    // The durable state, as a disk of its own.
    std::unique_ptr<sim_index_disk> copy(sim_index_options const& next) const;
    void fail_apply(std::uint64_t nth);
    void fail_flush(std::uint64_t nth);

private:
    friend class sim_index;
    mutable std::mutex mutex_;
    sim_index_options const options_;
    std::mt19937_64 random_;
    sim_index_state durable_;
    bool powered_ = true;
    std::uint64_t applies_ = 0, flushes_ = 0, apply_fault_ = 0, flush_fault_ = 0;
};

}  // namespace sluice::test_support
