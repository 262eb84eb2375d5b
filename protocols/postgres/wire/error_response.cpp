#include "protocols/postgres/wire/error_response.hpp"

#include "protocols/postgres/wire/messages.hpp"

namespace sluice::postgres {
namespace {

template <class Message>
void append_fields(std::string& out, std::string_view severity, sql::sql_error const& what,
                   std::int32_t offset) {
    Message message;
    auto const add = [&](char code, std::string_view text) {
        if (!text.empty()) message.fields.push_back({code, text});
    };
    auto const position = what.position > 0 ? std::to_string(what.position + offset) : "";
    add('S', severity);
    add('V', severity);
    add('C', std::string_view(what.sqlstate, 5));
    message.fields.push_back({'M', what.message});
    add('D', what.detail);
    add('H', what.hint);
    add('W', what.where);
    add('s', what.schema_name);
    add('t', what.table_name);
    add('c', what.column_name);
    add('d', what.data_type_name);
    add('n', what.constraint_name);
    add('P', position);
    append_message(out, message);
}

}  // namespace

void append_error(std::string& out, std::string_view severity, sql::sql_error const& what,
                  std::int32_t offset) {
    append_fields<error_response_message>(out, severity, what, offset);
}

void append_notice(std::string& out, std::string_view severity, sql::sql_error const& what,
                   std::int32_t offset) {
    append_fields<notice_response_message>(out, severity, what, offset);
}

}  // namespace sluice::postgres
