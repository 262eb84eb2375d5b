#include <algorithm>

#include "backend/store/common_prefix.hpp"
#include "backend/store/object_versions.hpp"

namespace sluice::store {
namespace {

namespace keys = kv::key_space;

// Walks all versions of the keys of one listing.
class version_lister {
public:
    version_lister(index_view const& view, bucket_record const& bucket,
                   list_versions_request const& request, std::size_t most)
        : view_(view), bucket_(bucket), request_(request), most_(most) {}

    result<version_page> run() {
        SLUICE_TRY(auto range, range_to_list());
        if (range.lower >= range.upper || most_ == 0) return std::move(page_);
        cursor_ = view_.scan(kv::family::object, std::move(range));
        while (cursor_->valid()) {
            SLUICE_TRY(auto const key, keys::parse_object(cursor_->key()));
            if (page_.versions.size() + page_.common_prefixes.size() == most_) {
                page_.truncated = true;
                break;
            }
            SLUICE_CHECK(take(key));
        }
        SLUICE_CHECK(cursor_->status());
        return std::move(page_);
    }

private:
    result<keys::key_range> range_to_list() {
        auto range = keys::objects(bucket_.id, request_.prefix, request_.key_after);
        if (request_.version_after) {
            SLUICE_TRY(auto begin, behind_version());
            range.lower =
                std::max(std::move(begin), keys::objects(bucket_.id, request_.prefix).lower);
            return range;
        }
        auto const prefix =
            common_prefix(request_.key_after, request_.prefix, request_.delimiter);
        if (!prefix.empty() && prefix == request_.key_after)
            range.lower = std::max(range.lower, keys::past_object_prefix(bucket_.id, prefix));
        return range;
    }

    // The version may be gone by now: its place is what counts. The null version's is known by the
    // number that a page gave; by name it is looked up, and the key begins anew when it is gone.
    result<std::string> behind_version() {
        auto number = *request_.version_after;
        if (number == object_version{}) {
            SLUICE_TRY(auto const null, find_version(view_, bucket_, request_.key_after, number));
            if (!null) return keys::object_versions(bucket_.id, request_.key_after).lower;
            number = null->number;
        }
        last_key_ = request_.key_after;
        auto begin = keys::object(bucket_.id, request_.key_after, number);
        begin.push_back('\0');
        return begin;
    }

    result<void> take(keys::object_key const& key) {
        auto prefix = common_prefix(key.key, request_.prefix, request_.delimiter);
        if (!prefix.empty()) {
            cursor_->seek(keys::past_object_prefix(bucket_.id, prefix));
            page_.next_key = prefix;
            page_.next_version.reset();
            page_.common_prefixes.push_back(std::move(prefix));
            return success();
        }
        SLUICE_TRY(auto record, decode_object_description(cursor_->value()));
        stored_version const found{key.version, std::move(record)};
        auto stat = describe(bucket_, key.key, found);
        if (request_.with_attributes) {
            SLUICE_TRY(stat.attributes, decode_attributes(found.record.attributes));
        }
        stat.is_latest = last_key_ != key.key;
        last_key_ = key.key;
        page_.next_key = key.key;
        page_.next_version = key.version;
        page_.versions.push_back(std::move(stat));
        cursor_->next();
        return success();
    }

    index_view const& view_;
    bucket_record const& bucket_;
    list_versions_request const& request_;
    std::size_t const most_;
    std::unique_ptr<kv::cursor> cursor_;
    std::string last_key_;   // empty: none yet, no key is
    version_page page_;
};

}  // namespace

task<result<version_page>> list_versions(engine& store, list_versions_request request) {
    auto body = [&](index_view const& view) -> result<version_page> {
        auto const most = std::min(request.max_entries, store.limits().list_page);
        SLUICE_TRY(auto const bucket, find_bucket(view, request.bucket));
        return version_lister(view, bucket, request, most).run();
    };
    co_return co_await read_index(store, body);
}

}  // namespace sluice::store
