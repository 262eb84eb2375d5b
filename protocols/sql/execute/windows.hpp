// Window functions over kept rows: each window's rows are sorted by partition and order, each call
// computed per row with its frame, the values put beside the rows (row_group::computed).
// Rules: PostgreSQL 15 manual 3.5, 4.2.8 (frames, exclusions). Thread rule: the run's.
#pragma once

#include <vector>

#include "protocols/sql/execute/grouping.hpp"

namespace sluice::sql {

// What is put beside the rows is counted in `tally`.
sql_result<void> compute_windows(frame& seen, std::vector<row_group>& rows, statement_run& run,
                                 memory_tally& tally);

}  // namespace sluice::sql
