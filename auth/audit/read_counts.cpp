#include "auth/audit/read_counts.hpp"

#include "gateway/core/assert.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::auth {
namespace {

std::int64_t second_of(unix_millis time) noexcept {
    auto millis = to_underlying(time);
    return millis >= 0 ? millis / 1000 : (millis - 999) / 1000;
}

}  // namespace

std::string read_counts::key_of(reader const& who, action verb, resource_kind kind,
                                std::string_view dataset, rule_id rule, std::int64_t second) const {
    std::string key;
    byte_writer(key)
        .little(to_underlying(who.principal))
        .little(static_cast<std::uint8_t>(verb))
        .little(static_cast<std::uint8_t>(kind))
        .little(to_underlying(rule))
        .little(second)
        .sized(who.protocol)
        .sized(who.credential_id)
        .raw(dataset);
    return key;
}

bool read_counts::count(reader const& who, action verb, resource_kind kind,
                        std::string_view dataset, rule_id rule, unix_millis now,
                        std::uint64_t times) {
    auto second = second_of(now);
    auto key = key_of(who, verb, kind, dataset, rule, second);
    std::lock_guard lock(mutex_);
    auto found = counts_.find(key);
    if (found == counts_.end()) {
        if (counts_.size() + taken_ >= places_) return false;
        read_count fresh;
        fresh.principal = who.principal;
        fresh.principal_name = who.principal_name;
        fresh.credential_id = who.credential_id;
        fresh.protocol = who.protocol;
        fresh.verb = verb;
        fresh.kind = kind;
        fresh.dataset = dataset;
        fresh.rule = rule;
        fresh.second = second;
        found = counts_.emplace(std::move(key), std::move(fresh)).first;
    }
    found->second.count += times;
    return true;
}

std::vector<read_count> read_counts::take() {
    std::vector<read_count> out;
    std::lock_guard lock(mutex_);
    out.reserve(counts_.size());
    for (auto& [key, value] : counts_) out.push_back(std::move(value));
    taken_ += counts_.size();
    counts_.clear();
    return out;
}

void read_counts::release(std::vector<read_count> const& written) {
    std::lock_guard lock(mutex_);
    SLUICE_ASSERT(taken_ >= written.size());
    taken_ -= written.size();
}

void read_counts::give_back(std::vector<read_count> unwritten) {
    std::lock_guard lock(mutex_);
    SLUICE_ASSERT(taken_ >= unwritten.size());
    taken_ -= unwritten.size();
    for (auto& value : unwritten) {
        reader who{value.principal, value.principal_name, value.credential_id, value.protocol};
        auto key = key_of(who, value.verb, value.kind, value.dataset, value.rule, value.second);
        auto [at, fresh] = counts_.try_emplace(std::move(key), value);
        if (!fresh) at->second.count += value.count;
    }
}

std::size_t read_counts::waiting() const {
    std::lock_guard lock(mutex_);
    return counts_.size() + taken_;
}

}  // namespace sluice::auth
