// The open sessions of the PostgreSQL port: their process ids, the keys that cancel what they run,
// and who they are (what pg_stat_activity shows). A CancelRequest comes on a connection of its own,
// often on another thread: the entry stays alive while it is being cancelled.
// Thread rule: any thread. Lifetime: outlives its tickets.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/core/clock.hpp"
#include "gateway/core/random.hpp"
#include "gateway/core/result.hpp"

namespace sluice::postgres {

struct session_facts {
    std::int32_t process_id = 0;
    std::string user, database, application_name, client_address;
    unix_millis began{};
    bool tls = false;
};

class session_registry {
public:
    session_registry(std::size_t most, random_source& random);

    // One session's entry, removed when it dies.
    class ticket {
    public:
        ticket(ticket&& other) noexcept
            : registry_(std::exchange(other.registry_, nullptr)),
              process_id_(other.process_id_),
              key_(std::move(other.key_)) {}
        ticket& operator=(ticket&&) = delete;
        ~ticket() {
            if (registry_) registry_->remove(process_id_);
        }
        std::int32_t process_id() const noexcept { return process_id_; }
        std::string const& secret_key() const noexcept { return key_; }
        // What a cancellation calls, on any thread, from now until the ticket dies; it must not
        // come back here.
        void on_cancel(std::function<void()> cancel) { registry_->set(process_id_, cancel); }

    private:
        friend class session_registry;
        ticket(session_registry& registry, std::int32_t process_id, std::string key)
            : registry_(&registry), process_id_(process_id), key_(std::move(key)) {}
        session_registry* registry_;
        std::int32_t process_id_;
        std::string key_;
    };

    // `key_bytes`: 4 before protocol 3.2, 32 from there on. overloaded: as many as may be.
    result<ticket> add(session_facts facts, std::size_t key_bytes);
    // Nobody is told whether the key was right; the answer is for metrics.
    bool cancel(std::int32_t process_id, std::string_view secret_key);
    std::vector<session_facts> all() const;
    std::size_t size() const;

private:
    struct entry {
        session_facts facts;
        std::string key;
        std::function<void()> cancel;
    };
    void remove(std::int32_t process_id);
    void set(std::int32_t process_id, std::function<void()> cancel);

    std::size_t const most_;
    random_source& random_;
    mutable std::mutex mutex_;
    std::map<std::int32_t, entry> entries_;
    std::int32_t last_id_ = 0;
};

}  // namespace sluice::postgres
