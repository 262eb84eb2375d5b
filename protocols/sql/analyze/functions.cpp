#include "protocols/sql/analyze/functions.hpp"

#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/literals.hpp"
#include "protocols/sql/analyze/operators.hpp"
#include "protocols/sql/analyze/type_names.hpp"

namespace sluice::sql {
namespace {

struct candidate {
    proc_row const* row = nullptr;
    std::size_t path_place = 0;
    std::vector<int> order;
    std::vector<type_oid> types;  // one per actual argument or default, in parameter order
    std::size_t variadic = 0;     // arguments expanded into the variadic array
    std::size_t defaults = 0;
};

// Input parameters' names, in order of `arguments`.
std::vector<std::string_view> input_names(proc_row const& row) {
    std::vector<std::string_view> out;
    for (std::size_t i = 0; i < row.names.size(); ++i) {
        char const mode = row.modes.empty() ? 'i' : row.modes[i];
        if (mode == 'i' || mode == 'b' || mode == 'v') out.push_back(row.names[i]);
    }
    return out;
}

// Places named arguments; false when they do not fit this function.
bool place_arguments(proc_row const& row, std::size_t count, std::vector<std::string> const& names,
                     candidate& out) {
    auto const total = static_cast<std::size_t>(row.argument_count);
    auto const positional = count - names.size();
    out.order.assign(total, -1);
    if (count > total) return false;
    for (std::size_t i = 0; i < positional; ++i) out.order[i] = static_cast<int>(i);
    auto const known = input_names(row);
    for (std::size_t i = 0; i < names.size(); ++i) {
        auto const found = std::find(known.begin(), known.end(), names[i]);
        if (found == known.end()) return false;
        auto const place = static_cast<std::size_t>(found - known.begin());
        if (place >= total || out.order[place] != -1) return false;
        out.order[place] = static_cast<int>(positional + i);
    }
    auto const first_default = total - static_cast<std::size_t>(row.default_count);
    for (std::size_t i = 0; i < total; ++i) {
        if (out.order[i] != -1) continue;
        if (i < first_default) return false;
        ++out.defaults;
    }
    return true;
}

bool make_candidate(analysis_context const& context, proc_row const& row, std::size_t count,
                    std::vector<std::string> const& names, bool expand, candidate& out) {
    out.row = &row;
    auto const total = static_cast<std::size_t>(row.argument_count);
    bool const variadic = expand && names.empty() && row.variadic != 0;
    if (variadic && count >= total) {
        // f(a, VARIADIC b[]) called with single values for b
        out.variadic = count - total + 1;
    } else if (variadic && count + static_cast<std::size_t>(row.default_count) < total) {
        return false;
    }
    if (!place_arguments(row, out.variadic > 0 ? total : count, names, out)) return false;
    for (std::size_t i = 0; i < total; ++i) out.types.push_back(type_oid{row.arguments[i]});
    if (out.variadic > 0) {
        // row.variadic is the element type ("any" stays as it is).
        out.types.back() = type_oid{row.variadic};
        for (std::size_t i = 1; i < out.variadic; ++i) {
            out.types.push_back(type_oid{row.variadic});
            out.order.push_back(static_cast<int>(total + i - 1));
        }
    }
    static_cast<void>(context);
    return true;
}

std::vector<candidate> find_candidates(analysis_context const& context,
                                       syntax::qualified_name const& name, std::size_t count,
                                       std::vector<std::string> const& names, bool expand) {
    std::vector<candidate> out;
    schema const* in = nullptr;
    if (name.size() > 1) {
        in = context.catalog().find_schema(name[name.size() - 2]);
        if (in == nullptr) return out;
    }
    auto const& schemas = context.path().schemas;
    for (auto const* row : context.catalog().functions_named(name.back())) {
        std::size_t place = 0;
        if (in != nullptr) {
            if (row->schema != to_underlying(in->oid)) continue;
        } else {
            auto const found = std::find(schemas.begin(), schemas.end(), object_oid{row->schema});
            if (found == schemas.end()) continue;
            place = static_cast<std::size_t>(found - schemas.begin());
        }
        candidate each;
        each.path_place = place;
        if (make_candidate(context, *row, count, names, expand, each))
            out.push_back(std::move(each));
    }
    return out;
}

// The types of the actual arguments' parameters, in the order the arguments were written.
std::vector<type_oid> argument_types(candidate const& each, std::size_t count) {
    std::vector<type_oid> out(count);
    for (std::size_t i = 0; i < each.order.size(); ++i)
        if (each.order[i] >= 0) out[static_cast<std::size_t>(each.order[i])] = each.types[i];
    return out;
}

// Of candidates that take the same types: earlier schema, then not variadic, then fewer defaults.
void drop_hidden(std::vector<candidate>& candidates, std::size_t count) {
    std::vector<candidate> kept;
    for (auto& each : candidates) {
        auto const types = argument_types(each, count);
        auto const same = std::find_if(kept.begin(), kept.end(), [&](candidate const& other) {
            return argument_types(other, count) == types;
        });
        if (same == kept.end()) {
            kept.push_back(std::move(each));
            continue;
        }
        auto const rank = [](candidate const& c) {
            return std::tuple(c.path_place, c.variadic > 0, c.defaults);
        };
        if (rank(each) < rank(*same)) *same = std::move(each);
    }
    candidates = std::move(kept);
}

chosen_function made_of(candidate const& each) {
    chosen_function out;
    out.what = chosen_function::kind::function;
    out.row = each.row;
    out.order = each.order;
    out.declared = each.types;
    out.variadic_count = each.variadic;
    return out;
}

// A type's name called with one argument is a cast, where the cast does nothing or goes through
// text.
chosen_function as_coercion(analysis_context const& context, syntax::qualified_name const& name,
                            expression const& argument) {
    chosen_function out;
    auto const* row = lookup_type(context, name);
    if (row == nullptr) return out;
    auto const source = argument.type.oid;
    bool possible = false;
    if (is_unknown(source)) {
        possible = true;
    } else {
        auto const path =
            find_cast_path(context, type_oid{row->oid}, source, coercion_context::explicit_cast);
        possible = path.way == cast_way::relabel;
        if (path.way == cast_way::through_text)
            possible = !((source == oid::record || context.is_composite(source)) &&
                         context.category(type_oid{row->oid}) == 'S');
    }
    if (!possible) return out;
    out.what = chosen_function::kind::coercion;
    out.coercion_target = type_oid{row->oid};
    return out;
}

}  // namespace

chosen_function choose_function(analysis_context& context, syntax::qualified_name const& name,
                                std::vector<expression_ptr> const& arguments,
                                std::vector<std::string> const& argument_names,
                                bool expand_variadic) {
    auto const count = arguments.size();
    std::vector<type_oid> actual;
    for (auto const& each : arguments) actual.push_back(each->type.oid);
    auto candidates = find_candidates(context, name, count, argument_names, expand_variadic);
    drop_hidden(candidates, count);
    for (auto const& each : candidates)
        if (argument_types(each, count) == actual) return made_of(each);
    if (count == 1 && argument_names.empty()) {
        auto cast = as_coercion(context, name, *arguments[0]);
        if (cast.what == chosen_function::kind::coercion) return cast;
    }
    std::vector<argument_list> lists;
    for (std::size_t i = 0; i < candidates.size(); ++i)
        lists.push_back({argument_types(candidates[i], count), i});
    lists = coercible_candidates(context, actual, std::move(lists));
    if (lists.size() > 1) {
        lists = best_candidates(context, actual, std::move(lists));
        if (lists.size() != 1) {
            chosen_function several;
            several.what = chosen_function::kind::several;
            return several;
        }
    }
    return lists.empty() ? chosen_function{} : made_of(candidates[lists.front().index]);
}

std::string function_signature(analysis_context const& context, std::string const& name,
                               std::vector<expression_ptr> const& arguments,
                               std::vector<std::string> const& argument_names) {
    std::string out = name + "(";
    auto const positional = arguments.size() - argument_names.size();
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (i > 0) out += ", ";
        if (i >= positional) out += argument_names[i - positional] + " => ";
        out += context.name(arguments[i]->type.oid);
    }
    return out + ")";
}

}  // namespace sluice::sql
