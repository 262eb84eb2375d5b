#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/unit/auth/guard_world.hpp"

namespace sluice::auth {
namespace {

using testing::HasSubstr;

error code_of(auto const& outcome) {
    EXPECT_TRUE(outcome.has_error());
    return outcome.has_error() ? outcome.error().code : error::closed;
}

// The decisions that records stand for.
std::uint64_t decisions_in(std::vector<std::string> const& records) {
    std::uint64_t sum = 0;
    simdjson::dom::parser parser;
    for (auto const& record : records) sum += std::uint64_t(parser.parse(record)["count"]);
    return sum;
}

std::string last_of(std::vector<std::string> const& records) {
    return records.empty() ? "" : records.back();
}

class Guard : public testing::Test {
protected:
    guard_world world;
    guarded_buckets& buckets() { return world.door().buckets(); }
    guarded_objects& objects() { return world.door().objects(); }
    guarded_admin& admin() { return world.door().admin(); }
    caller const boss = world.root();

    void make_bucket(std::string name) {
        world.run(buckets().create(boss, std::move(name))).value();
    }
};

TEST_F(Guard, RootSignsInAndDoesEverything) {
    make_bucket("photos");
    ASSERT_TRUE(world.put(boss, "photos", "a", "hello"));
    EXPECT_EQ(world.get(boss, "photos", "a").value(), "hello");
    EXPECT_EQ(world.run(buckets().list(boss, {})).value().buckets.size(), 1u);
    EXPECT_TRUE(world.run(objects().remove(boss, "photos", {"a"})).value());
    EXPECT_TRUE(world.run(buckets().remove(boss, "photos")));
}

TEST_F(Guard, SignaturesAreChecked) {
    EXPECT_EQ(world.sign_in({"root", "wrong"}).error().code, sigv4_error::signature_mismatch);
    EXPECT_EQ(world.sign_in({"nobody", root_password}).error().code, sigv4_error::unknown_key);
    auto alice = world.add_user("alice");
    EXPECT_EQ(world.as(alice).name(), "alice");
    world.clock.advance(std::chrono::hours{48});
    EXPECT_EQ(world.as(alice).name(), "alice");
    world.run(admin().set_enabled(boss, "alice", false)).value();
    EXPECT_EQ(world.sign_in(alice).error().code, sigv4_error::unknown_key);
    world.run(admin().set_enabled(boss, "alice", true)).value();
    world.run(admin().delete_key(boss, alice.access_key)).value();
    EXPECT_EQ(world.sign_in(alice).error().code, sigv4_error::unknown_key);
    auto passing = world
                       .run(admin().create_key(
                           boss, "alice", unix_millis{to_underlying(world.clock.now()) + 1000}))
                       .value();
    EXPECT_TRUE(world.sign_in({passing.access_key_id, passing.secret}));
    world.clock.advance(std::chrono::seconds{2});
    EXPECT_EQ(world.sign_in({passing.access_key_id, passing.secret}).error().code,
              sigv4_error::unknown_key);
}

TEST_F(Guard, DefaultDenyAndNoLeak) {
    make_bucket("photos");
    ASSERT_TRUE(world.put(boss, "photos", "a", "hello"));
    auto alice = world.as(world.add_user("alice"));
    auto stranger = world.stranger();
    for (auto const* who : {&alice, &stranger}) {
        for (auto const* bucket : {"photos", "nothere"}) {
            EXPECT_EQ(code_of(world.run(buckets().head(*who, bucket))), error::permission_denied);
            EXPECT_EQ(code_of(world.run(objects().open(*who, bucket, "a"))),
                      error::permission_denied);
            EXPECT_EQ(code_of(world.run(objects().list(*who, {.bucket = bucket}))),
                      error::permission_denied);
            EXPECT_EQ(code_of(world.put(*who, bucket, "b", "x")), error::permission_denied);
            EXPECT_EQ(code_of(world.run(buckets().remove(*who, bucket))), error::permission_denied);
        }
        EXPECT_EQ(code_of(world.run(buckets().list(*who, {}))), error::permission_denied);
        EXPECT_EQ(code_of(world.run(buckets().create(*who, "new"))), error::permission_denied);
    }
}

TEST_F(Guard, MissingKeysShowOnlyToThoseWhoMayList) {
    make_bucket("photos");
    auto reader = world.as(world.add_user("reader", {"allow reader read on photos"}));
    auto lister = world.as(world.add_user("lister", {"allow lister read,list on photos"}));
    EXPECT_EQ(code_of(world.run(objects().open(reader, "photos", "nothere"))),
              error::permission_denied);
    auto shown = world.run(objects().open(lister, "photos", "nothere"));
    EXPECT_EQ(code_of(shown), error::not_found);
    EXPECT_EQ(shown.error().missing, missing_thing::object);
    auto bucket = world.run(objects().open(boss, "nothere", "a"));
    EXPECT_EQ(bucket.error().missing, missing_thing::bucket);
}

TEST_F(Guard, OwnersAndOthers) {
    auto alice = world.as(world.add_user("alice", {"allow alice create on alice-*"}));
    auto bob = world.as(world.add_user("bob"));
    ASSERT_TRUE(world.run(buckets().create(alice, "alice-1")));
    EXPECT_EQ(code_of(world.run(buckets().create(alice, "other"))), error::permission_denied);
    EXPECT_EQ(code_of(world.run(buckets().create(alice, "alice-1"))), error::already_exists);
    ASSERT_TRUE(world.put(alice, "alice-1", "k", "v"));
    EXPECT_EQ(code_of(world.run(objects().open(bob, "alice-1", "k"))), error::permission_denied);
    EXPECT_EQ(world.run(buckets().list(alice, {})).value().buckets.size(), 1u);
    // An owner may grant on his own dataset, and nothing wider.
    ASSERT_TRUE(world.run(admin().put_rule(alice, "allow bob read on alice-1")));
    EXPECT_EQ(world.get(bob, "alice-1", "k").value(), "v");
    EXPECT_EQ(code_of(world.run(admin().put_rule(alice, "allow bob read on *"))),
              error::permission_denied);
    EXPECT_EQ(code_of(world.run(admin().put_rule(alice, "allow alice admin on cluster"))),
              error::permission_denied);
    EXPECT_EQ(code_of(world.run(admin().list_principals(bob))), error::permission_denied);
}

TEST_F(Guard, RulesThatWouldHaveNoEffectAreRefused) {
    world.add_user("bob");
    for (std::string const rest : {"columns id,total", "grantable"}) {
        auto const put = world.run(admin().put_rule(boss, "allow bob read on orders " + rest));
        ASSERT_TRUE(put.has_error()) << rest;
        EXPECT_EQ(put.error().code, error::unsupported) << rest;
        EXPECT_TRUE(put.error().text.starts_with(rest.substr(0, rest.find(' ')) + ": "))
            << put.error().text;
    }
    EXPECT_TRUE(world.run(admin().list_rules(boss)).value().empty());
    // An owner hears it too, whom other mistakes are not explained to.
    auto alice = world.as(world.add_user("alice", {"allow alice create on alice-*"}));
    ASSERT_TRUE(world.run(buckets().create(alice, "alice-1")));
    EXPECT_EQ(code_of(world.run(admin().put_rule(alice, "allow bob read on alice-1 grantable"))),
              error::unsupported);
}

TEST_F(Guard, SystemNamesAreClosedToEveryone) {
    EXPECT_EQ(code_of(world.run(buckets().create(boss, "__audit"))), error::permission_denied);
    EXPECT_EQ(code_of(world.put(boss, "__audit", "x", "y")), error::permission_denied);
    EXPECT_EQ(code_of(world.run(objects().remove(boss, "__audit", {"x"}))), error::permission_denied);
}

TEST_F(Guard, RevocationIsImmediateAndDeletedNamesDoNotComeBack) {
    make_bucket("photos");
    auto key = world.add_user("alice", {"allow alice update on photos"});
    auto alice = world.as(key);
    ASSERT_TRUE(world.put(alice, "photos", "a", "x"));
    auto rules = world.run(admin().list_rules(boss)).value();
    ASSERT_EQ(rules.size(), 1u);
    EXPECT_EQ(rules[0].text, "allow alice update on photos");
    ASSERT_TRUE(world.run(admin().delete_principal(boss, "alice")));
    EXPECT_EQ(code_of(world.put(alice, "photos", "a", "x")), error::permission_denied)
        << "the caller outlived its principal";
    EXPECT_TRUE(world.run(admin().list_rules(boss)).value().empty());
    auto again = world.as(world.add_user("alice"));
    EXPECT_EQ(code_of(world.put(again, "photos", "a", "x")), error::permission_denied);
}

TEST_F(Guard, AgentsHaveNoMoreThanThoseTheyActFor) {
    make_bucket("photos");
    auto user = world.as(world.add_user("user", {"allow user read,update on photos"}));
    guarded_admin::new_principal wanted;
    wanted.name = "helper";
    wanted.kind = principal_kind::agent;
    wanted.on_behalf_of = "user";
    world.run(admin().add_principal(boss, wanted)).value();
    auto key = world.run(admin().create_key(boss, "helper")).value();
    auto helper = world.as({key.access_key_id, key.secret});
    ASSERT_TRUE(world.put(user, "photos", "a", "x"));
    EXPECT_EQ(code_of(world.run(objects().open(helper, "photos", "a"))), error::permission_denied);
    world.run(admin().put_rule(boss, "allow helper read,delete on photos")).value();
    EXPECT_EQ(world.get(helper, "photos", "a").value(), "x");
    EXPECT_EQ(code_of(world.run(objects().remove(helper, "photos", {"a"}))), error::permission_denied)
        << "the user may not";
    EXPECT_THAT(world.audit(), testing::Contains(HasSubstr("\"on_behalf_of\":[\"user\"]")));
    EXPECT_EQ(code_of(world.run(admin().delete_principal(boss, "user"))), error::conflict);
}

TEST_F(Guard, RolesGiveRights) {
    make_bucket("photos");
    auto alice = world.as(world.add_user("alice"));
    guarded_admin::new_principal role;
    role.name = "readers";
    role.kind = principal_kind::role;
    world.run(admin().add_principal(boss, role)).value();
    world.run(admin().put_rule(boss, "allow readers list on photos")).value();
    EXPECT_EQ(code_of(world.run(objects().list(alice, {.bucket = "photos"}))),
              error::permission_denied);
    world.run(admin().set_membership(boss, "alice", "readers", true)).value();
    EXPECT_TRUE(world.run(objects().list(alice, {.bucket = "photos"})));
    world.run(admin().set_membership(boss, "alice", "readers", false)).value();
    EXPECT_EQ(code_of(world.run(objects().list(alice, {.bucket = "photos"}))),
              error::permission_denied);
}

TEST_F(Guard, WritesAndDenialsAreRecordedBeforeTheAnswer) {
    make_bucket("photos");
    auto alice = world.as(world.add_user("alice"));
    auto before = world.audit().size();
    ASSERT_TRUE(world.put(boss, "photos", "a", "hello"));
    EXPECT_EQ(code_of(world.put(alice, "photos", "a", "x")), error::permission_denied);
    EXPECT_EQ(code_of(world.run(buckets().remove(boss, "photos"))), error::not_empty);
    auto records = world.audit();
    ASSERT_EQ(records.size(), before + 3);
    EXPECT_THAT(records[before], HasSubstr("\"principal\":\"root\",\"auth_method\":\"sigv4\""));
    EXPECT_THAT(
        records[before],
        HasSubstr("\"resource\":\"photos/a\",\"decision\":\"allow\",\"rule\":\"builtin:root\""));
    EXPECT_THAT(records[before], HasSubstr("\"status\":\"ok\",\"count\":1,\"bytes\":5"));
    EXPECT_THAT(
        records[before + 1],
        HasSubstr("\"decision\":\"deny\",\"rule\":\"builtin:default-deny\",\"status\":\"denied\""));
    EXPECT_THAT(records[before + 2], HasSubstr("\"status\":\"not_empty\""));
}

TEST_F(Guard, GivenUpWritesAreRecorded) {
    make_bucket("photos");
    auto before = world.audit().size();
    {
        auto writing = world.run(objects().create(boss, "photos", "a", 10)).value();
    }
    auto records = world.audit();
    ASSERT_EQ(records.size(), before + 1);
    EXPECT_THAT(last_of(records), HasSubstr("\"status\":\"abandoned\""));
}

TEST_F(Guard, StrangersAreOnlyCounted) {
    make_bucket("photos");
    auto before = world.audit().size();
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(code_of(world.run(objects().open(world.stranger(), "photos", "a"))),
                  error::permission_denied);
        EXPECT_TRUE(world.sign_in({"root", "wrong", "203.0.113.5"}).has_error());
    }
    auto records = world.audit();
    ASSERT_EQ(records.size(), before + 2) << "one count per source and reason";
    EXPECT_EQ(decisions_in({records.end() - 2, records.end()}), 100u);
}

TEST_F(Guard, NoSecretReachesARecord) {
    make_bucket("photos");
    auto key = world.add_user("alice", {"allow alice all on photos"});
    world.run(admin().set_password(boss, "alice", "alice-password-never-logged")).value();
    auto alice = world.as(key);
    ASSERT_TRUE(world.put(alice, "photos", "a", "the-content-never-logged"));
    EXPECT_TRUE(world.sign_in({key.access_key, "a-wrong-secret"}).has_error());
    for (auto const& record : world.audit())
        for (std::string const& secret :
             {key.secret, std::string(root_password), std::string("never-logged"),
              std::string("SCRAM-SHA"), std::string("Signature"), std::string("wrong-secret")})
            EXPECT_EQ(record.find(secret), std::string::npos) << record;
}

TEST_F(Guard, BatchDeleteDecidesEachKey) {
    make_bucket("photos");
    auto alice = world.as(world.add_user(
        "alice", {"allow alice update on photos", "allow alice delete on photos/mine/*"}));
    ASSERT_TRUE(world.put(alice, "photos", "mine/1", "x"));
    ASSERT_TRUE(world.put(alice, "photos", "theirs/1", "x"));
    auto before = decisions_in(world.audit());
    auto answers = world
                       .run(objects().remove_many(
                           alice, "photos", {{"mine/1", {}}, {"theirs/1", {}}, {"mine/2", {}}}))
                       .value();
    ASSERT_EQ(answers.size(), 3u);
    EXPECT_TRUE(answers[0].value().existed);
    EXPECT_EQ(code_of(answers[1]), error::permission_denied);
    EXPECT_FALSE(answers[2].value().existed);
    EXPECT_EQ(decisions_in(world.audit()), before + 3);
}

TEST(GuardRing, AFullRingMakesReadsWriteItOutNotGoUncounted) {
    guard_options options;
    options.counted_reads = 2;
    guard_world world(options);
    auto boss = world.root();
    for (int i = 0; i < 20; ++i) {
        auto name = "b" + std::to_string(i);
        world.run(world.door().buckets().create(boss, name)).value();
        EXPECT_TRUE(world.run(world.door().buckets().head(boss, name)));
    }
    EXPECT_EQ(decisions_in(world.audit()), 40u);
}

TEST(GuardRing, StrictReadsAreRecordedOneByOne) {
    guard_options options;
    options.strict_reads = {"payroll"};
    guard_world world(options);
    auto boss = world.root();
    world.run(world.door().buckets().create(boss, "payroll")).value();
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(world.run(world.door().buckets().head(boss, "payroll")));
    EXPECT_EQ(world.audit().size(), 4u);
}

TEST(GuardWrites, UnderWayAreBounded) {
    guard_options options;
    options.writes_under_way = 2;
    guard_world world(options);
    auto boss = world.root();
    world.run(world.door().buckets().create(boss, "b")).value();
    auto one = world.run(world.door().objects().create(boss, "b", "1", {}));
    {
        auto two = world.run(world.door().objects().create(boss, "b", "2", {}));
        EXPECT_EQ(code_of(world.run(world.door().objects().create(boss, "b", "3", {}))),
                  error::overloaded);
    }
    EXPECT_EQ(code_of(world.run(world.door().objects().create(boss, "b", "3", {}))),
              error::overloaded)
        << "not recorded yet";
    world.audit();
    EXPECT_TRUE(world.run(world.door().objects().create(boss, "b", "3", {})));
}

TEST(GuardRestart, PrincipalsKeysAndRulesSurvive) {
    guard_world world({}, true);
    auto key = world.add_user("alice", {"allow alice create on alice-*"});
    world.run(world.door().admin().set_password(world.root(), "alice", "correct horse")).value();
    auto before = world.audit();
    world.restart();
    EXPECT_EQ(world.audit(), before);
    auto alice = world.as(key);
    EXPECT_TRUE(world.run(world.door().buckets().create(alice, "alice-1")));
    auto people = world.run(world.door().admin().list_principals(world.root())).value();
    ASSERT_EQ(people.size(), 2u);
    EXPECT_EQ(people[0].name, "alice");
    EXPECT_TRUE(people[0].has_password);
    EXPECT_EQ(people[0].access_keys, 1u);
    EXPECT_TRUE(people[1].built_in);
}

TEST_F(Guard, AuditStream) {
    make_bucket("photos");
    auto stream = world.run(admin().open_audit(boss, log_offset{0})).value();
    auto entries = world.run(stream.next(100, world.clock.monotonic())).value();
    ASSERT_EQ(entries.size(), 2u) << "the bucket, and that the log was opened";
    EXPECT_THAT(entries[0].json, HasSubstr("\"verb\":\"create\""));
    EXPECT_THAT(entries[1].json, HasSubstr("\"resource\":\"__audit\""));
    EXPECT_TRUE(world.run(stream.next(100, world.clock.monotonic())).value().empty())
        << "reading writes nothing";
    EXPECT_EQ(
        world.run(admin().open_audit(world.as(world.add_user("bob")), log_offset{0})).error().code,
        error::permission_denied);
}

// N random operations leave exactly the decisions they made, reads as counts.
TEST_F(Guard, AuditIsExact) {
    std::vector<caller> callers{
        boss, world.as(world.add_user("a", {"allow a readwrite on b1"})),
        world.as(world.add_user("b", {"allow b read,list on *", "deny b all on b1"})),
        world.stranger()};
    make_bucket("b1");
    make_bucket("b2");
    auto const before = decisions_in(world.audit());
    seeded_random random(1);
    std::uint64_t made = 0;
    for (int i = 0; i < 600; ++i) {
        auto const& who = callers[random.below(callers.size())];
        std::string const bucket = std::array{"b1", "b2", "b3"}[random.below(3)];
        std::string const key = "k" + std::to_string(random.below(5));
        ++made;
        switch (random.below(6)) {
            case 0: (void)world.put(who, bucket, key, "v"); break;
            case 1: (void)world.get(who, bucket, key); break;
            case 2: (void)world.run(objects().remove(who, bucket, {key})); break;
            case 3: (void)world.run(objects().list(who, {.bucket = bucket})); break;
            case 4: (void)world.run(buckets().head(who, bucket)); break;
            case 5: (void)world.run(objects().create(who, bucket, key, {})); break;
        }
        if (random.below(20) == 0) world.clock.advance(std::chrono::milliseconds{700});
    }
    EXPECT_EQ(decisions_in(world.audit()), before + made);
    auto counters = world.door().counters();
    EXPECT_GT(counters.allowed, 0u);
    EXPECT_GT(counters.denied, 0u);
}

}  // namespace
}  // namespace sluice::auth
