#include <algorithm>

#include "backend/store/bucket_lookup.hpp"
#include "backend/store/common_prefix.hpp"
#include "backend/store/object_verbs.hpp"

namespace sluice::store {
namespace {

namespace keys = kv::key_space;

// Of the index's keys of objects, the end: the version.
constexpr std::size_t version_bytes = sizeof(std::uint64_t);
// With more of them a page is taken to become full, and has room for all.
constexpr std::size_t few_objects = 16;

// Walks the keys of one listing. Everything below a common prefix is one seek, whatever is there.
class object_lister {
public:
    object_lister(index_view const& view, dataset_id bucket, list_objects_request const& request,
                  store_limits const& limits, store_metrics& metrics)
        : view_(view),
          bucket_(bucket),
          request_(request),
          most_(std::min(request.max_entries, limits.list_page)),
          most_steps_(limits.list_steps),
          metrics_(metrics) {}

    result<list_page> run() {
        auto range = keys::objects(bucket_, request_.prefix, request_.after);
        if (range.lower >= range.upper) return std::move(page_);
        cursor_ = view_.scan(kv::family::object, std::move(range));
        skip_listed_prefix();
        while (cursor_->valid() && most_ != 0) {
            SLUICE_TRY(auto key, keys::parse_object(cursor_->key()));
            SLUICE_TRY(auto record, decode_object_description(cursor_->value()));
            bool const is_full = page_.objects.size() + page_.common_prefixes.size() == most_;
            bool const ends =
                record.is_delete_marker ? steps_ >= most_steps_ && may_go_on_behind() : is_full;
            if (ends) {
                page_.truncated = true;
                break;
            }
            if (record.is_delete_marker) {
                // The next page of a full one begins behind its last entry and sees the rest.
                if (!is_full) page_.next_after = key.key;
                skip_key(key.key);
                continue;
            }
            SLUICE_CHECK(take(std::move(key), record));
        }
        metrics_.listing_steps.fetch_add(steps_, std::memory_order_relaxed);
        SLUICE_CHECK(cursor_->status());
        return std::move(page_);
    }

private:
    void seek(std::string const& to) {
        ++steps_;
        cursor_->seek(to);
    }

    // Listing goes on behind a common prefix: everything below it was listed with it.
    void skip_listed_prefix() {
        ++steps_;
        if (request_.after.size() < request_.prefix.size() ||
            !request_.after.starts_with(request_.prefix))
            return;
        auto const prefix = common_prefix(request_.after, request_.prefix, request_.delimiter);
        if (!prefix.empty() && prefix == request_.after)
            seek(keys::past_object_prefix(bucket_, prefix));
    }

    result<void> take(keys::object_key key, object_record const& record) {
        auto prefix = common_prefix(key.key, request_.prefix, request_.delimiter);
        if (!prefix.empty()) {
            seek(keys::past_object_prefix(bucket_, prefix));
            page_.next_after = prefix;
            page_.common_prefixes.push_back(std::move(prefix));
            return success();
        }
        auto stat = describe(bucket_, std::move(key.key),
                             record.is_null ? object_version{} : key.version, record);
        if (request_.with_attributes) {
            SLUICE_TRY(stat.attributes, decode_attributes(record.attributes));
        }
        page_.next_after = stat.key;
        if (page_.objects.size() == few_objects) page_.objects.reserve(most_);
        page_.objects.push_back(std::move(stat));
        skip_key(page_.next_after);
        return success();
    }

    // A deleted key that is the common prefix of others would stand for them.
    bool may_go_on_behind() const {
        auto const& last = page_.next_after;
        if (!page_.common_prefixes.empty() && page_.common_prefixes.back() == last) return true;
        return common_prefix(last, request_.prefix, request_.delimiter) != last || last.empty();
    }

    // Past all versions of a key, most of which have one.
    void skip_key(std::string const& key) {
        ++steps_;
        auto const here = cursor_->key();
        versions_.assign(here.substr(0, here.size() - version_bytes));
        cursor_->next();
        if (cursor_->valid() && cursor_->key().starts_with(versions_))
            seek(keys::past_object(bucket_, key));
    }

    index_view const& view_;
    dataset_id const bucket_;
    list_objects_request const& request_;
    std::size_t const most_;
    std::uint64_t const most_steps_;  // a page ends early rather than pass more delete markers
    store_metrics& metrics_;
    std::unique_ptr<kv::cursor> cursor_;
    std::uint64_t steps_ = 0;
    std::string versions_;  // what the index's keys of the present key's versions begin with
    list_page page_;
};

}  // namespace

result<list_page> list_objects_in(engine& store, index_view const& view,
                                  list_objects_request const& request) {
    SLUICE_TRY(auto bucket, find_bucket(view, request.bucket));
    return object_lister(view, bucket.id, request, store.limits(), store.metrics()).run();
}

task<result<list_page>> list_objects(engine& store, list_objects_request request) {
    auto body = [&](index_view const& view) { return list_objects_in(store, view, request); };
    co_return co_await read_index(store, body);
}

}  // namespace sluice::store
