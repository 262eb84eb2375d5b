#include "tests/fault/power_cut/store_run.hpp"

#include "backend/journal/segment_table.hpp"
#include "backend/store/check.hpp"
#include "tests/fault/power_cut/store_driver.hpp"

namespace sluice::fault {
namespace {

class one_store_run {
public:
    one_store_run(journal_run const& wanted, run_totals& totals, audit_bug bug)
        : totals_(totals), random_(wanted.seed), machine_(random_(), {.index = wanted.index}),
          bug_(bug),
          // Checkpoints of an index in a simulated file system are not where a backup looks.
          backs_up_(wanted.index == index_kind::memory && wanted.seed % 8 == 0) {
        options_.folder = "/simulated";
        options_.memory_bytes = 64 * mebibyte;
        options_.background_work = random_() % 4 != 0;
        options_.journal.segment_bytes = random_() % 2 == 0 ? 2 * mebibyte : 4 * mebibyte;
        options_.journal.segments_kept_ready = 1;
        options_.journal.groups_in_flight = 1 + std::uint32_t(random_() % 4);
        options_.journal.group_bytes = mebibyte;
        if (wanted.seed % 2 == 0) options_.journal.overlap_bytes = 0;
        options_.journal.unflushed_bytes = random_() % 2 == 0 ? 64 * kibibyte : mebibyte;
        options_.journal.reserved_segments = 2;
        options_.journal.index_ballast_bytes = 0;
        options_.journal.bugs = wanted.bugs;
    }

    std::optional<std::string> run() {
        auto rounds = 2 + random_() % 3;
        for (std::uint64_t round = 0; round < rounds; ++round) {
            if (auto wrong = one_round(round + 1 == rounds)) {
                return "round " + std::to_string(round) + ": " + *wrong;
            }
        }
        return std::nullopt;
    }

private:
    std::optional<std::string> one_round(bool last) {
        std::unique_ptr<store_driver> driver;
        if (auto wrong = recover(driver)) return wrong;
        if (!driver) return std::nullopt;
        auto before = model_.acknowledged;
        driver->run(20 + random_() % 60, !last);
        totals_.acknowledged += model_.acknowledged - before;
        totals_.recycled += driver->opened().journal().segments().statistics().recycled;
        if (!last) ++totals_.cuts;
        if (machine_.is_powered() && !driver->violation()) driver->check_everything();
        if (last && backs_up_ && machine_.is_powered() && !driver->violation())
            driver->check_backup();
        if (driver->violation()) return driver->violation();
        driver.reset();
        if (machine_.is_powered()) {
            if (auto wrong = recover(driver)) return wrong;
            driver.reset();
            if (last && machine_.is_powered())
                if (auto wrong = check_closed()) return wrong;
        }
        next_machine();
        return std::nullopt;
    }

    // What `sluice check` says of the folder.
    std::optional<std::string> check_closed() {
        machine_.cut_at(1'000'000'000);   // not now
        auto index = machine_.open_index();
        if (index.has_error()) return "check: " + index.error().describe();
        auto const report = store::check(machine_.device(), **index, {},
                                         blocking_token::for_this_thread());
        if (report.has_error()) return "check: " + report.error().describe();
        totals_.rows += report->rows;
        if (!report->is_clean()) return "check: " + store::to_text(*report);
        return std::nullopt;
    }

    void next_machine() {
        machine_.power_cut();
        machine_.forget_old();
    }

    std::optional<std::string> recover(std::unique_ptr<store_driver>& driver) {
        for (int attempt = 0; attempt < 4; ++attempt) {
            if (attempt < 3 && random_() % 4 == 0) machine_.cut_at(1 + random_() % 24);
            else if (random_() % 2 == 0) machine_.cut_at(40 + random_() % 300);
            driver = std::make_unique<store_driver>(
                machine_, model_,
                store_driver_options{.engine = options_, .seed = random_(),
                                     .backs_up = backs_up_, .bug = bug_});
            auto started = driver->start();
            if (started.has_value()) {
                if (driver->opened().recovered().torn_tail) ++totals_.torn_tails;
                driver->check_everything();
                return driver->violation();
            }
            bool powered = machine_.is_powered();
            driver.reset();
            if (powered) return "does not open: " + started.error().describe();
            ++totals_.cuts_in_recovery;
            next_machine();
        }
        return std::nullopt;
    }

    run_totals& totals_;
    std::mt19937_64 random_;
    machine machine_;
    store_model model_;
    audit_bug const bug_;
    bool const backs_up_;
    store::engine_options options_;
};

}  // namespace

std::optional<std::string> run_store_seed(journal_run const& wanted, run_totals& totals,
                                          audit_bug bug) {
    return one_store_run(wanted, totals, bug).run();
}

}  // namespace sluice::fault
