// The walk behind check_plan: relations in plan_check.cpp, scalars in plan_check_scalars.cpp. It
// keeps the rows that scalars may look at, innermost last, as the printer does. Used once.
#pragma once

#include <string>
#include <vector>

#include "backend/query/plan_check.hpp"

namespace sluice::query {

// Calls a volatile function, in its own subqueries too.
bool contains_volatile(scalar const& what);

class plan_checker {
public:
    using types = std::vector<value_type>;

    explicit plan_checker(plan_limits const& limits) : limits_(limits) {}
    result<void> relation(node const& relation_node);

private:
    // The row that scalars see while it lives.
    struct row_scope {
        row_scope(plan_checker& checker, types columns) : of(checker) {
            of.scopes_.push_back(std::move(columns));
        }
        ~row_scope() { of.scopes_.pop_back(); }
        row_scope(row_scope const&) = delete;
        row_scope& operator=(row_scope const&) = delete;
        plan_checker& of;
    };
    struct named_rows {
        std::string name;
        types columns;
        bool is_recursive = false;
    };
    struct body_facts {
        std::size_t scopes_outside = 0;
        bool is_correlated = false, is_volatile = false;
    };

    result<void> enter();
    result<void> input(node_ptr const& relation_node);
    result<void> body(node_ptr const& relation_node);
    result<types> relation_of(scan const&);
    result<types> relation_of(constant_rows const&);
    result<types> relation_of(project const&);
    result<types> relation_of(filter const&);
    result<types> relation_of(join const&);
    result<types> relation_of(aggregation const&);
    result<types> relation_of(windowing const&);
    result<types> relation_of(sorting const&);
    result<types> relation_of(limiting const&);
    result<types> relation_of(distinction const&);
    result<types> relation_of(set_combination const&);
    result<types> relation_of(recursion const&);
    result<types> relation_of(recursive_scan const&);
    result<types> relation_of(shared_rows const&);
    result<types> relation_of(shared_scan const&);
    result<types> relation_of(expansion const&);
    result<types> named(std::string const& name, types const& expected, bool is_recursive);

    result<types> scalars(std::vector<scalar_ptr> const& all);
    result<value_type> scalar_type(scalar_ptr const& what);
    result<void> scalar_of_type(scalar_ptr const& what, value_type expected);
    result<void> condition(scalar_ptr const& what);
    result<void> orders(std::vector<order> const& by);
    result<void> aggregate_of(aggregate what, std::vector<scalar_ptr> const& arguments,
                              value_type gives, bool distinct);
    result<void> window_of(window_call const& call);
    result<void> ranking_of(window_call const& call);
    result<void> check(literal const&, value_type);
    result<void> check(column const&, value_type);
    result<void> check(builtin_call const&, value_type);
    result<void> check_any(builtin_call const&, types const& given, value_type);
    result<void> check(own_call const&, value_type);
    result<void> check(case_of const&, value_type);
    result<void> check(subquery_scalar const&, value_type);
    result<void> check(convert const&, value_type);

    plan_limits const limits_;
    std::size_t depth_ = 0, parts_ = 0;
    std::vector<types> scopes_;
    std::vector<named_rows> named_;
    std::vector<body_facts> bodies_;
};

}  // namespace sluice::query
