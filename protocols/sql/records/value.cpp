#include "protocols/sql/records/value.hpp"

#include <charconv>
#include <cmath>

namespace sluice::sql::records {
namespace {

void print_float(double number, std::string& out) {
    if (std::isnan(number)) {
        out += "nan";
        return;
    }
    if (std::isinf(number)) {
        out += number < 0 ? "-inf" : "+inf";
        return;
    }
    char room[32];
    auto const done = std::to_chars(room, room + sizeof room, number);
    out.append(room, done.ptr);
}

bool is_number_text(std::string_view text) {
    auto const digits = [&text] {
        auto const end = std::min(text.find_first_not_of("0123456789"), text.size());
        text.remove_prefix(end);
        return end;
    };
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
    auto count = digits();
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        count += digits();
    }
    if (count == 0) return false;
    if (text.empty()) return true;
    if (text.front() != 'e' && text.front() != 'E') return false;
    text.remove_prefix(1);
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
    return digits() > 0 && text.empty();
}

template <class T>
ordering order_of(T const& a, T const& b) {
    return a < b ? ordering::less : b < a ? ordering::greater : ordering::equal;
}

ordering compare_numbers(value const& a, value const& b) {
    auto const* left = a.get<std::int64_t>();
    auto const* right = b.get<std::int64_t>();
    if (left != nullptr && right != nullptr) return order_of(*left, *right);
    if (a.get<double>() != nullptr || b.get<double>() != nullptr) {
        auto const x = to_float(a);
        auto const y = to_float(b);
        if (std::isnan(x) || std::isnan(y)) return ordering::unknown;
        return order_of(x, y);
    }
    return order_of(compare(to_decimal(a), to_decimal(b)), 0);
}

ordering compare_lists(value_list const& a, value_list const& b) {
    if (a.size() != b.size()) return ordering::unlike;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i].is_absent() && b[i].is_absent()) continue;
        if (compare(a[i], b[i]) != ordering::equal) return ordering::unlike;
    }
    return ordering::equal;
}

ordering compare_objects(value_fields const& a, value_fields const& b) {
    if (a.size() != b.size()) return ordering::unlike;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i].first != b[i].first) return ordering::unlike;
        if (a[i].second.is_absent() && b[i].second.is_absent()) continue;
        if (compare(a[i].second, b[i].second) != ordering::equal) return ordering::unlike;
    }
    return ordering::equal;
}

}  // namespace

value number_of(std::string_view text) {
    if (!is_number_text(text)) return {};
    auto const unsigned_text = text.front() == '+' ? text.substr(1) : text;
    if (text.find_first_of(".eE") == std::string_view::npos) {
        std::int64_t whole = 0;
        auto const* end = unsigned_text.data() + unsigned_text.size();
        auto const parsed = std::from_chars(unsigned_text.data(), end, whole);
        if (parsed.ec == std::errc{} && parsed.ptr == end) return whole;
    }
    bool overflow = false;
    auto made = numeric::parse(text, overflow);
    if (!made || overflow || !made->is_finite()) return {};
    return *std::move(made);
}

value as_number(value const& of) {
    if (of.get<std::int64_t>() != nullptr || of.get<numeric>() != nullptr ||
        of.get<double>() != nullptr)
        return of;
    if (auto const* field = of.get<untyped>()) {
        auto text = field->text;
        while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
        while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
        return number_of(text);
    }
    return {};
}

numeric to_decimal(value const& number) {
    if (auto const* decimal = number.get<numeric>()) return *decimal;
    if (auto const* whole = number.get<std::int64_t>()) return numeric(*whole);
    if (auto const* real = number.get<double>())
        return std::isfinite(*real) ? numeric::of_double(*real, 15) : numeric();
    return {};
}

double to_float(value const& number) {
    if (auto const* real = number.get<double>()) return *real;
    if (auto const* whole = number.get<std::int64_t>()) return static_cast<double>(*whole);
    if (auto const* decimal = number.get<numeric>()) return decimal->to_double();
    return 0;
}

void print_json_text(std::string_view text, std::string& out) {
    static constexpr char hex[] = "0123456789abcdef";
    out += '"';
    std::size_t plain = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        out.append(text, plain, i - plain);
        plain = i + 1;
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                out += "\\u00";
                out += hex[c >> 4];
                out += hex[c & 15];
        }
    }
    out.append(text, plain, text.size() - plain);
    out += '"';
}

void print_json(value const& of, std::string& out) {
    std::string_view room;
    if (auto const* text = of.text(room)) return print_json_text(*text, out);
    if (of.is_absent()) {
        out += "null";
    } else if (auto const* list = of.as_list()) {
        out += '[';
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (i > 0) out += ',';
            print_json((*list)[i], out);
        }
        out += ']';
    } else if (auto const* fields = of.as_object()) {
        out += '{';
        bool first = true;
        for (auto const& [name, field] : *fields) {
            if (field.is_missing()) continue;
            if (!first) out += ',';
            first = false;
            print_json_text(name, out);
            out += ':';
            print_json(field, out);
        }
        out += '}';
    } else if (auto const* real = of.get<double>(); real != nullptr && !std::isfinite(*real)) {
        out += "null";
    } else if (of.get<timestamp>() != nullptr) {
        out += '"';
        print(of, out);
        out += '"';
    } else {
        print(of, out);
    }
}

void print(value const& of, std::string& out) {
    std::string_view room;
    if (of.is_absent()) return;
    if (auto const* text = of.text(room)) out += *text;
    else if (auto const* flag = of.get<bool>()) out += *flag ? "true" : "false";
    else if (auto const* whole = of.get<std::int64_t>()) out += std::to_string(*whole);
    else if (auto const* decimal = of.get<numeric>()) decimal->print(out);
    else if (auto const* real = of.get<double>()) print_float(*real, out);
    else if (auto const* moment = of.get<timestamp>()) print(*moment, out);
    else print_json(of, out);
}

ordering compare(value const& a, value const& b) {
    if (a.is_absent() || b.is_absent()) return ordering::unknown;
    std::string_view left_room, right_room;
    auto const* left = a.text(left_room);
    auto const* right = b.text(right_room);
    if (left != nullptr && right != nullptr) return order_of(*left, *right);
    auto const x = as_number(a);
    auto const y = as_number(b);
    if (!x.is_missing() && !y.is_missing()) return compare_numbers(x, y);
    auto const* moment = a.get<timestamp>();
    auto const* other = b.get<timestamp>();
    if (moment != nullptr && other != nullptr) return order_of(*moment, *other);
    auto const* flag = a.get<bool>();
    auto const* other_flag = b.get<bool>();
    if (flag != nullptr && other_flag != nullptr) return order_of(*flag, *other_flag);
    if (a.as_list() != nullptr && b.as_list() != nullptr)
        return compare_lists(*a.as_list(), *b.as_list());
    if (a.as_object() != nullptr && b.as_object() != nullptr)
        return compare_objects(*a.as_object(), *b.as_object());
    return ordering::unlike;
}

}  // namespace sluice::sql::records
