// Kafka's ACLs and the rules they become: every one comes back as it was, and decides what it says.
#include <gtest/gtest.h>

#include "auth/identity/principal.hpp"
#include "auth/policy/evaluate.hpp"
#include "auth/policy/grammar_kafka.hpp"

namespace sluice::auth {
namespace {

constexpr principal_id alice{5000};
constexpr principal_id admins{5001};

std::optional<principal_id> resolve(std::string_view name) {
    if (name == "User:alice") return alice;
    if (name == "Role:admins") return admins;
    return std::nullopt;
}

std::optional<std::string> name_of_id(principal_id id) {
    if (id == alice) return "User:alice";
    if (id == admins) return "Role:admins";
    return std::nullopt;
}

acl on_topic(acl_operation operation, acl_permission permission = acl_permission::allow) {
    return {acl_resource::topic, "orders",  acl_pattern::literal, "User:alice",
            "*",                 operation, permission};
}

class asker {
public:
    explicit asker(std::vector<acl> const& acls) {
        for (auto const& one : acls) {
            auto made = parse_acl(one, resolve).value();
            made.id = rule_id{2000 + rules_.size()};
            rules_.push_back(std::move(made));
        }
    }
    bool may(action verb, std::string_view name, std::string_view operation = "Metadata",
             facet face = facet::log) const {
        return ask(verb, resource_kind::dataset, name, operation, static_cast<std::uint8_t>(face));
    }
    bool may_cluster(action verb, std::string_view operation) const {
        return ask(verb, resource_kind::cluster, "", operation, 0);
    }
    std::string address = "192.0.2.1";
    std::string protocol = "kafka";

private:
    bool ask(action verb, resource_kind kind, std::string_view name, std::string_view operation,
             std::uint8_t face) const {
        request_context context;
        context.source_ip = address;
        context.protocol = protocol;
        context.operation = operation;
        access_request request;
        request.verb = verb;
        request.kind = kind;
        request.name = name;
        request.face = face;
        request.context = &context;
        std::vector<principal_id> const closure{alice};
        return evaluate(rules_, {alice, closure}, request).allowed();
    }
    std::vector<rule> rules_;
};

TEST(grammar_kafka, every_acl_comes_back_as_it_was) {
    std::size_t made = 0;
    for (auto const resource : {acl_resource::topic, acl_resource::group, acl_resource::cluster,
                                acl_resource::transactional_id})
        for (int operation = 2; operation <= 12; ++operation)
            for (auto const permission : {acl_permission::allow, acl_permission::deny})
                for (auto const pattern : {acl_pattern::literal, acl_pattern::prefixed})
                    for (auto const* host : {"*", "192.0.2.7"})
                        for (auto const* who : {"User:alice", "User:*", "Role:admins"})
                            for (auto const* name : {"orders", "*", "kafka-cluster"}) {
                                acl const given{resource, name, pattern, who, host,
                                                acl_operation{static_cast<std::int8_t>(operation)},
                                                permission};
                                auto const rule = parse_acl(given, resolve);
                                if (rule.has_error()) {
                                    EXPECT_EQ(rule.error().code, error::invalid_argument);
                                    continue;
                                }
                                ++made;
                                auto const stored = decode_rule(encode(*rule)).value();
                                EXPECT_EQ(to_acls(stored, name_of_id), std::vector<acl>{given})
                                    << static_cast<int>(resource) << ' ' << operation << ' ' << name;
                            }
    EXPECT_EQ(made, (9u + 4 + 3) * 2 * 2 * 2 * 3 * 3 + 7u * 2 * 2 * 3);
}

TEST(grammar_kafka, what_is_no_acl_here_is_refused) {
    auto const refused = [](acl given) { return parse_acl(given, resolve).error().code; };
    auto one = on_topic(acl_operation::read);
    one.principal = "User:nobody";
    EXPECT_EQ(refused(one), error::not_found);
    one.principal = "alice";
    EXPECT_EQ(refused(one), error::invalid_argument);
    one = on_topic(acl_operation::cluster_action);
    EXPECT_EQ(refused(one), error::invalid_argument);
    one = on_topic(acl_operation::read);
    one.name.clear();
    EXPECT_EQ(refused(one), error::invalid_argument);
    one = on_topic(acl_operation::read);
    one.host = "broker.example";
    EXPECT_EQ(refused(one), error::invalid_argument);
    one = on_topic(acl_operation::read);
    one.pattern = acl_pattern::match;
    EXPECT_EQ(refused(one), error::invalid_argument);
    one = on_topic(acl_operation::any);
    EXPECT_EQ(refused(one), error::invalid_argument);
    one.resource = acl_resource{6};
    EXPECT_EQ(refused(one), error::invalid_argument);
    one = on_topic(acl_operation::alter);
    one.resource = acl_resource::cluster;
    EXPECT_EQ(refused(one), error::invalid_argument) << "the cluster's name is kafka-cluster";
}

TEST(grammar_kafka, an_allowed_read_also_describes_and_a_denied_one_does_not) {
    asker const reads({on_topic(acl_operation::read)});
    EXPECT_TRUE(reads.may(action::read_log, "orders", "Fetch"));
    EXPECT_TRUE(reads.may(action::describe, "orders"));
    EXPECT_FALSE(reads.may(action::describe, "orders", "DescribeConfigs"));
    EXPECT_FALSE(reads.may(action::append, "orders", "Produce"));
    EXPECT_FALSE(reads.may(action::read_log, "orders-2", "Fetch"));
    EXPECT_FALSE(reads.may(action::describe, "orders", "HeadBucket", facet::files))
        << "a bucket of that name is not Kafka's";
    asker const denied({on_topic(acl_operation::all),
                        on_topic(acl_operation::read, acl_permission::deny)});
    EXPECT_FALSE(denied.may(action::read_log, "orders", "Fetch"));
    EXPECT_TRUE(denied.may(action::describe, "orders"));
    EXPECT_TRUE(denied.may(action::append, "orders", "Produce"));
}

TEST(grammar_kafka, configurations_are_apart_from_describe_and_alter) {
    asker const describes({on_topic(acl_operation::describe)});
    EXPECT_TRUE(describes.may(action::describe, "orders"));
    EXPECT_FALSE(describes.may(action::describe, "orders", "DescribeConfigs"));
    asker const shows({on_topic(acl_operation::describe_configs)});
    EXPECT_FALSE(shows.may(action::describe, "orders"));
    EXPECT_TRUE(shows.may(action::describe, "orders", "DescribeConfigs"));
    asker const alters({on_topic(acl_operation::alter)});
    EXPECT_TRUE(alters.may(action::alter, "orders", "CreatePartitions"));
    EXPECT_FALSE(alters.may(action::alter, "orders", "IncrementalAlterConfigs"));
    asker const sets({on_topic(acl_operation::alter_configs)});
    EXPECT_FALSE(sets.may(action::alter, "orders", "CreatePartitions"));
    EXPECT_TRUE(sets.may(action::alter, "orders", "IncrementalAlterConfigs"));
    EXPECT_TRUE(sets.may(action::alter, "orders", "AlterConfigs"));
    EXPECT_TRUE(sets.may(action::describe, "orders", "DescribeConfigs"));
    EXPECT_FALSE(sets.may(action::describe, "orders"));
}

TEST(grammar_kafka, patterns_and_hosts) {
    acl some{acl_resource::topic, "or", acl_pattern::prefixed, "User:*", "192.0.2.7",
             acl_operation::write, acl_permission::allow};
    asker writes({some});
    EXPECT_FALSE(writes.may(action::append, "orders", "Produce"));
    writes.address = "192.0.2.7";
    EXPECT_TRUE(writes.may(action::append, "orders", "Produce"));
    EXPECT_FALSE(writes.may(action::append, "no-orders", "Produce"));
}

TEST(grammar_kafka, rights_over_acls_stay_in_kafka) {
    acl const alters{acl_resource::cluster, "kafka-cluster", acl_pattern::literal, "User:alice",
                     "*", acl_operation::alter, acl_permission::allow};
    asker with({alters});
    EXPECT_TRUE(with.may_cluster(action::grant, "CreateAcls"));
    EXPECT_FALSE(with.may_cluster(action::admin, "AlterUserScramCredentials"));
    with.protocol = "s3";
    EXPECT_FALSE(with.may_cluster(action::grant, "PutUserPolicy"));
}

TEST(grammar_kafka, other_grammars_are_shown_where_acls_can_say_them) {
    auto const shown = [](std::string_view text) {
        auto const by_name = [](std::string_view name) {
            return name == "alice" ? std::optional(alice) : std::nullopt;
        };
        return to_acls(parse_rule_text(text, by_name).value(), name_of_id);
    };
    auto const reads = shown("allow alice read_log,describe on orders");
    ASSERT_EQ(reads.size(), 3u);
    EXPECT_EQ(reads[0], on_topic(acl_operation::read));
    EXPECT_EQ(reads[1], on_topic(acl_operation::describe));
    EXPECT_EQ(reads[2], on_topic(acl_operation::describe_configs));
    auto const all = shown("deny alice all on orders*");
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].operation, acl_operation::all);
    EXPECT_EQ(all[0].pattern, acl_pattern::prefixed);
    EXPECT_EQ(all[0].permission, acl_permission::deny);
    EXPECT_TRUE(shown("allow alice all on orders facets files").empty());
    EXPECT_TRUE(shown("allow authenticated all on orders").empty());
    EXPECT_TRUE(shown("allow alice all on or?ers").empty());
    EXPECT_TRUE(shown("allow alice all on orders/3").empty());
    EXPECT_TRUE(shown("allow alice all on orders if tls is true").empty());
    EXPECT_TRUE(shown("allow alice update on orders").empty());
}

TEST(grammar_kafka, filters) {
    auto const one = on_topic(acl_operation::read);
    acl prefixed{acl_resource::topic, "or", acl_pattern::prefixed, "User:alice",
                 "*", acl_operation::read, acl_permission::allow};
    acl any{acl_resource::topic, "*", acl_pattern::literal, "User:alice",
            "*", acl_operation::read, acl_permission::allow};
    acl_filter filter;
    EXPECT_TRUE(filter.matches(one));
    filter.name = "orders";
    EXPECT_TRUE(filter.matches(one));
    EXPECT_FALSE(filter.matches(prefixed));
    filter.pattern = acl_pattern::match;
    EXPECT_TRUE(filter.matches(one) && filter.matches(prefixed) && filter.matches(any));
    filter.pattern = acl_pattern::prefixed;
    EXPECT_FALSE(filter.matches(one));
    filter = {};
    filter.principal = "User:bob";
    EXPECT_FALSE(filter.matches(one));
    filter = {};
    filter.operation = acl_operation::write;
    EXPECT_FALSE(filter.matches(one));
    filter = {};
    filter.permission = acl_permission::deny;
    EXPECT_FALSE(filter.matches(one));
    filter = {};
    filter.host = "192.0.2.1";
    EXPECT_FALSE(filter.matches(one));
}

}  // namespace
}  // namespace sluice::auth
