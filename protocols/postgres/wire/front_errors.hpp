// The errors of front_errors.def as values: which SQLSTATE, which words, whether the connection
// ends. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "protocols/sql/sql_error.hpp"

namespace sluice::postgres {

enum class error_level : std::uint8_t { error, fatal };

enum class front_error : std::uint8_t {
#define PG_FRONT_ERROR(name, level, sqlstate, message) name,
#include "protocols/postgres/wire/front_errors.def"
#undef PG_FRONT_ERROR
};

struct front_error_row {
    std::string_view name;
    error_level level;
    char sqlstate[6];
    std::string_view message;
};

#define PG_FRONT_ERROR(name, level, sqlstate, message) \
    front_error_row{#name, error_level::level, sqlstate, message},
inline constexpr auto front_error_rows = std::to_array<front_error_row>({
#include "protocols/postgres/wire/front_errors.def"
});
#undef PG_FRONT_ERROR

constexpr front_error_row const& row_of(front_error what) noexcept {
    return front_error_rows[static_cast<std::size_t>(what)];
}

// As many arguments as the message has places.
sql::sql_error make_error(front_error what, std::initializer_list<std::string_view> arguments = {});

}  // namespace sluice::postgres
