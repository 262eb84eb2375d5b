// What the handlers of transactions share: the decision on a transactional id, and the codes that
// older versions know.
#pragma once

#include <string>

#include "gateway/core/task.hpp"
#include "protocols/kafka/api/api_call.hpp"
#include "protocols/kafka/coordinator/transaction_facts.hpp"

namespace sluice::kafka {

// Versions that began with transactions version 2 (KIP-890): partitions and groups join by being
// written to, and every end of a transaction brings a new epoch.
inline constexpr int first_produce_that_adds = 12;
inline constexpr int first_offset_commit_that_adds = 5;
inline constexpr int first_end_with_new_epoch = 5;

// none, or transactional_id_authorization_failed or the trouble of finding out.
task<error_code> permit_transaction(api_call& call, auth::action verb, std::string id);

// producer_fenced came with this version of the API; before, invalid_producer_epoch.
error_code known_since(int first_with_fenced, int version, error_code error) noexcept;

}  // namespace sluice::kafka
