#include "protocols/sql/execute/copy_options.hpp"

#include <algorithm>

namespace sluice::sql {
namespace {

bool truth_of(utility::option const& option) {
    using kind = utility::option::kind;
    if (option.what == kind::none) return true;
    if (option.what == kind::boolean || option.what == kind::integer)
        return option.number != 0 || option.text == "true";
    return option.text == "true" || option.text == "on" || option.text == "1";
}

sql_result<char> one_byte(utility::option const& option) {
    if (option.text.size() == 1) return option.text.front();
    return sql_error(option.name == "delimiter" ? "0A000" : "0A000",
                     "COPY " + option.name + " must be a single one-byte character");
}

}  // namespace

sql_result<copy_options> copy_options_of(utility::copy const& what) {
    copy_options out;
    std::optional<char> delimiter, quote, escape;
    std::optional<std::string> null_text;
    for (auto const& each : what.options) {
        if (each.name == "format") {
            if (each.text == "binary")
                return sql_error("0A000", "COPY in binary format is not served");
            if (each.text != "text" && each.text != "csv")
                return sql_error("22023", "COPY format \"" + each.text + "\" not recognized");
            out.csv = each.text == "csv";
        } else if (each.name == "delimiter" || each.name == "quote" || each.name == "escape") {
            auto const byte = one_byte(each);
            if (byte.has_error()) return byte.error();
            (each.name == "delimiter" ? delimiter : each.name == "quote" ? quote : escape) = *byte;
        } else if (each.name == "null") {
            null_text = each.text;
        } else if (each.name == "header") {
            out.header_match = each.text == "match";
            out.header = out.header_match || truth_of(each);
        } else if (each.name == "force_quote") {
            out.force_quote_all = each.what == utility::option::kind::star;
            out.force_quote = each.words;
        } else if (each.name == "force_not_null") {
            out.force_not_null = each.words;
        } else if (each.name == "force_null") {
            out.force_null = each.words;
        } else if (each.name == "encoding") {
            auto name = each.text;
            for (auto& c : name) c = static_cast<char>(c | 0x20);
            if (name != "utf8" && name != "utf-8")
                return sql_error("0A000", "COPY encoding \"" + each.text + "\" is not served");
        } else if (each.name == "freeze") {
            if (truth_of(each)) return sql_error("0A000", "COPY FREEZE is not served");
        } else {
            return sql_error("42601", "option \"" + each.name + "\" not recognized");
        }
    }
    out.delimiter = delimiter.value_or(out.csv ? ',' : '\t');
    out.null_text = null_text.value_or(out.csv ? "" : "\\N");
    out.quote = quote.value_or('"');
    out.escape = escape.value_or(out.quote);
    bool const csv_only = quote || escape || out.force_quote_all || !out.force_quote.empty() ||
                          !out.force_not_null.empty() || !out.force_null.empty();
    if (!out.csv && csv_only)
        return sql_error("0A000", "COPY quote, escape and force options are available only in CSV mode");
    if (out.delimiter == '\n' || out.delimiter == '\r')
        return sql_error("22023", "COPY delimiter cannot be newline or carriage return");
    if (out.csv && out.delimiter == out.quote)
        return sql_error("22023", "COPY delimiter and quote must be different");
    if (out.null_text.find(out.delimiter) != std::string::npos)
        return sql_error("22023", "COPY delimiter must not appear in the NULL specification");
    return out;
}

// The place of the line's end; csv lines may hold ends inside quotes.
std::size_t copy_line_reader::end_of_line(bool ended, bool& incomplete) {
    bool inside = false;
    incomplete = false;
    for (auto i = at_; i < pending_.size(); ++i) {
        auto const c = pending_[i];
        if (options_.csv && c == options_.quote) {
            if (inside && options_.escape == options_.quote) inside = false;
            else inside = !inside;
            continue;
        }
        if (options_.csv && inside && c == options_.escape && options_.escape != options_.quote) {
            ++i;
            continue;
        }
        if (!options_.csv && c == '\\') {
            ++i;  // whatever follows is data, a line's end too
            continue;
        }
        if (c == '\n' && !inside) return i;
    }
    incomplete = !ended || inside;
    return pending_.size();
}

sql_result<std::optional<copy_line_reader::fields>> copy_line_reader::next(bool ended) {
    auto const nothing = std::optional<fields>();
    if (finished_ || (ended && at_ >= pending_.size())) return nothing;
    bool incomplete = false;
    auto const end = end_of_line(ended, incomplete);
    if (incomplete) {
        if (ended) return sql_error("22P04", "unterminated CSV quoted field");
        if (pending_.size() - at_ > limits_.line_bytes)
            return sql_error("54000", "a COPY line is too long");
        if (at_ > 0) {
            pending_.erase(0, at_);
            at_ = 0;
        }
        return nothing;
    }
    auto line = std::string_view(pending_).substr(at_, end - at_);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    ++line_;
    if (line == "\\.") {
        finished_ = true;
        return nothing;
    }
    text_ = line;
    auto out = options_.csv ? split_csv(line) : split_text(line);
    at_ = std::min(end + 1, pending_.size());
    if (at_ > (1U << 16U)) {
        pending_.erase(0, at_);
        at_ = 0;
    }
    if (out.has_error()) return std::move(out).error();
    return std::optional<fields>(std::move(*out));
}

namespace {

int digit(char c, int base) {
    int value = -1;
    if (c >= '0' && c <= '9') value = c - '0';
    else if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F') value = c - 'A' + 10;
    return value < base ? value : -1;
}

// After a backslash at text[at]; moves `at` behind the escape.
void append_escape(std::string_view text, std::size_t& at, std::string& out) {
    auto const c = text[at++];
    auto number = [&](int base, int most) {
        int value = 0;
        for (int n = 0; n < most && at < text.size() && digit(text[at], base) >= 0; ++n)
            value = value * base + digit(text[at++], base);
        out += static_cast<char>(value);
    };
    switch (c) {
        case 'b': out += '\b'; return;
        case 'f': out += '\f'; return;
        case 'n': out += '\n'; return;
        case 'r': out += '\r'; return;
        case 't': out += '\t'; return;
        case 'v': out += '\v'; return;
        case 'x':
            if (at < text.size() && digit(text[at], 16) >= 0) number(16, 2);
            else out += 'x';
            return;
        default: break;
    }
    if (digit(c, 8) >= 0) {
        --at;
        number(8, 3);
        return;
    }
    out += c;
}

}  // namespace

sql_result<copy_line_reader::fields> copy_line_reader::split_text(std::string_view line) const {
    fields out;
    std::size_t at = 0;
    while (true) {
        std::string value;
        auto const start = at;
        while (at < line.size() && line[at] != options_.delimiter) {
            if (line[at] == '\\' && at + 1 < line.size()) {
                ++at;
                append_escape(line, at, value);
            } else {
                value += line[at++];
            }
        }
        bool const is_null = line.substr(start, at - start) == options_.null_text;
        if (is_null) out.values.emplace_back();
        else out.values.emplace_back(std::move(value));
        out.quoted.push_back(false);
        if (at >= line.size()) return out;
        ++at;
    }
}

sql_result<copy_line_reader::fields> copy_line_reader::split_csv(std::string_view line) const {
    fields out;
    std::size_t at = 0;
    while (true) {
        std::string value;
        bool quoted = false;
        while (at < line.size() && line[at] != options_.delimiter) {
            if (line[at] != options_.quote) {
                value += line[at++];
                continue;
            }
            quoted = true;
            ++at;
            while (true) {
                if (at >= line.size()) return sql_error("22P04", "unterminated CSV quoted field");
                bool const escapes = line[at] == options_.escape && at + 1 < line.size() &&
                                     (line[at + 1] == options_.quote ||
                                      line[at + 1] == options_.escape);
                if (escapes) {
                    value += line[at + 1];
                    at += 2;
                } else if (line[at] == options_.quote) {
                    ++at;
                    break;
                } else {
                    value += line[at++];
                }
            }
        }
        bool const is_null = !quoted && value == options_.null_text;
        if (is_null) out.values.emplace_back();
        else out.values.emplace_back(std::move(value));
        out.quoted.push_back(quoted);
        if (at >= line.size()) return out;
        ++at;
    }
}

namespace {

void append_text_value(std::string_view value, char delimiter, std::string& out) {
    for (auto const c : value) {
        switch (c) {
            case '\b': out += "\\b"; break;
            case '\f': out += "\\f"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            case '\v': out += "\\v"; break;
            case '\\': out += "\\\\"; break;
            default:
                if (c == delimiter) out += '\\';
                out += c;
        }
    }
}

void append_csv_value(copy_options const& options, std::string_view value, bool force,
                      bool only, std::string& out) {
    bool quote = force || value == options.null_text || (only && value == "\\.");
    for (auto const c : value)
        quote = quote || c == options.delimiter || c == options.quote || c == '\n' || c == '\r';
    if (!quote) {
        out += value;
        return;
    }
    out += options.quote;
    for (auto const c : value) {
        if (c == options.quote || c == options.escape) out += options.escape;
        out += c;
    }
    out += options.quote;
}

}  // namespace

void append_copy_line(copy_options const& options,
                      std::vector<std::optional<std::string>> const& values,
                      std::vector<bool> const& force_quote, std::string& out) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) out += options.delimiter;
        if (!values[i]) out += options.null_text;
        else if (options.csv)
            append_csv_value(options, *values[i], i < force_quote.size() && force_quote[i],
                             values.size() == 1, out);
        else append_text_value(*values[i], options.delimiter, out);
    }
    out += '\n';
}

}  // namespace sluice::sql
