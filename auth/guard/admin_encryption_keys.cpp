#include "auth/guard/admin_steps.hpp"
#include "auth/guard/guarded_admin.hpp"

namespace sluice::auth {
namespace {

intent on_key(std::string_view id) {
    auto wanted = on_cluster(action::admin);
    wanted.part = "encryption-key:" + std::string(id);  // for the record
    return wanted;
}

encryption_key_summary summary_of(named_key const& key) {
    return {key.id, key.enabled, key.id == built_in_key, key.created};
}

// Durable with its record, then on the ring.
task<guarded<void>> store_key(guard_core& core, caller const& who, intent const& wanted,
                              admin_turn const& mine, named_key key) {
    std::vector<record_change> changes;
    changes.push_back({record_kind::encryption_key, key.id, encode(key)});
    std::vector<std::string> records;
    records.push_back(core.write_record(who, wanted, mine.decided));
    auto written = co_await core.port.commit(std::move(changes), std::move(records));
    if (written.has_error())
        co_return co_await core.failed(who, wanted, mine.decided, std::move(written).error());
    auto kept = core.keys.put(std::move(key));
    if (kept.has_error()) co_return refusal(std::move(kept).error());
    co_return guarded<void>();
}

}  // namespace

task<guarded<encryption_key_summary>> guarded_admin::create_encryption_key(caller const& who,
                                                                           std::string id) {
    auto const wanted = on_key(id);
    auto const mine = co_await begin_change(core_, who, wanted);
    if (mine.has_error()) co_return mine.error();
    std::optional<failure> why;
    if (auto named = check_key_id(id); named.has_error()) why = named.error();
    else if (core_.keys.find(id))
        why.emplace(error::already_exists, "there is an encryption key '" + id + "'");
    else if (core_.keys.list().size() >= key_ring::keys_max)
        why.emplace(error::too_large, "there are as many encryption keys as there may be");
    if (why) {
        refusal told(std::move(*why));
        co_return co_await refuse_change(core_, who, wanted, mine->decided, std::move(told));
    }
    auto made = core_.keys.make(std::move(id), core_.clock.now(), core_.random);
    auto out = summary_of(made);
    auto stored = co_await store_key(core_, who, wanted, *mine, std::move(made));
    if (stored.has_error()) co_return std::move(stored).error();
    co_return out;
}

task<guarded<std::vector<encryption_key_summary>>> guarded_admin::list_encryption_keys(
    caller const& who) {
    auto const wanted = on_cluster(action::admin);
    auto const decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return decided.error();
    auto counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return std::move(counted).error();
    std::vector<encryption_key_summary> out;
    for (auto const& key : core_.keys.list()) out.push_back(summary_of(key));
    co_return out;
}

task<guarded<void>> guarded_admin::set_encryption_key_enabled(caller const& who, std::string id,
                                                              bool enabled) {
    auto const wanted = on_key(id);
    auto const mine = co_await begin_change(core_, who, wanted);
    if (mine.has_error()) co_return mine.error();
    auto found = core_.keys.find(id);
    std::optional<failure> why;
    if (id == built_in_key)
        why.emplace(error::invalid_argument, "'" + id + "' is built in and stays enabled");
    else if (!found)
        why.emplace(error::not_found, "there is no encryption key '" + id + "'");
    if (why) {
        refusal told(std::move(*why));
        co_return co_await refuse_change(core_, who, wanted, mine->decided, std::move(told));
    }
    found->enabled = enabled;
    co_return co_await store_key(core_, who, wanted, *mine, *std::move(found));
}

}  // namespace sluice::auth
