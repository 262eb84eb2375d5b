// Copies and renames: both read one object and write another in one commit of the store.
#include "auth/guard/admin_steps.hpp"
#include "auth/guard/capabilities.hpp"
#include "auth/guard/object_access.hpp"
#include "backend/store/object_verbs.hpp"
#include "gateway/core/encoding.hpp"

namespace sluice::auth {
namespace {

// What a copy says about its key, made under the source's lock.
class copied_key {
public:
    copied_key(guard_core& core, guarded_objects::copy_request const& request,
               std::optional<object_facts> const& facts)
        : core_(core), request_(request), facts_(facts) {}

    result<void> operator()(store::object_stat const& source, store::object_attributes& target,
                            std::string& etag) {
        stale_ = facts_ && !facts_->hold(&source.attributes);
        if (stale_) return failure{error::conflict, "the source was changed meanwhile"};
        auto const& stored = source.attributes.encryption;
        bool const was_encrypted = !stored.empty();
        auto const kind = request_.encryption.kind;
        target.encryption.clear();
        auto const* key = request_.source_customer ? &*request_.source_customer : nullptr;
        if (auto checked = check_customer_key(stored, key); checked.has_error())
            return keep(std::move(checked).error());
        if (was_encrypted != (kind != encryption_kind::none))
            return keep({key_trouble::other_form, "its bytes must be written anew"});
        if (!was_encrypted) return success();
        auto opened = open_sealing(core_, stored, key);
        if (opened.has_error()) return keep(std::move(opened).error());
        auto sealed = seal_again(core_, request_.encryption, *opened);
        if (sealed.has_error()) return keep(std::move(sealed).error());
        target.encryption = std::move(*sealed);
        SLUICE_TRY(auto const before, describe_encryption(stored));
        if (kind != encryption_kind::server_key && before.kind == encryption_kind::server_key)
            hide_digest(etag);
        return success();
    }
    std::optional<refusal>& refused() { return refused_; }
    // The source is not what the right to read it rested on.
    bool is_stale() const noexcept { return stale_; }

private:
    failure keep(refusal why) {
        refused_ = why;
        return why;
    }
    // Digits that say nothing about the bytes; how many parts there were stays.
    void hide_digest(std::string& etag) {
        std::array<std::byte, 16> bits;
        core_.random.fill(bits);
        auto const dash = std::min(etag.find('-'), etag.size());
        etag.replace(0, dash, hex_encode(bits));
    }

    guard_core& core_;
    guarded_objects::copy_request const& request_;
    std::optional<object_facts> const& facts_;
    std::optional<refusal> refused_;
    bool stale_ = false;
};

}  // namespace

task<guarded<store::object_stat>> guarded_objects::copy(caller const& who, copy_request request) {
    auto const reading = on_object(action::read, request.source_bucket, request.source_key);
    for (int look = 1;; ++look) {
        auto may_read = co_await permit_change(core_, who, reading, request.source_version);
        if (may_read.has_error()) co_return std::move(may_read).error();
        auto counted = co_await core_.count_read(who, reading, may_read->decided);
        if (counted.has_error()) co_return std::move(counted).error();
        bool stale = false;
        auto copied = co_await copy_once(who, request, may_read->facts, stale);
        if (!stale || look == looks_at_object) co_return copied;
    }
}

task<guarded<store::object_stat>> guarded_objects::copy_once(
    caller const& who, copy_request const& request, std::optional<object_facts> const& facts,
    bool& stale) {
    auto const reading = on_object(action::read, request.source_bucket, request.source_key);
    auto const writing = on_object(action::update, request.bucket, request.key);
    auto may_write = co_await core_.permit(who, writing);
    if (may_write.has_error()) co_return std::move(may_write).error();
    auto chosen = co_await permit_choice(core_, who, writing, *may_write, request.access);
    if (chosen.has_error()) co_return std::move(chosen).error();
    if (needs_built_in_key(request.encryption)) {
        auto ready = co_await ensure_built_in_key(core_);
        if (ready.has_error()) co_return std::move(ready).error();
    }
    copied_key key(core_, request, facts);
    auto trouble = access_trouble::none;
    store::copy_object_request of_store;
    of_store.adapt = std::ref(key);
    of_store.source_bucket = request.source_bucket;
    of_store.source_key = request.source_key;
    of_store.source_when = request.source_when;
    of_store.bucket = request.bucket;
    of_store.key = request.key;
    of_store.attributes = request.attributes;
    of_store.etag = request.etag;
    of_store.when = request.when;
    of_store.source_version = request.source_version;
    of_store.announce = request.announce;
    of_store.rule = rule_with_access({who.id(), request.access}, request.rule, trouble);
    of_store.audit.push_back(core_.write_record(who, writing, *may_write));
    auto copied = co_await store::copy_object(core_.engine, std::move(of_store));
    if (copied.has_value()) co_return std::move(*copied);
    stale = key.is_stale();
    // Not a failure yet: the caller writes the bytes anew, which is recorded then.
    if (key.refused() && key.refused()->key == key_trouble::other_form)
        co_return std::move(*key.refused());
    if (key.refused())
        co_return co_await refuse_change(core_, who, writing, *may_write, std::move(*key.refused()));
    refusal answer = co_await core_.failed(who, writing, *may_write, std::move(copied).error());
    answer.access = trouble;
    if (trouble != access_trouble::none) co_return answer;
    answer = co_await core_.missing(request.bucket, missing_thing::object, std::move(answer));
    if (answer.missing != missing_thing::object) co_return answer;
    answer =
        co_await core_.missing(request.source_bucket, missing_thing::object, std::move(answer));
    auto told = co_await may_know_missing(core_, who, reading, answer);
    if (told.has_error()) co_return std::move(told).error();
    co_return answer;
}

task<guarded<store::object_stat>> guarded_objects::rename(caller const& who,
                                                          rename_request request) {
    auto const leaving = on_object(action::delete_, request.bucket, request.source_key);
    auto const arriving = on_object(action::update, request.bucket, request.key);
    auto may_leave = co_await permit_change(core_, who, leaving, std::nullopt);
    if (may_leave.has_error()) co_return std::move(may_leave).error();
    auto may_arrive = co_await core_.permit(who, arriving);
    if (may_arrive.has_error()) co_return std::move(may_arrive).error();
    store::rename_object_request of_store;
    of_store.bucket = request.bucket;
    of_store.source_key = std::move(request.source_key);
    of_store.source_when = std::move(request.source_when);
    of_store.key = std::move(request.key);
    of_store.when = std::move(request.when);
    of_store.announce = std::move(request.announce);
    of_store.rule = [rule = std::move(request.rule), &facts = may_leave->facts](
                        store::bucket_info const& bucket, unix_millis at,
                        store::object_attributes& attributes) -> result<void> {
        if (facts && !facts->hold(&attributes))
            return failure{error::conflict, "the object was changed meanwhile"};
        auto access = attributes.access;  // the guard's, whatever a rule does
        auto ruled = rule ? rule(bucket, at, attributes) : success();
        attributes.access = std::move(access);
        return ruled;
    };
    of_store.audit.push_back(core_.write_record(who, leaving, may_leave->decided));
    of_store.audit.push_back(core_.write_record(who, arriving, *may_arrive));
    auto renamed = co_await store::rename_object(core_.engine, std::move(of_store));
    if (renamed.has_value()) co_return std::move(*renamed);
    auto const why = renamed.error();
    auto const recorded = co_await core_.failed(who, leaving, may_leave->decided, why);
    if (recorded.code != why.code) co_return recorded;
    refusal answer = co_await core_.failed(who, arriving, *may_arrive, why);
    answer =
        co_await core_.missing(std::move(request.bucket), missing_thing::object, std::move(answer));
    auto told = co_await may_know_missing(core_, who, leaving, answer);
    if (told.has_error()) co_return std::move(told).error();
    co_return answer;
}

}  // namespace sluice::auth
