// Names as SQL text: quoted where they need it (quote_identifier), and string literals. Pure.
#pragma once

#include <string>
#include <string_view>

namespace sluice::sql {

// In double quotes unless it is lower case, starts with a letter and is no keyword.
std::string quote_identifier(std::string_view name);
// In single quotes, with E'' where it holds a backslash.
std::string quote_literal(std::string_view text);
// Reserved, or usable as a function or type name only: must be quoted as a column name.
bool is_reserved_word(std::string_view name) noexcept;

}  // namespace sluice::sql
