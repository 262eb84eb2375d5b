// PostgreSQL's raw parse nodes to our syntax tree. One converter per statement; the nodes live in
// libpg_query's memory context and are only read. The first failure is latched (a depth or list
// limit, grammar that is not represented): after it everything converts to nothing, and error() is
// asked once at the end.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/sql/parse/parser.hpp"
#include "protocols/sql/statements.hpp"

// libpg_query's; their definitions stay in the .cpp files of this folder.
struct Node;
struct List;
struct TypeName;
struct RangeVar;
struct Alias;
struct SelectStmt;
struct WithClause;
struct Constraint;
struct ColumnDef;
struct RoleSpec;
struct GrantStmt;
struct AlterTableCmd;
struct A_Expr;
struct FuncCall;
struct WindowDef;
struct PartitionBoundSpec;
struct IndexElem;
struct VariableSetStmt;
struct OnConflictClause;
struct DefElem;
struct FetchStmt;

namespace sluice::sql {

class converter {
public:
    converter(std::string_view text, parse_limits const& limits);

    syntax::statement_ptr statement(Node const*);
    syntax::expr_ptr expression(Node const*);
    syntax::type_name type(TypeName const*);
    std::optional<sql_error> const& error() const noexcept { return error_; }

private:
    // ---- converter.cpp
    void fail(sql_error what);
    void refuse(std::string_view what, int location = -1);
    std::int32_t position(int location) const noexcept;
    bool enter();
    bool fits(List const*);
    std::string string_of(Node const*);
    std::vector<std::string> strings(List const*);
    utility::option option(DefElem const*);
    std::vector<utility::option> options(List const*);
    void set_value(utility::option&, Node const*);
    std::optional<syntax::type_name> maybe_type(TypeName const*);
    friend struct depth_scope;

    // ---- expressions.cpp
    std::vector<syntax::expr_ptr> expressions(List const*);
    syntax::expr_ptr make(int location, decltype(syntax::expr::node) node) const;
    syntax::expr_ptr dispatch(Node const*);
    syntax::expr_ptr dispatch_rare(Node const*);
    syntax::expr_ptr literal(Node const*);
    syntax::expr_ptr operation(A_Expr const*);
    syntax::expr_ptr call(FuncCall const*);
    syntax::expr_ptr column(Node const*);
    syntax::expr_ptr case_of(Node const*);
    syntax::expr_ptr sublink(Node const*);
    syntax::expr_ptr session_value(Node const*);
    syntax::expr_ptr indirection(Node const*);
    std::vector<syntax::indirection::item> path(List const*);
    std::vector<syntax::sort_by> sorting(List const*);
    syntax::window_spec window(WindowDef const*);

    // ---- queries.cpp
    syntax::select_ptr select(SelectStmt const*);
    syntax::select_ptr query(Node const*);
    std::shared_ptr<syntax::with_clause const> with(WithClause const*);
    syntax::table_ref table(RangeVar const*);
    std::optional<syntax::table_ref> maybe_table(RangeVar const*);
    syntax::table_alias alias(Alias const*);
    std::vector<syntax::from_ptr> from(List const*);
    syntax::from_ptr from_item(Node const*);
    syntax::from_ptr from_function(Node const*);
    syntax::from_ptr join(Node const*);
    std::vector<syntax::column_definition_item> column_items(List const*);
    std::vector<syntax::target_item> targets(List const*);
    syntax::grouping_item grouping(Node const*);
    syntax::conflict_clause conflict(OnConflictClause const*);
    std::vector<syntax::table_ref> tables(List const*);
    std::optional<decltype(syntax::statement::body)> data_statement(Node const*);

    // ---- utility_*.cpp: nullopt when the node is another file's
    std::optional<utility_body> table_utility(Node const*);
    std::optional<utility_body> object_utility(Node const*);
    std::optional<utility_body> naming_utility(Node const*);
    std::optional<utility_body> role_utility(Node const*);
    std::optional<utility_body> session_utility(Node const*);
    std::optional<utility_body> cursor_utility(Node const*);
    utility::column_definition column_definition(ColumnDef const*);
    utility::constraint_definition constraint(Constraint const*);
    utility::sequence_options sequence(List const*);
    utility::create_table create_table(Node const*);
    utility::create_table_as create_table_as(Node const*);
    utility::alter_table alter_table(Node const*);
    utility::alter_table::action alter_action(AlterTableCmd const*);
    void alter_definition(utility::alter_table::action&, AlterTableCmd const*);
    utility::partition_bound bound(PartitionBoundSpec const*);
    utility::index_element index_element(IndexElem const*);
    utility::create_index create_index(Node const*);
    utility::create_view create_view(Node const*);
    utility::create_function create_function(Node const*);
    utility::object_kind kind_of(int object_type);
    utility::object_name object(Node const*);
    utility::object_name object_of(RangeVar const*, Node const*);
    utility::role_name role(RoleSpec const*);
    std::vector<utility::role_name> roles(List const*);
    utility::grant grant(GrantStmt const*);
    utility::set_setting set_setting(VariableSetStmt const*);
    utility::transaction transaction(Node const*);
    utility::copy copy(Node const*);
    utility::fetch fetch(FetchStmt const*);

    std::string_view text_;
    parse_limits const& limits_;
    bool ascii_;
    mutable std::size_t known_byte_ = 0, known_characters_ = 0;  // of position()
    std::size_t depth_ = 0;
    std::optional<sql_error> error_;
};

// Counts one level of the tree while it lives.
struct depth_scope {
    explicit depth_scope(converter& owner) : owner_(owner), entered_(owner.enter()) {}
    ~depth_scope() { --owner_.depth_; }
    depth_scope(depth_scope const&) = delete;
    depth_scope& operator=(depth_scope const&) = delete;
    explicit operator bool() const noexcept { return entered_; }

private:
    converter& owner_;
    bool entered_;
};

}  // namespace sluice::sql
