// JSON as a tree: strict RFC 8259 text in, PostgreSQL's json and jsonb texts out. Object members
// keep their order for json; jsonb sorts them (shorter keys first, then bytes) and keeps the last
// of equal keys. Depth is bounded by value_limits::nesting (54001). Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/sql/types/numeric.hpp"
#include "protocols/sql/types/type_io.hpp"

namespace sluice::sql {

struct json_value {
    enum class kind : std::uint8_t { null, string, number, boolean, array, object };
    kind what = kind::null;
    bool truth = false;
    std::string text;  // string: its characters; number: its text
    std::vector<json_value> items;
    std::vector<std::pair<std::string, json_value>> members;

    static json_value of_string(std::string value);
    static json_value of_number(std::string value);
    static json_value of_bool(bool value);
    static json_value of_array() { return with_kind(kind::array); }
    static json_value of_object() { return with_kind(kind::object); }
    bool is_scalar() const noexcept { return what != kind::array && what != kind::object; }
    // Last member of that name; null: none.
    json_value const* member(std::string_view name) const noexcept;

private:
    static json_value with_kind(kind what) {
        json_value value;
        value.what = what;
        return value;
    }
};

// 22P02 "invalid input syntax for type json" with PostgreSQL's details.
sql_result<json_value> parse_json(std::string_view text, value_limits const&);
// As jsonb: numbers checked and printed by numeric, \u0000 refused (22P05), members in order.
sql_result<json_value> parse_jsonb(std::string_view text, value_limits const&);
void normalise_members(json_value& object);  // sorts, keeps the last of equal keys

void print_json_string(std::string_view text, std::string& out);
// jsonb's text: `{"a": 1, "b": [1, 2]}`.
void print_jsonb(json_value const&, std::string& out);
// json without spaces, as json functions build it from parts.
void print_json(json_value const&, std::string& out);
std::string jsonb_text(json_value const&);
std::string jsonb_pretty(json_value const&);

// jsonb's btree order and equality.
int compare_jsonb(json_value const& left, json_value const& right);
bool jsonb_contains(json_value const& whole, json_value const& part);

}  // namespace sluice::sql
