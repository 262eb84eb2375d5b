// FigureColname: how a result column is called when it has no AS.
#include "protocols/sql/analyze/expressions.hpp"

namespace sluice::sql {
namespace {

// How good a name is: a better one inside a cast or subquery wins over a poorer one.
struct guess {
    std::string name;
    int strength = 0;
};

guess guess_of(syntax::expr const& written);

guess guess_of_call(syntax::call const& call) { return {call.name.back(), 2}; }

guess guess_of_indirection(syntax::indirection const& written) {
    using kind = syntax::indirection::item::kind;
    guess found;
    for (auto const& item : written.items)
        if (item.what == kind::field) found = {item.field, 2};
    if (found.strength > 0 || !written.base) return found;
    return guess_of(*written.base);
}

guess guess_of_sublink(syntax::sublink const& written) {
    using kind = syntax::sublink::kind;
    switch (written.what) {
        case kind::exists:
            return {"exists", 2};
        case kind::array:
            return {"array", 2};
        case kind::expression: {
            auto const* query = written.query.get();
            while (query != nullptr && query->op != syntax::set_op::none) query = query->left.get();
            if (query == nullptr || query->targets.empty()) return {};
            auto const& first = query->targets.front();
            if (!first.name.empty()) return {first.name, 2};
            return first.value ? guess_of(*first.value) : guess{};
        }
        default:
            return {};
    }
}

guess guess_of(syntax::expr const& written) {
    auto const& node = written.node;
    if (auto const* column = std::get_if<syntax::column_ref>(&node))
        return column->names.empty() || column->star ? guess{} : guess{column->names.back(), 2};
    if (auto const* path = std::get_if<syntax::indirection>(&node))
        return guess_of_indirection(*path);
    if (auto const* call = std::get_if<syntax::call>(&node)) return guess_of_call(*call);
    if (auto const* operation = std::get_if<syntax::operation>(&node))
        return operation->what == syntax::operation::kind::null_if ? guess{"nullif", 2} : guess{};
    if (auto const* cast = std::get_if<syntax::cast>(&node)) {
        auto found = cast->operand ? guess_of(*cast->operand) : guess{};
        if (found.strength <= 1 && !cast->type.names.empty()) found = {cast->type.names.back(), 1};
        return found;
    }
    if (auto const* collate = std::get_if<syntax::collate>(&node))
        return collate->operand ? guess_of(*collate->operand) : guess{};
    if (std::holds_alternative<syntax::grouping_expr>(node)) return {"grouping", 2};
    if (auto const* sublink = std::get_if<syntax::sublink>(&node))
        return guess_of_sublink(*sublink);
    if (auto const* choice = std::get_if<syntax::case_expr>(&node)) {
        auto found = choice->otherwise ? guess_of(*choice->otherwise) : guess{};
        return found.strength <= 1 ? guess{"case", 1} : found;
    }
    if (std::holds_alternative<syntax::array_expr>(node)) return {"array", 2};
    if (std::holds_alternative<syntax::row_expr>(node)) return {"row", 2};
    if (std::holds_alternative<syntax::coalesce_expr>(node)) return {"coalesce", 2};
    if (auto const* extremum = std::get_if<syntax::extremum_expr>(&node))
        return {extremum->greatest ? "greatest" : "least", 2};
    if (auto const* value = std::get_if<syntax::session_value_expr>(&node)) return {value->what, 2};
    return {};
}

}  // namespace

std::string column_name_of(syntax::expr const& written) {
    auto const found = guess_of(written);
    return found.strength > 0 ? found.name : "?column?";
}

}  // namespace sluice::sql
