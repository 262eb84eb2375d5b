#include "gateway/cli/secret_input.hpp"

#include <termios.h>
#include <unistd.h>

#include <iostream>

namespace sluice::gateway {
namespace {

// Echo is off while it lives.
class silent_terminal {
public:
    silent_terminal() {
        ::tcgetattr(STDIN_FILENO, &before_);
        auto silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    silent_terminal(silent_terminal const&) = delete;
    silent_terminal& operator=(silent_terminal const&) = delete;
    ~silent_terminal() {
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
        std::cerr << "\n";
    }

private:
    termios before_{};
};

std::string ask(std::string const& prompt) {
    std::cerr << prompt << ": " << std::flush;
    silent_terminal const silent;
    std::string line;
    std::getline(std::cin, line);
    return line;
}

}  // namespace

result<std::string> read_secret(std::string const& prompt, blocking_token) {
    std::string secret;
    if (::isatty(STDIN_FILENO)) {
        secret = ask(prompt);
        if (secret != ask(prompt + " again"))
            return failure{error::invalid_argument, "the two entries differ"};
    } else {
        std::getline(std::cin, secret);
    }
    if (secret.empty()) return failure{error::invalid_argument, prompt + ": nothing came"};
    return secret;
}

}  // namespace sluice::gateway
