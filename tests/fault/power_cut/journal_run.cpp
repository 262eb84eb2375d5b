#include "tests/fault/power_cut/journal_run.hpp"

#include "tests/fault/power_cut/journal_driver.hpp"

namespace sluice::fault {
namespace {

class one_run {
public:
    one_run(journal_run const& wanted, run_totals& totals)
        : wanted_(wanted), totals_(totals), random_(wanted.seed),
          machine_(random_(), {.index = wanted.index}) {
        options_.segment_bytes = mebibyte;
        options_.segments_kept_ready = 1 + std::uint32_t(random_() % 2);
        options_.groups_in_flight = 1 + std::uint32_t(random_() % 4);
        options_.group_bytes = random_() % 2 == 0 ? 64 * kibibyte : 512 * kibibyte;
        if (wanted.seed % 2 == 0) options_.overlap_bytes = 0;
        options_.unflushed_bytes = random_() % 2 == 0 ? 32 * kibibyte : 512 * kibibyte;
        options_.reserved_segments = 2;
        options_.index_ballast_bytes = 0;
        options_.bugs = wanted.bugs;
        recycling_ = random_() % 4 == 0;
    }

    std::optional<std::string> run() {
        auto rounds = 2 + random_() % 4;
        for (std::uint64_t round = 0; round < rounds; ++round) {
            if (auto wrong = one_round(round + 1 == rounds)) {
                return "round " + std::to_string(round) + ": " + *wrong;
            }
        }
        return std::nullopt;
    }

private:
    // Recovers, checks, works and loses power (or stops in order, in the last round).
    std::optional<std::string> one_round(bool last) {
        std::unique_ptr<journal_driver> driver;
        if (auto wrong = recover(driver)) return wrong;
        if (!driver) return std::nullopt;
        driver->run(20 + random_() % 80);
        if (!last) {
            if (random_() % 4 != 0) machine_.device().pause();
            driver->run(random_() % 16);
            machine_.power_off();
            ++totals_.cuts;
        }
        driver->settle();
        if (last && machine_.is_powered()) driver->check_everything();
        totals_.acknowledged += model_.acknowledgements() - seen_acknowledgements_;
        seen_acknowledgements_ = model_.acknowledgements();
        auto wrong = driver->violation();
        if (auto counted = driver->opened().segments().statistics(); true) {
            totals_.recycled += counted.recycled;
        }
        driver.reset();
        if (last && machine_.is_powered()) {
            if (auto lost = recover(driver); !wrong) wrong = lost;
            driver.reset();
        }
        next_machine();
        return wrong;
    }

    void next_machine() {
        machine_.power_cut();
        machine_.forget_old();
    }

    std::optional<std::string> recover(std::unique_ptr<journal_driver>& driver) {
        for (int attempt = 0; attempt < 4; ++attempt) {
            // Sometimes the power goes during recovery, or later at an event of its own.
            if (attempt < 3 && random_() % 3 == 0) machine_.cut_at(1 + random_() % 24);
            else if (random_() % 2 == 0) machine_.cut_at(40 + random_() % 400);
            driver = std::make_unique<journal_driver>(
                machine_, model_, history_,
                journal_driver_options{.journal = options_, .seed = random_(),
                                       .keys = recycling_ ? 8 : 48,
                                       .more_bulk = recycling_ ? 35u : 0u});
            auto started = driver->start();
            if (started.has_value()) return compare(*driver);
            bool powered = machine_.is_powered();
            driver.reset();
            if (powered) return "does not open: " + started.error().describe();
            ++totals_.cuts_in_recovery;
            next_machine();
        }
        return std::nullopt;
    }

    std::optional<std::string> compare(journal_driver& driver) {
        auto const& report = driver.recovered();
        if (report.torn_tail) ++totals_.torn_tails;
        auto reached = report.applied_after;
        if (reached < model_.highest_acknowledged()) {
            return "recovery stops at lsn " + std::to_string(to_underlying(reached)) +
                   ", acknowledged was " +
                   std::to_string(to_underlying(model_.highest_acknowledged()));
        }
        if (driver.applied_before() > reached) return "recovery went behind the index";
        if (driver.opened().durable() < reached) return "applied is ahead of durable";
        if (!machine_.is_powered()) return std::nullopt;
        // The published state must be the model's at its own lsn; nothing else was ever ordered.
        driver.check_everything();
        driver.check_segments();
        model_.recovered(reached);
        if (!machine_.is_powered()) return std::nullopt;
        return driver.violation();
    }

    journal_run const wanted_;
    run_totals& totals_;
    std::mt19937_64 random_;
    machine machine_;
    journal_model model_;
    journal_history history_;
    journal::journal_options options_;
    bool recycling_ = false;  // few keys and much bulk: segments are used again and again
    std::size_t seen_acknowledgements_ = 0;
};

}  // namespace

std::optional<std::string> run_journal_seed(journal_run const& wanted, run_totals& totals) {
    return one_run(wanted, totals).run();
}

}  // namespace sluice::fault
