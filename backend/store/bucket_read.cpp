// head_bucket, list_buckets
#include <algorithm>

#include "backend/store/bucket_lookup.hpp"
#include "backend/store/bucket_verbs.hpp"

namespace sluice::store {

task<result<bucket_info>> head_bucket(engine& store, std::string name) {
    auto body = [&](index_view const& view) { return find_bucket(view, name); };
    SLUICE_CO_TRY(auto record, co_await read_index(store, body));
    co_return describe(std::move(name), std::move(record));
}

task<result<bucket_page>> list_buckets(engine& store, list_buckets_request request) {
    auto const most = std::min(request.max_buckets, store.limits().list_page);
    auto body = [&](index_view const& view) -> result<bucket_page> {
        bucket_page page;
        auto cursor =
            view.scan(kv::family::meta, kv::key_space::buckets(request.prefix, request.after));
        for (; cursor->valid(); cursor->next()) {
            if (page.buckets.size() == most) {
                page.truncated = true;
                break;
            }
            SLUICE_TRY(auto name, kv::key_space::parse_bucket(cursor->key()));
            SLUICE_TRY(auto record, decode_bucket(cursor->value()));
            page.buckets.push_back(describe(std::move(name), std::move(record)));
        }
        SLUICE_CHECK(cursor->status());
        return page;
    };
    co_return co_await read_index(store, body);
}

}  // namespace sluice::store
