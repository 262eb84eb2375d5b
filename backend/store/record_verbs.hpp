// Small records of other modules in the meta family, kept opaque: principals, credentials, policy
// rules, settings. A change is one commit with its audit records, conditional if asked. Read from
// what is published.
//
// Thread rule: coroutines on any executor; the *_blocking forms are for start-up and tools.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backend/store/audit_records.hpp"
#include "backend/store/model/records.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::store {

class engine;

// nullopt: there is none.
task<result<std::optional<stored_record>>> get_record(engine&, record_name);

struct scan_records_request {
    std::string kind;
    std::string prefix;                   // of the id
    std::string after;                    // ids greater than this
    std::uint32_t max_records = 1000;     // capped by limits.list_page
};
task<result<record_page>> scan_records(engine&, scan_records_request);

struct change_records_request {
    std::vector<record_change> changes;   // at most limits.records_per_change; a name at most once
    audit_records audit;
};
// All or nothing. precondition_failed: some expectation does not hold (the text names the record).
task<result<lsn>> change_records(engine&, change_records_request);

result<std::optional<stored_record>> get_record_blocking(engine&, record_name const&,
                                                         blocking_token);
result<record_page> scan_records_blocking(engine&, scan_records_request const&, blocking_token);
// For the first start, before anything is served.
result<lsn> change_records_blocking(engine&, change_records_request, blocking_token);

}  // namespace sluice::store
