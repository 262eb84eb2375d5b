#include "protocols/sql/execute/record_headers.hpp"

#include "gateway/core/encoding.hpp"
#include "protocols/sql/types/json_value.hpp"
#include "protocols/sql/types/text_tools.hpp"

namespace sluice::sql {
namespace {

bool is_text(std::string_view bytes) {
    return find_invalid_utf8(bytes) == std::string_view::npos;
}

sql_error no_headers(std::string detail) {
    return sql_error("22023", "invalid value for column \"_headers\"")
        .with_detail(std::move(detail))
        .with_hint("It is an array of objects: {\"key\": name, \"value\": text} or "
                   "{\"key\": name, \"base64\": bytes}.");
}

}  // namespace

std::string as_text(std::string_view bytes) {
    constexpr std::string_view replacement = "\xef\xbf\xbd";
    std::string out;
    while (true) {
        auto const bad = find_invalid_utf8(bytes);
        out.append(bytes.substr(0, bad));
        if (bad == std::string_view::npos) return out;
        out.append(replacement);
        bytes.remove_prefix(bad + 1);
    }
}

std::string headers_to_jsonb(std::vector<store::log_header> const& headers) {
    auto all = json_value::of_array();
    for (auto const& each : headers) {
        auto one = json_value::of_object();
        one.members.emplace_back("key", json_value::of_string(as_text(each.name)));
        if (!each.value) {
            one.members.emplace_back("value", json_value());
        } else if (is_text(*each.value)) {
            one.members.emplace_back("value", json_value::of_string(*each.value));
        } else {
            auto encoded = base64_encode(std::string_view(*each.value));
            one.members.emplace_back("base64", json_value::of_string(std::move(encoded)));
        }
        all.items.push_back(std::move(one));
    }
    return jsonb_text(all);
}

sql_result<std::vector<store::log_header>> headers_from_jsonb(std::string_view jsonb,
                                                              value_limits const& limits) {
    auto const parsed = parse_jsonb(jsonb, limits);
    if (parsed.has_error()) return parsed.error();
    if (parsed->what != json_value::kind::array) return no_headers("It is not an array.");
    std::vector<store::log_header> out;
    for (auto const& each : parsed->items) {
        auto const* name = each.member("key");
        auto const* value = each.member("value");
        auto const* encoded = each.member("base64");
        if (each.what != json_value::kind::object || name == nullptr ||
            name->what != json_value::kind::string ||
            (value == nullptr) == (encoded == nullptr) || each.members.size() != 2)
            return no_headers("An element is of another shape.");
        store::log_header made;
        made.name = name->text;
        auto const* given = value != nullptr ? value : encoded;
        if (given->what == json_value::kind::string) {
            made.value = given->text;
        } else if (value == nullptr || value->what != json_value::kind::null) {
            return no_headers("The value of \"" + made.name + "\" is not a text.");
        }
        if (encoded != nullptr) {
            auto bytes = base64_decode(encoded->text);
            if (bytes.has_error())
                return no_headers("The value of \"" + made.name + "\" is not base64.");
            made.value = std::move(*bytes);
        }
        out.push_back(std::move(made));
    }
    return out;
}

}  // namespace sluice::sql
