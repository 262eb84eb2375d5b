// The topics, buckets and audit relations that one session knows by name: the dynamic part of its
// catalog. Analysis asks by name and must not wait, so a name that is not known yet is noted; learn()
// asks the guard for what was noted, and the statement is analysed once more (with_names). What was
// learned stays known to the session: rights and existence are looked at again when it is read.
//
// A name that the caller may not describe is as one that does not exist, but for the error:
// permission denied (42501) whether or not it exists.
//
// Thread rule: find and list from any thread; the tasks on the session's executor. Lifetime: shared
// by the session and its catalog snapshots; the services outlive it.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "auth/guard/caller.hpp"
#include "gateway/core/task.hpp"
#include "protocols/sql/catalog/catalog.hpp"

namespace sluice::auth {
class guarded_logs;
class guarded_buckets;
}  // namespace sluice::auth

namespace sluice::sql {

class foreign_names final : public dynamic_relations {
public:
    // `most`: limits.sql_foreign_relations, names known at a time and listed of each schema.
    foreign_names(auth::guarded_logs& logs, auth::guarded_buckets& buckets, std::size_t most)
        : logs_(logs), buckets_(buckets), most_(most) {}

    relation_ptr find(object_oid schema, std::string_view name) const override;
    relation_ptr find(object_oid relation) const override;
    std::vector<relation_ptr> list(object_oid schema) const override;

    // Asks for the names noted since the last call. True: one of them is known now.
    task<sql_result<bool>> learn(auth::caller const& who);
    // A name of the last learn() that the caller may not see; empty: none.
    std::string take_denied();
    // What list() gives from now on. False: there are more than `most` of one schema.
    task<sql_result<bool>> list_anew(auth::caller const& who);

private:
    using name_key = std::pair<object_oid, std::string>;

    task<sql_result<relation_ptr>> ask(auth::caller const& who, name_key name);
    task<sql_result<bool>> list_topics(auth::caller const& who);
    task<sql_result<bool>> list_buckets(auth::caller const& who);
    sql_result<void> add(relation_ptr known);
    void put_list(object_oid schema, std::vector<relation_ptr> all);
    void forget_unlisted();

    auth::guarded_logs& logs_;
    auth::guarded_buckets& buckets_;
    std::size_t const most_;
    mutable std::mutex mutex_;
    mutable std::set<name_key> asked_;
    std::string denied_;
    std::map<name_key, relation_ptr> known_;
    std::map<object_oid, relation_ptr> by_oid_;
    std::map<object_oid, std::vector<relation_ptr>> listed_;
};

}  // namespace sluice::sql
