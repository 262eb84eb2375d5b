// The backup verb of store_driver. A finished backup restores to a store that check finds right; one
// that was cut is gone, or refused by restore.
#include "backend/store/backup.hpp"

#include <algorithm>
#include <filesystem>

#include "backend/store/backup_files.hpp"
#include "backend/store/check.hpp"
#include "tests/fault/power_cut/store_driver.hpp"
#include "tests/support/run_task.hpp"

namespace sluice::fault {

std::string store_driver::new_folder(char const* what) {
    if (!scratch_) scratch_ = std::make_unique<test_support::temporary_folder>();
    return *scratch_ / (what + std::to_string(model_.next_number++));
}

// The others go on writing, and the power may go. Claimed: each takes its time.
task<void> store_driver::back_up() {
    if (!claimed_.insert("backup").second) co_return;
    auto const folder = new_folder("backup");
    auto const acknowledged = model_.audit.acknowledged();
    auto work = [this, folder](blocking_token token) {
        return store::backup(*engine_, folder, token);
    };
    auto const made = co_await pool_->run(work);
    if (made.has_value()) judge_backup(folder, acknowledged);
    else if (is_lost_answer(made.error(), "backup")) expect_unusable(folder);
}

void store_driver::expect_unusable(std::string const& folder) {
    auto const token = blocking_token::for_this_thread();
    auto const target = new_folder("refused");
    if (store::restore(folder, target, token).has_value())
        return violated("a backup that failed or was cut can be restored");
    if (std::filesystem::exists(target + "/superblock"))
        violated("a restore that was refused leaves a store");
}

// Nothing of the machine's power: it may be gone by now.
std::unique_ptr<store_driver> store_driver::open_restored(std::string const& from,
                                                          store_model& model) {
    auto const token = blocking_token::for_this_thread();
    auto const target = new_folder("restored");
    auto const restored = store::restore(from, target, token);
    if (restored.has_error()) {
        violated("a finished backup is not restored: " + restored.error().describe());
        return nullptr;
    }
    auto const report = store::check_folder(target, {}, token);
    if (report.has_error() || !report->is_clean()) {
        violated("check of a restored backup: " +
                 (report.has_error() ? report.error().describe() : store::to_text(*report)));
        return nullptr;
    }
    auto options = options_;
    options.on_a_folder = true;
    options.engine.folder = target;
    options.engine.background_work = false;
    options.seed = random_();
    auto opened = std::make_unique<store_driver>(machine_, model, options);
    auto const started = opened->start();
    if (started.has_value()) return opened;
    violated("a restored backup does not open: " + started.error().describe());
    return nullptr;
}

// Made under writers: it is of some moment between its beginning and its end.
void store_driver::judge_backup(std::string const& folder, std::size_t acknowledged_before) {
    store_model none;
    auto const restored = open_restored(folder, none);
    if (!restored) return;
    auto const found = test::run_task(restored->context_, restored->read_whole_audit());
    if (restored->violation_) return violated(*restored->violation_);
    auto const wrong =
        model_.audit.compare_backup(found, acknowledged_before, model_.audit.sent());
    if (wrong) violated(*wrong);
}

void store_driver::check_backup() {
    auto const folder = new_folder("backup");
    auto const made = store::backup(*engine_, folder, blocking_token::for_this_thread());
    if (made.has_error()) {
        if (is_lost_answer(made.error(), "backup")) expect_unusable(folder);
        return;
    }
    store_model model = model_;
    auto const restored = open_restored(folder, model);
    if (!restored) return;
    restored->check_everything();
    if (restored->violation_) return violated("restored: " + *restored->violation_);
    cut_backup(folder);
}

// What a server that was killed while it made the copy may have left: some files, none, or a part of
// the last one.
void store_driver::cut_backup(std::string const& folder) {
    auto const manifest = folder + "/MANIFEST";
    auto const bytes = std::filesystem::file_size(manifest);
    if (below(2) == 0) std::filesystem::resize_file(manifest, below(bytes));
    else std::filesystem::remove(manifest);
    for (auto const* part : {"/segments", "/kv"})
        for (auto const& name : store::files_in(folder + part).value())
            if (below(4) == 0) std::filesystem::remove(folder + part + "/" + name);
    expect_unusable(folder);
}

}  // namespace sluice::fault
