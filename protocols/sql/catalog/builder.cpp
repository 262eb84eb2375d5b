// The mutable side of the catalog.
#include "protocols/sql/catalog/catalog.hpp"

namespace sluice::sql {
namespace {

// "_name", with more underscores while the name is taken (PostgreSQL's makeArrayTypeName).
std::string array_type_name(catalog_contents const& contents, object_oid in, std::string name) {
    do {
        name.insert(name.begin(), '_');
        if (name.size() > 63) name.resize(63);
    } while (contents.type_names.contains({in, name}));
    return name;
}

template <class Map>
void forget_name(Map& names, object_oid oid) {
    std::erase_if(names, [oid](auto const& each) { return each.second == oid; });
}

}  // namespace

object_oid catalog_builder::allocate_oid() noexcept {
    auto const given = contents_.next_oid;
    contents_.next_oid = next(given);
    return given;
}

void catalog_builder::note(change::kind what, object_oid oid) { changes_[{what, oid}] = true; }

std::vector<catalog_builder::change> catalog_builder::changes() const {
    std::vector<change> out;
    for (auto const& [each, noted] : changes_) out.push_back(each);
    return out;
}

void catalog_builder::put_schema(schema object) {
    if (to_underlying(object.oid) == 0) object.oid = allocate_oid();
    auto const oid = object.oid;
    if (!contents_.schemas.contains(oid)) {
        object.owner = maker_role_;
        object.maker = maker_;
    }
    forget_name(contents_.schema_names, oid);
    contents_.schema_names.emplace(object.name, oid);
    contents_.schemas[oid] = std::make_shared<schema const>(std::move(object));
    note(change::kind::schema, oid);
}

void catalog_builder::put_row_type(relation& object) {
    switch (object.kind) {
        case relation_kind::table:
        case relation_kind::partitioned_table:
        case relation_kind::view:
        case relation_kind::materialized_view:
        case relation_kind::composite:
            break;
        default:
            return;
    }
    user_type type;
    if (auto const found =
            contents_.types.find(object_oid{static_cast<std::uint32_t>(object.row_type)});
        found != contents_.types.end())
        type = *found->second;
    type.name = object.name;
    type.schema = object.schema;
    type.owner = object.owner;
    type.row.oid = static_cast<std::uint32_t>(object.row_type);
    type.row.kind = 'c';
    type.row.category = 'C';
    type.row.alignment = 'd';
    type.row.relation = to_underlying(object.oid);
    object.row_type = put_type(std::move(type));
}

object_oid catalog_builder::put_relation(relation object) {
    if (to_underlying(object.oid) == 0) object.oid = allocate_oid();
    auto const oid = object.oid;
    auto const before = contents_.relations.find(oid);
    if (before == contents_.relations.end()) {
        object.owner = maker_role_;
        object.maker = maker_;
    } else {
        object.owner = before->second->owner;
        object.maker = before->second->maker;
        contents_.relation_names.erase({before->second->schema, before->second->name});
    }
    put_row_type(object);
    contents_.relation_names[{object.schema, object.name}] = oid;
    contents_.relations[oid] = std::make_shared<relation const>(std::move(object));
    note(change::kind::relation, oid);
    return oid;
}

type_oid catalog_builder::put_type(user_type object) {
    if (object.row.oid == 0) object.row.oid = to_underlying(allocate_oid());
    object_oid const oid{object.row.oid};
    bool const is_array = object.row.element != 0;
    if (!is_array && object.row.array == 0) {
        user_type array;
        array.name = array_type_name(contents_, object.schema, object.name);
        array.schema = object.schema;
        array.owner = object.owner;
        array.row.element = object.row.oid;
        array.row.category = 'A';
        array.row.alignment = object.row.alignment == 'd' ? 'd' : 'i';
        object.row.array = static_cast<std::uint32_t>(put_type(std::move(array)));
    }
    if (auto const before = contents_.types.find(oid); before != contents_.types.end())
        contents_.type_names.erase({before->second->schema, before->second->name});
    contents_.type_names[{object.schema, object.name}] = oid;
    contents_.types[oid] = user_type::make(std::move(object));
    note(change::kind::type, oid);
    return type_oid{to_underlying(oid)};
}

object_oid catalog_builder::put_function(user_function object) {
    if (object.row.oid == 0) object.row.oid = to_underlying(allocate_oid());
    object_oid const oid{object.row.oid};
    forget_name(contents_.function_names, oid);
    contents_.function_names.emplace(object.name, oid);
    contents_.functions[oid] = user_function::make(std::move(object));
    note(change::kind::function, oid);
    return oid;
}

void catalog_builder::put_role(role object) {
    if (to_underlying(object.oid) == 0) object.oid = allocate_oid();
    auto const oid = object.oid;
    forget_name(contents_.role_names, oid);
    contents_.role_names.emplace(object.name, oid);
    contents_.roles[oid] = std::make_shared<role const>(std::move(object));
    note(change::kind::role, oid);
}

void catalog_builder::erase_schema(object_oid oid) {
    forget_name(contents_.schema_names, oid);
    if (contents_.schemas.erase(oid) > 0) note(change::kind::schema, oid);
}

void catalog_builder::erase_relation(object_oid oid) {
    auto const found = contents_.relations.find(oid);
    if (found == contents_.relations.end()) return;
    auto const gone = found->second;
    contents_.relation_names.erase({gone->schema, gone->name});
    contents_.relations.erase(found);
    note(change::kind::relation, oid);
    if (static_cast<std::uint32_t>(gone->row_type) != 0) erase_type(gone->row_type);
}

void catalog_builder::erase_type(type_oid type) {
    object_oid const oid{static_cast<std::uint32_t>(type)};
    auto const found = contents_.types.find(oid);
    if (found == contents_.types.end()) return;
    auto const gone = found->second;
    contents_.type_names.erase({gone->schema, gone->name});
    contents_.types.erase(found);
    note(change::kind::type, oid);
    if (gone->row.array != 0) erase_type(type_oid{gone->row.array});
}

void catalog_builder::erase_function(object_oid oid) {
    forget_name(contents_.function_names, oid);
    if (contents_.functions.erase(oid) > 0) note(change::kind::function, oid);
}

void catalog_builder::erase_role(object_oid oid) {
    forget_name(contents_.role_names, oid);
    if (contents_.roles.erase(oid) > 0) note(change::kind::role, oid);
}

catalog_ptr catalog_builder::snapshot() {
    ++contents_.version;
    return std::make_shared<catalog_snapshot const>(contents_);
}

}  // namespace sluice::sql
