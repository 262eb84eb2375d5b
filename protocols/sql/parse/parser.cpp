#include "protocols/sql/parse/parser.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "gateway/core/result.hpp"
#include "protocols/sql/parse/converter.hpp"
#include "protocols/sql/parse/text_guard.hpp"

extern "C" {
#include <pg_query.h>
// pg_query_internal.h includes postgres.h
#include <pg_query/pg_query_internal.h>

#include <nodes/parsenodes.h>
void pg_query_init(void);
}

namespace sluice::sql {
namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// The grammar's errors come without their SQLSTATE; these are the ones that are not 42601.
sql_error grammar_error(PgQueryError const& raised, std::string_view statement) {
    std::string const text = raised.message;
    sql_error out("42601", text);
    auto const state = [&out](char const(&code)[6]) { std::copy_n(code, 6, out.sqlstate); };
    if (contains(text, "frame start") || contains(text, "frame end") ||
        contains(text, "frame starting from"))
        state("42P20");
    else if (contains(text, "not yet implemented") || contains(text, "cannot be marked") ||
             contains(text, "unsafe use of string constant") || contains(text, "not supported"))
        state("0A000");
    else if (contains(text, "unsafe use of \\'"))
        state("22P06");
    else if (text == "invalid Unicode escape")
        state("22025");
    else if (contains(text, "invalid byte sequence"))
        state("22021");
    if (contains(text, "subquery in FROM must have an alias"))
        out.hint = "For example, FROM (SELECT ...) [AS] foo.";
    else if (contains(text, "VALUES in FROM must have an alias"))
        out.hint = "For example, FROM (VALUES ...) [AS] foo.";
    else if (text == "invalid Unicode escape")
        out.hint = contains(statement, "U&'") || contains(statement, "u&'") ||
                           contains(statement, "U&\"") || contains(statement, "u&\"")
                       ? "Unicode escapes must be \\XXXX or \\+XXXXXX."
                       : "Unicode escapes must be \\uXXXX or \\UXXXXXXXX.";
    out.position = raised.cursorpos;
    return out;
}

// The raw parse of one text; the nodes live as long as this does.
class raw_parse {
public:
    explicit raw_parse(std::string const& text) {
        pg_query_init();
        context_ = pg_query_enter_memory_context();
        parsed_ = pg_query_raw_parse(text.c_str());
        if (parsed_.error != nullptr) {
            error_ = grammar_error(*parsed_.error, text);
            pg_query_free_error(parsed_.error);
        }
        // Allocated by libpg_query with malloc.
        free(parsed_.stderr_buffer);
    }
    ~raw_parse() { pg_query_exit_memory_context(context_); }
    raw_parse(raw_parse const&) = delete;
    raw_parse& operator=(raw_parse const&) = delete;

    std::optional<sql_error> const& error() const noexcept { return error_; }
    std::size_t size() const noexcept {
        return parsed_.tree == nullptr ? 0 : static_cast<std::size_t>(parsed_.tree->length);
    }
    RawStmt const& operator[](std::size_t index) const noexcept {
        return *static_cast<RawStmt const*>(
            lfirst(list_nth_cell(parsed_.tree, static_cast<int>(index))));
    }

private:
    MemoryContext context_;
    PgQueryInternalParsetreeAndError parsed_{};
    std::optional<sql_error> error_;
};

std::string_view trimmed(std::string_view text, std::size_t& begin) {
    auto const blank = [](char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
    };
    while (begin < text.size() && blank(text[begin])) ++begin;
    auto out = text.substr(begin);
    while (!out.empty() && (blank(out.back()) || out.back() == ';')) out.remove_suffix(1);
    return out;
}

}  // namespace

sql_result<std::vector<statement_text>> split_statements(std::string_view text,
                                                         parse_limits const& limits) {
    SLUICE_CHECK(guard_text(text, limits));
    std::string const owned(text);
    raw_parse const parsed(owned);
    if (parsed.error()) return *parsed.error();
    if (parsed.size() > limits.statements)
        return sql_error("54000", "a query string has more than " +
                                      std::to_string(limits.statements) + " statements");
    std::vector<statement_text> out;
    std::size_t seen_byte = 0;
    std::int32_t seen_characters = 0;
    for (std::size_t i = 0; i < parsed.size(); ++i) {
        auto const& raw = parsed[i];
        auto begin = static_cast<std::size_t>(std::max(raw.stmt_location, 0));
        auto const end =
            raw.stmt_len == 0 ? text.size() : begin + static_cast<std::size_t>(raw.stmt_len);
        auto const own = trimmed(text.substr(0, end), begin);
        seen_characters += characters_before(text.substr(seen_byte), begin - seen_byte);
        seen_byte = begin;
        statement_text item;
        item.text = own;
        item.offset = seen_characters;
        out.push_back(std::move(item));
    }
    return out;
}

sql_result<syntax::statement_ptr> parse_statement(statement_text const& text,
                                                  parse_limits const& limits) {
    SLUICE_CHECK(guard_text(text.text, limits));
    raw_parse const parsed(text.text);
    if (parsed.error()) return *parsed.error();
    if (parsed.size() == 0) return syntax::statement_ptr{};
    if (parsed.size() > 1)
        return sql_error("42601", "cannot insert multiple commands into a prepared statement");
    converter convert(text.text, limits);
    auto made = convert.statement(parsed[0].stmt);
    if (convert.error()) return *convert.error();
    auto out = std::make_shared<syntax::statement>(*made);
    out->text = text.text;
    out->offset = text.offset;
    return syntax::statement_ptr(std::move(out));
}

sql_result<syntax::expr_ptr> parse_expression(std::string_view text, parse_limits const& limits) {
    statement_text whole;
    whole.text = "SELECT (" + std::string(text) + "\n)";
    SLUICE_TRY(auto const statement, parse_statement(whole, limits));
    auto const* query = statement ? std::get_if<syntax::select_ptr>(&statement->body) : nullptr;
    if (query == nullptr || (*query)->targets.size() != 1)
        return sql_error("42601", "not an expression");
    return (*query)->targets[0].value;
}

sql_result<syntax::type_name> parse_type_name(std::string_view text) {
    SLUICE_TRY(auto const made, parse_expression("NULL::" + std::string(text), {}));
    auto const* written = std::get_if<syntax::cast>(&made->node);
    if (written == nullptr)
        return sql_error("42601", "invalid type name \"" + std::string(text) + "\"");
    return written->type;
}

}  // namespace sluice::sql
