#include "protocols/sql/catalog/catalog_records.hpp"

#include <bit>
#include <cstdio>

#include "gateway/core/cursor.hpp"

namespace sluice::sql {
namespace {

enum class record_kind : std::uint8_t { head = 1, schema, relation, type, function, role };
// Bumped when a kind's fields change; readers keep every older branch. Version 2 of schemas and
// relations ends with who made them, version 3 of relations with more of its constraints; the
// other kinds are as they were.
constexpr std::uint8_t version_with_maker = 2, version_with_references = 3;
constexpr std::uint8_t version_of(record_kind kind) {
    return kind == record_kind::relation ? version_with_references
           : kind == record_kind::schema ? version_with_maker
                                         : 1;
}

// One description of the fields for both directions: `fields(io, object)` is called with a writer
// or a reader, so that they cannot drift apart.
struct out_stream {
    byte_writer& to;
    std::uint8_t version;
    void field(std::string& text) { to.sized(text); }
    void field(bool& value) { to.little(static_cast<std::uint8_t>(value)); }
    void field(char& value) { to.little(value); }
    void field(float& value) { to.little(std::bit_cast<std::uint32_t>(value)); }
    template <class Integer>
    requires(std::is_integral_v<Integer>) void field(Integer& value) { to.little(value); }
    std::size_t count(std::size_t size) {
        to.varint(size);
        return size;
    }
    bool ok() const { return true; }
};
struct in_stream {
    byte_reader& from;
    std::uint8_t version;
    void field(std::string& text) { text = from.sized(); }
    void field(bool& value) { value = from.little<std::uint8_t>() != 0; }
    void field(char& value) { value = from.little<char>(); }
    void field(float& value) { value = std::bit_cast<float>(from.little<std::uint32_t>()); }
    template <class Integer>
    requires(std::is_integral_v<Integer>) void field(Integer& value) {
        value = from.little<Integer>();
    }
    std::size_t count(std::size_t) {
        auto const size = from.varint();
        if (size > from.rest().size()) from.fail();  // each element takes a byte or more
        return from.ok() ? size : 0;
    }
    bool ok() const { return from.ok(); }
};

template <class Io, class Value>
void one(Io& io, Value& value);
template <class Io, class... Values>
void all(Io& io, Values&... values) {
    (one(io, values), ...);
}

template <class Io>
void fields(Io& io, sql_type& value) {
    all(io, value.oid, value.modifier);
}
template <class Io>
void fields(Io& io, column& value) {
    all(io, value.number, value.name, value.type, value.dimensions, value.not_null, value.dropped,
        value.default_text, value.identity, value.generated, value.sequence, value.default_oid,
        value.missing_value, value.comment, value.acl);
}
template <class Io>
void fields(Io& io, constraint& value) {
    all(io, value.oid, value.what, value.name, value.columns, value.check_text, value.index,
        value.referenced, value.referenced_columns, value.on_update, value.on_delete, value.match,
        value.deferrable, value.initially_deferred, value.validated, value.comment);
}
template <class Io>
void fields(Io& io, index_column& value) {
    all(io, value.number, value.expression, value.opclass, value.descending, value.nulls_first);
}
template <class Io>
void fields(Io& io, index_info& value) {
    all(io, value.table, value.unique, value.primary, value.nulls_not_distinct, value.valid,
        value.method, value.keys, value.included, value.where);
}
template <class Io>
void fields(Io& io, sequence_info& value) {
    all(io, value.type, value.start, value.increment, value.minimum, value.maximum, value.cache,
        value.cycle, value.counter, value.owner_table, value.owner_column);
}
template <class Io>
void fields(Io& io, relation& value) {
    all(io, value.oid, value.schema, value.name, value.kind, value.owner, value.dataset,
        value.columns, value.constraints, value.indexes, value.row_type, value.persistence,
        value.view_text, value.index, value.sequence, value.partition_key, value.partition_bound,
        value.partition_parent, value.comment, value.acl);
    if (io.version >= version_with_maker) all(io, value.maker);
    if (io.version < version_with_references) return;
    for (auto& each : value.constraints)
        if (io.ok()) all(io, each.referenced_index, each.delete_set_columns);
}
template <class Io>
void fields(Io& io, schema& value) {
    all(io, value.oid, value.name, value.owner, value.comment, value.acl);
    if (io.version >= version_with_maker) all(io, value.maker);
}
template <class Io>
void fields(Io& io, user_type& value) {
    all(io, value.name, value.schema, value.owner, value.labels, value.label_order,
        value.label_oids, value.checks, value.default_text, value.comment);
    auto& row = value.row;
    all(io, row.oid, row.length, row.by_value, row.kind, row.category, row.preferred, row.delimiter,
        row.relation, row.element, row.array, row.alignment, row.storage, row.not_null, row.base,
        row.base_modifier, row.dimensions, row.collation);
}
template <class Io>
void fields(Io& io, user_function& value) {
    all(io, value.name, value.schema, value.owner, value.arguments, value.all_arguments,
        value.modes, value.names, value.source, value.comment);
    auto& row = value.row;
    all(io, row.oid, row.language, row.cost, row.rows, row.variadic, row.kind, row.security_definer,
        row.leakproof, row.strict, row.returns_set, row.volatility, row.parallel, row.default_count,
        row.result);
}
template <class Io>
void fields(Io& io, role& value) {
    all(io, value.oid, value.name, value.superuser, value.inherit, value.create_role,
        value.create_db, value.can_login, value.replication, value.bypass_rls,
        value.connection_limit, value.member_of, value.comment);
}
template <class Io>
void fields(Io& io, catalog_head& value) {
    all(io, value.next_oid, value.version, value.database_name);
}

template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

template <class Io, class Value>
void one(Io& io, Value& value) {
    if constexpr (is_vector<Value>::value) {
        auto const size = io.count(value.size());
        if (value.size() != size) value.resize(size);
        for (auto& each : value) {
            if (!io.ok()) return;
            one(io, each);
        }
    } else if constexpr (is_optional<Value>::value) {
        bool present = value.has_value();
        io.field(present);
        if (present && !value) value.emplace();
        if (present) one(io, *value);
    } else if constexpr (std::is_enum_v<Value>) {
        auto raw = static_cast<std::underlying_type_t<Value>>(value);
        io.field(raw);
        value = static_cast<Value>(raw);
    } else if constexpr (requires { io.field(value); }) {
        io.field(value);
    } else {
        fields(io, value);
    }
}

template <class Object>
std::string encoded(record_kind kind, Object object) {
    std::string out;
    byte_writer writer(out);
    writer.little(version_of(kind)).little(static_cast<std::uint8_t>(kind));
    out_stream io{writer, version_of(kind)};
    fields(io, object);
    return out;
}

template <class Object>
result<catalog_object> decoded(byte_reader& reader, std::uint8_t version) {
    Object object;
    in_stream io{reader, version};
    fields(io, object);
    SLUICE_CHECK(reader.finish("catalog record"));
    return catalog_object(std::move(object));
}

}  // namespace

std::string encode_record(schema const& object) { return encoded(record_kind::schema, object); }
std::string encode_record(relation const& object) { return encoded(record_kind::relation, object); }
std::string encode_record(user_type const& object) { return encoded(record_kind::type, object); }
std::string encode_record(user_function const& object) {
    return encoded(record_kind::function, object);
}
std::string encode_record(role const& object) { return encoded(record_kind::role, object); }
std::string encode_record(catalog_head const& object) { return encoded(record_kind::head, object); }

result<catalog_object> decode_record(std::string_view value) {
    byte_reader reader(value);
    auto const version = reader.little<std::uint8_t>();
    auto const kind = static_cast<record_kind>(reader.little<std::uint8_t>());
    if (!reader.ok() || version == 0) return failure{error::malformed, "catalog record: no header"};
    if (version > version_of(kind))
        return failure{error::unsupported, "catalog record of version " + std::to_string(version)};
    switch (kind) {
        case record_kind::head:
            return decoded<catalog_head>(reader, version);
        case record_kind::schema:
            return decoded<schema>(reader, version);
        case record_kind::relation:
            return decoded<relation>(reader, version);
        case record_kind::type:
            return decoded<user_type>(reader, version);
        case record_kind::function:
            return decoded<user_function>(reader, version);
        case record_kind::role:
            return decoded<role>(reader, version);
    }
    return failure{error::malformed, "catalog record of an unknown kind"};
}

std::string record_id(catalog_builder::change const& change) {
    static constexpr char const* folders[] = {"schema", "relation", "type", "function", "role"};
    char digits[16];
    std::snprintf(digits, sizeof digits, "%010u", to_underlying(change.oid));
    return std::string(folders[static_cast<int>(change.what)]) + "/" + digits;
}

namespace {

template <class Map>
std::optional<std::string> value_in(Map const& objects, object_oid oid) {
    auto const found = objects.find(oid);
    if (found == objects.end()) return std::nullopt;
    return encode_record(*found->second);
}

std::optional<std::string> value_of(catalog_contents const& contents,
                                    catalog_builder::change const& change) {
    using kind = catalog_builder::change::kind;
    switch (change.what) {
        case kind::schema:
            return value_in(contents.schemas, change.oid);
        case kind::relation:
            return value_in(contents.relations, change.oid);
        case kind::type:
            return value_in(contents.types, change.oid);
        case kind::function:
            return value_in(contents.functions, change.oid);
        case kind::role:
            return value_in(contents.roles, change.oid);
    }
    return std::nullopt;
}

struct loader {
    catalog_contents& to;
    void operator()(schema& object) const {
        to.schema_names[object.name] = object.oid;
        auto const oid = object.oid;
        to.schemas[oid] = std::make_shared<sql::schema const>(std::move(object));
    }
    void operator()(relation& object) const {
        auto const oid = object.oid;
        to.relation_names[{object.schema, object.name}] = oid;
        to.relations[oid] = std::make_shared<relation const>(std::move(object));
    }
    void operator()(user_type& object) const {
        object_oid const oid{object.row.oid};
        to.type_names[{object.schema, object.name}] = oid;
        to.types[oid] = user_type::make(std::move(object));
    }
    void operator()(user_function& object) const {
        object_oid const oid{object.row.oid};
        to.function_names.emplace(object.name, oid);
        to.functions[oid] = user_function::make(std::move(object));
    }
    void operator()(role& object) const {
        auto const oid = object.oid;
        to.role_names[object.name] = oid;
        to.roles[oid] = std::make_shared<role const>(std::move(object));
    }
    void operator()(catalog_head& head) const {
        to.next_oid = head.next_oid;
        to.version = head.version;
        to.database_name = head.database_name;
    }
};

}  // namespace

std::vector<store::record_change> record_changes(catalog_builder const& builder, lsn head_changed) {
    std::vector<store::record_change> out;
    auto const& contents = builder.contents();
    for (auto const& change : builder.changes()) {
        store::record_change each;
        each.name = {std::string(catalog_record_kind), record_id(change)};
        each.value = value_of(contents, change);
        out.push_back(std::move(each));
    }
    store::record_change head;
    head.name = {std::string(catalog_record_kind), "head"};
    head.value =
        encode_record(catalog_head{contents.next_oid, contents.version, contents.database_name});
    using expectation = store::record_change::expectation;
    head.expected = to_underlying(head_changed) == 0 ? expectation::absent : expectation::unchanged;
    head.unchanged_since = head_changed;
    out.push_back(std::move(head));
    return out;
}

result<catalog_ptr> load_catalog(std::vector<store::stored_record> const& records) {
    auto contents = catalog_snapshot::initial()->contents();
    for (auto const& record : records) {
        auto object = decode_record(record.value);
        if (object.has_error()) {
            auto failed = std::move(object).error();
            failed.text += " (" + record.name.id + ")";
            return failed;
        }
        std::visit(loader{contents}, *object);
    }
    return std::make_shared<catalog_snapshot const>(std::move(contents));
}

}  // namespace sluice::sql
