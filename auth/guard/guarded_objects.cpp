#include "auth/guard/guarded_objects.hpp"

#include "auth/guard/admin_steps.hpp"
#include "auth/guard/capabilities.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/object_verbs.hpp"
#include "gateway/core/encoding.hpp"

namespace sluice::auth {
namespace {

action verb_of(guarded_objects::removal const& what) noexcept {
    return what.version ? action::delete_version : action::delete_;
}

failure too_many_writes() { return failure{error::overloaded, "too many writes are under way"}; }

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

task<guarded<void>> may_know_missing(guard_core& core, caller const& who, intent const& wanted,
                                     refusal const& found) {
    if (found.missing != missing_thing::object) co_return guarded<void>();
    auto const listing = on_object(action::list, wanted.name, wanted.part);
    auto decided = co_await core.decide_on_bucket(who, listing);
    if (decided.has_error()) co_return refusal(std::move(decided).error());
    if (!decided->allowed()) co_return co_await core.deny(who, wanted, *decided);
    co_return guarded<void>();
}

store::list_objects_request to_store(guarded_objects::list_request request) {
    store::list_objects_request out;
    out.bucket = std::move(request.bucket);
    out.prefix = std::move(request.prefix);
    out.delimiter = std::move(request.delimiter);
    out.after = std::move(request.after);
    out.max_entries = request.max_entries;
    out.with_attributes = request.with_attributes;
    return out;
}

task<guarded<readable_object>> guarded_objects::open(caller const& who, std::string bucket,
                                                     std::string key,
                                                     std::optional<object_version> version) {
    auto const wanted = on_object(action::read, bucket, key);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    // Named: g++ 12 copies a braced temporary of an awaited expression byte by byte.
    store::open_object_request request{bucket, std::move(key)};
    request.version = version;
    request.opens_delete_markers = true;
    auto opened = co_await store::open_object(core_.engine, std::move(request));
    std::optional<refusal> answer;
    if (opened.has_error()) {
        answer = co_await core_.missing(std::move(bucket), missing_thing::object,
                                        std::move(opened).error());
    } else if (opened->stat().is_delete_marker) {
        answer = refusal(missing_thing::object, "a delete marker");
    }
    if (answer) {
        auto told = co_await may_know_missing(core_, who, wanted, *answer);
        if (told.has_error()) co_return std::move(told).error();
    }
    auto counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return std::move(counted).error();
    if (opened.has_error()) co_return std::move(*answer);
    auto made = readable_object::implementation::make(core_, std::move(*opened));
    if (made.has_error()) co_return refusal(std::move(made).error());
    co_return readable_object(std::move(*made));
}

task<guarded<writable_object>> guarded_objects::create(caller const& who, std::string bucket,
                                                       std::string key,
                                                       std::optional<std::uint64_t> expected,
                                                       encryption_choice encryption) {
    auto wanted = on_object(action::update, std::move(bucket), std::move(key));
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    object_sealing sealing;
    if (encryption.kind != encryption_kind::none) {
        auto made = co_await make_sealing(core_, std::move(encryption));
        if (made.has_error())
            co_return co_await refuse_change(core_, who, wanted, *decided, std::move(made).error());
        sealing = std::move(*made);
    }
    auto write = pending_write::begin(core_, who, wanted, *decided, expected, std::move(sealing));
    if (!write) co_return co_await core_.failed(who, wanted, *decided, too_many_writes());
    co_return writable_object(std::move(write));
}

task<guarded<store::deletion>> guarded_objects::remove(caller const& who, std::string bucket,
                                                       removal what,
                                                       store::object_announcer announce) {
    auto const wanted = on_object(verb_of(what), bucket, what.key);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    store::delete_object_request request;
    request.bucket = bucket;
    request.key = std::move(what.key);
    request.version = what.version;
    request.when = std::move(what.when);
    request.announce = std::move(announce);
    request.audit.push_back(core_.write_record(who, wanted, *decided));
    if (what.bypasses_governance) {
        auto const wishes = bypass_of(bucket, request.key);
        auto may = co_await allow_bypass(core_, who, wishes, request.audit);
        if (may.has_error()) co_return refusal(std::move(may).error());
        request.bypasses_governance = *may;
    }
    auto removed = co_await store::delete_object(core_.engine, std::move(request));
    if (removed.has_value()) co_return *removed;
    auto answer = co_await core_.failed(who, wanted, *decided, std::move(removed).error());
    co_return co_await core_.missing(std::move(bucket), missing_thing::object, std::move(answer));
}

task<guarded<std::vector<guarded<store::deletion>>>> guarded_objects::remove_many(
    caller const& who, std::string bucket, std::vector<removal> items,
    store::object_announcer announce) {
    if (items.size() > core_.engine.limits().list_page)
        co_return refusal(failure{error::too_large, "too many objects in one request"});
    std::vector<guarded<store::deletion>> answers(items.size(),
                                                  guarded<store::deletion>(store::deletion{}));
    std::vector<std::size_t> place;  // of each permitted item in `answers`
    std::vector<intent> permitted;
    std::vector<decision> decisions;
    std::vector<std::string> records;  // denials, then failures
    store::delete_objects_request request;
    request.bucket = bucket;
    request.announce = std::move(announce);
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto wanted = on_object(verb_of(items[i]), bucket, items[i].key);
        auto decided = co_await core_.decide_on_bucket(who, wanted);
        if (decided.has_error()) co_return refusal(std::move(decided).error());
        if (!decided->allowed()) {
            answers[i] = refusal(
                failure{error::permission_denied, "denied by " + rule_label(decided->rule)});
            if (who.is_anonymous()) co_await core_.deny(who, wanted, *decided);
            else records.push_back(encode_denial(core_, who, wanted, *decided));
            continue;
        }
        core_.allowed.fetch_add(1, std::memory_order_relaxed);
        auto& item = request.items.emplace_back();
        item.key = items[i].key;
        item.when = std::move(items[i].when);
        item.version = items[i].version;
        item.audit.push_back(core_.write_record(who, wanted, *decided));
        if (items[i].bypasses_governance) {
            auto const wishes = bypass_of(bucket, item.key);
            auto may = co_await allow_bypass(core_, who, wishes, item.audit);
            if (may.has_error()) co_return refusal(std::move(may).error());
            item.bypasses_governance = *may;
        }
        place.push_back(i);
        permitted.push_back(std::move(wanted));
        decisions.push_back(*decided);
    }
    if (!request.items.empty()) {
        auto removed = co_await store::delete_objects(core_.engine, std::move(request));
        for (std::size_t i = 0; i < place.size(); ++i) {
            if (removed.has_value() && (*removed)[i].has_value()) {
                answers[place[i]] = *(*removed)[i];
                continue;
            }
            auto why = removed.has_error() ? removed.error() : (*removed)[i].error();
            auto record = core_.record_of(who, permitted[i], decisions[i]);
            record.status = name_of(why.code);
            records.push_back(encode(record));
            answers[place[i]] =
                co_await core_.missing(bucket, missing_thing::object, std::move(why));
        }
    }
    auto written = co_await core_.audit.append(std::move(records));
    if (written.has_error()) co_return refusal(std::move(written).error());
    co_return answers;
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

namespace {

// What a copy says about its key, made under the source's lock.
class copied_key {
public:
    copied_key(guard_core& core, guarded_objects::copy_request const& request)
        : core_(core), request_(request) {}

    result<void> operator()(store::object_stat const& source, store::object_attributes& target,
                            std::string& etag) {
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
    std::optional<refusal> refused_;
};

}  // namespace

task<guarded<store::object_stat>> guarded_objects::copy(caller const& who, copy_request request) {
    auto const reading = on_object(action::read, request.source_bucket, request.source_key);
    auto const writing = on_object(action::update, request.bucket, request.key);
    auto may_read = co_await core_.permit(who, reading);
    if (may_read.has_error()) co_return std::move(may_read).error();
    auto counted = co_await core_.count_read(who, reading, *may_read);
    if (counted.has_error()) co_return std::move(counted).error();
    auto may_write = co_await core_.permit(who, writing);
    if (may_write.has_error()) co_return std::move(may_write).error();
    if (needs_built_in_key(request.encryption)) {
        auto ready = co_await ensure_built_in_key(core_);
        if (ready.has_error()) co_return std::move(ready).error();
    }
    copied_key key(core_, request);
    store::copy_object_request of_store;
    of_store.adapt = std::ref(key);
    of_store.source_bucket = request.source_bucket;
    of_store.source_key = std::move(request.source_key);
    of_store.source_when = std::move(request.source_when);
    of_store.bucket = request.bucket;
    of_store.key = std::move(request.key);
    of_store.attributes = std::move(request.attributes);
    of_store.etag = std::move(request.etag);
    of_store.when = std::move(request.when);
    of_store.source_version = request.source_version;
    of_store.announce = std::move(request.announce);
    of_store.rule = std::move(request.rule);
    of_store.audit.push_back(core_.write_record(who, writing, *may_write));
    auto copied = co_await store::copy_object(core_.engine, std::move(of_store));
    if (copied.has_value()) co_return std::move(*copied);
    // Not a failure yet: the caller writes the bytes anew, which is recorded then.
    if (key.refused() && key.refused()->key == key_trouble::other_form)
        co_return std::move(*key.refused());
    if (key.refused())
        co_return co_await refuse_change(core_, who, writing, *may_write, std::move(*key.refused()));
    refusal answer = co_await core_.failed(who, writing, *may_write, std::move(copied).error());
    answer =
        co_await core_.missing(std::move(request.bucket), missing_thing::object, std::move(answer));
    if (answer.missing != missing_thing::object) co_return answer;
    answer = co_await core_.missing(std::move(request.source_bucket), missing_thing::object,
                                    std::move(answer));
    auto told = co_await may_know_missing(core_, who, reading, answer);
    if (told.has_error()) co_return std::move(told).error();
    co_return answer;
}

task<guarded<store::object_stat>> guarded_objects::rename(caller const& who,
                                                          rename_request request) {
    auto const leaving = on_object(action::delete_, request.bucket, request.source_key);
    auto const arriving = on_object(action::update, request.bucket, request.key);
    auto may_leave = co_await core_.permit(who, leaving);
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
    of_store.rule = std::move(request.rule);
    of_store.audit.push_back(core_.write_record(who, leaving, *may_leave));
    of_store.audit.push_back(core_.write_record(who, arriving, *may_arrive));
    auto renamed = co_await store::rename_object(core_.engine, std::move(of_store));
    if (renamed.has_value()) co_return std::move(*renamed);
    auto const why = renamed.error();
    auto const recorded = co_await core_.failed(who, leaving, *may_leave, why);
    if (recorded.code != why.code) co_return recorded;
    refusal answer = co_await core_.failed(who, arriving, *may_arrive, why);
    answer =
        co_await core_.missing(std::move(request.bucket), missing_thing::object, std::move(answer));
    auto told = co_await may_know_missing(core_, who, leaving, answer);
    if (told.has_error()) co_return std::move(told).error();
    co_return answer;
}

task<guarded<store::object_stat>> guarded_objects::change_attributes(caller const& who,
                                                                     attributes_change request) {
    auto const wanted = on_object(action::update, request.bucket, request.key);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    store::change_attributes_request of_store;
    of_store.bucket = request.bucket;
    of_store.key = std::move(request.key);
    of_store.version = request.version;
    of_store.change = [change = std::move(request.change)](store::object_attributes& attributes) {
        auto encryption = attributes.encryption;  // the guard's, whatever a change does
        auto changed = change(attributes);
        attributes.encryption = std::move(encryption);
        return changed;
    };
    of_store.announce = std::move(request.announce);
    of_store.audit.push_back(core_.write_record(who, wanted, *decided));
    auto changed = co_await store::change_attributes(core_.engine, std::move(of_store));
    if (changed.has_value()) co_return std::move(*changed);
    refusal answer = co_await core_.failed(who, wanted, *decided, std::move(changed).error());
    answer =
        co_await core_.missing(std::move(request.bucket), missing_thing::object, std::move(answer));
    auto told = co_await may_know_missing(core_, who, wanted, answer);
    if (told.has_error()) co_return std::move(told).error();
    co_return answer;
}

task<guarded<store::version_page>> guarded_objects::list_versions(caller const& who,
                                                                  list_versions_request request) {
    auto wanted = on_object(action::list, request.bucket, request.prefix);
    wanted.lists = true;
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return std::move(counted).error();
    store::list_versions_request of_store;
    of_store.bucket = std::move(request.bucket);
    of_store.prefix = std::move(request.prefix);
    of_store.delimiter = std::move(request.delimiter);
    of_store.key_after = std::move(request.key_after);
    of_store.version_after = request.version_after;
    of_store.max_entries = request.max_entries;
    of_store.with_attributes = request.with_attributes;
    auto page = co_await store::list_versions(core_.engine, std::move(of_store));
    if (page.has_value()) co_return std::move(*page);
    co_return co_await core_.missing(wanted.name, missing_thing::bucket, std::move(page).error());
}

task<guarded<store::list_page>> guarded_objects::list(caller const& who, list_request request) {
    auto wanted = on_object(action::list, request.bucket, request.prefix);
    wanted.lists = true;
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return std::move(counted).error();
    auto of_store = to_store(std::move(request));
    auto page = co_await store::list_objects(core_.engine, std::move(of_store));
    if (page.has_value()) co_return std::move(*page);
    co_return co_await core_.missing(wanted.name, missing_thing::bucket, std::move(page).error());
}

}  // namespace sluice::auth
