#include "protocols/sql/execute/bucket_rows.hpp"

#include <algorithm>

#include "gateway/core/block_on.hpp"
#include "protocols/sql/execute/foreign_relations.hpp"
#include "protocols/sql/execute/log_records.hpp"
#include "protocols/sql/execute/record_headers.hpp"
#include "protocols/sql/types/json_value.hpp"

namespace sluice::sql {
namespace {

constexpr std::int64_t millis_to_2000 = 946'684'800'000;
constexpr std::uint32_t page_objects = 1'000;

// No key in UTF-8 lies between what this gives and `key`; empty: nothing is before it.
std::string just_before(std::string key) {
    if (key.empty()) return key;
    auto const last = static_cast<unsigned char>(key.back());
    key.pop_back();
    if (last == 0) return key;
    key.push_back(static_cast<char>(last - 1));
    key.push_back('\xff');
    return key;
}

datum maybe_text(std::string const& value) {
    return value.empty() ? datum(sql_null{}) : datum(as_text(value));
}

std::string metadata_of(store::object_attributes const& attributes) {
    auto out = json_value::of_object();
    for (auto const& [name, value] : attributes.user_metadata)
        out.members.emplace_back(as_text(name), json_value::of_string(as_text(value)));
    normalise_members(out);
    return jsonb_text(out);
}

class bucket_rows final : public box_stream {
public:
    bucket_rows(session_context& session, std::shared_ptr<auth::statement_objects> objects,
                relation_ptr bucket, std::vector<bool> read, text_range keys)
        : session_(session),
          objects_(std::move(objects)),
          bucket_(std::move(bucket)),
          read_(std::move(read)),
          keys_(std::move(keys)),
          with_content_(reads_column(read_, bucket_columns::content)),
          after_(just_before(std::max(keys_.first, keys_.prefix))) {}

    sql_result<row_box_ptr> next() override {
        if (keys_.nothing) return row_box_ptr();
        if (keys_.points) return next_point();
        while (true) {
            while (at_ >= page_.size()) {
                if (last_page_) return row_box_ptr();
                auto const listed = list(keys_.prefix, page_objects);
                if (listed.has_error()) return listed.error();
            }
            auto const& stat = page_[at_++];
            if (keys_.last && stat.key > *keys_.last) {
                keys_.nothing = true;
                return row_box_ptr();
            }
            if (!with_content_) return row_of(stat, {});
            auto row = opened_row(stat.key);
            if (row.has_error() || *row) return row;
        }
    }

private:
    // A key that is named needs no listing, and where its content is read no right to list.
    sql_result<row_box_ptr> next_point() {
        while (point_ < keys_.points->size()) {
            auto const& key = (*keys_.points)[point_++];
            if (key.empty()) continue;
            if (with_content_) {
                auto row = opened_row(key);
                if (row.has_error() || *row) return row;
                continue;
            }
            after_ = just_before(key);
            auto const listed = list(key, 1);
            if (listed.has_error()) return listed.error();
            if (!page_.empty() && page_.front().key == key) return row_of(page_.front(), {});
        }
        return row_box_ptr();
    }

    sql_result<void> list(std::string const& prefix, std::uint32_t most) {
        auto const checked = check_cancelled();
        if (checked.has_error()) return checked;
        auth::guarded_objects::list_request request;
        request.bucket = bucket_->name;
        request.prefix = prefix;
        request.after = after_;
        request.max_entries = most;
        request.with_attributes = with_attributes();
        // Whoever got here runs on a pool thread (relation_reader's rule).
        auto page = block_on(session_.executor, objects_->list(session_.who, std::move(request)),
                             blocking_token::for_this_thread());
        if (page.has_error()) return error_of(page.error());
        page_ = std::move(page->objects);
        at_ = 0;
        after_ = std::move(page->next_after);
        last_page_ = !page->truncated;
        return {};
    }

    bool with_attributes() const {
        using namespace bucket_columns;
        for (auto const each : {content_type, content_encoding, content_disposition,
                                content_language, cache_control, metadata})
            if (reads_column(read_, each)) return true;
        return false;
    }

    sql_result<void> check_cancelled() {
        if (session_.interrupted.load(std::memory_order_relaxed) == interruption::none) return {};
        return session_.interrupted_error();
    }

    sql_error error_of(failure const& what) { return foreign_error(session_, what, bucket_->name); }

    // Null: there is no such object.
    sql_result<row_box_ptr> opened_row(std::string const& key) {
        auto const checked = check_cancelled();
        if (checked.has_error()) return checked.error();
        auto const token = blocking_token::for_this_thread();
        auto object =
            block_on(session_.executor, objects_->open(session_.who, bucket_->name, key), token);
        if (object.has_error()) {
            if (object.error().missing == auth::missing_thing::object) return row_box_ptr();
            return error_of(object.error());
        }
        auto const& stat = object->stat();
        auto const most = session_.services.limits.object_bytes;
        if (stat.size > most)
            return sql_error("54000", "object \"" + as_text(key) + "\" is too large to be read as "
                                      "one value")
                .with_detail("It has " + std::to_string(stat.size) +
                             " bytes; limits.sql_object is " + std::to_string(most) + ".");
        std::string content;
        content.reserve(stat.size);
        auto reader = block_on(session_.executor, object->read(), token);
        if (reader.has_error()) return error_of(reader.error());
        while (reader->remaining() > 0) {
            auto const piece = block_on(session_.executor, reader->next(), token);
            if (piece.has_error()) return error_of(piece.error());
            auto const bytes = piece->bytes();
            content.append(bytes.data(), bytes.size());
        }
        return row_of(stat, std::move(content));
    }

    sql_result<row_box_ptr> row_of(store::object_stat const& stat, std::string bytes) const {
        using namespace bucket_columns;
        auto box = std::make_shared<row_box>();
        box->table = bucket_->oid;
        auto& row = box->values;
        row.resize(bucket_columns::count);
        row[key] = as_text(stat.key);
        row[bucket_columns::size] = static_cast<std::int64_t>(stat.size);
        row[last_modified] = (to_underlying(stat.last_modified) - millis_to_2000) * 1000;
        row[etag] = stat.etag;
        auto const& about = stat.attributes;
        row[content_type] = maybe_text(about.content_type);
        row[content_encoding] = maybe_text(about.content_encoding);
        row[content_disposition] = maybe_text(about.content_disposition);
        row[content_language] = maybe_text(about.content_language);
        row[cache_control] = maybe_text(about.cache_control);
        if (reads_column(read_, metadata)) row[metadata] = metadata_of(about);
        if (with_content_) row[content] = std::move(bytes);
        return row_box_ptr(std::move(box));
    }

    session_context& session_;
    std::shared_ptr<auth::statement_objects> objects_;
    relation_ptr bucket_;
    std::vector<bool> read_;
    text_range keys_;
    bool const with_content_;
    std::string after_;
    std::vector<store::object_stat> page_;
    std::size_t at_ = 0, point_ = 0;
    bool last_page_ = false;
};

}  // namespace

sql_result<std::unique_ptr<box_stream>> open_bucket_rows(
    session_context& session, std::shared_ptr<auth::statement_objects> objects,
    relation_ptr const& bucket, std::vector<bool> const& read, entry_conditions const& of) {
    auto keys = text_range_of(bucket_columns::key, of);
    if (keys.has_error()) return std::move(keys).error();
    return std::unique_ptr<box_stream>(std::make_unique<bucket_rows>(
        session, std::move(objects), bucket, read, std::move(*keys)));
}

}  // namespace sluice::sql
