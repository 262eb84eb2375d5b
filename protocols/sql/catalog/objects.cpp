#include "protocols/sql/catalog/objects.hpp"

#include <algorithm>

namespace sluice::sql {

column const* relation::find_column(std::string_view wanted) const noexcept {
    for (auto const& each : columns)
        if (!each.dropped && each.name == wanted) return &each;
    return nullptr;
}

column const* relation::find_column(std::int16_t number) const noexcept {
    for (auto const& each : columns)
        if (each.number == number) return each.dropped ? nullptr : &each;
    return nullptr;
}

constraint const* relation::primary_key() const noexcept {
    for (auto const& each : constraints)
        if (each.what == constraint::kind::primary_key) return &each;
    return nullptr;
}

std::shared_ptr<user_type const> user_type::make(user_type description) {
    auto made = std::make_shared<user_type>(std::move(description));
    made->row.name = made->name;
    made->row.schema = to_underlying(made->schema);
    auto const support = [&](std::string_view in, std::string_view out, std::string_view receive,
                             std::string_view send) {
        made->row.input = in;
        made->row.output = out;
        made->row.receive = receive;
        made->row.send = send;
    };
    if (made->row.element != 0) {
        support("array_in", "array_out", "array_recv", "array_send");
        made->row.subscript = "array_subscript_handler";
        made->row.analyze = "array_typanalyze";
    } else if (made->row.kind == 'e') {
        support("enum_in", "enum_out", "enum_recv", "enum_send");
    } else if (made->row.kind == 'c') {
        support("record_in", "record_out", "record_recv", "record_send");
    } else if (made->row.kind == 'd') {
        auto const* base = builtin::find_type(made->row.base);
        support("domain_in", base != nullptr ? base->output : std::string_view("record_out"),
                "domain_recv", base != nullptr ? base->send : std::string_view("record_send"));
    }
    return made;
}

std::shared_ptr<user_function const> user_function::make(user_function description) {
    auto made = std::make_shared<user_function>(std::move(description));
    auto& row = made->row;
    row.name = made->name;
    row.schema = to_underlying(made->schema);
    row.arguments = made->arguments;
    row.all_arguments = made->all_arguments;
    row.modes = made->modes;
    made->name_views.assign(made->names.begin(), made->names.end());
    row.names = made->name_views;
    row.source = made->source;
    row.argument_count = static_cast<std::int16_t>(made->arguments.size());
    return made;
}

}  // namespace sluice::sql
