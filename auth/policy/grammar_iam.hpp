// IAM's JSON policies as rules (IAM user guide, "IAM JSON policy elements"; S3 user guide, "Policies and
// permissions"): the bucket policies that S3 puts, and policies of one principal. Whatever of a document is not
// understood refuses all of it, with a text for its author.
//
// Each statement becomes one rule for each principal it names, with the verbs of its actions and conditions on
// the action and the resource. The first rule of a document carries its text and never matches: principals may
// go, and their rules with them, and the text stays.
//
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/identity/directory.hpp"
#include "auth/identity/oidc_provider.hpp"
#include "auth/policy/rule.hpp"

namespace sluice::auth {

struct iam_limits {
    std::size_t bytes = 20 * 1024;  // limits.policy_document_bytes
    std::size_t statements = 100;
    std::size_t list = 256;         // actions, resources, principals, values of a condition
    std::size_t conditions = 24;    // of one statement
    std::size_t rules = 256;        // of one document
    std::size_t rule_bytes = 512 * 1024;  // of all its rules, as they are stored
};

struct iam_scope {
    directory const& people;
    std::string bucket;       // a bucket policy: all of it is about this bucket
    principal_id holder{};    // a policy without Principal: of this one
    iam_limits limits{};
    // Of a trust policy: the providers whose tokens it may name.
    std::vector<oidc_provider> const* providers = nullptr;
};

struct iam_policy {
    std::vector<rule> rules;  // without id, grantor, created and the name of the document
    // Gives something to everyone, by S3's rule ("The meaning of public").
    bool is_public = false;
};

// invalid_argument: the text says what is wrong with the document.
result<iam_policy> parse_iam_policy(std::string_view text, iam_scope const& scope);

// The names of documents in rules.
std::string bucket_policy_name(std::string_view bucket);
std::string identity_policy_name(principal_id holder, std::string_view name);

}  // namespace sluice::auth
