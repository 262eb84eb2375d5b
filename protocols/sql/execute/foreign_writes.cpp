#include "protocols/sql/execute/foreign_writes.hpp"

#include <charconv>

#include "backend/store/model/log_batch.hpp"
#include "backend/store/model/topic_batches.hpp"
#include "backend/store/model/topic_cleaning.hpp"
#include "protocols/sql/plan/expression_walk.hpp"
#include "protocols/sql/execute/foreign_relations.hpp"
#include "protocols/sql/execute/log_records.hpp"
#include "protocols/sql/execute/record_headers.hpp"
#include "protocols/sql/execute/record_partitions.hpp"

namespace sluice::sql {
namespace {

namespace c = topic_columns;

constexpr std::int64_t millis_to_2000 = 946'684'800'000;
constexpr std::size_t batch_bytes_most = 512 * kibibyte;
constexpr std::size_t open_batches_most = mebibyte;  // of all partitions together
// Of a record in a batch beside its texts: lengths and deltas.
constexpr std::size_t record_overhead = 48, header_overhead = 16;

// What the topic says of records, as the Kafka front has it.
struct record_rules {
    std::int64_t message_bytes = 0;
    std::int64_t before_most = 0, after_most = 0;  // ms from now
    bool keys_needed = false;                      // it is compacted
    store::batch_form form;
};

std::int64_t setting_of(store::topic_info const& topic, char const* name, std::int64_t otherwise) {
    auto const found = topic.settings.find(name);
    if (found == topic.settings.end()) return otherwise;
    auto const& text = found->second;
    std::int64_t out = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

record_rules rules_of(store::topic_info const& topic, sql_limits const& limits) {
    constexpr std::int64_t an_hour = 3'600'000;
    return {setting_of(topic, "max.message.bytes", limits.message_bytes),
            setting_of(topic, "message.timestamp.before.max.ms", INT64_MAX),
            setting_of(topic, "message.timestamp.after.max.ms", an_hour),
            store::cleaning_of(topic.settings).compacts, store::batch_form_of(topic.settings)};
}

sql_error is_generated(char const* column) {
    return sql_error("428C9", "cannot insert a non-DEFAULT value into column \"" +
                                  std::string(column) + "\"")
        .with_detail("The topic gives it when the transaction commits.");
}

std::optional<std::string> bytes_at(sql_row const& row, std::size_t column) {
    auto const* value = std::get_if<std::string>(&row[column]);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::size_t size_of(store::log_record const& record) {
    auto out = record_overhead + (record.key ? record.key->size() : 0) +
               (record.value ? record.value->size() : 0);
    for (auto const& each : record.headers)
        out += header_overhead + each.name.size() + (each.value ? each.value->size() : 0);
    return out;
}

bool within(std::int64_t millis, std::int64_t now, record_rules const& rules) {
    auto const oldest = rules.before_most > now ? INT64_MIN : now - rules.before_most;
    auto const newest = rules.after_most > INT64_MAX - now ? INT64_MAX : now + rules.after_most;
    return millis >= oldest && millis <= newest;
}

// RETURNING of what is not known before the commit.
bool reads_offset(std::vector<target> const& returning) {
    bool out = false;
    for (auto const& each : returning)
        walk_deep(*each.value, 0, [&](expression const& node, std::uint32_t depth) {
            if (auto const* column = std::get_if<column_reference>(&node.node))
                out = out || (column->levels_up == depth && column->column == c::offset);
            if (auto const* row = std::get_if<whole_row_reference>(&node.node))
                out = out || row->levels_up == depth;
        });
    return out;
}

}  // namespace

// The steps of one INSERT into a topic.
class produce_execution {
public:
    produce_execution(statement_execution& of, insert_statement const& what, relation_ptr topic)
        : of_(of), session_(of.session_), run_(*of.run_), what_(what), topic_(std::move(topic)) {
        level_.tables = &what.common_tables;
        level_.common.resize(what.common_tables.size());
        level_.rows.resize(2);
    }

    task<sql_result<statement_result>> run() {
        auto const opened = co_await open();
        if (opened.has_error()) co_return opened.error();
        while (!source_ended_) {
            auto pull = [this] { return pull_page(); };
            auto pulled = co_await of_.on_pool(std::move(pull));
            if (pulled.has_error()) co_return std::move(pulled).error();
            for (auto& record : *pulled) {
                auto const added = add(std::move(record));
                if (added.has_error()) co_return added.error();
            }
        }
        auto const flushed = flush_all();
        if (flushed.has_error()) co_return flushed.error();
        co_return std::move(out_);
    }

private:
    struct placed_record {
        partition_index partition{};
        store::log_record record;
    };

    task<sql_result<void>> open() {
        if (what_.on_conflict && what_.on_conflict->do_update)
            co_return sql_error("0A000", "ON CONFLICT DO UPDATE is not supported for topics");
        if (reads_offset(what_.returning))
            co_return sql_error("0A000", "RETURNING cannot give \"_offset\"")
                .with_detail("A record gets its offset when the transaction commits.");
        auto found =
            co_await session_.store_transaction().use_topic(session_.who, topic_->name);
        if (found.has_error())
            co_return foreign_error(session_, found.error(), topic_->name);
        rules_ = rules_of(*found, session_.services.limits);
        partitions_.emplace(found->partitions, session_.services.random.next_u64());
        now_ = to_underlying(session_.services.clock.now());
        co_return sql_result<void>();
    }

    // On a pool thread: the next rows of the source as records, and what RETURNING says of them.
    sql_result<std::vector<placed_record>> pull_page() {
        std::vector<placed_record> out;
        std::size_t bytes = 0;
        while (out.size() < run_.limits.page_rows && bytes < run_.limits.page_bytes) {
            sql_row given;
            auto const more = next_source_row(given);
            if (more.has_error()) return more.error();
            if (!*more) {
                source_ended_ = true;
                break;
            }
            bytes += weight_of(given);
            auto made = record_of(std::move(given));
            if (made.has_error()) return std::move(made).error();
            out.push_back(std::move(*made));
        }
        return out;
    }

    sql_result<bool> next_source_row(sql_row& row) {
        if (!what_.source) return !std::exchange(defaults_given_, true);  // DEFAULT VALUES
        if (!source_) {
            auto opened = open_query(*what_.source, &level_, run_);
            if (opened.has_error()) return std::move(opened).error();
            source_ = std::move(*opened);
        }
        return source_->next(row);
    }

    sql_result<placed_record> record_of(sql_row given) {
        sql_row row(c::count);
        for (std::size_t i = 0; i < what_.columns.size() && i < given.size(); ++i)
            row[static_cast<std::size_t>(what_.columns[i]) - 1] = std::move(given[i]);
        if (!is_null(row[c::offset])) return is_generated("_offset");
        if (!is_null(row[c::timestamp_type])) return is_generated("_timestamp_type");
        placed_record out;
        auto& record = out.record;
        record.key = bytes_at(row, c::key);
        record.value = bytes_at(row, c::value);
        if (auto const headers = bytes_at(row, c::headers)) {
            auto read = headers_from_jsonb(*headers, run_.context.io.limits);
            if (read.has_error()) return std::move(read).error();
            record.headers = std::move(*read);
        }
        auto const time = timestamp_of(row[c::timestamp]);
        if (time.has_error()) return time.error();
        record.timestamp = unix_millis{*time};
        auto const partition = partition_of(row[c::partition], record);
        if (partition.has_error()) return partition.error();
        out.partition = *partition;
        auto const told = tell(std::move(row), out);
        if (told.has_error()) return told.error();
        return out;
    }

    sql_result<std::int64_t> timestamp_of(datum const& given) const {
        auto const* micros = std::get_if<std::int64_t>(&given);
        if (micros == nullptr) return now_;
        if (rules_.form.append_time) return is_generated("_timestamp");
        bool const is_finite = *micros != INT64_MAX && *micros != INT64_MIN;
        auto const millis = *micros / 1000 - (*micros % 1000 < 0 ? 1 : 0) + millis_to_2000;
        if (is_finite && millis >= 0 && within(millis, now_, rules_)) return millis;
        return sql_error("22008", "a record's timestamp is out of range")
            .with_detail("The topic's message.timestamp.before.max.ms and "
                         "message.timestamp.after.max.ms say how far from now it may be.");
    }

    sql_result<partition_index> partition_of(datum const& given, store::log_record const& record) {
        auto const* number = std::get_if<std::int64_t>(&given);
        if (number == nullptr) {
            if (record.key) return partitions_->of(*record.key);
            sticky_bytes_ += size_of(record);
            if (sticky_bytes_ > batch_bytes_most) {
                partitions_->next_sticky();
                sticky_bytes_ = 0;
            }
            return partitions_->of(std::nullopt);
        }
        if (*number < 0 || *number >= std::int64_t{partitions_->count()})
            return sql_error("22023", "topic \"" + topic_->name + "\" has no partition " +
                                          std::to_string(*number))
                .with_detail("It has " + std::to_string(partitions_->count()) + " of them.");
        return partition_index{static_cast<std::int32_t>(*number)};
    }

    sql_result<void> tell(sql_row row, placed_record const& placed) {
        ++out_.count;
        if (what_.returning.empty()) return {};
        row[c::partition] = std::int64_t{to_underlying(placed.partition)};
        row[c::timestamp] = (to_underlying(placed.record.timestamp) - millis_to_2000) * 1000;
        row[c::timestamp_type] =
            std::string(rules_.form.append_time ? "LogAppendTime" : "CreateTime");
        row[c::headers] = headers_to_jsonb(placed.record.headers);
        auto box = std::make_shared<row_box>();
        box->values = std::move(row);
        box->table = topic_->oid;
        frame seen;
        seen.tables = &what_.common_tables;
        seen.common = level_.common;
        seen.rows.push_back(std::move(box));
        sql_row values;
        for (auto const& each : what_.returning) {
            if (each.hidden) continue;
            auto value = run_.value(*each.value, seen);
            if (value.has_error()) return std::move(value).error();
            values.push_back(std::move(*value));
        }
        auto const fits = run_.remember(weight_of(values));
        if (fits.has_error()) return fits;
        out_.rows.push_back(std::move(values));
        return {};
    }

    sql_result<void> add(placed_record placed) {
        if (rules_.keys_needed && !placed.record.key)
            return sql_error("23502", "null value in column \"_key\" of topic \"" +
                                          topic_->name + "\" violates not-null constraint")
                .with_detail("The topic is compacted: it keeps the newest record of a key.");
        auto const most = std::min<std::size_t>(static_cast<std::size_t>(rules_.message_bytes),
                                                batch_bytes_most);
        auto const size = size_of(placed.record);
        auto& batch = batches_[placed.partition];
        if (batch.count() > 0 && batch.bytes() + size > most) {
            auto const flushed = flush(placed.partition, batch);
            if (flushed.has_error()) return flushed;
        }
        auto const& record = placed.record;
        batch.add(record.timestamp, record.key, record.value, record.headers);
        open_bytes_ += size;
        if (static_cast<std::int64_t>(batch.bytes()) > rules_.message_bytes)
            return sql_error("54000", "a record is too large for topic \"" + topic_->name + "\"")
                .with_detail("As a batch it has " + std::to_string(batch.bytes()) +
                             " bytes; the topic's max.message.bytes is " +
                             std::to_string(rules_.message_bytes) + ".");
        if (open_bytes_ <= open_batches_most) return {};
        auto const flushed = flush_all();
        return flushed;
    }

    sql_result<void> flush_all() {
        for (auto& [partition, batch] : batches_) {
            auto const flushed = flush(partition, batch);
            if (flushed.has_error()) return flushed;
        }
        open_bytes_ = 0;
        return {};
    }

    sql_result<void> flush(partition_index partition, store::log_batch_builder& batch) {
        if (batch.count() == 0) return {};
        auto const records = static_cast<std::uint64_t>(batch.count());
        // With the time that was told to whoever asked for it.
        auto formed = store::in_form(rules_.form, batch.finish(), unix_millis{now_},
                                     store::log_decompressed_most);
        if (formed.has_error()) return foreign_error(session_, formed.error(), topic_->name);
        store::log_append_part part{topic_->name, partition, *std::move(formed)};
        auto const appended = session_.store_transaction().append_records(
            session_.who, std::move(part), records);
        if (appended.has_error()) return foreign_error(session_, appended.error(), topic_->name);
        return {};
    }

    statement_execution& of_;
    session_context& session_;
    statement_run& run_;
    insert_statement const& what_;
    relation_ptr topic_;
    record_rules rules_;
    std::optional<record_partitions> partitions_;
    std::int64_t now_ = 0;
    frame level_;
    result_rows_ptr source_;
    bool source_ended_ = false, defaults_given_ = false;
    std::map<partition_index, store::log_batch_builder> batches_;
    std::size_t open_bytes_ = 0, sticky_bytes_ = 0;
    statement_result out_;
};

task<sql_result<statement_result>> produce_rows(statement_execution& of,
                                                insert_statement const& what, relation_ptr topic) {
    produce_execution steps(of, what, std::move(topic));
    auto out = co_await steps.run();
    co_return out;
}

}  // namespace sluice::sql
