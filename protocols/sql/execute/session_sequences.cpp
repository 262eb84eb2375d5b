#include "protocols/sql/execute/session_sequences.hpp"

#include "gateway/core/block_on.hpp"
#include "protocols/sql/execute/policy_names.hpp"

namespace sluice::sql {

sql_result<relation_ptr> session_sequences::find(object_oid sequence) const {
    auto found = session_.catalog()->find_relation(sequence);
    if (!found)
        return sql_error("42P01", "relation with OID " +
                                      std::to_string(static_cast<std::uint32_t>(sequence)) +
                                      " does not exist");
    if (!found->sequence)
        return sql_error("42809", "\"" + found->name + "\" is not a sequence");
    return found;
}

bool session_sequences::may(relation const& sequence, auth::action verb) const {
    auto const now = session_.catalog();
    return session_.services.tables.permits(session_.who, verb, policy_name(sequence, *now),
                                            maker_of(sequence, *now));
}

task<sql_result<void>> session_sequences::permit(relation const& sequence, auth::action verb) {
    auto const now = session_.catalog();
    auto name = policy_name(sequence, *now);
    auto const owner = maker_of(sequence, *now);
    auto const permitted =
        co_await session_.services.tables.permit(session_.who, verb, std::move(name), owner);
    if (permitted.has_value()) co_return sql_result<void>();
    if (permitted.error().code != error::permission_denied)
        co_return to_sql_error(permitted.error());
    co_return sql_error("42501", "permission denied for sequence " + sequence.name);
}

// The right to append to it, or to change it (PostgreSQL's USAGE or UPDATE).
sql_result<std::int64_t> session_sequences::next_value(object_oid sequence) {
    auto const found = find(sequence);
    if (found.has_error()) return found.error();
    auto const writable = session_.refuse_read_only("nextval()");
    if (writable.has_error()) return writable.error();
    if (!may(**found, auth::action::append) && !may(**found, auth::action::update)) {
        if (!blocking) {
            wanted = *found;
            return sql_error(sequence_wanted, "the denial has to be recorded");
        }
        auto const permitted =
            block_on(session_.executor, permit(**found, auth::action::append),
                     blocking_token::for_this_thread());
        if (permitted.has_error()) return permitted.error();
    }
    while (true) {
        auto const next = session_.services.sequences.try_next(**found);
        if (next.has_error()) return next.error();
        if (*next) {
            session_.current_values[sequence] = **next;
            session_.last_sequence = sequence;
            return **next;
        }
        if (!blocking) {
            wanted = *found;
            return sql_error(sequence_wanted, "a sequence value is not reserved yet");
        }
        auto const reserved =
            block_on(session_.executor, session_.services.sequences.reserve(session_.who, **found),
                     blocking_token::for_this_thread());
        if (reserved.has_error()) return reserved.error();
    }
}

sql_result<std::int64_t> session_sequences::current_value(object_oid sequence) {
    auto const found = find(sequence);
    if (found.has_error()) return found.error();
    auto const known = session_.current_values.find(sequence);
    if (known == session_.current_values.end())
        return sql_error("55000", "currval of sequence \"" + (*found)->name +
                                      "\" is not yet defined in this session");
    return known->second;
}

sql_result<std::int64_t> session_sequences::last_value() {
    if (!session_.last_sequence)
        return sql_error("55000", "lastval is not yet defined in this session");
    return current_value(*session_.last_sequence);
}

sql_result<void> session_sequences::set_value(object_oid sequence, std::int64_t value,
                                              bool is_called) {
    auto const found = find(sequence);
    if (found.has_error()) return found.error();
    auto const writable = session_.refuse_read_only("setval()");
    if (writable.has_error()) return writable.error();
    if (!blocking) return sql_error("0A000", "setval cannot be used here");
    auto const now = session_.catalog();
    auto const permitted = block_on(session_.executor, permit(**found, auth::action::update),
                                    blocking_token::for_this_thread());
    if (permitted.has_error()) return permitted;
    auto const written = block_on(
        session_.executor,
        session_.services.sequences.set(session_.who, **found, value, is_called,
                                        {policy_name(**found, *now), maker_of(**found, *now)}),
        blocking_token::for_this_thread());
    if (written.has_error()) return written;
    if (is_called) session_.current_values[sequence] = value;
    return {};
}

task<sql_result<bool>> session_sequences::reserve_wanted(sql_error const& failed) {
    if (std::string_view(failed.sqlstate) != sequence_wanted || !wanted) co_return false;
    auto const sequence = std::move(wanted);
    if (!may(*sequence, auth::action::update)) {
        auto const permitted = co_await permit(*sequence, auth::action::append);
        if (permitted.has_error()) co_return permitted.error();
    }
    auto const reserved =
        co_await session_.services.sequences.reserve(session_.who, *sequence);
    if (reserved.has_error()) co_return reserved.error();
    co_return true;
}

}  // namespace sluice::sql
