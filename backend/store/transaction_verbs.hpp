// Transactions over logs (KIP-98): what of them is durable. Batches of a transaction are appended like
// any others; the store knows from them which are open where. The offsets and the state of the
// coordinator are kept here, and one commit ends a transaction everywhere at once: there is no state
// in between that a crash could leave.
//
// Thread rule: any executor; the engine outlives the task.
#pragma once

#include <string>
#include <vector>

#include "backend/store/audit_records.hpp"
#include "backend/store/log_table.hpp"
#include "backend/store/model/transaction_types.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::store {

class engine;

// Partitions that are gone, and offsets of topics that are, are left out. too_large:
// limits.append_parts, limits.commit_bytes.
task<result<void>> end_transaction(engine&, transaction_ending, audit_records audit = {});

// too_large: limits.group_state_bytes, limits.group_id_bytes.
task<result<void>> save_transaction(engine&, saved_transaction);
// With the offsets it left.
task<result<void>> remove_transaction(engine&, std::string id);
// By id, after `after`; at most `most` and about 4 MiB.
task<result<std::vector<saved_transaction>>> saved_transactions(engine&, std::string after,
                                                                std::size_t most);

// An answer per offset: not_found (partition, or dropped), too_large
// (limits.offset_metadata_bytes). Failures of the commit are everybody's.
task<std::vector<result<void>>> save_transaction_offsets(engine&, std::string id,
                                                         std::vector<transaction_offset> offsets,
                                                         audit_records audit);
// All there are, of topics that exist.
task<result<std::vector<saved_transaction_offset>>> saved_transaction_offsets(engine&);

// Of all partitions.
std::vector<open_transaction_part> open_transactions(engine&);

}  // namespace sluice::store
