// Records of a file that the read engine takes apart (Parquet): only the columns that the program
// uses are read. It needs no bytes fed, and blocks where the file does.
#pragma once

#include <memory>

#include "backend/query/file_rows.hpp"
#include "protocols/sql/records/record_reader.hpp"

namespace sluice::sql::records {

// The program outlives the reader. missing_headers: a column that is not there.
record_result<std::unique_ptr<record_reader>> make_file_records(
    program const& of, std::unique_ptr<query::file_rows> rows, reader_limits const& limits);

record_fault to_fault(failure const& what);

}  // namespace sluice::sql::records
