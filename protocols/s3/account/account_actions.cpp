#include "protocols/s3/account/account_actions.hpp"

#include <array>

namespace sluice::s3 {
namespace {

#define STS_ACTION(name, handler)                                                         \
    account_action {                                                                      \
        name, name "Response", name "Result", "sts", "2011-06-15",                        \
            "https://sts.amazonaws.com/doc/2011-06-15/", handler                          \
    }

constexpr std::array actions{
    STS_ACTION("AssumeRole", account::assume_role),
    STS_ACTION("GetCallerIdentity", account::get_caller_identity),
    STS_ACTION("GetSessionToken", account::get_session_token),
};

#undef STS_ACTION

}  // namespace

std::span<account_action const> account_actions() noexcept { return actions; }

account_action const* find_account_action(std::string_view name) noexcept {
    for (auto const& one : actions)
        if (one.name == name) return &one;
    return nullptr;
}

}  // namespace sluice::s3
