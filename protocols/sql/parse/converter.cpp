#include "protocols/sql/parse/converter.hpp"

#include <algorithm>

extern "C" {
#include <postgres.h>

#include <nodes/parsenodes.h>
}

namespace sluice::sql {

converter::converter(std::string_view text, parse_limits const& limits)
    : text_(text),
      limits_(limits),
      ascii_(std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; })) {}

void converter::fail(sql_error what) {
    if (!error_) error_ = std::move(what);
}

void converter::refuse(std::string_view what, int location) {
    fail(sql_error("0A000", std::string(what) + " is not supported").at(position(location)));
}

std::int32_t converter::position(int location) const noexcept {
    if (location < 0) return 0;
    auto const byte = std::min(static_cast<std::size_t>(location), text_.size());
    if (ascii_) return static_cast<std::int32_t>(byte) + 1;
    auto const starts = [](char c) { return (c & 0xc0) != 0x80; };
    auto const begin = text_.begin();
    if (byte >= known_byte_)
        known_characters_ += static_cast<std::size_t>(
            std::count_if(begin + static_cast<std::ptrdiff_t>(known_byte_),
                          begin + static_cast<std::ptrdiff_t>(byte), starts));
    else
        known_characters_ -= static_cast<std::size_t>(
            std::count_if(begin + static_cast<std::ptrdiff_t>(byte),
                          begin + static_cast<std::ptrdiff_t>(known_byte_), starts));
    known_byte_ = byte;
    return static_cast<std::int32_t>(known_characters_) + 1;
}

bool converter::enter() {
    if (++depth_ > limits_.depth)
        fail(sql_error("54001", "stack depth limit exceeded")
                 .with_hint("The statement is nested deeper than " + std::to_string(limits_.depth) +
                            " levels."));
    return !error_;
}

bool converter::fits(List const* list) {
    if (list != nullptr && static_cast<std::size_t>(list->length) > limits_.list_elements)
        fail(sql_error("54000", "a list has more than " + std::to_string(limits_.list_elements) +
                                    " elements"));
    return !error_;
}

std::string converter::string_of(Node const* node) {
    if (node == nullptr) return {};
    if (node->type == T_String) return reinterpret_cast<String const*>(node)->sval;
    if (node->type == T_Float) return reinterpret_cast<Float const*>(node)->fval;
    if (node->type == T_Integer)
        return std::to_string(reinterpret_cast<Integer const*>(node)->ival);
    if (node->type == T_A_Star) return "*";
    if (node->type == T_TypeName) {
        auto const parts = strings(reinterpret_cast<TypeName const*>(node)->names);
        return parts.empty() ? std::string() : parts.back();
    }
    refuse("this form of name");
    return {};
}

std::vector<std::string> converter::strings(List const* list) {
    std::vector<std::string> out;
    if (!fits(list)) return out;
    ListCell const* cell;
    foreach (cell, list) out.push_back(string_of(static_cast<Node const*>(lfirst(cell))));
    return out;
}

void converter::set_value(utility::option& out, Node const* value) {
    using kind = utility::option::kind;
    switch (nodeTag(value)) {
        case T_String:
            out.what = kind::word;
            out.text = reinterpret_cast<String const*>(value)->sval;
            break;
        case T_Float:
            out.what = kind::floating;
            out.text = reinterpret_cast<Float const*>(value)->fval;
            break;
        case T_Integer:
            out.what = kind::integer;
            out.number = reinterpret_cast<Integer const*>(value)->ival;
            out.text = std::to_string(out.number);
            break;
        case T_Boolean:
            out.what = kind::boolean;
            out.number = reinterpret_cast<Boolean const*>(value)->boolval ? 1 : 0;
            out.text = out.number != 0 ? "true" : "false";
            break;
        case T_A_Star:
            out.what = kind::star;
            out.text = "*";
            break;
        case T_TypeName: {
            out.what = kind::word;
            for (auto const& part : strings(reinterpret_cast<TypeName const*>(value)->names))
                out.text += (out.text.empty() ? "" : ".") + part;
            break;
        }
        case T_List: {
            out.what = kind::list;
            ListCell const* cell;
            foreach (cell, reinterpret_cast<List const*>(value)) {
                auto const* item = static_cast<Node const*>(lfirst(cell));
                if (item->type == T_RoleSpec)
                    out.words.push_back(role(reinterpret_cast<RoleSpec const*>(item)).name);
                else if (item->type == T_DefElem)
                    out.words.emplace_back(reinterpret_cast<DefElem const*>(item)->defname);
                else
                    out.words.push_back(string_of(item));
            }
            break;
        }
        case T_A_Const: {
            auto const* constant = reinterpret_cast<A_Const const*>(value);
            if (constant->isnull) {
                out.what = kind::none;
            } else {
                set_value(out, reinterpret_cast<Node const*>(&constant->val));
                if (out.what == kind::word) out.what = kind::string;
            }
            break;
        }
        case T_TypeCast:
            set_value(out, reinterpret_cast<TypeCast const*>(value)->arg);
            break;
        default:
            refuse("this form of option");
    }
}

utility::option converter::option(DefElem const* element) {
    utility::option out;
    if (element->defnamespace != nullptr) out.space = element->defnamespace;
    if (element->defname != nullptr) out.name = element->defname;
    out.position = position(element->location);
    if (element->arg != nullptr) set_value(out, element->arg);
    return out;
}

std::vector<utility::option> converter::options(List const* list) {
    std::vector<utility::option> out;
    if (!fits(list)) return out;
    ListCell const* cell;
    foreach (cell, list) out.push_back(option(static_cast<DefElem const*>(lfirst(cell))));
    return out;
}

std::optional<syntax::type_name> converter::maybe_type(TypeName const* name) {
    if (name == nullptr) return std::nullopt;
    return type(name);
}

syntax::type_name converter::type(TypeName const* name) {
    syntax::type_name out;
    if (name == nullptr || error_) return out;
    out.names = strings(name->names);
    out.set_of = name->setof;
    out.percent_type = name->pct_type;
    out.modifiers = expressions(name->typmods);
    out.position = position(name->location);
    ListCell const* cell;
    foreach (cell, name->arrayBounds) out.array_bounds.push_back(intVal(lfirst(cell)));
    return out;
}

syntax::statement_ptr converter::statement(Node const* node) {
    depth_scope const deeper(*this);
    if (!deeper || node == nullptr) return nullptr;
    auto out = std::make_shared<syntax::statement>();
    if (auto body = data_statement(node)) {
        out->body = std::move(*body);
    } else {
        std::optional<utility_body> made = session_utility(node);
        if (!made) made = cursor_utility(node);
        if (!made) made = table_utility(node);
        if (!made) made = object_utility(node);
        if (!made) made = naming_utility(node);
        if (!made) made = role_utility(node);
        if (error_) return nullptr;
        if (!made) {
            refuse("this kind of statement");
            return nullptr;
        }
        auto holder = std::make_shared<utility_statement>();
        holder->body = std::move(*made);
        out->body = std::shared_ptr<utility_statement const>(std::move(holder));
    }
    if (error_) return nullptr;
    return out;
}

}  // namespace sluice::sql
