#include "backend/store/bucket_lookup.hpp"
#include "backend/store/bucket_verbs.hpp"
#include "backend/store/upload_abort.hpp"

namespace sluice::store {
namespace {

namespace keys = kv::key_space;

struct delete_plan {
    dataset_id bucket{};
    std::optional<keys::upload_key> upload;    // one that is still there
};

result<delete_plan> plan_delete(index_view const& view, std::string const& name) {
    SLUICE_TRY(auto bucket, find_bucket(view, name));
    auto objects = view.scan(kv::family::object, keys::objects(bucket.id));
    if (objects->valid()) return failure{error::not_empty, "bucket '" + name + "'"};
    SLUICE_CHECK(objects->status());
    delete_plan plan{bucket.id, {}};
    auto uploads = view.scan(kv::family::object, keys::uploads(bucket.id));
    SLUICE_CHECK(uploads->status());
    if (uploads->valid()) {
        SLUICE_TRY(plan.upload, keys::parse_upload(uploads->key()));
    }
    return plan;
}

}  // namespace

task<result<void>> delete_bucket(engine& store, delete_bucket_request request) {
    // Held over all commits: nothing comes into the bucket meanwhile.
    auto const locks = make_locks(store);
    SLUICE_CO_CHECK(
        co_await take_lock(store, locks, bucket_lock(request.name), lock_mode::exclusive));
    auto body = [&](index_view const& view) { return plan_delete(view, request.name); };
    for (;;) {
        SLUICE_CO_TRY(auto const plan, co_await read_index(store, body));
        change work;
        if (!plan.upload) {
            work.locks = locks;
            work.mutations().erase(kv::family::meta, keys::bucket(request.name));
            SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
            SLUICE_CO_CHECK(
                co_await commit_change(store, std::move(work), journal::admission_class::freeing));
            co_return success();
        }
        // Uploads and their parts have locks of their own: whoever held one held the bucket too.
        upload_name const name{request.name, plan.upload->key, plan.upload->upload};
        work.locks = make_locks(store);
        SLUICE_CO_CHECK(co_await remove_upload(store, std::move(work), name, plan.bucket));
    }
}

}  // namespace sluice::store
