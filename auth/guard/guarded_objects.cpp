#include "auth/guard/guarded_objects.hpp"

#include "auth/guard/admin_steps.hpp"
#include "auth/guard/capabilities.hpp"
#include "auth/guard/object_access.hpp"
#include "backend/store/bucket_verbs.hpp"
#include "backend/store/object_verbs.hpp"

namespace sluice::auth {
namespace {

failure too_many_writes() { return failure{error::overloaded, "too many writes are under way"}; }

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
    auto const so_far = co_await begin_read(core_, who, wanted);
    if (so_far.has_error()) co_return so_far.error();
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
    auto const* there = opened.has_value() ? &*opened : nullptr;
    auto admitted = co_await finish_read(core_, who, wanted, *so_far, there, answer);
    if (admitted.has_error()) co_return std::move(admitted).error();
    if (opened.has_error()) co_return std::move(*answer);
    auto made = readable_object::implementation::make(core_, std::move(*opened));
    if (made.has_error()) co_return refusal(std::move(made).error());
    co_return readable_object(std::move(*made));
}

task<guarded<writable_object>> guarded_objects::create(caller const& who, std::string bucket,
                                                       std::string key,
                                                       std::optional<std::uint64_t> expected,
                                                       encryption_choice encryption,
                                                       access_choice access) {
    auto wanted = on_object(action::update, std::move(bucket), std::move(key));
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto chosen = co_await permit_choice(core_, who, wanted, *decided, access);
    if (chosen.has_error()) co_return std::move(chosen).error();
    object_sealing sealing;
    if (encryption.kind != encryption_kind::none) {
        auto made = co_await make_sealing(core_, std::move(encryption));
        if (made.has_error())
            co_return co_await refuse_change(core_, who, wanted, *decided, std::move(made).error());
        sealing = std::move(*made);
    }
    auto write = pending_write::begin(core_, who, wanted, *decided, expected, std::move(sealing));
    if (!write) co_return co_await core_.failed(who, wanted, *decided, too_many_writes());
    write->access = std::move(access);
    co_return writable_object(std::move(write));
}

task<guarded<store::object_stat>> guarded_objects::change_attributes(caller const& who,
                                                                     attributes_change request) {
    auto change = std::move(request.change);
    auto kept = [change = std::move(change)](store::object_attributes& attributes) {
        auto access = attributes.access;  // the guard's, as the envelope is
        auto changed = change(attributes);
        attributes.access = std::move(access);
        return changed;
    };
    co_return co_await change_in_place(who, std::move(request), std::move(kept));
}

task<guarded<store::object_stat>> guarded_objects::change_access(caller const& who,
                                                                 access_change request) {
    auto bucket = co_await store::head_bucket(core_.engine, request.bucket);
    bool const is_missing = bucket.has_error() && bucket.error().code == error::not_found;
    if (bucket.has_error() && !is_missing) co_return refusal(std::move(bucket).error());
    auto trouble = access_trouble::none;
    auto change = [&](store::object_attributes& attributes) -> result<void> {
        if (is_missing) return failure{error::not_found, "the bucket was not there"};
        SLUICE_TRY(auto list, access_of(bucket->access, bucket->owner, attributes.access));
        if (request.said_owner && *request.said_owner != list.owner)
            return failure{error::permission_denied, "another owner"};
        list.grants = grants_of(request.access, list.owner, bucket->owner);
        SLUICE_TRY(trouble, trouble_of_list(*bucket, request.access, list.grants));
        if (trouble != access_trouble::none) return access_refused(trouble);
        if (bucket->access.empty()) return success();
        attributes.access.clear();
        if (list != access_list::of_owner(bucket->owner)) attributes.access = encode(list);
        return success();
    };
    attributes_change in_place;
    in_place.bucket = request.bucket;
    in_place.key = request.key;
    in_place.version = request.version;
    in_place.announce = std::move(request.announce);
    auto changed = co_await change_in_place(who, std::move(in_place), change);
    if (changed.has_value() || trouble == access_trouble::none) co_return changed;
    refusal answer(std::move(changed).error());
    answer.access = trouble;
    co_return answer;
}

task<guarded<store::object_stat>> guarded_objects::change_in_place(
    caller const& who, attributes_change request,
    std::function<result<void>(store::object_attributes&)> change) {
    auto const wanted = on_object(action::update, request.bucket, request.key);
    for (int look = 1;; ++look) {
        auto permitted = co_await permit_change(core_, who, wanted, request.version);
        if (permitted.has_error()) co_return std::move(permitted).error();
        bool stale = false;
        store::change_attributes_request of_store;
        of_store.bucket = request.bucket;
        of_store.key = request.key;
        of_store.version = request.version;
        of_store.change = [&](store::object_attributes& attributes) -> result<void> {
            if (permitted->facts) {
                SLUICE_CHECK(permitted->facts->check(stale)(&attributes));
            }
            auto encryption = attributes.encryption;  // the guard's, whatever a change does
            auto changed = change(attributes);
            attributes.encryption = std::move(encryption);
            return changed;
        };
        of_store.announce = request.announce;
        of_store.audit.push_back(core_.write_record(who, wanted, permitted->decided));
        auto changed = co_await store::change_attributes(core_.engine, std::move(of_store));
        if (changed.has_value()) co_return std::move(*changed);
        if (stale && look < looks_at_object) continue;
        refusal answer =
            co_await core_.failed(who, wanted, permitted->decided, std::move(changed).error());
        answer = co_await core_.missing(std::move(request.bucket), missing_thing::object,
                                        std::move(answer));
        auto told = co_await may_know_missing(core_, who, wanted, answer);
        if (told.has_error()) co_return std::move(told).error();
        co_return answer;
    }
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
