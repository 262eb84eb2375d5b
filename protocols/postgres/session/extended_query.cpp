// Parse, Bind, Describe, Execute, Close, Sync (PostgreSQL manual, "Message Flow: Extended Query").
// Bodies are views into the channel's input: everything that is kept is copied before the first
// message is read again, which only COPY does.
#include "protocols/postgres/session/conversation.hpp"
#include "protocols/postgres/session/format_codes.hpp"
#include "protocols/postgres/session/row_writer.hpp"

namespace sluice::postgres {

sql::sql_result<sql::prepared_statement const*> conversation::find_statement(
    std::string_view name) const {
    if (name.empty()) {
        if (!unnamed_) return make_error(front_error::no_unnamed_statement);
        return &*unnamed_;
    }
    auto const* found = session_.prepared().find(name);
    if (!found) return make_error(front_error::no_statement, {name});
    return found;
}

task<sql::sql_result<void>> conversation::on_parse(std::string_view body) {
    auto const message = decode<parse_message>(body);
    if (message.has_error()) co_return make_error(front_error::message_format);
    std::string const name(message->statement);
    sql::prepared_statement made;
    made.text = message->text;
    made.prepared_at = services_.clock.now();
    for (auto const type : message->parameter_types)
        made.parameter_types.push_back(static_cast<sql::type_oid>(type));
    if (name.empty())
        unnamed_.reset();
    else if (session_.prepared().find(name))
        co_return sql::sql_error("42P05", "prepared statement \"" + name + "\" already exists");
    auto statements = session_.split(made.text);
    if (statements.has_error()) co_return statements.error();
    if (statements->size() > 1) co_return make_error(front_error::many_commands);
    if (!statements->empty()) {
        made.offset = error_offset_ = statements->front().offset;
        auto prepared =
            co_await session_.prepare(std::move(statements->front()), made.parameter_types);
        if (prepared.has_error()) co_return prepared.error();
        made.statement = std::move(*prepared);
    }
    if (name.empty()) {
        unnamed_ = std::move(made);
    } else {
        auto added = session_.prepared().add(name, std::move(made));
        if (added.has_error()) co_return added.error();
    }
    send_notices();
    channel_.put(parse_complete_message{});
    co_return sql::sql_result<void>();
}

sql::sql_result<std::vector<std::int16_t>> conversation::parameter_formats(
    sql::prepared_statement const& statement, bind_message const& message) const {
    auto const wanted = statement.statement ? statement.statement->parameters.size()
                                            : statement.parameter_types.size();
    auto const given = message.parameters.size();
    auto formats = spread_parameter_formats(message.parameter_formats, given);
    if (formats.has_error()) return formats.error();
    if (given != wanted)
        return make_error(front_error::parameter_count,
                          {std::to_string(given), message.statement, std::to_string(wanted)});
    return formats;
}

sql::sql_result<std::vector<sql::datum>> conversation::read_parameters(
    sql::prepared_statement const& statement, bind_message const& message,
    std::vector<std::int16_t> const& formats) {
    std::vector<sql::datum> out;
    if (!statement.statement) return out;
    out.reserve(formats.size());
    for (std::size_t i = 0; i < formats.size(); ++i) {
        if (!message.parameters[i]) {
            out.emplace_back(sql::sql_null{});
            continue;
        }
        auto const type = statement.statement->parameters[i].oid;
        auto value = formats[i] == 1 ? session_.input_binary(type, *message.parameters[i])
                                     : session_.input_text(type, *message.parameters[i]);
        if (value.has_error()) return value.error();
        out.push_back(std::move(*value));
    }
    return out;
}

sql::sql_result<void> conversation::on_bind(std::string_view body) {
    auto const message = decode<bind_message>(body);
    if (message.has_error()) return make_error(front_error::message_format);
    auto const statement = find_statement(message->statement);
    if (statement.has_error()) return statement.error();
    auto const given_formats = parameter_formats(**statement, *message);
    if (given_formats.has_error()) return given_formats.error();
    std::string const name(message->portal);
    if (!name.empty() && (portals_.find(name) || session_.find_cursor(name)))
        return make_error(front_error::portal_exists, {name});
    auto parameters = read_parameters(**statement, *message, *given_formats);
    if (parameters.has_error()) return parameters.error();
    open_portal portal;
    portal.offset = (*statement)->offset;
    if ((*statement)->statement) {
        if (name.empty()) portals_.remove("");
        auto bound = session_.bind((*statement)->statement, std::move(*parameters));
        if (bound.has_error()) return bound.error();
        portal.body = std::move(*bound);
        // Without columns the codes say nothing, as long as they are codes.
        auto const columns = portal.body->columns().size();
        auto formats = columns == 0
                           ? outcome<std::vector<std::int16_t>>(std::vector<std::int16_t>())
                           : spread_result_formats(message->result_formats, columns);
        if (formats.has_error()) return formats.error();
        portal.formats = std::move(*formats);
    }
    // Binding may have begun a transaction, but it ended none.
    auto added = portals_.add(name, std::move(portal));
    if (added.has_error()) return added.error();
    send_notices();
    channel_.put(bind_complete_message{});
    return {};
}

sql::sql_result<void> conversation::on_describe(std::string_view body) {
    auto const message = decode<describe_message>(body);
    if (message.has_error()) return make_error(front_error::message_format);
    if (message->what == 'S') return describe_statement(message->name);
    if (message->what == 'P') return describe_portal(message->name);
    auto const subtype = std::to_string(static_cast<unsigned char>(message->what));
    return make_error(front_error::describe_subtype, {subtype});
}

sql::sql_result<void> conversation::describe_statement(std::string_view name) {
    auto const found = find_statement(name);
    if (found.has_error()) return found.error();
    auto const& statement = (*found)->statement;
    parameter_description_message types;
    if (statement)
        for (auto const& each : statement->parameters)
            types.types.push_back(static_cast<std::uint32_t>(each.oid));
    else
        for (auto const each : (*found)->parameter_types)
            types.types.push_back(static_cast<std::uint32_t>(each));
    channel_.put(types);
    bool const selects =
        statement && std::holds_alternative<sql::select_statement>(statement->body);
    if (!statement || (statement->columns.empty() && !selects))
        channel_.put(no_data_message{});
    else
        append_row_description(channel_.out(), statement->columns, {}, session_);
    return {};
}

sql::sql_result<void> conversation::describe_portal(std::string_view name) {
    auto const* const open = portals_.find(name);
    auto const* const cursor = open || name.empty() ? nullptr : session_.find_cursor(name);
    if (!open && !cursor) return make_error(front_error::no_portal, {name});
    auto const* const body = open ? open->body.get() : cursor;
    if (!body || body->columns().empty())
        channel_.put(no_data_message{});
    else
        append_row_description(channel_.out(), body->columns(),
                               open ? open->formats : std::vector<std::int16_t>(), session_);
    return {};
}

std::optional<sql::sql_result<void>> conversation::on_execute_at_once(std::string_view body) {
    auto const message = decode<execute_message>(body);
    if (message.has_error() || message->most_rows > 0) return std::nullopt;
    auto* const portal = portals_.find(message->portal);
    if (!portal || !portal->body || portal->finished) return std::nullopt;
    if (portal->body->copies() != sql::portal::copy_direction::none) return std::nullopt;
    error_offset_ = portal->offset;
    auto page = portal->body->fetch_at_once(0);
    if (!page) return std::nullopt;
    if (page->has_error()) return outcome<>(std::move(*page).error());
    for (auto const& row : (*page)->rows) {
        auto put = append_row(channel_.out(), portal->body->columns(), portal->formats, row,
                              session_);
        if (put.has_error()) return outcome<>(std::move(put).error());
    }
    rows_sent_ += (*page)->rows.size();
    portal->finished = true;
    portal->tag = std::move((*page)->command_tag);
    complete(portal->tag);
    return outcome<>();
}

task<sql::sql_result<void>> conversation::on_execute(std::string_view body) {
    auto const message = decode<execute_message>(body);
    if (message.has_error()) co_return make_error(front_error::message_format);
    std::string const name(message->portal);
    auto const most = message->most_rows > 0 ? static_cast<std::uint64_t>(message->most_rows) : 0;
    auto* const portal = portals_.find(name);
    auto* const cursor = portal || name.empty() ? nullptr : session_.find_cursor(name);
    if (!portal && !cursor) co_return make_error(front_error::no_portal, {name});
    if (portal && !portal->body) {
        channel_.put(empty_query_response_message{});
        co_return sql::sql_result<void>();
    }
    outcome<std::optional<std::string>> tag = std::optional<std::string>();
    if (portal) {
        error_offset_ = portal->offset;
        tag = co_await run_portal(*portal, name, most);
    } else {
        open_portal of_cursor;
        of_cursor.was_suspended = true;  // its tag counts the rows of this step
        tag = co_await run_rows(*cursor, of_cursor, most);
    }
    if (tag.has_error()) co_return tag.error();
    if (*tag)
        complete(**tag);
    else
        channel_.put(portal_suspended_message{});
    co_return sql::sql_result<void>();
}

sql::sql_result<void> conversation::on_close(std::string_view body) {
    auto const message = decode<close_message>(body);
    if (message.has_error()) return make_error(front_error::message_format);
    if (message->what == 'S') {
        if (message->name.empty())
            unnamed_.reset();
        else
            session_.prepared().remove(message->name);
    } else if (message->what == 'P') {
        portals_.remove(message->name);
    } else {
        auto const subtype = std::to_string(static_cast<unsigned char>(message->what));
        return make_error(front_error::close_subtype, {subtype});
    }
    channel_.put(close_complete_message{});
    return {};
}

task<void> conversation::on_sync() {
    if (!session_.end_of_request_at_once()) {
        auto const ended = co_await session_.end_of_request();
        if (ended.has_error()) tell(ended.error());
    }
    co_await ready();
}

}  // namespace sluice::postgres
