// Cursors against a model: random writes and savepoints merged over random rows, in both
// directions and pages of all sizes.
#include <map>
#include <random>

#include "tests/contract/store/table_world.hpp"

namespace sluice::test {
namespace {

using model = std::map<std::string, std::string>;

table_world::rows part_of(model const& all, store::row_range const& range, bool backwards) {
    table_world::rows found;
    for (auto const& [key, row] : all)
        if (key >= range.first && (range.last.empty() || key < range.last))
            found.emplace_back(key, row);
    if (backwards) std::reverse(found.begin(), found.end());
    return found;
}

class cursor_run {
public:
    explicit cursor_run(std::uint64_t seed) : random_(seed) {}

    void run() {
        for (int i = 0; i < 30; ++i) published_[key()] = "p" + std::to_string(i);
        for (auto const& [key, row] : published_) world_.set(key, row);
        world_.set("zz", "other end");
        published_["zz"] = "other end";
        auto const one = world_.begin(isolation::repeatable_read);
        auto now = published_;
        for (int statement = 0; statement < 12; ++statement) {
            one->begin_statement();
            auto const seen = now;
            auto const resting = resting_cursor(*one);
            auto const here = one->set_savepoint();
            for (int i = 0; i < 6; ++i) write(*one, now);
            compare(*one, seen);
            EXPECT_EQ(world_.rest_of(*resting.cursor, 1 + random_() % 5),
                      part_of(seen, resting.range, resting.backwards));
            if (random_() % 4 == 0) {
                one->roll_back_to(here);
                now = seen;
            }
        }
        world_.commit(*one);
        auto const after = world_.begin();
        compare(*after, now);
    }

private:
    struct resting {
        store::row_range range;
        bool backwards;
        std::unique_ptr<store::table_cursor> cursor;
    };
    std::string key() { return "k" + std::to_string(random_() % 60); }
    store::row_range range() {
        store::row_range some;
        if (random_() % 3 != 0) some.first = key();
        if (random_() % 3 != 0) some.last = key();
        return some;
    }
    resting resting_cursor(table_transaction& in) {
        auto where = range();
        bool const backwards = random_() % 2 == 0;
        auto cursor = in.scan(people, where, backwards).value();
        return {std::move(where), backwards, std::move(cursor)};
    }
    void write(table_transaction& in, model& now) {
        auto const where = key();
        if (random_() % 3 == 0) {
            world_.erase(in, where);
            now.erase(where);
            return;
        }
        auto row = "w" + std::to_string(random_());
        world_.put(in, where, row);
        now[where] = std::move(row);
    }
    void compare(table_transaction& in, model const& expected) {
        for (bool backwards : {false, true}) {
            auto const where = range();
            EXPECT_EQ(world_.scan(in, people, where, backwards, 1 + random_() % 9),
                      part_of(expected, where, backwards));
        }
        auto const where = key();
        auto const found = expected.find(where);
        EXPECT_EQ(world_.get(in, where), found == expected.end() ? "(none)" : found->second);
    }

    std::mt19937_64 random_;
    table_world world_;
    model published_;
};

TEST(table_cursor, merges_own_writes_as_the_model_does) {
    for (std::uint64_t seed = 1; seed <= 25 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        cursor_run(seed).run();
    }
}

TEST(table_cursor, a_snapshot_that_is_too_old_is_taken_away) {
    table_world world;
    world.set("a", "1");
    auto const reader = world.begin(isolation::repeatable_read);
    auto const cursor = reader->scan(people, {}, false).value();
    world.set("a", "2");
    EXPECT_EQ(world.store().tables().snapshots().expire(), 0u);
    world.clock().advance(std::chrono::minutes(6));
    EXPECT_EQ(world.store().tables().snapshots().expire(), 1u);
    auto const token = blocking_token::for_this_thread();
    EXPECT_EQ(cursor->next(1, token).error().code, error::conflict);
    EXPECT_EQ(world.run(reader->get(people, "a")).error().code, error::conflict);
    auto const fresh = world.begin();
    EXPECT_EQ(world.get(*fresh, "a"), "2");
}

}  // namespace
}  // namespace sluice::test
