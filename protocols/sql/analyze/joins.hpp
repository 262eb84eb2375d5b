// One FROM item with the names it brings.
#pragma once

#include <vector>

#include "protocols/sql/analyze/scope.hpp"

namespace sluice::sql {

struct from_result {
    from_item item;
    std::vector<namespace_item> items;
};
outcome<from_result> analyze_from_item(scope&, syntax::from_ptr const&);
outcome<from_result> analyze_join(scope&, syntax::from_join const&);

}  // namespace sluice::sql
