// The topics part of guarded_logs.
#include "auth/guard/guard_core.hpp"
#include "auth/guard/guarded_logs.hpp"
#include "auth/guard/readable_log.hpp"
#include "auth/identity/principal.hpp"
#include "backend/store/bucket_verbs.hpp"
#include "backend/store/log_verbs.hpp"
#include "backend/store/model/journal_name.hpp"
#include "backend/store/topic_verbs.hpp"

namespace sluice::auth {
namespace {

// Topics looked at in one step of a listing.
constexpr std::size_t listing_step = 1000;

principal_id owner_of(guard_core& core, std::string const& topic) {
    auto const found = core.engine.logs().find(topic);
    return found ? found->describe()->info.owner : principal_id{};
}

refusal no_such_topic() {
    return refusal(failure{error::not_found, "the topic does not exist"});
}

// Decides with the topic's owner; a denial is recorded before it is answered.
task<guarded<decision>> permit_on_topic(guard_core& core, caller const& who, intent wanted) {
    auto const decided = core.decide(who, wanted, owner_of(core, wanted.name));
    if (!decided.allowed()) co_return co_await core.deny(who, wanted, decided);
    core.allowed.fetch_add(1, std::memory_order_relaxed);
    co_return decided;
}

task<guarded<void>> permit(guard_core& core, caller const& who, intent wanted) {
    auto const decided = core.decide(who, wanted);
    if (!decided.allowed()) co_return co_await core.deny(who, wanted, decided);
    core.allowed.fetch_add(1, std::memory_order_relaxed);
    co_return guarded<void>();
}

}  // namespace

task<guarded<store::topic_info>> guarded_logs::create(caller const& who, create_request request) {
    auto const wanted = on_topic(action::create, request.name);
    // Owning the topic that is there gives no right to make it again.
    auto decided = core_.decide(who, wanted);
    // Whoever may make topics at all may make this one, unless a rule about it says no.
    if (decided.rule == built_in::default_deny)
        if (auto const any = core_.decide(who, on_cluster(action::create)); any.allowed())
            decided = any;
    if (!decided.allowed()) co_return co_await core_.deny(who, wanted, decided);
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    store::create_topic_request of_store;
    of_store.name = std::move(request.name);
    of_store.partitions = request.partitions;
    of_store.settings = std::move(request.settings);
    of_store.retention = request.retention;
    of_store.owner = who.id();
    of_store.validate_only = request.validate_only;
    if (!request.validate_only)
        of_store.audit.push_back(core_.write_record(who, wanted, decided));
    auto made = co_await store::create_topic(core_.engine, std::move(of_store));
    if (made.has_value()) co_return std::move(*made);
    co_return co_await core_.failed(who, wanted, decided, std::move(made).error());
}

task<guarded<store::topic_info>> guarded_logs::drop(caller const& who, std::string name) {
    auto const wanted = on_topic(action::drop, name);
    auto const decided = co_await permit_on_topic(core_, who, wanted);
    if (decided.has_error()) co_return decided.error();
    store::drop_topic_request request;
    request.name = std::move(name);
    request.of_server = who.id() == system_id;
    request.audit.push_back(core_.write_record(who, wanted, *decided));
    auto dropped = co_await store::drop_topic(core_.engine, std::move(request));
    if (dropped.has_value()) co_return std::move(*dropped);
    co_return co_await core_.failed(who, wanted, *decided, std::move(dropped).error());
}

task<guarded<store::topic_info>> guarded_logs::change_settings(caller const& who,
                                                               std::string name,
                                                               settings_change change,
                                                               bool validate_only) {
    auto const wanted = on_topic(action::alter, name);
    auto const decided = co_await permit_on_topic(core_, who, wanted);
    if (decided.has_error()) co_return decided.error();
    store::change_topic_request request;
    request.name = std::move(name);
    request.change = [&change](store::topic_info const& now) -> result<store::changed_topic> {
        SLUICE_TRY(auto made, change(now));
        return store::changed_topic{std::move(made.settings), made.retention};
    };
    request.validate_only = validate_only;
    if (!validate_only) request.audit.push_back(core_.write_record(who, wanted, *decided));
    auto changed = co_await store::change_topic(core_.engine, std::move(request));
    if (changed.has_value()) co_return std::move(*changed);
    co_return co_await core_.failed(who, wanted, *decided, std::move(changed).error());
}

task<guarded<store::topic_info>> guarded_logs::add_partitions(caller const& who, std::string name,
                                                              std::uint32_t partitions,
                                                              bool validate_only) {
    auto const wanted = on_topic(action::alter, name);
    auto const decided = co_await permit_on_topic(core_, who, wanted);
    if (decided.has_error()) co_return decided.error();
    store::grow_topic_request request;
    request.name = std::move(name);
    request.partitions = partitions;
    request.validate_only = validate_only;
    if (!validate_only) request.audit.push_back(core_.write_record(who, wanted, *decided));
    auto grown = co_await store::grow_topic(core_.engine, std::move(request));
    if (grown.has_value()) co_return std::move(*grown);
    co_return co_await core_.failed(who, wanted, *decided, std::move(grown).error());
}

task<guarded<store::topic_info>> guarded_logs::find(caller const& who, std::string name) {
    auto const wanted = on_topic(action::describe, name);
    auto const decided = co_await permit_on_topic(core_, who, wanted);
    if (decided.has_error()) co_return decided.error();
    auto const counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return counted.error();
    auto const topic = core_.engine.logs().find(name);
    if (!topic) co_return no_such_topic();
    co_return topic->describe()->info;
}

task<guarded<store::topic_info>> guarded_logs::find(caller const& who, store::topic_uuid uuid) {
    auto const topic = core_.engine.logs().find(uuid);
    // Whoever knows a number of 128 random bits learns nothing from this.
    if (!topic) co_return no_such_topic();
    co_return co_await find(who, topic->name());
}

task<guarded<std::vector<store::topic_info>>> guarded_logs::list(caller const& who,
                                                                 std::string after,
                                                                 std::size_t most) {
    std::vector<store::topic_info> visible;
    std::optional<decision> by;
    while (visible.size() < most) {
        auto const page = core_.engine.logs().list(after, listing_step);
        if (page.empty()) break;
        for (auto const& topic : page) {
            after = topic->name();
            auto const what = topic->describe();
            auto const wanted = on_topic(action::describe, topic->name());
            auto const decided = core_.decide(who, wanted, what->info.owner);
            if (!decided.allowed()) continue;
            by = decided;
            visible.push_back(what->info);
            if (visible.size() == most) break;
        }
    }
    if (by) {
        core_.allowed.fetch_add(1, std::memory_order_relaxed);
        auto const listing = on_cluster(action::list);
        auto const counted = co_await core_.count_read(who, listing, *by);
        if (counted.has_error()) co_return counted.error();
    }
    co_return visible;
}

task<guarded<void>> guarded_logs::permit_topic(caller const& who, action verb, std::string name) {
    auto const decided = co_await permit_on_topic(core_, who, on_topic(verb, std::move(name)));
    if (decided.has_error()) co_return decided.error();
    co_return guarded<void>();
}

task<guarded<void>> guarded_logs::permit_group(caller const& who, action verb, std::string group) {
    return permit(core_, who, on_group(verb, std::move(group)));
}

task<guarded<void>> guarded_logs::permit_cluster(caller const& who, action verb) {
    return permit(core_, who, on_cluster(verb));
}

bool guarded_logs::may_topic(caller const& who, action verb, std::string const& name,
                             std::string_view operation) const {
    auto wanted = on_topic(verb, name);
    wanted.operation = operation;
    return core_.decide(who, wanted, owner_of(core_, name)).allowed();
}

bool guarded_logs::may_group(caller const& who, action verb, std::string const& group) const {
    return core_.decide(who, on_group(verb, group)).allowed();
}

bool guarded_logs::may_cluster(caller const& who, action verb, std::string_view operation) const {
    auto wanted = on_cluster(verb);
    wanted.operation = operation;
    return core_.decide(who, wanted).allowed();
}

task<guarded<readable_log>> guarded_logs::open(caller const& who, std::string name) {
    auto const wanted = on_topic(action::read_log, name);
    auto const decided = co_await permit_on_topic(core_, who, wanted);
    if (decided.has_error()) co_return decided.error();
    auto const counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return counted.error();
    auto topic = core_.engine.logs().find(name);
    if (!topic) co_return no_such_topic();
    co_return readable_log(
        std::make_unique<readable_log::implementation>(core_.engine, std::move(topic)));
}

task<guarded<log_offset>> guarded_logs::erase_before(caller const& who, std::string name,
                                                     partition_index partition,
                                                     log_offset before) {
    auto const wanted = on_topic(action::delete_, name);
    auto const decided = co_await permit_on_topic(core_, who, wanted);
    if (decided.has_error()) co_return decided.error();
    store::erase_log_request request;
    request.topic = core_.engine.logs().find(name);
    if (!request.topic)
        co_return co_await core_.failed(who, wanted, *decided, no_such_topic());
    request.partition = partition;
    request.before = before;
    request.of_server = who.id() == system_id;
    request.audit.push_back(core_.write_record(who, wanted, *decided));
    auto erased = co_await store::erase_log_before(core_.engine, std::move(request));
    if (erased.has_value()) co_return *erased;
    co_return co_await core_.failed(who, wanted, *decided, std::move(erased).error());
}

std::vector<guarded_logs::journal> guarded_logs::journals() const {
    std::vector<journal> out;
    for (std::string after(store::journal_prefix);;) {
        auto const page = core_.engine.logs().list(after, listing_step);
        for (auto const& topic : page) {
            if (!store::is_journal(topic->name())) return out;
            out.push_back({topic->name(), topic->partition(partition_index{0})->bounds()});
        }
        if (page.size() < listing_step) return out;
        after = page.back()->name();
    }
}

task<guarded<void>> guarded_logs::keep_journal(caller const& who, std::string bucket) {
    auto const found = co_await store::head_bucket(core_.engine, bucket);
    if (found.has_error())
        co_return co_await core_.missing(bucket, missing_thing::bucket, found.error());
    auto name = store::journal_name(bucket, found->id);
    if (core_.engine.logs().find(name)) co_return guarded<void>();
    auto const wanted = on_bucket(action::alter, bucket);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    store::create_topic_request request;
    request.name = std::move(name);
    request.owner = system_id;
    request.of_server = true;
    request.audit.push_back(core_.write_record(who, wanted, *decided));
    auto const made = co_await store::create_topic(core_.engine, std::move(request));
    // Somebody else made it meanwhile.
    if (made.has_value() || made.error().code == error::already_exists) co_return guarded<void>();
    co_return co_await core_.failed(who, wanted, *decided, made.error());
}

task<guarded<std::uint64_t>> guarded_logs::log_bytes(caller const& who, std::string name,
                                                     partition_index partition) {
    auto const allowed = co_await permit(core_, who, on_cluster(action::describe));
    if (allowed.has_error()) co_return allowed.error();
    auto topic = core_.engine.logs().find(name);
    if (!topic) co_return no_such_topic();
    auto bytes = co_await store::log_bytes(core_.engine, std::move(topic), partition);
    if (bytes.has_error()) co_return refusal(std::move(bytes).error());
    co_return *bytes;
}

task<result<void>> guarded_logs::wait_for_more(std::vector<position> known,
                                               std::chrono::milliseconds most) {
    std::vector<store::log_position> positions;
    positions.reserve(known.size());
    for (auto const& one : known) {
        auto topic = core_.engine.logs().find(one.topic);
        if (!topic) co_return success();   // dropped
        positions.push_back({std::move(topic), one.partition, one.end});
    }
    co_return co_await store::wait_for_more(core_.engine, std::move(positions), most);
}

}  // namespace sluice::auth
