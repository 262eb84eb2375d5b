// What translating a statement for the read engine needs of its execution: rows of what FROM names,
// and functions that evaluate our expressions on the engine's rows. Implemented by
// execute/engine_run over the statement's run; tests may fake it.
//
// Everything it hands out lives as long as the execution and is called on the thread that runs it.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "backend/query/plan.hpp"
#include "protocols/sql/functions/evaluate.hpp"
#include "protocols/sql/tree.hpp"

namespace sluice::sql::engine {

// A query and those around it.
struct query_level {
    query const* body = nullptr;
    query_level const* outer = nullptr;
};

// One argument of an evaluated expression: a column of its level, or a node that the engine
// computed before (an aggregate, a window call, a group key).
struct leaf {
    std::variant<column_reference, expression const*> of;
    type_oid type{};
};

class environment {
public:
    virtual ~environment() = default;
    virtual io_context const& io() const = 0;

    // Evaluates `of`, which stands at `at`, with the leaves' values as arguments.
    virtual std::shared_ptr<relational::own_function const> evaluator(
        expression_ptr of, query_level const& at, std::vector<leaf> leaves) = 0;
    // The aggregate over a list of its argument; the other arguments are constants.
    virtual std::shared_ptr<relational::own_function const> aggregator(expression const& call,
                                                                  relational::value_type element) = 0;
    // Now, for what reads no rows. nullopt: not without a row, or it fails (when it is reached).
    virtual std::optional<datum> constant(expression const& of) = 0;
    // The failure that stands for an error of ours.
    virtual failure failed(sql_error what) = 0;

    // Column i of the source is columns[i] of the entry. Conditions read only that entry and may
    // leave out rows of the source. null: not as a source (its kind, a column's type).
    virtual std::shared_ptr<relational::row_source const> table_rows(
        query_level const& at, std::uint32_t relation, std::vector<std::uint32_t> columns,
        std::vector<expression_ptr> conditions) = 0;
    // Rows that the native executor makes of one entry that reads nothing beside it.
    virtual std::shared_ptr<relational::row_source const> entry_rows(
        query_level const& at, std::uint32_t relation, std::vector<std::uint32_t> columns) = 0;
};

// Where the values of a level stand in the row of a relation of the engine's plan.
struct row_view {
    struct place {
        std::size_t index = 0;
        type_oid type{};
    };
    std::map<std::pair<std::uint32_t, std::uint32_t>, place> columns;  // relation, column
    std::unordered_map<expression const*, place> computed;

    // Those of a row that follows this one, `offset` columns on.
    void append(row_view const& other, std::size_t offset);
};

}  // namespace sluice::sql::engine
