// The reading half of store_driver: after recovery everything is one of the states the model
// allows, and from then on exactly that one.
#include "backend/store/audit_log.hpp"
#include "backend/store/bucket_verbs.hpp"
#include "backend/store/object_verbs.hpp"
#include "backend/store/upload_verbs.hpp"
#include "tests/fault/power_cut/store_driver.hpp"
#include "tests/support/run_task.hpp"

namespace sluice::fault {

void store_driver::check_everything() {
    test::run_task(context_, check_all());
}

task<void> store_driver::check_all() {
    store::list_buckets_request request;
    auto page = co_await store::list_buckets(*engine_, std::move(request));
    if (page.has_error()) {
        is_lost_answer(page.error(), "list_buckets");
        co_return;
    }
    std::set<std::string> there;
    std::map<std::string, std::string> settings;
    for (auto const& bucket : page->buckets) {
        there.insert(bucket.name);
        settings[bucket.name] = bucket.settings;
    }
    for (auto const& name : there) {
        if (model_.buckets.contains(name) || name == "versions") continue;
        co_return violated("bucket " + name + " was never made");
    }
    std::vector<std::string> names;
    for (auto const& [name, bucket] : model_.buckets) names.push_back(name);
    for (auto const& name : names) {
        auto& bucket = model_.buckets[name];
        std::optional<bool> state;
        if (there.contains(name)) state = true;
        if (!bucket.exists.may_be(state)) {
            co_return violated("bucket " + name + (state ? " is there" : " is lost"));
        }
        bucket.exists.is(state);
        std::optional<std::string> given;
        if (!settings[name].empty()) given = settings[name];
        if (!bucket.settings.may_be(given))
            co_return violated("bucket " + name + " has settings that nobody gave it");
        bucket.settings.is(given);
        if (state) {
            co_await check_bucket(name);
            continue;
        }
        for (auto& [key, object] : bucket.objects) object.is(std::nullopt);
        for (auto& [id, upload] : model_.uploads) {
            if (upload.bucket == name) upload.open.is(std::nullopt);
        }
    }
    // Not when the power went in the middle: some were not looked for then.
    if (going_on()) model_.unanswered_uploads.clear();
    if (going_on()) co_await check_versions();
    if (going_on()) co_await check_topics();
    if (going_on()) co_await check_groups();
    if (going_on()) co_await check_transactions();
    if (going_on()) co_await check_tables();
    if (going_on()) co_await check_audit();
}

// Last: whether a change is there is certain by then.
task<void> store_driver::check_audit() {
    auto const found = co_await read_whole_audit();
    if (!going_on()) co_return;
    if (auto wrong = model_.audit.compare(found)) violated(*wrong);
}

task<std::vector<std::string>> store_driver::read_whole_audit() {
    std::vector<std::string> found;
    for (bool more = true; more;) {
        store::read_audit_request request;
        request.from = log_offset{std::int64_t(found.size())};
        request.max_records = std::uint32_t(1 + below(200));
        auto const page = co_await store::read_audit(*engine_, std::move(request));
        if (page.has_error()) {
            is_lost_answer(page.error(), "read_audit");
            co_return found;
        }
        for (auto const& record : page->records) {
            if (to_underlying(record.offset) != std::int64_t(found.size()))
                violated("the audit log has a gap at " + std::to_string(found.size()));
            found.push_back(record.value.value_or(""));
        }
        more = page->next < page->end && !page->records.empty();
        if (!more && page->next < page->end) violated("the audit log ends before its end");
    }
    co_return found;
}

task<void> store_driver::check_bucket(std::string name) {
    auto listed = co_await listed_keys(name);
    std::vector<std::string> keys;
    for (auto const& [key, object] : model_.buckets[name].objects) keys.push_back(key);
    for (auto const& key : listed) {
        if (!model_.buckets[name].objects.contains(key)) {
            violated(name + "/" + key + " was never written");
        }
    }
    for (auto const& key : keys) {
        if (!going_on()) co_return;
        claim at{name, key};
        co_await check_object(at, listed.contains(key));
    }
    if (going_on()) co_await check_uploads(name);
}

// In pages of a random length.
task<std::set<std::string>> store_driver::listed_keys(std::string bucket) {
    std::set<std::string> keys;
    std::string after;
    auto length = std::uint32_t(1 + below(6));
    for (bool more = true; more;) {
        store::list_objects_request request;
        request.bucket = bucket;
        request.after = after;
        request.max_entries = length;
        auto page = co_await store::list_objects(*engine_, std::move(request));
        if (page.has_error()) {
            is_lost_answer(page.error(), "list_objects");
            co_return keys;
        }
        for (auto const& object : page->objects) {
            if (!keys.empty() && object.key <= *keys.rbegin()) violated("a listing goes back");
            keys.insert(object.key);
        }
        more = page->truncated;
        if (more && page->next_after <= after) co_return keys;
        after = page->next_after;
    }
    co_return keys;
}

task<void> store_driver::check_object(claim at, bool listed) {
    auto found = co_await look_up(at);
    if (!going_on()) co_return;
    if (found.has_value() != listed) {
        co_return violated(at.bucket + "/" + at.key + (listed ? " is listed and not there"
                                                               : " is there and not listed"));
    }
    // A completion is both its object and the end of its upload.
    for (auto& [id, upload] : model_.uploads) {
        if (upload.bucket != at.bucket || upload.key != at.key || !upload.completing) continue;
        bool completed = found == upload.completing;
        if (completed) upload.open.is(std::nullopt);
        else upload.open.is(true);
        upload.completing.reset();
    }
    fate_of(at).is(found);
}

task<void> store_driver::check_uploads(std::string bucket) {
    store::list_uploads_request request;
    request.bucket = bucket;
    auto page = co_await store::list_uploads(*engine_, std::move(request));
    if (page.has_error()) {
        is_lost_answer(page.error(), "list_uploads");
        co_return;
    }
    if (page->truncated) co_return violated("too many uploads for one page");
    std::set<store::upload_id> there;
    for (auto const& upload : page->uploads) {
        there.insert(upload.id);
        if (model_.uploads.contains(upload.id)) continue;
        if (!model_.unanswered_uploads.contains({bucket, upload.key})) {
            co_return violated("an upload of " + bucket + "/" + upload.key + " was never made");
        }
        auto& known = model_.uploads[upload.id];
        known.bucket = bucket;
        known.key = upload.key;
        known.open.is(true);
    }
    std::vector<store::upload_id> known;
    for (auto const& [id, upload] : model_.uploads) {
        if (upload.bucket == bucket) known.push_back(id);
    }
    for (auto id : known) {
        auto& upload = model_.uploads[id];
        std::optional<bool> state;
        if (there.contains(id)) state = true;
        if (!upload.open.may_be(state)) {
            co_return violated("an upload of " + bucket + "/" + upload.key +
                               (state ? " is there again" : " is lost"));
        }
        upload.open.is(state);
        if (state) co_await check_parts(id);
    }
}

task<void> store_driver::check_parts(store::upload_id id) {
    auto& upload = model_.uploads[id];
    store::list_parts_request request;
    request.upload = {upload.bucket, upload.key, id};
    auto page = co_await store::list_parts(*engine_, std::move(request));
    if (page.has_error()) {
        is_lost_answer(page.error(), "list_parts");
        co_return;
    }
    std::map<std::uint32_t, store::part_info> there;
    for (auto const& part : page->parts) there[part.number] = part;
    for (auto const& [number, part] : there) {
        if (!upload.parts.contains(number)) violated("a part was never uploaded");
    }
    for (auto& [number, part] : upload.parts) {
        auto found = there.find(number);
        std::optional<piece> state;
        for (auto const& one : part.all()) {
            if (!one || found == there.end()) continue;
            if (found->second.etag == "e" + std::to_string(one->number)) state = one;
        }
        if (found != there.end() && (!state || found->second.size != state->length)) {
            violated("a part holds what was never uploaded");
        } else if (!part.may_be(state)) {
            violated("a part is lost");
        }
        part.is(state);
    }
}

}  // namespace sluice::fault
