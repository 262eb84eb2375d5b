#include "auth/guard/guarded_uploads.hpp"

#include <iterator>

#include "auth/guard/admin_steps.hpp"
#include "auth/guard/capabilities.hpp"
#include "auth/guard/object_access.hpp"
#include "auth/policy/grammar_acl.hpp"
#include "backend/store/upload_verbs.hpp"

namespace sluice::auth {
namespace {

store::upload_name as_stored(guarded_uploads::name const& upload) {
    return {upload.bucket, upload.key, upload.id};
}

guarded_uploads::refused as_refused(store::completion_refusal why) noexcept {
    switch (why) {
        case store::completion_refusal::none: return guarded_uploads::refused::none;
        case store::completion_refusal::part_missing_or_different:
            return guarded_uploads::refused::part_missing_or_different;
        case store::completion_refusal::part_too_small:
            return guarded_uploads::refused::part_too_small;
        case store::completion_refusal::order: return guarded_uploads::refused::order;
    }
    return guarded_uploads::refused::order;
}

// Parts are stored as the upload says.
guarded<object_sealing> part_sealing(guard_core& core, std::string const& stored,
                                     secret_key const* customer) {
    object_sealing out;
    auto facts = describe_encryption(stored);
    if (facts.has_error()) return refusal(std::move(facts).error());
    out.facts = std::move(*facts);
    if (out.facts.kind == encryption_kind::none) {
        auto checked = check_customer_key(stored, customer);
        if (checked.has_error()) return std::move(checked).error();
        return out;
    }
    auto key = open_sealing(core, stored, customer);
    if (key.has_error()) return std::move(key).error();
    out.data_key = std::move(*key);
    return out;
}

}  // namespace

task<guarded<store::upload_info>> guarded_uploads::create(caller const& who, std::string bucket,
                                                          std::string key,
                                                          store::object_attributes attributes,
                                                          encryption_choice encryption,
                                                          store::attributes_rule rule,
                                                          access_choice access) {
    auto const wanted = on_object(action::update, bucket, key);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto chosen = co_await permit_choice(core_, who, wanted, *decided, access);
    if (chosen.has_error()) co_return std::move(chosen).error();
    auto sealing = co_await make_sealing(core_, std::move(encryption));
    if (sealing.has_error())
        co_return co_await refuse_change(core_, who, wanted, *decided, std::move(sealing).error());
    attributes.encryption = std::move(sealing->stored);
    store::create_upload_request request;
    request.bucket = bucket;
    request.key = std::move(key);
    request.initiator = who.id();
    request.attributes = std::move(attributes);
    auto trouble = access_trouble::none;
    new_access asked{who.id(), std::move(access)};
    request.rule = rule_with_access(std::move(asked), std::move(rule), trouble);
    request.audit.push_back(core_.write_record(who, wanted, *decided));
    auto made = co_await store::create_upload(core_.engine, std::move(request));
    if (made.has_value()) co_return std::move(*made);
    auto answer = co_await core_.failed(who, wanted, *decided, std::move(made).error());
    answer.access = trouble;
    if (trouble != access_trouble::none) co_return answer;
    co_return co_await core_.missing(std::move(bucket), missing_thing::bucket, std::move(answer));
}

task<guarded<store::upload_info>> guarded_uploads::find(caller const& who, name upload) {
    auto const wanted = on_object(action::update, upload.bucket, upload.key);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return std::move(counted).error();
    auto found = co_await store::find_upload(core_.engine, as_stored(upload));
    if (found.has_value()) co_return std::move(*found);
    co_return co_await core_.missing(std::move(upload.bucket), missing_thing::upload,
                                     std::move(found).error());
}

task<guarded<writable_part>> guarded_uploads::put_part(caller const& who, name upload,
                                                       std::uint32_t number,
                                                       std::optional<std::uint64_t> expected,
                                                       secret_key const* customer) {
    auto const wanted = on_object(action::update, upload.bucket, upload.key);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto found = co_await store::find_upload(core_.engine, as_stored(upload));
    if (found.has_error()) {
        auto answer = co_await core_.failed(who, wanted, *decided, std::move(found).error());
        co_return co_await core_.missing(std::move(upload.bucket), missing_thing::upload,
                                         std::move(answer));
    }
    auto sealing = part_sealing(core_, found->attributes.encryption, customer);
    if (sealing.has_error())
        co_return co_await refuse_change(core_, who, wanted, *decided, std::move(sealing).error());
    auto write = pending_write::begin(core_, who, wanted, *decided, expected, std::move(*sealing),
                                      number);
    if (!write) {
        failure busy{error::overloaded, "too many writes are under way"};
        co_return co_await core_.failed(who, wanted, *decided, std::move(busy));
    }
    write->upload = std::move(upload);
    co_return writable_part(std::move(write));
}

task<guarded<store::part_page>> guarded_uploads::list_parts(caller const& who,
                                                            list_parts_request request) {
    auto const wanted = on_object(action::list, request.upload.bucket, request.upload.key);
    auto decided = co_await permit_own(who, wanted, request.upload);
    if (decided.has_error()) co_return std::move(decided).error();
    auto counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return std::move(counted).error();
    store::list_parts_request of_store;
    of_store.upload = as_stored(request.upload);
    of_store.after = request.after;
    of_store.max_parts = request.max_parts;
    auto page = co_await store::list_parts(core_.engine, std::move(of_store));
    if (page.has_value()) co_return std::move(*page);
    co_return co_await core_.missing(wanted.name, missing_thing::upload, std::move(page).error());
}

task<guarded<store::upload_page>> guarded_uploads::list(caller const& who, list_request request) {
    auto wanted = on_object(action::list, request.bucket, request.prefix);
    wanted.lists = true;
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return std::move(counted).error();
    store::list_uploads_request of_store;
    of_store.bucket = std::move(request.bucket);
    of_store.prefix = std::move(request.prefix);
    of_store.delimiter = std::move(request.delimiter);
    of_store.key_after = std::move(request.key_after);
    of_store.upload_after = request.upload_after;
    of_store.max_entries = request.max_entries;
    auto page = co_await store::list_uploads(core_.engine, std::move(of_store));
    if (page.has_value()) co_return std::move(*page);
    co_return co_await core_.missing(wanted.name, missing_thing::bucket, std::move(page).error());
}

task<guarded<guarded_uploads::completed>> guarded_uploads::complete(caller const& who,
                                                                    completion request) {
    auto const wanted = on_object(action::update, request.upload.bucket, request.upload.key);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    store::complete_upload_request of_store;
    of_store.upload = as_stored(request.upload);
    of_store.parts = std::move(request.parts);
    of_store.minimum_part_bytes = request.minimum_part_bytes;
    std::optional<refusal> wrong_key;
    of_store.finish = [&request, &wrong_key](store::upload_info const& upload,
                                             std::vector<store::part_info> const& parts)
        -> result<store::completed_object> {
        auto const& stored = upload.attributes.encryption;
        if (request.customer) {
            auto checked = check_customer_key(stored, &*request.customer);
            if (checked.has_error()) {
                wrong_key = checked.error();
                return static_cast<failure const&>(*wrong_key);
            }
        }
        SLUICE_TRY(auto made, request.compose(upload, parts));
        made.attributes.encryption = stored;
        made.attributes.access = upload.attributes.access;
        return store::completed_object{std::move(made.etag), std::move(made.attributes)};
    };
    of_store.when = std::move(request.when);
    of_store.announce = std::move(request.announce);
    of_store.rule = rule_keeping_access(std::move(request.rule));
    of_store.audit.push_back(core_.write_record(who, wanted, *decided));
    auto done = co_await store::complete_upload(core_.engine, std::move(of_store));
    if (wrong_key)
        co_return co_await refuse_change(core_, who, wanted, *decided, std::move(*wrong_key));
    if (done.has_error()) {
        auto answer = co_await core_.failed(who, wanted, *decided, std::move(done).error());
        co_return co_await core_.missing(wanted.name, missing_thing::upload, std::move(answer));
    }
    completed out;
    out.refused = as_refused(done->refused);
    out.part = done->part;
    out.repeated = done->repeated;
    if (out.refused != refused::none || out.repeated) {
        // Nothing was committed, so the record that travelled along was not either.
        auto why = out.repeated ? failure{error::already_exists} : failure{error::invalid_argument};
        auto recorded = co_await core_.failed(who, wanted, *decided, why);
        if (recorded.code != why.code) co_return recorded;
    }
    out.object = std::move(done->object);
    co_return out;
}

// What is not decided otherwise where lists count is who began the upload.
task<guarded<decision>> guarded_uploads::permit_own(caller const& who, intent const& wanted,
                                                    name upload) {
    auto judged = co_await core_.judge(who, wanted);
    if (judged.has_error()) co_return refusal(std::move(judged).error());
    auto decided = core_.judge_with(who, wanted, *judged, nullptr);
    if (decided.has_error()) co_return refusal(std::move(decided).error());
    bool const is_open =
        judged->known.lists_count && decided->rule == built_in::default_deny;
    auto found = result<store::upload_info>(error::not_found);
    if (is_open) found = co_await store::find_upload(core_.engine, as_stored(upload));
    if (found.has_value()) {
        auto known = judged->known;
        auto own = rules_of_upload(found->initiator, {wanted.name, false}, wanted.part);
        std::move(own.begin(), own.end(), std::back_inserter(known.attached));
        known.knows_object = true;
        decided = core_.decide(who, wanted, known);
    }
    if (!decided->allowed()) co_return co_await core_.deny(who, wanted, *decided);
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    co_return *decided;
}

task<guarded<void>> guarded_uploads::abort(caller const& who, name upload) {
    auto const wanted = on_object(action::update, upload.bucket, upload.key);
    auto decided = co_await permit_own(who, wanted, upload);
    if (decided.has_error()) co_return std::move(decided).error();
    store::abort_upload_request request;
    request.upload = as_stored(upload);
    request.audit.push_back(core_.write_record(who, wanted, *decided));
    auto aborted = co_await store::abort_upload(core_.engine, std::move(request));
    if (aborted.has_value()) co_return guarded<void>();
    auto answer = co_await core_.failed(who, wanted, *decided, std::move(aborted).error());
    co_return co_await core_.missing(std::move(upload.bucket), missing_thing::upload,
                                     std::move(answer));
}

}  // namespace sluice::auth
