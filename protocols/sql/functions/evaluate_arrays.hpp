// Array expressions of the evaluator: ARRAY[...], subscripts and slices, op ANY/ALL (array).
#pragma once

#include "protocols/sql/functions/evaluate.hpp"

namespace sluice::sql {

sql_result<datum> construct_array(array_constructor const&, type_oid array_type,
                                  std::vector<datum> elements, evaluation_context&);
sql_result<datum> subscript_array(array_subscript const&, datum const& array, sql_type result,
                                  evaluation_context&);
sql_result<datum> compare_with_array(array_comparison const&, datum const& left, datum const& array,
                                     evaluation_context&);

type_oid element_type_of(type_oid array, evaluation_context const&);

}  // namespace sluice::sql
