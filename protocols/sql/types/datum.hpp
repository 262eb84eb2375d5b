// One SQL value. Its type is known from where it stands (a column, an expression node); the datum
// only holds the payload in the one representation its type has:
//   bool                                   bool
//   int2 int4 int8 oid reg* xid cid        std::int64_t
//   date                                   std::int64_t days since 2000-01-01 (int32 range; min/max
//   = -/+infinity) time                                   std::int64_t microseconds since midnight
//   timestamp timestamptz                  std::int64_t microseconds since 2000-01-01 (UTC);
//   min/max = -/+infinity timetz                                 timetz_value float4 float8 double
//   (a float4 holds a value that a float has) interval                               interval_value
//   numeric                                std::string: PostgreSQL's binary form (int16 ndigits,
//   weight, sign, dscale, digits; BE) text varchar bpchar name "char" json xml unknown bytea bit
//   varbit inet cidr   std::string (bytea raw bytes; bit and inet: wire binary form) jsonb
//   std::string: canonical text as jsonb prints it uuid std::string of 16 bytes enum std::string
//   label T[]                                    std::shared_ptr<array_value const> record and
//   composite                   std::shared_ptr<row_value const> void std::string, empty
// Plain value; a shared array or row is immutable and shared by copies of the datum.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace sluice::sql {

// PostgreSQL's oid of a type; the built-in ones are in types/type_oids.hpp (generated from the
// oracle's pg_type).
enum class type_oid : std::uint32_t {};

struct interval_value {
    std::int64_t microseconds = 0;
    std::int32_t days = 0;
    std::int32_t months = 0;
    bool operator==(interval_value const&) const = default;  // of the fields, not SQL's =
};

struct timetz_value {
    std::int64_t microseconds = 0;
    std::int32_t seconds_west = 0;
    bool operator==(timetz_value const&) const = default;
};

struct array_value;
struct row_value;
struct sql_null {
    bool operator==(sql_null const&) const = default;
};

using datum =
    std::variant<sql_null, bool, std::int64_t, double, interval_value, timetz_value, std::string,
                 std::shared_ptr<array_value const>, std::shared_ptr<row_value const>>;

struct array_value {
    struct dimension {
        std::int32_t length = 0;
        std::int32_t lower_bound = 1;
    };
    type_oid element{};
    std::vector<dimension> dimensions;  // none: the empty array
    std::vector<datum> elements;        // row-major
};

struct row_value {
    std::vector<type_oid> types;
    std::vector<datum> fields;
};

inline bool is_null(datum const& value) noexcept { return std::holds_alternative<sql_null>(value); }

}  // namespace sluice::sql
