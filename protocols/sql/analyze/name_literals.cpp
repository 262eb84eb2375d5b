// Literals of the types that name catalog objects: regclass, regtype, regproc, ...
#include <algorithm>
#include <cctype>
#include <charconv>

#include "protocols/sql/analyze/literals.hpp"
#include "protocols/sql/analyze/type_names.hpp"
#include "protocols/sql/parse/parser.hpp"

namespace sluice::sql {
namespace {

// a."B c".d to its parts, folded unless quoted.
outcome<std::vector<std::string>> split_name(std::string_view text) {
    std::vector<std::string> out;
    std::size_t at = 0;
    auto const blank = [&] {
        while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0) ++at;
    };
    for (;;) {
        blank();
        std::string part;
        if (at < text.size() && text[at] == '"') {
            for (++at;; ++at) {
                if (at >= text.size()) return sql_error("42602", "invalid name syntax");
                if (text[at] == '"' && (at + 1 >= text.size() || text[at + 1] != '"')) break;
                if (text[at] == '"') ++at;
                part += text[at];
            }
            ++at;
        } else {
            while (at < text.size() && text[at] != '.' &&
                   std::isspace(static_cast<unsigned char>(text[at])) == 0)
                part += static_cast<char>(std::tolower(static_cast<unsigned char>(text[at++])));
        }
        if (part.empty()) return sql_error("42602", "invalid name syntax");
        out.push_back(std::move(part));
        blank();
        if (at >= text.size()) return out;
        if (text[at] != '.') return sql_error("42602", "invalid name syntax");
        ++at;
    }
}

std::string joined(std::vector<std::string> const& names) {
    std::string out;
    for (auto const& each : names) out += (out.empty() ? "" : ".") + each;
    return out;
}

datum number(std::uint32_t value) { return std::int64_t{value}; }

outcome<datum> relation_named(analysis_context& context, std::string_view text) {
    SLUICE_TRY(auto const names, split_name(text));
    syntax::table_ref wanted;
    wanted.name = names.back();
    if (names.size() > 1) wanted.schema = names[names.size() - 2];
    SLUICE_TRY(auto const found, find_table(context, wanted));
    return number(to_underlying(found->oid));
}

bool in_path(analysis_context const& context, std::uint32_t in) {
    auto const& schemas = context.path().schemas;
    return std::find(schemas.begin(), schemas.end(), object_oid{in}) != schemas.end();
}

outcome<std::vector<proc_row const*>> functions_of(analysis_context& context,
                                                   std::vector<std::string> const& names) {
    std::vector<proc_row const*> out;
    schema const* in = nullptr;
    if (names.size() > 1) {
        in = context.catalog().find_schema(names[names.size() - 2]);
        if (in == nullptr) return out;
    }
    for (auto const* row : context.catalog().functions_named(names.back()))
        if (in != nullptr ? row->schema == to_underlying(in->oid) : in_path(context, row->schema))
            out.push_back(row);
    return out;
}

outcome<datum> function_named(analysis_context& context, std::string_view text) {
    SLUICE_TRY(auto const names, split_name(text));
    SLUICE_TRY(auto const found, functions_of(context, names));
    if (found.empty())
        return sql_error("42883", "function \"" + std::string(text) + "\" does not exist");
    if (found.size() > 1)
        return sql_error("42725", "more than one function named \"" + std::string(text) + "\"");
    return number(found.front()->oid);
}

// name(type, type)
outcome<datum> function_with_arguments(analysis_context& context, std::string_view text) {
    auto const open = text.find('(');
    auto const close = text.rfind(')');
    if (open == std::string_view::npos) return sql_error("22P02", "expected a left parenthesis");
    if (close == std::string_view::npos || close < open)
        return sql_error("22P02", "expected a right parenthesis");
    SLUICE_TRY(auto const names, split_name(text.substr(0, open)));
    std::vector<std::uint32_t> wanted;
    auto rest = text.substr(open + 1, close - open - 1);
    while (!rest.empty() && rest.find_first_not_of(' ') != std::string_view::npos) {
        std::size_t comma = 0;
        for (int depth = 0; comma < rest.size() && (rest[comma] != ',' || depth > 0); ++comma)
            depth += rest[comma] == '(' ? 1 : rest[comma] == ')' ? -1 : 0;
        SLUICE_TRY(auto const type, type_from_text(context, rest.substr(0, comma)));
        wanted.push_back(static_cast<std::uint32_t>(type.oid));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    SLUICE_TRY(auto const found, functions_of(context, names));
    for (auto const* row : found)
        if (std::equal(row->arguments.begin(), row->arguments.end(), wanted.begin(), wanted.end()))
            return number(row->oid);
    return sql_error("42883", "function \"" + std::string(text) + "\" does not exist");
}

outcome<datum> by_name(analysis_context& context, type_oid kind, std::string_view text) {
    auto const& catalog = context.catalog();
    if (kind == oid::regclass) return relation_named(context, text);
    if (kind == oid::regproc) return function_named(context, text);
    if (kind == oid::regprocedure) return function_with_arguments(context, text);
    if (kind == oid::regtype) {
        SLUICE_TRY(auto const type, type_from_text(context, text));
        return number(static_cast<std::uint32_t>(type.oid));
    }
    SLUICE_TRY(auto const names, split_name(text));
    if (kind == oid::regnamespace) {
        if (auto const* found = catalog.find_schema(names.back()))
            return number(to_underlying(found->oid));
        return sql_error("3F000", "schema \"" + names.back() + "\" does not exist");
    }
    if (kind == oid::regrole) {
        if (auto const* found = catalog.find_role(names.back()))
            return number(to_underlying(found->oid));
        return sql_error("42704", "role \"" + names.back() + "\" does not exist");
    }
    if (kind == oid::regcollation)
        for (auto const& row : builtin::collations())
            if (row.name == names.back()) return number(row.oid);
    return sql_error("42704", "\"" + joined(names) + "\" does not exist");
}

}  // namespace

bool is_name_type(type_oid type) noexcept {
    return type == oid::regclass || type == oid::regproc || type == oid::regprocedure ||
           type == oid::regtype || type == oid::regnamespace || type == oid::regrole ||
           type == oid::regcollation;
}

outcome<datum> name_literal(analysis_context& context, type_oid kind, std::string_view text) {
    if (text == "-") return number(0);
    std::uint32_t value = 0;
    auto const [at, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed == std::errc() && at == text.data() + text.size()) return number(value);
    return by_name(context, kind, text);
}

}  // namespace sluice::sql
