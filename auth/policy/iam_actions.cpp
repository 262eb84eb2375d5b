#include "auth/policy/iam_actions.hpp"

#include <algorithm>
#include <array>

namespace sluice::auth {
namespace {

using enum action;

constexpr iam_action rows[] = {
#define IAM_ACTION(name, level_, ...) {"s3:" name, iam_level::level_, action_set{__VA_ARGS__}},
#define IAM_OWN_ACTION(name) {"iam:" name, iam_level::account, action_set{admin, grant}},
#define IAM_STS_ACTION(name, ...) {"sts:" name, iam_level::role, action_set{__VA_ARGS__}},
#include "auth/policy/iam_actions.def"
#undef IAM_ACTION
#undef IAM_OWN_ACTION
#undef IAM_STS_ACTION
};

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_any_case(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::span<iam_action const> iam_actions() noexcept { return rows; }

iam_action const* find_iam_action(std::string_view name) noexcept {
    for (auto const& row : rows)
        if (equal_any_case(row.name, name)) return &row;
    return nullptr;
}

std::string_view iam_action_of(action verb, resource_kind kind) noexcept {
    if (kind == resource_kind::cluster) {
        if (verb == list) return "s3:ListAllMyBuckets";
        if (verb == admin) return "iam:UpdateUser";
        return verb == grant ? std::string_view("iam:PutUserPolicy") : std::string_view();
    }
    if (kind == resource_kind::principal) {
        if (verb == admin) return "iam:UpdateUser";
        return verb == assume || verb == trust ? std::string_view("sts:AssumeRole")
                                               : std::string_view();
    }
    if (kind != resource_kind::dataset) return {};
    switch (verb) {
        case read:
        case read_files: return "s3:GetObject";
        case append:
        case update: return "s3:PutObject";
        case delete_: return "s3:DeleteObject";
        case delete_version: return "s3:DeleteObjectVersion";
        case list:
        case describe: return "s3:ListBucket";
        case create: return "s3:CreateBucket";
        case drop: return "s3:DeleteBucket";
        case grant: return "s3:PutBucketPolicy";
        case tag: return "s3:PutBucketTagging";
        case bypass_retention: return "s3:BypassGovernanceRetention";
        case alter:
        case read_log:
        case commit_offset:
        case assume:
        case trust:
        case admin: return {};
    }
    return {};
}

std::string ascii_lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

}  // namespace sluice::auth
