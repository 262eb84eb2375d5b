// What the analysis of one statement shares: the catalog, the settings, the types of its
// parameters, and how deep it is. And what one asks of types. One statement, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocols/sql/analyze/analyzer.hpp"
#include "protocols/sql/analyze/outcome.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {

struct parameter_state {
    type_oid type{};     // 0: not seen, unknown: seen and not told yet
    bool given = false;  // by the client
};

class analysis_context {
public:
    analysis_context(catalog_snapshot const& catalog, analysis_settings const& settings,
                     std::vector<type_oid> const& parameters);

    catalog_snapshot const& catalog() const noexcept { return catalog_; }
    analysis_settings const& settings() const noexcept { return settings_; }
    // The path names are looked up in: the session's, or a view's own.
    search_path const& path() const noexcept { return *path_; }
    void set_path(search_path const& path) noexcept { path_ = &path; }

    std::vector<parameter_state>& parameters() noexcept { return parameters_; }
    bool parameters_allowed() const noexcept { return parameters_allowed_; }
    void allow_parameters(bool allowed) noexcept { parameters_allowed_ = allowed; }

    std::size_t depth = 0, views = 0;

    // ---- types
    type_row const* type(type_oid oid) const noexcept { return catalog_.find_type(oid); }
    type_oid base_of(type_oid oid) const noexcept;
    sql_type base_of(sql_type type) const noexcept;           // with the domain's modifier
    type_oid element_of(type_oid array) const noexcept;       // 0: no true array
    type_oid element_of_base(type_oid array) const noexcept;  // through domains
    type_oid array_of(type_oid element) const noexcept;       // 0: none
    type_oid range_subtype(type_oid range) const noexcept;    // 0: no range
    type_oid range_of_multirange(type_oid multirange) const noexcept;
    char category(type_oid oid) const noexcept;
    bool preferred(type_oid oid) const noexcept;
    bool is_domain(type_oid oid) const noexcept;
    bool is_enum(type_oid oid) const noexcept;
    bool is_range(type_oid oid) const noexcept;
    bool is_multirange(type_oid oid) const noexcept;
    bool is_composite(type_oid oid) const noexcept;  // a named row type
    bool is_collatable(type_oid oid) const noexcept;
    std::string name(type_oid oid) const;  // format_type without modifier
    std::string name(sql_type type) const;

private:
    catalog_snapshot const& catalog_;
    analysis_settings const& settings_;
    search_path const* path_;
    std::vector<parameter_state> parameters_;
    bool parameters_allowed_ = true;
};

// Counts one level while it lives.
class depth_guard {
public:
    explicit depth_guard(analysis_context& owner) noexcept : owner_(owner) { ++owner_.depth; }
    ~depth_guard() { --owner_.depth; }
    depth_guard(depth_guard const&) = delete;
    depth_guard& operator=(depth_guard const&) = delete;
    bool too_deep() const noexcept { return owner_.depth > owner_.settings().depth; }

private:
    analysis_context& owner_;
};
sql_error too_deep_error();

template <class Node>
expression_ptr make_node(Node node, sql_type type, std::int32_t position) {
    auto made = std::make_shared<expression>();
    made->node = std::move(node);
    made->type = type;
    made->position = position;
    return made;
}

inline bool is_unknown(type_oid type) noexcept { return type == oid::unknown; }
// An untyped string or null literal as written.
bool is_untyped_literal(expression const&) noexcept;
bool is_polymorphic(type_oid) noexcept;

}  // namespace sluice::sql
