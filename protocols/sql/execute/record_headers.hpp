// Headers of a record as jsonb and back: an array, in the record's order, of
// {"key": name, "value": text or null}; a value that is no text is {"key": ..., "base64": ...}.
// Pure functions.
#pragma once

#include <string>
#include <vector>

#include "backend/store/model/log_record.hpp"
#include "protocols/sql/types/type_io.hpp"

namespace sluice::sql {

// jsonb's text. Names that are no text have their bad bytes replaced by U+FFFD.
std::string headers_to_jsonb(std::vector<store::log_header> const& headers);
// 22023 for another shape.
sql_result<std::vector<store::log_header>> headers_from_jsonb(std::string_view jsonb,
                                                              value_limits const& limits);
// Bytes that are not UTF-8 become U+FFFD.
std::string as_text(std::string_view bytes);

}  // namespace sluice::sql
