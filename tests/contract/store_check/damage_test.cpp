// One byte of the segments or the superblock changes while a store with everything in it is closed.
// Either the start refuses and names the place, or every object, record and row reads as it was or
// with an error that names the place; nothing is quietly gone.
#include <gtest/gtest.h>

#include <random>

#include "tests/contract/store_check/full_world.hpp"

namespace sluice::test {
namespace {

using namespace store;

class store_damage : public testing::Test {
protected:
    store_damage() : table_(fill(world_)) {
        for (auto const* key : keys) objects_[key] = world_.get(key);
        world_.close();
    }

    struct place {
        std::string path;
        std::uint64_t offset = 0;
        char was = 0;
    };
    // A byte that somebody wrote.
    place some_place(std::mt19937_64& random) {
        auto const files = world_.device().files();
        for (;;) {
            auto const& [path, size] = files[random() % files.size()];
            if (size == 0) continue;
            place found{path, random() % size, 0};
            found.was = world_.device().peek(found.path, found.offset, 1)[0];
            if (found.was != '\0') return found;
        }
    }
    char at(place const& where) {
        return world_.device().peek(where.path, where.offset, 1)[0];
    }

    // Right, or refused with the place: counts what was refused.
    void judge(result<bool> const& is_right, std::string const& what) {
        if (is_right.has_value()) {
            EXPECT_TRUE(*is_right) << what;
            return;
        }
        EXPECT_EQ(is_right.error().code, error::corrupt) << what << is_right.error().describe();
        EXPECT_NE(is_right.error().text.find("segments/"), std::string::npos)
            << what << is_right.error().describe();
        ++refused_reads_;
    }

    result<bool> record_is_right(int partition, int number) {
        read_log_request request{world_.store().logs().find("events"), partition_index{partition},
                                 log_offset{number}, 1, true};
        SLUICE_TRY(auto const slice, world_.run(read_log(world_.store(), std::move(request))));
        auto const records = read_log_batches(slice.batches).value();
        return !records.empty() && records[0].offset == log_offset{number} &&
               records[0].value->front() == 'a' + 2 * number + partition;
    }

    void check_everything(std::string const& what) {
        for (auto const& [key, bytes] : objects_) {
            auto const read = world_.try_get(key);
            judge(read.has_value() ? result<bool>(*read == bytes) : read.error(), what + key);
        }
        for (int partition = 0; partition < 2; ++partition)
            for (int number = 0; number < records_per_log; ++number)
                judge(record_is_right(partition, number), what + "record " + std::to_string(number));
        table_transaction in(world_.store(), isolation::read_committed);
        in.begin_statement();
        for (int row = 0; row < filled_table::rows; ++row) {
            auto const found = world_.run(in.get(table_.table, filled_table::key(row)));
            ASSERT_TRUE(found.has_value()) << what << found.error().describe();
            ASSERT_TRUE(found->has_value()) << what << filled_table::key(row);
            EXPECT_EQ((*found)->row, filled_table::row(row)) << what;
        }
    }

    static constexpr std::array keys{"k0",       "k1",      "k2048",    "k2049",    "k65536", "k262145",
                                     "k1048576", "k3500000", "replaced", "composed", "copy"};
    store_world world_;
    filled_table table_;
    std::map<std::string, std::string> objects_;
    int refused_reads_ = 0;
};

TEST_F(store_damage, of_any_written_byte_is_named_or_harmless) {
    std::mt19937_64 random(11);
    int refused_starts = 0;
    for (int round = 0; round < 120; ++round) {
        auto const where = some_place(random);
        auto const what = where.path + " at " + std::to_string(where.offset) + ": ";
        auto const mask = static_cast<std::uint8_t>(1u << random() % 8);
        world_.device().flip_byte(where.path, where.offset, mask);
        auto const damaged = at(where);
        if (auto const opened = world_.try_open(); opened.has_error()) {
            EXPECT_EQ(opened.error().code, error::corrupt) << what << opened.error().describe();
            bool const named = opened.error().text.find("segments/") != std::string::npos ||
                               opened.error().text.find("superblock") != std::string::npos;
            EXPECT_TRUE(named) << what << opened.error().describe();
            ++refused_starts;
        } else {
            check_everything(what);
        }
        world_.close();
        // Unless the segment was recycled meanwhile.
        if (at(where) == damaged) world_.device().flip_byte(where.path, where.offset, mask);
    }
    std::printf("%d starts and %d reads refused\n", refused_starts, refused_reads_);
    EXPECT_GT(refused_reads_, 0);
    world_.open();
    refused_reads_ = 0;
    check_everything("undamaged: ");
    EXPECT_EQ(refused_reads_, 0);
}

}  // namespace
}  // namespace sluice::test
