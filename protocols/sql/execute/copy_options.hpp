// The options of COPY (PostgreSQL 15 manual, "COPY"): checked for what fits together, each with
// PostgreSQL's own error. Pure.
#pragma once

#include <string>
#include <vector>

#include "protocols/sql/sql_error.hpp"
#include "protocols/sql/statements.hpp"

namespace sluice::sql {

struct copy_options {
    bool csv = false, binary = false;
    char delimiter = '\t';
    std::string null_text = "\\N";
    bool header = false, header_match = false;
    char quote = '"', escape = '"';
    bool force_quote_all = false;
    std::vector<std::string> force_quote, force_not_null, force_null;
    bool freeze = false;  // rows that nobody else can see yet: there is nothing to freeze
};

sql_result<copy_options> copy_options_of(utility::copy const& what);

}  // namespace sluice::sql
