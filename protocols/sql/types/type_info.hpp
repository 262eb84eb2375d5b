// Facts about PostgreSQL's built-in types: rows of pg_type, found by oid. User-defined types
// (enums, composites, domains) come from the catalog through type_catalog. Constant data, any
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/result.hpp"
#include "protocols/sql/sql_error.hpp"
#include "protocols/sql/tree.hpp"
#include "protocols/sql/types/datum.hpp"

namespace sluice::sql {

struct type_info {
    type_oid oid{};
    std::string_view name;
    std::int16_t length = 0;  // -1 varlena, -2 cstring
    char kind = 'b';          // typtype: b, c, d, e, p, r, m
    char category = 'U';
    bool preferred = false;
    char delimiter = ',';
    type_oid element{};  // of a true array, int2vector and oidvector; 0: none
    type_oid array{};
    type_oid base{};  // domains
    std::int32_t base_modifier = -1;
    std::uint32_t schema = 11;
};

type_info const* find_builtin_type(type_oid) noexcept;

// The element of T[] (and of int2vector, oidvector), also for arrays of the built-in domains; 0:
// not an array.
type_oid builtin_element_of(type_oid) noexcept;

// A type that is not built in, as its catalog row and columns describe it.
struct type_description {
    type_oid oid{};
    std::string name;
    char kind = 'b';
    char category = 'U';
    type_oid element{};
    type_oid array{};
    sql_type base;                    // domains
    std::vector<std::string> labels;  // enums, in their order
    struct field {
        std::string name;
        sql_type type;
    };
    std::vector<field> fields;  // composites
};

enum class reg_kind : std::uint8_t {
    regclass,
    regtype,
    regproc,
    regprocedure,
    regoper,
    regoperator,
    regnamespace,
    regrole,
    regcollation,
    regconfig,
    regdictionary
};

// What input and output need of the catalog; implemented by it, for one search path.
class type_catalog {
public:
    virtual ~type_catalog() = default;
    // Not built in; null: no such type.
    virtual std::shared_ptr<type_description const> describe(type_oid) const = 0;
    // Input of reg* types: a name as a person writes it (not a number, not "-"). PostgreSQL's
    // errors: 42P01 relation "x" does not exist, 42883, 42704, 42725, ...
    virtual sql_result<std::uint32_t> find(reg_kind, std::string_view text) const = 0;
    // Output: quoted, qualified where the search path does not show it; nullopt: print the number.
    virtual std::optional<std::string> name_of(reg_kind, std::uint32_t oid) const = 0;
};

// format_type: "character varying(20)", "numeric(10,2)[]", "timestamp(3) without time zone", ...
// `with_modifier` false prints no modifier. Unknown oids: "???". Other catalogs' types are
// qualified when `catalog` says so (regtype output).
std::string format_type(sql_type, type_catalog const*);

}  // namespace sluice::sql
