#include "protocols/sql/records/statement_lexer.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "protocols/sql/types/text_tools.hpp"

namespace sluice::sql::records {
namespace {

// Words that stand for themselves wherever they are not part of a path. S3 reserves them all.
constexpr std::array<std::string_view, 51> keywords{
    "all",     "and",     "as",       "between", "both",   "by",      "case",     "cast",
    "coalesce", "cross",  "distinct", "else",    "end",    "escape",  "except",   "exists",
    "extract", "false",   "for",      "from",    "full",   "group",   "having",   "in",
    "inner",   "intersect", "into",   "is",      "join",   "leading", "left",     "like",
    "limit",   "missing", "natural",  "not",     "null",   "nullif",  "offset",   "on",
    "or",      "order",   "outer",    "right",   "select", "substring", "then",   "trailing",
    "trim",    "true",    "union"};
// Only where they can stand, they are also good names for columns.
constexpr std::array<std::string_view, 4> more_keywords{"using", "when", "where", "with"};

bool is_keyword(std::string_view lower) {
    return std::find(keywords.begin(), keywords.end(), lower) != keywords.end() ||
           std::find(more_keywords.begin(), more_keywords.end(), lower) != more_keywords.end();
}

bool begins_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

class lexer {
public:
    lexer(std::string_view statement, statement_limits const& limits)
        : statement_(statement), limits_(limits) {}

    record_result<lexed_statement> run();

private:
    record_result<void> token();
    record_result<void> word();
    record_result<void> path_from(std::string name, bool exact, std::size_t begin);
    record_result<bool> path_step_after(path& to);
    record_result<void> bracket(path& to);
    record_result<std::string> quoted(char quote, fault unterminated);
    record_result<void> number();
    record_result<void> ion_literal();
    record_result<void> mark();
    bool skip_comment();

    char at(std::size_t ahead = 0) const {
        return position_ + ahead < statement_.size() ? statement_[position_ + ahead] : '\0';
    }
    void skip_blanks() {
        while (position_ < statement_.size() && is_blank(statement_[position_])) ++position_;
    }
    std::string name_here() {
        auto const begin = position_;
        while (begins_name(at()) || is_digit(at()) || at() == '$') ++position_;
        return std::string(statement_.substr(begin, position_ - begin));
    }
    void emit(std::string_view text, std::size_t begin) {
        out_.origins.push_back({out_.text.size(), begin, position_ - begin});
        out_.text += text;
        out_.text += ' ';
        previous_ = text;
    }
    void emit_numbered(char kind, std::size_t number, std::size_t begin) {
        // Nothing but IN takes a list without parentheses here.
        bool const alone = previous_ == "in";
        auto const name = "\"" + std::string(1, kind) + std::to_string(number) + "\"";
        emit(alone ? "(" + name + ")" : name, begin);
    }
    record_fault wrong(fault code, std::string_view what, std::size_t where) const {
        return {code, std::string(what) + place_in(statement_, where) + "."};
    }

    std::string_view statement_;
    statement_limits const& limits_;
    std::size_t position_ = 0;
    std::string previous_;
    lexed_statement out_;
};

record_result<lexed_statement> lexer::run() {
    if (statement_.size() > limits_.statement_bytes) return record_fault(fault::expression_too_long);
    if (statement_.find('\0') != std::string_view::npos ||
        find_invalid_utf8(statement_) != std::string_view::npos)
        return record_fault(fault::lexer_invalid_char, "The SQL expression is not valid UTF-8.");
    while (true) {
        skip_blanks();
        if (position_ == statement_.size()) break;
        if (skip_comment()) continue;
        SLUICE_CHECK(token());
    }
    return std::move(out_);
}

bool lexer::skip_comment() {
    if (at() == '-' && at(1) == '-') {
        position_ = std::min(statement_.find('\n', position_), statement_.size());
        return true;
    }
    if (at() != '/' || at(1) != '*') return false;
    auto const end = statement_.find("*/", position_ + 2);
    position_ = end == std::string_view::npos ? statement_.size() : end + 2;
    return true;
}

record_result<void> lexer::token() {
    auto const begin = position_;
    auto const c = at();
    if (begins_name(c)) return word();
    if (is_digit(c) || (c == '.' && is_digit(at(1)))) return number();
    if (c == '\'') {
        SLUICE_TRY(auto text, quoted('\'', fault::lexer_invalid_literal));
        out_.literals.emplace_back(std::move(text));
        emit_numbered('l', out_.literals.size() - 1, begin);
        return {};
    }
    if (c == '"') {
        SLUICE_TRY(auto name, quoted('"', fault::lexer_invalid_literal));
        if (name.empty()) return wrong(fault::lexer_invalid_literal, "Empty name", begin);
        return path_from(std::move(name), true, begin);
    }
    if (c == '`') return ion_literal();
    return mark();
}

record_result<void> lexer::word() {
    auto const begin = position_;
    auto name = name_here();
    auto const lower = ascii_lower(name);
    auto const after = position_;
    skip_blanks();
    auto const next = at();
    position_ = after;
    if (is_keyword(lower)) {
        if (lower == "missing") {
            if (previous_ != "is" && previous_ != "not")
                return wrong(fault::parse_unexpected_token, "Unexpected MISSING", begin);
            // The one test of PostgreSQL's that S3 does not have.
            emit("unknown", begin);
            return {};
        }
        emit(lower, begin);
        return {};
    }
    if (next == '(') {
        out_.functions.push_back(lower);
        emit("\"f" + std::to_string(out_.functions.size() - 1) + "\"", begin);
        return {};
    }
    return path_from(std::move(name), false, begin);
}

record_result<void> lexer::path_from(std::string name, bool exact, std::size_t begin) {
    path made;
    made.steps.push_back({path_step::kind::name, std::move(name), exact, 0});
    while (true) {
        SLUICE_TRY(auto const more, path_step_after(made));
        if (!more) break;
        if (made.steps.size() > limits_.path_steps)
            return wrong(fault::parse_invalid_path_component, "The path is too long", begin);
    }
    out_.paths.push_back(std::move(made));
    emit_numbered('p', out_.paths.size() - 1, begin);
    return {};
}

record_result<bool> lexer::path_step_after(path& to) {
    if (at() == '[') {
        SLUICE_CHECK(bracket(to));
        return true;
    }
    if (at() != '.') return false;
    ++position_;
    auto const begin = position_;
    if (at() == '*') {
        ++position_;
        to.steps.push_back({path_step::kind::any_name, {}, false, 0});
    } else if (at() == '"') {
        SLUICE_TRY(auto name, quoted('"', fault::lexer_invalid_literal));
        to.steps.push_back({path_step::kind::name, std::move(name), true, 0});
    } else if (begins_name(at())) {
        to.steps.push_back({path_step::kind::name, name_here(), false, 0});
    } else {
        return wrong(fault::parse_invalid_path_component, "Invalid path component", begin);
    }
    return true;
}

record_result<void> lexer::bracket(path& to) {
    auto const begin = position_++;
    skip_blanks();
    if (at() == '*') {
        ++position_;
        to.steps.push_back({path_step::kind::any_index, {}, false, 0});
    } else if (at() == '\'') {
        SLUICE_TRY(auto name, quoted('\'', fault::lexer_invalid_literal));
        to.steps.push_back({path_step::kind::name, std::move(name), true, 0});
    } else {
        std::int64_t index = -1;
        auto const* from = statement_.data() + position_;
        auto const parsed = std::from_chars(from, statement_.data() + statement_.size(), index);
        if (parsed.ec != std::errc{} || index < 0)
            return wrong(fault::parse_invalid_path_component, "Invalid path component", begin);
        position_ += static_cast<std::size_t>(parsed.ptr - from);
        to.steps.push_back({path_step::kind::index, {}, false, index});
    }
    skip_blanks();
    if (at() != ']')
        return wrong(fault::parse_invalid_path_component, "Invalid path component", begin);
    ++position_;
    return {};
}

// A doubled quote stands for one.
record_result<std::string> lexer::quoted(char quote, fault unterminated) {
    auto const begin = position_++;
    std::string out;
    while (true) {
        auto const end = statement_.find(quote, position_);
        if (end == std::string_view::npos)
            return wrong(unterminated, "Unterminated literal", begin);
        out += statement_.substr(position_, end - position_);
        position_ = end + 1;
        if (at() != quote) return out;
        out += quote;
        ++position_;
    }
}

record_result<void> lexer::number() {
    auto const begin = position_;
    while (is_digit(at())) ++position_;
    if (at() == '.') {
        ++position_;
        while (is_digit(at())) ++position_;
    }
    if (at() == 'e' || at() == 'E') {
        ++position_;
        if (at() == '+' || at() == '-') ++position_;
        while (is_digit(at())) ++position_;
    }
    auto made = number_of(statement_.substr(begin, position_ - begin));
    if (made.is_missing() || begins_name(at()))
        return wrong(fault::lexer_invalid_literal, "Invalid number", begin);
    out_.literals.push_back(std::move(made));
    emit_numbered('l', out_.literals.size() - 1, begin);
    return {};
}

record_result<void> lexer::ion_literal() {
    auto const begin = position_++;
    auto const end = statement_.find('`', position_);
    if (end == std::string_view::npos)
        return wrong(fault::lexer_invalid_ion_literal, "Unterminated Ion literal", begin);
    auto const text = statement_.substr(position_, end - position_);
    position_ = end + 1;
    auto const moment = parse_timestamp(text);
    auto made = moment ? value(*moment) : number_of(text);
    if (made.is_missing())
        return wrong(fault::lexer_invalid_ion_literal,
                     "Only timestamps and numbers are supported as Ion literals", begin);
    out_.literals.push_back(std::move(made));
    emit_numbered('l', out_.literals.size() - 1, begin);
    return {};
}

record_result<void> lexer::mark() {
    static constexpr std::array<std::string_view, 19> marks{
        "<>", "!=", "<=", ">=", "||", "=", "<", ">", "+", "-",
        "*",  "/",  "%",  "(",  ")",  ",", ";", "==", "=>"};
    static constexpr std::string_view operator_bytes = "+-*/<>=~!@#%^&|?";
    auto const begin = position_;
    auto const rest = statement_.substr(position_);
    if (rest.starts_with("==") || rest.starts_with("=>"))
        return wrong(fault::lexer_invalid_operator, "Invalid operator", begin);
    for (auto const each : marks) {
        if (!rest.starts_with(each)) continue;
        position_ += each.size();
        emit(each, begin);
        return {};
    }
    bool const is_operator = operator_bytes.find(at()) != std::string_view::npos;
    return wrong(is_operator ? fault::lexer_invalid_operator : fault::lexer_invalid_char,
                 is_operator ? "Invalid operator" : "Invalid character", begin);
}

}  // namespace

record_result<lexed_statement> lex_statement(std::string_view statement,
                                             statement_limits const& limits) {
    return lexer(statement, limits).run();
}

std::string place_in(std::string_view statement, std::size_t byte) {
    std::size_t line = 1, column = 1;
    for (auto const c : statement.substr(0, byte)) {
        if (c == '\n') {
            ++line;
            column = 1;
        } else if ((c & 0xc0) != 0x80) {
            ++column;
        }
    }
    return " at line " + std::to_string(line) + ", column " + std::to_string(column);
}

}  // namespace sluice::sql::records
