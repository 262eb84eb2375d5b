#include <gtest/gtest.h>

#include <map>

#include "auth/identity/directory.hpp"
#include "auth/identity/oidc_provider.hpp"
#include "auth/policy/access_registry.hpp"
#include "auth/policy/managed_policy.hpp"
#include "gateway/core/encoding.hpp"
#include "gateway/core/task_group.hpp"
#include "tests/support/run_task.hpp"

namespace sluice::auth {
namespace {

principal someone(std::uint64_t id, std::string name, principal_kind kind = principal_kind::user,
                  std::vector<principal_id> roles = {}) {
    principal out;
    out.id = principal_id{id};
    out.kind = kind;
    out.name = std::move(name);
    out.member_of = std::move(roles);
    return out;
}

credential key_of(std::uint64_t owner, std::string id) {
    credential out;
    out.kind = credential_kind::access_key;
    out.id = std::move(id);
    out.owner = principal_id{owner};
    out.sealed_secret = "sealed";
    return out;
}

error code_of(std::vector<principal> people, std::vector<credential> credentials = {}) {
    auto made = directory::build({}, std::move(people), std::move(credentials));
    EXPECT_TRUE(made.has_error());
    return made.has_error() ? made.error().code : error::closed;
}

TEST(Principal, RecordsRoundTrip) {
    auto who =
        someone(5000, "alice", principal_kind::agent, {principal_id{7000}, principal_id{8000}});
    who.enabled = false;
    who.created = unix_millis{1234567890123};
    who.on_behalf_of = principal_id{6000};
    EXPECT_EQ(decode_principal(encode(who)).value(), who);
    auto key = key_of(5000, "SLKEY");
    key.expires = unix_millis{99};
    key.scram_sha_256 = "a";
    key.scram_sha_512 = "b";
    EXPECT_EQ(decode_credential(encode(key)).value(), key);
}

TEST(Principal, StoredFormIsFixed) {
    auto who = someone(0x0102030405060708, "bob");
    who.created = unix_millis{1};
    EXPECT_EQ(hex_encode(encode(who)),
              "01080706050403020101010100000000000000000000000000000003626f6200");
}

TEST(Principal, GivenNamesMakeARecordOfVersionTwo) {
    auto who = someone(5000, "alice");
    EXPECT_EQ(encode(who)[0], 1);
    who.canonical_id = "0123456789abcdef";
    who.display_name = "Alice Ä.";
    who.email = "alice@example.org";
    EXPECT_EQ(encode(who)[0], 2);
    EXPECT_EQ(decode_principal(encode(who)).value(), who);
    auto cut = encode(who);
    cut.pop_back();
    EXPECT_EQ(decode_principal(cut).error().code, error::malformed);
}

TEST(Principal, GroupsAndRolesWithDetailsMakeARecordOfVersionThree) {
    auto group = someone(5000, "staff");
    group.kind = principal_kind::group;
    EXPECT_EQ(encode(group).front(), 3);
    EXPECT_EQ(decode_principal(encode(group)).value(), group);
    auto role = someone(5001, "reader");
    role.kind = principal_kind::role;
    EXPECT_EQ(encode(role).front(), 1);  // as it always was
    role.description = "who reads";
    role.longest_session = 7200;
    EXPECT_EQ(encode(role).front(), 3);
    EXPECT_EQ(decode_principal(encode(role)).value(), role);
    auto older = encode(group);
    older.front() = 2;
    EXPECT_TRUE(decode_principal(older).has_error());
    role.longest_session = 60;
    EXPECT_TRUE(directory::build({}, {role}, {}).has_error());
    auto user = someone(5002, "alice");
    user.description = "a user says nothing";
    EXPECT_TRUE(directory::build({}, {user}, {}).has_error());
}

TEST(Principal, TagsMakeARecordOfVersionFour) {
    auto user = someone(5000, "alice");
    user.tags = {{"team", "blue"}, {"note", ""}};
    auto const bytes = encode(user);
    EXPECT_EQ(bytes.front(), 4);
    EXPECT_EQ(decode_principal(bytes).value(), user);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_TRUE(decode_principal(bytes.substr(0, size)).has_error()) << size;
    EXPECT_FALSE(directory::build({}, {user}, {}).has_error());
    std::vector<principal_tag> const wrong[] = {
        {{"", "empty"}}, {{"a", "1"}, {"A", "2"}}, {{"aws:a", "b"}}, {{"a\n", "b"}},
        {{"a", "b;c"}}, {{std::string(129, 'k'), ""}}, {{"k", std::string(257, 'v')}},
        std::vector<principal_tag>(51, {"k", "v"})};
    for (auto const& tags : wrong) {
        user.tags = tags;
        EXPECT_TRUE(directory::build({}, {user}, {}).has_error()) << tags.front().key;
    }
    auto group = someone(5001, "staff");
    group.kind = principal_kind::group;
    group.tags = {{"team", "blue"}};
    EXPECT_TRUE(directory::build({}, {group}, {}).has_error());
}

TEST(Directory, GroupsHoldUsersAndAreInNothing) {
    auto group = someone(5000, "staff"), role = someone(5001, "reader"), user = someone(5002, "alice");
    group.kind = principal_kind::group;
    role.kind = principal_kind::role;
    user.member_of = {group.id, role.id};
    auto const people = directory::build({}, {group, role, user}, {}).value();
    EXPECT_EQ(people->closure(user.id),
              (std::vector<principal_id>{group.id, role.id, user.id}));
    auto nested = role;
    nested.member_of = {group.id};
    EXPECT_TRUE(directory::build({}, {group, nested}, {}).has_error());
    auto inner = group;
    inner.member_of = {role.id};
    EXPECT_TRUE(directory::build({}, {inner, role}, {}).has_error());
}

TEST(OidcProvider, RecordsRoundTripAndAreChecked) {
    oidc_provider one;
    one.issuer = "https://accounts.example/realm/";
    one.name = provider_name_of(one.issuer);
    one.label = "corp";
    one.keys = "/etc/keys.json";
    one.clients = {"sluice", "other"};
    one.created = unix_millis{7};
    EXPECT_EQ(one.name, "accounts.example/realm");
    EXPECT_EQ(decode_oidc_provider(encode(one)).value(), one);
    EXPECT_TRUE(check_oidc_provider(one).has_value());
    auto const bytes = encode(one);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_TRUE(decode_oidc_provider(bytes.substr(0, size)).has_error()) << size;
    for (auto const* url : {"http://accounts.example", "ftp://a", "https://", "https://a b",
                            "http://127.0.0.1.example.com", "https://a?b", "http://localhost.evil"}) {
        auto other = one;
        other.issuer = url;
        other.name = provider_name_of(url);
        EXPECT_TRUE(check_oidc_provider(other).has_error()) << url;
    }
    for (auto const* url : {"http://127.0.0.1:8080", "http://localhost/a", "http://[::1]:1/"})
        EXPECT_TRUE(is_fetchable(url)) << url;
    auto other = one;
    other.keys = "relative.json";
    EXPECT_TRUE(check_oidc_provider(other).has_error());
    other = one;
    other.clients.clear();
    EXPECT_TRUE(check_oidc_provider(other).has_error());
}

TEST(ManagedPolicy, RecordsRoundTrip) {
    managed_policy one;
    one.id = 77;
    one.name = "read";
    one.description = "what is read";
    one.created = one.updated = unix_millis{7};
    one.default_version = 2;
    one.last_version = 3;
    one.versions = {{2, unix_millis{8}, "{}"}, {3, unix_millis{9}, "{ }"}};
    EXPECT_EQ(decode_managed_policy(encode(one)).value(), one);
    auto const bytes = encode(one);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_TRUE(decode_managed_policy(bytes.substr(0, size)).has_error()) << size;
    one.default_version = 1;
    EXPECT_TRUE(decode_managed_policy(encode(one)).has_error());
    EXPECT_EQ(attached_arn(attachment_name(principal_id{5000}, "arn:x")), "arn:x");
    EXPECT_EQ(attached_arn("policy:0000000000001388:read"), "");
    EXPECT_TRUE(check_policy_name("a/b").has_error());
}

TEST(Principal, IsFoundByTheIdThatS3Shows) {
    auto given = someone(5000, "alice");
    given.canonical_id = "moved-from-elsewhere";
    auto const people =
        directory::build({}, {given, someone(0xabcdef, "bob")}, {}).value();
    EXPECT_EQ(people->find_canonical("moved-from-elsewhere")->name, "alice");
    auto const made = canonical_id_of(principal_id{0xabcdef});
    EXPECT_EQ(made, std::string(58, '0') + "abcdef");
    EXPECT_EQ(people->find_canonical(made)->name, "bob");
    // Who has a given id has no other.
    EXPECT_EQ(people->find_canonical(canonical_id_of(principal_id{5000})), nullptr);
    EXPECT_EQ(people->find_canonical("absent"), nullptr);
    EXPECT_EQ(people->find_canonical(std::string(64, 'f')), nullptr);
    EXPECT_EQ(people->find_canonical(std::string(48, '0') + "000000000000000x"), nullptr);
}

TEST(Principal, GivenNamesAreCheckedAndNotDoubled) {
    auto const refused = [](auto change) {
        auto who = someone(5000, "alice");
        change(who);
        return code_of({who});
    };
    EXPECT_EQ(refused([](auto& who) { who.canonical_id = "a b"; }), error::invalid_argument);
    EXPECT_EQ(refused([](auto& who) { who.canonical_id = std::string(65, 'a'); }),
              error::invalid_argument);
    EXPECT_EQ(refused([](auto& who) { who.canonical_id = std::string(64, '0'); }),
              error::invalid_argument);
    EXPECT_EQ(refused([](auto& who) { who.display_name = "a\nb"; }), error::invalid_argument);
    EXPECT_EQ(refused([](auto& who) { who.email = "nobody"; }), error::invalid_argument);
    auto one = someone(5000, "alice"), two = someone(5001, "bob");
    one.canonical_id = two.canonical_id = "same";
    EXPECT_EQ(code_of({one, two}), error::already_exists);
    one.canonical_id.clear();
    one.email = two.email = "a@b";
    EXPECT_EQ(code_of({one, two}), error::already_exists);
}

TEST(Principal, DamagedRecordsAreRefused) {
    for (auto const& bytes :
         {encode(someone(5000, "alice", principal_kind::user, {principal_id{1}})),
          encode(key_of(1, "k"))}) {
        bool is_principal = decode_principal(bytes).has_value();
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            auto cut = bytes.substr(0, length);
            EXPECT_TRUE(is_principal ? decode_principal(cut).has_error()
                                     : decode_credential(cut).has_error());
        }
        EXPECT_EQ((is_principal ? decode_principal(bytes + "x").error()
                                : decode_credential(bytes + "x").error())
                      .code,
                  error::malformed);
        auto later = bytes;
        later[0] = 5;
        EXPECT_EQ(
            (is_principal ? decode_principal(later).error() : decode_credential(later).error())
                .code,
            error::unsupported);
    }
}

TEST(Principal, Names) {
    for (auto const* good : {"a", "alice", "svc.build-1", "a@b.c", "A_B+c=d"})
        EXPECT_TRUE(check_principal_name(good)) << good;
    for (auto const* bad : {"", "a b", "a/b", "a:b", "__x", "\xc3\xbc", "a\n", "*"})
        EXPECT_FALSE(check_principal_name(bad)) << bad;
    EXPECT_FALSE(check_principal_name(std::string(65, 'a')));
}

TEST(Directory, BuiltInPrincipalsAreThere) {
    auto people = directory::build({.root_name = "boss"}, {}, {}).value();
    EXPECT_EQ(people->find("boss")->id, root_id);
    EXPECT_EQ(people->find(anonymous_id)->kind, principal_kind::anonymous);
    EXPECT_TRUE(people->is_active(root_id));
    EXPECT_EQ(people->find("nobody"), nullptr);
    EXPECT_TRUE(people->closure(principal_id{4711}).empty());
}

TEST(Directory, RoleClosures) {
    auto people =
        directory::build(
            {},
            {someone(2000, "alice", principal_kind::user, {principal_id{3001}}),
             someone(3001, "team", principal_kind::role, {principal_id{3002}, principal_id{3003}}),
             someone(3002, "staff", principal_kind::role, {principal_id{3004}}),
             someone(3003, "ops", principal_kind::role, {principal_id{3004}}),
             someone(3004, "all", principal_kind::role)},
            {})
            .value();
    EXPECT_EQ(people->closure(principal_id{2000}),
              (std::vector{principal_id{2000}, principal_id{3001}, principal_id{3002},
                           principal_id{3003}, principal_id{3004}}));
    EXPECT_EQ(people->closure(principal_id{3004}), std::vector{principal_id{3004}});
}

TEST(Directory, UnsoundContentsAreRefused) {
    using kind = principal_kind;
    EXPECT_EQ(code_of({someone(3001, "a", kind::role, {principal_id{3001}})}),
              error::invalid_argument);
    EXPECT_EQ(code_of({someone(3001, "a", kind::role, {principal_id{3002}}),
                       someone(3002, "b", kind::role, {principal_id{3003}}),
                       someone(3003, "c", kind::role, {principal_id{3001}})}),
              error::invalid_argument);
    EXPECT_EQ(code_of({someone(3001, "a", kind::user, {principal_id{9999}})}),
              error::invalid_argument);
    EXPECT_EQ(code_of({someone(3001, "a", kind::user, {principal_id{3002}}), someone(3002, "b")}),
              error::invalid_argument);
    EXPECT_EQ(code_of({someone(3001, "a"), someone(3002, "a")}), error::already_exists);
    EXPECT_EQ(code_of({someone(3001, "root")}), error::already_exists);
    EXPECT_EQ(code_of({someone(2, "two")}), error::invalid_argument);
    EXPECT_EQ(code_of({}, {key_of(3001, "k")}), error::invalid_argument);
    EXPECT_EQ(code_of({someone(3001, "a")}, {key_of(3001, "k"), key_of(3001, "k")}),
              error::already_exists);
    EXPECT_EQ(code_of({someone(3001, "a", kind::role)}, {key_of(3001, "k")}),
              error::invalid_argument);
    EXPECT_EQ(directory::build({.principals = 1}, {someone(3001, "a"), someone(3002, "b")}, {})
                  .error()
                  .code,
              error::too_large);
}

TEST(Directory, DeepRolesNeedNoStack) {
    std::vector<principal> chain;
    for (std::uint64_t i = 0; i < 2000; ++i) {
        std::vector<principal_id> next;
        if (i + 1 < 2000) next.push_back(principal_id{5001 + i});
        chain.push_back(someone(5000 + i, "r" + std::to_string(i), principal_kind::role, next));
    }
    EXPECT_EQ(
        directory::build({}, std::move(chain), {}).value()->closure(principal_id{5000}).size(),
        2000u);
}

TEST(Directory, AgentsActForSomeone) {
    auto agent = someone(4001, "agent", principal_kind::agent);
    agent.on_behalf_of = principal_id{4002};
    auto middle = someone(4002, "middle", principal_kind::agent);
    middle.on_behalf_of = principal_id{4003};
    auto user = someone(4003, "user");
    auto people = directory::build({}, {agent, middle, user}, {}).value();
    EXPECT_EQ(people->on_behalf_chain(principal_id{4001}),
              (std::vector{principal_id{4002}, principal_id{4003}}));
    EXPECT_TRUE(people->is_active(principal_id{4001}));
    user.enabled = false;
    EXPECT_FALSE(
        directory::build({}, {agent, middle, user}, {}).value()->is_active(principal_id{4001}));
    EXPECT_EQ(code_of({agent}), error::invalid_argument);
    middle.on_behalf_of = principal_id{4001};
    EXPECT_EQ(code_of({agent, middle}), error::invalid_argument);
}

class memory_port final : public record_port {
public:
    task<result<std::vector<stored_record>>> load(record_kind kind) override {
        co_return records[kind];
    }
    task<result<void>> commit(std::vector<record_change> changes,
                              std::vector<std::string> audit_records) override {
        if (fail) co_return failure{error::no_space};
        for (auto& change : changes) {
            auto& all = records[change.kind];
            std::erase_if(all, [&](auto const& one) { return one.id == change.id; });
            if (change.value) all.push_back({change.id, *change.value});
        }
        audit.insert(audit.end(), audit_records.begin(), audit_records.end());
        co_return success();
    }
    std::map<record_kind, std::vector<stored_record>> records;
    std::vector<std::string> audit;
    bool fail = false;
};

task<result<void>> change_once(access_registry& registry, access_change change) {
    SLUICE_CO_TRY(auto turn, co_await registry.take_turn());
    std::vector<std::string> audit{"record"};
    co_return co_await registry.commit(turn, std::move(change), std::move(audit));
}

TEST(AccessRegistry, ChangesAreStoredThenInForceAndSurviveARestart) {
    memory_port port;
    access_registry registry({}, {}, 4, port);
    ASSERT_TRUE(registry.install({}, {}));
    auto const before = registry.current();
    access_change change;
    change.put_principals.push_back(someone(2000, "alice"));
    change.put_credentials.push_back(key_of(2000, "SLKEY"));
    ASSERT_TRUE(test::run_task(change_once(registry, change)));
    EXPECT_EQ(before->people->find("alice"), nullptr) << "a state never changes";
    EXPECT_EQ(registry.current()->epoch(), before->epoch() + 1);
    EXPECT_NE(registry.current()->people->find_access_key("SLKEY"), nullptr);
    EXPECT_EQ(port.audit.size(), 1u);

    access_registry again({}, {}, 4, port);
    ASSERT_TRUE(again.install(
        {port.records[record_kind::principal], port.records[record_kind::credential], {}}, {}));
    EXPECT_NE(again.current()->people->find("alice"), nullptr);

    access_change removal;
    removal.erased_principals.push_back(principal_id{2000});
    EXPECT_EQ(test::run_task(change_once(registry, removal)).error().code, error::invalid_argument)
        << "its key dangles";
    removal.erased_credentials.push_back(key_of(2000, "SLKEY"));
    ASSERT_TRUE(test::run_task(change_once(registry, removal)));
    EXPECT_TRUE(port.records[record_kind::principal].empty());
    EXPECT_TRUE(port.records[record_kind::credential].empty());
}

TEST(AccessRegistry, WhatIsNotStoredIsNotInForce) {
    memory_port port;
    access_registry registry({}, {}, 4, port);
    ASSERT_TRUE(registry.install({}, {}));
    port.fail = true;
    access_change change;
    change.put_principals.push_back(someone(2000, "alice"));
    EXPECT_EQ(test::run_task(change_once(registry, change)).error().code, error::no_space);
    EXPECT_EQ(registry.current()->people->find("alice"), nullptr);
}

TEST(AccessRegistry, DamagedRecordsStopTheStart) {
    memory_port port;
    access_registry registry({}, {}, 4, port);
    auto outcome = registry.install({{{"id", "junk"}}, {}, {}}, {});
    ASSERT_TRUE(outcome.has_error());
    EXPECT_EQ(outcome.error().code, error::corrupt);
}

task<void> hold_turn(turn_queue& turns, std::vector<int>& order, int number) {
    auto turn = co_await turns.take();
    order.push_back(turn.has_value() ? number : -number);
    co_await boost::asio::post(co_await boost::asio::this_coro::executor,
                               boost::asio::use_awaitable);
}

TEST(TurnQueue, OneAtATimeInOrderAndBounded) {
    boost::asio::io_context context{1};
    turn_queue turns(2);
    std::vector<int> order;
    task_group group(context.get_executor());
    for (int i = 1; i <= 4; ++i) ASSERT_TRUE(group.spawn(hold_turn(turns, order, i)));
    test::run_task(context, group.drain());
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, (std::vector{-4, 1, 2, 3})) << "the fourth finds the line full";
}

}  // namespace
}  // namespace sluice::auth
