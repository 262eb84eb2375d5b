// One seed of the store's power-cut battery: buckets, objects, copies, multipart uploads and
// conditional writes by several writers, logs, tables, backups, reclaim running, a cut at a random
// moment, recovery (which may be cut too), comparison with the model, and on with the recovered store
// for several rounds.
#pragma once

#include <optional>
#include <string>

#include "tests/fault/power_cut/journal_run.hpp"
#include "tests/fault/power_cut/store_driver.hpp"

namespace sluice::fault {

std::optional<std::string> run_store_seed(journal_run const&, run_totals&,
                                          audit_bug = audit_bug::none);

}  // namespace sluice::fault
