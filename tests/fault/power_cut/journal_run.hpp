// One seed of the journal's power-cut battery: random verbs, a cut at a random moment, recovery
// (which may be cut too), comparison with the model, and on with the recovered store for several
// rounds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "backend/journal/seeded_bugs.hpp"
#include "tests/fault/power_cut/machine.hpp"

namespace sluice::fault {

struct journal_run {
    std::uint64_t seed = 1;
    index_kind index = index_kind::memory;
    journal::seeded_bugs bugs;
};

struct run_totals {
    std::size_t acknowledged = 0;
    std::size_t cuts = 0;
    std::size_t cuts_in_recovery = 0;
    std::size_t torn_tails = 0;
    std::size_t recycled = 0;
    std::size_t rows = 0;  // of tables, where a run ended
};

// nullopt: every rule held. Otherwise the first violation, in words.
std::optional<std::string> run_journal_seed(journal_run const&, run_totals&);

}  // namespace sluice::fault
