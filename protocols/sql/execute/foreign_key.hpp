// A foreign key as writers need it: both tables, the key it relies on, and values of one side as
// the other side's types. Immutable, in the shapes of both tables. Thread rule: any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backend/store/model/table_types.hpp"
#include "protocols/sql/catalog/catalog.hpp"
#include "protocols/sql/types/datum.hpp"
#include "protocols/sql/types/type_io.hpp"

namespace sluice::sql {

struct foreign_key {
    constraint rule;
    relation_ptr child, parent;
    std::string child_schema, parent_schema;
    // What holds the parent's keys: the table (primary key) or a unique index.
    dataset_id key_dataset{};
    bool is_index = false;
    std::vector<std::size_t> order;  // of the key's columns: their places in the rule
    std::vector<sql_type> parent_types, child_types;  // by place in the rule

    // The referring columns of a row of the child, the referenced ones of a row of the parent.
    std::vector<datum> child_values(std::vector<datum> const& row) const;
    std::vector<datum> parent_values(std::vector<datum> const& row) const;
    // Where those values are in the parent; nullopt: its type cannot have them. None is null.
    std::optional<store::reference_target> target_of(std::vector<datum> const& child) const;
    store::reference_target target_of_parent(std::vector<datum> const& parent) const;
    // The values that a child has to have to refer to these; nullopt: no child can.
    std::optional<std::vector<datum>> as_child(std::vector<datum> const& parent) const;

    std::string child_names() const;   // "a, b"
    std::string parent_names() const;
};

std::vector<foreign_key> foreign_keys_of(relation_ptr const& table, catalog_snapshot const&);
std::vector<foreign_key> foreign_keys_to(relation const& table, catalog_snapshot const&);

enum class key_types : std::uint8_t { served, not_served, incompatible };
// May a column of type `child` refer to one of type `parent`?
key_types compare_key_types(type_oid parent, type_oid child);

// Unchanged, byte for byte (1.0 and 1.00 differ).
bool same_values(std::vector<datum> const& left, std::vector<datum> const& right,
                 std::vector<sql_type> const& types, io_context const& io);

}  // namespace sluice::sql
