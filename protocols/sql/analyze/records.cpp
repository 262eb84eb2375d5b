// Fields of composite values.
#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/expressions.hpp"

namespace sluice::sql {
namespace {

// OUT parameters of a function, with polymorphic types made real.
std::vector<record_field> out_parameters(scope& in, function_call const& call) {
    std::vector<record_field> out;
    auto const* row = in.context.catalog().find_function(call.function);
    if (row == nullptr || row->modes.empty()) return out;
    std::vector<type_oid> actual, inputs, declared;
    for (std::size_t i = 0; i < call.arguments.size() && i < row->arguments.size(); ++i) {
        actual.push_back(call.arguments[i]->type.oid);
        inputs.push_back(type_oid{row->arguments[i]});
    }
    for (std::size_t i = 0; i < row->modes.size(); ++i) {
        char const mode = row->modes[i];
        if (mode != 'o' && mode != 'b' && mode != 't') continue;
        auto declared_inputs = inputs;
        auto const type = resolve_polymorphic(in.context, actual, declared_inputs,
                                              type_oid{row->all_arguments[i]}, 0);
        auto name = i < row->names.size() ? std::string(row->names[i]) : std::string();
        if (name.empty()) name = "column" + std::to_string(out.size() + 1);
        out.push_back(
            {std::move(name), {type.has_value() ? *type : type_oid{row->all_arguments[i]}, -1}});
    }
    return out;
}

}  // namespace

std::vector<record_field> fields_of(scope& in, expression const& row) {
    std::vector<record_field> out;
    if (auto const* made = std::get_if<row_constructor>(&row.node)) {
        if (row.type.oid == oid::record) {
            for (auto const& each : made->fields)
                out.push_back({"f" + std::to_string(out.size() + 1), each->type});
            return out;
        }
    }
    if (in.context.is_composite(row.type.oid)) {
        auto const relation = in.context.catalog().relation_of_type(row.type.oid);
        if (!relation) return out;
        for (auto const& each : relation->columns)
            out.push_back({each.dropped ? std::string() : each.name, each.type});
        return out;
    }
    if (auto const* whole = std::get_if<whole_row_reference>(&row.node)) {
        scope const* at = &in;
        for (std::uint32_t i = 0; i < whole->levels_up && at != nullptr; ++i) at = at->parent;
        if (at != nullptr && whole->relation < at->entries.size())
            for (auto const& each : at->entries[whole->relation].columns)
                out.push_back({each.name, each.type});
        return out;
    }
    if (auto const* call = std::get_if<function_call>(&row.node)) return out_parameters(in, *call);
    if (auto const* call = std::get_if<set_returning_call>(&row.node))
        return out_parameters(in, call->call);
    if (auto const* column = std::get_if<column_reference>(&row.node)) {
        // A record that a subquery made: its fields are known where the subquery's target is.
        scope* at = &in;
        for (std::uint32_t i = 0; i < column->levels_up && at != nullptr; ++i) at = at->parent;
        if (at == nullptr || column->relation >= at->entries.size()) return out;
        auto const* inner =
            std::get_if<range_entry::subquery>(&at->entries[column->relation].source);
        if (inner == nullptr || !inner->body) return out;
        std::uint32_t visible = 0;
        for (auto const& each : inner->body->targets) {
            if (each.hidden) continue;
            if (visible++ != column->column) continue;
            scope inside(in.context);
            inside.entries = inner->body->range_table;
            return fields_of(inside, *each.value);
        }
    }
    return out;
}

outcome<expression_ptr> select_field(scope& in, expression_ptr row, std::string const& name,
                                     std::int32_t position) {
    auto const fields = fields_of(in, *row);
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].name != name) continue;
        auto const type = fields[i].type;
        field_selection made;
        made.field = static_cast<std::uint32_t>(i);
        made.row = std::move(row);
        return make_node(std::move(made), type, position);
    }
    if (auto const* whole = std::get_if<whole_row_reference>(&row->node);
        whole != nullptr && whole->levels_up == 0 && whole->relation < in.entries.size())
        return sql_error("42703", "column " + in.entries[whole->relation].alias + "." + name +
                                      " does not exist")
            .at(position);
    if (in.context.is_composite(row->type.oid))
        return sql_error("42703", "column \"" + name + "\" not found in data type " +
                                      in.context.name(row->type.oid))
            .at(position);
    if (row->type.oid == oid::record)
        return sql_error("42703", "could not identify column \"" + name + "\" in record data type")
            .at(position);
    return sql_error("42809", "column notation ." + name + " applied to type " +
                                  in.context.name(row->type.oid) +
                                  ", which is not a composite type")
        .at(position);
}

}  // namespace sluice::sql
