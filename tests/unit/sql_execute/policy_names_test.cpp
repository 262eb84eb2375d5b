#include <gtest/gtest.h>

#include <set>

#include "protocols/sql/execute/policy_names.hpp"
#include "protocols/sql/execute/principal_roles.hpp"

namespace sluice::sql {
namespace {

TEST(PolicyNames, PlainNamesStandAsTheyAre) {
    EXPECT_EQ(policy_name("public", "orders"), "public.orders");
    EXPECT_EQ(policy_name("My", "Orders 2"), "My.Orders 2");
    EXPECT_EQ(policy_name_of_schema("public"), "public.*");
}

TEST(PolicyNames, DotsQuotesAndStarsAreQuoted) {
    EXPECT_EQ(policy_name("a.b", "c"), "\"a.b\".c");
    EXPECT_EQ(policy_name("a", "b.c"), "a.\"b.c\"");
    EXPECT_EQ(policy_name("a", "b\"c"), "a.\"b\"\"c\"");
    EXPECT_EQ(policy_name("a", "*"), "a.\"*\"");
    EXPECT_EQ(policy_name_of_schema("a.b"), "\"a.b\".*");
}

// All names of up to three characters out of those that matter: no two relations are one resource,
// and none is a schema.
TEST(PolicyNames, NoTwoAreTheSame) {
    std::vector<std::string> parts;
    constexpr std::string_view letters = "a.\"*";
    for (char const x : letters) {
        parts.push_back({x});
        for (char const y : letters) {
            parts.push_back({x, y});
            for (char const z : letters) parts.push_back({x, y, z});
        }
    }
    std::set<std::string> seen;
    for (auto const& schema : parts) {
        EXPECT_TRUE(seen.insert(policy_name_of_schema(schema)).second) << schema;
        for (auto const& name : parts)
            EXPECT_TRUE(seen.insert(policy_name(schema, name)).second) << schema << " " << name;
    }
}

TEST(PolicyNames, AnIndexAndASerialsSequenceAreOfWhoMadeTheTable) {
    catalog_builder builder(*catalog_snapshot::initial());
    builder.set_maker(principal_id{5000}, object_oid{77});
    relation table;
    table.schema = schema_oids::public_;
    table.name = "t";
    auto const oid = builder.put_relation(table);
    builder.set_maker(principal_id{6000}, object_oid{78});
    relation index;
    index.schema = schema_oids::public_;
    index.name = "t_idx";
    index.kind = relation_kind::index;
    index.index.emplace().table = oid;
    auto const made = builder.put_relation(index);
    auto const catalog = builder.snapshot();
    EXPECT_EQ(maker_of(*catalog->find_relation(made), *catalog), principal_id{5000});
    EXPECT_EQ(maker_of(*catalog->find_relation(oid), *catalog), principal_id{5000});
}

TEST(PrincipalRoles, RootIsTheSuperuserAndOthersHaveLastingOids) {
    std::vector<auth::known_principal> people;
    people.push_back({auth::root_id, "root", auth::principal_kind::user, true, {}});
    people.push_back({principal_id{5000}, "staff", auth::principal_kind::role, true, {}});
    people.push_back(
        {principal_id{6000}, "alice", auth::principal_kind::user, true, {principal_id{5000}}});
    people.push_back({principal_id{7000}, "gone", auth::principal_kind::user, false, {}});
    auto const roles = roles_of(people);
    ASSERT_EQ(roles.size(), 4U);
    EXPECT_EQ(roles[0].oid, bootstrap_role);
    EXPECT_TRUE(roles[0].superuser);
    EXPECT_FALSE(roles[1].can_login);
    EXPECT_TRUE(roles[2].can_login);
    EXPECT_FALSE(roles[2].superuser);
    EXPECT_EQ(roles[2].member_of, std::vector<object_oid>{roles[1].oid});
    EXPECT_FALSE(roles[3].can_login);
    auto fewer = people;
    fewer.erase(fewer.begin() + 1);
    EXPECT_EQ(roles_of(fewer)[1].oid, roles[2].oid);
    for (auto const& each : roles)
        if (each.oid != bootstrap_role) EXPECT_GE(static_cast<std::uint32_t>(each.oid), 1U << 30U);
}

}  // namespace
}  // namespace sluice::sql
