// The SQL catalog: an immutable snapshot of every object (PostgreSQL's built-in rows plus ours) and
// a builder that makes the next one. A statement is analysed against one snapshot; DDL edits a
// builder, writes the changed records with its commit and publishes the snapshot after it.
//
// Snapshots are shared by sessions (shared_ptr const), any thread. A builder belongs to one
// transaction. Pointers and spans handed out live as long as the snapshot.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/sql/catalog/objects.hpp"
#include "protocols/sql/sql_error.hpp"

namespace sluice::sql {

// Schemas whose relations are found by name when asked: topics, objects, audit, as one session sees
// them. Called on any thread while a statement is analysed; must not block.
class dynamic_relations {
public:
    virtual ~dynamic_relations() = default;
    virtual relation_ptr find(object_oid schema, std::string_view name) const = 0;
    virtual relation_ptr find(object_oid relation) const = 0;
    virtual std::vector<relation_ptr> list(object_oid schema) const = 0;
};

struct catalog_contents {
    using name_key = std::pair<object_oid, std::string>;  // schema, name
    std::map<object_oid, schema_ptr> schemas;
    std::map<object_oid, relation_ptr> relations;
    std::map<object_oid, user_type_ptr> types;
    std::map<object_oid, user_function_ptr> functions;
    std::map<object_oid, std::shared_ptr<role const>> roles;
    std::map<std::string, object_oid, std::less<>> schema_names;
    std::map<name_key, object_oid> relation_names;
    std::map<name_key, object_oid> type_names;
    std::multimap<std::string, object_oid, std::less<>> function_names;
    std::map<std::string, object_oid, std::less<>> role_names;
    object_oid next_oid = first_user_oid;
    std::uint64_t version = 1;
    std::string database_name = "postgres";
};

class catalog_snapshot;
using catalog_ptr = std::shared_ptr<catalog_snapshot const>;

// The schemas that unqualified names are looked up in, in order; pg_catalog first where the setting
// does not place it.
struct search_path {
    std::vector<object_oid> schemas;
    object_oid creation{};  // where CREATE puts things; 0: none
};

class catalog_snapshot {
public:
    // public, pg_catalog, information_schema and the dynamic schemas; nothing else.
    static catalog_ptr initial();

    explicit catalog_snapshot(catalog_contents contents);
    // The same (its version too: plans stay good) with other roles.
    static catalog_ptr with_roles(catalog_snapshot const& base, std::vector<role> roles);
    // The same, with a session's dynamic relations.
    static catalog_ptr with(catalog_snapshot const& base,
                            std::shared_ptr<dynamic_relations const> dynamic);

    catalog_contents const& contents() const noexcept { return *contents_; }
    dynamic_relations const* dynamic() const noexcept { return dynamic_.get(); }
    std::uint64_t version() const noexcept { return contents_->version; }

    // ---- schemas and paths
    schema const* find_schema(std::string_view name) const noexcept;
    schema const* find_schema(object_oid oid) const noexcept;
    // `setting` as SET search_path has it: '"$user", public'. Names of no schema are skipped.
    search_path path_of(std::string_view setting, std::string_view user) const;

    // ---- relations (system catalogs and dynamic schemas included)
    relation_ptr find_relation(object_oid oid) const;
    relation_ptr find_relation(object_oid schema, std::string_view name) const;
    relation_ptr find_relation(search_path const& path, std::string_view name) const;

    // ---- types
    type_row const* find_type(type_oid oid) const noexcept;
    type_row const* find_type(object_oid schema, std::string_view name) const noexcept;
    type_row const* find_type(search_path const& path, std::string_view name) const noexcept;
    user_type const* find_user_type(type_oid oid) const noexcept;
    // The relation whose rows a composite type is; null: none.
    relation_ptr relation_of_type(type_oid oid) const;

    // ---- functions and operators
    std::vector<proc_row const*> functions_named(std::string_view name) const;
    proc_row const* find_function(object_oid oid) const noexcept;
    user_function const* find_user_function(object_oid oid) const noexcept;

    // ---- roles
    role const* find_role(std::string_view name) const noexcept;
    role const* find_role(object_oid oid) const noexcept;

    // "integer", "character varying(10)", "my.type[]": format_type(). Names outside `path` are
    // qualified.
    std::string format_type(sql_type type, search_path const& path) const;
    std::string format_type(sql_type type) const;

private:
    catalog_snapshot(std::shared_ptr<catalog_contents const> contents,
                     std::shared_ptr<dynamic_relations const> dynamic);

    // Shared with the snapshots that sessions make of this one.
    std::shared_ptr<catalog_contents const> contents_;
    std::shared_ptr<dynamic_relations const> dynamic_;  // null: those schemas are empty
};

// Refuses nothing: the executor checked names and rights. Every call keeps the name indexes right.
class catalog_builder {
public:
    explicit catalog_builder(catalog_snapshot const& from) : contents_(from.contents()) {}

    object_oid allocate_oid() noexcept;

    // Whose schemas and relations new ones are.
    void set_maker(principal_id maker, object_oid role) noexcept {
        maker_ = maker;
        maker_role_ = role;
    }

    void put_schema(schema object);
    // A table, view or composite gets a row type and its array type when row_type is 0.
    // Returns the oid (allocated where 0).
    object_oid put_relation(relation object);
    // The same for a type (and its array type when row.array is 0).
    type_oid put_type(user_type object);
    object_oid put_function(user_function object);
    void put_role(role object);

    void erase_schema(object_oid);
    void erase_relation(object_oid);  // with its row type
    void erase_type(type_oid);        // with its array type
    void erase_function(object_oid);
    void erase_role(object_oid);

    void set_database_name(std::string name) { contents_.database_name = std::move(name); }
    // What was put or erased since the builder was made, each once, ascending.
    struct change {
        enum class kind : std::uint8_t { schema, relation, type, function, role };
        kind what{};
        object_oid oid{};
        bool operator<(change const& other) const noexcept {
            return std::pair{what, oid} < std::pair{other.what, other.oid};
        }
    };
    std::vector<change> changes() const;

    catalog_contents const& contents() const noexcept { return contents_; }
    // The snapshot as it is now, for the transaction's own statements and for publishing; each call
    // has a version of its own, greater than the one before.
    catalog_ptr snapshot();

private:
    void note(change::kind what, object_oid oid);
    void put_row_type(relation& object);

    catalog_contents contents_;
    std::map<change, bool> changes_;
    principal_id maker_{};
    object_oid maker_role_ = bootstrap_role;
};

}  // namespace sluice::sql
