// Transactions over logs behind the door (KIP-98). Resource kind: transaction, by transactional id;
// verb append for whoever produces under the id, describe for whoever looks. What the coordinator
// does for itself (timeouts, what it keeps) is not decided: whoever asked was. Thread rule: any
// executor; one object for the whole server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "auth/guard/caller.hpp"
#include "auth/guard/refusal.hpp"
#include "auth/policy/actions.hpp"
#include "backend/store/model/transaction_types.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class guard_core;

class guarded_transactions {
public:
    explicit guarded_transactions(guard_core& core) noexcept : core_(core) {}

    // ---- decisions ----------------------------------------------------------------------------
    // Recorded if denied.
    task<guarded<void>> permit(caller const& who, action verb, std::string id);
    // For listings, which leave out what the caller may not see.
    bool may(caller const& who, action verb, std::string const& id) const;

    // ---- for callers --------------------------------------------------------------------------
    // Verb append; the record of it is in the commit.
    task<guarded<void>> end(caller const& who, store::transaction_ending ending);
    // Verbs append on the transaction, commit_offset on the group and read_log on each topic: an
    // answer per offset. They are the group's once the transaction commits.
    task<std::vector<guarded<void>>> save_offsets(caller const& who, std::string id,
                                                  std::string group,
                                                  std::vector<store::committed_offset> offsets);
    // Verb admin on the cluster: ends what hangs in these partitions, and nothing of a coordinator.
    // An answer per partition: not_found; conflict: the producer wrote there in a later epoch.
    task<std::vector<guarded<void>>> write_markers(caller const& who,
                                                   store::transaction_ending ending);
    // Verb read_log on the topic. not_found.
    task<guarded<std::vector<store::active_producer>>> producers(caller const& who,
                                                                 std::string topic,
                                                                 partition_index partition);

    // ---- for the coordinator ------------------------------------------------------------------
    result<std::int64_t> new_producer_id();
    task<result<void>> end_unasked(store::transaction_ending ending);
    task<result<void>> save(store::saved_transaction what);
    task<result<void>> remove(std::string id);
    task<result<std::vector<store::saved_transaction>>> saved(std::string after, std::size_t most);
    task<result<std::vector<store::saved_transaction_offset>>> saved_offsets();
    std::vector<store::open_transaction_part> open() const;
    // nullopt: it is gone.
    std::optional<std::string> topic_name(dataset_id topic) const;
    std::optional<dataset_id> topic_id(std::string const& name) const;

private:
    guard_core& core_;
};

}  // namespace sluice::auth
