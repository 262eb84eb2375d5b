#include "protocols/sql/execute/topic_rows.hpp"

#include <algorithm>

#include "gateway/core/block_on.hpp"
#include "protocols/sql/execute/foreign_relations.hpp"
#include "protocols/sql/execute/record_headers.hpp"
#include "protocols/sql/types/json_value.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

constexpr std::int64_t millis_to_2000 = 946'684'800'000;

// Kafka's NO_TIMESTAMP is -1.
datum timestamp_of(unix_millis at) {
    auto const millis = to_underlying(at);
    if (millis < 0) return sql_null{};
    std::int64_t out = 0;
    if (__builtin_mul_overflow(millis - millis_to_2000, std::int64_t{1000}, &out))
        return std::numeric_limits<std::int64_t>::max();
    return out;
}

// Milliseconds that are not later than a timestamp of SQL.
std::int64_t millis_before(std::int64_t micros_since_2000) {
    auto const floor = micros_since_2000 / 1000 - (micros_since_2000 % 1000 < 0 ? 1 : 0);
    std::int64_t out = 0;
    if (__builtin_add_overflow(floor, millis_to_2000, &out)) return INT64_MAX;
    return out;
}

bool reads_any(std::vector<bool> const& read, std::initializer_list<std::size_t> columns) {
    return std::any_of(columns.begin(), columns.end(),
                       [&](std::size_t each) { return reads_column(read, each); });
}

datum bytes_of(std::optional<std::string> const& bytes) {
    return bytes ? datum(*bytes) : datum(sql_null{});
}

// From each partition what lies between the offsets, and not before the first record that is as
// late as `oldest`.
sql_result<std::vector<record_range>> ranges_of(session_context& session, log_at_statement& log,
                                                number_range partitions, number_range offsets,
                                                std::int64_t oldest) {
    std::vector<record_range> out;
    auto const& name = log.log.topic().name;
    for (std::size_t i = 0; i < log.bounds.size(); ++i) {
        auto const number = static_cast<std::int32_t>(i);
        if (number < partitions.first || number > partitions.last) continue;
        record_range range;
        range.partition = partition_index{number};
        range.first = std::max(log.bounds[i].start, log_offset{offsets.first});
        range.end = log.bounds[i].end;
        if (offsets.last < to_underlying(range.end)) range.end = log_offset{offsets.last + 1};
        if (range.first >= range.end) continue;
        if (oldest > 0) {
            auto const found =
                block_on(session.executor, log.log.find_time(range.partition, unix_millis{oldest}),
                         blocking_token::for_this_thread());
            if (found.has_error()) return foreign_error(session, found.error(), name);
            if (!*found) continue;
            range.first = std::max(range.first, (*found)->offset);
            if (range.first >= range.end) continue;
        }
        out.push_back(range);
    }
    return out;
}

class topic_rows final : public box_stream {
public:
    topic_rows(log_records records, object_oid topic, std::vector<bool> read)
        : records_(std::move(records)), topic_(topic), read_(std::move(read)) {}

    sql_result<row_box_ptr> next() override {
        using namespace topic_columns;
        auto const more = records_.next();
        if (more.has_error()) return more.error();
        if (!*more) return row_box_ptr();
        auto const& record = records_.record();
        auto box = std::make_shared<row_box>();
        box->table = topic_;
        auto& row = box->values;
        row.resize(topic_columns::count);
        row[partition] = std::int64_t{to_underlying(records_.partition())};
        row[topic_columns::offset] = to_underlying(record.offset);
        if (reads_column(read_, timestamp)) row[timestamp] = timestamp_of(record.timestamp);
        if (reads_column(read_, timestamp_type))
            row[timestamp_type] =
                std::string(records_.has_append_time() ? "LogAppendTime" : "CreateTime");
        if (reads_column(read_, key)) row[key] = bytes_of(record.key);
        if (reads_column(read_, value)) row[value] = bytes_of(record.value);
        if (reads_column(read_, headers)) row[headers] = headers_to_jsonb(record.headers);
        return row_box_ptr(std::move(box));
    }

private:
    log_records records_;
    object_oid topic_;
    std::vector<bool> read_;
};

// One JSON object of the audit log as a row of audit.events.
class audit_row {
public:
    audit_row(json_value const& record, sql_row& row) : record_(record), row_(row) {}

    void text(std::size_t column, char const* name) {
        auto const* found = record_.member(name);
        if (found != nullptr && found->what == json_value::kind::string) row_[column] = found->text;
    }
    void number(std::size_t column, char const* name, bool zero_if_none) {
        if (auto const value = number_of(name)) row_[column] = *value;
        else if (zero_if_none) row_[column] = std::int64_t{0};
    }
    void time(std::size_t column) {
        if (auto const millis = number_of("time_ms")) row_[column] = timestamp_of(unix_millis{*millis});
    }
    void texts(std::size_t column, char const* name) {
        auto made = std::make_shared<array_value>();
        made->element = oid::text;
        if (auto const* found = record_.member(name))
            for (auto const& each : found->items) made->elements.emplace_back(each.text);
        if (!made->elements.empty())
            made->dimensions.push_back({static_cast<std::int32_t>(made->elements.size()), 1});
        row_[column] = std::shared_ptr<array_value const>(std::move(made));
    }

private:
    std::optional<std::int64_t> number_of(char const* name) const {
        auto const* found = record_.member(name);
        if (found == nullptr || found->what != json_value::kind::number) return std::nullopt;
        return std::strtoll(found->text.c_str(), nullptr, 10);
    }

    json_value const& record_;
    sql_row& row_;
};

class audit_rows final : public box_stream {
public:
    audit_rows(log_records records, value_limits limits)
        : records_(std::move(records)), limits_(limits) {}

    sql_result<row_box_ptr> next() override {
        namespace c = audit_columns;
        auto const more = records_.next();
        if (more.has_error()) return more.error();
        if (!*more) return row_box_ptr();
        auto const& value = records_.record().value;
        auto const parsed = parse_json(value ? std::string_view(*value) : std::string_view(),
                                       limits_);
        if (parsed.has_error())
            return sql_error("XX001", "an audit record is not JSON")
                .with_detail("_offset " + std::to_string(to_underlying(records_.record().offset)));
        auto box = std::make_shared<row_box>();
        box->table = audit_relation()->oid;
        box->values.resize(c::count);
        box->values[c::offset] = to_underlying(records_.record().offset);
        audit_row row(*parsed, box->values);
        row.time(c::time);
        row.text(c::protocol, "protocol");
        row.text(c::principal, "principal");
        row.texts(c::on_behalf_of, "on_behalf_of");
        row.text(c::auth_method, "auth_method");
        row.text(c::credential_id, "credential_id");
        row.text(c::client_address, "client_address");
        row.text(c::operation, "operation");
        row.text(c::verb, "verb");
        row.text(c::action_class, "class");
        row.text(c::resource_kind, "resource_kind");
        row.text(c::resource, "resource");
        row.text(c::decision, "decision");
        row.text(c::rule, "rule");
        row.text(c::status, "status");
        row.number(c::decisions, "count", true);
        row.number(c::bytes, "bytes", true);
        row.number(c::rows, "rows", true);
        row.text(c::request_id, "request_id");
        row.number(c::policy_epoch, "policy_epoch", false);
        return row_box_ptr(std::move(box));
    }

private:
    log_records records_;
    value_limits const limits_;
};

}  // namespace

sql_result<std::unique_ptr<box_stream>> open_topic_rows(session_context& session,
                                                        std::shared_ptr<log_at_statement> log,
                                                        relation_ptr const& topic,
                                                        std::vector<bool> const& read,
                                                        entry_conditions const& of) {
    namespace c = topic_columns;
    auto const partitions = number_range_of(c::partition, of);
    if (partitions.has_error()) return partitions.error();
    auto const offsets = number_range_of(c::offset, of);
    if (offsets.has_error()) return offsets.error();
    auto const times = number_range_of(c::timestamp, of);
    if (times.has_error()) return times.error();
    std::vector<record_range> ranges;
    log_records::options how;
    how.content = reads_any(read, {c::timestamp, c::timestamp_type, c::key, c::value, c::headers});
    if (times->first != number_range().first) how.oldest = millis_before(times->first);
    if (!partitions->empty() && !offsets->empty() && !times->empty()) {
        auto found = ranges_of(session, *log, *partitions, *offsets, how.oldest);
        if (found.has_error()) return std::move(found).error();
        ranges = std::move(*found);
    }
    log_records records(session, std::move(log), std::move(ranges), how);
    return std::unique_ptr<box_stream>(
        std::make_unique<topic_rows>(std::move(records), topic->oid, read));
}

// Not by time: a record says when it was decided, its place when it was written.
sql_result<std::unique_ptr<box_stream>> open_audit_rows(session_context& session,
                                                        std::shared_ptr<log_at_statement> log,
                                                        std::vector<bool> const&,
                                                        entry_conditions const& of) {
    auto const offsets = number_range_of(audit_columns::offset, of);
    if (offsets.has_error()) return offsets.error();
    std::vector<record_range> ranges;
    if (!offsets->empty()) {
        auto found = ranges_of(session, *log, {}, *offsets, 0);
        if (found.has_error()) return std::move(found).error();
        ranges = std::move(*found);
    }
    log_records records(session, std::move(log), std::move(ranges), {});
    return std::unique_ptr<box_stream>(
        std::make_unique<audit_rows>(std::move(records), of.run.context.io.limits));
}

}  // namespace sluice::sql
