#include "auth/guard/guarded_buckets.hpp"

#include "auth/guard/guard_core.hpp"
#include "auth/guard/policy_documents.hpp"
#include "backend/store/bucket_verbs.hpp"
#include "gateway/core/log.hpp"

namespace sluice::auth {
namespace {

// Pages looked at for one answer when most buckets are hidden from the caller.
constexpr int pages_per_listing = 100;  // limits.hidden_bucket_pages

bool may_see(guard_core& core, caller const& who, store::bucket_info const& bucket, decision& by) {
    for (auto verb : {action::list, action::describe}) {
        auto decided = core.decide(who, on_bucket(verb, bucket.name), bucket.owner);
        if (!decided.allowed()) continue;
        by = decided;
        return true;
    }
    return false;
}

// The visible buckets of as many pages as the answer needs. `by`: the decision that showed one of
// them.
task<guarded<store::bucket_page>> visible_buckets(guard_core& core, caller const& who,
                                                  guarded_buckets::list_request request,
                                                  decision& by) {
    store::bucket_page out;
    store::list_buckets_request of_store{request.prefix, request.after, request.max_buckets};
    for (int pages = 0;; ++pages) {
        auto page = co_await store::list_buckets(core.engine, of_store);
        if (page.has_error()) co_return refusal(std::move(page).error());
        for (auto& bucket : page->buckets) {
            of_store.after = bucket.name;
            if (!may_see(core, who, bucket, by)) continue;
            if (out.buckets.size() == request.max_buckets) {
                out.truncated = true;
                co_return out;
            }
            out.buckets.push_back(std::move(bucket));
        }
        if (!page->truncated) co_return out;
        if (pages == pages_per_listing)
            co_return refusal(
                failure{error::overloaded, "too many buckets are hidden from this principal"});
    }
}

}  // namespace

task<guarded<store::bucket_page>> guarded_buckets::visible(caller const& who,
                                                           list_request request) {
    auto const wanted = on_cluster(action::list);
    auto decided = core_.decide(who, wanted);
    // One that sees them all needs no look at each.
    if (decided.allowed()) co_return co_await list(who, std::move(request));
    auto page = co_await visible_buckets(core_, who, std::move(request), decided);
    if (page.has_error() || !decided.allowed()) co_return page;
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    auto const counted = co_await core_.count_read(who, wanted, decided);
    if (counted.has_error()) co_return counted.error();
    co_return page;
}

task<guarded<store::bucket_page>> guarded_buckets::list(caller const& who, list_request request) {
    auto const wanted = on_cluster(action::list);
    auto decided = core_.decide(who, wanted);
    guarded<store::bucket_page> page = store::bucket_page{};
    if (decided.allowed()) {
        store::list_buckets_request all{request.prefix, request.after, request.max_buckets};
        auto listed = co_await store::list_buckets(core_.engine, std::move(all));
        if (listed.has_error()) co_return refusal(std::move(listed).error());
        page = std::move(*listed);
    } else if (decided.rule == built_in::default_deny && !who.is_anonymous()) {
        page = co_await visible_buckets(core_, who, std::move(request), decided);
        if (page.has_error()) co_return std::move(page).error();
    }
    if (!decided.allowed()) co_return co_await core_.deny(who, wanted, decided);
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    auto counted = co_await core_.count_read(who, wanted, decided);
    if (counted.has_error()) co_return std::move(counted).error();
    co_return page;
}

task<guarded<store::bucket_info>> guarded_buckets::create(caller const& who, std::string name,
                                                          std::string settings,
                                                          store::versioning versions,
                                                          std::string access) {
    auto const wanted = on_bucket(action::create, name);
    // Not decide_on_bucket: owning the bucket that is there gives no right to make it again.
    auto const decided = core_.decide(who, wanted);
    if (!decided.allowed()) co_return co_await core_.deny(who, wanted, decided);
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    // In turn with changes of policy, so that none is put for a bucket that another one follows.
    auto turn = co_await core_.registry.take_turn();
    if (turn.has_error())
        co_return co_await core_.failed(who, wanted, decided, std::move(turn).error());
    auto const clean = co_await erase_left_policy(core_, *turn, name);
    if (clean.has_error())
        co_return co_await core_.failed(who, wanted, decided, failure(clean.error()));
    store::create_bucket_request request;
    request.name = std::move(name);
    request.owner = who.id();
    request.settings = std::move(settings);
    request.versions = versions;
    request.access = std::move(access);
    request.audit.push_back(core_.write_record(who, wanted, decided));
    auto made = co_await store::create_bucket(core_.engine, std::move(request));
    if (made.has_error())
        co_return co_await core_.failed(who, wanted, decided, std::move(made).error());
    co_return std::move(*made);
}

task<guarded<store::bucket_info>> guarded_buckets::head(caller const& who, std::string name) {
    auto const wanted = on_bucket(action::describe, name);
    auto decided = co_await core_.decide_on_bucket(who, wanted);
    if (decided.has_value() && !decided->allowed()) {
        auto const listing = on_bucket(action::list, name);
        auto by_list = co_await core_.decide_on_bucket(who, listing);
        if (by_list.has_error() || by_list->allowed()) decided = std::move(by_list);
    }
    if (decided.has_error()) co_return refusal(std::move(decided).error());
    if (!decided->allowed()) co_return co_await core_.deny(who, wanted, *decided);
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    auto counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return std::move(counted).error();
    auto found = co_await store::head_bucket(core_.engine, std::move(name));
    if (found.has_value()) co_return std::move(*found);
    if (found.error().code == error::not_found)
        co_return refusal(missing_thing::bucket, std::move(found.error().text));
    co_return refusal(std::move(found).error());
}

task<guarded<store::bucket_info>> guarded_buckets::change_settings(caller const& who,
                                                                   std::string name,
                                                                   std::string settings,
                                                                   std::optional<lsn> expected,
                                                                   std::optional<std::string> access) {
    auto const wanted = on_bucket(action::alter, name);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    store::change_bucket_request request;
    request.name = name;
    request.settings = std::move(settings);
    request.expected = expected;
    request.access = std::move(access);
    request.audit.push_back(core_.write_record(who, wanted, *decided));
    auto changed = co_await store::change_bucket_settings(core_.engine, std::move(request));
    if (changed.has_value()) co_return std::move(*changed);
    auto answer = co_await core_.failed(who, wanted, *decided, std::move(changed).error());
    co_return co_await core_.missing(std::move(name), missing_thing::nothing, std::move(answer));
}

task<guarded<store::bucket_info>> guarded_buckets::change_versioning(caller const& who,
                                                                     std::string name,
                                                                     store::versioning versions,
                                                                     std::optional<lsn> expected) {
    auto const wanted = on_bucket(action::alter, name);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    store::change_versioning_request request;
    request.name = name;
    request.versions = versions;
    request.expected = expected;
    request.audit.push_back(core_.write_record(who, wanted, *decided));
    auto changed = co_await store::change_bucket_versioning(core_.engine, std::move(request));
    if (changed.has_value()) co_return std::move(*changed);
    auto answer = co_await core_.failed(who, wanted, *decided, std::move(changed).error());
    co_return co_await core_.missing(std::move(name), missing_thing::nothing, std::move(answer));
}

task<guarded<void>> guarded_buckets::confirm(caller const& who, std::string name,
                                             std::string key) {
    auto const wanted =
        key.empty() ? on_bucket(action::alter, name) : on_object(action::update, name, key);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto found = co_await store::head_bucket(core_.engine, name);
    if (found.has_error()) {
        auto answer = co_await core_.failed(who, wanted, *decided, std::move(found).error());
        co_return co_await core_.missing(std::move(name), missing_thing::nothing,
                                         std::move(answer));
    }
    std::vector<std::string> records;
    records.push_back(core_.write_record(who, wanted, *decided));
    auto written = co_await core_.audit.append(std::move(records));
    if (written.has_error()) co_return refusal(std::move(written).error());
    co_return guarded<void>();
}

task<guarded<std::string>> guarded_buckets::settings_of(std::string name) {
    auto found = co_await store::head_bucket(core_.engine, std::move(name));
    if (found.has_value()) co_return std::move(found->settings);
    if (found.error().code == error::not_found)
        co_return refusal(missing_thing::bucket, std::move(found.error().text));
    co_return refusal(std::move(found).error());
}

task<guarded<store::bucket_info>> guarded_buckets::known(std::string name) {
    auto found = co_await store::head_bucket(core_.engine, std::move(name));
    if (found.has_value()) co_return std::move(*found);
    if (found.error().code == error::not_found)
        co_return refusal(missing_thing::bucket, std::move(found.error().text));
    co_return refusal(std::move(found).error());
}

task<guarded<void>> guarded_buckets::remove(caller const& who, std::string name) {
    auto const wanted = on_bucket(action::drop, name);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto turn = co_await core_.registry.take_turn();
    if (turn.has_error())
        co_return co_await core_.failed(who, wanted, *decided, std::move(turn).error());
    store::delete_bucket_request request;
    request.name = name;
    request.audit.push_back(core_.write_record(who, wanted, *decided));
    auto removed = co_await store::delete_bucket(core_.engine, std::move(request));
    if (removed.has_value()) {
        // What cannot be erased now, because the log is gone, goes before the name is used again.
        auto const erased = co_await erase_policy(core_, *turn, bucket_policy_name(name));
        if (erased.has_error())
            SLUICE_LOG(log_level::error, "policy of a deleted bucket not erased",
                       {"failure", erased.error()});
        co_return guarded<void>();
    }
    auto answer = co_await core_.failed(who, wanted, *decided, std::move(removed).error());
    co_return co_await core_.missing(std::move(name), missing_thing::nothing, std::move(answer));
}

}  // namespace sluice::auth
