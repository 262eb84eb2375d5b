#include "protocols/sql/catalog/catalog.hpp"

#include <algorithm>
#include <unordered_map>

namespace sluice::sql {
namespace {

// Tables and views of pg_catalog and information_schema, as relations: made once.
class system_relations {
public:
    system_relations() {
        std::map<std::uint32_t, std::shared_ptr<relation>> made;
        for (auto const& row : builtin::system_relations()) {
            auto each = std::make_shared<relation>();
            each->oid = object_oid{row.oid};
            each->schema = object_oid{row.schema};
            each->name = row.name;
            each->kind = row.kind == 'v' ? relation_kind::catalog_view : relation_kind::catalog;
            each->row_type = type_oid{row.row_type};
            made.emplace(row.oid, std::move(each));
        }
        for (auto const& row : builtin::system_columns()) {
            auto const found = made.find(row.relation);
            if (found == made.end()) continue;
            column each;
            each.number = row.number;
            each.name = row.name;
            each.type = {type_oid{row.type}, row.modifier};
            each.not_null = row.not_null;
            found->second->columns.push_back(std::move(each));
        }
        for (auto& [oid, each] : made) {
            names_.emplace(std::pair(to_underlying(each->schema), each->name), each);
            by_type_.emplace(to_underlying(each->row_type), each);
            by_oid_.emplace(oid, std::move(each));
        }
    }
    relation_ptr find(std::uint32_t oid) const {
        auto const found = by_oid_.find(oid);
        return found == by_oid_.end() ? nullptr : found->second;
    }
    relation_ptr find(std::uint32_t schema, std::string_view name) const {
        auto const found = names_.find(std::pair(schema, std::string(name)));
        return found == names_.end() ? nullptr : found->second;
    }
    relation_ptr of_type(std::uint32_t type) const {
        auto const found = by_type_.find(type);
        return found == by_type_.end() ? nullptr : found->second;
    }

private:
    std::unordered_map<std::uint32_t, relation_ptr> by_oid_, by_type_;
    std::map<std::pair<std::uint32_t, std::string>, relation_ptr> names_;
};

system_relations const& system() {
    static system_relations const made;
    return made;
}

bool is_dynamic(object_oid schema) noexcept {
    return schema == schema_oids::topics || schema == schema_oids::objects ||
           schema == schema_oids::audit;
}

template <class Map, class Key>
auto const* value_of(Map const& map, Key const& key) {
    auto const found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
}

// 'a, "B c", $user' to names: folded unless quoted.
std::vector<std::string> names_of_setting(std::string_view text) {
    std::vector<std::string> out;
    std::size_t at = 0;
    while (at < text.size()) {
        while (at < text.size() && (text[at] == ' ' || text[at] == ',' || text[at] == '\t')) ++at;
        std::string name;
        if (at < text.size() && text[at] == '"') {
            for (++at; at < text.size(); ++at) {
                if (text[at] == '"' && (at + 1 == text.size() || text[at + 1] != '"')) break;
                if (text[at] == '"') ++at;
                name += text[at];
            }
            ++at;
        } else {
            while (at < text.size() && text[at] != ',' && text[at] != ' ')
                name += static_cast<char>(std::tolower(static_cast<unsigned char>(text[at++])));
        }
        if (!name.empty()) out.push_back(std::move(name));
    }
    return out;
}

}  // namespace

catalog_snapshot::catalog_snapshot(catalog_contents contents)
    : contents_(std::make_shared<catalog_contents const>(std::move(contents))) {}

catalog_snapshot::catalog_snapshot(std::shared_ptr<catalog_contents const> contents,
                                   std::shared_ptr<dynamic_relations const> dynamic)
    : contents_(std::move(contents)), dynamic_(std::move(dynamic)) {}

catalog_ptr catalog_snapshot::with(catalog_snapshot const& base,
                                   std::shared_ptr<dynamic_relations const> dynamic) {
    return catalog_ptr(new catalog_snapshot(base.contents_, std::move(dynamic)));
}

catalog_ptr catalog_snapshot::initial() {
    catalog_contents made;
    auto const add = [&made](object_oid oid, std::string name, std::string comment) {
        auto each = std::make_shared<schema>();
        each->oid = oid;
        each->name = name;
        each->comment = std::move(comment);
        made.schema_names.emplace(std::move(name), oid);
        made.schemas.emplace(oid, std::move(each));
    };
    add(schema_oids::pg_catalog, "pg_catalog", "system catalog schema");
    add(schema_oids::pg_toast, "pg_toast", "reserved schema for TOAST tables");
    add(schema_oids::public_, "public", "standard public schema");
    add(schema_oids::information_schema, "information_schema", "");
    add(schema_oids::topics, "topics", "");
    add(schema_oids::objects, "objects", "");
    add(schema_oids::audit, "audit", "");
    return std::make_shared<catalog_snapshot const>(std::move(made));
}

schema const* catalog_snapshot::find_schema(std::string_view name) const noexcept {
    auto const found = contents_->schema_names.find(name);
    return found == contents_->schema_names.end() ? nullptr : find_schema(found->second);
}
schema const* catalog_snapshot::find_schema(object_oid oid) const noexcept {
    auto const* found = value_of(contents_->schemas, oid);
    return found == nullptr ? nullptr : found->get();
}

search_path catalog_snapshot::path_of(std::string_view setting, std::string_view user) const {
    search_path out;
    bool names_catalog = false;
    for (auto const& name : names_of_setting(setting)) {
        auto const* found = find_schema(name == "$user" ? user : std::string_view(name));
        if (found == nullptr) continue;
        names_catalog |= found->oid == schema_oids::pg_catalog;
        if (to_underlying(out.creation) == 0) out.creation = found->oid;
        if (std::find(out.schemas.begin(), out.schemas.end(), found->oid) == out.schemas.end())
            out.schemas.push_back(found->oid);
    }
    if (!names_catalog) out.schemas.insert(out.schemas.begin(), schema_oids::pg_catalog);
    return out;
}

relation_ptr catalog_snapshot::find_relation(object_oid oid) const {
    if (auto const* found = value_of(contents_->relations, oid)) return *found;
    if (auto found = system().find(to_underlying(oid))) return found;
    return dynamic_ ? dynamic_->find(oid) : nullptr;
}
relation_ptr catalog_snapshot::find_relation(object_oid in, std::string_view name) const {
    if (is_dynamic(in)) return dynamic_ ? dynamic_->find(in, name) : nullptr;
    if (auto const* oid =
            value_of(contents_->relation_names, catalog_contents::name_key(in, std::string(name))))
        return find_relation(*oid);
    if (in == schema_oids::pg_catalog || in == schema_oids::information_schema)
        return system().find(to_underlying(in), name);
    return nullptr;
}
relation_ptr catalog_snapshot::find_relation(search_path const& path, std::string_view name) const {
    for (auto const each : path.schemas)
        if (auto found = find_relation(each, name)) return found;
    return nullptr;
}

type_row const* catalog_snapshot::find_type(type_oid oid) const noexcept {
    if (auto const* found = builtin::find_type(static_cast<std::uint32_t>(oid))) return found;
    auto const* user = find_user_type(oid);
    return user == nullptr ? nullptr : &user->row;
}
type_row const* catalog_snapshot::find_type(object_oid in, std::string_view name) const noexcept {
    if (in == schema_oids::pg_catalog) return builtin::find_type(name);
    if (auto const* oid =
            value_of(contents_->type_names, catalog_contents::name_key(in, std::string(name))))
        return find_type(type_oid{to_underlying(*oid)});
    if (in == schema_oids::information_schema)
        for (auto const& row : builtin::types())
            if (row.schema == to_underlying(in) && row.name == name) return &row;
    return nullptr;
}
type_row const* catalog_snapshot::find_type(search_path const& path,
                                            std::string_view name) const noexcept {
    for (auto const each : path.schemas)
        if (auto const* found = find_type(each, name)) return found;
    return nullptr;
}
user_type const* catalog_snapshot::find_user_type(type_oid oid) const noexcept {
    auto const* found = value_of(contents_->types, object_oid{static_cast<std::uint32_t>(oid)});
    return found == nullptr ? nullptr : found->get();
}

relation_ptr catalog_snapshot::relation_of_type(type_oid oid) const {
    auto const* row = find_type(oid);
    if (row == nullptr) return nullptr;
    if (row->kind == 'd') return relation_of_type(type_oid{row->base});
    return row->relation == 0 ? nullptr : find_relation(object_oid{row->relation});
}

std::vector<proc_row const*> catalog_snapshot::functions_named(std::string_view name) const {
    auto const built_in = builtin::procs_named(name);
    std::vector<proc_row const*> out(built_in.begin(), built_in.end());
    auto const [first, last] = contents_->function_names.equal_range(name);
    for (auto each = first; each != last; ++each) {
        auto const* found = find_user_function(each->second);
        if (found != nullptr) out.push_back(&found->row);
    }
    return out;
}
proc_row const* catalog_snapshot::find_function(object_oid oid) const noexcept {
    if (auto const* found = builtin::find_proc(to_underlying(oid))) return found;
    auto const* user = find_user_function(oid);
    return user == nullptr ? nullptr : &user->row;
}
user_function const* catalog_snapshot::find_user_function(object_oid oid) const noexcept {
    auto const* found = value_of(contents_->functions, oid);
    return found == nullptr ? nullptr : found->get();
}

catalog_ptr catalog_snapshot::with_roles(catalog_snapshot const& base, std::vector<role> roles) {
    auto contents = base.contents();
    contents.roles.clear();
    contents.role_names.clear();
    for (auto& each : roles) {
        auto const oid = each.oid;
        contents.role_names.emplace(each.name, oid);
        contents.roles.emplace(oid, std::make_shared<role const>(std::move(each)));
    }
    return std::make_shared<catalog_snapshot const>(std::move(contents));
}

role const* catalog_snapshot::find_role(std::string_view name) const noexcept {
    auto const found = contents_->role_names.find(name);
    return found == contents_->role_names.end() ? nullptr : find_role(found->second);
}
role const* catalog_snapshot::find_role(object_oid oid) const noexcept {
    auto const* found = value_of(contents_->roles, oid);
    return found == nullptr ? nullptr : found->get();
}

}  // namespace sluice::sql
