#include <algorithm>

#include "gateway/core/cursor.hpp"
#include "protocols/sql/analyze/analyzer.hpp"
#include "protocols/sql/execute/copy_binary.hpp"
#include "protocols/sql/execute/copy_lines.hpp"
#include "protocols/sql/execute/copy_transfers.hpp"
#include "protocols/sql/execute/with_names.hpp"
#include "protocols/sql/types/array_text.hpp"

namespace sluice::sql {
namespace {

constexpr std::size_t copied_row_bytes = 0x3fff'fff0;  // what a message of a protocol can carry

class copy_out final : public copy_transfer {
public:
    copy_out(session_core& core, std::unique_ptr<portal> from, copy_options options,
             std::vector<bool> force_quote)
        : core_(core), from_(std::move(from)), options_(std::move(options)),
          force_quote_(std::move(force_quote)) {}

    copy_format format() const override {
        return {copy_kind_of(options_), from_->columns().size()};
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
        while (!ended_ && out.ends.empty()) {
            auto page = co_await from_->fetch(0);
            if (page.has_error()) co_return std::move(page).error();
            ended_ = page->last;
            rows_ += page->rows.size();
            for (auto const& row : page->rows) {
                auto const start = out.bytes.size();
                if (options_.binary) append_binary(row, out.bytes);
                else if (auto const fits = append_line(row, out.bytes); fits.has_error())
                    co_return fits.error();
                if (out.bytes.size() - start > copied_row_bytes)
                    co_return sql_error("54000", "out of memory")
                        .with_detail("A row of COPY would be longer than " +
                                     std::to_string(copied_row_bytes) + " bytes.");
                out.ends.push_back(out.bytes.size());
            }
        }
        if (ended_ && options_.binary && !trailed_) append_trailer(out);
        co_return out;
    }

private:
    io_context const& io() const { return core_.context.base_context().io; }

    sql_result<void> append_line(sql_row const& row, std::string& out) {
        std::vector<std::optional<std::string>> values(row.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (is_null(row[i])) continue;
            auto& text = values[i].emplace();
            output_text(from_->columns()[i].type.oid, row[i], io(), text);
            auto const fits = check_printed(row[i], text.size(), io());
            if (fits.has_error()) return fits;
        }
        append_copy_line(options_, values, force_quote_, out);
        return {};
    }

    // The header of the file goes with its first row.
    void begin_binary(std::string& out) {
        if (!started_) append_copy_binary_header(out);
        started_ = true;
    }

    void append_binary(sql_row const& row, std::string& out) {
        begin_binary(out);
        auto const number = [&out](auto value) {
            out.resize(out.size() + sizeof value);
            store_big(out.data() + out.size() - sizeof value, value);
        };
        number(static_cast<std::int16_t>(row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (is_null(row[i])) {
                number(std::int32_t{-1});
                continue;
            }
            auto const at = out.size();
            number(std::int32_t{0});
            output_binary(from_->columns()[i].type.oid, row[i], io(), out);
            store_big(out.data() + at, static_cast<std::int32_t>(out.size() - at - 4));
        }
    }

    void append_trailer(copy_chunk& out) {
        bool const alone = !started_;
        begin_binary(out.bytes);
        if (alone) out.ends.push_back(out.bytes.size());
        append_copy_binary_trailer(out.bytes);
        out.ends.push_back(out.bytes.size());
        trailed_ = true;
    }

    session_core& core_;
    std::unique_ptr<portal> from_;
    copy_options options_;
    std::vector<bool> force_quote_;
    std::uint64_t rows_ = 0;
    bool started_ = false, ended_ = false, trailed_ = false;
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

}  // namespace

task<sql_result<std::unique_ptr<copy_transfer>>> open_copy_out(session_core& core,
                                                               planned_statement const& plan,
                                                               copy_options options) {
    auto const& whole = *std::get<utility_ptr>(plan.body);
    auto const& what = copy_statement_of(plan);
    auto& context = core.context;
    statement_ptr source = whole.analysed;
    std::vector<bool> force(4'096, options.force_quote_all);
    if (what.table) {
        auto const found = co_await resolve_named(context, *what.table);
        if (found.has_error()) co_return found.error();
        if ((*found)->kind == relation_kind::view)
            co_return sql_error("42809", "cannot copy from view \"" + (*found)->name + "\"")
                .with_hint("Try the COPY (SELECT ...) TO variant.");
        auto const columns = copied_columns(**found, what.columns, true);
        if (columns.has_error()) co_return columns.error();
        auto const flags = copied_flags(**found, *columns, options.force_quote, "FORCE_QUOTE");
        if (flags.has_error()) co_return flags.error();
        for (std::size_t i = 0; i < flags->size(); ++i) force[i] = force[i] || (*flags)[i];
        auto made = table_query(**found, *columns, context.catalog()->version());
        if (made.has_error()) co_return std::move(made).error();
        source = std::move(*made);
    } else if (source) {
        for (auto const& name : options.force_quote) {
            auto const& columns = source->columns;
            auto const found = std::find_if(columns.begin(), columns.end(),
                                            [&](auto const& each) { return each.name == name; });
            if (found == columns.end())
                co_return sql_error("42703", "column \"" + name + "\" does not exist");
            force[static_cast<std::size_t>(found - columns.begin())] = true;
        }
    }
    if (!source) co_return sql_error("XX000", "COPY has no query");
    auto inner = plan_statement(*source, plan.offset, {}, context);
    if (inner.has_error()) co_return std::move(inner).error();
    auto opened = core.open(std::move(*inner), {});
    if (opened.has_error()) co_return std::move(opened).error();
    co_return std::unique_ptr<copy_transfer>(std::make_unique<copy_out>(
        core, std::move(*opened), std::move(options), std::move(force)));
}

}  // namespace sluice::sql
