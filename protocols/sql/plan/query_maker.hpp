// A whole SELECT as a relational plan for the read engine, or nothing: then it runs natively. The
// parts: query_plan.cpp (targets, DISTINCT, ORDER BY, LIMIT, sets, WITH), from_plan.cpp,
// group_plan.cpp, window_plan.cpp. What is translated and what is not: gateway/design/0009-sql.md.
//
// Used once per execution, on the thread that runs it.
#pragma once

#include <deque>

#include "protocols/sql/plan/scalar_maker.hpp"

namespace sluice::sql::engine {

struct made_query {
    relational::node_ptr plan;          // null: not for the engine
    std::vector<type_oid> types;   // of its columns: the visible targets
};

class query_maker {
public:
    explicit query_maker(environment& with) : with_(with) {}
    made_query make(query const& body, query_level const* outer);

private:
    // A relation of the plan with what stands where in its rows.
    struct piece {
        relational::node_ptr node;  // null: not for the engine
        row_view row;
        std::uint64_t relations = 0;
    };
    // WITH queries of one level; a body is made when main reads it.
    struct shared_table {
        std::string name;
        bool used = false;
        made_query made;
    };
    struct level_tables {
        query const* body = nullptr;
        query_level const* at = nullptr;
        std::vector<shared_table> tables;
    };
    struct target_list;

    // query_plan.cpp
    made_query body_of(query_level const& at);
    made_query finished(query_level const& at, piece from);
    bool add_targets(query_level const& at, scalar_maker& scalars, target_list& out);
    relational::node_ptr distinct(query const& body, relational::node_ptr node, target_list const& list);
    relational::node_ptr limited(query const& body, relational::node_ptr node);
    piece combined(query_level const& at);
    shared_table* shared(query_level const& at, range_entry::common_table const& which);
    relational::node_ptr with_tables(level_tables& level, relational::node_ptr main);

    // from_plan.cpp
    using pool = std::vector<expression_ptr>;
    piece from(query_level const& at);
    piece item(query_level const& at, from_item const& what, pool& where, bool may_push);
    piece outer_join(query_level const& at, join_node const& join, pool& where, bool may_push);
    piece entry(query_level const& at, std::uint32_t relation, pool const& conditions);
    piece source_piece(query_level const& at, std::uint32_t relation, pool const& conditions);
    piece shared_piece(query_level const& at, std::uint32_t relation);
    piece filtered(query_level const& at, piece of, pool const& conditions);
    piece joined(query_level const& at, relational::join_kind what, piece left, piece right,
                 pool const& conditions);
    relational::scalar_ptr outer_condition(scalar_maker& scalars, piece const& left, piece const& right,
                                      pool const& conditions);

    // group_plan.cpp
    struct group_state;
    piece grouped(query_level const& at, piece from);
    bool add_keys(query_level const& at, group_state& state);
    bool add_call(query_level const& at, expression const& node, group_state& state);
    bool add_integer_call(expression const& node, aggregate_call const& call, bool average,
                          relational::scalar_ptr argument, group_state& state);
    void add_columns(query_level const& at, group_state& state);
    bool collected(query_level const& at, expression const& node, aggregate_call const& call,
                   relational::scalar_ptr argument, relational::scalar_ptr filter,
                   group_state& state);

    // window_plan.cpp
    struct window_state;
    piece windowed(query_level const& at, piece from);
    bool add_window_call(expression const& node, query const& body, window_state& state);
    bool add_window_aggregate(expression const& node, relational::window_call frame,
                              window_state& state);

    environment& with_;
    std::deque<level_tables> levels_;
    std::size_t named_ = 0;
};

// The sum of integers (int128) as the aggregate's answer; the average of a sum and a count.
std::shared_ptr<relational::own_function const> sum_finisher(environment& with, type_oid result);
std::shared_ptr<relational::own_function const> average_finisher(environment& with);

// Aggregates and window calls among what a query computes after FROM.
void each_output(query const& body, std::function<void(expression_ptr const&)> const& visit);

}  // namespace sluice::sql::engine
