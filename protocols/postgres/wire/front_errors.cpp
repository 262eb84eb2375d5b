#include "protocols/postgres/wire/front_errors.hpp"

#include "gateway/core/assert.hpp"

namespace sluice::postgres {

sql::sql_error make_error(front_error what, std::initializer_list<std::string_view> arguments) {
    auto const& row = row_of(what);
    std::string text;
    auto next = arguments.begin();
    for (char const c : row.message) {
        if (c != '%') {
            text += c;
            continue;
        }
        SLUICE_ASSERT(next != arguments.end());
        text += *next++;
    }
    SLUICE_ASSERT(next == arguments.end());
    return sql::sql_error(row.sqlstate, std::move(text));
}

}  // namespace sluice::postgres
