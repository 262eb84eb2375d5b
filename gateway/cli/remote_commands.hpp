// The commands that a running server carries out, declared once: the command line tool builds its
// subcommands and help from this table, and a test holds the server's dispatch against it. Constant data.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sluice::gateway {

enum class argument_kind : std::uint8_t {
    positional,           // sluice key delete ACCESS_KEY
    optional_positional,  // sluice key list [USER]
    words,                // the rest of the line, joined by spaces
    option,               // --count 10
    flag,                 // --follow, sent as "true"
    secret,               // asked for without echo, or the first line of standard input
    secret_flag,          // the same, only if the flag is there
    folder,               // positional; made absolute before it is sent
    file,                 // positional; what is in it is sent
    place,                // --jwks FILE or URL; a file's path is made absolute before it is sent
};

struct remote_argument {
    argument_kind kind;
    std::string_view name;  // as it is sent; options and flags: also the flag's name
    std::string_view help;
    std::string_view short_flag = {};  // "-f"
};

struct remote_command {
    std::string_view group;  // empty: a command of its own
    std::string_view verb;
    std::string_view help;
    std::span<remote_argument const> arguments;

    std::string name() const;  // "user.add", "status"
};

struct command_group {
    std::string_view name;
    std::string_view help;
};

std::span<command_group const> command_groups() noexcept;
std::span<remote_command const> remote_commands() noexcept;

}  // namespace sluice::gateway
