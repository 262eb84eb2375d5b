#include "backend/kv/index_cursor.hpp"

#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/options.h>
#include <rocksdb/perf_context.h>

#include "backend/kv/rocksdb_status.hpp"
#include "gateway/core/assert.hpp"

namespace sluice::kv {
namespace {

rocksdb::Slice slice_of(std::string_view bytes) noexcept { return {bytes.data(), bytes.size()}; }
std::string_view view_of(rocksdb::Slice bytes) noexcept { return {bytes.data(), bytes.size()}; }

class iterator_cursor final : public cursor {
public:
    iterator_cursor(rocksdb::DB& database, rocksdb::ColumnFamilyHandle* family,
                    rocksdb::ReadOptions options, std::shared_ptr<snapshot const> view,
                    std::string lower, std::string upper, std::atomic<std::uint64_t>& passed)
        : view_(std::move(view)), lower_(std::move(lower)), upper_(std::move(upper)),
          lower_slice_(lower_), upper_slice_(upper_), passed_(passed) {
        if (!lower_.empty()) options.iterate_lower_bound = &lower_slice_;
        if (!upper_.empty()) options.iterate_upper_bound = &upper_slice_;
        empty_ = !upper_.empty() && upper_ <= lower_;
        if (!empty_) iterator_.reset(database.NewIterator(options, family));
    }

    bool valid() const override {
        if (empty_) return false;
        if (!positioned_) {
            positioned_ = true;
            move([&] { iterator_->SeekToFirst(); });
        }
        return iterator_->Valid();
    }
    std::string_view key() const override {
        SLUICE_ASSERT(valid());
        return view_of(iterator_->key());
    }
    std::string_view value() const override {
        SLUICE_ASSERT(valid());
        return view_of(iterator_->value());
    }
    void next() override {
        SLUICE_ASSERT(valid());
        move([&] { iterator_->Next(); });
    }
    void previous() override {
        SLUICE_ASSERT(valid());
        move([&] { iterator_->Prev(); });
    }
    void seek(std::string_view key) override {
        if (start_moving()) move([&] { iterator_->Seek(slice_of(key)); });
    }
    void seek_last() override {
        if (start_moving()) move([&] { iterator_->SeekToLast(); });
    }
    void seek_for_previous(std::string_view key) override {
        if (start_moving()) move([&] { iterator_->SeekForPrev(slice_of(key)); });
    }
    result<void> status() const override {
        if (empty_ || valid()) return {};
        auto status = iterator_->status();
        if (!status.ok()) return failure_of(status, "scan");
        return {};
    }

private:
    // The library counts what it passed per thread.
    template <class Step>
    void move(Step step) const {
        auto const& counts = *rocksdb::get_perf_context();
        auto const before = counts.internal_delete_skipped_count;
        step();
        auto const count = counts.internal_delete_skipped_count - before;
        if (count > 0) passed_.fetch_add(count, std::memory_order_relaxed);
    }

    bool start_moving() {
        positioned_ = true;
        return !empty_;
    }

    // shared with the caller and other readers; outlives iterator_
    std::shared_ptr<snapshot const> view_;
    std::string lower_, upper_;
    rocksdb::Slice lower_slice_, upper_slice_;
    std::unique_ptr<rocksdb::Iterator> iterator_;
    std::atomic<std::uint64_t>& passed_;
    bool empty_ = false;
    mutable bool positioned_ = false;
};

}  // namespace

std::unique_ptr<cursor> make_cursor(rocksdb::DB& database, rocksdb::ColumnFamilyHandle* family,
                                    rocksdb::ReadOptions const& options,
                                    std::shared_ptr<snapshot const> view, std::string lower,
                                    std::string upper,
                                    std::atomic<std::uint64_t>& deletions_passed) {
    return std::make_unique<iterator_cursor>(database, family, options, std::move(view),
                                             std::move(lower), std::move(upper), deletions_passed);
}

}  // namespace sluice::kv
