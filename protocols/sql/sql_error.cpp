#include "protocols/sql/sql_error.hpp"

namespace sluice::sql {
namespace {

sql_error with_text(char const (&state)[6], char const* message, failure const& what) {
    sql_error out(state, message);
    out.detail = what.text;
    return out;
}

}  // namespace

sql_error to_sql_error(failure const& what) {
    switch (what.code) {
        case error::invalid_argument: return with_text("22023", "invalid argument", what);
        case error::malformed: return with_text("22P02", "malformed data", what);
        case error::not_found: return with_text("42704", "object does not exist", what);
        case error::already_exists: return with_text("42710", "object already exists", what);
        case error::not_empty: return with_text("2BP01", "object is not empty", what);
        case error::precondition_failed:
        case error::conflict:
            return with_text("40001", "could not serialize access due to concurrent update", what);
        case error::out_of_range: return with_text("22003", "value out of range", what);
        case error::too_large: return with_text("54000", "a limit is exceeded", what);
        case error::unsupported: return with_text("0A000", "this is not served", what);
        case error::unauthenticated: return with_text("28000", "not authenticated", what);
        case error::permission_denied: return with_text("42501", "permission denied", what);
        case error::overloaded: return with_text("53300", "too much work at once", what);
        case error::no_space: return with_text("53100", "could not write: no space left", what);
        case error::read_only: return with_text("25006", "the store no longer accepts writes", what);
        case error::would_block: return with_text("55P03", "not available at once", what);
        case error::deadline_exceeded:
            return with_text("55P03", "canceling statement due to lock timeout", what);
        case error::cancelled:
            return with_text("57014", "canceling statement due to user request", what);
        case error::closed: return with_text("57P01", "the server is stopping", what);
        case error::outcome_unknown:
            return with_text("40003", "the outcome of the commit is not known", what);
        case error::io_failed: return with_text("58030", "could not access the store", what);
        case error::corrupt: return with_text("XX001", "stored data is corrupt", what);
    }
    return with_text("XX000", "internal error", what);
}

}  // namespace sluice::sql
