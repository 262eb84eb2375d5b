#include "protocols/sql/execute/tuple_stream.hpp"

#include "protocols/sql/execute/query_rows.hpp"
#include "protocols/sql/functions/function_table.hpp"

namespace sluice::sql {
namespace {

// Base of the streams over one entry: filters, and puts the row into the frame.
class entry_stream : public tuple_stream {
public:
    entry_stream(std::uint32_t relation, std::vector<expression_ptr> conditions, frame& seen,
                 statement_run& run)
        : relation_(relation), conditions_(std::move(conditions)), seen_(seen), run_(run) {}

    sql_result<bool> next() final {
        while (true) {
            auto row = next_row();
            if (row.has_error()) return std::move(row).error();
            if (!*row) return false;
            seen_.rows[relation_] = std::move(*row);
            bool fits = true;
            for (auto const& each : conditions_) {
                auto const held = run_.holds(*each, seen_);
                if (held.has_error()) return held.error();
                fits = *held;
                if (!fits) break;
            }
            if (fits) return true;
            if ((++passed_ & 1023U) == 0) {
                auto const stopped = run_.check_cancelled();
                if (stopped.has_error()) return stopped.error();
            }
        }
    }

protected:
    virtual sql_result<row_box_ptr> next_row() = 0;

    std::uint32_t relation_;
    std::vector<expression_ptr> conditions_;
    frame& seen_;
    statement_run& run_;
    std::size_t passed_ = 0;
};

class table_entry final : public entry_stream {
public:
    using entry_stream::entry_stream;
    sql_result<void> rewind() override {
        rows_.reset();
        return {};
    }

private:
    sql_result<row_box_ptr> next_row() override {
        if (!rows_) {
            auto opened = run_.reader.open(seen_.body->range_table[relation_], relation_,
                                           conditions_, seen_, run_);
            if (opened.has_error()) return std::move(opened).error();
            rows_ = std::move(*opened);
        }
        return rows_->next();
    }
    std::unique_ptr<box_stream> rows_;
};

class subquery_entry final : public entry_stream {
public:
    using entry_stream::entry_stream;
    sql_result<void> rewind() override {
        rows_.reset();
        return {};
    }

private:
    sql_result<row_box_ptr> next_row() override {
        if (!rows_) {
            auto const& source =
                std::get<range_entry::subquery>(seen_.body->range_table[relation_].source);
            auto opened = open_query(*source.body, &seen_, run_);
            if (opened.has_error()) return std::move(opened).error();
            rows_ = std::move(*opened);
        }
        auto box = std::make_shared<row_box>();
        auto const more = rows_->next(box->values);
        if (more.has_error()) return more.error();
        if (!*more) return row_box_ptr();
        return row_box_ptr(std::move(box));
    }
    std::unique_ptr<result_rows> rows_;
};

class values_entry final : public entry_stream {
public:
    using entry_stream::entry_stream;
    sql_result<void> rewind() override {
        at_ = 0;
        return {};
    }

private:
    sql_result<row_box_ptr> next_row() override {
        auto const& rows =
            std::get<range_entry::values>(seen_.body->range_table[relation_].source).rows;
        if (at_ >= rows.size()) return row_box_ptr();
        auto box = std::make_shared<row_box>();
        std::size_t weight = 0;
        for (auto const& each : rows[at_]) {
            auto value = each ? run_.value(*each, seen_) : sql_result<datum>(datum(sql_null{}));
            if (value.has_error()) return std::move(value).error();
            weight += weight_of(*value);
            auto const room = run_.room_for(weight);
            if (room.has_error()) return room.error();
            box->values.push_back(std::move(*value));
        }
        ++at_;
        return row_box_ptr(std::move(box));
    }
    std::size_t at_ = 0;
};

class common_table_entry final : public entry_stream {
public:
    using entry_stream::entry_stream;
    sql_result<void> rewind() override {
        at_ = 0;
        rows_.reset();
        return {};
    }

private:
    sql_result<row_box_ptr> next_row() override {
        if (!rows_) {
            auto const& source =
                std::get<range_entry::common_table>(seen_.body->range_table[relation_].source);
            auto rows = rows_of_common_table(seen_.up(source.levels_up), source.index, run_);
            if (rows.has_error()) return std::move(rows).error();
            rows_ = std::move(*rows);
        }
        if (at_ >= rows_->size()) return row_box_ptr();
        return (*rows_)[at_++];
    }
    std::shared_ptr<row_boxes const> rows_;
    std::size_t at_ = 0;
};

// Functions in FROM, side by side: shorter ones are filled up with nulls.
class function_entry final : public entry_stream {
public:
    using entry_stream::entry_stream;
    sql_result<void> rewind() override {
        calls_.clear();
        tally_.clear();
        open_ = false;
        count_ = 0;
        return {};
    }

private:
    struct call {
        std::unique_ptr<row_set> rows;
        datum single;
        bool has_single = false;
        std::uint32_t width = 1;
    };

    sql_result<void> open(range_entry::function const& source) {
        for (std::size_t i = 0; i < source.calls.size(); ++i) {
            auto const& node = *source.calls[i];
            call made;
            made.width = i < source.widths.size() ? source.widths[i] : 1;
            auto const* set = std::get_if<set_returning_call>(&node.node);
            auto const* called = set != nullptr ? &set->call : std::get_if<function_call>(&node.node);
            bool const gives_rows =
                called != nullptr && (set != nullptr || find_function(called->function).set != nullptr);
            if (gives_rows) {
                auto started = start_set_call(*called, node.type, seen_, run_);
                if (started.has_error()) return std::move(started).error();
                made.rows = std::move(*started);
                auto const fits = tally_.add(made.rows ? made.rows->memory_bytes() : 0);
                if (fits.has_error()) return fits;
            } else {
                auto value = run_.value(node, seen_);
                if (value.has_error()) return std::move(value).error();
                made.single = std::move(*value);
                made.has_single = true;
            }
            calls_.push_back(std::move(made));
        }
        open_ = true;
        return {};
    }

    static void append(call const& from, bool there, datum value, sql_row& out) {
        auto const* record = std::get_if<std::shared_ptr<row_value const>>(&value);
        // A function of one composite column is spread; of one plain column it is the value.
        if (there && record != nullptr && *record && (from.width != 1 || (*record)->fields.size() == 1)) {
            for (std::uint32_t i = 0; i < from.width; ++i)
                out.push_back(i < (*record)->fields.size() ? (*record)->fields[i]
                                                           : datum(sql_null{}));
            return;
        }
        if (there && from.width == 1) {
            out.push_back(std::move(value));
            return;
        }
        out.resize(out.size() + from.width, datum(sql_null{}));
    }

    sql_result<row_box_ptr> next_row() override {
        auto const& source =
            std::get<range_entry::function>(seen_.body->range_table[relation_].source);
        if (!open_) {
            auto const opened = open(source);
            if (opened.has_error()) return opened.error();
        }
        auto box = std::make_shared<row_box>();
        bool any = false;
        for (auto& each : calls_) {
            datum value{sql_null{}};
            bool there = false;
            if (each.has_single) {
                there = true;
                value = std::move(each.single);
                each.has_single = false;
            } else if (each.rows) {
                there = each.rows->next(value);
                if (!there) {
                    if (auto const* failed = each.rows->failed()) return *failed;
                    each.rows.reset();
                }
            }
            any = any || there;
            append(each, there, std::move(value), box->values);
        }
        if (!any) return row_box_ptr();
        if (source.with_ordinality) box->values.emplace_back(++count_);
        if ((++pulled_ & 1023U) == 0) {
            auto const stopped = run_.check_cancelled();
            if (stopped.has_error()) return stopped.error();
        }
        return row_box_ptr(std::move(box));
    }

    memory_tally tally_{run_};
    std::vector<call> calls_;
    bool open_ = false;
    std::int64_t count_ = 0;
    std::size_t pulled_ = 0;
};

}  // namespace

sql_result<tuple_stream_ptr> open_entry(std::uint32_t relation,
                                        std::vector<expression_ptr> conditions, frame& seen,
                                        statement_run& run) {
    auto const& source = seen.body->range_table[relation].source;
    if (std::holds_alternative<range_entry::table>(source))
        return tuple_stream_ptr(
            std::make_unique<table_entry>(relation, std::move(conditions), seen, run));
    if (std::holds_alternative<range_entry::subquery>(source))
        return tuple_stream_ptr(
            std::make_unique<subquery_entry>(relation, std::move(conditions), seen, run));
    if (std::holds_alternative<range_entry::values>(source))
        return tuple_stream_ptr(
            std::make_unique<values_entry>(relation, std::move(conditions), seen, run));
    if (std::holds_alternative<range_entry::common_table>(source))
        return tuple_stream_ptr(
            std::make_unique<common_table_entry>(relation, std::move(conditions), seen, run));
    return tuple_stream_ptr(
        std::make_unique<function_entry>(relation, std::move(conditions), seen, run));
}

}  // namespace sluice::sql
