#include "protocols/sql/types/json_value.hpp"

#include <algorithm>

#include "protocols/sql/types/text_tools.hpp"

namespace sluice::sql {

json_value json_value::of_string(std::string value) {
    auto made = with_kind(kind::string);
    made.text = std::move(value);
    return made;
}
json_value json_value::of_number(std::string value) {
    auto made = with_kind(kind::number);
    made.text = std::move(value);
    return made;
}
json_value json_value::of_bool(bool value) {
    auto made = with_kind(kind::boolean);
    made.truth = value;
    return made;
}
json_value const* json_value::member(std::string_view name) const noexcept {
    for (auto at = members.rbegin(); at != members.rend(); ++at)
        if (at->first == name) return &at->second;
    return nullptr;
}

namespace {

class json_reader {
public:
    json_reader(std::string_view text, value_limits const& limits, bool binary)
        : text_(text), limits_(limits), binary_(binary) {}

    sql_result<json_value> read() {
        json_value value;
        skip_space();
        if (!parse(value, 0)) return std::move(error_);
        skip_space();
        if (at_ != text_.size()) {
            unexpected("Expected end of input, but found ");
            return std::move(error_);
        }
        return value;
    }

private:
    bool fail(sql_error what) {
        error_ = std::move(what);
        return false;
    }
    bool invalid(std::string detail) {
        return fail(sql_error("22P02", "invalid input syntax for type json")
                        .with_detail(std::move(detail)));
    }
    // The token here: a run of letters and digits, or one character.
    std::string token() const {
        auto end = at_;
        while (end < text_.size() &&
               (is_word(text_[end]) || (end == at_ && (text_[end] == '-' || text_[end] == '+'))))
            ++end;
        if (end == at_ && end < text_.size())
            end += character_bytes(static_cast<unsigned char>(text_[end]));
        return std::string(text_.substr(at_, end - at_));
    }
    bool unexpected(std::string_view expected) {
        if (at_ >= text_.size()) return invalid("The input string ended unexpectedly.");
        auto const found = token();
        bool const known = found.find_first_of("{}[],:\"") != std::string::npos ||
                           found == "true" || found == "false" || found == "null" ||
                           (found[0] >= '0' && found[0] <= '9');
        if (!known) return invalid("Token \"" + found + "\" is invalid.");
        return invalid(std::string(expected) + "\"" + found + "\".");
    }
    static bool is_word(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '_' || c == '.' || (c & 0x80) != 0;
    }
    void skip_space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' ||
                                      text_[at_] == '\n' || text_[at_] == '\r'))
            ++at_;
    }
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    bool parse(json_value& value, std::uint32_t depth) {
        if (depth > limits_.nesting) return fail({"54001", "stack depth limit exceeded"});
        // The tree is many times as large as the text of small values.
        if (++count_ > limits_.value_bytes / sizeof(json_value))
            return fail({"54000", "json value has too many parts"});
        switch (peek()) {
            case '{':
                return object(value, depth);
            case '[':
                return array(value, depth);
            case '"':
                value.what = json_value::kind::string;
                return string(value.text);
            default:
                break;
        }
        if (peek() == '-' || (peek() >= '0' && peek() <= '9')) return number(value);
        auto const word = token();
        if (word == "true" || word == "false") {
            value.what = json_value::kind::boolean;
            value.truth = word == "true";
        } else if (word != "null") {
            return unexpected("Expected JSON value, but found ");
        }
        at_ += word.size();
        return true;
    }

    bool object(json_value& value, std::uint32_t depth) {
        value.what = json_value::kind::object;
        ++at_;
        skip_space();
        if (peek() == '}') return ++at_, true;
        while (true) {
            skip_space();
            if (peek() != '"')
                return unexpected(value.members.empty() ? "Expected string or \"}\", but found "
                                                        : "Expected string, but found ");
            auto& member = value.members.emplace_back();
            if (!string(member.first)) return false;
            skip_space();
            if (peek() != ':') return unexpected("Expected \":\", but found ");
            ++at_;
            skip_space();
            if (!parse(member.second, depth + 1)) return false;
            skip_space();
            if (peek() == '}') break;
            if (peek() != ',') return unexpected("Expected \",\" or \"}\", but found ");
            ++at_;
        }
        ++at_;
        if (binary_) normalise_members(value);
        return true;
    }

    bool array(json_value& value, std::uint32_t depth) {
        value.what = json_value::kind::array;
        ++at_;
        skip_space();
        if (peek() == ']') return ++at_, true;
        while (true) {
            skip_space();
            if (!parse(value.items.emplace_back(), depth + 1)) return false;
            skip_space();
            if (peek() == ']') break;
            if (peek() != ',') return unexpected("Expected \",\" or \"]\", but found ");
            ++at_;
        }
        ++at_;
        return true;
    }

    bool number(json_value& value) {
        auto const start = at_;
        auto const digits = [&] {
            auto const first = at_;
            while (peek() >= '0' && peek() <= '9') ++at_;
            return at_ != first;
        };
        if (peek() == '-') ++at_;
        bool good = true;
        if (peek() == '0')
            ++at_;
        else
            good = digits();
        if (good && peek() == '.') {
            ++at_;
            good = digits();
        }
        if (good && (peek() == 'e' || peek() == 'E')) {
            ++at_;
            if (peek() == '+' || peek() == '-') ++at_;
            good = digits();
        }
        if (!good || (at_ < text_.size() && is_word(text_[at_]))) {
            while (at_ < text_.size() &&
                   (is_word(text_[at_]) || text_[at_] == '-' || text_[at_] == '+'))
                ++at_;
            return invalid("Token \"" + std::string(text_.substr(start, at_ - start)) +
                           "\" is invalid.");
        }
        value.what = json_value::kind::number;
        value.text = text_.substr(start, at_ - start);
        if (!binary_) return true;
        bool overflow = false;
        auto const parsed = numeric::parse(value.text, overflow);
        if (overflow || !parsed || !parsed->fits())
            return fail({"22003", "value overflows numeric format"});
        value.text = parsed->text();
        return true;
    }

    bool four_hex(unsigned& code) {
        code = 0;
        for (int i = 0; i < 4; ++i, ++at_) {
            char const c = static_cast<char>(peek() | 0x20);
            if (at_ >= text_.size()) return invalid("The input string ended unexpectedly.");
            if (peek() >= '0' && peek() <= '9')
                code = code * 16 + static_cast<unsigned>(peek() - '0');
            else if (c >= 'a' && c <= 'f')
                code = code * 16 + static_cast<unsigned>(c - 'a' + 10);
            else
                return invalid("\"\\u\" must be followed by four hexadecimal digits.");
        }
        return true;
    }

    bool escape(std::string& out) {
        char const c = peek();
        if (at_ >= text_.size()) return invalid("The input string ended unexpectedly.");
        ++at_;
        switch (c) {
            case '"':
            case '\\':
            case '/':
                out.push_back(c);
                return true;
            case 'b':
                out.push_back('\b');
                return true;
            case 'f':
                out.push_back('\f');
                return true;
            case 'n':
                out.push_back('\n');
                return true;
            case 'r':
                out.push_back('\r');
                return true;
            case 't':
                out.push_back('\t');
                return true;
            case 'u':
                break;
            default:
                return invalid("Escape sequence \"\\" + std::string(1, c) + "\" is invalid.");
        }
        unsigned code = 0;
        if (!four_hex(code)) return false;
        if (code == 0) {
            if (binary_)
                return fail(sql_error("22P05", "unsupported Unicode escape sequence")
                                .with_detail("\\u0000 cannot be converted to text."));
            out += "\\u0000";
            return true;
        }
        if (code >= 0xDC00 && code <= 0xDFFF)
            return invalid("Unicode low surrogate must follow a high surrogate.");
        if (code >= 0xD800 && code <= 0xDBFF) {
            unsigned low = 0;
            if (peek() != '\\' || at_ + 1 >= text_.size() || text_[at_ + 1] != 'u')
                return invalid("Unicode low surrogate must follow a high surrogate.");
            at_ += 2;
            if (!four_hex(low)) return false;
            if (low < 0xDC00 || low > 0xDFFF)
                return invalid("Unicode low surrogate must follow a high surrogate.");
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
        append_character(out, code);
        return true;
    }

    bool string(std::string& out) {
        ++at_;
        while (at_ < text_.size()) {
            char const c = text_[at_];
            if (c == '"') return ++at_, true;
            if (static_cast<unsigned char>(c) < 0x20) {
                char hex[] = "0x00";
                hex[2] = "0123456789abcdef"[(c >> 4) & 15];
                hex[3] = "0123456789abcdef"[c & 15];
                return invalid("Character with value " + std::string(hex) + " must be escaped.");
            }
            ++at_;
            if (c != '\\')
                out.push_back(c);
            else if (!escape(out))
                return false;
        }
        return invalid("The input string ended unexpectedly.");
    }

    std::string_view text_;
    std::size_t at_ = 0, count_ = 0;
    value_limits const& limits_;
    bool binary_;
    sql_error error_;
};

}  // namespace

sql_result<json_value> parse_json(std::string_view text, value_limits const& limits) {
    return json_reader(text, limits, false).read();
}
sql_result<json_value> parse_jsonb(std::string_view text, value_limits const& limits) {
    return json_reader(text, limits, true).read();
}

namespace {
bool shorter_key(std::string const& left, std::string const& right) {
    return left.size() != right.size() ? left.size() < right.size() : left < right;
}
}  // namespace

void normalise_members(json_value& object) {
    auto& members = object.members;
    std::stable_sort(members.begin(), members.end(),
                     [](auto const& a, auto const& b) { return shorter_key(a.first, b.first); });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (i + 1 < members.size() && members[i].first == members[i + 1].first) continue;
        if (kept != i) members[kept] = std::move(members[i]);
        ++kept;
    }
    members.resize(kept);
}

void print_json_string(std::string_view text, std::string& out) {
    out.push_back('"');
    for (char const c : text) {
        switch (c) {
            case '\b':
                out += "\\b";
                break;
            case '\f':
                out += "\\f";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    out += "\\u00";
                    out += hex_of({&c, 1});
                } else {
                    out.push_back(c);
                }
        }
    }
    out.push_back('"');
}

namespace {

struct json_spacing {
    std::string_view comma, colon;
};

void print_value(json_value const& value, json_spacing spacing, std::string& out) {
    switch (value.what) {
        case json_value::kind::null:
            out += "null";
            return;
        case json_value::kind::boolean:
            out += value.truth ? "true" : "false";
            return;
        case json_value::kind::number:
            out += value.text;
            return;
        case json_value::kind::string:
            print_json_string(value.text, out);
            return;
        case json_value::kind::array:
            out.push_back('[');
            for (std::size_t i = 0; i < value.items.size(); ++i) {
                if (i != 0) out += spacing.comma;
                print_value(value.items[i], spacing, out);
            }
            out.push_back(']');
            return;
        case json_value::kind::object:
            out.push_back('{');
            for (std::size_t i = 0; i < value.members.size(); ++i) {
                if (i != 0) out += spacing.comma;
                print_json_string(value.members[i].first, out);
                out += spacing.colon;
                print_value(value.members[i].second, spacing, out);
            }
            out.push_back('}');
            return;
    }
}

void print_pretty(json_value const& value, std::size_t indent, std::string& out) {
    bool const array = value.what == json_value::kind::array;
    auto const count = array ? value.items.size() : value.members.size();
    if (value.is_scalar()) return print_jsonb(value, out);
    out.push_back(array ? '[' : '{');
    for (std::size_t i = 0; i < count; ++i) {
        out.push_back('\n');
        out.append(indent + 4, ' ');
        if (!array) {
            print_json_string(value.members[i].first, out);
            out += ": ";
        }
        print_pretty(array ? value.items[i] : value.members[i].second, indent + 4, out);
        if (i + 1 < count) out.push_back(',');
    }
    out.push_back('\n');
    out.append(indent, ' ');
    out.push_back(array ? ']' : '}');
}

int kind_rank(json_value const& value) {
    switch (value.what) {
        case json_value::kind::null:
            return 0;
        case json_value::kind::string:
            return 1;
        case json_value::kind::number:
            return 2;
        case json_value::kind::boolean:
            return 3;
        case json_value::kind::array:
            return 4;
        case json_value::kind::object:
            return 5;
    }
    return 0;
}

int sign_of(int value) { return (value > 0) - (value < 0); }
int compare_numbers(std::string const& left, std::string const& right) {
    bool overflow = false;
    return compare(*numeric::parse(left, overflow), *numeric::parse(right, overflow));
}

}  // namespace

void print_jsonb(json_value const& value, std::string& out) {
    print_value(value, {", ", ": "}, out);
}
void print_json(json_value const& value, std::string& out) { print_value(value, {",", ":"}, out); }
std::string jsonb_text(json_value const& value) {
    std::string out;
    print_jsonb(value, out);
    return out;
}
std::string jsonb_pretty(json_value const& value) {
    std::string out;
    print_pretty(value, 0, out);
    return out;
}

int compare_jsonb(json_value const& left, json_value const& right) {
    if (left.what != right.what) {
        // An empty array sorts before everything.
        auto const empty = [](json_value const& v) {
            return v.what == json_value::kind::array && v.items.empty();
        };
        if (empty(left) != empty(right)) return empty(left) ? -1 : 1;
        return kind_rank(left) < kind_rank(right) ? -1 : 1;
    }
    switch (left.what) {
        case json_value::kind::null:
            return 0;
        case json_value::kind::string:
            return sign_of(left.text.compare(right.text));
        case json_value::kind::number:
            return compare_numbers(left.text, right.text);
        case json_value::kind::boolean:
            return static_cast<int>(left.truth) - static_cast<int>(right.truth);
        case json_value::kind::array:
            if (left.items.size() != right.items.size())
                return left.items.size() < right.items.size() ? -1 : 1;
            for (std::size_t i = 0; i < left.items.size(); ++i)
                if (auto const order = compare_jsonb(left.items[i], right.items[i]); order != 0)
                    return order;
            return 0;
        case json_value::kind::object:
            break;
    }
    if (left.members.size() != right.members.size())
        return left.members.size() < right.members.size() ? -1 : 1;
    for (std::size_t i = 0; i < left.members.size(); ++i) {
        auto const& a = left.members[i];
        auto const& b = right.members[i];
        if (a.first != b.first) return sign_of(a.first.compare(b.first));
        if (auto const order = compare_jsonb(a.second, b.second); order != 0) return order;
    }
    return 0;
}

bool jsonb_contains(json_value const& whole, json_value const& part) {
    if (whole.what == json_value::kind::array && part.is_scalar())
        return std::any_of(whole.items.begin(), whole.items.end(), [&](json_value const& each) {
            return each.is_scalar() && compare_jsonb(each, part) == 0;
        });
    if (whole.what != part.what) return false;
    if (part.what == json_value::kind::object)
        return std::all_of(part.members.begin(), part.members.end(), [&](auto const& wanted) {
            auto const* found = whole.member(wanted.first);
            if (found == nullptr || found->what != wanted.second.what) return false;
            return found->is_scalar() ? compare_jsonb(*found, wanted.second) == 0
                                      : jsonb_contains(*found, wanted.second);
        });
    if (part.what == json_value::kind::array)
        return std::all_of(part.items.begin(), part.items.end(), [&](json_value const& wanted) {
            return std::any_of(whole.items.begin(), whole.items.end(), [&](json_value const& each) {
                if (each.what != wanted.what) return false;
                return each.is_scalar() ? compare_jsonb(each, wanted) == 0
                                        : jsonb_contains(each, wanted);
            });
        });
    return compare_jsonb(whole, part) == 0;
}

}  // namespace sluice::sql
