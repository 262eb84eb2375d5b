// The journal on failing, full, lying and rotting devices: never wrong bytes, never a silent cut.
#include <gtest/gtest.h>

#include <cstdio>
#include <thread>

#include "tests/fault/power_cut/journal_driver.hpp"
#include "tests/fault/power_cut/seeds.hpp"

namespace sluice::fault {
namespace {

class fault_run {
public:
    fault_run(std::uint64_t seed, machine_options const& on)
        : random_(seed), machine_(random_(), on) {
        options_.journal.segment_bytes = mebibyte;
        options_.journal.unflushed_bytes = random_() % 2 == 0 ? 64 * kibibyte : 4 * mebibyte;
        options_.journal.reserved_segments = 2;
        options_.journal.index_ballast_bytes = 0;
        options_.journal.idle_mark = std::chrono::milliseconds(1);
    }

    std::unique_ptr<journal_driver> driver_on(machine& where) {
        options_.seed = random_();
        return std::make_unique<journal_driver>(where, model_, history_, options_);
    }

    // After whatever happened the store opens with a prefix that has all that was acknowledged.
    std::optional<std::string> reopen_and_compare() {
        machine_.power_cut();
        machine_.forget_old();
        auto driver = driver_on(machine_);
        auto started = driver->start();
        if (started.has_error()) return "does not open: " + started.error().describe();
        auto reached = driver->recovered().applied_after;
        if (reached < model_.highest_acknowledged()) return "acknowledged commits are lost";
        driver->check_everything();
        model_.recovered(reached);
        return driver->violation();
    }

    std::mt19937_64 random_;
    machine machine_;
    journal_model model_;
    journal_history history_;
    journal_driver_options options_;
};

// A device whose writes fail from some point on, after a random part of one of them was written.
std::optional<std::string> run_failing(std::uint64_t seed, error code) {
    fault_run run(seed, {});
    run.options_.may_fail = true;
    for (int round = 0; round < 3; ++round) {
        auto driver = run.driver_on(run.machine_);
        auto started = driver->start();
        if (started.has_error()) return "does not open: " + started.error().describe();
        run.machine_.device().fail_write(1 + run.random_() % 40, code);
        driver->run(60);
        driver->settle();
        driver->check_everything();
        if (driver->violation()) return driver->violation();
        driver.reset();
        if (auto wrong = run.reopen_and_compare()) return wrong;
    }
    return std::nullopt;
}

std::optional<std::string> run_full(std::uint64_t seed) {
    fault_run run(seed, {.capacity_bytes = (10 + seed % 6) * mebibyte});
    run.options_.may_run_full = true;
    for (int round = 0; round < 2; ++round) {
        auto driver = run.driver_on(run.machine_);
        auto started = driver->start();
        if (started.has_error()) {
            // A store this small may not even start; it must say so and lose nothing.
            if (started.error().code == error::no_space) return std::nullopt;
            return "does not open: " + started.error().describe();
        }
        driver->run(150);
        driver->settle();
        driver->check_everything();
        if (driver->opened().is_read_only()) return "a full device made the store read-only";
        if (driver->violation()) return driver->violation();
        driver.reset();
    }
    return run.reopen_and_compare();
}

// Runs and stops hard with everything acknowledged and marked durable; then the power goes.
std::optional<std::string> make_marked_image(fault_run& run) {
    auto driver = run.driver_on(run.machine_);
    auto started = driver->start();
    if (started.has_error()) return "does not open: " + started.error().describe();
    driver->run(80);
    driver->settle();
    driver->run_one_commit();
    driver->settle();
    auto limit = system_wall_clock().monotonic() + std::chrono::seconds(30);
    while (driver->opened().statistics().marked < run.model_.highest_acknowledged()) {
        if (system_wall_clock().monotonic() > limit) return "no durable mark is written";
        std::this_thread::yield();
    }
    if (driver->violation()) return driver->violation();
    run.machine_.power_off();
    driver.reset();
    run.machine_.power_cut();
    run.machine_.forget_old();
    return std::nullopt;
}

// A byte that somebody wrote, if one is found soon.
std::pair<std::string, std::uint64_t> some_place(machine& on, std::mt19937_64& random) {
    auto files = on.device().files();
    std::pair<std::string, std::uint64_t> place;
    for (int tries = 0; tries < 40; ++tries) {
        auto const& [path, size] = files[random() % files.size()];
        place = {path, random() % size};
        if (on.device().peek(path, place.second, 1)[0] != '\0') break;
    }
    return place;
}

// One byte of the flash changes. Either the open says where, or everything acknowledged is there
// and a read that meets the byte says so.
std::optional<std::string> run_flips(std::uint64_t seed, std::size_t& refused) {
    fault_run run(seed, {});
    if (auto wrong = make_marked_image(run)) return wrong;
    run.options_.may_be_corrupt = true;
    for (int flip = 0; flip < 12; ++flip) {
        auto copied = run.machine_.copy();
        auto [path, offset] = some_place(*copied, run.random_);
        auto where = path + " at " + std::to_string(offset) + ": ";
        copied->device().flip_byte(path, offset, std::uint8_t(1u << run.random_() % 8));
        auto driver = run.driver_on(*copied);
        auto started = driver->start();
        if (started.has_error()) {
            auto const& why = started.error();
            if (why.code != error::corrupt) return where + "open answers " + why.describe();
            if (why.text.find("segments/") == std::string::npos &&
                why.text.find("superblock") == std::string::npos) {
                return where + "the place is not named: " + why.describe();
            }
            ++refused;
            continue;
        }
        if (driver->recovered().applied_after < run.model_.highest_acknowledged()) {
            return where + "a silent cut";
        }
        driver->check_everything();
        if (driver->violation()) return where + *driver->violation();
    }
    return std::nullopt;
}

// One write that the device confirmed was not kept. What was acknowledged may be lost (nothing can
// know it at the very end), but what opens is a prefix, and no payload has wrong bytes.
std::optional<std::string> run_lying(std::uint64_t seed) {
    fault_run run(seed, {});
    auto driver = run.driver_on(run.machine_);
    auto started = driver->start();
    if (started.has_error()) return "does not open: " + started.error().describe();
    run.machine_.device().lie_about_write(1 + run.random_() % 40);
    driver->run(50);
    run.machine_.power_off();
    driver->settle();
    if (driver->violation()) return driver->violation();
    driver.reset();
    run.machine_.power_cut();
    run.machine_.forget_old();
    run.options_.may_be_corrupt = true;
    driver = run.driver_on(run.machine_);
    started = driver->start();
    if (started.has_error()) {
        if (started.error().code == error::corrupt) return std::nullopt;
        return "open answers " + started.error().describe();
    }
    driver->check_everything();
    return driver->violation();
}

template <class Run>
void run_seeds(std::uint64_t default_seeds, Run const& one) {
    auto const range = wanted_seeds(default_seeds);
    for (auto seed = range.first; seed < range.first + range.count; ++seed) {
        auto wrong = one(seed);
        ASSERT_FALSE(wrong) << "seed " << seed << ": " << *wrong << "\n  " << rerun_command(seed);
    }
}

TEST(device_faults, a_failed_write_loses_nothing_acknowledged) {
    run_seeds(60, [](std::uint64_t seed) { return run_failing(seed, error::io_failed); });
}

TEST(device_faults, a_write_that_finds_no_space_loses_nothing_acknowledged) {
    run_seeds(60, [](std::uint64_t seed) { return run_failing(seed, error::no_space); });
}

TEST(device_faults, a_full_device_refuses_and_goes_on) {
    run_seeds(30, [](std::uint64_t seed) { return run_full(seed); });
}

TEST(device_faults, a_flipped_byte_is_named_or_harmless) {
    std::size_t refused = 0;
    run_seeds(30, [&](std::uint64_t seed) { return run_flips(seed, refused); });
    std::printf("%zu opens were refused as corrupt\n", refused);
}

TEST(device_faults, a_lying_device_never_yields_wrong_bytes) {
    run_seeds(60, [](std::uint64_t seed) { return run_lying(seed); });
}

}  // namespace
}  // namespace sluice::fault
