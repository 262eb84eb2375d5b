// Drives one open journal with random verbs: several logical writers in flight, no two on one key.
// It checks every answer and read against the model and keeps the first violation it sees. Thread
// rule: one thread; completions come on the journal's. Lifetime: the machine and model outlive it.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "backend/journal/journal.hpp"
#include "backend/journal/segment_table.hpp"
#include "gateway/core/random.hpp"
#include "tests/fault/power_cut/journal_model.hpp"
#include "tests/fault/power_cut/machine.hpp"
#include "tests/fault/power_cut/value_bytes.hpp"

namespace sluice::fault {

// What outlives a journal besides the model: numbers are never given twice.
struct journal_history {
    std::uint64_t next_number = 1;
    std::uint64_t next_transaction = 1;
    // Of the segment that a bulk payload was written into.
    std::map<std::uint64_t, std::uint64_t> incarnation_of_bulk;
};

struct journal_driver_options {
    journal::journal_options journal;
    std::uint64_t seed = 1;
    int keys = 48;
    std::size_t bulk_limit = 900 * kibibyte;  // a bulk frame must fit into a segment
    unsigned more_bulk = 0;      // percent of the verbs that are bulk streams too
    bool may_run_full = false;   // no_space is a right answer
    bool may_fail = false;       // a device fault is planned: read_only and outcome_unknown are too
    bool may_be_corrupt = false; // stored bytes were changed: reads may say so, and only that
};

class journal_driver {
public:
    journal_driver(machine&, journal_model&, journal_history&, journal_driver_options const&);
    ~journal_driver();

    // Opens the index and the journal on it.
    result<void> start();
    journal::recovery_report const& recovered() const { return journal_->recovered(); }
    lsn applied_before() const { return applied_before_; }
    journal::journal& opened() { return *journal_; }

    void run(std::size_t verbs);
    void run_one_commit() { commit_some(); }
    // Everything submitted is answered. Power may be on or off.
    void settle();
    void stop();
    // The published state is the model's at its LSN, every payload byte included.
    void check_everything();
    // Segments show no frame of an earlier use.
    void check_segments();

    std::optional<std::string> violation() const;

private:
    struct stream;  // bulk frames or chunks on their way to the commit that names them
    using stream_ptr = std::shared_ptr<stream>;  // the driver and the completions under way

    void verb();
    void commit_some();
    void start_bulk();
    void start_large();
    void finish_ready_streams();
    void submit(std::unique_ptr<journal::commit>, std::vector<effect>, std::shared_ptr<void> hold);
    void read_one();
    void look_at_durability();
    std::vector<int> take_free_keys(std::size_t most);
    void put_value(journal::commit&, int key, written_value const&, journal::location where);
    void erase_old_payload(kv::mutation_batch&, int key);
    std::optional<decoded_value> stored(journal::published_snapshot const&, int key);
    void check_value(decoded_value const&, live_value const&, int key);
    void check_payload(decoded_value const&);
    bool scan_failed(kv::cursor const&);
    std::size_t some_length(std::size_t most);
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    bool failure_is_right(error code) const;
    void violated(std::string what);
    void left(std::vector<effect> const&);  // the keys are free again, one less is outstanding
    void wait_for_outstanding(std::size_t most);

    machine& machine_;
    journal_model& model_;
    journal_history& history_;
    journal_driver_options const options_;
    std::mt19937_64 random_;
    seeded_random ids_;
    std::unique_ptr<kv::index> index_;
    std::unique_ptr<journal::journal> journal_;
    lsn applied_before_{};

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::set<int> busy_;
    std::size_t outstanding_ = 0;  // commits and streams
    std::vector<stream_ptr> ready_;
    std::optional<std::string> violation_;
};

}  // namespace sluice::fault
