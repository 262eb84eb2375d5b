#include <algorithm>

#include "backend/store/announcements.hpp"
#include "backend/store/id_counters.hpp"
#include "backend/store/object_versions.hpp"
#include "backend/store/payload_records.hpp"
#include "backend/store/upload_lookup.hpp"

namespace sluice::store {
namespace {

namespace keys = kv::key_space;

struct complete_plan {
    found_upload upload;
    std::vector<stored_part> parts;            // of the upload, ascending
    std::optional<stored_version> newest;      // at the key
    bool upload_gone = false;                  // completed before, or never there
    bucket_record bucket;
    placement at;
};

result<complete_plan> plan_completion(index_view const& view,
                                      complete_upload_request const& request,
                                      std::size_t parts_max) {
    complete_plan plan;
    SLUICE_TRY(plan.bucket, find_bucket(view, request.upload.bucket));
    SLUICE_TRY(plan.newest, find_newest(view, plan.bucket, request.upload.key));
    SLUICE_TRY(plan.at, place(view, plan.bucket, request.upload.key, plan.newest));
    auto found = find_upload_in(view, request.upload);
    if (!found) {
        if (found.error().code != error::not_found) return found.error();
        plan.upload_gone = true;
        return plan;
    }
    plan.upload = std::move(*found);
    SLUICE_TRY(auto parts, read_parts_of(view, request.upload.id, 0, parts_max));
    plan.parts = std::move(parts.parts);
    return plan;
}

bool same_checksums(std::vector<object_checksum> const& named,
                    std::vector<object_checksum> const& stored) {
    return std::ranges::all_of(named, [&](object_checksum const& one) {
        auto found = std::ranges::find(stored, one.algorithm, &object_checksum::algorithm);
        return found != stored.end() && found->value == one.value;
    });
}

// The stored parts that the client names, or why not.
completed_upload choose_parts(complete_upload_request const& request,
                              std::vector<stored_part>& stored, std::vector<stored_part>& chosen) {
    completed_upload refusal;
    for (std::size_t i = 0; i < request.parts.size(); ++i) {
        auto const& named = request.parts[i];
        refusal.part = named.number;
        if (i > 0 && named.number <= request.parts[i - 1].number) {
            refusal.refused = completion_refusal::order;
            return refusal;
        }
        auto found = std::ranges::lower_bound(stored, named.number, {}, &stored_part::number);
        bool const same = found != stored.end() && found->number == named.number &&
                          found->record.etag == named.etag &&
                          same_checksums(named.checksums, found->record.checksums);
        if (!same) {
            refusal.refused = completion_refusal::part_missing_or_different;
            return refusal;
        }
        chosen.push_back(*found);
    }
    for (std::size_t i = 0; i + 1 < chosen.size(); ++i) {
        if (chosen[i].record.size >= request.minimum_part_bytes) continue;
        refusal.refused = completion_refusal::part_too_small;
        refusal.part = chosen[i].number;
        return refusal;
    }
    return {};
}

// Extents that name the parts; the references that the part records held become the new payload's.
result<void> compose(engine& store, change& work, std::vector<stored_part> const& chosen,
                     object_record& record) {
    std::uint64_t offset = 0;
    std::uint64_t extents = 0;
    SLUICE_TRY(auto const id, store.ids().next_payload());
    for (auto const& part : chosen) {
        record.size += part.record.size;
        if (part.record.stored == 0) continue;
        part_extent extent;
        extent.payload = part.record.payload;
        extent.length = part.record.stored;
        extent.number = part.number;
        extent.checksums = part.record.checksums;
        work.mutations().put(kv::family::payload, keys::extent(id, offset), encode(extent));
        offset += part.record.stored;
        ++extents;
    }
    record.stored = offset;
    if (extents == 0) return success();
    payload_head head;
    head.kind = payload_kind::composed;
    head.length = offset;
    head.extents = extents;
    work.mutations().put(kv::family::payload, keys::payload_head(id), encode(head));
    record.payload = id;
    return success();
}

// The object a repeated completion finds, or not_found.
result<completed_upload> repeated(complete_plan const& plan, upload_name const& name) {
    if (!plan.newest || plan.newest->record.upload != name.id) return no_such_upload(name.id);
    completed_upload done;
    done.repeated = true;
    SLUICE_TRY(done.object, describe_fully(plan.bucket, name.key, *plan.newest));
    return done;
}

// Payloads of parts that the object does not take.
payload_references left_behind(complete_plan const& plan, std::vector<stored_part> const& chosen) {
    payload_references references;
    for (auto const& part : plan.parts)
        if (to_underlying(part.record.payload) != 0) references.drop(part.record.payload);
    for (auto const& part : chosen)
        if (to_underlying(part.record.payload) != 0) references.add(part.record.payload);
    return references;
}

}  // namespace

task<result<completed_upload>> complete_upload(engine& store, complete_upload_request request) {
    if (request.parts.empty()) co_return failure{error::invalid_argument, "an upload needs a part"};
    auto const& name = request.upload;
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(co_await lock_upload(store, work.locks, name, lock_mode::exclusive));
    SLUICE_CO_CHECK(co_await take_lock(store, work.locks, object_lock(name.bucket, name.key),
                                       lock_mode::exclusive));
    auto body = [&](index_view const& view) {
        return plan_completion(view, request, store.limits().upload_parts);
    };
    SLUICE_CO_TRY(auto plan, co_await read_index(store, body));
    if (plan.upload_gone) co_return repeated(plan, name);
    SLUICE_CO_CHECK(check_write(request.when, plan.bucket, name.key, plan.newest));
    std::vector<stored_part> chosen;
    auto refusal = choose_parts(request, plan.parts, chosen);
    if (refusal.refused != completion_refusal::none) co_return refusal;

    SLUICE_CO_TRY(auto const info, describe(name, plan.upload));
    std::vector<part_info> parts;
    for (auto const& part : chosen)
        parts.push_back(describe(part.number, part_record(part.record)));
    SLUICE_CO_TRY(auto finished, request.finish(info, parts));
    object_record record;
    record.modified = store.clock().now();
    record.etag = std::move(finished.etag);
    SLUICE_CO_CHECK(apply_rule(request.rule, name.bucket, plan.bucket, record.modified,
                               finished.attributes));
    record.attributes = encode(finished.attributes);
    record.part_count = static_cast<std::uint32_t>(chosen.size());
    record.upload = name.id;
    SLUICE_CO_CHECK(compose(store, work, chosen, record));
    auto references = left_behind(plan, chosen);
    SLUICE_CO_TRY(auto made, put_version(store, work, plan.bucket.id, name.key, plan.at,
                                         std::move(record), references));
    SLUICE_CO_CHECK(co_await references.settle(store, work));
    auto const range = keys::parts(name.id);
    work.mutations().erase_range(kv::family::object, range.lower, range.upper);
    work.mutations().erase(kv::family::object, keys::upload(plan.bucket.id, name.key, name.id));
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    completed_upload done;
    done.object = describe(plan.bucket, name.key, made);
    announcements told(request.announce);
    SLUICE_CO_CHECK(
        told.add(store, name.bucket, plan.bucket, object_happening::put, done.object));
    SLUICE_CO_CHECK(co_await told.attach(store, work));
    SLUICE_CO_TRY(done.object.changed, co_await commit_change(store, std::move(work)));
    store.metrics().objects_put.fetch_add(1, std::memory_order_relaxed);
    done.object.attributes = std::move(finished.attributes);
    co_return done;
}

}  // namespace sluice::store
