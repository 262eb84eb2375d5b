// Access lists as one more grammar over the one rule record: the rules that a list amounts to, made for
// one decision and never stored. Which IAM actions a permission gives is S3's table ("Access control list
// (ACL) overview", mapping of permissions to actions). They only allow; a stored deny wins over them as over
// any allow. The owner of a bucket has no other right than these to read or put its objects and to list it
// (access_request::lists_count), since S3 lets him have what the lists give. Pure.
#pragma once

#include <string>
#include <vector>

#include "auth/policy/access_list.hpp"
#include "auth/policy/rule.hpp"

namespace sluice::auth {

// Whose rule decided, for audit records.
namespace built_in {
inline constexpr rule_id acl_bucket{9};   // "acl:bucket"
inline constexpr rule_id acl_object{10};  // "acl:object"
}  // namespace built_in

struct acl_scope {
    std::string bucket;
    bool ignores_public = false;
};

// On the bucket and, but for `read`, on everything in it. Its owner also has what S3 keeps out of lists: the
// tags, retention and restoring of all objects, and all uploads.
std::vector<rule> rules_of_acl(bucket_access const& access, principal_id owner,
                               acl_scope const& scope);
// On that object. Its owner may read and write the list whatever it grants, and has what S3 keeps out of
// lists.
std::vector<rule> rules_of_acl(access_list const& list, acl_scope const& scope,
                               std::string const& key);
// On an upload: who began it may list and abort it.
std::vector<rule> rules_of_upload(principal_id initiator, acl_scope const& scope,
                                  std::string const& key);

// Whether the list of an object can give the right to do that.
bool object_acl_speaks_of(std::string_view iam_action) noexcept;

}  // namespace sluice::auth
