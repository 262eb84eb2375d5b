#include "tests/support/sim_index.hpp"

#include "backend/kv/mutation_batch.hpp"
#include "gateway/core/assert.hpp"
#include "tests/support/small_index.hpp"

namespace sluice::test_support {
namespace {

using keys = sim_index_state::keys;

failure refused(char const* what) {
    return {error::io_failed, std::string("simulated index: ") + what};
}

struct sim_snapshot final : kv::snapshot {
    explicit sim_snapshot(sim_index_state frozen) : state(std::move(frozen)) {}
    sim_index_state state;
};

std::size_t slot_of(kv::family where) {
    auto slot = static_cast<std::size_t>(where) - 1;
    SLUICE_ASSERT(slot < kv::family_count);
    return slot;
}

class sim_cursor final : public kv::cursor {
public:
    sim_cursor(std::shared_ptr<keys const> all, std::string const& lower, std::string const& upper)
        : all_(std::move(all)), begin_(all_->lower_bound(lower)),
          end_(upper.empty() ? all_->end() : all_->lower_bound(upper)), at_(begin_) {}

    bool valid() const override { return !outside_ && at_ != end_; }
    std::string_view key() const override { return at_->first; }
    std::string_view value() const override { return at_->second; }
    void next() override { ++at_; }
    void previous() override { step_back(); }
    void seek(std::string_view key) override {
        outside_ = false;
        if (begin_ == end_ || key <= begin_->first) at_ = begin_;
        else at_ = clamped(all_->lower_bound(key));
    }
    void seek_last() override {
        at_ = end_;
        step_back();
    }
    void seek_for_previous(std::string_view key) override {
        at_ = begin_ == end_ || key < begin_->first ? begin_ : clamped(all_->upper_bound(key));
        step_back();
    }
    result<void> status() const override { return {}; }

private:
    void step_back() {
        outside_ = at_ == begin_;
        if (!outside_) --at_;
    }
    keys::const_iterator clamped(keys::const_iterator found) const {
        return end_ != all_->end() && (found == all_->end() || found->first > end_->first) ? end_
                                                                                           : found;
    }

    std::shared_ptr<keys const> all_;
    keys::const_iterator begin_, end_, at_;
    bool outside_ = false;
};

void change(std::array<std::shared_ptr<keys>, kv::family_count>& changed,
            sim_index_state const& before, kv::mutation const& what) {
    auto& family = changed[slot_of(what.where)];
    if (!family) family = std::make_shared<keys>(*before.families[slot_of(what.where)]);
    switch (what.what) {
        case kv::operation::put: (*family)[std::string(what.key)] = what.value; break;
        case kv::operation::erase: family->erase(std::string(what.key)); break;
        case kv::operation::erase_range:
            if (what.key >= what.value) break;
            family->erase(family->lower_bound(what.key), family->lower_bound(what.value));
            break;
    }
}

}  // namespace

class sim_index final : public kv::index {
public:
    explicit sim_index(sim_index_disk& disk) : disk_(disk), now_(disk.durable_) {}

    lsn applied_lsn() const override {
        std::lock_guard guard(disk_.mutex_);
        return now_.applied;
    }

    result<void> apply(std::vector<std::string_view> const& batches, lsn upto,
                       bool last_of_step) override {
        std::lock_guard guard(disk_.mutex_);
        if (!disk_.powered_) return refused("the power is off");
        if (failed_ || ++disk_.applies_ == disk_.apply_fault_) {
            failed_ = true;
            return refused("planned apply failure");
        }
        std::array<std::shared_ptr<keys>, kv::family_count> changed;
        for (auto batch : batches) {
            kv::mutation_cursor cursor(batch);
            while (!cursor.at_end()) {
                SLUICE_TRY(auto const one, cursor.take());
                change(changed, now_, one);
            }
        }
        for (std::size_t i = 0; i < changed.size(); ++i) {
            if (changed[i]) now_.families[i] = std::move(changed[i]);
        }
        if (last_of_step) now_.applied = upto;
        if (disk_.random_() % 100 < disk_.options_.flush_by_itself_percent) disk_.durable_ = now_;
        return {};
    }

    double memory_fill() const noexcept override { return 0; }
    result<lsn> flush() override {
        std::lock_guard guard(disk_.mutex_);
        if (!disk_.powered_) return refused("the power is off");
        if (failed_ || ++disk_.flushes_ == disk_.flush_fault_) {
            failed_ = true;
            return refused("planned flush failure");
        }
        disk_.durable_ = now_;
        return now_.applied;
    }

    std::shared_ptr<kv::snapshot const> take_snapshot() override {
        std::lock_guard guard(disk_.mutex_);
        return std::make_shared<sim_snapshot const>(now_);
    }

    result<std::optional<std::string>> get(kv::snapshot const& view, kv::family where,
                                           std::string_view key, kv::read_tier) const override {
        auto const& family =
            *static_cast<sim_snapshot const&>(view).state.families[slot_of(where)];
        auto found = family.find(key);
        if (found == family.end()) return std::optional<std::string>{};
        return std::optional<std::string>(found->second);
    }

    std::unique_ptr<kv::cursor> scan(std::shared_ptr<kv::snapshot const> view, kv::family where,
                                     std::string lower, std::string upper,
                                     kv::read_tier) const override {
        auto const& state = static_cast<sim_snapshot const&>(*view).state;
        return std::make_unique<sim_cursor>(state.families[slot_of(where)], lower, upper);
    }

    std::uint64_t approximate_bytes(kv::family where, std::string_view lower,
                                    std::string_view upper) const override {
        std::lock_guard guard(disk_.mutex_);
        auto const& family = *now_.families[slot_of(where)];
        std::uint64_t bytes = 0;
        for (auto at = family.lower_bound(lower); at != family.end() && at->first < upper; ++at)
            bytes += at->first.size() + at->second.size();
        return bytes;
    }

    // What was flushed, as the real index's files: nobody reads a copy but through it.
    result<void> checkpoint(std::string const& folder) override {
        sim_index_state flushed;
        {
            std::lock_guard guard(disk_.mutex_);
            if (!disk_.powered_) return refused("the power is off");
            flushed = disk_.durable_;
        }
        SLUICE_TRY(auto const copy, kv::index::open(small_index_options(nullptr, folder)));
        kv::mutation_batch all;
        for (std::size_t slot = 0; slot < kv::family_count; ++slot)
            for (auto const& [key, value] : *flushed.families[slot])
                all.put(static_cast<kv::family>(slot + 1), key, value);
        SLUICE_CHECK(copy->apply({all.bytes()}, flushed.applied));
        SLUICE_TRY(auto const at, copy->flush());
        static_cast<void>(at);
        return {};
    }
    result<void> verify_checksums() const override { return {}; }
    kv::index_statistics statistics() const override { return {}; }

private:
    sim_index_disk& disk_;
    sim_index_state now_;
    bool failed_ = false;
};

sim_index_disk::sim_index_disk(sim_index_options const& options)
    : options_(options), random_(options.seed) {
    for (auto& family : durable_.families) family = std::make_shared<keys const>();
}

result<std::unique_ptr<kv::index>> sim_index_disk::open() {
    std::lock_guard guard(mutex_);
    if (!powered_) return refused("the power is off");
    return std::unique_ptr<kv::index>(std::make_unique<sim_index>(*this));
}

void sim_index_disk::power_off() {
    std::lock_guard guard(mutex_);
    powered_ = false;
}

std::unique_ptr<sim_index_disk> sim_index_disk::power_cut(sim_index_options const& next) {
    power_off();
    return copy(next);
}

std::unique_ptr<sim_index_disk> sim_index_disk::copy(sim_index_options const& next) const {
    auto made = std::make_unique<sim_index_disk>(next);
    std::lock_guard guard(mutex_);
    made->durable_ = durable_;
    return made;
}

void sim_index_disk::fail_apply(std::uint64_t nth) {
    std::lock_guard guard(mutex_);
    apply_fault_ = applies_ + nth;
}

void sim_index_disk::fail_flush(std::uint64_t nth) {
    std::lock_guard guard(mutex_);
    flush_fault_ = flushes_ + nth;
}

}  // namespace sluice::test_support
