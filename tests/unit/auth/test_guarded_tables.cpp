// Tables behind the door: decisions, records and their ends. What rows do is the store's to test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/guard/guarded_tables.hpp"
#include "tests/unit/auth/guard_world.hpp"

namespace sluice::auth {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr dataset_id people{2001};
constexpr dataset_id by_name{2002};

class GuardedTables : public testing::Test {
protected:
    guard_world world;
    caller const boss = world.root();

    table_transaction begin(caller const& who) {
        auto made =
            world.door().tables().begin(who, store::isolation::read_committed);
        made.begin_statement();
        return made;
    }
    guarded<table_grant> try_use(table_transaction& in, caller const& who, action verb,
                                 principal_id owner = {}) {
        return world.run(in.use(who, "public.people", people, verb, owner));
    }
    table_grant use(table_transaction& in, caller const& who, action verb) {
        return try_use(in, who, verb).value();
    }
    std::optional<table_transaction::taken> insert(table_transaction& in, table_grant const& into,
                                                   std::string key) {
        std::vector<store::index_entry> entries{{by_name, "name of " + key, true}};
        return world.run(in.insert(into, key, "row " + key, std::move(entries))).value();
    }
};

TEST_F(GuardedTables, RowsGoInAndOut) {
    auto one = begin(boss);
    auto const append = use(one, boss, action::append);
    EXPECT_FALSE(insert(one, append, "1"));
    EXPECT_EQ(insert(one, append, "1")->index, dataset_id{});
    EXPECT_FALSE(insert(one, append, "2"));
    EXPECT_TRUE(one.wrote());
    auto const at = world.run(one.commit()).value();

    auto two = begin(boss);
    EXPECT_GE(two.snapshot(), at);
    auto const read = use(two, boss, action::read);
    EXPECT_EQ(world.run(two.get(read, "1")).value()->row, "row 1");
    store::row_range all;
    EXPECT_EQ(world.run(two.find_in_index(read, by_name, all, 10)).value().size(), 2u);
    auto const cursor = two.scan(read, all).value();
    EXPECT_EQ(cursor->next(10, blocking_token::for_this_thread()).value().size(), 2u);
    auto const update = use(two, boss, action::update);
    auto const locked = world.run(two.lock_row(update, "1", store::row_lock_mode::update,
                                               store::lock_wait::wait));
    EXPECT_EQ(locked.value().row, "row 1");
    EXPECT_FALSE(world.run(two.update(update, "1", "new", {}, {})).value());
    auto const erase = use(two, boss, action::delete_);
    std::vector<store::index_entry> entries{{by_name, "name of 2", true}};
    EXPECT_TRUE(world.run(two.erase(erase, "2", std::move(entries))).has_value());
    world.run(two.commit()).value();
    auto three = begin(boss);
    EXPECT_FALSE(world.run(three.get(use(three, boss, action::read), "2")).value());
}

TEST_F(GuardedTables, TheRecordOfAWriteIsInItsCommit) {
    auto one = begin(boss);
    auto const append = use(one, boss, action::append);
    insert(one, append, "1");
    EXPECT_THAT(world.audit(), Not(Contains(HasSubstr("public.people"))));
    insert(one, append, "2");
    EXPECT_EQ(use(one, boss, action::append).verb, action::append) << "decided once";
    world.run(one.commit()).value();
    auto const records = world.audit();
    EXPECT_THAT(records, Contains(AllOf(HasSubstr("\"resource\":\"public.people\""),
                                        HasSubstr("\"verb\":\"append\""),
                                        HasSubstr("\"status\":\"ok\""), HasSubstr("\"rows\":2"))));
    EXPECT_EQ(std::ranges::count_if(records, [](auto const& one) {
                  return one.find("public.people") != std::string::npos;
              }), 1);
}

TEST_F(GuardedTables, RowsTakenBackAreNotCounted) {
    auto one = begin(boss);
    auto const append = use(one, boss, action::append);
    insert(one, append, "1");
    auto const here = one.set_savepoint();
    insert(one, append, "2");
    auto const later = one.set_savepoint();
    insert(one, append, "3");
    one.roll_back_to(later);
    one.roll_back_to(here);
    one.roll_back_to(later);   // gone with the first
    world.run(one.commit()).value();
    EXPECT_THAT(world.audit(), Contains(HasSubstr("\"rows\":1,")));
}

TEST_F(GuardedTables, AWriteThatDidNotHappenIsRecordedAsThat) {
    {
        auto one = begin(boss);
        insert(one, use(one, boss, action::append), "1");
    }
    EXPECT_THAT(world.audit(), Contains(AllOf(HasSubstr("public.people"),
                                              HasSubstr("\"status\":\"rolled_back\""))));
    auto two = begin(boss);
    insert(two, use(two, boss, action::append), "1");
    std::vector<store::record_change> changes(1);
    changes[0].name = {"sql", "table 1"};
    changes[0].value = "definition";
    changes[0].expected = store::record_change::expectation::present;
    ASSERT_TRUE(world.run(two.change_records(std::move(changes))).has_value());
    EXPECT_EQ(world.run(two.commit()).error().code, error::precondition_failed);
    EXPECT_THAT(world.audit(), Contains(AllOf(HasSubstr("public.people"),
                                              HasSubstr("\"status\":\"precondition_failed\""))));
}

TEST_F(GuardedTables, DenialsAreDurableBeforeTheAnswer) {
    auto const alice = world.as(world.add_user("alice", {"allow alice read on public.people"}));
    auto one = begin(alice);
    ASSERT_TRUE(try_use(one, alice, action::read).has_value());
    auto const written = world.door().counters().audit_records;
    EXPECT_EQ(try_use(one, alice, action::update).error().code, error::permission_denied);
    EXPECT_EQ(world.door().counters().audit_records, written + 1);
    EXPECT_THAT(world.audit(), Contains(AllOf(HasSubstr("\"verb\":\"update\""),
                                              HasSubstr("\"status\":\"denied\""))));
    EXPECT_TRUE(try_use(one, alice, action::update, alice.id()).has_value()) << "an owner may";
    EXPECT_EQ(world.run(one.permit_definition(alice, action::drop, "public.people")).error().code,
              error::permission_denied);
    EXPECT_TRUE(world.run(one.permit_definition(alice, action::drop, "public.people", alice.id()))
                    .has_value());
}

TEST_F(GuardedTables, AReadAtOnceIsDecidedAndCountedLikeAnyOther) {
    auto one = begin(boss);
    insert(one, use(one, boss, action::append), "1");
    auto own = one.read_at_once(boss, "public.people", people, "1");
    EXPECT_FALSE(own->value()) << "a statement does not meet its own writes";
    one.begin_statement();
    own = one.read_at_once(boss, "public.people", people, "1");
    EXPECT_EQ(own->value()->row, "row 1");
    world.run(one.commit()).value();

    auto const alice = world.as(world.add_user("alice", {"allow alice read on public.people"}));
    auto two = begin(alice);
    auto const found = two.read_at_once(alice, "public.people", people, "1");
    EXPECT_EQ(found->value()->row, "row 1");
    EXPECT_GT(found->value()->changed, lsn{});
    EXPECT_FALSE(two.read_at_once(alice, "public.people", people, "2")->value());
    // A denial is recorded, which takes time.
    EXPECT_FALSE(two.read_at_once(alice, "public.secrets", by_name, "1"));
    two.cancel();
    EXPECT_EQ(two.read_at_once(alice, "public.people", people, "1")->error().code,
              error::cancelled);
}

TEST_F(GuardedTables, AnOwnersReadAtOnceIsDecidedWithTheOwner) {
    auto one = begin(boss);
    insert(one, use(one, boss, action::append), "1");
    world.run(one.commit()).value();
    auto const alice = world.as(world.add_user("alice"));
    auto two = begin(alice);
    EXPECT_FALSE(two.read_at_once(alice, "public.people", people, "1"));
    EXPECT_EQ(two.read_at_once(alice, "public.people", people, "1", alice.id())->value()->row,
              "row 1");
}

TEST_F(GuardedTables, AQuestionAboutRightsIsAnsweredAndNotRecorded) {
    auto const alice = world.as(world.add_user("alice", {"allow alice read on public.people"}));
    auto const bob = world.as(world.add_user("bob"));
    auto const before = world.audit().size();
    auto& tables = world.door().tables();
    asked_dataset const table{asked_dataset::kind::table, "public.people"};
    EXPECT_TRUE(tables.would_allow(bob, alice.id(), action::read, table));
    EXPECT_FALSE(tables.would_allow(alice, bob.id(), action::read, table));
    EXPECT_FALSE(tables.would_allow(bob, alice.id(), action::update, table));
    EXPECT_TRUE(tables.would_allow(bob, bob.id(), action::update, table, bob.id()));
    EXPECT_TRUE(tables.would_allow(bob, root_id, action::drop, table));
    EXPECT_EQ(world.audit().size(), before);
}

TEST_F(GuardedTables, WhoIsThereIsOneListUntilItChanges) {
    auto& tables = world.door().tables();
    auto const alone = tables.principals();
    ASSERT_EQ(alone->size(), 1U) << "nobody built in but root";
    EXPECT_EQ(alone->front().id, root_id);
    EXPECT_EQ(tables.principals(), alone);
    (void)world.add_user("alice", {"allow alice read on public.people"});
    auto const both = tables.principals();
    ASSERT_EQ(both->size(), 2U);
    EXPECT_EQ(both->front().name, "alice");
    EXPECT_EQ(tables.principals(), both);
}

TEST_F(GuardedTables, AGrantIsGoodForWhatItSaysInItsTransactionOnly) {
    auto one = begin(boss);
    auto const read = use(one, boss, action::read);
    EXPECT_EQ(world.run(one.insert(read, "1", "row", {})).error().code, error::permission_denied);
    EXPECT_EQ(world.run(one.erase(read, "1", {})).error().code, error::permission_denied);
    EXPECT_EQ(world.run(one.erase_all(read, {})).error().code, error::permission_denied);
    auto const append = use(one, boss, action::append);
    EXPECT_EQ(world.run(one.get(append, "1")).error().code, error::permission_denied);
    EXPECT_EQ(world.run(one.update(append, "1", "row", {}, {})).error().code,
              error::permission_denied);
    auto two = begin(boss);
    EXPECT_EQ(world.run(two.insert(append, "1", "row", {})).error().code,
              error::permission_denied);
    auto forged = append;
    forged.table = by_name;
    EXPECT_EQ(world.run(one.insert(forged, "1", "row", {})).error().code,
              error::permission_denied);
}

// What a foreign key brings about is allowed by the right to write the row that causes it, recorded as
// a write of its own, and no right of the caller's.
TEST_F(GuardedTables, WhatAKeyBringsAboutGivesNoRights) {
    auto const alice = world.as(world.add_user("alice", {"allow alice delete on public.people"}));
    constexpr dataset_id orders{2101};
    {
        auto fill = begin(boss);
        insert(fill, use(fill, boss, action::append), "1");
        auto const into =
            world.run(fill.use(boss, "public.orders", orders, action::append)).value();
        world.run(fill.insert(into, "7", "row", {})).value();
        world.run(fill.commit()).value();
    }
    auto one = begin(alice);
    table_grant const nothing{people, "public.people", action::delete_};
    EXPECT_TRUE(world.run(one.use_by_key(alice, nothing, "public.orders", orders, action::delete_))
                    .has_error())
        << "without a write there is no cause";
    auto const cause = use(one, alice, action::delete_);
    auto const by_key =
        world.run(one.use_by_key(alice, cause, "public.orders", orders, action::delete_));
    ASSERT_FALSE(by_key.has_error());
    EXPECT_TRUE(world.run(one.use_by_key(alice, cause, "public.orders", orders, action::append))
                    .has_error());
    EXPECT_TRUE(
        world.run(one.use(alice, "public.orders", orders, action::delete_)).has_error());
    EXPECT_TRUE(world.run(one.use(alice, "public.orders", orders, action::read)).has_error());
    world.run(one.lock_row(*by_key, "7", store::row_lock_mode::update, store::lock_wait::wait))
        .value();
    EXPECT_FALSE(world.run(one.erase(*by_key, "7", {})).has_error());
    world.run(one.commit()).value();
    EXPECT_THAT(world.audit(), Contains(AllOf(HasSubstr("\"resource\":\"public.orders\""),
                                              HasSubstr("\"principal\":\"alice\""),
                                              HasSubstr("\"verb\":\"delete\""),
                                              HasSubstr("\"rows\":1"))));
}

TEST_F(GuardedTables, IdentityAndPolicyAreNoRecordsOfTheCatalog) {
    auto one = begin(boss);
    store::record_name const rule{"rule", "0000000000000001"};
    EXPECT_EQ(world.run(one.record(rule)).error().code, error::invalid_argument);
    std::vector<store::record_change> changes(1);
    changes[0].name = rule;
    EXPECT_EQ(world.run(one.change_records(std::move(changes))).error().code,
              error::invalid_argument);
}

TEST_F(GuardedTables, DefinitionsAreRecordedWithTheirCommit) {
    auto one = begin(boss);
    auto const table = world.run(one.new_dataset_id()).value();
    EXPECT_TRUE(world.run(one.permit_definition(boss, action::create, "public.t")).has_value());
    std::vector<store::record_change> changes(1);
    changes[0].name = {"sql", "table t"};
    changes[0].value = "definition";
    ASSERT_TRUE(world.run(one.change_records(std::move(changes))).has_value());
    EXPECT_EQ(world.run(one.advance_counter("rows of t", 10)).value(), 1);
    world.run(one.commit()).value();
    EXPECT_THAT(world.audit(), Contains(AllOf(HasSubstr("\"verb\":\"create\""),
                                              HasSubstr("\"resource\":\"public.t\""))));
    auto two = begin(boss);
    EXPECT_EQ(world.run(two.record({"sql", "table t"})).value()->value, "definition");
    auto const drop = world.run(two.use(boss, "public.t", table, action::drop)).value();
    EXPECT_TRUE(world.run(two.lock_table(drop, store::row_lock_mode::update)).has_value());
    EXPECT_TRUE(world.run(two.erase_all(drop, {})).has_value());
    world.run(two.commit()).value();
    auto three = begin(boss);
    EXPECT_EQ(world.run(three.use(boss, "public.t", table, action::append)).error().code,
              error::not_found);
}

}  // namespace
}  // namespace sluice::auth
