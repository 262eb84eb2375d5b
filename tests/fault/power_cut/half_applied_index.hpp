// An index that stops in the middle of a large transaction: after its first step, which a flush made
// durable, it goes on only when somebody copied the files. Thread rule: that of kv::index.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "backend/kv/index.hpp"

namespace sluice::fault {

class half_applied_index final : public kv::index {
public:
    // Outlives the index.
    class gate {
    public:
        void wait_until_half_applied() {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return half_applied_; });
        }

    private:
        friend class half_applied_index;
        std::mutex mutex_;
        std::condition_variable changed_;
        bool half_applied_ = false;
        bool copied_ = false;
    };

    half_applied_index(std::unique_ptr<kv::index> under, gate& at)
        : under_(std::move(under)), gate_(at) {}

    lsn applied_lsn() const override { return under_->applied_lsn(); }
    result<void> apply(std::vector<std::string_view> const& batches, lsn upto,
                       bool last_of_step) override {
        SLUICE_CHECK(under_->apply(batches, upto, last_of_step));
        if (last_of_step) return {};
        SLUICE_TRY(auto const flushed, under_->flush());
        static_cast<void>(flushed);
        std::unique_lock lock(gate_.mutex_);
        gate_.half_applied_ = true;
        gate_.changed_.notify_all();
        gate_.changed_.wait(lock, [this] { return gate_.copied_; });
        return {};
    }
    double memory_fill() const noexcept override { return under_->memory_fill(); }
    result<lsn> flush() override { return under_->flush(); }
    std::shared_ptr<kv::snapshot const> take_snapshot() override {
        return under_->take_snapshot();
    }
    result<std::optional<std::string>> get(kv::snapshot const& view, kv::family where,
                                           std::string_view key,
                                           kv::read_tier tier) const override {
        return under_->get(view, where, key, tier);
    }
    std::unique_ptr<kv::cursor> scan(std::shared_ptr<kv::snapshot const> view, kv::family where,
                                     std::string lower, std::string upper,
                                     kv::read_tier tier) const override {
        return under_->scan(std::move(view), where, std::move(lower), std::move(upper), tier);
    }
    result<void> checkpoint(std::string const& folder) override {
        auto made = under_->checkpoint(folder);
        std::scoped_lock lock(gate_.mutex_);
        gate_.copied_ = true;
        gate_.changed_.notify_all();
        return made;
    }
    result<void> verify_checksums() const override { return under_->verify_checksums(); }
    kv::index_statistics statistics() const override { return under_->statistics(); }
    std::uint64_t approximate_bytes(kv::family where, std::string_view lower,
                                    std::string_view upper) const override {
        return under_->approximate_bytes(where, lower, upper);
    }

private:
    std::unique_ptr<kv::index> const under_;
    gate& gate_;
};

}  // namespace sluice::fault
