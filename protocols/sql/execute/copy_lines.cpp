#include "protocols/sql/execute/copy_lines.hpp"

#include "protocols/sql/types/scalar_text.hpp"

namespace sluice::sql {

void copy_line_reader::feed(std::string_view bytes) {
    if (finished_) return;  // what follows "\." is dropped
    if (at_ > 0 && at_ >= pending_.size() / 2) {
        pending_.erase(0, at_);
        look_ -= at_;
        at_ = 0;
    }
    pending_.append(bytes);
}

sql_result<std::optional<copy_line_reader::fields>> copy_line_reader::next(bool ended) {
    auto const nothing = std::optional<fields>();
    text_.clear();
    if (finished_ || (ended && at_ >= pending_.size())) return nothing;
    if (look_ == at_) ++line_;
    auto const seen = look(ended);
    if (seen.has_error()) return seen.error();
    if (*seen == found::more) {
        if (pending_.size() - at_ > limits_.line_bytes)
            return sql_error("54000", "a COPY line is longer than " +
                                          std::to_string(limits_.line_bytes) + " bytes");
        if (look_ == at_) --line_;  // not a byte of it was taken
        return nothing;
    }
    if (*seen == found::mark) return nothing;
    auto const line = std::string_view(pending_).substr(at_, end_ - at_);
    at_ = look_ = next_;
    auto const valid = check_utf8(line);
    if (valid.has_error()) return valid.error();
    text_ = line;
    auto out = options_.csv ? split_csv(line) : split_text(line);
    if (out.has_error()) return std::move(out).error();
    return std::optional<fields>(std::move(*out));
}

void copy_line_reader::end_line(std::size_t end_bytes) {
    end_ = look_;
    next_ = look_ + end_bytes;
}

// Goes on from look_ to the end of the line that begins at at_.
sql_result<copy_line_reader::found> copy_line_reader::look(bool ended) {
    for (; look_ < pending_.size(); ++look_) {
        char const c = pending_[look_];
        bool const last = look_ + 1 == pending_.size();
        if (last && !ended && (c == '\r' || c == '\\')) return found::more;
        if (options_.csv) look_at_quote(c);
        if ((c == '\r' || c == '\n') && !in_quotes_) {
            auto const end = look_at_end(last);
            if (end.has_error()) return end.error();
            return **end;
        }
        if (c != '\\' || last || (options_.csv && look_ != at_)) continue;
        if (pending_[look_ + 1] == '.') {
            auto const mark = look_at_mark(ended);
            if (mark.has_error()) return mark.error();
            if (*mark) return **mark;
        } else if (!options_.csv) {
            ++look_;  // whatever it is, it is data
        }
    }
    if (!ended) return found::more;
    end_line(0);
    return found::line;
}

void copy_line_reader::look_at_quote(char c) {
    bool const own_escape = options_.escape != options_.quote;
    if (own_escape && in_quotes_ && c == options_.escape) escaped_ = !escaped_;
    if (c == options_.quote && !escaped_) in_quotes_ = !in_quotes_;
    if (!own_escape || c != options_.escape) escaped_ = false;
    // An end of line inside quotes counts as one.
    if (in_quotes_ && c == (ends_ == line_end::newline ? '\n' : '\r')) ++line_;
}

sql_error copy_line_reader::wrong_end(char const* what, char const* escape) const {
    auto const kind = std::string(options_.csv ? "unquoted " : "literal ") + what;
    return sql_error("22P04", kind + " found in data")
        .with_hint(options_.csv
                       ? "Use quoted CSV field to represent " + std::string(what) + "."
                       : "Use \"" + std::string(escape) + "\" to represent " + what + ".");
}

sql_result<std::optional<copy_line_reader::found>> copy_line_reader::look_at_end(bool last) {
    bool const is_return = pending_[look_] == '\r';
    if (!is_return) {
        if (ends_ == line_end::carriage_return || ends_ == line_end::both)
            return wrong_end("newline", "\\n");
        ends_ = line_end::newline;
        end_line(1);
        return std::optional(found::line);
    }
    if (ends_ == line_end::newline) return wrong_end("carriage return", "\\r");
    bool const with_newline = !last && pending_[look_ + 1] == '\n';
    if (with_newline && ends_ != line_end::carriage_return) {
        ends_ = line_end::both;
        end_line(2);
        return std::optional(found::line);
    }
    if (ends_ == line_end::both) return wrong_end("carriage return", "\\r");
    ends_ = line_end::carriage_return;
    end_line(1);
    return std::optional(found::line);
}

// "\." at look_: the end of all data when a line's end follows it.
sql_result<std::optional<copy_line_reader::found>> copy_line_reader::look_at_mark(bool ended) {
    auto const nothing = std::optional<found>();
    auto const broken = [&](char const* text) -> sql_result<std::optional<found>> {
        if (options_.csv) return nothing;
        return sql_error("22P04", text);
    };
    auto at = look_ + 2;
    if (ends_ == line_end::both) {
        if (at >= pending_.size() && !ended) return std::optional(found::more);
        if (at < pending_.size()) {
            if (pending_[at] == '\n')
                return broken("end-of-copy marker does not match previous newline style");
            if (pending_[at] != '\r') return broken("end-of-copy marker corrupt");
            ++at;
        }
    }
    if (at >= pending_.size() && !ended) return std::optional(found::more);
    if (at < pending_.size()) {
        char const c = pending_[at];
        if (c != '\r' && c != '\n') return broken("end-of-copy marker corrupt");
        bool const other = (ends_ == line_end::newline && c != '\n') ||
                           (ends_ == line_end::both && c != '\n') ||
                           (ends_ == line_end::carriage_return && c != '\r');
        if (other) return broken("end-of-copy marker does not match previous newline style");
    }
    finished_ = true;
    bool const data_before = look_ > at_;
    end_line(0);
    next_ = pending_.size();
    return std::optional(data_before ? found::line : found::mark);
}

namespace {

int digit(char c, int base) {
    int value = -1;
    if (c >= '0' && c <= '9') value = c - '0';
    else if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F') value = c - 'A' + 10;
    return value < base ? value : -1;
}

// After a backslash at text[at]; moves `at` behind the escape. true: the byte may be no UTF-8.
bool append_escape(std::string_view text, std::size_t& at, std::string& out) {
    auto const c = text[at++];
    auto number = [&](int base, int most) {
        int value = 0;
        for (int n = 0; n < most && at < text.size() && digit(text[at], base) >= 0; ++n)
            value = value * base + digit(text[at++], base);
        out += static_cast<char>(value);
        return (value & 0xff) == 0 || (value & 0x80) != 0;
    };
    switch (c) {
        case 'b': out += '\b'; return false;
        case 'f': out += '\f'; return false;
        case 'n': out += '\n'; return false;
        case 'r': out += '\r'; return false;
        case 't': out += '\t'; return false;
        case 'v': out += '\v'; return false;
        case 'x':
            if (at < text.size() && digit(text[at], 16) >= 0) return number(16, 2);
            out += 'x';
            return false;
        default: break;
    }
    if (digit(c, 8) >= 0) {
        --at;
        return number(8, 3);
    }
    out += c;
    return false;
}

}  // namespace

sql_result<copy_line_reader::fields> copy_line_reader::split_text(std::string_view line) const {
    fields out;
    std::size_t at = 0;
    while (true) {
        std::string value;
        bool odd = false;
        auto const start = at;
        while (at < line.size() && line[at] != options_.delimiter) {
            if (line[at] == '\\' && at + 1 < line.size()) {
                ++at;
                odd = append_escape(line, at, value) || odd;
            } else {
                value += line[at++];
            }
        }
        bool const is_null = line.substr(start, at - start) == options_.null_text;
        if (odd && !is_null) {
            auto const valid = check_utf8(value);
            if (valid.has_error()) return valid.error();
        }
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
