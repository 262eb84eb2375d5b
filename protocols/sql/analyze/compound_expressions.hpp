// The larger kinds of expressions; analyze_expr calls these.
#pragma once

#include "protocols/sql/analyze/expressions.hpp"

namespace sluice::sql {

outcome<expression_ptr> analyze_operation(scope&, syntax::operation const&, std::int32_t position);
outcome<expression_ptr> analyze_case(scope&, syntax::case_expr const&, std::int32_t position);
outcome<expression_ptr> analyze_coalesce(scope&, syntax::coalesce_expr const&,
                                         std::int32_t position);
outcome<expression_ptr> analyze_extremum(scope&, syntax::extremum_expr const&,
                                         std::int32_t position);
// `array` and `element` are given by a cast around it; 0: the elements decide.
outcome<expression_ptr> analyze_array(scope&, syntax::array_expr const&, type_oid array,
                                      type_oid element, std::int32_t modifier,
                                      std::int32_t position);
outcome<expression_ptr> analyze_row(scope&, syntax::row_expr const&, std::int32_t position);
outcome<expression_ptr> analyze_indirection(scope&, syntax::indirection const&,
                                            std::int32_t position);
// base[...]: one subscript list.
outcome<expression_ptr> subscript(scope&, expression_ptr base,
                                  std::vector<syntax::indirection::item> const& items,
                                  std::int32_t position);

}  // namespace sluice::sql
