// Reads, counted exactly per (principal, verb, dataset, second) until they are written to the audit
// log: a read costs a lock and a hash lookup, not a commit. Bounded: count() refuses when all
// places are taken by counts that are not yet written, so a reader waits or fails, and no read ever
// goes uncounted. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/policy/actions.hpp"
#include "auth/policy/rule.hpp"
#include "gateway/core/clock.hpp"

namespace sluice::auth {

struct read_count {
    principal_id principal{};
    std::string principal_name;
    std::string credential_id;
    std::string protocol;
    action verb = action::read;
    resource_kind kind = resource_kind::dataset;
    std::string dataset;
    rule_id rule{};           // decided by different rules: different counts
    std::int64_t second = 0;  // since 1970
    std::uint64_t count = 0;
};

class read_counts {
public:
    explicit read_counts(std::size_t places) : places_(places) {}

    struct reader {
        principal_id principal{};
        std::string_view principal_name;
        std::string_view credential_id;
        std::string_view protocol;
    };
    // False: full. Nothing was counted.
    [[nodiscard]] bool count(reader const& who, action verb, resource_kind kind,
                             std::string_view dataset, rule_id rule, unix_millis now,
                             std::uint64_t times = 1);

    // Moves everything out; the places stay taken until release() or give_back().
    std::vector<read_count> take();
    // What take() gave is durable.
    void release(std::vector<read_count> const& written);
    // It could not be written: counts again.
    void give_back(std::vector<read_count> unwritten);

    std::size_t waiting() const;  // places taken

private:
    std::string key_of(reader const&, action, resource_kind, std::string_view dataset, rule_id,
                       std::int64_t second) const;

    std::size_t const places_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, read_count> counts_;
    std::size_t taken_ = 0;  // counts moved out and not yet released
};

}  // namespace sluice::auth
