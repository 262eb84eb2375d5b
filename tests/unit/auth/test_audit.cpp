#include <gtest/gtest.h>

#include <simdjson.h>

#include "auth/audit/audit_record.hpp"
#include "auth/audit/failure_counts.hpp"
#include "auth/audit/read_counts.hpp"
#include "gateway/core/random.hpp"

namespace sluice::auth {
namespace {

audit_record sample() {
    audit_record record;
    record.time = unix_millis{1767225600123};
    record.protocol = "s3";
    record.principal = "alice";
    record.auth_method = "sigv4";
    record.credential_id = "SLKEY";
    record.client_address = "192.0.2.7";
    record.operation = "PutObject";
    record.verb = "update";
    record.filed_under = action_class::write;
    record.resource = "photos/a.txt";
    record.decided = {effect::allow, built_in::root};
    record.status = "ok";
    record.bytes = 5;
    record.request_id = "0001";
    record.policy_epoch = 3;
    return record;
}

TEST(AuditRecord, StoredFormIsFixed) {
    EXPECT_EQ(
        encode(sample()),
        R"({"time_ms":1767225600123,"protocol":"s3","principal":"alice","auth_method":"sigv4",)"
        R"("credential_id":"SLKEY","client_address":"192.0.2.7","operation":"PutObject","verb":"update",)"
        R"("class":"write","resource_kind":"dataset","resource":"photos/a.txt","decision":"allow",)"
        R"("rule":"builtin:root","status":"ok","count":1,"bytes":5,"request_id":"0001","policy_epoch":3})");
}

TEST(AuditRecord, AnyNameGivesValidJson) {
    seeded_random random(11);
    simdjson::dom::parser parser;
    for (int round = 0; round < 500; ++round) {
        auto record = sample();
        record.resource.resize(random.below(40));
        for (auto& c : record.resource) c = static_cast<char>(random.below(256));
        auto text = encode(record);
        simdjson::dom::element parsed;
        ASSERT_EQ(parser.parse(text).get(parsed), simdjson::SUCCESS) << text;
    }
    auto record = sample();
    record.resource = "a\"\\\n\x01\xc3\xbc\xff\xed\xa0\x80";
    EXPECT_NE(encode(record).find("\"a\\\"\\\\\\n\\u0001\xc3\xbc\xef\xbf\xbd"), std::string::npos);
}

TEST(AuditRecord, Bounded) {
    auto record = sample();
    record.resource = std::string(1 << 20, 'x');
    EXPECT_LT(encode(record).size(), 2000u);
}

read_counts::reader const alice{principal_id{2000}, "alice", "SLKEY", "s3"};

TEST(ReadCounts, ExactPerSecondAndDataset) {
    read_counts counts(16);
    auto count = [&](action verb, std::string_view dataset, std::int64_t millis) {
        return counts.count(alice, verb, resource_kind::dataset, dataset, built_in::root,
                            unix_millis{millis});
    };
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(count(action::read, "a", 1000 + i));
    EXPECT_TRUE(count(action::read, "a", 2000));
    EXPECT_TRUE(count(action::list, "a", 1000));
    EXPECT_TRUE(count(action::read, "b", 1000));
    auto taken = counts.take();
    ASSERT_EQ(taken.size(), 4u);
    std::uint64_t sum = 0;
    for (auto const& one : taken) sum += one.count;
    EXPECT_EQ(sum, 103u);
    counts.release(taken);
    EXPECT_EQ(counts.waiting(), 0u);
}

TEST(ReadCounts, FullRefusesUntilWritten) {
    read_counts counts(2);
    auto count = [&](std::string_view dataset) {
        return counts.count(alice, action::read, resource_kind::dataset, dataset, built_in::root,
                            unix_millis{0});
    };
    EXPECT_TRUE(count("a"));
    EXPECT_TRUE(count("b"));
    EXPECT_FALSE(count("c"));
    EXPECT_TRUE(count("a")) << "a place it has already";
    auto taken = counts.take();
    EXPECT_FALSE(count("c")) << "not written yet";
    counts.give_back(std::move(taken));
    EXPECT_TRUE(count("b"));
    taken = counts.take();
    std::uint64_t sum = 0;
    for (auto const& one : taken) sum += one.count;
    EXPECT_EQ(sum, 4u) << "nothing was lost and nothing counted twice";
    counts.release(taken);
    EXPECT_TRUE(count("c"));
}

TEST(FailureCounts, SourcesAreBoundedAndTheSumIsExact) {
    failure_counts counts(10);
    for (int i = 0; i < 1000; ++i)
        counts.count("s3", "192.0.2." + std::to_string(i % 250), "signature_mismatch",
                     unix_millis{i});
    auto taken = counts.take();
    EXPECT_EQ(taken.size(), 11u) << "ten sources and the rest";
    std::uint64_t sum = 0, others = 0;
    for (auto const& one : taken) {
        sum += one.count;
        if (one.source == "other") others = one.count;
    }
    EXPECT_EQ(sum, 1000u);
    EXPECT_EQ(others, 960u);
    counts.count("s3", "192.0.2.1", "signature_mismatch", unix_millis{5});
    counts.give_back(std::move(taken));
    sum = 0;
    for (auto const& one : counts.take()) sum += one.count;
    EXPECT_EQ(sum, 1001u);
    EXPECT_EQ(counts.total(), 1001u);
}

TEST(FailureCounts, Sources) {
    EXPECT_EQ(failure_source("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(failure_source("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    EXPECT_EQ(failure_source(""), "local");
    EXPECT_EQ(failure_source("{\"x\":1}"), "unknown");
}

}  // namespace
}  // namespace sluice::auth
