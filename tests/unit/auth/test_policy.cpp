#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>

#include "auth/identity/principal.hpp"
#include "auth/policy/compiled_policy.hpp"
#include "auth/policy/condition.hpp"
#include "auth/policy/grammar_text.hpp"
#include "gateway/core/encoding.hpp"
#include "gateway/core/random.hpp"
#include "tests/unit/auth/vectors.hpp"

namespace sluice::auth {
namespace {

constexpr principal_id alice{2000}, bob{2001}, team{3000};

std::optional<principal_id> resolve(std::string_view name) {
    if (name == "alice") return alice;
    if (name == "bob") return bob;
    if (name == "team") return team;
    if (name == "root") return root_id;
    return std::nullopt;
}
std::string name_for(principal_id id) {
    if (id == alice) return "alice";
    if (id == bob) return "bob";
    return id == team ? "team" : "root";
}

rule a_rule(std::string_view text, std::uint64_t id) {
    auto made = parse_rule_text(text, resolve);
    if (made.has_error())
        throw std::runtime_error(std::string(text) + ": " + made.error().describe());
    made->id = rule_id{id};
    return std::move(*made);
}

std::vector<rule> rules_of(std::vector<std::string> const& texts) {
    std::vector<rule> out;
    for (auto const& text : texts) out.push_back(a_rule(text, 2000 + out.size()));
    return out;
}

access_request on(action verb, std::string_view name, std::string_view part = {}) {
    access_request request;
    request.verb = verb;
    request.name = name;
    request.part = part;
    request.face = static_cast<std::uint8_t>(facet::files);
    return request;
}

// Decides by the reference and by the compiled form and insists that they agree.
decision decide(std::vector<rule> const& rules, principal_id who, access_request const& request,
                std::vector<principal_id> roles = {}) {
    roles.push_back(who);
    std::sort(roles.begin(), roles.end());
    subject const as{who, roles};
    auto reference = evaluate(rules, as, request);
    auto compiled = compiled_policy::build({}, rules, 1).value();
    EXPECT_EQ(compiled->of(as)->decide(request), reference);
    return reference;
}

TEST(Policy, DefaultDeny) {
    EXPECT_EQ(decide({}, alice, on(action::read, "photos", "a")),
              (decision{effect::deny, built_in::default_deny}));
    EXPECT_FALSE(decide({}, anonymous_id, on(action::read, "photos")).allowed());
    EXPECT_FALSE(decide({}, system_id, on(action::read, "photos")).allowed());
}

TEST(Policy, AllowsWhatItSaysAndNoMore) {
    auto rules = rules_of({"allow alice read,list on photos/2024/*"});
    EXPECT_TRUE(decide(rules, alice, on(action::read, "photos", "2024/a")).allowed());
    EXPECT_FALSE(decide(rules, alice, on(action::read, "photos", "2023/a")).allowed());
    EXPECT_FALSE(decide(rules, alice, on(action::update, "photos", "2024/a")).allowed());
    EXPECT_FALSE(decide(rules, alice, on(action::read, "photo", "2024/a")).allowed());
    EXPECT_FALSE(decide(rules, bob, on(action::read, "photos", "2024/a")).allowed());
    EXPECT_FALSE(decide(rules, anonymous_id, on(action::read, "photos", "2024/a")).allowed());
}

TEST(Policy, AnyDenyWins) {
    auto rules = rules_of({"allow alice all on *", "deny authenticated delete on photos/keep*",
                           "allow alice delete on photos/*"});
    EXPECT_EQ(decide(rules, alice, on(action::delete_, "photos", "keep1")),
              (decision{effect::deny, rule_id{2001}}));
    EXPECT_TRUE(decide(rules, alice, on(action::delete_, "photos", "other")).allowed());
}

TEST(Policy, RolesAndAnyone) {
    auto rules = rules_of({"allow team read on photos", "allow anyone read on public"});
    EXPECT_FALSE(decide(rules, alice, on(action::read, "photos", "a")).allowed());
    EXPECT_TRUE(decide(rules, alice, on(action::read, "photos", "a"), {team}).allowed());
    EXPECT_TRUE(decide(rules, anonymous_id, on(action::read, "public", "a")).allowed());
}

TEST(Policy, RootYieldsToNothingButDenials) {
    EXPECT_EQ(decide({}, root_id, on(action::drop, "photos")),
              (decision{effect::allow, built_in::root}));
    auto rules = rules_of({"deny anyone all on *", "deny anyone all on cluster"});
    EXPECT_FALSE(decide(rules, root_id, on(action::read, "photos")).allowed());
    EXPECT_TRUE(decide(rules, root_id, on(action::grant, "photos")).allowed())
        << "root can always repair the policy";
    access_request admin;
    admin.verb = action::admin;
    admin.kind = resource_kind::cluster;
    EXPECT_TRUE(decide(rules, root_id, admin).allowed());
}

TEST(Policy, TheAuditLogIsWrittenByNobody) {
    auto rules = rules_of(
        {"allow anyone all on *", "allow root all on __audit", "allow alice all on __audit"});
    for (auto verb : {action::append, action::update, action::delete_, action::create, action::drop,
                      action::alter, action::tag, action::bypass_retention,
                      action::delete_version})
        for (auto who : {root_id, alice, anonymous_id, system_id}) {
            auto request = on(verb, "__audit");
            request.owner = who;
            EXPECT_EQ(decide(rules, who, request),
                      (decision{effect::deny, built_in::system_names}));
        }
    EXPECT_TRUE(decide(rules, root_id, on(action::read, "__audit")).allowed());
    EXPECT_TRUE(decide(rules, alice, on(action::read_log, "__audit")).allowed());
}

TEST(Policy, OwnersMayDoAllButAFew) {
    auto request = on(action::drop, "photos");
    request.owner = alice;
    EXPECT_EQ(decide({}, alice, request), (decision{effect::allow, built_in::owner}));
    EXPECT_FALSE(decide({}, bob, request).allowed());
    request.verb = action::bypass_retention;
    EXPECT_FALSE(decide({}, alice, request).allowed());
    request.owner = anonymous_id;
    request.verb = action::read;
    EXPECT_FALSE(decide({}, anonymous_id, request).allowed());
}

TEST(Policy, Facets) {
    auto rules = rules_of({"allow alice read on orders facets rows,log"});
    auto request = on(action::read, "orders");
    EXPECT_FALSE(decide(rules, alice, request).allowed());
    request.face = static_cast<std::uint8_t>(facet::log);
    EXPECT_TRUE(decide(rules, alice, request).allowed());
}

TEST(Policy, Columns) {
    auto rules = rules_of({"allow alice read on orders columns id,total",
                           "allow alice read on orders columns city",
                           "deny bob read on orders columns card", "allow bob read on orders"});
    std::vector<std::string_view> both{"id", "city"}, hidden{"id", "card"};
    auto request = on(action::read, "orders");
    request.columns = both;
    EXPECT_EQ(decide(rules, alice, request), (decision{effect::allow, rule_id{2000}}));
    EXPECT_TRUE(decide(rules, bob, request).allowed());
    request.columns = hidden;
    EXPECT_FALSE(decide(rules, alice, request).allowed());
    EXPECT_FALSE(decide(rules, bob, request).allowed());
    request.columns = {};
    EXPECT_FALSE(decide(rules, alice, request).allowed()) << "all columns are more than some";
    EXPECT_FALSE(decide(rules, bob, request).allowed()) << "all columns include the denied one";
}

TEST(Policy, WhatIsUnknownTakesRightsAway) {
    auto rules = rules_of({"allow alice read on photos", "allow alice update on photos"});
    rules[1].conditions.push_back({"moon_phase", condition::test::text_equals, {"full"}});
    EXPECT_FALSE(decide(rules, alice, on(action::update, "photos")).allowed());
    auto deny = a_rule("deny alice read on photos", 2005);
    deny.conditions.push_back({"tls", static_cast<condition::test>(77), {"x"}});
    rules.push_back(deny);
    EXPECT_FALSE(decide(rules, alice, on(action::read, "photos")).allowed());
}

TEST(Policy, Conditions) {
    request_context context;
    context.source_ip = "10.1.2.3";
    context.protocol = "s3";
    context.prefix = "logs/2024";
    context.has_prefix = true;
    context.now = unix_millis{5000};
    auto test = [&](std::string_view text) {
        auto made = a_rule("allow alice read on x if " + std::string(text), 2000);
        return test_condition(made.conditions.at(0), context);
    };
    using outcome = condition_outcome;
    EXPECT_EQ(test("source_ip in 192.168.0.0/16,10.0.0.0/8"), outcome::holds);
    EXPECT_EQ(test("source_ip in 10.1.2.4"), outcome::fails);
    EXPECT_EQ(test("source_ip outside 10.0.0.0/8"), outcome::fails);
    EXPECT_EQ(test("source_ip in 10.0.0.0/33"), outcome::unknown);
    EXPECT_EQ(test("source_ip outside nonsense"), outcome::unknown);
    EXPECT_EQ(test("protocol is s3,pg"), outcome::holds);
    EXPECT_EQ(test("protocol not s3,pg"), outcome::fails);
    EXPECT_EQ(test("prefix like logs/*"), outcome::holds);
    EXPECT_EQ(test("prefix unlike logs/*"), outcome::fails);
    EXPECT_EQ(test("auth_method is x"), outcome::fails) << "not in this request";
    EXPECT_EQ(test("auth_method not x"), outcome::holds);
    EXPECT_EQ(test("tls is true"), outcome::fails);
    EXPECT_EQ(test("time before 5001"), outcome::holds);
    EXPECT_EQ(test("time after 5000"), outcome::fails);
    EXPECT_EQ(test("time after soon"), outcome::unknown);
    EXPECT_EQ(address_in("2001:db8::/32", "2001:db8:1::1"), outcome::holds);
    EXPECT_EQ(address_in("2001:db8::/32", "2001:db9::1"), outcome::fails);
    EXPECT_EQ(address_in("10.0.0.0/8", "::ffff:10.9.9.9"), outcome::holds);
    EXPECT_EQ(address_in("0.0.0.0/0", "2001:db8::1"), outcome::fails);
}

TEST(Policy, Globs) {
    EXPECT_TRUE(glob_matches("a*b?c", "axxbyc"));
    EXPECT_FALSE(glob_matches("a*b?c", "axxbc"));
    EXPECT_TRUE(glob_matches("*", ""));
    EXPECT_TRUE(glob_matches("**a**", "bab"));
    EXPECT_FALSE(glob_matches("", "a"));
    std::string hostile;
    for (int i = 0; i < 500; ++i) hostile += "*a";
    EXPECT_FALSE(glob_matches(hostile + "b", std::string(1024, 'a')));
}

TEST(Policy, TextGrammarRoundTrips) {
    for (std::string text :
         {"allow alice read,list on photos/2024/*", "deny anyone all on cluster",
          "allow team admin on principal:b*",
          "allow authenticated commit_offset on group:g? facets log",
          "allow alice read on t columns a,b grantable",
          "allow alice read on x if source_ip in 10.0.0.0/8 if tls is true if prefix like a*"})
        EXPECT_EQ(to_rule_text(a_rule(text, 2000), name_for), text);
    EXPECT_EQ(to_rule_text(a_rule("allow * readonly on *", 2000), name_for),
              "allow anyone read,list,describe,read_log on *");
    for (std::string bad : {"", "allow", "permit alice read on x", "allow alice fly on x",
                            "allow alice read x", "allow alice read on", "allow alice read on x if",
                            "allow alice read on x if moon is full", "allow alice read on x if tls",
                            "allow alice read on x facets moon", "allow alice read on x and more",
                            "allow  alice read on x"})
        EXPECT_TRUE(parse_rule_text(bad, resolve).has_error()) << bad;
    EXPECT_EQ(parse_rule_text("allow carol read on x", resolve).error().code, error::not_found);
}

rule full_rule() {
    auto value = a_rule(
        "deny team read,update on photos/a?b* facets log columns c1,c2 grantable if source_ip in "
        "::1/128",
        0xabcdef);
    value.grantor = root_id;
    value.document = "policy-1";
    value.created = unix_millis{1767225600000};
    return value;
}

TEST(PolicyRule, RoundTripsWhatConditionsSayBesideTheirTest) {
    auto value = full_rule();
    condition one{"s3:prefix", condition::test::time_not_equals, {"a", "b"}};
    one.if_present = true;
    one.how_many = condition::over::every_value;
    value.conditions = {one};
    EXPECT_EQ(decode_rule(encode(value)).value(), value);
}

TEST(PolicyRule, RoundTripAndDamage) {
    auto bytes = encode(full_rule());
    EXPECT_EQ(decode_rule(bytes).value(), full_rule());
    for (std::size_t length = 0; length < bytes.size(); ++length)
        EXPECT_TRUE(decode_rule(bytes.substr(0, length)).has_error());
    EXPECT_EQ(decode_rule(bytes + "x").error().code, error::malformed);
    seeded_random random(5);
    for (int round = 0; round < 5000; ++round) {
        auto damaged = bytes;
        damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
        decode_rule(damaged).has_value();  // an answer, whatever it is
    }
    bytes[0] = 9;
    EXPECT_EQ(decode_rule(bytes).error().code, error::unsupported);
    EXPECT_EQ(parse_rule_id(to_text(rule_id{0xabcdef})).value(), rule_id{0xabcdef});
    EXPECT_TRUE(parse_rule_id("xyz").has_error());
}

std::vector<rule> golden_rules() {
    return {full_rule(), a_rule("allow anyone read on public", 0x2000),
            a_rule("allow alice all on cluster if protocol not kafka,pg", 0x2001)};
}

// SLUICE_WRITE_GOLDEN=1 writes the file anew; the difference is for review.
TEST(PolicyRule, StoredFormIsFixed) {
    if (std::getenv("SLUICE_WRITE_GOLDEN")) {
        std::ofstream file(std::string(SLUICE_GOLDEN_FOLDER) + "/policy/rules_v1.txt");
        file << "# Rules as version 1 stored them: id, text in our own grammar, bytes.\n\n";
        for (auto const& value : golden_rules())
            file << "id " << to_text(value.id) << "\ntext " << to_rule_text(value, name_for)
                 << "\nbytes " << hex_encode(encode(value)) << "\n\n";
    }
    auto const blocks = test::read_vectors(SLUICE_GOLDEN_FOLDER "/policy/rules_v1.txt");
    ASSERT_EQ(blocks.size(), golden_rules().size());
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        ASSERT_EQ(blocks[i].size(), 3u);
        auto bytes = hex_decode(blocks[i][2].second).value();
        auto value = decode_rule(bytes).value();
        EXPECT_EQ(to_text(value.id), blocks[i][0].second);
        EXPECT_EQ(to_rule_text(value, name_for), blocks[i][1].second);
        EXPECT_EQ(value, golden_rules()[i]);
        EXPECT_EQ(hex_encode(encode(value)), blocks[i][2].second);
    }
}

TEST(PolicyRule, Limits) {
    auto value = full_rule();
    EXPECT_TRUE(check_rule(value));
    value.on.name.text.assign(1025, 'a');
    EXPECT_EQ(check_rule(value).error().code, error::too_large);
    value = full_rule();
    value.verbs = {};
    EXPECT_EQ(check_rule(value).error().code, error::invalid_argument);
    value = full_rule();
    value.conditions.resize(33);
    EXPECT_EQ(check_rule(value).error().code, error::too_large);
    EXPECT_EQ(compiled_policy::build({.rules = 1}, {full_rule(), full_rule()}, 1).error().code,
              error::too_large);
}

TEST(PolicyActions, NumbersAreForever) {
    std::string all;
    for (std::size_t i = 0; i < action_count; ++i)
        all += std::string(name_of(static_cast<action>(i))) + " ";
    EXPECT_EQ(all,
              "read append update delete list describe create drop alter read_log commit_offset "
              "read_files grant tag "
              "admin bypass_retention delete_version assume trust ");
    EXPECT_EQ(to_text(*parse_actions("all")), "all");
    EXPECT_EQ(action_named("delete"), action::delete_);
    EXPECT_EQ(class_of(action::append), action_class::write);
}

rule random_rule(random_source& random, std::uint64_t id) {
    static char const* const whos[] = {"alice", "bob", "team", "anyone", "authenticated", "root"};
    static char const* const verbs[] = {"read", "update", "read,delete", "all", "list"};
    static char const* const places[] = {"a",   "b",    "*",   "a*",     "a/x*",
                                         "a/x", "b/*y", "?/x", "cluster"};
    static char const* const extras[] = {"",
                                         "",
                                         "",
                                         " columns c",
                                         " columns c,d",
                                         " facets rows",
                                         " if tls is true",
                                         " if source_ip in 10.0.0.0/8",
                                         " if prefix unlike x*"};
    auto pick = [&](auto const& from) { return std::string(from[random.below(std::size(from))]); };
    auto value = a_rule((random.below(3) ? "allow " : "deny ") + pick(whos) + " " + pick(verbs) +
                            " on " + pick(places) + pick(extras),
                        id);
    if (random.below(20) == 0)
        value.conditions.push_back({"unknown", condition::test::text_equals, {"x"}});
    if (random.below(3) == 0) {
        static char const* const keys[] = {"action",          "resource",       "principal",
                                           "s3:prefix",       "s3:max-keys",    "aws:username",
                                           "aws:CurrentTime", "aws:SourceIp", "aws:SecureTransport"};
        static char const* const texts[] = {"x*", "s3:get*", "10", "true", "a/x", "${aws:username}",
                                            "10.0.0.0/8"};
        condition one{pick(keys), static_cast<condition::test>(1 + random.below(24)), {}};
        for (std::uint64_t i = random.below(3); i > 0; --i) one.values.push_back(pick(texts));
        one.if_present = random.below(2) == 0;
        one.how_many = static_cast<condition::over>(random.below(4));
        value.conditions.push_back(std::move(one));
        value.origin = grammar::iam_json;
    }
    return value;
}

// The order of rules never matters, and the compiled form answers as the reference does.
TEST(PolicyProperty, OrderFreeAndCompiledEqualsReference) {
    seeded_random random(2026);
    std::mt19937 shuffle(7);
    std::string_view const names[] = {"a", "b", "ab", "__audit"};
    std::string_view const parts[] = {"", "x", "xy", "y"};
    std::vector<std::string_view> const columns{"c", "d"};
    for (int round = 0; round < 400; ++round) {
        std::vector<rule> rules;
        for (std::uint64_t i = 0, count = random.below(12); i < count; ++i)
            rules.push_back(random_rule(random, 2000 + i));
        for (int question = 0; question < 12; ++question) {
            request_context context;
            context.tls = random.below(2);
            context.source_ip = random.below(2) ? "10.0.0.1" : "192.0.2.1";
            context.has_prefix = random.below(2);
            context.prefix = "xx";
            std::vector<context_value> values;
            for (std::uint64_t i = random.below(3); i > 0; --i)
                values.push_back({random.below(2) ? "s3:prefix" : "s3:max-keys",
                                  random.below(2) ? "x" : "10"});
            if (random.below(2)) values.push_back({"principal", "x"});
            context.values = values;
            auto request = on(static_cast<action>(random.below(5)), names[random.below(4)],
                              parts[random.below(4)]);
            request.context = &context;
            request.columns = std::span(columns).first(random.below(3));
            request.owner = random.below(4) == 0 ? alice : principal_id{};
            principal_id const who = std::array{alice, bob, root_id, anonymous_id}[random.below(4)];
            std::vector<principal_id> roles;
            if (random.below(2)) roles.push_back(team);
            auto first = decide(rules, who, request, roles);
            std::shuffle(rules.begin(), rules.end(), shuffle);
            EXPECT_EQ(decide(rules, who, request, roles), first);
        }
    }
}

// Adding a deny never gives a right, taking an allow away never does either.
TEST(PolicyProperty, Monotonic) {
    seeded_random random(99);
    for (int round = 0; round < 500; ++round) {
        std::vector<rule> rules;
        for (std::uint64_t i = 0; i < 6; ++i) rules.push_back(random_rule(random, 2000 + i));
        auto request = on(static_cast<action>(random.below(5)), random.below(2) ? "a" : "b", "x");
        auto before = decide(rules, alice, request);
        auto more = rules;
        auto deny = random_rule(random, 3000);
        deny.effect = effect::deny;
        more.push_back(deny);
        if (!before.allowed()) {
            EXPECT_FALSE(decide(more, alice, request).allowed());
        }
        std::erase_if(rules, [](rule const& one) { return one.effect == effect::allow; });
        EXPECT_FALSE(decide(rules, alice, request).allowed());
    }
}

TEST(PolicySpeed, AHotCheckIsFarUnderAMicrosecond) {
    std::vector<rule> rules;
    for (std::uint64_t i = 0; i < 10'000; ++i)
        rules.push_back(a_rule("allow alice read on bucket" + std::to_string(i), 2000 + i));
    auto policy = compiled_policy::build({}, std::move(rules), 1).value();
    std::vector<principal_id> closure{alice};
    auto compiled = policy->of({alice, closure});
    auto request = on(action::read, "bucket7777", "some/key");
    constexpr int times = 200'000;
    auto start = std::chrono::steady_clock::now();
    int allowed = 0;
    for (int i = 0; i < times; ++i) allowed += compiled->decide(request).allowed();
    auto each =
        std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() /
        times;
    EXPECT_EQ(allowed, times);
    RecordProperty("nanoseconds_per_check", static_cast<int>(each));
    EXPECT_LT(each, 20'000) << "something is linear in the number of rules";
}

}  // namespace
}  // namespace sluice::auth
