// The two ends of the control socket agree: every command that the program offers is one the server carries out.
#include <gtest/gtest.h>

#include <algorithm>

#include "gateway/admin/control_commands.hpp"
#include "gateway/admin/user_import.hpp"
#include "gateway/cli/remote_commands.hpp"
#include "gateway/cli/table_text.hpp"

namespace sluice::gateway {
namespace {

TEST(remote_commands, are_the_ones_the_server_knows) {
    std::vector<std::string> offered;
    for (auto const& command : remote_commands()) {
        offered.push_back(command.name());
        EXPECT_FALSE(command.help.empty()) << command.name();
        for (auto const& argument : command.arguments) EXPECT_FALSE(argument.help.empty()) << command.name();
    }
    std::sort(offered.begin(), offered.end());
    auto const known = control_command_names();
    EXPECT_EQ(offered, std::vector<std::string>(known.begin(), known.end()));
}

TEST(remote_commands, belong_to_groups_that_exist) {
    for (auto const& command : remote_commands()) {
        auto const groups = command_groups();
        bool const known = command.group.empty() ||
                           std::any_of(groups.begin(), groups.end(),
                                       [&](auto const& group) { return group.name == command.group; });
        EXPECT_TRUE(known) << command.name();
    }
}

TEST(user_import, reads_what_another_server_had) {
    auto const users = parse_users(R"([{"name":"a"},{"name":"b","id":"x","display_name":"B",
        "email":"b@c","access_key":"AKIA","secret_key":"12345678"}])").value();
    ASSERT_EQ(users.size(), 2u);
    EXPECT_EQ(users[0].name, "a");
    EXPECT_EQ(users[1].canonical_id, "x");
    EXPECT_EQ(users[1].display_name, "B");
    EXPECT_EQ(users[1].email, "b@c");
    EXPECT_EQ(users[1].access_key_id, "AKIA");
    EXPECT_EQ(users[1].secret, "12345678");
    EXPECT_EQ(parse_users(R"({"name":"a"})").value().size(), 1u);
}

TEST(user_import, refuses_what_it_does_not_know) {
    for (auto const* text : {"", "[", "7", "[7]", "{}", R"({"name":7})", R"({"name":"a","tenant":"b"})",
                             R"({"name":"a","access_key":"AKIA"})", "[[[[[[1]]]]]]"})
        EXPECT_EQ(parse_users(text).error().code, error::invalid_argument) << text;
    std::string many = "[";
    for (int i = 0; i < 1001; ++i) many += std::string(i == 0 ? "" : ",") + R"({"name":"a"})";
    EXPECT_EQ(parse_users(many + "]").error().code, error::too_large);
}

TEST(table_text, aligns_columns_and_cuts_what_trails) {
    EXPECT_EQ(table_text({}), "");
    EXPECT_EQ(table_text({{{"name", "a"}, {"kind", "user"}}, {{"name", "longer"}, {"kind", ""}}}),
              "name    kind\na       user\nlonger\n");
}

}  // namespace
}  // namespace sluice::gateway
