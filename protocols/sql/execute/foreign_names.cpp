#include "protocols/sql/execute/foreign_names.hpp"

#include "auth/guard/guarded_buckets.hpp"
#include "auth/guard/guarded_logs.hpp"
#include "protocols/sql/execute/foreign_relations.hpp"

namespace sluice::sql {

namespace {

// One statement names no more of them than this; what is past it is unknown.
constexpr std::size_t asked_most = 1'000;

}  // namespace

relation_ptr foreign_names::find(object_oid schema, std::string_view name) const {
    name_key const wanted(schema, std::string(name));
    std::scoped_lock const lock{mutex_};
    auto const found = known_.find(wanted);
    if (found != known_.end()) return found->second;
    if (asked_.size() < asked_most) asked_.insert(wanted);
    return nullptr;
}

relation_ptr foreign_names::find(object_oid relation) const {
    std::scoped_lock const lock{mutex_};
    auto const found = by_oid_.find(relation);
    return found == by_oid_.end() ? nullptr : found->second;
}

std::vector<relation_ptr> foreign_names::list(object_oid schema) const {
    std::scoped_lock const lock{mutex_};
    auto const found = listed_.find(schema);
    return found == listed_.end() ? std::vector<relation_ptr>() : found->second;
}

task<sql_result<bool>> foreign_names::learn(auth::caller const& who) {
    std::set<name_key> names;
    {
        std::scoped_lock const lock{mutex_};
        names.swap(asked_);
        denied_.clear();
    }
    bool any = false;
    for (auto const& name : names) {
        auto found = co_await ask(who, name);
        if (found.has_error()) co_return std::move(found).error();
        if (!*found) continue;
        auto const added = add(std::move(*found));
        if (added.has_error()) co_return added.error();
        any = true;
    }
    co_return any;
}

std::string foreign_names::take_denied() {
    std::scoped_lock const lock{mutex_};
    return std::exchange(denied_, {});
}

task<sql_result<relation_ptr>> foreign_names::ask(auth::caller const& who, name_key name) {
    std::optional<failure> why;
    relation_ptr out;
    if (name.first == schema_oids::objects) {
        auto const found = co_await buckets_.head(who, name.second);
        if (found.has_error()) why = found.error();
        else out = bucket_relation(name.second, found->id, found->owner);
    } else if (name.first == schema_oids::topics || name.second == audit_relation()->name) {
        bool const is_topic = name.first == schema_oids::topics;
        auto topic = is_topic ? name.second : std::string(audit_topic);
        auto const found = co_await logs_.find(who, std::move(topic));
        if (found.has_error()) why = found.error();
        else out = is_topic ? topic_relation(name.second, found->id, found->owner)
                           : audit_relation();
    }
    if (why && why->code == error::permission_denied) {
        std::scoped_lock const lock{mutex_};
        denied_ = name.second;
    } else if (why && why->code != error::not_found && why->code != error::invalid_argument) {
        co_return to_sql_error(*why);
    }
    co_return out;
}

sql_result<void> foreign_names::add(relation_ptr known) {
    std::scoped_lock const lock{mutex_};
    name_key const name(known->schema, known->name);
    if (!known_.contains(name) && known_.size() >= most_)
        return sql_error("53400", "too many topics and buckets are known to this session")
            .with_detail("limits.sql_foreign_relations");
    by_oid_[known->oid] = known;
    known_[name] = std::move(known);
    return {};
}

void foreign_names::put_list(object_oid schema, std::vector<relation_ptr> all) {
    std::scoped_lock const lock{mutex_};
    for (auto& each : all) {
        auto const known = known_.find({schema, each->name});
        // Made anew under the same name: another relation from now on.
        if (known != known_.end() && known->second->oid != each->oid) known->second = each;
        // The relation that plans of the session have already, while it is the same.
        each = by_oid_.try_emplace(each->oid, each).first->second;
    }
    listed_[schema] = std::move(all);
    forget_unlisted();
}

// Oids of dropped topics and buckets stay for plans that name them, within a bound.
void foreign_names::forget_unlisted() {
    if (by_oid_.size() <= 4 * most_) return;
    by_oid_.clear();
    for (auto const& [name, each] : known_) by_oid_.emplace(each->oid, each);
    for (auto const& [schema, all] : listed_)
        for (auto const& each : all) by_oid_.emplace(each->oid, each);
}

task<sql_result<bool>> foreign_names::list_anew(auth::caller const& who) {
    auto const topics = co_await list_topics(who);
    if (topics.has_error()) co_return topics.error();
    auto const buckets = co_await list_buckets(who);
    if (buckets.has_error()) co_return buckets.error();
    co_return *topics && *buckets;
}

task<sql_result<bool>> foreign_names::list_topics(auth::caller const& who) {
    std::string after;
    auto const found = co_await logs_.list(who, std::move(after), most_ + 1);
    if (found.has_error()) co_return to_sql_error(found.error());
    std::vector<relation_ptr> all, events;
    for (auto const& each : *found) {
        if (all.size() == most_) break;
        if (each.name == audit_topic) events.push_back(audit_relation());
        if (auto made = topic_relation(each.name, each.id, each.owner))
            all.push_back(std::move(made));
    }
    put_list(schema_oids::topics, std::move(all));
    put_list(schema_oids::audit, std::move(events));
    co_return found->size() <= most_;
}

task<sql_result<bool>> foreign_names::list_buckets(auth::caller const& who) {
    std::vector<relation_ptr> all;
    auth::guarded_buckets::list_request request;
    bool is_whole = true;
    while (true) {
        auto const page = co_await buckets_.visible(who, request);
        if (page.has_error()) co_return to_sql_error(page.error());
        for (auto const& each : page->buckets) {
            if (all.size() == most_) is_whole = false;
            else if (auto made = bucket_relation(each.name, each.id, each.owner))
                all.push_back(std::move(made));
        }
        if (!page->truncated || page->buckets.empty() || !is_whole) break;
        request.after = page->buckets.back().name;
    }
    put_list(schema_oids::objects, std::move(all));
    co_return is_whole;
}

}  // namespace sluice::sql
