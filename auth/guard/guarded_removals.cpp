// Deletions: of one object, of many in one request, and past retention under governance.
#include "auth/guard/guard_core.hpp"
#include "auth/guard/guarded_objects.hpp"
#include "auth/guard/object_access.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/object_verbs.hpp"

namespace sluice::auth {
namespace {

action verb_of(guarded_objects::removal const& what) noexcept {
    return what.version ? action::delete_version : action::delete_;
}

intent bypass_of(std::string const& bucket, std::string const& key) {
    return on_object(action::bypass_retention, bucket, key);
}

// Whether the bypass is permitted, and the record of that.
task<result<bool>> allow_bypass(guard_core& core, caller const& who, intent const& bypass,
                                std::vector<std::string>& records) {
    SLUICE_CO_TRY(auto const decided, co_await core.decide_on_bucket(who, bypass));
    if (!decided.allowed()) co_return false;
    core.allowed.fetch_add(1, std::memory_order_relaxed);
    records.push_back(core.write_record(who, bypass, decided));
    co_return true;
}

std::string encode_denial(guard_core& core, caller const& who, intent const& wanted,
                          decision decided) {
    core.denied.fetch_add(1, std::memory_order_relaxed);
    return encode(core.record_of(who, wanted, decided));
}

}  // namespace

task<guarded<store::deletion>> guarded_objects::remove(caller const& who, std::string bucket,
                                                       removal what,
                                                       store::object_announcer announce) {
    auto const wanted = on_object(verb_of(what), bucket, what.key);
    for (int look = 1;; ++look) {
        auto permitted = co_await permit_change(core_, who, wanted, what.version);
        if (permitted.has_error()) co_return std::move(permitted).error();
        bool stale = false;
        store::delete_object_request request;
        request.bucket = bucket;
        request.key = what.key;
        request.version = what.version;
        request.when = what.when;
        request.announce = announce;
        if (permitted->facts) request.check = permitted->facts->check(stale);
        request.audit.push_back(core_.write_record(who, wanted, permitted->decided));
        if (what.bypasses_governance) {
            auto const wishes = bypass_of(bucket, request.key);
            auto may = co_await allow_bypass(core_, who, wishes, request.audit);
            if (may.has_error()) co_return refusal(std::move(may).error());
            request.bypasses_governance = *may;
        }
        auto removed = co_await store::delete_object(core_.engine, std::move(request));
        if (removed.has_value()) co_return *removed;
        if (stale && look < looks_at_object) continue;
        auto answer =
            co_await core_.failed(who, wanted, permitted->decided, std::move(removed).error());
        co_return co_await core_.missing(std::move(bucket), missing_thing::object,
                                         std::move(answer));
    }
}

namespace {

// Several deletions, each decided by itself, and their one request to the store.
class removal_plan {
public:
    removal_plan(guard_core& core, caller const& who, std::string bucket, std::size_t items,
                 store::object_announcer announce)
        : core_(core),
          who_(who),
          answers_(items, guarded<store::deletion>(store::deletion{})),
          stale_(items, 0) {
        request_.bucket = std::move(bucket);
        request_.announce = std::move(announce);
        permitted_.reserve(items);  // the checks refer into it
    }

    task<result<void>> add(std::size_t place, guarded_objects::removal const& what);
    task<result<void>> carry_out();
    // What was changed between the decision and the deletion: decided anew by itself.
    std::vector<std::size_t> overtaken() const;
    std::vector<guarded<store::deletion>>& answers() noexcept { return answers_; }

private:
    struct permitted_item {
        std::size_t place;  // in answers_
        intent wanted;
        permitted_change by;
    };
    task<void> refuse(std::size_t place, intent const& wanted, decision decided);

    guard_core& core_;
    caller const& who_;
    store::delete_objects_request request_;
    std::vector<guarded<store::deletion>> answers_;
    std::vector<permitted_item> permitted_;
    std::vector<char> stale_;           // per answer; no vector of bits: the checks refer to it
    std::vector<std::string> records_;  // denials, then failures
};

task<void> removal_plan::refuse(std::size_t place, intent const& wanted, decision decided) {
    answers_[place] =
        refusal(failure{error::permission_denied, "denied by " + rule_label(decided.rule)});
    if (who_.is_anonymous()) co_await core_.deny(who_, wanted, decided);
    else records_.push_back(encode_denial(core_, who_, wanted, decided));
}

task<result<void>> removal_plan::add(std::size_t place, guarded_objects::removal const& what) {
    auto wanted = on_object(verb_of(what), request_.bucket, what.key);
    auto decided = co_await decide_change(core_, who_, wanted, what.version);
    if (decided.has_error() && decided.error().missing == missing_thing::nothing)
        co_return std::move(decided).error();
    if (decided.has_error()) {
        answers_[place] = std::move(decided).error();
        co_return success();
    }
    if (!decided->decided.allowed()) {
        co_await refuse(place, wanted, decided->decided);
        co_return success();
    }
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    auto& mine = permitted_.emplace_back(
        permitted_item{place, std::move(wanted), std::move(*decided)});
    auto& item = request_.items.emplace_back();
    item.key = what.key;
    item.when = what.when;
    item.version = what.version;
    if (mine.by.facts)
        item.check = [&mine, this](store::object_attributes const* object) -> result<void> {
            bool stale = false;
            auto checked = mine.by.facts->check(stale)(object);
            stale_[mine.place] = stale ? 1 : 0;
            return checked;
        };
    item.audit.push_back(core_.write_record(who_, mine.wanted, mine.by.decided));
    if (!what.bypasses_governance) co_return success();
    auto const wishes = bypass_of(request_.bucket, item.key);
    SLUICE_CO_TRY(item.bypasses_governance,
                  co_await allow_bypass(core_, who_, wishes, item.audit));
    co_return success();
}

task<result<void>> removal_plan::carry_out() {
    if (request_.items.empty()) co_return co_await core_.audit.append(std::move(records_));
    auto const bucket = request_.bucket;
    auto removed = co_await store::delete_objects(core_.engine, std::move(request_));
    for (std::size_t i = 0; i < permitted_.size(); ++i) {
        auto const& mine = permitted_[i];
        if (removed.has_value() && (*removed)[i].has_value()) {
            answers_[mine.place] = *(*removed)[i];
            continue;
        }
        if (stale_[mine.place] != 0) continue;
        auto why = removed.has_error() ? removed.error() : (*removed)[i].error();
        auto record = core_.record_of(who_, mine.wanted, mine.by.decided);
        record.status = name_of(why.code);
        records_.push_back(encode(record));
        answers_[mine.place] =
            co_await core_.missing(bucket, missing_thing::object, std::move(why));
    }
    co_return co_await core_.audit.append(std::move(records_));
}

std::vector<std::size_t> removal_plan::overtaken() const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < stale_.size(); ++i)
        if (stale_[i] != 0) out.push_back(i);
    return out;
}

}  // namespace

task<guarded<std::vector<guarded<store::deletion>>>> guarded_objects::remove_many(
    caller const& who, std::string bucket, std::vector<removal> items,
    store::object_announcer announce) {
    if (items.size() > core_.engine.limits().list_page)
        co_return refusal(failure{error::too_large, "too many objects in one request"});
    removal_plan plan(core_, who, bucket, items.size(), announce);
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto added = co_await plan.add(i, items[i]);
        if (added.has_error()) co_return refusal(std::move(added).error());
    }
    auto done = co_await plan.carry_out();
    if (done.has_error()) co_return refusal(std::move(done).error());
    for (auto const i : plan.overtaken()) {
        auto again = co_await remove(who, bucket, std::move(items[i]), announce);
        plan.answers()[i] = std::move(again);
    }
    co_return std::move(plan.answers());
}

task<guarded<bool>> guarded_objects::may_bypass_retention(caller const& who, std::string bucket,
                                                          std::string key) {
    auto const wanted = bypass_of(bucket, key);
    std::vector<std::string> records;
    auto may = co_await allow_bypass(core_, who, wanted, records);
    if (may.has_error()) co_return refusal(std::move(may).error());
    if (!*may) co_return false;
    auto written = co_await core_.audit.append(std::move(records));
    if (written.has_error()) co_return refusal(std::move(written).error());
    co_return true;
}

}  // namespace sluice::auth
