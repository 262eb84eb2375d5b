// What all guarded objects share: the decision with the state of the moment, and the record of it.
// Inside auth/guard only. Thread rule: any thread. Lifetime: owned by the guard.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include "auth/guard/audit_writer.hpp"
#include "auth/guard/caller.hpp"
#include "auth/guard/guard_options.hpp"
#include "auth/guard/refusal.hpp"
#include "auth/guard/store_record_port.hpp"
#include "auth/keys/key_ring.hpp"
#include "auth/keys/sealer.hpp"
#include "auth/policy/access_registry.hpp"
#include "backend/store/model/attributes.hpp"
#include "gateway/core/random.hpp"

namespace sluice::auth {

// What someone wants, in policy's words. Texts are owned: it lives in a coroutine's frame across
// waits.
struct intent {
    action verb = action::read;
    resource_kind kind = resource_kind::dataset;
    std::string name;
    std::string part;
    bool lists = false;  // part is the prefix of a listing
    facet face = facet::files;  // of a dataset
    std::string_view asked{};   // IAM's name for it, of static lifetime, where it is not the caller's
    std::string operation{};  // when it is not the caller's

    std::string resource() const;  // "bucket/key" for records
};

// What is known of what an intent is about, besides its names.
struct known_facts {
    principal_id owner{};      // of the dataset; 0: none, or not looked up
    bool lists_count = false;  // it is a bucket in which access lists count
    bool ignores_public = false;
    std::vector<rule> attached;  // what the lists amount to
    // The object: null and known is one that is not there.
    store::object_attributes const* object = nullptr;
    bool knows_object = false;
};

// How far an intent was decided without the object that it is about.
struct judgement {
    decision decided;  // its needs_object: guard_core::judge_with has the last word
    known_facts known;
};

class guard_core {
public:
    guard_core(guard_options options, store::engine& engine, wall_clock const& clock,
               random_source& random, sealer seal);

    guard_options const options;
    store::engine& engine;
    wall_clock const& clock;
    random_source& random;
    sealer const seal;
    key_ring keys;
    store_record_port port;
    access_registry registry;
    audit_writer audit;
    std::atomic<std::uint64_t> allowed{0};
    std::atomic<std::uint64_t> denied{0};

    // By the rules alone; `owner` of the dataset if known. Of no object.
    decision decide(caller const& who, intent const& wanted, principal_id owner = {}) const;
    decision decide(caller const& who, intent const& wanted, known_facts const& known) const;
    // The same for somebody else over that caller's connection.
    decision decide_as(principal_id whom, caller const& who, intent const& wanted,
                       principal_id owner) const;
    // What decide() would answer if these were the rules.
    bool would_allow(std::vector<rule> rules, caller const& who, intent const& wanted,
                     principal_id owner) const;
    // decide(); looks up the bucket's owner and list when nothing else decides.
    task<result<judgement>> judge(caller const& who, intent const& wanted);
    // The last word on what needs the object, by the record that is handed out or changed; null:
    // there is none. corrupt, unsupported: its list cannot be read.
    result<decision> judge_with(caller const& who, intent const& wanted, judgement const& so_far,
                                store::object_attributes const* object) const;
    // judge() of what is about no object that is there.
    task<result<decision>> decide_on_bucket(caller const& who, intent const& wanted);
    // decide_on_bucket; a denial is recorded before it is answered.
    task<guarded<decision>> permit(caller const& who, intent const& wanted);

    audit_record record_of(caller const& who, intent const& wanted, decision decided) const;
    // The encoded record of a write that will have succeeded if it is there at all.
    std::string write_record(caller const& who, intent const& wanted, decision decided,
                             std::uint64_t bytes = 0) const;

    // Records a denial (strangers' are counted) and gives what to answer.
    task<refusal> deny(caller const& who, intent const& wanted, decision decided);
    // Records that an allowed write did not happen and gives what to answer.
    task<refusal> failed(caller const& who, intent const& wanted, decision decided, failure why);
    // Counts an allowed read, or records it where reads are strict.
    task<guarded<void>> count_read(caller const& who, intent const& wanted, decision decided);
    // False: count_read has to be awaited.
    bool count_read_at_once(caller const& who, intent const& wanted, decision decided);

    // A not_found of a verb on `bucket`: says whether the bucket is missing or `otherwise`.
    task<refusal> missing(std::string bucket, missing_thing otherwise, failure why);

private:
    bool is_strict(intent const& wanted) const;
    decision decide_in(access_state const& state, principal_id whom, caller const& who,
                       intent const& wanted, known_facts const& known) const;
    // One principal's rights, without those it acts for.
    decision decide_one(access_state const& state, principal_id whom, caller const& who,
                        intent const& wanted, known_facts const& known) const;
    // Whether the rules have conditions that only IAM's grammar makes.
    bool has_iam_rules(access_state const& state) const;

    mutable std::atomic<std::uint64_t> iam_rules_seen_{0};  // epoch << 1 | whether it has some
};

intent on_bucket(action verb, std::string bucket);
intent on_object(action verb, std::string bucket, std::string key);
intent on_topic(action verb, std::string topic);
intent on_group(action verb, std::string group);
intent on_table(action verb, std::string table);
intent on_cluster(action verb);

}  // namespace sluice::auth
