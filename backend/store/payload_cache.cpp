#include "backend/store/payload_cache.hpp"

namespace sluice::store {

payload_cache::payload_cache(std::size_t bytes_max, std::size_t shards)
    : shard_count_(shards),
      shard_bytes_max_(bytes_max / shards),
      shards_(std::make_unique<shard[]>(shards)) {}

chunk payload_cache::find(key const& name) {
    auto& where = shard_of(name);
    std::scoped_lock guard(where.mutex);
    auto found = where.entries.find(name);
    if (found == where.entries.end()) return {};
    where.by_use.splice(where.by_use.begin(), where.by_use, found->second);
    return found->second->bytes;
}

void payload_cache::put(key const& name, chunk bytes) {
    auto const cost = bytes.bytes().size() + entry_overhead;
    if (bytes.empty() || cost > shard_bytes_max_ / 8) return;
    auto& where = shard_of(name);
    std::list<entry> evicted;   // freed after the lock
    std::scoped_lock guard(where.mutex);
    if (where.entries.contains(name)) return;
    while (where.bytes + cost > shard_bytes_max_ && !where.by_use.empty()) {
        auto const last = std::prev(where.by_use.end());
        where.bytes -= last->bytes.bytes().size() + entry_overhead;
        where.entries.erase(last->name);
        evicted.splice(evicted.begin(), where.by_use, last);
    }
    where.by_use.push_front({name, std::move(bytes)});
    where.entries.emplace(name, where.by_use.begin());
    where.bytes += cost;
}

void payload_cache::clear() {
    for (std::size_t i = 0; i < shard_count_; ++i) {
        std::scoped_lock guard(shards_[i].mutex);
        shards_[i].entries.clear();
        shards_[i].by_use.clear();
        shards_[i].bytes = 0;
    }
}

std::size_t payload_cache::bytes() const {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < shard_count_; ++i) {
        std::scoped_lock guard(shards_[i].mutex);
        sum += shards_[i].bytes;
    }
    return sum;
}

}  // namespace sluice::store
