#include "protocols/sql/execute/copy_transfers.hpp"

#include <algorithm>

#include "protocols/sql/analyze/analyzer.hpp"
#include "protocols/sql/execute/copy_options.hpp"

namespace sluice::sql {
namespace {

constexpr std::size_t rows_per_chunk = 1'000;

utility::copy const& copy_of(planned_statement const& plan) {
    return std::get<utility::copy>(std::get<utility_ptr>(plan.body)->body);
}

sql_result<std::vector<std::int16_t>> columns_of(relation const& table,
                                                 std::vector<std::string> const& names,
                                                 bool writing) {
    std::vector<std::int16_t> out;
    if (names.empty()) {
        for (auto const& each : table.columns)
            if (!each.dropped && !(writing && each.generated)) out.push_back(each.number);
        return out;
    }
    for (auto const& name : names) {
        auto const* found = table.find_column(name);
        if (found == nullptr || found->dropped)
            return sql_error("42703", "column \"" + name + "\" of relation \"" + table.name +
                                          "\" does not exist");
        if (found->generated)
            return sql_error("42P10", "column \"" + name + "\" is a generated column")
                .with_detail("Generated columns cannot be used in COPY.");
        if (std::find(out.begin(), out.end(), found->number) != out.end())
            return sql_error("42701", "column \"" + name + "\" specified more than once");
        out.push_back(found->number);
    }
    return out;
}

sql_result<std::vector<bool>> flags_of(relation const& table,
                                       std::vector<std::int16_t> const& columns,
                                       std::vector<std::string> const& names, char const* option) {
    std::vector<bool> out(columns.size(), false);
    for (auto const& name : names) {
        bool found = name == "*";
        for (std::size_t i = 0; i < columns.size(); ++i)
            if (name == "*" || table.find_column(columns[i])->name == name)
                out[i] = found = true;
        if (!found)
            return sql_error("42P10", std::string(option) + " column \"" + name +
                                          "\" not referenced by COPY");
    }
    return out;
}

class copy_in final : public copy_transfer {
public:
    copy_in(session_core& core, planned_ptr plan, copy_options options)
        : core_(core), context_(core.context), plan_(std::move(plan)), options_(options),
          lines_(std::move(options)), reader_(core.context) {}

    task<sql_result<void>> open() {
        auto const& what = sql::copy_of(*plan_);
        auto const writable = context_.refuse_read_only("COPY FROM");
        if (writable.has_error()) co_return writable;
        auto found = resolve_relation(*what.table, *context_.catalog(), context_.analysis());
        if (found.has_error()) co_return std::move(found).error();
        if ((*found)->kind != relation_kind::table)
            co_return sql_error("42809", "cannot copy to \"" + (*found)->name + "\"");
        auto const locked =
            co_await context_.lock_relation(**found, relation_lock_mode::row_exclusive);
        if (locked.has_error()) co_return locked;
        auto again = resolve_relation(*what.table, *context_.catalog(), context_.analysis());
        if (again.has_error()) co_return std::move(again).error();
        table_ = std::move(*again);
        auto columns = columns_of(*table_, what.columns, true);
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
        co_return compile();
    }

    copy_format format() const override { return {copy_kind(), columns_.size()}; }

    task<sql_result<void>> write(std::string_view data) override {
        lines_.feed(data);
        auto const done = co_await take_lines(false);
        co_return done;
    }
    task<sql_result<std::string>> finish() override {
        auto const done = co_await take_lines(true);
        if (done.has_error()) co_return done.error();
        co_return "COPY " + std::to_string(rows_);
    }
    task<sql_result<void>> fail(std::string_view reason) override {
        co_return sql_error("57014", "COPY from stdin failed: " + std::string(reason));
    }
    task<sql_result<copy_chunk>> read() override {
        co_return sql_error("XX000", "COPY FROM gives no rows");
    }

private:
    copy_format::kind copy_kind() const {
        return options_.csv ? copy_format::kind::csv : copy_format::kind::text;
    }

    sql_result<void> read_flags() {
        auto not_null = flags_of(*table_, columns_, options_.force_not_null, "FORCE_NOT_NULL");
        if (not_null.has_error()) return std::move(not_null).error();
        auto null = flags_of(*table_, columns_, options_.force_null, "FORCE_NULL");
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
        auto const& where = sql::copy_of(*plan_).where;
        if (!where) return {};
        auto condition =
            analyze_expression(where, table_.get(), expression_place::copy_where,
                               {type_oid{16}, -1}, {}, *catalog, settings);
        if (condition.has_error()) return std::move(condition).error();
        where_ = std::move(*condition);
        return {};
    }

    task<sql_result<void>> take_lines(bool ended) {
        while (true) {
            auto fields = lines_.next(ended);
            if (fields.has_error()) co_return in_line(std::move(fields).error(), {});
            if (!*fields) co_return sql_result<void>();
            if (options_.header && lines_.line() == 1) {
                auto const fits = check_header(**fields);
                if (fits.has_error()) co_return fits;
                continue;
            }
            auto const stopped = run_->check_cancelled();
            if (stopped.has_error()) co_return context_.interrupted_error();
            auto const done = co_await one(std::move(**fields));
            if (done.has_error()) co_return done;
        }
    }

    sql_error in_line(sql_error what, std::string const& column) const {
        what.where = "COPY " + table_->name + ", line " + std::to_string(lines_.line());
        what.where += column.empty() ? ": \"" + lines_.text() + "\"" : column;
        return what;
    }

    sql_result<void> check_header(copy_line_reader::fields const& fields) const {
        if (!options_.header_match) return {};
        if (fields.values.size() != columns_.size())
            return sql_error("22P04", "wrong number of fields in header line: field count is " +
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
                               ", column " + column.name + ": \"" + *text + "\"");
            row[static_cast<std::size_t>(column.number) - 1] = std::move(*value);
        }
        return row;
    }

    task<sql_result<void>> one(copy_line_reader::fields fields) {
        auto row = parsed(fields);
        if (row.has_error()) co_return std::move(row).error();
        frame const nothing;
        for (std::size_t i = 0; i < defaults_.size(); ++i) {
            if (!defaults_[i]) continue;
            auto value = co_await writer_->value(*defaults_[i], nothing);
            if (value.has_error()) co_return std::move(value).error();
            (*row)[i] = std::move(*value);
        }
        if (where_) {
            auto box = std::make_shared<row_box>();
            box->values = *row;
            frame seen;
            seen.rows.push_back(std::move(box));
            auto const held = run_->holds(*where_, seen);
            if (held.has_error()) co_return held.error();
            if (!*held) co_return sql_result<void>();
        }
        auto checked = writer_->checked(std::move(*row));
        if (checked.has_error()) co_return in_line(std::move(checked).error(), {});
        auto written = co_await writer_->insert(std::move(*checked));
        if (written.has_error()) co_return in_line(std::move(written).error(), {});
        ++rows_;
        co_return sql_result<void>();
    }

    session_core& core_;
    session_context& context_;
    planned_ptr plan_;
    copy_options options_;
    copy_line_reader lines_;
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

class copy_out final : public copy_transfer {
public:
    copy_out(session_core& core, std::unique_ptr<portal> from, copy_options options,
             std::vector<bool> force_quote)
        : core_(core), from_(std::move(from)), options_(std::move(options)),
          force_quote_(std::move(force_quote)) {}

    copy_format format() const override {
        return {options_.csv ? copy_format::kind::csv : copy_format::kind::text,
                from_->columns().size()};
    }
    task<sql_result<void>> write(std::string_view) override {
        co_return sql_error("XX000", "COPY TO takes no rows");
    }
    task<sql_result<std::string>> finish() override { co_return "COPY " + std::to_string(rows_); }
    task<sql_result<void>> fail(std::string_view reason) override {
        co_return sql_error("57014", std::string(reason));
    }

    task<sql_result<copy_chunk>> read() override {
        copy_chunk out;
        if (options_.header && !started_) {
            std::vector<std::optional<std::string>> names;
            for (auto const& each : from_->columns()) names.emplace_back(each.name);
            append_copy_line(options_, names, {}, out.bytes);
            out.ends.push_back(out.bytes.size());
            started_ = true;
            co_return out;
        }
        while (!ended_ && out.bytes.empty()) {
            auto page = co_await from_->fetch(0);
            if (page.has_error()) co_return std::move(page).error();
            ended_ = page->last;
            auto const& io = core_.context.base_context().io;
            for (auto const& row : page->rows) {
                std::vector<std::optional<std::string>> values(row.size());
                for (std::size_t i = 0; i < row.size(); ++i) {
                    if (is_null(row[i])) continue;
                    output_text(from_->columns()[i].type.oid, row[i], io, values[i].emplace());
                }
                append_copy_line(options_, values, force_quote_, out.bytes);
                out.ends.push_back(out.bytes.size());
                ++rows_;
            }
        }
        co_return out;
    }

private:
    session_core& core_;
    std::unique_ptr<portal> from_;
    copy_options options_;
    std::vector<bool> force_quote_;
    std::uint64_t rows_ = 0;
    bool started_ = false, ended_ = false;
};

// SELECT of the named columns of one table, as a tree.
sql_result<statement_ptr> table_query(relation const& table,
                                      std::vector<std::int16_t> const& columns,
                                      std::uint64_t version) {
    auto body = std::make_shared<query>();
    range_entry entry{range_entry::table{table.oid, true}, table.name, {}, {}};
    for (auto const& each : table.columns) {
        result_column column;
        column.name = each.dropped ? "" : each.name;
        column.type = each.type;
        entry.columns.push_back(std::move(column));
        entry.read.push_back(std::find(columns.begin(), columns.end(), each.number) !=
                             columns.end());
    }
    body->range_table.push_back(std::move(entry));
    body->from.push_back(from_item{std::uint32_t{0}});
    auto out = std::make_shared<analysed_statement>();
    for (auto const number : columns) {
        auto const& column = *table.find_column(number);
        auto value = std::make_shared<expression>();
        value->node = column_reference{0, 0, static_cast<std::uint32_t>(number - 1)};
        value->type = column.type;
        target each;
        each.value = std::move(value);
        each.column.name = column.name;
        each.column.type = column.type;
        out->columns.push_back(each.column);
        body->targets.push_back(std::move(each));
    }
    out->body = select_statement{std::move(body)};
    out->catalog_version = version;
    return statement_ptr(std::move(out));
}

sql_result<std::unique_ptr<copy_transfer>> open_copy_out(session_core& core,
                                                         planned_statement const& plan,
                                                         copy_options options) {
    auto const& whole = *std::get<utility_ptr>(plan.body);
    auto const& what = copy_of(plan);
    auto& context = core.context;
    statement_ptr source = whole.analysed;
    std::vector<bool> force(4'096, options.force_quote_all);
    if (what.table) {
        auto const found = resolve_relation(*what.table, *context.catalog(), context.analysis());
        if (found.has_error()) return found.error();
        if ((*found)->kind == relation_kind::view)
            return sql_error("42809", "cannot copy from view \"" + (*found)->name + "\"")
                .with_hint("Try the COPY (SELECT ...) TO variant.");
        auto const columns = columns_of(**found, what.columns, true);
        if (columns.has_error()) return columns.error();
        auto const flags = flags_of(**found, *columns, options.force_quote, "FORCE_QUOTE");
        if (flags.has_error()) return flags.error();
        for (std::size_t i = 0; i < flags->size(); ++i) force[i] = force[i] || (*flags)[i];
        auto made = table_query(**found, *columns, context.catalog()->version());
        if (made.has_error()) return std::move(made).error();
        source = std::move(*made);
    } else if (source) {
        for (std::size_t i = 0; i < source->columns.size() && i < force.size(); ++i)
            for (auto const& name : options.force_quote)
                if (source->columns[i].name == name) force[i] = true;
    }
    if (!source) return sql_error("XX000", "COPY has no query");
    auto inner = plan_statement(*source, plan.offset, {}, context);
    if (inner.has_error()) return std::move(inner).error();
    auto opened = core.open(std::move(*inner), {});
    if (opened.has_error()) return std::move(opened).error();
    return std::unique_ptr<copy_transfer>(std::make_unique<copy_out>(
        core, std::move(*opened), std::move(options), std::move(force)));
}

}  // namespace

task<sql_result<std::unique_ptr<copy_transfer>>> make_copy_transfer(session_core& core,
                                                                    planned_ptr plan) {
    auto options = copy_options_of(copy_of(*plan));
    if (options.has_error()) co_return std::move(options).error();
    if (!copy_of(*plan).from) co_return open_copy_out(core, *plan, std::move(*options));
    auto made = std::make_unique<copy_in>(core, std::move(plan), std::move(*options));
    auto const opened = co_await made->open();
    if (opened.has_error()) co_return opened.error();
    co_return std::unique_ptr<copy_transfer>(std::move(made));
}

}  // namespace sluice::sql
