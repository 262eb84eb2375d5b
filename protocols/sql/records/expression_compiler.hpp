// Turns the syntax tree of a lexed statement into the expressions of a program. One statement, one
// thread; refers to the lexed statement and the program that it fills.
#pragma once

#include "protocols/sql/parse/syntax.hpp"
#include "protocols/sql/records/program.hpp"

namespace sluice::sql::records {

class expression_compiler {
public:
    expression_compiler(lexed_statement const& lexed, program& into) : lexed_(lexed), into_(into) {}

    // What names of the record may begin with.
    void set_alias(path_step alias) { aliases_.push_back(std::move(alias)); }
    void allow_aggregates(bool allowed) { aggregates_allowed_ = allowed; }

    record_result<expression_ptr> compile(syntax::expr const& of);
    // The path that stands for a column reference; nullptr for anything else.
    path const* path_of(syntax::expr const& of) const;
    path const* path_named(std::string_view numbered) const;
    // Without the alias, where it has one.
    std::vector<path_step> in_record(path const& of) const;
    // Whether a name of the record was read outside of aggregates.
    bool reads_records() const noexcept { return reads_records_; }
    void forget_reads() noexcept { reads_records_ = false; }

private:
    using operands = std::vector<expression_ptr>;

    record_result<expression_ptr> reference(syntax::column_ref const& of);
    record_result<expression_ptr> constant(syntax::literal const& of);
    record_result<expression_ptr> operator_use(syntax::operation const& of);
    record_result<expression_ptr> plain_operator(syntax::operation const& of);
    record_result<expression_ptr> like(syntax::operation const& of);
    record_result<expression_ptr> in_list(syntax::operation const& of);
    record_result<expression_ptr> between(syntax::operation const& of);
    record_result<expression_ptr> boolean(syntax::boolean_expr const& of);
    record_result<expression_ptr> missing_test(syntax::boolean_test const& of);
    record_result<expression_ptr> case_of(syntax::case_expr const& of);
    record_result<expression_ptr> cast_of(syntax::cast const& of);
    record_result<expression_ptr> call(syntax::call const& of);
    record_result<expression_ptr> grammar_call(syntax::call const& of);
    record_result<expression_ptr> named_call(std::string const& name, syntax::call const& of);
    record_result<expression_ptr> aggregate_call(aggregate::kind what, std::string const& name,
                                                 syntax::call const& of);
    record_result<expression_ptr> date_call(operation what, syntax::call const& of);
    record_result<time_part> date_part(syntax::expr const& of) const;
    record_result<operands> all(std::vector<syntax::expr_ptr> const& of);
    record_result<expression_ptr> make(operation what, std::vector<syntax::expr_ptr> const& of);

    lexed_statement const& lexed_;
    program& into_;
    std::vector<path_step> aliases_;
    bool aggregates_allowed_ = false;
    bool inside_aggregate_ = false;
    bool reads_records_ = false;
};

}  // namespace sluice::sql::records
