// How a value of any type becomes JSON (to_json, json_agg, row_to_json, ...). Errors go to the
// frame.
#pragma once

#include "protocols/sql/functions/function_table.hpp"

namespace sluice::sql {

// Appends; `binary`: in jsonb's text (spaces, normalised numbers). Not null.
void append_json(type_oid type, datum const& value, bool binary, function_frame&, std::string& out);

}  // namespace sluice::sql
