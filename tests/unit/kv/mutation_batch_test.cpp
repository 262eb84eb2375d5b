#include "backend/kv/mutation_batch.hpp"

#include <gtest/gtest.h>

#include "gateway/core/cursor.hpp"

namespace sluice::kv {
namespace {

TEST(mutation_batch, reads_back_what_was_written_in_order) {
    mutation_batch batch;
    std::string long_value(300, 'v');
    batch.put(family::meta, "k", "");
    batch.erase(family::object, std::string_view("a\0b", 3));
    batch.erase_range(family::payload, "from", "to");
    batch.put(family::row, "", long_value);
    EXPECT_EQ(batch.count(), 4u);

    mutation_cursor in(batch.bytes());
    auto first = in.take().value();
    EXPECT_EQ(first.where, family::meta);
    EXPECT_EQ(first.what, operation::put);
    EXPECT_EQ(first.key, "k");
    EXPECT_EQ(first.value, "");
    auto second = in.take().value();
    EXPECT_EQ(second.what, operation::erase);
    EXPECT_EQ(second.key, std::string_view("a\0b", 3));
    auto third = in.take().value();
    EXPECT_EQ(third.what, operation::erase_range);
    EXPECT_EQ(third.key, "from");
    EXPECT_EQ(third.value, "to");
    auto fourth = in.take().value();
    EXPECT_EQ(fourth.where, family::row);
    EXPECT_EQ(fourth.value, long_value);
    EXPECT_TRUE(in.at_end());
    EXPECT_EQ(in.take().error().code, error::malformed);
}

TEST(mutation_batch, bytes_are_the_documented_format) {
    mutation_batch batch;
    batch.put(family::object, "key", "value");
    EXPECT_EQ(batch.bytes(), std::string("\x02\x01\x03key\x05value"));
}

TEST(mutation_batch, slots_point_at_the_value_and_move_along_on_append) {
    mutation_batch first, second;
    first.put(family::meta, "abc", "0123456789");
    auto at = second.put_stamped(family::object, "key", std::string(8, '\0') + "rest");
    second.add_slot(slot::kind::location, at.value + 8, 7);
    first.append(std::move(second));
    EXPECT_EQ(first.count(), 2u);
    EXPECT_TRUE(second.empty());
    ASSERT_EQ(first.slots().size(), 2u);
    EXPECT_EQ(first.slots()[0].what, slot::kind::commit_lsn);
    EXPECT_EQ(first.slots()[1].index, 7u);
    store_little(first.patchable_bytes().data() + first.slots()[0].position, std::uint64_t{42});

    mutation_cursor in(first.bytes());
    EXPECT_EQ(in.take().value().value, "0123456789");
    auto stamped = in.take().value();
    EXPECT_EQ(load_little<std::uint64_t>(stamped.value.data()), 42u);
    EXPECT_EQ(stamped.value.substr(8), "rest");
}

TEST(mutation_batch, every_truncation_is_malformed) {
    mutation_batch batch;
    batch.put(family::log, "some key", std::string(200, 'x'));
    for (std::size_t length = 1; length < batch.bytes().size(); ++length) {
        mutation_cursor in(std::string_view(batch.bytes()).substr(0, length));
        ASSERT_EQ(in.take().error().code, error::malformed) << length;
        ASSERT_EQ(in.take().error().code, error::malformed) << length;
    }
}

TEST(mutation_batch, unknown_family_operation_and_huge_length_are_malformed) {
    for (std::string bytes : {std::string("\0\1\0\0", 4), std::string("\6\1\0\0", 4),
                              std::string("\1\0\0\0", 4), std::string("\1\4\0\0", 4),
                              std::string("\1\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 12),
                              std::string("\1\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\2", 12)}) {
        mutation_cursor in(bytes);
        EXPECT_EQ(in.take().error().code, error::malformed);
    }
}

}  // namespace
}  // namespace sluice::kv
