// find_upload, list_parts, list_uploads
#include <algorithm>

#include "backend/store/upload_lookup.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

task<result<upload_info>> find_upload(engine& store, upload_name name) {
    auto body = [&](index_view const& view) -> result<upload_info> {
        SLUICE_TRY(auto found, find_upload_in(view, name));
        return describe(name, found);
    };
    co_return co_await read_index(store, body);
}

task<result<part_page>> list_parts(engine& store, list_parts_request request) {
    auto const most = std::min(request.max_parts, store.limits().list_page);
    auto body = [&](index_view const& view) -> result<part_page> {
        part_page page;
        SLUICE_TRY(auto found, find_upload_in(view, request.upload));
        SLUICE_TRY(page.upload, describe(request.upload, found));
        SLUICE_TRY(auto stored, read_parts_of(view, request.upload.id, request.after, most));
        for (auto& part : stored.parts)
            page.parts.push_back(describe(part.number, std::move(part.record)));
        page.truncated = stored.more;
        return page;
    };
    co_return co_await read_index(store, body);
}

namespace {

class upload_lister {
public:
    upload_lister(index_view const& view, dataset_id bucket, list_uploads_request const& request,
                  std::size_t most, store_metrics& metrics)
        : view_(view), bucket_(bucket), request_(request), most_(most), metrics_(metrics) {}

    result<upload_page> run() {
        auto range = keys::uploads(bucket_, request_.prefix);
        if (!request_.key_after.empty()) range.lower = std::max(range.lower, start_key());
        if (range.lower >= range.upper || most_ == 0) return std::move(page_);
        cursor_ = view_.scan(kv::family::object, std::move(range));
        ++steps_;
        while (cursor_->valid()) {
            if (page_.uploads.size() + page_.common_prefixes.size() == most_) {
                page_.truncated = true;
                break;
            }
            SLUICE_TRY(auto key, keys::parse_upload(cursor_->key()));
            SLUICE_CHECK(take(std::move(key)));
        }
        metrics_.listing_steps.fetch_add(steps_, std::memory_order_relaxed);
        SLUICE_CHECK(cursor_->status());
        return std::move(page_);
    }

private:
    std::string common_prefix_of(std::string const& key) const {
        if (request_.delimiter.empty() || !key.starts_with(request_.prefix)) return {};
        auto const at = key.find(request_.delimiter, request_.prefix.size());
        return at == std::string::npos ? std::string{}
                                       : key.substr(0, at + request_.delimiter.size());
    }

    std::string start_key() const {
        auto const prefix = common_prefix_of(request_.key_after);
        if (!prefix.empty() && prefix == request_.key_after)
            return keys::past_upload_prefix(bucket_, prefix);
        if (to_underlying(request_.upload_after) == 0)
            return keys::past_upload_key(bucket_, request_.key_after);
        return keys::past_key(keys::upload(bucket_, request_.key_after, request_.upload_after));
    }

    result<void> take(keys::upload_key key) {
        ++steps_;
        auto prefix = common_prefix_of(key.key);
        page_.next_upload_after = {};
        if (!prefix.empty()) {
            cursor_->seek(keys::past_upload_prefix(bucket_, prefix));
            page_.next_key_after = prefix;
            page_.common_prefixes.push_back(std::move(prefix));
            return success();
        }
        SLUICE_TRY(auto record, decode_upload(cursor_->value()));
        SLUICE_TRY(auto info,
                   describe({{}, std::move(key.key), key.upload}, {bucket_, std::move(record)}));
        page_.next_key_after = info.key;
        page_.next_upload_after = info.id;
        page_.uploads.push_back(std::move(info));
        cursor_->next();
        return success();
    }

    index_view const& view_;
    dataset_id const bucket_;
    list_uploads_request const& request_;
    std::size_t const most_;
    store_metrics& metrics_;
    std::unique_ptr<kv::cursor> cursor_;
    std::uint64_t steps_ = 0;
    upload_page page_;
};

}  // namespace

task<result<upload_page>> list_uploads(engine& store, list_uploads_request request) {
    auto const most = std::min(request.max_entries, store.limits().list_page);
    auto body = [&](index_view const& view) -> result<upload_page> {
        SLUICE_TRY(auto bucket, find_bucket(view, request.bucket));
        return upload_lister(view, bucket.id, request, most, store.metrics()).run();
    };
    co_return co_await read_index(store, body);
}

}  // namespace sluice::store
