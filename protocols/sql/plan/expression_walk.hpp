// Walks over typed expressions and queries: which nodes there are, and which relations of which
// query level they read. Every kind of node is listed in one place (children_of). Pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "protocols/sql/tree.hpp"

namespace sluice::sql {

// Direct subexpressions; not into subqueries.
void children_of(expression const& of, std::function<void(expression const&)> const& visit);
// The node and all below it, not into subqueries.
void walk(expression const& from, std::function<void(expression const&)> const& visit);
// Also into subqueries and FROM items; `depth` is how many query levels down the node is.
using deep_visit = std::function<void(expression const&, std::uint32_t depth)>;
void walk_deep(expression const& from, std::uint32_t depth, deep_visit const& visit);
void walk_query(query const& from, std::uint32_t depth, deep_visit const& visit);

// Every query inside, `from` included.
void each_query(query const& from, std::function<void(query const&)> const& visit);
void each_query(expression const& from, std::function<void(query const&)> const& visit);

// Relations of the level that the expression stands in, one bit each; relations past 62 share the
// top bit (they are then taken as needing everything).
using relation_set = std::uint64_t;
inline constexpr std::uint32_t relation_set_overflow = 63;
constexpr relation_set relation_bit(std::uint32_t relation) noexcept {
    return relation_set{1} << (relation < relation_set_overflow ? relation : relation_set_overflow);
}
relation_set relations_of(expression const&);
// What a FROM item reads of its own level (LATERAL).
relation_set relations_of(range_entry const&);
// True when it reads nothing of a level outside the query itself.
bool is_uncorrelated(query const&);

bool has_subquery(expression const&);
// Splits at AND.
void conjuncts_of(expression_ptr const& condition, std::vector<expression_ptr>& out);

}  // namespace sluice::sql
