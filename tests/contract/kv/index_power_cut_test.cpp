// Random applies, flushes and power cuts: after every reopen all families hold exactly what was
// applied up to the
// stored applied_lsn, which is never before what a flush returned. SLUICE_POWER_CUT_ROUNDS asks for
// more.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <random>

#include "backend/kv/index.hpp"
#include "gateway/core/worker_thread.hpp"
#include "tests/support/index_contents.hpp"
#include "tests/support/sim_env.hpp"
#include "tests/support/small_index.hpp"

namespace sluice::kv {
namespace {

using namespace sluice::test_support;

struct step {
    std::string batch;
    lsn at{};
    bool last = true;
};

class scenario {
public:
    explicit scenario(std::uint64_t seed) : random_(seed),
        env_(std::make_unique<sim_env>(sim_env_options{seed})) {}

    void run(int cuts) {
        reopen();
        for (int cut = 0; cut < cuts && !::testing::Test::HasFatalFailure(); ++cut) {
            env_->power_off_at(1 + below(60));
            work();
            auto next = env_->power_cut({.seed = random_()});
            index_.reset();
            env_ = std::move(next);
            reopen();
        }
    }

private:
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

    std::string random_key() { return std::string(1 + below(3),
                                                  static_cast<char>('a' + below(6))); }

    std::string random_batch() {
        mutation_batch batch;
        for (auto count = 1 + below(8); count > 0; --count) {
            auto where = static_cast<family>(1 + below(family_count));
            if (below(4) == 0) batch.erase(where, random_key());
            else if (below(8) == 0) batch.erase_range(where, random_key(), random_key());
            else batch.put(where, random_key(),
                           std::string(below(300), static_cast<char>(below(256))));
        }
        return batch.bytes();
    }

    // A transaction is applied in one step, or in chunks and a last one.
    bool apply_transaction() {
        auto at = next(applied_);
        for (auto chunks = below(4) == 0 ? below(4) : 0;; --chunks) {
            steps_.push_back({random_batch(), at, chunks == 0});
            if (!index_->apply({steps_.back().batch}, at, steps_.back().last)) return false;
            if (chunks == 0) break;
            if (below(6) == 0 && !flush()) return false;
        }
        applied_ = at;
        return true;
    }

    bool flush() {
        auto durable = index_->flush();
        if (!durable) return false;
        EXPECT_EQ(*durable, applied_);
        flushed_ = *durable;
        return true;
    }

    void work() {
        for (auto transactions = 1 + below(40); transactions > 0; --transactions) {
            if (!apply_transaction()) return;
            if (below(8) == 0 && !flush()) return;
        }
    }

    // The steps that the reopened index may hold: all up to the last one of applied_lsn, and
    // perhaps
    // chunks of the transaction behind it.
    void reopen() {
        auto opened = index::open(small_index_options(env_->environment()));
        ASSERT_TRUE(opened) << opened.error().describe();
        index_ = std::move(*opened);
        auto stored = index_->applied_lsn();
        ASSERT_GE(stored, flushed_);
        ASSERT_LE(stored, applied_);
        auto found = contents_of(*index_);
        auto expected = base_;
        std::size_t taken = 0;
        for (; taken < steps_.size() && steps_[taken].at <= stored; ++taken)
            apply_to(expected, steps_[taken].batch);
        while (expected != found && taken < steps_.size() && !steps_[taken].last)
            apply_to(expected, steps_[taken++].batch);
        ASSERT_EQ(expected, found) << "applied_lsn " << to_underlying(stored);
        base_ = std::move(found);
        steps_.clear();
        applied_ = flushed_ = stored;
    }

    std::mt19937_64 random_;
    std::unique_ptr<sim_env> env_;
    std::unique_ptr<index> index_;
    index_contents base_;
    std::vector<step> steps_;
    lsn applied_{};
    lsn flushed_{};
};

TEST(index_power_cut, every_family_holds_exactly_the_prefix_up_to_applied_lsn) {
    auto* asked = std::getenv("SLUICE_POWER_CUT_ROUNDS");
    auto rounds = asked ? std::strtoull(asked, nullptr, 10) : 150;
    for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        scenario(seed).run(4);
        if (::testing::Test::HasFailure()) return;
    }
}

// Applies go on while a flush runs on another thread, as in the server.
TEST(index_power_cut, a_flush_beside_applies_covers_what_it_returned) {
    for (std::uint64_t seed = 1; seed <= 60 && !::testing::Test::HasFatalFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        sim_env env({.seed = seed});
        auto opened = index::open(small_index_options(env.environment())).value();
        env.power_off_at(20 + seed * 3);
        std::atomic<std::uint64_t> flushed = 0;
        std::atomic<bool> stopped = false;
        worker_thread flusher("flusher", [&](std::stop_token) {
            while (auto durable = opened->flush()) flushed = to_underlying(*durable);
            stopped = true;
        });
        std::uint64_t at = 0;
        while (!stopped) {
            mutation_batch batch;
            auto value = std::to_string(++at);
            batch.put(family::object, "k", value);
            batch.put(family::log, "k", value);
            if (!opened->apply({batch.bytes()}, lsn{at})) break;
        }
        flusher.join();
        auto after = env.power_cut({.seed = seed + 1000});
        opened.reset();
        auto reopened = index::open(small_index_options(after->environment())).value();
        auto stored = to_underlying(reopened->applied_lsn());
        ASSERT_GE(stored, flushed);
        ASSERT_LE(stored, at);
        auto expected = stored == 0 ? std::nullopt : std::optional(std::to_string(stored));
        for (auto where : {family::object, family::log})
            ASSERT_EQ(reopened->get(*reopened->take_snapshot(), where, "k",
                                    read_tier::may_block).value(), expected);
    }
}

// The environment is worth something only if it takes away what was not synced.
TEST(index_power_cut, unflushed_steps_are_lost) {
    sim_env env;
    auto opened = index::open(small_index_options(env.environment())).value();
    mutation_batch batch;
    batch.put(family::object, "a", "1");
    opened->apply({batch.bytes()}, lsn{1}).value();
    auto after = env.power_cut({.seed = 5});
    opened.reset();
    auto reopened = index::open(small_index_options(after->environment())).value();
    EXPECT_EQ(reopened->applied_lsn(), lsn{0});
}

}  // namespace
}  // namespace sluice::kv
