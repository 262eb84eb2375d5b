// The record_port over the store's record verbs. Thread rule and lifetime: as the engine's.
#pragma once

#include "auth/identity/record_port.hpp"
#include "auth/policy/access_registry.hpp"
#include "gateway/core/blocking_token.hpp"

namespace sluice::store {
class engine;
}

namespace sluice::auth {

class store_record_port final : public record_port {
public:
    explicit store_record_port(store::engine& engine) noexcept : engine_(engine) {}

    task<result<std::vector<stored_record>>> load(record_kind kind) override;
    task<result<void>> commit(std::vector<record_change> changes,
                              std::vector<std::string> audit_records) override;

private:
    store::engine& engine_;
};

// Everything at once, before anything is served.
result<stored_access> load_stored_access(store::engine& engine, blocking_token token);

}  // namespace sluice::auth
