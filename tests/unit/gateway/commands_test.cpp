// The two ends of the control socket agree: every command that the program offers is one the server carries out.
#include <gtest/gtest.h>

#include <algorithm>

#include "gateway/admin/control_commands.hpp"
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

TEST(table_text, aligns_columns_and_cuts_what_trails) {
    EXPECT_EQ(table_text({}), "");
    EXPECT_EQ(table_text({{{"name", "a"}, {"kind", "user"}}, {{"name", "longer"}, {"kind", ""}}}),
              "name    kind\na       user\nlonger\n");
}

}  // namespace
}  // namespace sluice::gateway
