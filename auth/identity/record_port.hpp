// Where identity and policy keep their records: a port that wiring fills with the store's record
// verbs (the guard brings the adapter). All changes of one call and their audit records are one
// commit. Thread rule: any thread; the coroutines run on the caller's executor. Outlives its users.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

enum class record_kind : std::uint8_t {
    principal = 1,
    credential = 2,
    rule = 3,
    encryption_key = 4,
    oidc_provider = 5,
    managed_policy = 6
};

struct stored_record {
    std::string id;
    std::string value;
};

struct record_change {
    record_kind kind{};
    std::string id;
    std::optional<std::string> value;  // nullopt: erase
};

class record_port {
public:
    virtual ~record_port() = default;

    virtual task<result<std::vector<stored_record>>> load(record_kind kind) = 0;
    // Durable when it returns success. An empty list of changes writes the audit records alone.
    virtual task<result<void>> commit(std::vector<record_change> changes,
                                      std::vector<std::string> audit_records) = 0;
};

}  // namespace sluice::auth
