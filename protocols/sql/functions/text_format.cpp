#include "protocols/sql/functions/text_format.hpp"

#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {

std::vector<typed_value> spread_arguments(function_frame& f, std::size_t first) {
    std::vector<typed_value> values;
    for (auto i = first; i < f.size(); ++i) {
        if (f.variadic && i + 1 == f.size()) {
            if (auto const* array = std::get_if<std::shared_ptr<array_value const>>(&f[i]))
                for (auto const& each : (*array)->elements)
                    values.push_back({(*array)->element, each});
        } else {
            values.push_back({f.types[i].oid, f[i]});
        }
    }
    return values;
}

namespace {

struct directive {
    std::int64_t position = 0;  // of the value; 0: the next
    std::int64_t width = 0;
    bool left = false;
    bool width_argument = false;
    std::int64_t width_position = 0;
    char kind = 's';
};

class format_reader {
public:
    explicit format_reader(function_frame& f) : f_(f), values_(spread_arguments(f, 1)) {}

    datum run() {
        std::string_view const format = f_.text(0);
        for (std::size_t at = 0; at < format.size();) {
            if (format[at] != '%') {
                out_.push_back(format[at++]);
                continue;
            }
            if (++at >= format.size()) return unterminated();
            if (format[at] == '%') {
                out_.push_back('%');
                ++at;
                continue;
            }
            directive what;
            if (!parse(format, at, what)) return sql_null{};
            if (!apply(what)) return sql_null{};
            if (out_.size() > f_.context.io.limits.value_bytes)
                return f_.fail({"54000", "requested length too large"});
        }
        return std::move(out_);
    }

private:
    datum unterminated() {
        return f_.fail(sql_error("22023", "unterminated format() type specifier")
                           .with_hint("For a single \"%\" use \"%%\"."));
    }
    bool fail(sql_error what) {
        f_.fail(std::move(what));
        return false;
    }
    bool digits(std::string_view format, std::size_t& at, std::int64_t& value) {
        auto const start = at;
        value = 0;
        while (at < format.size() && format[at] >= '0' && format[at] <= '9') {
            value = value * 10 + (format[at++] - '0');
            if (value > INT32_MAX) return fail({"22003", "number is out of range"});
        }
        return at != start;
    }

    bool parse(std::string_view format, std::size_t& at, directive& what) {
        std::int64_t number = 0;
        bool const any = digits(format, at, number);
        if (f_.error) return false;
        if (any && at < format.size() && format[at] == '$') {
            if (number == 0)
                return fail(
                    {"22023", "format specifies argument 0, but arguments are numbered from 1"});
            what.position = number;
            ++at;
        } else if (any) {
            what.width = number;
            return kind(format, at, what);
        }
        while (at < format.size() && format[at] == '-') what.left = true, ++at;
        if (at < format.size() && format[at] == '*') {
            ++at;
            what.width_argument = true;
            if (digits(format, at, number)) {
                if (at >= format.size() || format[at] != '$')
                    return fail({"22023", "width argument position must be ended by \"$\""});
                if (number == 0)
                    return fail({"22023",
                                 "format specifies argument 0, but arguments are numbered from 1"});
                what.width_position = number;
                ++at;
            }
        } else if (digits(format, at, number)) {
            what.width = number;
        }
        return kind(format, at, what);
    }

    bool kind(std::string_view format, std::size_t& at, directive& what) {
        if (f_.error) return false;
        if (at >= format.size()) return unterminated(), false;
        what.kind = format[at];
        if (what.kind != 's' && what.kind != 'I' && what.kind != 'L')
            return fail(
                sql_error("22023",
                          "unrecognized format() type specifier \"" +
                              std::string(format.substr(
                                  at, character_bytes(static_cast<unsigned char>(format[at])))) +
                              "\"")
                    .with_hint("For a single \"%\" use \"%%\"."));
        ++at;
        return true;
    }

    typed_value const* value_at(std::int64_t position) {
        if (position != 0)
            next_ = position;
        else
            ++next_;
        if (next_ < 1 || static_cast<std::size_t>(next_) > values_.size()) {
            f_.fail({"22023", "too few arguments for format()"});
            return nullptr;
        }
        return &values_[static_cast<std::size_t>(next_ - 1)];
    }

    bool apply(directive what) {
        if (what.width_argument) {
            auto const* width = value_at(what.width_position);
            if (width == nullptr) return false;
            if (is_null(width->value))
                what.width = 0;
            else if (auto const* integer = std::get_if<std::int64_t>(&width->value))
                what.width = *integer;
            else
                what.width = std::atoll(text_of(*width).c_str());
            if (what.width < 0) {
                what.left = true;
                what.width = -what.width;
            }
        }
        auto const* value = value_at(what.position);
        if (value == nullptr) return false;
        std::string text;
        if (is_null(value->value)) {
            if (what.kind == 'I')
                return fail({"22004", "null values cannot be formatted as an SQL identifier"});
            if (what.kind == 'L') text = "NULL";
        } else {
            text = text_of(*value);
            if (what.kind == 'I') text = quote_identifier(text);
            if (what.kind == 'L') text = quote_literal(text);
        }
        auto const count = static_cast<std::int64_t>(character_count(text));
        if (what.width > static_cast<std::int64_t>(f_.context.io.limits.value_bytes))
            return fail({"54000", "requested length too large"});
        std::string const blanks(
            static_cast<std::size_t>(std::max<std::int64_t>(what.width - count, 0)), ' ');
        out_ += what.left ? text + blanks : blanks + text;
        return true;
    }
    std::string text_of(typed_value const& value) const {
        std::string text;
        output_text(value.type, value.value, f_.context.io, text);
        return text;
    }

    function_frame& f_;
    std::vector<typed_value> values_;
    std::string out_;
    std::int64_t next_ = 0;
};

}  // namespace

datum format_text(function_frame& f) {
    if (f.null_at(0)) return sql_null{};
    return format_reader(f).run();
}

}  // namespace sluice::sql
