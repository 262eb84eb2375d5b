// Literals: what a written constant is, and what an untyped one becomes in its type. Names in
// literals of the reg* types are looked up here.
#pragma once

#include <string_view>

#include "protocols/sql/analyze/context.hpp"

namespace sluice::sql {

outcome<expression_ptr> analyze_literal(analysis_context&, syntax::literal const&,
                                        std::int32_t position);
// `literal` is an untyped literal.
outcome<expression_ptr> type_literal(analysis_context&, expression const& literal, sql_type target,
                                     bool is_explicit);
expression_ptr null_constant(sql_type type, std::int32_t position = 0);
expression_ptr boolean_constant(bool value, std::int32_t position = 0);
expression_ptr integer_constant(std::int32_t value, std::int32_t position = 0);

// 'a.b'::regclass and its siblings; numbers are taken as oids.
outcome<datum> name_literal(analysis_context&, type_oid kind, std::string_view text);
bool is_name_type(type_oid) noexcept;

}  // namespace sluice::sql
