// All transactional ids of the server: finds a request's id, applies the rules of transaction_facts,
// lets appends in by tickets that are void once their transaction is over, aborts what takes too long,
// and keeps what must survive a restart. Which partitions a transaction wrote to is also known from
// their logs: a producer of version 2, which names no partition beforehand, costs no commit but its
// own. One request of an id at a time: others are told concurrent_transactions, and ask again.
//
//     run()     the timer: spawned by wiring, ends when cancelled
//     sweep()   what run() calls now and then; tests turn a fake clock and call it
//
// Whoever asked was decided by the guard before. Thread rule: everything from any thread; run() on the
// executor given. Lifetime: the guard and clock outlive it; drain the sessions before it goes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "auth/guard/guarded_transactions.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/task.hpp"
#include "protocols/kafka/coordinator/transaction_facts.hpp"

namespace sluice::kafka {

struct transaction_options {
    std::chrono::milliseconds longest{900'000};        // transaction.max.timeout.ms
    std::chrono::milliseconds idle{604'800'000};       // transactional.id.expiration.ms
    // transaction.abort.timed.out.transaction.cleanup.interval.ms
    std::chrono::milliseconds sweep_every{10'000};
    std::size_t ids_max = 100'000;                     // transactional ids
    std::size_t id_bytes = 1024;
    std::size_t partitions_max = 1000;                 // of one transaction: they end in one commit
    std::size_t offset_bytes = 256 * 1024;             // of one transaction, the same
};

class transaction_coordinator {
public:
    transaction_coordinator(transaction_options options, auth::guarded_transactions& transactions,
                            wall_clock const& clock, boost::asio::any_io_executor executor);
    ~transaction_coordinator();

    // Before the first request.
    task<result<void>> load();
    task<void> run();
    // Aborts transactions that took too long and forgets ids that nobody used.
    task<void> sweep();

    struct producer_answer {
        error_code error = error_code::none;
        producer_identity producer;
    };
    // A transaction of the id that is open is aborted. `expected`: id -1 for a new producer.
    task<producer_answer> init(std::string id, std::chrono::milliseconds timeout,
                               producer_identity expected);
    task<error_code> add_partitions(std::string id, producer_identity producer,
                                    std::vector<store::transaction_partition> partitions);
    // Whether it is one of the open transaction's.
    error_code verify(std::string const& id, producer_identity producer,
                      store::transaction_partition partition) const;
    task<error_code> add_group(std::string id, producer_identity producer, std::string group);

    struct admission {
        error_code error = error_code::none;
        store::transaction_ticket ticket;
    };
    // Lets a batch in. `adds`: the partition joins the transaction, which begins if it must (version
    // 2); else it must have been added: transaction_abortable.
    admission admit(std::string const& id, producer_identity producer,
                    store::transaction_partition partition, bool adds);
    // Adds offsets of a group; `adds` as above. An error per offset.
    using offset_errors = std::vector<std::optional<failure>>;
    struct offsets_answer {
        error_code error = error_code::none;  // of all of them
        offset_errors offsets;
    };
    task<offsets_answer> save_offsets(auth::caller const& who, std::string id,
                                      producer_identity producer, std::string group, bool adds,
                                      std::vector<store::committed_offset> offsets);
    // By topic: the offsets of the group that an open transaction is about to move.
    std::set<std::pair<std::string, std::int32_t>> unstable(std::string const& group) const;
    // `new_epoch`: version 2.
    task<producer_answer> end(auth::caller const& who, std::string id, producer_identity producer,
                              bool commits, bool new_epoch);

    struct description {
        std::string id;
        transaction_facts facts;
    };
    std::vector<description> list() const;
    std::optional<description> describe(std::string const& id) const;

private:
    struct entry;
    using entry_ptr = std::shared_ptr<entry>;  // shared by the map and requests under way

    entry_ptr find(std::string const& id) const;
    result<entry_ptr> find_or_make(std::string const& id);
    error_code check(entry const& of, producer_identity producer) const;
    void begin(entry& of);
    void restore_open();
    store::transaction_ending ending_of(entry const& of, transaction_facts const& after,
                                        bool aborts) const;
    void over(entry& of, transaction_facts after);
    task<bool> abort_late(entry_ptr of);
    void count_offset(store::transaction_offset const& offset, std::int64_t by);

    transaction_options const options_;
    auth::guarded_transactions& transactions_;
    wall_clock const& clock_;
    boost::asio::any_io_executor executor_;
    mutable std::mutex mutex_;  // of what follows; taken after an entry's own lock
    std::unordered_map<std::string, entry_ptr> ids_;
    // Offsets of open transactions, by group.
    std::map<std::string, std::map<store::transaction_partition, std::int64_t>> unstable_;
};

}  // namespace sluice::kafka
