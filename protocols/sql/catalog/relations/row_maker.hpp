// Builds rows of one catalog relation by column name; what is not set is null, or the type's
// neutral value where the column is not null. For the files of this folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocols/sql/catalog/relations/catalog_rows.hpp"

namespace sluice::sql {

class row_maker {
public:
    row_maker(catalog_snapshot const& catalog, relation const& of);

    catalog_snapshot const& catalog() const noexcept { return catalog_; }
    // Begins the next row.
    row_maker& row();
    row_maker& set(std::string_view column, datum value);
    row_maker& number(std::string_view column, std::int64_t value) { return set(column, value); }
    row_maker& oid(std::string_view column, std::uint32_t value) {
        return set(column, std::int64_t{value});
    }
    row_maker& oid(std::string_view column, object_oid value) {
        return oid(column, to_underlying(value));
    }
    row_maker& oid(std::string_view column, type_oid value) {
        return oid(column, static_cast<std::uint32_t>(value));
    }
    row_maker& flag(std::string_view column, bool value) { return set(column, value); }
    row_maker& text(std::string_view column, std::string_view value) {
        return set(column, std::string(value));
    }
    // Null when empty.
    row_maker& maybe(std::string_view column, std::string_view value);
    row_maker& letter(std::string_view column, char value) {
        return set(column, value == '\0' ? std::string() : std::string(1, value));
    }
    // regproc by the function's name; "-": 0
    row_maker& function(std::string_view column, std::string_view name);
    std::vector<catalog_row> take() { return std::move(rows_); }

private:
    catalog_snapshot const& catalog_;
    std::unordered_map<std::string_view, std::size_t> places_;
    catalog_row empty_;
    std::vector<catalog_row> rows_;
};

// int2vector and oidvector count from 0, arrays from 1.
template <class List>
datum number_array(List const& values, type_oid element, std::int32_t lower_bound) {
    auto made = std::make_shared<array_value>();
    made->element = element;
    for (auto const& each : values) made->elements.emplace_back(static_cast<std::int64_t>(each));
    if (!made->elements.empty())
        made->dimensions.push_back({static_cast<std::int32_t>(made->elements.size()), lower_bound});
    return std::shared_ptr<array_value const>(std::move(made));
}
template <class List>
datum text_array(List const& values, type_oid element) {
    auto made = std::make_shared<array_value>();
    made->element = element;
    for (auto const& each : values) made->elements.emplace_back(std::string(each));
    if (!made->elements.empty())
        made->dimensions.push_back({static_cast<std::int32_t>(made->elements.size()), 1});
    return std::shared_ptr<array_value const>(std::move(made));
}

// Every relation there is: ours, the system's, the dynamic schemas'.
std::vector<relation_ptr> all_relations(catalog_snapshot const&);
char shown_kind(relation const&) noexcept;  // pg_class.relkind

// One filler per catalog table.
void fill_pg_class(row_maker&);
void fill_pg_attribute(row_maker&);
void fill_pg_attrdef(row_maker&);
void fill_pg_index(row_maker&);
void fill_pg_constraint(row_maker&);
void fill_pg_sequence(row_maker&);
void fill_pg_inherits(row_maker&);
void fill_pg_description(row_maker&);
void fill_pg_depend(row_maker&);
void fill_pg_rewrite(row_maker&);
void fill_pg_type(row_maker&);
void fill_pg_enum(row_maker&);
void fill_pg_range(row_maker&);
void fill_pg_cast(row_maker&);
void fill_pg_proc(row_maker&);
void fill_pg_operator(row_maker&);
void fill_pg_aggregate(row_maker&);
void fill_pg_am(row_maker&);
void fill_pg_opclass(row_maker&);
void fill_pg_opfamily(row_maker&);
void fill_pg_amop(row_maker&);
void fill_pg_amproc(row_maker&);
void fill_pg_language(row_maker&);
void fill_pg_collation(row_maker&);
void fill_pg_namespace(row_maker&);
void fill_pg_database(row_maker&);
void fill_pg_authid(row_maker&);
void fill_pg_auth_members(row_maker&);
void fill_pg_tablespace(row_maker&);
void fill_pg_settings(row_maker&, setting_source const&);

}  // namespace sluice::sql
