#include "backend/store/object_versions.hpp"

#include "backend/store/id_counters.hpp"
#include "backend/store/model/object_lock.hpp"

namespace sluice::store {
namespace {

namespace keys = kv::key_space;

result<std::optional<stored_version>> find_number(index_view const& view, dataset_id bucket,
                                                  std::string const& key, object_version number) {
    SLUICE_TRY(auto stored, view.get(kv::family::object, keys::object(bucket, key, number)));
    if (!stored) return std::optional<stored_version>{};
    SLUICE_TRY(auto record, decode_object(*stored));
    return std::optional(stored_version{number, std::move(record)});
}

// The null version that has a number.
result<std::optional<stored_version>> find_numbered_null(index_view const& view, dataset_id bucket,
                                                         std::string const& key) {
    SLUICE_TRY(auto const stored, view.get(kv::family::object, keys::null_version(bucket, key)));
    if (!stored) return std::optional<stored_version>{};
    SLUICE_TRY(auto const number, decode_null_version(*stored));
    SLUICE_TRY(auto found, find_number(view, bucket, key, number));
    if (!found) return failure{error::corrupt, "the null version of '" + key + "' is not there"};
    return found;
}

result<void> refuse_locked(object_record const& record, unix_millis now,
                           bool bypasses_governance) {
    SLUICE_TRY(bool const locked, is_locked(record.attributes, now, bypasses_governance));
    if (locked) return locked_failure();
    return success();
}

result<void> check_removal(removal_check const& check, object_record const* found) {
    if (found == nullptr) return check(nullptr);
    SLUICE_TRY(auto const attributes, decode_attributes(found->attributes));
    return check(&attributes);
}

}  // namespace

object_stat describe(bucket_record const& bucket, std::string key, stored_version const& found) {
    auto stat = describe(bucket.id, std::move(key), found.name(), found.record);
    stat.is_versioned = bucket.versions != versioning::never;
    return stat;
}

result<object_stat> describe_fully(bucket_record const& bucket, std::string key,
                                   stored_version const& found) {
    auto stat = describe(bucket, std::move(key), found);
    SLUICE_TRY(stat.attributes, decode_attributes(found.record.attributes));
    return stat;
}

result<std::optional<stored_version>> find_newest(index_view const& view,
                                                  bucket_record const& bucket,
                                                  std::string const& key) {
    if (bucket.versions == versioning::never) return find_number(view, bucket.id, key, {});
    auto const versions = view.scan(kv::family::object, keys::object_versions(bucket.id, key));
    if (!versions->valid()) {
        SLUICE_CHECK(versions->status());
        return std::optional<stored_version>{};
    }
    SLUICE_TRY(auto const at, keys::parse_object(versions->key()));
    SLUICE_TRY(auto record, decode_object(versions->value()));
    return std::optional(stored_version{at.version, std::move(record)});
}

result<std::optional<stored_version>> find_version(index_view const& view,
                                                   bucket_record const& bucket,
                                                   std::string const& key,
                                                   std::optional<object_version> name) {
    if (!name) return find_newest(view, bucket, key);
    SLUICE_TRY(auto numbered, find_number(view, bucket.id, key, *name));
    // The number of a null version is no name.
    if (numbered && numbered->name() == *name) return numbered;
    if (*name != object_version{} || bucket.versions == versioning::never)
        return std::optional<stored_version>{};
    return find_numbered_null(view, bucket.id, key);
}

result<placement> place(index_view const& view, bucket_record const& bucket, std::string const& key,
                        std::optional<stored_version> const& newest) {
    placement at;
    if (bucket.versions == versioning::never) {
        at.replaced = newest;
        return at;
    }
    at.is_numbered = true;
    if (bucket.versions == versioning::enabled) return at;
    at.is_null = true;
    SLUICE_TRY(at.replaced, find_version(view, bucket, key, object_version{}));
    return at;
}

result<stored_version> put_version(engine& store, change& work, dataset_id bucket,
                                   std::string const& key, placement const& at,
                                   object_record record, payload_references& references) {
    stored_version made{{}, std::move(record)};
    made.record.is_null = at.is_null;
    if (at.replaced) {
        SLUICE_CHECK(refuse_locked(at.replaced->record, store.clock().now(), false));
    }
    if (at.is_numbered) {
        SLUICE_TRY(made.number, store.ids().next_version());
    }
    if (at.replaced && at.replaced->number != made.number) {
        erase_version(work, bucket, key, *at.replaced, references);
    } else if (at.replaced && to_underlying(at.replaced->record.payload) != 0) {
        references.drop(at.replaced->record.payload);
    }
    work.mutations().put_stamped(kv::family::object, keys::object(bucket, key, made.number),
                                 encode(made.record));
    if (made.record.is_null)
        work.mutations().put_stamped(kv::family::object, keys::null_version(bucket, key),
                                     encode_null_version(made.number));
    return made;
}

void erase_version(change& work, dataset_id bucket, std::string const& key,
                   stored_version const& gone, payload_references& references) {
    work.mutations().erase(kv::family::object, keys::object(bucket, key, gone.number));
    if (gone.record.is_null)
        work.mutations().erase(kv::family::object, keys::null_version(bucket, key));
    if (to_underlying(gone.record.payload) != 0) references.drop(gone.record.payload);
}

result<removal> plan_removal(index_view const& view, bucket_record const& bucket,
                             std::string const& key, std::optional<object_version> name,
                             removal_terms const& terms) {
    auto const& when = terms.when;
    SLUICE_TRY(auto found, find_version(view, bucket, key, name));
    removal plan;
    plan.existed = found && !found->record.is_delete_marker;
    if (terms.check != nullptr && *terms.check) {
        SLUICE_CHECK(check_removal(*terms.check, plan.existed ? &found->record : nullptr));
    }
    if (plan.existed && !when.empty()) {
        auto const stat = describe(bucket, key, *found);
        SLUICE_CHECK(evaluate_write(when, &stat));
    }
    if (name || bucket.versions == versioning::never) {
        if (found) {
            SLUICE_CHECK(refuse_locked(found->record, terms.now, terms.bypasses_governance));
        }
        plan.removed = std::move(found);
    } else if (plan.existed || when.empty()) {
        SLUICE_TRY(plan.marker, place(view, bucket, key, found));
    }
    return plan;
}

result<deletion> carry_out(engine& store, change& work, removal_place const& at,
                           removal const& plan, payload_references& references,
                           announcements& told) {
    deletion done;
    done.existed = plan.existed;
    if (plan.removed) {
        erase_version(work, at.bucket.id, at.key, *plan.removed, references);
        done.removed_marker = plan.removed->record.is_delete_marker;
        SLUICE_CHECK(told.add(store, at.bucket_name, at.bucket, object_happening::removed,
                              describe(at.bucket, at.key, *plan.removed)));
    }
    if (plan.marker) {
        object_record marker;
        marker.is_delete_marker = true;
        marker.attributes = encode(object_attributes{});
        marker.modified = store.clock().now();
        SLUICE_TRY(auto const made, put_version(store, work, at.bucket.id, at.key, *plan.marker,
                                                std::move(marker), references));
        done.marker = made.name();
        SLUICE_CHECK(told.add(store, at.bucket_name, at.bucket, object_happening::marker_put,
                              describe(at.bucket, at.key, made)));
    }
    return done;
}

result<void> apply_rule(attributes_rule const& rule, std::string const& bucket_name,
                        bucket_record const& bucket, unix_millis at,
                        object_attributes& attributes) {
    if (!rule) return success();
    return rule(describe(bucket_name, bucket_record(bucket)), at, attributes);
}

result<void> check_write(conditions const& when, bucket_record const& bucket,
                         std::string const& key, std::optional<stored_version> const& newest) {
    if (when.empty()) return success();
    if (!newest || newest->record.is_delete_marker) return evaluate_write(when, nullptr);
    auto const stat = describe(bucket, key, *newest);
    return evaluate_write(when, &stat);
}

}  // namespace sluice::store
