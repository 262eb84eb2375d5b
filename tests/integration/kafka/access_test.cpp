// Who may do what, administered through Kafka itself: ACLs made, shown, enforced and removed, and
// SCRAM credentials that clients work out.
#include <gtest/gtest.h>

#include "auth/keys/scram_verifier.hpp"
#include "gateway/core/blocking_token.hpp"
#include "tests/integration/kafka/kafka_world.hpp"

namespace sluice::kafka {
namespace {

constexpr std::int8_t topic = 2, group = 3, cluster = 4, transactional_id = 5;
constexpr std::int8_t op_all = 2, op_read = 3, op_write = 4, op_create = 5, op_alter = 7,
                      op_describe = 8, op_alter_configs = 11;

class KafkaAccess : public testing::Test {
protected:
    explicit KafkaAccess(bool real = false) : world(real) {
        world.make_topic("t");
        auth::guarded_admin::new_principal wanted;
        wanted.name = "alice";
        wanted.password = "correct horse";
        auto const boss = world.root();
        world.run(world.door().admin().add_principal(boss, wanted)).value();
    }
    kafka_world world;

    void as(std::string user) {
        world.password = user == "root" ? std::string(auth::root_password) : "correct horse";
        world.user = std::move(user);
    }
    static create_acls_request::acl_creation acl(std::int8_t type, std::string name,
                                                 std::int8_t operation, bool allows = true,
                                                 std::string who = "User:alice",
                                                 std::int8_t pattern = 3) {
        create_acls_request::acl_creation out;
        out.resource_type = type;
        out.resource_name = std::move(name);
        out.resource_pattern_type = pattern;
        out.principal = std::move(who);
        out.host = "*";
        out.operation = operation;
        out.permission_type = allows ? 3 : 2;
        return out;
    }
    // As root; the error.
    std::int16_t make(create_acls_request::acl_creation one) {
        auto const before = world.user;
        as("root");
        create_acls_request request;
        request.creations.push_back(std::move(one));
        auto const answer = world.ask(request, 3).results.at(0);
        as(before);
        return answer.error_code;
    }
    describe_acls_response described() {
        describe_acls_request request;
        request.resource_type_filter = 1;
        request.resource_name_filter.reset();
        request.pattern_type_filter = 1;
        request.principal_filter.reset();
        request.host_filter.reset();
        request.operation = 1;
        request.permission_type = 1;
        return world.ask(request, 3);
    }
    std::size_t removed(std::int8_t operation) {
        delete_acls_request request;
        auto& one = request.filters.emplace_back();
        one.resource_type_filter = 1;
        one.resource_name_filter.reset();
        one.pattern_type_filter = 1;
        one.principal_filter.reset();
        one.host_filter.reset();
        one.operation = operation;
        one.permission_type = 1;
        return world.ask(request, 3).filter_results.at(0).matching_acls.size();
    }
    error_code produce() { return world.produce("t", batch_of({"x"})).error; }
};

class KafkaDurableAccess : public KafkaAccess {
protected:
    KafkaDurableAccess() : KafkaAccess(true) {}
};

TEST_F(KafkaDurableAccess, WhatAnAclGrantsIsInForceUntilItIsRemoved) {
    as("alice");
    EXPECT_EQ(produce(), error_code::topic_authorization_failed);
    EXPECT_EQ(make(acl(topic, "t", op_write)), 0);
    EXPECT_EQ(produce(), error_code::none);
    EXPECT_EQ(world.fetch("t", 0).error, error_code::topic_authorization_failed);
    EXPECT_EQ(make(acl(topic, "", op_read, true, "User:alice", 4)),
              wire(error_code::invalid_request));
    EXPECT_EQ(make(acl(topic, "t", op_read, true, "User:*", 4)), 0);
    EXPECT_EQ(world.fetch("t", 0).error, error_code::none);
    world.restart_all();
    EXPECT_EQ(produce(), error_code::none);
    EXPECT_EQ(make(acl(topic, "*", op_write, false)), 0);
    EXPECT_EQ(produce(), error_code::topic_authorization_failed) << "a deny wins";
    as("root");
    EXPECT_EQ(removed(op_write), 2u);
    EXPECT_EQ(removed(op_write), 0u);
    as("alice");
    EXPECT_EQ(produce(), error_code::topic_authorization_failed);
    EXPECT_EQ(world.fetch("t", 0).error, error_code::none);
}

TEST_F(KafkaAccess, TransactionalIdsAreWrittenAndDescribed) {
    auto const init = [&](std::string id) {
        init_producer_id_request request;
        request.transactional_id = std::move(id);
        request.transaction_timeout_ms = 60'000;
        return error_code{world.ask(request, 5).error_code};
    };
    auto const described = [&](std::string id) {
        describe_transactions_request request;
        request.transactional_ids = {std::move(id)};
        return error_code{world.ask(request, 0).transaction_states.at(0).error_code};
    };
    auto const listed = [&] {
        return world.ask(list_transactions_request{}, 1).transaction_states.size();
    };
    EXPECT_EQ(init("a"), error_code::none);
    EXPECT_EQ(init("b"), error_code::none);
    as("alice");
    EXPECT_EQ(init("a"), error_code::transactional_id_authorization_failed);
    EXPECT_EQ(described("a"), error_code::transactional_id_authorization_failed);
    EXPECT_EQ(listed(), 0u);
    EXPECT_EQ(make(acl(transactional_id, "a", op_write)), 0);
    EXPECT_EQ(make(acl(transactional_id, "b", op_describe)), 0);
    EXPECT_EQ(init("a"), error_code::none);
    EXPECT_EQ(init("b"), error_code::transactional_id_authorization_failed);
    EXPECT_EQ(described("b"), error_code::none);
    EXPECT_EQ(listed(), 2u);
    write_txn_markers_request marker;
    auto& one = marker.markers.emplace_back();
    one.producer_id = one.producer_epoch = 1;
    one.topics.push_back({"t", {0}});
    EXPECT_EQ(world.ask(marker, 1).markers.at(0).topics.at(0).partitions.at(0).error_code,
              wire(error_code::cluster_authorization_failed));
}

TEST_F(KafkaAccess, AclsAreShownAsTheyWereMadeAndOnlyOnce) {
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(make(acl(topic, "orders-", op_read, true, "User:alice", 4)), 0);
        EXPECT_EQ(make(acl(group, "*", op_read, false)), 0);
        EXPECT_EQ(make(acl(cluster, "kafka-cluster", op_create)), 0);
    }
    auto const shown = described();
    EXPECT_EQ(shown.error_code, 0);
    ASSERT_EQ(shown.resources.size(), 3u);
    for (auto const& one : shown.resources) {
        ASSERT_EQ(one.acls.size(), 1u) << one.resource_name;
        EXPECT_EQ(one.acls[0].principal, "User:alice");
        EXPECT_EQ(one.acls[0].host, "*");
        if (one.resource_type == topic) {
            EXPECT_EQ(one.resource_name, "orders-");
            EXPECT_EQ(one.pattern_type, 4);
            EXPECT_EQ(one.acls[0].operation, op_read);
        }
        EXPECT_EQ(one.acls[0].permission_type, one.resource_type == group ? 2 : 3);
    }
}

TEST_F(KafkaAccess, RulesOfOtherGrammarsAreShownAndLeftAlone) {
    auto const boss = world.root();
    auto& admin = world.door().admin();
    world.run(admin.put_rule(boss, "allow alice append,describe on t")).value();
    world.run(admin.put_rule(boss, "allow alice read on bucket/key")).value();
    auto const shown = described();
    ASSERT_EQ(shown.resources.size(), 1u);
    EXPECT_EQ(shown.resources[0].acls.size(), 3u) << "write, describe, describe configurations";
    EXPECT_EQ(removed(1), 0u);
    as("alice");
    EXPECT_EQ(produce(), error_code::none);
}

TEST_F(KafkaAccess, AclsThatCannotBeAreRefusedOneByOne) {
    create_acls_request request;
    request.creations.push_back(acl(topic, "t", op_write, true, "User:nobody"));
    request.creations.push_back(acl(topic, "t", op_write));
    request.creations.push_back(acl(cluster, "my-cluster", op_alter));
    request.creations.push_back(acl(6, "token", op_describe));
    auto const answer = world.ask(request, 2);
    EXPECT_EQ(answer.results.at(0).error_code, wire(error_code::invalid_request));
    EXPECT_NE(answer.results[0].error_message.value_or("").find("nobody"), std::string::npos);
    EXPECT_EQ(answer.results.at(1).error_code, 0);
    EXPECT_EQ(answer.results.at(2).error_code, wire(error_code::invalid_request));
    EXPECT_EQ(answer.results.at(3).error_code, wire(error_code::invalid_request));
    describe_acls_request bad;
    bad.resource_type_filter = 0;
    bad.operation = bad.permission_type = 1;
    EXPECT_EQ(world.ask(bad, 2).error_code, wire(error_code::invalid_request));
}

TEST_F(KafkaAccess, WhoeverMayAlterTheClusterMayMakeAcls) {
    as("alice");
    create_acls_request request;
    request.creations.push_back(acl(topic, "t", op_all));
    EXPECT_EQ(world.ask(request, 3).results.at(0).error_code,
              wire(error_code::cluster_authorization_failed));
    EXPECT_EQ(described().error_code, wire(error_code::cluster_authorization_failed));
    EXPECT_EQ(make(acl(cluster, "kafka-cluster", op_alter)), 0);
    EXPECT_EQ(world.ask(request, 3).results.at(0).error_code, 0);
    EXPECT_EQ(described().resources.size(), 2u);
    EXPECT_EQ(produce(), error_code::none);
    // Passwords are another's to change.
    alter_user_scram_credentials_request passwords;
    passwords.deletions.push_back({"alice", 1});
    EXPECT_EQ(world.ask(passwords, 0).results.at(0).error_code,
              wire(error_code::cluster_authorization_failed));
}

TEST_F(KafkaAccess, TopicsAreMadeByWhoMayMakeThemAnywhere) {
    as("alice");
    EXPECT_ANY_THROW(world.make_topic("mine"));
    EXPECT_EQ(make(acl(cluster, "kafka-cluster", op_create)), 0);
    world.make_topic("mine");
    EXPECT_EQ(make(acl(topic, "secret", op_create, false)), 0);
    EXPECT_ANY_THROW(world.make_topic("secret"));
}

TEST_F(KafkaAccess, AuthorizedOperationsFollowFromThePolicyAndAreNotRecorded) {
    EXPECT_EQ(make(acl(topic, "t", op_read)), 0);
    EXPECT_EQ(make(acl(topic, "t", op_alter_configs)), 0);
    as("alice");
    metadata_request request;
    request.topics->push_back({{}, "t"});
    request.include_topic_authorized_operations = true;
    request.include_cluster_authorized_operations = true;
    auto const denied = world.door().counters().denied;
    auto const shown = world.ask(request, 9);
    EXPECT_EQ(shown.topics.at(0).topic_authorized_operations, 1 << 3 | 1 << 8 | 1 << 10 | 1 << 11);
    EXPECT_EQ(shown.cluster_authorized_operations, 0);
    EXPECT_EQ(world.door().counters().denied, denied);
    as("root");
    EXPECT_EQ(world.ask(request, 9).topics.at(0).topic_authorized_operations,
              1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 11);
}

// -- SCRAM users

class KafkaScramUsers : public KafkaAccess {
protected:
    // As the clients' tools do it (KIP-554): the password stays there.
    std::int16_t set(std::string user, std::string const& password, std::int8_t mechanism = 1,
                     std::int32_t iterations = 4096) {
        auto const hash = mechanism == 2 ? digest_kind::sha512 : digest_kind::sha256;
        static std::string const salt = "some salt";
        auto const work = static_cast<std::uint32_t>(std::max(iterations, 1));
        kept_ = pbkdf2(hash, password, salt, work, blocking_token::for_this_thread()).chars();
        alter_user_scram_credentials_request request;
        request.upsertions.push_back({std::move(user), mechanism, iterations, salt, kept_});
        return world.ask(request, 0).results.at(0).error_code;
    }
    std::int16_t erase(std::string user, std::int8_t mechanism = 1) {
        alter_user_scram_credentials_request request;
        request.deletions.push_back({std::move(user), mechanism});
        return world.ask(request, 0).results.at(0).error_code;
    }
    bool can_log_in(std::string user, std::string password) {
        auto const before = std::pair(world.user, world.password);
        world.user = std::move(user);
        world.password = std::move(password);
        bool open = true;
        try {
            world.ask(list_groups_request{}, 4);
        } catch (std::runtime_error const&) {
            open = false;
        }
        std::tie(world.user, world.password) = before;
        return open;
    }
    std::string kept_;
};

TEST_F(KafkaScramUsers, AUserIsMadeChangedAndRemoved) {
    EXPECT_FALSE(can_log_in("bob", "bob's secret"));
    EXPECT_EQ(set("bob", "bob's secret", 2), 0);
    EXPECT_TRUE(can_log_in("bob", "bob's secret")) << "PLAIN is held to what there is";
    EXPECT_EQ(set("bob", "another secret", 1), 0);
    EXPECT_TRUE(can_log_in("bob", "another secret"));
    describe_user_scram_credentials_request request;
    request.users.reset();
    auto const all = world.ask(request, 0);
    ASSERT_EQ(all.results.size(), 3u) << "alice, bob, root";
    EXPECT_EQ(all.results[1].user, "bob");
    ASSERT_EQ(all.results[1].credential_infos.size(), 2u);
    EXPECT_EQ(all.results[1].credential_infos[0].mechanism, 1);
    EXPECT_EQ(all.results[1].credential_infos[0].iterations, 4096);
    EXPECT_EQ(erase("bob", 2), 0);
    EXPECT_EQ(erase("bob", 2), wire(error_code::resource_not_found));
    EXPECT_EQ(erase("bob", 1), 0);
    EXPECT_FALSE(can_log_in("bob", "another secret"));
    request.users.emplace();
    request.users->push_back({"bob"});
    request.users->push_back({"alice"});
    request.users->push_back({"twice"});
    request.users->push_back({"twice"});
    auto const some = world.ask(request, 0);
    ASSERT_EQ(some.results.size(), 3u);
    EXPECT_EQ(some.results[0].error_code, 0);
    EXPECT_EQ(some.results[1].error_code, wire(error_code::resource_not_found));
    EXPECT_EQ(some.results[2].error_code, wire(error_code::duplicate_resource));
}

TEST_F(KafkaScramUsers, CredentialsThatProtectNobodyAreRefused) {
    EXPECT_EQ(set("bob", "secret", 1, 4095), wire(error_code::unacceptable_credential));
    EXPECT_EQ(set("bob", "secret", 1, 16385), wire(error_code::unacceptable_credential));
    EXPECT_EQ(set("bob", "secret", 1, -5), wire(error_code::unacceptable_credential));
    EXPECT_EQ(set("", "secret"), wire(error_code::unacceptable_credential));
    EXPECT_EQ(set("root", "secret"), wire(error_code::unacceptable_credential));
    EXPECT_EQ(set("bob", "secret", 3), wire(error_code::unsupported_sasl_mechanism));
    EXPECT_EQ(erase("nobody"), wire(error_code::resource_not_found));
    alter_user_scram_credentials_request twice;
    std::string const salted(32, 'x');
    twice.deletions.push_back({"alice", 1});
    twice.upsertions.push_back({"alice", 1, 4096, "salt", salted});
    EXPECT_EQ(world.ask(twice, 0).results.at(0).error_code, wire(error_code::duplicate_resource));
    EXPECT_TRUE(can_log_in("alice", "correct horse"));
}

}  // namespace
}  // namespace sluice::kafka
