// The walk behind print_plan: relations in plan_printer.cpp, scalars in print_scalars.cpp.
// Used once. It keeps the names of the rows that scalars may look at, innermost last.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "backend/query/plan_printer.hpp"

namespace sluice::query {

class printer {
public:
    // A SELECT whose columns are c0, c1, ...
    std::string relation(node const& what);
    printed_plan finished(std::string text) &&;
    bool failed() const { return failed_; }

private:
    using names = std::vector<std::string>;
    struct row_scope {
        row_scope(printer& writer, names columns) : of(writer) {
            of.scopes_.push_back(std::move(columns));
        }
        ~row_scope() { of.scopes_.pop_back(); }
        row_scope(row_scope const&) = delete;
        row_scope& operator=(row_scope const&) = delete;
        printer& of;
    };
    // "(SELECT ..) AS t3" and what its columns are called.
    struct from_item {
        std::string text;
        std::string alias;
        names columns;
    };

    from_item from(node const& what);
    names columns_of(std::string const& alias, std::size_t count) const;
    std::string fresh(char const* prefix);
    static std::string select_list(names const& columns);

    std::string relation_of(scan const&);
    std::string relation_of(constant_rows const&);
    std::string relation_of(project const&);
    std::string relation_of(filter const&);
    std::string relation_of(join const&);
    std::string relation_of(aggregation const&);
    std::string relation_of(windowing const&);
    std::string relation_of(sorting const&);
    std::string relation_of(limiting const&);
    std::string relation_of(distinction const&);
    std::string relation_of(set_combination const&);
    std::string relation_of(recursion const&);
    std::string relation_of(recursive_scan const&);
    std::string relation_of(shared_rows const&);
    std::string relation_of(shared_scan const&);
    std::string relation_of(expansion const&);
    std::string values_scan(constant_rows const& what);
    std::string named(std::string const& name, std::size_t columns) const;

    // Scalars that become columns of a relation in between, so that aggregates and windows see
    // columns only.
    struct staged {
        std::string columns;  // "expr AS k0, expr AS k1"
        std::size_t count = 0;
    };
    std::string stage(staged& all, std::string const& alias, scalar_ptr const& what);
    std::string order_by(std::vector<order> const& by);
    std::string staged_order(staged& all, std::string const& alias, std::vector<order> const& by);
    static std::string direction(order const& by);
    std::string aggregate_text(staged& all, std::string const& alias, aggregate what,
                               std::vector<scalar_ptr> const& arguments, bool distinct,
                               std::vector<order> const& by, scalar_ptr const& filtered);
    std::string window_text(staged& all, std::string const& alias, window_call const& call);
    static std::string group_by(aggregation const& what, std::string const& alias);

    std::string scalar_text(scalar_ptr const& what);
    std::string list_of(std::vector<scalar_ptr> const& all, char const* separator);
    std::string text_of(literal const&, value_type);
    std::string text_of(column const&, value_type);
    std::string text_of(builtin_call const&, value_type);
    std::string text_of(own_call const&, value_type);
    std::string text_of(case_of const&, value_type);
    std::string text_of(subquery_scalar const&, value_type);
    std::string text_of(convert const&, value_type);
    std::string literal_text(value const& held, value_type type);

    printed_plan plan_;
    std::vector<names> scopes_;
    std::vector<std::pair<std::string, std::string>> named_;  // the plan's name, ours
    std::size_t numbered_ = 0;
    bool failed_ = false;
};

}  // namespace sluice::query
