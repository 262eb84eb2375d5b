// Decisions that rest on the object itself (its access list, its tags), made on the record that is handed
// out or changed and on no other: a read decides on what it opened, a change decides on what it looked up
// and is made anew when its facts are others by the time the object is locked. And the owner and list that
// a new object gets. Inside auth/guard only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth/guard/guard_core.hpp"
#include "auth/policy/access_list.hpp"
#include "backend/store/model/attributes_rule.hpp"
#include "backend/store/object_verbs.hpp"

namespace sluice::auth {

// A changed object is looked at anew so often, then `conflict`.
inline constexpr int looks_at_object = 16;

// What a decision rested on.
class object_facts {
public:
    explicit object_facts(store::object_attributes const* object);
    bool hold(store::object_attributes const* object) const;
    // As a removal's check: conflict, and `stale` set, when they do not hold. Both outlive the verb.
    store::removal_check check(bool& stale) const;

private:
    bool exists_;
    std::string access_;
    std::vector<std::pair<std::string, std::string>> tags_;
};

// The decision on a change of an object that is there, and the facts that it rests on, if on any.
struct permitted_change {
    decision decided;
    std::optional<object_facts> facts;
};
// A denial is an answer, not yet recorded.
task<guarded<permitted_change>> decide_change(guard_core& core, caller const& who,
                                              intent const& wanted,
                                              std::optional<object_version> version);
// The same, a denial being recorded. Whoever may list is told when the object is not there.
task<guarded<permitted_change>> permit_change(guard_core& core, caller const& who,
                                              intent const& wanted,
                                              std::optional<object_version> version);

// Of a read: how far it was decided, or its denial.
task<guarded<judgement>> begin_read(guard_core& core, caller const& who, intent const& wanted);
// The last word, on what was opened, and the read counted. Null: it is `missing`, which is told to those
// who may list.
task<guarded<void>> finish_read(guard_core& core, caller const& who, intent const& wanted,
                                judgement const& so_far, store::opened_object const* opened,
                                std::optional<refusal> const& missing);

// Who writes, and what he says about the list of what he writes.
struct new_access {
    principal_id writer{};
    access_choice choice;
};
// `protocols`, then the list: of a bucket without lists there is none. `trouble` is set with the failure
// and outlives the rule.
store::attributes_rule rule_with_access(new_access asked, store::attributes_rule protocols,
                                        access_trouble& trouble);
// For an upload that ends: its list was made when it began.
store::attributes_rule rule_keeping_access(store::attributes_rule protocols);
refusal access_refused(access_trouble why);
// Of a choice that comes to those grants in that bucket.
result<access_trouble> trouble_of_list(store::bucket_info const& bucket,
                                       access_choice const& choice,
                                       access_grants const& grants);

// Before any byte comes: whether the bucket takes the choice, and whether the caller may make one
// (s3:PutObjectAcl, unless the bucket's own list lets him write). `decided`: on writing.
task<guarded<void>> permit_choice(guard_core& core, caller const& who, intent const& writing,
                                  decision decided, access_choice const& choice);

}  // namespace sluice::auth
