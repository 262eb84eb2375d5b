// Our own grammar for rules, the one `sluice policy put` speaks:
//   allow|deny WHO VERBS on RESOURCE [facets F,F] [columns C,C] [grantable] [if NAME TEST
//   VALUE,VALUE]... WHO       anyone | authenticated | the name of a principal or role VERBS verbs
//   with commas, or readonly, readwrite, all RESOURCE  cluster | NAME | NAME/PART | group:NAME |
//   transaction:NAME | principal:NAME   (* and ? are wild) TEST      is | not | like | unlike | in
//   | outside | before | after
// Columns and grantable are read and kept; put_rule refuses them until something decides by them.
// A bare dataset name covers the dataset and all its parts. Words are separated by single spaces.
// Pure.
#pragma once

#include <functional>
#include <optional>

#include "auth/policy/rule.hpp"

namespace sluice::auth {

using principal_resolver = std::function<std::optional<principal_id>(std::string_view name)>;
using principal_namer = std::function<std::string(principal_id)>;

// invalid_argument says which word; not_found: the principal. id, grantor and created are left to
// the caller.
result<rule> parse_rule_text(std::string_view text, principal_resolver const& resolve);
// A rule of any grammar in this one, for listings. Conditions of other grammars have words of
// their own, which are not read back.
std::string to_rule_text(rule const& value, principal_namer const& name);

}  // namespace sluice::auth
