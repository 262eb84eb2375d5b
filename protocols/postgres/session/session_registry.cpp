#include "protocols/postgres/session/session_registry.hpp"

#include <limits>

#include "gateway/core/crypto.hpp"

namespace sluice::postgres {

session_registry::session_registry(std::size_t most, random_source& random)
    : most_(most), random_(random) {}

result<session_registry::ticket> session_registry::add(session_facts facts, std::size_t key_bytes) {
    std::string key(key_bytes, '\0');
    random_.fill(std::as_writable_bytes(std::span(key)));
    std::lock_guard const lock(mutex_);
    if (entries_.size() >= most_) return failure{error::overloaded, "limits.pg_sessions reached"};
    do last_id_ = last_id_ == std::numeric_limits<std::int32_t>::max() ? 1 : last_id_ + 1;
    while (entries_.contains(last_id_));
    facts.process_id = last_id_;
    entries_.emplace(last_id_, entry{std::move(facts), key, {}});
    return ticket(*this, last_id_, std::move(key));
}

bool session_registry::cancel(std::int32_t process_id, std::string_view secret_key) {
    std::lock_guard const lock(mutex_);
    auto const found = entries_.find(process_id);
    if (found == entries_.end() || !constant_time_equal(found->second.key, secret_key))
        return false;
    if (found->second.cancel) found->second.cancel();
    return true;
}

std::vector<session_facts> session_registry::all() const {
    std::lock_guard const lock(mutex_);
    std::vector<session_facts> out;
    out.reserve(entries_.size());
    for (auto const& [id, each] : entries_) out.push_back(each.facts);
    return out;
}

std::size_t session_registry::size() const {
    std::lock_guard const lock(mutex_);
    return entries_.size();
}

void session_registry::remove(std::int32_t process_id) {
    std::lock_guard const lock(mutex_);
    entries_.erase(process_id);
}

void session_registry::set(std::int32_t process_id, std::function<void()> cancel) {
    std::lock_guard const lock(mutex_);
    entries_.at(process_id).cancel = std::move(cancel);
}

}  // namespace sluice::postgres
