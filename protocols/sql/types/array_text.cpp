#include "protocols/sql/types/array_text.hpp"

#include <charconv>

#include "protocols/sql/types/scalar_text.hpp"
#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

constexpr std::size_t max_dimensions = 6;

class array_reader {
public:
    array_reader(sql_type element, std::string_view text, io_context const& context,
                 std::uint32_t depth)
        : element_(element),
          text_(text),
          context_(context),
          depth_(depth),
          delimiter_(delimiter_of(element.oid)) {}

    sql_result<datum> read() {
        auto array = std::make_shared<array_value>();
        array->element = element_.oid;
        skip_space();
        bool bounds = false;
        if (peek() == '[') {
            if (!dimensions(*array)) return std::move(error_);
            bounds = true;
            skip_space();
        }
        if (peek() != '{') {
            return malformed(bounds
                                 ? "Array contents must start with \"{\"."
                                 : "Array value must start with \"{\" or dimension information.");
        }
        std::vector<std::int32_t> lengths;
        if (!level(*array, lengths, 0)) return std::move(error_);
        skip_space();
        if (at_ != text_.size()) return malformed("Junk after closing right brace.");
        if (array->elements.empty()) {
            if (bounds && !array->dimensions.empty())
                return malformed("Specified array dimensions do not match array contents.");
            array->dimensions.clear();
            return datum(std::shared_ptr<array_value const>(array));
        }
        if (bounds) {
            if (lengths.size() != array->dimensions.size())
                return malformed("Specified array dimensions do not match array contents.");
            for (std::size_t i = 0; i < lengths.size(); ++i)
                if (lengths[i] != array->dimensions[i].length)
                    return malformed("Specified array dimensions do not match array contents.");
        } else {
            for (auto const length : lengths) array->dimensions.push_back({length, 1});
        }
        return datum(std::shared_ptr<array_value const>(array));
    }

private:
    sql_error malformed(std::string detail) const {
        return sql_error("22P02", "malformed array literal: \"" + std::string(text_) + "\"")
            .with_detail(std::move(detail));
    }
    bool fail(std::string detail) {
        error_ = malformed(std::move(detail));
        return false;
    }
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip_space() {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }

    bool number(std::int64_t& value) {
        if (peek() == '+') ++at_;
        auto const read = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
        if (read.ec == std::errc::result_out_of_range ||
            (read.ec == std::errc() && (value > 2147483647 || value < -2147483648LL))) {
            error_ = {"22003", "array bound is out of integer range"};
            return false;
        }
        if (read.ec != std::errc())
            return fail("\"[\" must introduce explicitly-specified array dimensions.");
        at_ = static_cast<std::size_t>(read.ptr - text_.data());
        return true;
    }

    bool dimensions(array_value& array) {
        while (peek() == '[') {
            if (array.dimensions.size() >= max_dimensions) {
                error_ = {"54000",
                          "number of array dimensions (7) exceeds the maximum allowed (6)"};
                return false;
            }
            ++at_;
            std::int64_t lower = 1, upper = 0;
            if (!number(upper)) return false;
            if (peek() == ':') {
                ++at_;
                lower = upper;
                if (!number(upper)) return false;
            }
            if (peek() != ']') return fail("Missing \"]\" after array dimensions.");
            ++at_;
            if (upper < lower) {
                error_ = {"2202E", "upper bound cannot be less than lower bound"};
                return false;
            }
            array.dimensions.push_back(
                {static_cast<std::int32_t>(upper - lower + 1), static_cast<std::int32_t>(lower)});
            skip_space();
        }
        if (peek() != '=') return fail("Missing \"=\" after array dimensions.");
        ++at_;
        return true;
    }

    // One brace level: all elements, or all sub-arrays of the same shape.
    bool level(array_value& array, std::vector<std::int32_t>& lengths, std::size_t depth) {
        if (depth >= max_dimensions) {
            error_ = {"54000", "number of array dimensions (7) exceeds the maximum allowed (6)"};
            return false;
        }
        ++at_;
        std::int32_t count = 0;
        bool nested = false;
        skip_space();
        if (peek() == '}' && depth > 0) return fail("Unexpected \"}\" character.");
        while (peek() != '}' || count > 0) {
            skip_space();
            bool const inner = peek() == '{';
            if (at_ >= text_.size()) return fail("Unexpected end of input.");
            if (count > 0 && inner != nested)
                return fail(inner ? "Unexpected \"{\" character." : "Unexpected array element.");
            nested = inner;
            if (inner ? !level(array, lengths, depth + 1) : !item(array)) return false;
            ++count;
            skip_space();
            if (peek() == '}') break;
            if (peek() != delimiter_ || at_ >= text_.size())
                return at_ >= text_.size()
                           ? fail("Unexpected end of input.")
                           : fail("Unexpected \"" + std::string(1, peek()) + "\" character.");
            ++at_;
        }
        ++at_;
        if (!nested && count > 0 && depth < lengths.size() && lengths.size() != depth + 1)
            return fail("Multidimensional arrays must have sub-arrays with matching dimensions.");
        if (lengths.size() <= depth) lengths.resize(depth + 1, -1);
        if (lengths[depth] == -1)
            lengths[depth] = count;
        else if (lengths[depth] != count)
            return fail("Multidimensional arrays must have sub-arrays with matching dimensions.");
        return true;
    }

    bool item(array_value& array) {
        std::string value;
        bool quoted = false;
        std::size_t kept = 0;  // bytes that trailing-blank removal must leave
        while (true) {
            if (at_ >= text_.size()) return fail("Unexpected end of input.");
            char const c = text_[at_];
            if (c == delimiter_ || c == '}') break;
            if (c == '{') return fail("Unexpected \"{\" character.");
            ++at_;
            if (c == '"') {
                if (quoted || !value.empty()) return fail("Unexpected array element.");
                quoted = true;
                while (true) {
                    if (at_ >= text_.size()) return fail("Unexpected end of input.");
                    char const inside = text_[at_++];
                    if (inside == '"') break;
                    if (inside == '\\') {
                        if (at_ >= text_.size()) return fail("Unexpected end of input.");
                        value.push_back(text_[at_++]);
                    } else {
                        value.push_back(inside);
                    }
                }
                skip_space();
                if (peek() != delimiter_ && peek() != '}') {
                    if (at_ >= text_.size()) return fail("Unexpected end of input.");
                    return fail("Unexpected array element.");
                }
                kept = value.size();
                break;
            }
            if (c == '\\') {
                if (at_ >= text_.size()) return fail("Unexpected end of input.");
                value.push_back(text_[at_++]);
                kept = value.size();
                escaped_ = true;
                continue;
            }
            value.push_back(c);
            if (!is_space(c)) kept = value.size();
        }
        if (!quoted) value.resize(kept);
        if (!quoted && value.empty())
            return fail("Unexpected \"" + std::string(1, peek()) + "\" character.");
        bool const null = !quoted && !escaped_ && same_ignoring_case(value, "null");
        escaped_ = false;
        if (array.elements.size() >= context_.limits.array_elements) {
            error_ = {"54000", "array size exceeds the maximum allowed (" +
                                   std::to_string(context_.limits.array_elements) + ")"};
            return false;
        }
        if (null) {
            array.elements.emplace_back();
            return true;
        }
        auto parsed = input_text_at(element_, value, context_, depth_ + 1);
        if (parsed.has_error()) return error_ = std::move(parsed).error(), false;
        array.elements.push_back(std::move(*parsed));
        return true;
    }

    sql_type element_;
    std::string_view text_;
    io_context const& context_;
    std::uint32_t depth_;
    char delimiter_;
    std::size_t at_ = 0;
    bool escaped_ = false;
    sql_error error_;
};

bool needs_quotes(std::string_view text, char delimiter) {
    if (text.empty() || same_ignoring_case(text, "null")) return true;
    for (char const c : text)
        if (c == '"' || c == '\\' || c == '{' || c == '}' || c == delimiter || is_space(c))
            return true;
    return false;
}

// Quotes double with every array or record around a text: enough is enough.
bool is_cut(std::string const& out, std::size_t start, io_context const& context) {
    return out.size() - start > context.limits.value_bytes;
}

void print_elements(array_value const& array, std::size_t dimension, std::size_t& at,
                    char delimiter, io_context const& context, std::string& out) {
    auto const start = out.size();
    out.push_back('{');
    for (std::int32_t i = 0; i < array.dimensions[dimension].length; ++i) {
        if (i != 0) out.push_back(delimiter);
        if (dimension + 1 < array.dimensions.size()) {
            print_elements(array, dimension + 1, at, delimiter, context, out);
            continue;
        }
        auto const& element = array.elements[at++];
        if (is_null(element)) {
            out += "NULL";
            continue;
        }
        if (is_cut(out, start, context)) return;
        std::string text;
        output_text(array.element, element, context, text);
        if (is_cut(text, 0, context)) {
            out += text;
            return;
        }
        if (!needs_quotes(text, delimiter)) {
            out += text;
            continue;
        }
        out.push_back('"');
        for (char const c : text) {
            if (c == '"' || c == '\\') out.push_back('\\');
            out.push_back(c);
        }
        out.push_back('"');
    }
    out.push_back('}');
}

}  // namespace

char delimiter_of(type_oid element) noexcept {
    auto const* info = find_builtin_type(element);
    return info == nullptr ? ',' : info->delimiter;
}

sql_result<void> check_printed(datum const& value, std::size_t bytes, io_context const& context) {
    bool const composed = std::holds_alternative<std::shared_ptr<array_value const>>(value) ||
                          std::holds_alternative<std::shared_ptr<row_value const>>(value);
    auto const most = context.limits.value_bytes;
    if (!composed || bytes <= most) return {};
    return sql_error("54000",
                     "value is longer than the limit of " + std::to_string(most) + " bytes");
}

datum make_array(type_oid element, std::vector<datum> elements) {
    auto array = std::make_shared<array_value>();
    array->element = element;
    if (!elements.empty())
        array->dimensions.push_back({static_cast<std::int32_t>(elements.size()), 1});
    array->elements = std::move(elements);
    return std::shared_ptr<array_value const>(std::move(array));
}

sql_result<datum> parse_array(sql_type element, std::string_view text, io_context const& context,
                              std::uint32_t depth) {
    return array_reader(element, text, context, depth).read();
}

sql_result<datum> parse_number_vector(type_oid type, std::string_view text) {
    auto array = std::make_shared<array_value>();
    bool const oids = type == oid::oidvector;
    array->element = oids ? oid::oid : oid::int2;
    auto rest = trimmed(text);
    while (!rest.empty()) {
        std::size_t end = 0;
        while (end < rest.size() && !is_space(rest[end])) ++end;
        auto value =
            oids ? parse_oid(rest.substr(0, end), "oid") : parse_integer(rest.substr(0, end), 16);
        if (value.has_error()) return std::move(value).error();
        array->elements.emplace_back(*value);
        rest = trimmed(rest.substr(end));
    }
    array->dimensions.push_back({static_cast<std::int32_t>(array->elements.size()), 0});
    return datum(std::shared_ptr<array_value const>(array));
}

void print_array(type_oid type, array_value const& array, io_context const& context,
                 std::string& out) {
    if (type == oid::int2vector || type == oid::oidvector) {
        for (std::size_t i = 0; i < array.elements.size(); ++i) {
            if (i != 0) out.push_back(' ');
            output_text(array.element, array.elements[i], context, out);
        }
        return;
    }
    if (array.dimensions.empty()) {
        out += "{}";
        return;
    }
    bool shifted = false;
    for (auto const& each : array.dimensions) shifted = shifted || each.lower_bound != 1;
    if (shifted) {
        for (auto const& each : array.dimensions)
            out += "[" + std::to_string(each.lower_bound) + ":" +
                   std::to_string(each.lower_bound + each.length - 1) + "]";
        out.push_back('=');
    }
    std::size_t at = 0;
    print_elements(array, 0, at, delimiter_of(array.element), context, out);
}

void print_record(row_value const& row, io_context const& context, std::string& out) {
    auto const start = out.size();
    out.push_back('(');
    for (std::size_t i = 0; i < row.fields.size(); ++i) {
        if (is_cut(out, start, context)) return;
        if (i != 0) out.push_back(',');
        if (is_null(row.fields[i])) continue;
        std::string text;
        output_text(row.types[i], row.fields[i], context, text);
        if (is_cut(text, 0, context)) {
            out += text;
            return;
        }
        bool quotes = text.empty();
        for (char const c : text)
            quotes =
                quotes || c == '"' || c == '\\' || c == '(' || c == ')' || c == ',' || is_space(c);
        if (!quotes) {
            out += text;
            continue;
        }
        out.push_back('"');
        for (char const c : text) {
            if (c == '"' || c == '\\') out.push_back(c);
            out.push_back(c);
        }
        out.push_back('"');
    }
    out.push_back(')');
}

sql_result<datum> parse_record(type_description const& type, std::string_view text,
                               io_context const& context, std::uint32_t depth) {
    auto const malformed = [&](char const* detail) {
        return sql_error("22P02", "malformed record literal: \"" + std::string(text) + "\"")
            .with_detail(detail);
    };
    auto rest = trimmed(text);
    if (rest.empty() || rest[0] != '(') return malformed("Missing left parenthesis.");
    rest.remove_prefix(1);
    auto row = std::make_shared<row_value>();
    bool more = true;
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
        if (!more) return malformed("Too few columns.");
        std::string value;
        bool quotes = false, any = false;
        while (!rest.empty() && (quotes || (rest[0] != ',' && rest[0] != ')'))) {
            char const c = rest[0];
            rest.remove_prefix(1);
            any = true;
            if (c == '\\') {
                if (rest.empty()) return malformed("Unexpected end of input.");
                value.push_back(rest[0]);
                rest.remove_prefix(1);
            } else if (c == '"') {
                if (quotes && !rest.empty() && rest[0] == '"') {
                    value.push_back('"');
                    rest.remove_prefix(1);
                } else {
                    quotes = !quotes;
                }
            } else {
                value.push_back(c);
            }
        }
        if (rest.empty()) return malformed("Unexpected end of input.");
        more = rest[0] == ',';
        rest.remove_prefix(1);
        row->types.push_back(type.fields[i].type.oid);
        if (!any) {
            row->fields.emplace_back();
            continue;
        }
        SLUICE_TRY(auto field, input_text_at(type.fields[i].type, value, context, depth + 1));
        row->fields.push_back(std::move(field));
    }
    if (more && !type.fields.empty()) return malformed("Too many columns.");
    if (!rest.empty()) return malformed("Junk after right parenthesis.");
    return datum(std::shared_ptr<row_value const>(row));
}

}  // namespace sluice::sql
