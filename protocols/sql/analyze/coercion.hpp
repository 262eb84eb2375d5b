// Casts: whether one type becomes another in a context, and the tree that does it (PostgreSQL
// manual 10.2 to 10.5; CREATE CAST). Works on typed expressions; literals of type unknown take
// their type's form, parameters of type unknown take the type itself.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "protocols/sql/analyze/context.hpp"

namespace sluice::sql {

// How a cast is done.
enum class cast_way : std::uint8_t { none, function, relabel, array, through_text };
struct cast_path {
    cast_way way = cast_way::none;
    object_oid function{};
};
cast_path find_cast_path(analysis_context const&, type_oid target, type_oid source,
                         coercion_context);
// Same bits, no function: int4 for oid, varchar for text, an array for anyarray.
bool is_binary_coercible(analysis_context const&, type_oid source, type_oid target);

bool can_coerce(analysis_context const&, std::span<type_oid const> from,
                std::span<type_oid const> to, coercion_context);

// The caller knows that it can be done.
outcome<expression_ptr> coerce_type(analysis_context&, expression_ptr operand, sql_type target,
                                    coercion_context, bool is_explicit);
// With the modifier applied; null: there is no such cast.
outcome<expression_ptr> coerce_to_target(analysis_context&, expression_ptr operand, sql_type target,
                                         coercion_context, bool is_explicit);
// The length function of varchar(n), numeric(p, s), ...; unchanged where nothing is to be done.
outcome<expression_ptr> apply_modifier(analysis_context&, expression_ptr operand, sql_type target,
                                       bool is_explicit);

// 42804 "argument of WHERE must be type boolean, not type integer"
outcome<expression_ptr> coerce_to_boolean(analysis_context&, expression_ptr operand,
                                          std::string_view construct);
outcome<expression_ptr> coerce_to_specific(analysis_context&, expression_ptr operand,
                                           type_oid target, std::string_view construct);

// The type that all become (UNION, CASE, VALUES, ARRAY, ...). `construct` names the place in the
// error; empty: 0 instead of an error. `which` gets the expression that decided.
outcome<type_oid> common_type(analysis_context&, std::vector<expression_ptr> const& operands,
                              std::string_view construct, expression_ptr* which = nullptr);
outcome<expression_ptr> coerce_to_common(analysis_context&, expression_ptr operand, type_oid target,
                                         std::string_view construct);
// The modifier all share, else -1.
std::int32_t common_modifier(std::vector<expression_ptr> const& operands, type_oid type);

// Polymorphic functions: whether the actual types agree, and what the declared ones become.
// `declared` is replaced by real types; the result is the return type.
bool polymorphic_types_agree(analysis_context const&, std::span<type_oid const> actual,
                             std::span<type_oid const> declared);
outcome<type_oid> resolve_polymorphic(analysis_context const&, std::span<type_oid const> actual,
                                      std::vector<type_oid>& declared, type_oid result,
                                      std::int32_t position);

// The parameter gets that type; 42P08 when it had another.
outcome<expression_ptr> settle_parameter(analysis_context&, expression const& operand,
                                         type_oid target);

sql_error cannot_cast(analysis_context const&, expression const& operand, type_oid target,
                      std::int32_t position);

}  // namespace sluice::sql
