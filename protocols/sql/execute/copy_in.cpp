#include <algorithm>

#include "protocols/sql/analyze/analyzer.hpp"
#include "protocols/sql/execute/copy_binary.hpp"
#include "protocols/sql/execute/copy_lines.hpp"
#include "protocols/sql/execute/copy_transfers.hpp"
#include "protocols/sql/execute/referential_checks.hpp"
#include "protocols/sql/execute/with_names.hpp"

namespace sluice::sql {
namespace {

// What a message shows of a line or a value at most.
std::string shortened(std::string_view text) {
    constexpr std::size_t most_shown = 100;
    if (text.size() <= most_shown) return std::string(text);
    auto cut = most_shown;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0U) == 0x80U) --cut;
    return std::string(text.substr(0, cut)) + "...";
}

class copy_in final : public copy_transfer {
public:
    copy_in(session_core& core, planned_ptr plan, copy_options options)
        : core_(core), context_(core.context), plan_(std::move(plan)), options_(options),
          lines_(std::move(options), core.context.services.limits.copy), reader_(core.context) {}

    task<sql_result<void>> open() {
        auto const& what = copy_statement_of(*plan_);
        auto const writable = context_.refuse_read_only("COPY FROM");
        if (writable.has_error()) co_return writable;
        auto found = co_await resolve_named(context_, *what.table);
        if (found.has_error()) co_return std::move(found).error();
        if ((*found)->kind == relation_kind::view)
            co_return sql_error("42809", "cannot copy to view \"" + (*found)->name + "\"")
                .with_hint("To enable copying to a view, provide an INSTEAD OF INSERT trigger.");
        if ((*found)->kind == relation_kind::sequence)
            co_return sql_error("42809", "cannot copy to sequence \"" + (*found)->name + "\"");
        if ((*found)->kind != relation_kind::table)
            co_return sql_error("42809", "cannot copy to \"" + (*found)->name + "\"");
        auto const locked =
            co_await context_.lock_relation(**found, relation_lock_mode::row_exclusive);
        if (locked.has_error()) co_return locked;
        auto const beside = co_await lock_referenced(context_, **found);
        if (beside.has_error()) co_return beside;
        auto again = resolve_relation(*what.table, *context_.catalog(), context_.analysis());
        if (again.has_error()) co_return std::move(again).error();
        table_ = std::move(*again);
        if (options_.freeze && !context_.is_rewritten(table_->oid))
            co_return sql_error("55000", "cannot perform COPY FREEZE because the table was not "
                                         "created or truncated in the current subtransaction");
        auto columns = copied_columns(*table_, what.columns, true);
        if (columns.has_error()) co_return std::move(columns).error();
        columns_ = std::move(*columns);
        auto const flagged = read_flags();
        if (flagged.has_error()) co_return flagged;
        auto shape = context_.shape_of(table_);
        if (shape.has_error()) co_return std::move(shape).error();
        context_.store_transaction().begin_statement();
        run_.emplace(context_.base_context(), reader_, context_.services.limits.run);
        writer_.emplace(context_, core_.sequences, std::move(*shape), *run_);
        auto const permitted = co_await writer_->permit(auth::action::append);
        if (permitted.has_error()) co_return permitted;
        if (options_.binary) binary_.emplace(columns_.size(), context_.services.limits.copy);
        co_return compile();
    }

    copy_format format() const override { return {copy_kind_of(options_), columns_.size()}; }

    task<sql_result<void>> write(std::string_view data) override {
        auto const done = co_await take(data, false);
        co_return done;
    }
    task<sql_result<std::string>> finish() override {
        std::string_view const nothing;
        auto const done = co_await take(nothing, true);
        if (done.has_error()) co_return done.error();
        if (!context_.references.empty()) {
            referential_checks checks(context_, core_.sequences);
            auto const held = co_await checks.finish_statement();
            if (held.has_error()) co_return held.error();
        }
        co_return "COPY " + std::to_string(rows_);
    }
    task<sql_result<void>> fail(std::string_view reason) override {
        co_return sql_error("57014", "COPY from stdin failed: " + std::string(reason));
    }
    task<sql_result<copy_chunk>> read() override {
        co_return sql_error("XX000", "COPY FROM gives no rows");
    }

private:
    sql_result<void> read_flags() {
        auto not_null = copied_flags(*table_, columns_, options_.force_not_null, "FORCE_NOT_NULL");
        if (not_null.has_error()) return std::move(not_null).error();
        auto null = copied_flags(*table_, columns_, options_.force_null, "FORCE_NULL");
        if (null.has_error()) return std::move(null).error();
        force_not_null_ = std::move(*not_null);
        force_null_ = std::move(*null);
        return {};
    }

    sql_result<void> compile() {
        auto const catalog = context_.catalog();
        auto const settings = context_.analysis();
        defaults_.resize(table_->columns.size());
        for (auto const& column : table_->columns) {
            auto const at = static_cast<std::size_t>(column.number) - 1;
            bool const given =
                std::find(columns_.begin(), columns_.end(), column.number) != columns_.end();
            if (given || column.dropped || column.generated) continue;
            if (column.identity != 0) {
                auto made = std::make_shared<expression>();
                made->node = sequence_default{column.sequence};
                made->type = column.type;
                defaults_[at] = std::move(made);
            } else if (column.default_text) {
                auto value = compile_expression(*column.default_text, nullptr,
                                                expression_place::column_default, column.type,
                                                column.name, *catalog, settings);
                if (value.has_error()) return std::move(value).error();
                defaults_[at] = std::move(*value);
            }
        }
        auto const& where = copy_statement_of(*plan_).where;
        if (!where) return {};
        auto condition =
            analyze_expression(where, table_.get(), expression_place::copy_where,
                               {type_oid{16}, -1}, {}, *catalog, settings);
        if (condition.has_error()) return std::move(condition).error();
        where_ = std::move(*condition);
        return {};
    }

    task<sql_result<void>> take(std::string_view data, bool ended) {
        if (binary_) {
            binary_->feed(data);
            auto const rows = co_await take_binary(ended);
            co_return rows;
        }
        lines_.feed(data);
        auto const lines = co_await take_lines(ended);
        co_return lines;
    }

    task<sql_result<void>> take_binary(bool ended) {
        while (true) {
            auto fields = binary_->next(ended);
            if (fields.has_error()) co_return in_line(std::move(fields).error(), {});
            if (!*fields) co_return sql_result<void>();
            auto row = parsed_binary(**fields);
            if (row.has_error()) co_return std::move(row).error();
            auto const done = co_await one(std::move(*row));
            if (done.has_error()) co_return done;
        }
    }

    task<sql_result<void>> take_lines(bool ended) {
        while (true) {
            auto fields = lines_.next(ended);
            if (fields.has_error()) co_return in_line(std::move(fields).error(), {});
            if (!*fields) co_return sql_result<void>();
            if (options_.header && !header_passed_) {
                header_passed_ = true;
                auto fits = check_header(**fields);
                if (fits.has_error()) co_return in_line(std::move(fits).error(), {});
                continue;
            }
            auto row = parsed(**fields);
            if (row.has_error()) co_return std::move(row).error();
            auto const done = co_await one(std::move(*row));
            if (done.has_error()) co_return done;
        }
    }

    // PostgreSQL writes lines in bundles: what fails then is told without the line's text.
    sql_error of_line(sql_error what) const {
        auto const line = binary_ ? binary_->line() : lines_.line();
        what.where = "COPY " + table_->name + ", line " + std::to_string(line);
        return what;
    }

    // `place`: ", column ..." of the value that was read; else the whole line is shown.
    sql_error in_line(sql_error what, std::string const& place) const {
        what = of_line(std::move(what));
        what.where += place;
        if (place.empty() && !binary_ && !lines_.text().empty())
            what.where += ": \"" + shortened(lines_.text()) + "\"";
        return what;
    }

    sql_result<void> check_header(copy_line_reader::fields const& fields) const {
        if (!options_.header_match) return {};
        if (fields.values.size() != columns_.size())
            return sql_error("22P04", "wrong number of fields in header line: got " +
                                          std::to_string(fields.values.size()) + ", expected " +
                                          std::to_string(columns_.size()));
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            auto const& name = table_->find_column(columns_[i])->name;
            if (fields.values[i] != name)
                return sql_error("22P04", "column name mismatch in header line field " +
                                              std::to_string(i + 1) + ": got \"" +
                                              fields.values[i].value_or("") + "\", expected \"" +
                                              name + "\"");
        }
        return {};
    }

    sql_result<sql_row> parsed(copy_line_reader::fields& fields) {
        if (fields.values.size() > columns_.size())
            return in_line(sql_error("22P04", "extra data after last expected column"), {});
        sql_row row(table_->columns.size(), datum(sql_null{}));
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            auto const& column = *table_->find_column(columns_[i]);
            if (i >= fields.values.size())
                return in_line(sql_error("22P04",
                                         "missing data for column \"" + column.name + "\""),
                               {});
            auto& text = fields.values[i];
            if (!text && force_not_null_[i]) text = options_.null_text;
            if (text && fields.quoted[i] && force_null_[i] && *text == options_.null_text)
                text.reset();
            if (!text) continue;
            auto value = input_text(column.type, *text, run_->context.io);
            if (value.has_error())
                return in_line(std::move(value).error(),
                               ", column " + column.name + ": \"" + shortened(*text) + "\"");
            row[static_cast<std::size_t>(column.number) - 1] = std::move(*value);
        }
        return row;
    }

    sql_result<sql_row> parsed_binary(copy_binary_reader::fields const& fields) {
        sql_row row(table_->columns.size(), datum(sql_null{}));
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (!fields[i]) continue;
            auto const& column = *table_->find_column(columns_[i]);
            auto value = input_binary(column.type, *fields[i], run_->context.io);
            if (value.has_error())
                return in_line(std::move(value).error(), ", column " + column.name);
            row[static_cast<std::size_t>(column.number) - 1] = std::move(*value);
        }
        return row;
    }

    task<sql_result<void>> one(sql_row row) {
        auto const stopped = run_->check_cancelled();
        if (stopped.has_error()) co_return context_.interrupted_error();
        frame const nothing;
        for (std::size_t i = 0; i < defaults_.size(); ++i) {
            if (!defaults_[i]) continue;
            auto value = co_await writer_->value(*defaults_[i], nothing);
            if (value.has_error()) co_return std::move(value).error();
            row[i] = std::move(*value);
        }
        if (where_) {
            auto box = std::make_shared<row_box>();
            box->values = row;
            frame seen;
            seen.rows.push_back(std::move(box));
            auto const held = run_->holds(*where_, seen);
            if (held.has_error()) co_return held.error();
            if (!*held) co_return sql_result<void>();
        }
        auto checked = writer_->checked(std::move(row));
        if (checked.has_error()) co_return in_line(std::move(checked).error(), {});
        auto written = co_await writer_->insert(std::move(*checked));
        if (written.has_error()) co_return of_line(std::move(written).error());
        ++rows_;
        co_return sql_result<void>();
    }

    session_core& core_;
    session_context& context_;
    planned_ptr plan_;
    copy_options options_;
    copy_line_reader lines_;
    std::optional<copy_binary_reader> binary_;
    bool header_passed_ = false;
    transaction_reader reader_;
    relation_ptr table_;
    std::vector<std::int16_t> columns_;
    std::vector<bool> force_not_null_, force_null_;
    std::vector<expression_ptr> defaults_;
    expression_ptr where_;
    std::optional<statement_run> run_;
    std::optional<row_writer> writer_;
    std::uint64_t rows_ = 0;
};

}  // namespace

task<sql_result<std::unique_ptr<copy_transfer>>> open_copy_in(session_core& core, planned_ptr plan,
                                                              copy_options options) {
    auto made = std::make_unique<copy_in>(core, std::move(plan), std::move(options));
    auto const opened = co_await made->open();
    if (opened.has_error()) co_return opened.error();
    co_return std::unique_ptr<copy_transfer>(std::move(made));
}

}  // namespace sluice::sql
