// Work that looks names up in the session's catalog, done again while it names topics, buckets or
// the audit log that the session did not know and that are there. The work must leave nothing
// behind when it is done more than once. Thread rule: the session's executor.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include "protocols/sql/analyze/analyzer.hpp"
#include "protocols/sql/execute/session_context.hpp"

namespace sluice::sql {

// Work: sql_result<T>().
template <class Work>
task<std::invoke_result_t<Work&>> with_names(session_context& session, Work work) {
    while (true) {
        auto out = work();
        auto const learned = co_await session.foreign->learn(session.who);
        if (learned.has_error()) co_return learned.error();
        if (*learned) continue;
        auto const denied = session.foreign->take_denied();
        if (denied.empty() || !out.has_error()) co_return out;
        if (std::string_view(out.error().sqlstate) != "42P01") co_return out;
        co_return sql_error("42501", "permission denied for table " + denied);
    }
}

// resolve_relation with the session's names.
inline task<sql_result<relation_ptr>> resolve_named(session_context& session,
                                                    syntax::table_ref const& name) {
    auto work = [&session, &name] {
        return resolve_relation(name, *session.catalog(), session.analysis());
    };
    auto out = co_await with_names(session, std::move(work));
    co_return out;
}

}  // namespace sluice::sql
