#include "protocols/sql/analyze/operators.hpp"

#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"

namespace sluice::sql {
namespace {

std::string signature(analysis_context const& context, std::string const& name, type_oid left,
                      type_oid right) {
    std::string out;
    if (left != type_oid{}) out += context.name(left) + " ";
    return out + name + " " + context.name(right);
}

std::string written(syntax::qualified_name const& names) {
    std::string out;
    for (auto const& each : names) out += (out.empty() ? "" : ".") + each;
    return out;
}

operator_row const* exact(std::string_view name, type_oid left, type_oid right) {
    for (auto const* row : builtin::operators_named(name))
        if (type_oid{row->left} == left && type_oid{row->right} == right) return row;
    return nullptr;
}

// An unknown operand is first taken for the other one's type.
operator_row const* exact_or_same(analysis_context const& context, std::string_view name,
                                  type_oid left, type_oid right) {
    bool unknown = false;
    if (is_unknown(left) && right != type_oid{} && !is_unknown(right)) {
        left = right;
        unknown = true;
    } else if (is_unknown(right) && left != type_oid{} && !is_unknown(left)) {
        right = left;
        unknown = true;
    }
    if (auto const* found = exact(name, left, right)) return found;
    if (!unknown) return nullptr;
    auto const base = context.base_of(left);
    return base == left ? nullptr : exact(name, base, base);
}

outcome<operator_row const*> choose(analysis_context const& context,
                                    syntax::qualified_name const& names, type_oid left,
                                    type_oid right, std::int32_t position) {
    auto const& name = names.back();
    bool const prefix = left == type_oid{};
    auto const fail = [&](bool several) -> sql_error {
        auto const text = signature(context, written(names), left, right);
        if (several)
            return sql_error("42725", "operator is not unique: " + text)
                .with_hint(
                    "Could not choose a best candidate operator. You might need to add "
                    "explicit type casts.")
                .at(position);
        auto const hint =
            prefix ? "No operator matches the given name and argument type. You might need to add "
                     "an explicit type cast."
                   : "No operator matches the given name and argument types. You might need to "
                     "add explicit type casts.";
        return sql_error("42883", "operator does not exist: " + text).with_hint(hint).at(position);
    };
    if (names.size() > 1 && names[names.size() - 2] != "pg_catalog") {
        if (context.catalog().find_schema(names[names.size() - 2]) == nullptr)
            return sql_error("3F000", "schema \"" + names[names.size() - 2] + "\" does not exist")
                .at(position);
        return fail(false);
    }
    if (auto const* found = exact_or_same(context, name, left, right)) return found;
    auto const rows = builtin::operators_named(name);
    std::vector<type_oid> actual;
    if (!prefix) actual.push_back(left);
    actual.push_back(right);
    std::vector<argument_list> candidates;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if ((rows[i]->kind == 'l') != prefix) continue;
        argument_list each{{}, i};
        if (!prefix) each.types.push_back(type_oid{rows[i]->left});
        each.types.push_back(type_oid{rows[i]->right});
        candidates.push_back(std::move(each));
    }
    candidates = coercible_candidates(context, actual, std::move(candidates));
    if (candidates.empty()) return fail(false);
    candidates = best_candidates(context, actual, std::move(candidates));
    if (candidates.size() != 1) return fail(true);
    return rows[candidates.front().index];
}

outcome<expression_ptr> argument(analysis_context& context, expression_ptr operand,
                                 type_oid declared) {
    if (operand->type.oid == declared) return operand;
    return coerce_type(context, std::move(operand), {declared, -1}, coercion_context::implicit,
                       false);
}

}  // namespace

outcome<operator_row const*> find_operator(analysis_context& context,
                                           syntax::qualified_name const& name, type_oid left,
                                           type_oid right, std::int32_t position) {
    return choose(context, name, left, right, position);
}

operator_row const* compatible_operator(analysis_context const& context, std::string_view name,
                                        type_oid left, type_oid right) {
    if (auto const* found = exact_or_same(context, name, left, right)) return found;
    auto const found = choose(context, {std::string(name)}, left, right, 0);
    if (found.has_error()) return nullptr;
    auto const* row = *found;
    if (is_binary_coercible(context, left, type_oid{row->left}) &&
        is_binary_coercible(context, right, type_oid{row->right}))
        return row;
    return nullptr;
}

outcome<expression_ptr> make_operation(analysis_context& context,
                                       syntax::qualified_name const& name, expression_ptr left,
                                       expression_ptr right, std::int32_t position) {
    auto const left_type = left ? left->type.oid : type_oid{};
    SLUICE_TRY(auto const* row, choose(context, name, left_type, right->type.oid, position));
    if (row->function == 0)
        return sql_error("42883", "operator is only a shell: " +
                                      signature(context, row->name.data(), type_oid{row->left},
                                                type_oid{row->right}))
            .at(position);
    std::vector<type_oid> actual, declared;
    if (left) {
        actual.push_back(left_type);
        declared.push_back(type_oid{row->left});
    }
    actual.push_back(right->type.oid);
    declared.push_back(type_oid{row->right});
    SLUICE_TRY(auto const result,
               resolve_polymorphic(context, actual, declared, type_oid{row->result}, position));
    function_call call;
    call.function = object_oid{row->function};
    call.operator_oid = object_oid{row->oid};
    if (left) {
        SLUICE_TRY(auto made, argument(context, std::move(left), declared.front()));
        call.arguments.push_back(std::move(made));
    }
    SLUICE_TRY(auto made, argument(context, std::move(right), declared.back()));
    call.arguments.push_back(std::move(made));
    return make_node(std::move(call), {result, -1}, position);
}

outcome<expression_ptr> make_array_comparison(analysis_context& context,
                                              syntax::qualified_name const& name, bool any,
                                              expression_ptr left, expression_ptr array,
                                              std::int32_t position) {
    auto element = oid::unknown;
    if (!is_unknown(array->type.oid)) {
        element = context.element_of_base(array->type.oid);
        if (element == type_oid{})
            return sql_error("42809", "op ANY/ALL (array) requires array on right side")
                .at(position);
    }
    SLUICE_TRY(auto const* row, choose(context, name, left->type.oid, element, position));
    std::vector<type_oid> const actual{left->type.oid, element};
    std::vector<type_oid> declared{type_oid{row->left}, type_oid{row->right}};
    SLUICE_TRY(auto const result,
               resolve_polymorphic(context, actual, declared, type_oid{row->result}, position));
    if (result != oid::boolean)
        return sql_error("42809", "op ANY/ALL (array) requires operator to yield boolean")
            .at(position);
    auto const array_type = context.array_of(declared[1]);
    if (array_type == type_oid{})
        return sql_error("42704",
                         "could not find array type for data type " + context.name(declared[1]))
            .at(position);
    array_comparison made;
    made.function = object_oid{row->function};
    made.operator_oid = object_oid{row->oid};
    made.any = any;
    SLUICE_TRY(made.left, argument(context, std::move(left), declared[0]));
    SLUICE_TRY(made.array, argument(context, std::move(array), array_type));
    return make_node(std::move(made), {oid::boolean, -1}, position);
}

sort_operators find_sort_operators(analysis_context const& context, type_oid type) {
    sort_operators out;
    auto const base = context.base_of(type);
    bool const is_array = context.element_of(base) != type_oid{};
    auto wanted = base;
    if (is_array) {
        auto const element = find_sort_operators(context, context.element_of(base));
        auto const any = [](char const* name) { return exact(name, oid::anyarray, oid::anyarray); };
        if (element.less != nullptr) out.less = any("<");
        if (element.greater != nullptr) out.greater = any(">");
        if (element.equal != nullptr) out.equal = any("=");
        return out;
    }
    if (context.is_enum(base))
        wanted = oid::anyenum;
    else if (context.is_range(base))
        wanted = oid::anyrange;
    else if (context.is_multirange(base))
        wanted = oid::anymultirange;
    else if (context.is_composite(base))
        wanted = oid::record;
    // The default btree operator class of the type, of what it is binary coercible to, or of the
    // preferred type of its category.
    opclass_row const* best = nullptr;
    for (auto const& row : builtin::opclasses()) {
        if (row.method != 403 || !row.is_default) continue;
        if (type_oid{row.input_type} == wanted) {
            best = &row;
            break;
        }
        if (is_binary_coercible(context, wanted, type_oid{row.input_type}) &&
            (best == nullptr || context.preferred(type_oid{row.input_type})))
            best = &row;
    }
    if (best == nullptr) {
        // Some types have equality only (xid, cid, aclitem): by hash.
        auto const* equal = exact("=", wanted, wanted);
        if (equal != nullptr && equal->can_hash) out.equal = equal;
        return out;
    }
    for (auto const& row : builtin::amops()) {
        if (row.family != best->family || row.left != best->input_type ||
            row.right != best->input_type || row.method != 403)
            continue;
        auto const* found = builtin::find_operator(row.operator_oid);
        if (row.strategy == 1) out.less = found;
        if (row.strategy == 3) out.equal = found;
        if (row.strategy == 5) out.greater = found;
    }
    return out;
}

sql_error no_ordering(analysis_context const& context, type_oid type, std::int32_t position) {
    return sql_error("42883",
                     "could not identify an ordering operator for type " + context.name(type))
        .with_hint("Use an explicit ordering operator or modify the query.")
        .at(position);
}

sql_error no_equality(analysis_context const& context, type_oid type, std::int32_t position) {
    return sql_error("42883",
                     "could not identify an equality operator for type " + context.name(type))
        .at(position);
}

}  // namespace sluice::sql
