#include "protocols/sql/execute/catalog_types.hpp"

#include <algorithm>

#include "protocols/sql/catalog/identifiers.hpp"
#include "protocols/sql/parse/parser.hpp"
#include "protocols/sql/analyze/analyzer.hpp"

namespace sluice::sql {

sql_result<std::vector<std::string>> split_name(std::string_view text) {
    std::vector<std::string> out;
    std::size_t at = 0;
    auto skip = [&] {
        while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n')) ++at;
    };
    auto bad = [] { return sql_error("42602", "invalid name syntax"); };
    while (true) {
        skip();
        std::string part;
        if (at < text.size() && text[at] == '"') {
            ++at;
            while (true) {
                if (at >= text.size()) return bad();
                if (text[at] == '"') {
                    if (at + 1 < text.size() && text[at + 1] == '"') ++at;
                    else break;
                }
                part += text[at++];
            }
            ++at;
        } else {
            while (at < text.size() && text[at] != '.' && text[at] != ' ' && text[at] != '"') {
                auto const c = text[at++];
                part += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            }
        }
        if (part.empty()) return bad();
        out.push_back(std::move(part));
        skip();
        if (at >= text.size()) return out;
        if (text[at++] != '.') return bad();
    }
}

namespace {

std::uint32_t number(object_oid oid) { return static_cast<std::uint32_t>(oid); }

class session_types final : public type_catalog {
public:
    session_types(catalog_ptr catalog, search_path path)
        : catalog_(std::move(catalog)), path_(std::move(path)) {}

    std::shared_ptr<type_description const> describe(type_oid oid) const override {
        auto const* row = catalog_->find_type(oid);
        if (row == nullptr) return nullptr;
        auto out = std::make_shared<type_description>();
        out->oid = oid;
        out->name = row->name;
        out->kind = row->kind;
        out->category = row->category;
        out->element = type_oid{row->element};
        out->array = type_oid{row->array};
        out->base = {type_oid{row->base}, row->base_modifier};
        if (auto const* user = catalog_->find_user_type(oid)) out->labels = user->labels;
        if (auto const relation = catalog_->relation_of_type(oid))
            for (auto const& column : relation->columns)
                if (!column.dropped) out->fields.push_back({column.name, column.type});
        return out;
    }

    sql_result<std::uint32_t> find(reg_kind kind, std::string_view text) const override {
        switch (kind) {
            case reg_kind::regclass: return find_class(text);
            case reg_kind::regtype: return find_type(text);
            case reg_kind::regnamespace: return find_namespace(text);
            case reg_kind::regrole: return find_role(text);
            case reg_kind::regproc:
            case reg_kind::regprocedure: return find_function(kind, text);
            case reg_kind::regoper:
            case reg_kind::regoperator:
            case reg_kind::regcollation:
            case reg_kind::regconfig:
            case reg_kind::regdictionary: break;
        }
        return sql_error("0A000", "names of this kind cannot be looked up");
    }

    std::optional<std::string> name_of(reg_kind kind, std::uint32_t oid) const override {
        switch (kind) {
            case reg_kind::regclass: {
                auto const found = catalog_->find_relation(object_oid{oid});
                if (!found) return std::nullopt;
                auto const seen = catalog_->find_relation(path_, found->name);
                return qualified(found->schema, found->name, seen && seen->oid == found->oid);
            }
            case reg_kind::regtype:
                if (catalog_->find_type(type_oid{oid}) == nullptr) return std::nullopt;
                return catalog_->format_type({type_oid{oid}, -1}, path_);
            case reg_kind::regnamespace: {
                auto const* found = catalog_->find_schema(object_oid{oid});
                if (found == nullptr) return std::nullopt;
                return quote_identifier(found->name);
            }
            case reg_kind::regrole: {
                auto const* found = catalog_->find_role(object_oid{oid});
                if (found == nullptr) return std::nullopt;
                return quote_identifier(found->name);
            }
            case reg_kind::regproc:
            case reg_kind::regprocedure: return function_name(kind, oid);
            case reg_kind::regoper: {
                auto const* row = builtin::find_operator(oid);
                if (row == nullptr) return std::nullopt;
                return std::string(row->name);
            }
            case reg_kind::regoperator: {
                auto const* row = builtin::find_operator(oid);
                if (row == nullptr) return std::nullopt;
                auto type = [&](std::uint32_t each) {
                    return each == 0 ? std::string("NONE")
                                     : catalog_->format_type({type_oid{each}, -1}, path_);
                };
                return std::string(row->name) + "(" + type(row->left) + "," + type(row->right) +
                       ")";
            }
            case reg_kind::regcollation:
                for (auto const& row : builtin::collations())
                    if (row.oid == oid) return quote_identifier(row.name);
                return std::nullopt;
            case reg_kind::regconfig:
            case reg_kind::regdictionary: break;
        }
        return std::nullopt;
    }

private:
    std::string qualified(object_oid schema, std::string_view name, bool visible) const {
        auto const* in = catalog_->find_schema(schema);
        if (visible || in == nullptr) return quote_identifier(name);
        return quote_identifier(in->name) + "." + quote_identifier(name);
    }

    sql_result<schema const*> schema_named(std::string_view name) const {
        auto const* found = catalog_->find_schema(name);
        if (found == nullptr)
            return sql_error("3F000", "schema \"" + std::string(name) + "\" does not exist");
        return found;
    }

    sql_result<std::uint32_t> find_class(std::string_view text) const {
        auto parts = split_name(text);
        if (parts.has_error()) return std::move(parts).error();
        if (parts->size() == 3) parts->erase(parts->begin());
        relation_ptr found;
        if (parts->size() == 1) found = catalog_->find_relation(path_, parts->front());
        if (parts->size() == 2)
            if (auto const* in = catalog_->find_schema(parts->front()))
                found = catalog_->find_relation(in->oid, parts->back());
        if (found) return number(found->oid);
        std::string whole;
        for (auto const& each : *parts) whole += (whole.empty() ? "" : ".") + each;
        return sql_error("42P01", "relation \"" + whole + "\" does not exist");
    }

    sql_result<std::uint32_t> find_type(std::string_view text) const {
        auto const written = parse_type_name(text);
        if (written.has_error()) return written.error();
        analysis_settings settings;
        settings.path = path_;
        auto const type = resolve_type(*written, *catalog_, settings);
        if (type.has_error()) return type.error();
        return static_cast<std::uint32_t>(type->oid);
    }

    sql_result<std::uint32_t> find_namespace(std::string_view text) const {
        auto const parts = split_name(text);
        if (parts.has_error()) return parts.error();
        auto const found = schema_named(parts->front());
        if (found.has_error()) return found.error();
        return number((*found)->oid);
    }

    sql_result<std::uint32_t> find_role(std::string_view text) const {
        auto const parts = split_name(text);
        if (parts.has_error()) return parts.error();
        auto const* found = catalog_->find_role(parts->front());
        if (found == nullptr)
            return sql_error("42704", "role \"" + parts->front() + "\" does not exist");
        return number(found->oid);
    }

    sql_result<std::uint32_t> find_function(reg_kind kind, std::string_view text) const {
        auto const bracket = text.find('(');
        auto parts = split_name(text.substr(0, bracket));
        if (parts.has_error()) return std::move(parts).error();
        auto const found = catalog_->functions_named(parts->back());
        auto const shown = std::string(text);
        if (kind == reg_kind::regproc) {
            if (found.empty())
                return sql_error("42883", "function \"" + shown + "\" does not exist");
            if (found.size() > 1)
                return sql_error("42725", "more than one function named \"" + shown + "\"");
            return found.front()->oid;
        }
        if (bracket == std::string_view::npos || text.back() != ')')
            return sql_error("22P02", "expected a left parenthesis");
        std::vector<std::uint32_t> types;
        auto list = text.substr(bracket + 1, text.size() - bracket - 2);
        while (!list.empty()) {
            auto const comma = list.find(',');
            auto const type = find_type(list.substr(0, comma));
            if (type.has_error()) return type;
            types.push_back(*type);
            if (comma == std::string_view::npos) break;
            list = list.substr(comma + 1);
        }
        for (auto const* row : found)
            if (std::equal(row->arguments.begin(), row->arguments.end(), types.begin(),
                           types.end()))
                return row->oid;
        return sql_error("42883", "function \"" + shown + "\" does not exist");
    }

    std::optional<std::string> function_name(reg_kind kind, std::uint32_t oid) const {
        auto const* row = catalog_->find_function(object_oid{oid});
        if (row == nullptr) return std::nullopt;
        auto out = quote_identifier(row->name);
        if (kind == reg_kind::regproc)
            return catalog_->functions_named(row->name).size() == 1 ? out : "pg_catalog." + out;
        out += "(";
        for (std::size_t i = 0; i < row->arguments.size(); ++i)
            out += (i == 0 ? "" : ",") +
                   catalog_->format_type({type_oid{row->arguments[i]}, -1}, path_);
        return out + ")";
    }

    catalog_ptr catalog_;
    search_path path_;
};

}  // namespace

std::unique_ptr<type_catalog> make_type_catalog(catalog_ptr catalog, search_path path) {
    return std::make_unique<session_types>(std::move(catalog), std::move(path));
}

}  // namespace sluice::sql
