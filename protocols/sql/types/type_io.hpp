// Text and binary input and output of values, as PostgreSQL 15's in/out/recv/send functions do it.
// Input answers PostgreSQL's SQLSTATE and text; a type that is not served is refused with 0A000 by
// name. Output of a value of its type cannot fail. Pure apart from what io_context names; any
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "protocols/sql/sql_error.hpp"
#include "protocols/sql/tree.hpp"
#include "protocols/sql/types/datum.hpp"
#include "protocols/sql/types/time_zone.hpp"
#include "protocols/sql/types/type_info.hpp"

namespace sluice::sql {

enum class date_style : std::uint8_t { iso, sql, postgres, german };
enum class date_order : std::uint8_t { mdy, dmy, ymd };
enum class interval_style : std::uint8_t { postgres, postgres_verbose, sql_standard, iso_8601 };

// The session settings that change a value's text.
struct session_style {
    date_style dates = date_style::iso;
    date_order order = date_order::mdy;
    interval_style intervals = interval_style::postgres;
    bool bytea_hex = true;
    int extra_float_digits = 1;
    time_zone_ptr zone;  // null: UTC
};

struct value_limits {
    std::size_t value_bytes = 256U << 20U;  // of one value, 54000 past it
    std::size_t array_elements = 4U << 20U;
    std::uint32_t nesting = 1000;  // json, arrays, records, expressions: 54001 past it
    std::uint32_t numeric_digits = 131072 + 16383;
};

struct io_context {
    session_style style;
    value_limits limits;
    // Start of the transaction, microseconds since 2000-01-01 UTC: 'now', 'today', ...
    std::int64_t transaction_time = 0;
    type_catalog const* types = nullptr;  // null: reg* names, enums and composites are refused
};

// `type.modifier` is enforced as at assignment (varchar(n): 22001, numeric(p,s): rounded, 22003).
sql_result<datum> input_text(sql_type type, std::string_view text, io_context const&);
// The same inside `depth` arrays and records.
sql_result<datum> input_text_at(sql_type type, std::string_view text, io_context const&,
                                std::uint32_t depth);
sql_result<datum> input_binary(sql_type type, std::string_view bytes, io_context const&);

// Appends. The value is not null and of the type. More than limits.value_bytes, as only arrays and
// records can become, may be cut off there: check the length.
void output_text(type_oid type, datum const& value, io_context const&, std::string& out);
void output_binary(type_oid type, datum const& value, io_context const&, std::string& out);

// Length coercion of a value that already has its type: varchar(n), char(n), numeric(p,s), time(p),
// interval fields, arrays of those. Explicit casts cut strings, assignment refuses (22001) what is
// not blank.
sql_result<datum> apply_modifier(sql_type type, datum value, bool is_explicit, io_context const&);

// typmodin and typmodout: {"10", "2"} -> modifier; modifier -> "(10,2)". 22023 with PostgreSQL's
// text.
sql_result<std::int32_t> modifier_from_text(type_oid type, std::vector<std::string> const& parts);
std::string modifier_to_text(type_oid type, std::int32_t modifier);

bool is_served_type(type_oid) noexcept;  // built in and with input/output here

}  // namespace sluice::sql
