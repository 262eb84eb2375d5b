#include "auth/policy/iam_keys.hpp"

#include "auth/policy/iam_actions.hpp"

namespace sluice::auth {
namespace {

constexpr iam_key keys[] = {
#define IAM_KEY(name, type, fixes) {name, iam_type::type, fixes},
#define IAM_NO_KEY(name)
#include "auth/policy/iam_keys.def"
#undef IAM_KEY
#undef IAM_NO_KEY
};

constexpr std::string_view refused[] = {
#define IAM_KEY(name, type, fixes)
#define IAM_NO_KEY(name) name,
#include "auth/policy/iam_keys.def"
#undef IAM_KEY
#undef IAM_NO_KEY
};

bool names(std::string_view row, std::string_view name) {
    if (name.size() < row.size() || (!row.ends_with('/') && name.size() != row.size()))
        return false;
    return ascii_lower(row) == ascii_lower(name.substr(0, row.size()));
}

}  // namespace

iam_key const* find_iam_key(std::string_view name) noexcept {
    // As the table spells it: every name in a stored rule is.
    for (auto const& row : keys)
        if (row.name == name) return &row;
    for (auto const& row : keys)
        if (names(row.name, name)) return &row;
    return nullptr;
}

bool is_refused_iam_key(std::string_view name) noexcept {
    for (auto row : refused)
        if (names(row, name)) return true;
    return false;
}

bool is_token_key(std::string_view name) noexcept {
    auto const colon = name.rfind(':');
    if (colon == name.npos || colon == 0) return false;
    auto const provider = name.substr(0, colon), claim = name.substr(colon + 1);
    if (provider == "aws" || provider == "s3" || provider == "sts") return false;
    return claim == "aud" || claim == "oaud" || claim == "sub" || claim == "amr";
}

}  // namespace sluice::auth
