#include <algorithm>

#include "protocols/sql/parse/parser.hpp"
#include "protocols/sql/records/expression_compiler.hpp"
#include "protocols/sql/types/text_tools.hpp"

namespace sluice::sql::records {
namespace {

record_fault unsupported_clause(std::string_view what) {
    return {fault::unsupported_sql_structure, std::string(what) + " is not supported."};
}

// What PostgreSQL's grammar says, in the words and at the place of the client's statement.
record_fault grammar_fault(sql_error const& what, lexed_statement const& lexed,
                           std::string_view statement) {
    if (std::string_view(what.sqlstate) != "42601")
        return {fault::parse_unsupported_syntax, "The SQL expression is too deep or too long."};
    auto const at = static_cast<std::size_t>(std::max(what.position - 1, 0));
    lexed_statement::origin const* token = nullptr;
    for (auto const& each : lexed.origins)
        if (each.in_text <= at) token = &each;
    if (token == nullptr || what.message.find("end of input") != std::string::npos)
        return {fault::parse_unexpected_token, "Unexpected end of the SQL expression."};
    return {fault::parse_unexpected_token,
            "Unexpected token " +
                std::string(statement.substr(token->in_statement, token->length)) +
                place_in(statement, token->in_statement) + "."};
}

class statement_compiler {
public:
    statement_compiler(lexed_statement const& lexed, statement_limits const& limits)
        : lexed_(lexed), limits_(limits), made_(std::make_shared<program>()),
          expressions_(lexed, *made_) {}

    record_result<std::shared_ptr<program const>> run(syntax::select const& from);

private:
    record_result<void> check_clauses(syntax::select const& from) const;
    record_result<void> read_source(syntax::select const& from);
    record_result<void> read_items(std::vector<syntax::target_item> const& targets);
    record_result<void> read_item(syntax::target_item const& target, std::size_t number);
    record_result<void> read_limit(syntax::expr const& of);
    record_result<path const*> alias_named(std::string const& numbered, fault code) const;

    lexed_statement const& lexed_;
    statement_limits const& limits_;
    std::shared_ptr<program> made_;
    expression_compiler expressions_;
};

record_result<std::shared_ptr<program const>> statement_compiler::run(syntax::select const& from) {
    SLUICE_CHECK(check_clauses(from));
    SLUICE_CHECK(read_source(from));
    if (from.where) {
        SLUICE_TRY(made_->where, expressions_.compile(*from.where));
    }
    SLUICE_CHECK(read_items(from.targets));
    if (from.limit) {
        SLUICE_CHECK(read_limit(*from.limit));
    }
    return std::shared_ptr<program const>(made_);
}

record_result<void> statement_compiler::check_clauses(syntax::select const& from) const {
    if (from.op != syntax::set_op::none) return unsupported_clause("UNION and its like");
    if (from.with) return unsupported_clause("WITH");
    if (from.distinct || !from.distinct_on.empty()) return unsupported_clause("DISTINCT");
    if (!from.group_by.empty()) return unsupported_clause("GROUP BY");
    if (from.having) return unsupported_clause("HAVING");
    if (!from.windows.empty()) return unsupported_clause("WINDOW");
    if (!from.order.empty()) return unsupported_clause("ORDER BY");
    if (from.offset) return unsupported_clause("OFFSET");
    if (from.into) return unsupported_clause("INTO");
    if (!from.locking.empty()) return unsupported_clause("FOR UPDATE");
    if (!from.values.empty() || from.with_ties)
        return record_fault(fault::parse_unsupported_select);
    if (from.from.empty())
        return record_fault(fault::parse_select_missing_from, "FROM is missing after SELECT.");
    if (from.from.size() > 1)
        return record_fault(fault::parse_malformed_join, "Joins are not supported.");
    return {};
}

record_result<path const*> statement_compiler::alias_named(std::string const& numbered,
                                                           fault code) const {
    auto const* found = expressions_.path_named(numbered);
    if (found == nullptr || !found->is_name()) return record_fault(code, "Expected a name.");
    return found;
}

record_result<void> statement_compiler::read_source(syntax::select const& from) {
    auto const* table = std::get_if<syntax::table_ref>(&from.from.front()->node);
    if (table == nullptr) {
        if (std::get_if<syntax::from_join>(&from.from.front()->node) != nullptr)
            return record_fault(fault::parse_malformed_join, "Joins are not supported.");
        return unsupported_clause("A subquery or function in FROM");
    }
    auto const* written = expressions_.path_named(table->name);
    if (written == nullptr || !table->schema.empty() || table->only ||
        !table->alias.columns.empty())
        return record_fault(fault::parse_unexpected_token, "Expected S3Object after FROM.");
    auto const& first = written->steps.front();
    if (!same_ignoring_case(first.name, "s3object"))
        return record_fault(fault::evaluator_binding_does_not_exist,
                            "No such binding: " + first.name + ".");
    auto steps = written->steps.begin() + 1;
    // S3Object and S3Object[*] are the same.
    if (steps != written->steps.end() && steps->what == path_step::kind::any_index) ++steps;
    made_->from.assign(steps, written->steps.end());
    if (table->alias.given()) {
        SLUICE_TRY(auto const* alias,
                   alias_named(table->alias.name, fault::evaluator_binding_does_not_exist));
        expressions_.set_alias(alias->steps.front());
        return {};
    }
    if (!made_->from.empty() && made_->from.back().what == path_step::kind::name)
        expressions_.set_alias(made_->from.back());
    expressions_.set_alias({path_step::kind::name, "s3object", false, 0});
    return {};
}

record_result<void> statement_compiler::read_items(std::vector<syntax::target_item> const& targets) {
    if (targets.empty()) return record_fault(fault::parse_unexpected_token, "Nothing is selected.");
    if (targets.size() > limits_.select_items) return record_fault(fault::over_max_column);
    // Only WHERE may read records beside an aggregate.
    expressions_.forget_reads();
    expressions_.allow_aggregates(true);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        SLUICE_CHECK(read_item(targets[i], i + 1));
    }
    if (made_->aggregates.empty()) return {};
    bool reads = expressions_.reads_records();
    for (auto const& item : made_->items) reads = reads || !item.of;
    if (reads)
        return record_fault(fault::unsupported_sql_structure,
                            "A SELECT list with aggregates selects nothing else of records.");
    return {};
}

record_result<void> statement_compiler::read_item(syntax::target_item const& target,
                                                  std::size_t number) {
    select_item item;
    item.name = "_" + std::to_string(number);
    auto const* star = std::get_if<syntax::column_ref>(&target.value->node);
    auto const* written = expressions_.path_of(*target.value);
    if (star != nullptr && star->star) {
        if (!star->names.empty()) return record_fault(fault::parse_unexpected_token);
        made_->items.push_back(std::move(item));
        return {};
    }
    if (written != nullptr && written->steps.back().what == path_step::kind::any_name) {
        auto const of_record = path{{written->steps.begin(), written->steps.end() - 1}};
        if (of_record.steps.size() != 1 || !expressions_.in_record(of_record).empty() ||
            !target.name.empty())
            return record_fault(fault::parse_invalid_path_component,
                                ".* is supported of the record itself only.");
        made_->items.push_back(std::move(item));
        return {};
    }
    if (written != nullptr && written->steps.back().what == path_step::kind::name)
        item.name = written->steps.back().name;
    if (!target.name.empty()) {
        SLUICE_TRY(auto const* alias, alias_named(target.name, fault::parse_unexpected_token));
        item.name = alias->steps.front().name;
    }
    SLUICE_TRY(item.of, expressions_.compile(*target.value));
    made_->items.push_back(std::move(item));
    return {};
}

record_result<void> statement_compiler::read_limit(syntax::expr const& of) {
    expressions_.allow_aggregates(false);
    auto const paths = made_->paths.size();
    SLUICE_TRY(auto const count, expressions_.compile(of));
    auto const* number = count->constant.get<std::int64_t>();
    bool const negative = count->what == operation::minus;
    if (negative)
        return record_fault(fault::evaluator_negative_limit, "LIMIT must not be negative.");
    if (count->what != operation::literal || number == nullptr || made_->paths.size() != paths)
        return record_fault(fault::evaluator_invalid_arguments, "LIMIT must be a whole number.");
    made_->limit = *number;
    return {};
}

bool has_star_beside_others(syntax::select const& from) {
    if (from.targets.size() < 2) return false;
    return std::any_of(from.targets.begin(), from.targets.end(), [](auto const& target) {
        auto const* star = std::get_if<syntax::column_ref>(&target.value->node);
        return star != nullptr && star->star;
    });
}

}  // namespace

record_result<std::shared_ptr<program const>> compile(std::string_view statement,
                                                      statement_limits const& limits) {
    SLUICE_TRY(auto const lexed, lex_statement(statement, limits));
    parse_limits bounds;
    bounds.text_bytes = 4 * limits.statement_bytes;
    bounds.nesting = limits.depth;
    bounds.depth = limits.depth;
    bounds.list_elements = limits.list_elements;
    auto const parsed = parse_statement({lexed.text, 0}, bounds);
    if (parsed.has_error()) return grammar_fault(parsed.error(), lexed, statement);
    if (!*parsed) return record_fault(fault::parse_unexpected_token, "The SQL expression is empty.");
    auto const* select = std::get_if<syntax::select_ptr>(&(*parsed)->body);
    if (select == nullptr)
        return record_fault(fault::parse_unsupported_select, "Only SELECT is supported.");
    if (has_star_beside_others(**select))
        return record_fault(fault::parse_asterisk_is_not_alone_in_select_list);
    statement_compiler made(lexed, limits);
    return made.run(**select);
}

}  // namespace sluice::sql::records
