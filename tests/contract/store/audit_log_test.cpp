// Audit records that travel with commits, and those that do not; reading and waiting.
#include <gtest/gtest.h>

#include "backend/store/audit_log.hpp"
#include "backend/store/record_verbs.hpp"
#include "tests/contract/store/store_world.hpp"

namespace sluice::test {
namespace {

using namespace store;

class audit_logs : public testing::TestWithParam<world_kind> {
protected:
    std::vector<std::string> values_from(std::int64_t from) {
        std::vector<std::string> values;
        log_offset next{from};
        for (;;) {
            auto const page = world.run(read_audit(world.store(), {next, 7})).value();
            for (auto const& record : page.records) {
                EXPECT_EQ(to_underlying(record.offset),
                          from + static_cast<std::int64_t>(values.size()));
                values.push_back(*record.value);
            }
            next = page.next;
            if (next == page.end) return values;
        }
    }
    store_world world{{.kind = GetParam()}};
};

TEST_P(audit_logs, records_are_there_when_the_verb_returns) {
    EXPECT_EQ(audit_end(world.store()), log_offset{0});
    world.run(create_bucket(world.store(), {"b", {}, {}, {"made b"}})).value();
    auto request = put_request("k", small_payload(pattern(10'000)));
    request.audit = {"put k", "second right"};
    world.run(put_object(world.store(), std::move(request))).value();
    world.run(append_audit(world.store(), {"denied"})).value();
    world.run(delete_object(world.store(), {"b", "nothing", {}, {"delete of nothing"}})).value();
    std::vector<std::string> const expected{"made b", "put k", "second right", "denied",
                                            "delete of nothing"};
    EXPECT_EQ(audit_end(world.store()), log_offset{5});
    EXPECT_EQ(values_from(0), expected);
    EXPECT_EQ(values_from(3).front(), "denied");
    EXPECT_EQ(world.run(read_audit(world.store(), {log_offset{6}})).error().code,
              error::out_of_range);
    world.reopen();
    EXPECT_EQ(audit_end(world.store()), log_offset{5});
    EXPECT_EQ(values_from(0), expected);
    world.run(append_audit(world.store(), {"after"})).value();
    EXPECT_EQ(values_from(5), std::vector<std::string>{"after"});
}

TEST_P(audit_logs, a_refused_change_records_nothing) {
    world.make_bucket("b");
    world.put("k", "x");
    auto const end = audit_end(world.store());
    auto request = put_request("k", small_payload("y"));
    request.when.if_none_match = etag_match{.any = true};
    request.audit = {"put k"};
    EXPECT_EQ(world.run(put_object(world.store(), std::move(request))).error().code,
              error::precondition_failed);
    EXPECT_EQ(audit_end(world.store()), end);
}

TEST_P(audit_logs, many_at_once_are_dense_and_complete) {
    std::vector<task<result<lsn>>> writers;
    for (int i = 0; i < 200; ++i)
        writers.push_back(
            append_audit(world.store(), {"record " + std::to_string(i) + std::string(i * 7, '.')}));
    for (auto const& done : world.run_all(std::move(writers))) EXPECT_TRUE(done);
    auto values = values_from(0);
    ASSERT_EQ(values.size(), 200u);
    std::sort(values.begin(), values.end());
    EXPECT_EQ(std::unique(values.begin(), values.end()), values.end());
}

TEST_P(audit_logs, a_waiter_wakes_or_gives_up) {
    auto const soon = std::chrono::steady_clock::duration::zero();
    EXPECT_EQ(
        world.run(wait_for_audit(world.store(), log_offset{0}, world.clock().monotonic() + soon))
            .error()
            .code,
        error::deadline_exceeded);
    std::vector<task<result<log_offset>>> both;
    auto write = [](engine& store) -> task<result<log_offset>> {
        audit_records records(1, "one");
        auto done = co_await append_audit(store, std::move(records));
        if (!done) co_return done.error();
        co_return log_offset{-1};
    };
    both.push_back(wait_for_audit(world.store(), log_offset{0},
                                  world.clock().monotonic() + std::chrono::hours(1)));
    both.push_back(write(world.store()));
    auto const outcomes = world.run_all(std::move(both));
    EXPECT_EQ(outcomes[0].value(), log_offset{1});
}

TEST_P(audit_logs, records_change_together_or_not_at_all) {
    using change = record_change;
    auto change_all = [&](std::vector<change> changes) {
        return world.run(change_records(world.store(), {std::move(changes), {"changed"}}));
    };
    auto const first = change_all({{{"principal", "ann"}, "1"}, {{"rule", "r1"}, "allow"}}).value();
    auto const ann = world.run(get_record(world.store(), {"principal", "ann"})).value();
    ASSERT_TRUE(ann);
    EXPECT_EQ(ann->value, "1");
    EXPECT_EQ(ann->changed, first);
    EXPECT_EQ(
        change_all({{{"principal", "ann"}, "2", change::expectation::absent}, {{"rule", "r1"}, {}}})
            .error()
            .code,
        error::precondition_failed);
    EXPECT_TRUE(world.run(get_record(world.store(), {"rule", "r1"})).value());
    EXPECT_TRUE(change_all({{{"principal", "ann"}, "2", change::expectation::unchanged, first},
                            {{"rule", "r1"}, {}}}));
    EXPECT_EQ(change_all({{{"principal", "ann"}, "3", change::expectation::unchanged, first}})
                  .error()
                  .code,
              error::precondition_failed);
    EXPECT_FALSE(world.run(get_record(world.store(), {"rule", "r1"})).value());
    for (int i = 0; i < 5; ++i) change_all({{{"principal", "p" + std::to_string(i)}, "x"}}).value();
    auto page = world.run(scan_records(world.store(), {"principal", "p", "p1", 2})).value();
    ASSERT_EQ(page.records.size(), 2u);
    EXPECT_EQ(page.records[0].name.id, "p2");
    EXPECT_TRUE(page.truncated);
    page = scan_records_blocking(world.store(), {.kind = "principal"},
                                 blocking_token::for_this_thread())
               .value();
    EXPECT_EQ(page.records.size(), 6u);
}

INSTANTIATE_TEST_SUITE_P(stores, audit_logs,
                         testing::Values(world_kind::simulated, world_kind::folder),
                         [](auto const& info) {
                             return info.param == world_kind::simulated ? "simulated" : "folder";
                         });

}  // namespace
}  // namespace sluice::test
