// What Execute does to a portal, and a simple query to its own: rows in pages, row limits with
// suspension, COPY.
#include "protocols/postgres/session/conversation.hpp"
#include "protocols/postgres/session/row_writer.hpp"

namespace sluice::postgres {

task<sql::sql_result<std::optional<std::string>>> conversation::run_portal(open_portal& portal,
                                                                           std::string name,
                                                                           std::uint64_t most) {
    using answer = std::optional<std::string>;
    auto& body = *portal.body;
    if (portal.finished) {
        // Rows that are used up are no error; a command does not run twice.
        if (body.columns().empty()) co_return make_error(front_error::portal_done, {name});
        co_return answer(tag_with_rows(portal.tag, 0));
    }
    auto const direction = body.copies();
    if (direction == sql::portal::copy_direction::none)
        co_return co_await run_rows(body, portal, most);
    portal.finished = true;
    outcome<std::string> tag = std::string();
    if (direction == sql::portal::copy_direction::in)
        tag = co_await copy_in(body);
    else
        tag = co_await copy_out(body);
    if (tag.has_error()) co_return tag.error();
    co_return answer(std::move(*tag));
}

task<sql::sql_result<std::optional<std::string>>> conversation::run_rows(sql::portal& body,
                                                                         open_portal& about,
                                                                         std::uint64_t most) {
    using answer = std::optional<std::string>;
    std::uint64_t sent = 0;
    while (true) {
        auto const wanted = most == 0 ? 0 : most - sent;
        auto page = body.fetch_at_once(wanted);
        if (!page) {
            auto fetched = co_await body.fetch(wanted);
            page = std::move(fetched);
        }
        if (page->has_error()) co_return page->error();
        for (auto const& row : (*page)->rows) {
            auto const put = append_row(channel_.out(), body.columns(), about.formats, row,
                                        session_);
            if (put.has_error()) co_return put.error();
            if (!channel_.is_full()) continue;
            co_await channel_.flush_if_full();
            if (!channel_.alive()) co_return answer("");
        }
        sent += (*page)->rows.size();
        rows_sent_ += (*page)->rows.size();
        bool const last = (*page)->last;
        if (last) {
            about.finished = true;
            about.tag = std::move((*page)->command_tag);
        }
        // A limit that is reached suspends, also when no row is left: as PostgreSQL does.
        if (most != 0 && sent >= most) {
            about.was_suspended = true;
            co_return answer();
        }
        if (!last) continue;
        if (!about.was_suspended) co_return answer(about.tag);
        co_return answer(tag_with_rows(about.tag, sent));
    }
}

}  // namespace sluice::postgres
