#include "protocols/postgres/session/row_writer.hpp"

#include "gateway/core/assert.hpp"
#include "protocols/postgres/wire/messages.hpp"

namespace sluice::postgres {

void append_row_description(std::string& out, std::vector<sql::result_column> const& columns,
                            std::vector<std::int16_t> const& formats, sql::sql_session& session) {
    row_description_message message;
    message.columns.reserve(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
        auto const& from = columns[i];
        column_description column;
        column.name = from.name;
        column.table = static_cast<std::uint32_t>(from.source_table);
        column.attribute = from.source_attribute;
        column.type = static_cast<std::uint32_t>(from.type.oid);
        column.type_length = session.type_length(from.type.oid);
        column.type_modifier = from.type.modifier;
        column.format = formats.empty() ? std::int16_t{0} : formats[i];
        message.columns.push_back(column);
    }
    append_message(out, message);
}

sql::sql_result<void> append_row(std::string& out, std::vector<sql::result_column> const& columns,
                                 std::vector<std::int16_t> const& formats,
                                 std::vector<sql::datum> const& row, sql::sql_session& session,
                                 std::size_t most) {
    SLUICE_ASSERT(row.size() == columns.size());
    open_message message(out, data_row_message::letter);
    auto& writer = message.writer();
    writer.big(static_cast<std::uint16_t>(row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (sql::is_null(row[i])) {
            writer.big(std::int32_t{-1});
            continue;
        }
        auto const at = out.size();
        writer.big(std::int32_t{0});
        bool const binary = !formats.empty() && formats[i] == 1;
        auto printed = binary ? session.output_binary(columns[i].type, row[i], out)
                              : session.output_text(columns[i].type, row[i], out);
        if (!printed.has_error() && message.size() > most)
            printed = sql::sql_error("54000", "out of memory")
                          .with_detail("A row would be longer than " + std::to_string(most) +
                                       " bytes.");
        if (printed.has_error()) {
            message.take_back();
            return printed;
        }
        store_big(out.data() + at, static_cast<std::int32_t>(out.size() - at - 4));
    }
    return {};
}

}  // namespace sluice::postgres
