#include "backend/kv/index.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>
#include <rocksdb/snapshot.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <limits>
#include <mutex>

#include "backend/kv/index_cursor.hpp"
#include "backend/kv/key_space.hpp"
#include "backend/kv/manifest_tail.hpp"
#include "backend/kv/range_erase.hpp"
#include "backend/kv/rocksdb_options.hpp"
#include "backend/kv/rocksdb_status.hpp"
#include "gateway/core/assert.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::kv {
namespace {

// Readers stepped over so many deletions since the last flush, and memory holds so many: worth one.
constexpr std::uint64_t deletions_passed_max = 100'000;
constexpr std::uint64_t deletions_in_memory_min = 10'000;

rocksdb::Slice slice_of(std::string_view bytes) noexcept { return {bytes.data(), bytes.size()}; }

class database_snapshot final : public snapshot {
public:
    explicit database_snapshot(rocksdb::DB& database)
        : database_(database), taken_(database.GetSnapshot()) {}
    ~database_snapshot() override { database_.ReleaseSnapshot(taken_); }
    database_snapshot(database_snapshot const&) = delete;
    database_snapshot& operator=(database_snapshot const&) = delete;

    rocksdb::Snapshot const* taken() const noexcept { return taken_; }

private:
    rocksdb::DB& database_;
    rocksdb::Snapshot const* taken_;
};

// Remembers that a compaction failed: reads and writes go on without it, the next flush starts it
// again.
class error_listener final : public rocksdb::EventListener {
public:
    void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status*) override {
        if (reason == rocksdb::BackgroundErrorReason::kCompaction) compaction_failed_ = true;
    }
    bool compaction_failed() const noexcept { return compaction_failed_; }
    bool take_compaction_failed() noexcept { return compaction_failed_.exchange(false); }

private:
    std::atomic<bool> compaction_failed_ = false;
};

std::string parent_of(std::string const& folder) {
    auto end = folder.find_last_not_of('/');
    auto slash = folder.find_last_of('/', end);
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : folder.substr(0, slash);
}

rocksdb::Status sync_folder(rocksdb::Env& environment, std::string const& folder) {
    std::unique_ptr<rocksdb::Directory> opened;
    auto status = environment.NewDirectory(folder, &opened);
    return status.ok() ? opened->Fsync() : status;
}

// One value of `property`, summed or maximised over the families.
template <class Combine>
std::uint64_t property_over(rocksdb::DB& database,
                            std::vector<rocksdb::ColumnFamilyHandle*> const& handles,
                            std::string const& property, Combine combine) {
    std::uint64_t combined = 0;
    for (auto* handle : handles) {
        std::uint64_t value = 0;
        if (database.GetIntProperty(handle, property, &value)) combined = combine(combined, value);
    }
    return combined;
}

// A property that RocksDB has as text only.
std::uint64_t level0_files_of(rocksdb::DB& database, rocksdb::ColumnFamilyHandle* family) {
    std::string text;
    std::uint64_t files = 0;
    if (database.GetProperty(family, rocksdb::DB::Properties::kNumFilesAtLevelPrefix + "0", &text))
        std::from_chars(text.data(), text.data() + text.size(), files);
    return files;
}

double pressure_of(std::uint64_t value, pressure_range range) {
    if (value <= range.low) return 0.0;
    if (value >= range.high) return 1.0;
    return static_cast<double>(value - range.low) / static_cast<double>(range.high - range.low);
}

result<void> add_batch(rocksdb::DB& database, rocksdb::WriteBatch& into, std::string_view encoded,
                       std::vector<rocksdb::ColumnFamilyHandle*> const& handles) {
    for (mutation_cursor in(encoded); !in.at_end();) {
        SLUICE_TRY(auto change, in.take());
        auto* handle = handles[to_underlying(change.where) - 1u];
        rocksdb::Status status;
        switch (change.what) {
            case operation::put:
                status = into.Put(handle, slice_of(change.key), slice_of(change.value));
                break;
            case operation::erase: status = into.Delete(handle, slice_of(change.key)); break;
            case operation::erase_range:
                if (change.key >= change.value) break;   // an empty range
                status = erase_range(database, handle, slice_of(change.key), slice_of(change.value),
                                     into);
                break;
        }
        if (!status.ok()) return failure_of(status, "apply");
    }
    return {};
}

class database_index final : public index {
public:
    explicit database_index(index_options const& options)
        : options_(options), cache_(make_block_cache(options)),
          errors_(std::make_shared<error_listener>()) {}

    ~database_index() override {
        for (auto* handle : handles_) database_->DestroyColumnFamilyHandle(handle);
        if (database_) database_->Close().PermitUncheckedError();
    }

    result<void> open() {
        rocksdb::DBOptions database_options;
        fill_database_options(options_, database_options);
        database_options.listeners.push_back(errors_);
        database_options.write_buffer_manager = memory_;
        SLUICE_CHECK(prepare_folder(*database_options.env));
        auto status = open_database(database_options);
        if (status.IsCorruption() && !options_.read_only) {
            SLUICE_TRY(bool cut, cut_torn_manifest(*database_options.env, options_.folder));
            if (cut) status = open_database(database_options);
        }
        if (!status.ok()) return open_failure(status);
        return read_applied();
    }

    lsn applied_lsn() const override { return lsn{applied_.load(std::memory_order_acquire)}; }

    result<void> apply(std::vector<std::string_view> const& batches, lsn upto,
                       bool last_of_step) override {
        SLUICE_CHECK(usable());
        return without_exceptions("apply", [&]() -> result<void> {
            rocksdb::WriteBatch step;
            for (auto encoded : batches) {
                SLUICE_CHECK(add_batch(*database_, step, encoded, handles_));
            }
            if (last_of_step) {
                SLUICE_CHECK(add_applied(step, upto));
            }
            rocksdb::WriteOptions options;
            options.disableWAL = true;
            auto status = database_->Write(options, &step);
            if (!status.ok()) return give_up(failure_of(status, "apply"));
            if (last_of_step) applied_.store(to_underlying(upto), std::memory_order_release);
            return {};
        });
    }

    double memory_fill() const noexcept override {
        auto const fill = static_cast<double>(memory_->mutable_memtable_memory_usage()) /
                          static_cast<double>(options_.memtable_bytes);
        return deletions_are_in_the_way() ? std::max(fill, 1.0) : fill;
    }

    result<lsn> flush() override {
        SLUICE_CHECK(usable());
        return without_exceptions("flush", [&]() -> result<lsn> {
            if (errors_->take_compaction_failed()) {
                auto status = database_->Resume();
                if (!status.ok()) return give_up(failure_of(status, "flush"));
            }
            auto covered = applied_lsn();
            deletions_passed_.store(0, std::memory_order_relaxed);
            rocksdb::FlushOptions options;
            options.wait = true;
            // stalls are switched off, and waiting for them would grow memory
            options.allow_write_stall = true;
            auto status = database_->Flush(options, handles_);
            if (!status.ok()) return give_up(failure_of(status, "flush"));
            return covered;
        });
    }

    std::shared_ptr<snapshot const> take_snapshot() override {
        return std::make_shared<database_snapshot>(*database_);
    }

    result<std::optional<std::string>> get(snapshot const& view, family where, std::string_view key,
                                           read_tier tier) const override {
        return without_exceptions("get", [&]() -> result<std::optional<std::string>> {
            std::string value;
            auto status = database_->Get(read_options(view, tier), handle_of(where), slice_of(key),
                                         &value);
            if (status.IsNotFound()) return std::optional<std::string>{};
            if (!status.ok()) return failure_of(status, "get");
            return std::optional<std::string>{std::move(value)};
        });
    }

    std::unique_ptr<cursor> scan(std::shared_ptr<snapshot const> view, family where,
                                 std::string lower,
                                 std::string upper, read_tier tier) const override {
        SLUICE_ASSERT(view != nullptr);
        auto options = read_options(*view, tier);
        return make_cursor(*database_, handle_of(where), options, std::move(view), std::move(lower),
                           std::move(upper), deletions_passed_);
    }

    std::uint64_t approximate_bytes(family where, std::string_view lower,
                                    std::string_view upper) const override {
        rocksdb::Range const range(slice_of(lower), slice_of(upper));
        rocksdb::SizeApproximationOptions options;
        options.include_memtables = true;
        std::uint64_t bytes = 0;
        auto const status =
            database_->GetApproximateSizes(options, handle_of(where), &range, 1, &bytes);
        return status.ok() ? bytes : 0;
    }

    result<void> checkpoint(std::string const& folder) override {
        return without_exceptions("checkpoint", [&]() -> result<void> {
            rocksdb::Checkpoint* made = nullptr;
            auto status = rocksdb::Checkpoint::Create(database_.get(), &made);
            std::unique_ptr<rocksdb::Checkpoint> owned(made);
            constexpr auto never_flush = std::numeric_limits<std::uint64_t>::max();
            if (status.ok()) status = owned->CreateCheckpoint(folder, never_flush);
            if (status.ok()) status = sync_folder(*database_->GetEnv(), folder);
            if (status.ok()) status = sync_folder(*database_->GetEnv(), parent_of(folder));
            if (!status.ok()) return failure_of(status, "checkpoint");
            return {};
        });
    }

    result<void> verify_checksums() const override {
        return without_exceptions("verify", [&]() -> result<void> {
            auto status = database_->VerifyFileChecksums(rocksdb::ReadOptions());
            if (status.ok()) status = database_->VerifyChecksum();
            if (!status.ok()) return failure_of(status, "verify");
            return {};
        });
    }

    index_statistics statistics() const override {
        using properties = rocksdb::DB::Properties;
        auto largest = [](std::uint64_t a, std::uint64_t b) { return std::max(a, b); };
        auto sum = [](std::uint64_t a, std::uint64_t b) { return a + b; };
        auto& database = *database_;
        index_statistics now;
        now.memtable_bytes = property_over(database, handles_, properties::kCurSizeAllMemTables,
                                           sum);
        now.sst_bytes = property_over(database, handles_, properties::kTotalSstFilesSize, sum);
        now.block_cache_bytes = cache_->GetUsage();
        for (auto* handle : handles_)
            now.level0_files = std::max(now.level0_files, level0_files_of(database, handle));
        now.compaction_debt_bytes =
            property_over(database, handles_, properties::kEstimatePendingCompactionBytes, sum);
        now.write_stopped =
            property_over(database, handles_, properties::kIsWriteStopped, largest) != 0 ||
                !usable();
        now.write_pressure =
            now.write_stopped
                ? 1.0
                : std::max({pressure_of(now.level0_files, level0_files_pressure),
                            pressure_of(now.compaction_debt_bytes, compaction_debt_pressure),
                            pressure_of(now.memtable_bytes, memory_pressure())});
        return now;
    }

private:
    // Those in files are compacted away (see rocksdb_options); those in memory must get there first.
    bool deletions_are_in_the_way() const noexcept {
        if (deletions_passed_.load(std::memory_order_relaxed) < deletions_passed_max) return false;
        auto const in_memory = property_over(
            *database_, handles_, rocksdb::DB::Properties::kNumDeletesActiveMemTable,
            [](std::uint64_t a, std::uint64_t b) { return a + b; });
        if (in_memory < deletions_in_memory_min) {
            deletions_passed_.store(0, std::memory_order_relaxed);
            return false;
        }
        return true;
    }

    pressure_range memory_pressure() const noexcept {
        auto const full = static_cast<double>(options_.memtable_bytes);
        return {static_cast<std::uint64_t>(full * memory_pressure_low),
                static_cast<std::uint64_t>(full * memory_pressure_high)};
    }

    rocksdb::Status open_database(rocksdb::DBOptions const& options) {
        auto families = family_descriptors(options_, cache_);
        rocksdb::DB* opened = nullptr;
        handles_.clear();
        auto status =
            options_.read_only
                ? rocksdb::DB::OpenForReadOnly(options, options_.folder, families, &handles_,
                                               &opened)
                : rocksdb::DB::Open(options, options_.folder, families, &handles_, &opened);
        database_.reset(opened);
        return status;
    }

    result<void> prepare_folder(rocksdb::Env& environment) const {
        if (options_.read_only) return {};
        auto status = environment.CreateDirIfMissing(options_.folder);
        // RocksDB syncs names inside its folder, not the folder's own.
        if (status.ok()) status = sync_folder(environment, parent_of(options_.folder));
        if (!status.ok()) return failure_of(status, "open");
        return {};
    }

    result<void> open_failure(rocksdb::Status const& status) const {
        auto why = failure_of(status, "open");
        auto& environment = options_.environment ? *options_.environment : *rocksdb::Env::Default();
        bool existed = environment.FileExists(options_.folder + "/CURRENT").ok();
        if (status.IsPathNotFound()) why.code = existed ? error::corrupt : error::not_found;
        // families of a later version
        if (status.IsInvalidArgument() && existed) why.code = error::unsupported;
        bool locked = why.text.find("lock hold by current process") != std::string::npos ||
                      why.text.find("While lock file") != std::string::npos;
        if (status.IsIOError() && locked) why.code = error::conflict;
        return why;
    }

    result<void> read_applied() {
        std::string value;
        auto key = key_space::applied_lsn();
        auto status = database_->Get(sound_read_options(), handle_of(family::meta), key, &value);
        if (status.IsNotFound()) return {};
        if (!status.ok()) return failure_of(status, "open");
        byte_reader in(value);
        applied_ = in.little<std::uint64_t>();
        if (!in.finish("applied lsn"))
            return failure{error::corrupt, "index open: applied lsn has a wrong size"};
        return {};
    }

    result<void> add_applied(rocksdb::WriteBatch& step, lsn upto) const {
        SLUICE_ASSERT(upto >= applied_lsn());
        std::string value;
        byte_writer(value).little(to_underlying(upto));
        auto status = step.Put(handle_of(family::meta), key_space::applied_lsn(), value);
        if (!status.ok()) return failure_of(status, "apply");
        return {};
    }

    rocksdb::ColumnFamilyHandle* handle_of(family where) const {
        auto at = static_cast<std::size_t>(to_underlying(where)) - 1;
        SLUICE_ASSERT(at < handles_.size());
        return handles_[at];
    }

    static rocksdb::ReadOptions read_options(snapshot const& view, read_tier tier) {
        auto options = sound_read_options();
        options.snapshot = static_cast<database_snapshot const&>(view).taken();
        options.read_tier = tier == read_tier::cache_only ? rocksdb::kBlockCacheTier
            : rocksdb::kReadAllTier;
        return options;
    }

    // After a failed apply or flush nobody knows what is in the files: only a new open tells.
    failure give_up(failure why) {
        std::scoped_lock lock(failed_mutex_);
        if (!failed_) failed_ = why;
        return why;
    }
    result<void> usable() const {
        if (options_.read_only) return failure{error::read_only, "index is open read-only"};
        std::scoped_lock lock(failed_mutex_);
        if (failed_) return *failed_;
        return {};
    }

    index_options const options_;
    // shared with the table readers of the database
    std::shared_ptr<rocksdb::Cache> cache_;
    std::shared_ptr<error_listener> errors_;           // shared with the database
    // shared with the database
    std::shared_ptr<rocksdb::WriteBufferManager> memory_ = make_memory_count();
    std::unique_ptr<rocksdb::DB> database_;
    std::vector<rocksdb::ColumnFamilyHandle*> handles_;   // by family - 1
    std::atomic<std::uint64_t> applied_ = 0;
    mutable std::atomic<std::uint64_t> deletions_passed_ = 0;   // by cursors, since the last flush
    mutable std::mutex failed_mutex_;
    std::optional<failure> failed_;
};

}  // namespace

result<std::unique_ptr<index>> index::open(index_options const& options) {
    return without_exceptions("open", [&]() -> result<std::unique_ptr<index>> {
        auto opening = std::make_unique<database_index>(options);
        SLUICE_CHECK(opening->open());
        return std::unique_ptr<index>(std::move(opening));
    });
}

}  // namespace sluice::kv
