#include "protocols/sql/records/expression_compiler.hpp"

#include <array>
#include <charconv>

#include "protocols/sql/types/text_tools.hpp"

namespace sluice::sql::records {
namespace {

expression_ptr node(operation what, std::vector<expression_ptr> operands) {
    auto made = std::make_unique<expression>();
    made->what = what;
    made->operands = std::move(operands);
    return made;
}

expression_ptr unary(operation what, expression_ptr operand) {
    std::vector<expression_ptr> operands;
    operands.push_back(std::move(operand));
    return node(what, std::move(operands));
}

expression_ptr binary(operation what, expression_ptr left, expression_ptr right) {
    std::vector<expression_ptr> operands;
    operands.push_back(std::move(left));
    operands.push_back(std::move(right));
    return node(what, std::move(operands));
}

expression_ptr literal_of(value held) {
    auto made = std::make_unique<expression>();
    made->constant = std::move(held);
    return made;
}

record_fault unsupported(std::string_view what) {
    return {fault::parse_unsupported_syntax, std::string(what) + " is not supported."};
}

struct operator_row {
    std::string_view name;
    operation what;
};
constexpr std::array<operator_row, 12> operators{{{"=", operation::equal},
                                                  {"<>", operation::not_equal},
                                                  {"<", operation::less},
                                                  {"<=", operation::less_or_equal},
                                                  {">", operation::greater},
                                                  {">=", operation::greater_or_equal},
                                                  {"+", operation::add},
                                                  {"-", operation::subtract},
                                                  {"*", operation::multiply},
                                                  {"/", operation::divide},
                                                  {"%", operation::remainder},
                                                  {"||", operation::concatenate}}};

struct type_row {
    std::string_view name;
    cast_type what;
};
constexpr std::array<type_row, 9> types{{{"bool", cast_type::boolean},
                                         {"boolean", cast_type::boolean},
                                         {"int", cast_type::integer},
                                         {"integer", cast_type::integer},
                                         {"string", cast_type::string},
                                         {"float", cast_type::floating},
                                         {"decimal", cast_type::decimal},
                                         {"numeric", cast_type::decimal},
                                         {"timestamp", cast_type::timestamp}}};

struct function_row {
    std::string_view name;
    operation what;
    std::size_t fewest, most;
};
constexpr std::array<function_row, 7> functions{
    {{"char_length", operation::char_length, 1, 1},
     {"character_length", operation::char_length, 1, 1},
     {"lower", operation::lower, 1, 1},
     {"upper", operation::upper, 1, 1},
     {"to_string", operation::to_string, 2, 2},
     {"to_timestamp", operation::to_timestamp, 1, 1},
     {"utcnow", operation::utcnow, 0, 0}}};

struct aggregate_row {
    std::string_view name;
    aggregate::kind what;
};
constexpr std::array<aggregate_row, 5> aggregates{{{"count", aggregate::kind::count},
                                                   {"sum", aggregate::kind::sum},
                                                   {"avg", aggregate::kind::average},
                                                   {"min", aggregate::kind::minimum},
                                                   {"max", aggregate::kind::maximum}}};

// "p12": 12 of kind p.
std::optional<std::size_t> numbered(std::string_view name, char kind) {
    if (name.size() < 2 || name.front() != kind) return std::nullopt;
    std::size_t number = 0;
    auto const parsed = std::from_chars(name.data() + 1, name.data() + name.size(), number);
    if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size()) return std::nullopt;
    return number;
}

bool same_name(path_step const& written, path_step const& alias) {
    if (written.what != path_step::kind::name) return false;
    if (written.exact && alias.exact) return written.name == alias.name;
    return same_ignoring_case(written.name, alias.name);
}

record_fault wrong_count(std::string_view name) {
    return {fault::evaluator_invalid_arguments,
            "Incorrect number of arguments in the call of " + std::string(name) + "."};
}

}  // namespace

record_result<expression_ptr> expression_compiler::compile(syntax::expr const& of) {
    if (auto const* reference_to = std::get_if<syntax::column_ref>(&of.node))
        return reference(*reference_to);
    if (auto const* held = std::get_if<syntax::literal>(&of.node)) return constant(*held);
    if (auto const* use = std::get_if<syntax::operation>(&of.node)) return operator_use(*use);
    if (auto const* logic = std::get_if<syntax::boolean_expr>(&of.node)) return boolean(*logic);
    if (auto const* test = std::get_if<syntax::null_test>(&of.node)) {
        SLUICE_TRY(auto operand, compile(*test->operand));
        auto made = unary(operation::is_null, std::move(operand));
        return test->is_null ? std::move(made) : unary(operation::negation, std::move(made));
    }
    if (auto const* test = std::get_if<syntax::boolean_test>(&of.node)) return missing_test(*test);
    if (auto const* written = std::get_if<syntax::call>(&of.node)) return call(*written);
    if (auto const* branches = std::get_if<syntax::case_expr>(&of.node)) return case_of(*branches);
    if (auto const* some = std::get_if<syntax::coalesce_expr>(&of.node))
        return make(operation::coalesce, some->operands);
    if (auto const* row = std::get_if<syntax::row_expr>(&of.node))
        return make(operation::list, row->fields);
    if (auto const* conversion = std::get_if<syntax::cast>(&of.node)) return cast_of(*conversion);
    if (std::get_if<syntax::sublink>(&of.node) != nullptr)
        return record_fault(fault::unsupported_sql_structure, "Subqueries are not supported.");
    return unsupported("An expression of this form");
}

record_result<expression_compiler::operands> expression_compiler::all(
    std::vector<syntax::expr_ptr> const& of) {
    operands out;
    out.reserve(of.size());
    for (auto const& each : of) {
        SLUICE_TRY(auto made, compile(*each));
        out.push_back(std::move(made));
    }
    return out;
}

record_result<expression_ptr> expression_compiler::make(operation what,
                                                        std::vector<syntax::expr_ptr> const& of) {
    SLUICE_TRY(auto made, all(of));
    return node(what, std::move(made));
}

path const* expression_compiler::path_named(std::string_view name) const {
    auto const number = numbered(name, 'p');
    return number && *number < lexed_.paths.size() ? &lexed_.paths[*number] : nullptr;
}

path const* expression_compiler::path_of(syntax::expr const& of) const {
    auto const* written = std::get_if<syntax::column_ref>(&of.node);
    if (written == nullptr || written->star || written->names.size() != 1) return nullptr;
    return path_named(written->names.front());
}

std::vector<path_step> expression_compiler::in_record(path const& of) const {
    for (auto const& alias : aliases_)
        if (same_name(of.steps.front(), alias)) return {of.steps.begin() + 1, of.steps.end()};
    return of.steps;
}

record_result<expression_ptr> expression_compiler::reference(syntax::column_ref const& of) {
    if (of.star || of.names.size() != 1)
        return record_fault(fault::parse_unexpected_token, "Unexpected token *.");
    if (auto const number = numbered(of.names.front(), 'l');
        number && *number < lexed_.literals.size())
        return literal_of(lexed_.literals[*number]);
    auto const* written = path_named(of.names.front());
    if (written == nullptr) return record_fault(fault::parse_unexpected_token);
    auto steps = in_record(*written);
    for (auto const& step : steps)
        if (step.what == path_step::kind::any_name)
            return record_fault(fault::parse_invalid_path_component,
                                ".* stands alone in the SELECT list.");
    auto made = std::make_unique<expression>();
    made->what = operation::path;
    made->number = into_.paths.size();
    into_.paths.push_back(std::move(steps));
    reads_records_ = reads_records_ || !inside_aggregate_;
    return expression_ptr(std::move(made));
}

record_result<expression_ptr> expression_compiler::constant(syntax::literal const& of) {
    using kind = syntax::literal::kind;
    if (of.what == kind::null) return literal_of(value::null());
    if (of.what == kind::boolean) return literal_of(of.integer != 0);
    return record_fault(fault::parse_unexpected_token);
}

record_result<expression_ptr> expression_compiler::operator_use(syntax::operation const& of) {
    using kind = syntax::operation::kind;
    switch (of.what) {
        case kind::plain: return plain_operator(of);
        case kind::null_if: {
            SLUICE_TRY(auto left, compile(*of.left));
            SLUICE_TRY(auto right, compile(*of.right));
            return binary(operation::null_if, std::move(left), std::move(right));
        }
        case kind::in: return in_list(of);
        case kind::like: return like(of);
        case kind::between:
        case kind::not_between: return between(of);
        default: return unsupported("This operator");
    }
}

record_result<expression_ptr> expression_compiler::plain_operator(syntax::operation const& of) {
    auto const& name = of.name.back();
    if (!of.left) {
        SLUICE_TRY(auto operand, compile(*of.right));
        if (name == "+") return operand;
        if (name != "-") return unsupported("This operator");
        return unary(operation::minus, std::move(operand));
    }
    for (auto const& row : operators) {
        if (row.name != name || !of.right) continue;
        SLUICE_TRY(auto left, compile(*of.left));
        SLUICE_TRY(auto right, compile(*of.right));
        return binary(row.what, std::move(left), std::move(right));
    }
    return unsupported("This operator");
}

record_result<expression_ptr> expression_compiler::like(syntax::operation const& of) {
    operands parts;
    SLUICE_TRY(auto text, compile(*of.left));
    parts.push_back(std::move(text));
    // x LIKE y ESCAPE z comes as x ~~ like_escape(y, z).
    auto const* escaped = std::get_if<syntax::call>(&of.right->node);
    bool const has_escape = escaped != nullptr && escaped->name.back() == "like_escape" &&
                            escaped->arguments.size() == 2;
    SLUICE_TRY(auto pattern, compile(has_escape ? *escaped->arguments[0] : *of.right));
    parts.push_back(std::move(pattern));
    if (has_escape) {
        SLUICE_TRY(auto escape, compile(*escaped->arguments[1]));
        parts.push_back(std::move(escape));
    }
    auto made = node(operation::like, std::move(parts));
    if (of.name.back() == "~~") return made;
    return unary(operation::negation, std::move(made));
}

record_result<expression_ptr> expression_compiler::in_list(syntax::operation const& of) {
    operands parts;
    SLUICE_TRY(auto what, compile(*of.left));
    parts.push_back(std::move(what));
    SLUICE_TRY(auto candidates, all(of.list));
    for (auto& each : candidates) parts.push_back(std::move(each));
    auto made = node(operation::in, std::move(parts));
    if (of.name.back() == "=") return made;
    return unary(operation::negation, std::move(made));
}

record_result<expression_ptr> expression_compiler::between(syntax::operation const& of) {
    if (of.list.size() != 2) return record_fault(fault::parse_unexpected_token);
    operands parts;
    SLUICE_TRY(auto what, compile(*of.left));
    parts.push_back(std::move(what));
    SLUICE_TRY(auto bounds, all(of.list));
    for (auto& each : bounds) parts.push_back(std::move(each));
    auto made = node(operation::between, std::move(parts));
    if (of.what == syntax::operation::kind::between) return made;
    return unary(operation::negation, std::move(made));
}

record_result<expression_ptr> expression_compiler::boolean(syntax::boolean_expr const& of) {
    using kind = syntax::boolean_expr::kind;
    auto const what = of.what == kind::all   ? operation::conjunction
                      : of.what == kind::any ? operation::disjunction
                                             : operation::negation;
    return make(what, of.operands);
}

record_result<expression_ptr> expression_compiler::missing_test(syntax::boolean_test const& of) {
    using kind = syntax::boolean_test::kind;
    if (of.what != kind::is_unknown && of.what != kind::is_not_unknown)
        return unsupported("IS TRUE and IS FALSE");
    SLUICE_TRY(auto operand, compile(*of.operand));
    auto made = unary(operation::is_missing, std::move(operand));
    if (of.what == kind::is_unknown) return made;
    return unary(operation::negation, std::move(made));
}

record_result<expression_ptr> expression_compiler::case_of(syntax::case_expr const& of) {
    operands parts;
    if (of.argument) {
        SLUICE_TRY(auto argument, compile(*of.argument));
        parts.push_back(std::move(argument));
    }
    for (auto const& [when, then] : of.branches) {
        SLUICE_TRY(auto condition, compile(*when));
        SLUICE_TRY(auto answer, compile(*then));
        parts.push_back(std::move(condition));
        parts.push_back(std::move(answer));
    }
    if (of.otherwise) {
        SLUICE_TRY(auto otherwise, compile(*of.otherwise));
        parts.push_back(std::move(otherwise));
    } else {
        parts.push_back(literal_of(value::null()));
    }
    return node(of.argument ? operation::simple_case : operation::searched_case, std::move(parts));
}

record_result<expression_ptr> expression_compiler::cast_of(syntax::cast const& of) {
    auto const& written = of.type;
    std::string name;
    if (written.names.size() == 1) {
        if (auto const* single = path_named(written.names.front()); single && single->is_name())
            name = ascii_lower(single->steps.front().name);
        if (auto const number = numbered(written.names.front(), 'f');
            number && *number < lexed_.functions.size())
            name = lexed_.functions[*number];
    }
    if (!written.array_bounds.empty() || written.set_of || written.percent_type) name.clear();
    for (auto const& row : types) {
        if (row.name != name) continue;
        // S3 heeds neither precision nor scale, and both or none must be there.
        auto const parameters = written.modifiers.size();
        if (parameters != 0 && (row.what != cast_type::decimal || parameters != 2))
            return record_fault(fault::parse_invalid_type_param,
                                "Only DECIMAL and NUMERIC take a precision with a scale.");
        for (auto const& each : written.modifiers) {
            SLUICE_TRY(auto const bound, compile(*each));
            if (bound->what != operation::literal || bound->constant.get<std::int64_t>() == nullptr)
                return record_fault(fault::parse_invalid_type_param);
        }
        SLUICE_TRY(auto operand, compile(*of.operand));
        auto made = std::make_unique<expression>();
        made->what = operation::cast;
        made->to = row.what;
        made->operands.push_back(std::move(operand));
        return expression_ptr(std::move(made));
    }
    return record_fault(fault::parse_expected_type_name,
                        "CAST knows BOOL, INT, STRING, FLOAT, DECIMAL and TIMESTAMP.");
}

record_result<expression_ptr> expression_compiler::call(syntax::call const& of) {
    if (!of.order.empty() || of.filter || of.over || of.within_group || of.variadic)
        return unsupported("This form of a call");
    if (of.distinct)
        return record_fault(fault::unsupported_sql_operation, "DISTINCT is not supported.");
    auto const number = numbered(of.name.back(), 'f');
    if (of.name.size() == 1 && number && *number < lexed_.functions.size())
        return named_call(lexed_.functions[*number], of);
    return grammar_call(of);
}

// What the grammar itself made of words: TRIM, SUBSTRING, EXTRACT.
record_result<expression_ptr> expression_compiler::grammar_call(syntax::call const& of) {
    auto const& name = of.name.back();
    auto const count = of.arguments.size();
    auto const trim = name == "btrim"   ? operation::trim_both
                      : name == "ltrim" ? operation::trim_leading
                                        : operation::trim_trailing;
    if (name == "btrim" || name == "ltrim" || name == "rtrim") {
        if (count < 1 || count > 2) return wrong_count("TRIM");
        return make(trim, of.arguments);
    }
    if (name == "substring") {
        if (count < 2 || count > 3) return wrong_count("SUBSTRING");
        return make(operation::substring, of.arguments);
    }
    if (name == "extract" || name == "date_part") return date_call(operation::extract, of);
    return record_fault(fault::unsupported_function, "Unsupported function.");
}

record_result<expression_ptr> expression_compiler::named_call(std::string const& name,
                                                              syntax::call const& of) {
    for (auto const& row : aggregates)
        if (row.name == name) return aggregate_call(row.what, name, of);
    if (of.star)
        return record_fault(fault::parse_unsupported_call_with_star,
                            "Only COUNT can be called with (*).");
    if (name == "date_add") return date_call(operation::date_add, of);
    if (name == "date_diff") return date_call(operation::date_diff, of);
    for (auto const& row : functions) {
        if (row.name != name) continue;
        if (of.arguments.size() < row.fewest || of.arguments.size() > row.most)
            return wrong_count(name);
        return make(row.what, of.arguments);
    }
    return record_fault(fault::unsupported_function, "Unsupported function: " + name + ".");
}

record_result<expression_ptr> expression_compiler::aggregate_call(aggregate::kind what,
                                                                  std::string const& name,
                                                                  syntax::call const& of) {
    if (!aggregates_allowed_ || inside_aggregate_)
        return record_fault(fault::unsupported_sql_structure,
                            "Aggregates stand in the SELECT list, not within each other.");
    if (of.star && what != aggregate::kind::count)
        return record_fault(fault::parse_unsupported_call_with_star,
                            "Only COUNT can be called with (*).");
    if (!of.star && of.arguments.size() != 1)
        return record_fault(fault::parse_non_unary_aggregate_function_call,
                            "Only one argument is supported for " + name + ".");
    aggregate made;
    made.what = what;
    if (!of.star) {
        inside_aggregate_ = true;
        auto argument = compile(*of.arguments.front());
        inside_aggregate_ = false;
        if (argument.has_error()) return argument.error();
        made.argument = *std::move(argument);
    }
    auto use = std::make_unique<expression>();
    use->what = operation::aggregate;
    use->number = into_.aggregates.size();
    into_.aggregates.push_back(std::move(made));
    return expression_ptr(std::move(use));
}

record_result<time_part> expression_compiler::date_part(syntax::expr const& of) const {
    path const* written = path_of(of);
    if (auto const* text = std::get_if<syntax::literal>(&of.node))
        written = path_named(text->text);
    if (written != nullptr && written->is_name() && !written->steps.front().exact)
        if (auto const part = time_part_named(written->steps.front().name)) return *part;
    return record_fault(fault::parse_expected_date_part,
                        "Expected a part of a date: YEAR, MONTH, DAY, HOUR, MINUTE or SECOND.");
}

record_result<expression_ptr> expression_compiler::date_call(operation what,
                                                             syntax::call const& of) {
    std::size_t const expected = what == operation::extract ? 2 : 3;
    if (of.arguments.size() != expected)
        return wrong_count(what == operation::date_add    ? "DATE_ADD"
                           : what == operation::date_diff ? "DATE_DIFF"
                                                          : "EXTRACT");
    SLUICE_TRY(auto const part, date_part(*of.arguments.front()));
    if (what != operation::extract && part > time_part::second)
        return record_fault(fault::parse_expected_date_part);
    auto made = std::make_unique<expression>();
    made->what = what;
    made->part = part;
    for (std::size_t i = 1; i < expected; ++i) {
        SLUICE_TRY(auto argument, compile(*of.arguments[i]));
        made->operands.push_back(std::move(argument));
    }
    return expression_ptr(std::move(made));
}

}  // namespace sluice::sql::records
