// Query messages: any number of statements in one implicit transaction, the first error ends them
// all (PostgreSQL manual, "Message Flow: Simple Query").
#include "protocols/postgres/session/conversation.hpp"
#include "protocols/postgres/session/row_writer.hpp"

namespace sluice::postgres {

task<void> conversation::on_query(std::string text) {
    unnamed_.reset();
    portals_.remove("");
    auto statements = session_.split(text);
    std::optional<std::string> last_tag;  // held back until the transaction ended well
    if (statements.has_error()) {
        report(statements.error());
    } else if (statements->empty()) {
        channel_.put(empty_query_response_message{});
    } else {
        for (auto& each : *statements) {
            if (last_tag) complete(*last_tag);
            last_tag.reset();
            began_ = services_.clock.monotonic();
            rows_sent_ = 0;
            error_offset_ = each.offset;
            auto done = co_await run_simple(std::move(each));
            portals_.keep_up(session_.transactions_ended());
            if (done.has_error()) {
                report(done.error(), error_offset_);
                break;
            }
            last_tag = std::move(*done);
            if (!channel_.alive()) break;
        }
    }
    auto const ended = co_await session_.end_of_request();
    if (ended.has_error())
        tell(ended.error(), error_offset_);
    else if (last_tag)
        complete(*last_tag);
    if (gate_.now() != message_gate::state::closing) co_await ready();
}

task<sql::sql_result<std::string>> conversation::run_simple(sql::statement_text statement) {
    std::vector<sql::type_oid> no_types;
    auto const prepared = co_await session_.prepare(std::move(statement), std::move(no_types));
    if (prepared.has_error()) co_return prepared.error();
    std::vector<sql::datum> no_parameters;
    auto bound = session_.bind(*prepared, std::move(no_parameters));
    if (bound.has_error()) co_return bound.error();
    open_portal portal;
    portal.body = std::move(*bound);
    // A SELECT gives rows also when they have no columns.
    bool const selects = std::holds_alternative<sql::select_statement>((*prepared)->body);
    if ((selects || !portal.body->columns().empty()) &&
        portal.body->copies() == sql::portal::copy_direction::none)
        append_row_description(channel_.out(), portal.body->columns(), {}, session_);
    auto tag = co_await run_portal(portal, "", 0);
    if (tag.has_error()) co_return tag.error();
    co_return std::move(**tag);
}

}  // namespace sluice::postgres
