#include "auth/guard/object_access.hpp"

#include "auth/guard/capabilities.hpp"
#include "auth/policy/grammar_acl.hpp"
#include "backend/store/bucket_verbs.hpp"

namespace sluice::auth {
namespace {

constexpr std::string_view list_action = "s3:PutObjectAcl";

// Whether somebody who may not read because the object is not there may be told so: lists give no right to
// what is missing, and who may list the bucket sees that it is.
task<result<bool>> is_told(guard_core& core, caller const& who, intent const& wanted,
                           judgement const& so_far, decision& decided) {
    bool const is_by_list =
        so_far.known.lists_count && decided.rule == built_in::default_deny;
    if (!is_by_list) co_return false;
    auto const listing = on_object(action::list, wanted.name, wanted.part);
    SLUICE_CO_TRY(auto const may_list, co_await core.decide_on_bucket(who, listing));
    if (may_list.allowed()) decided = may_list;
    co_return may_list.allowed();
}

store::attributes_rule after(store::attributes_rule protocols, store::attributes_rule ours) {
    return [protocols = std::move(protocols), ours = std::move(ours)](
               store::bucket_info const& bucket, unix_millis at,
               store::object_attributes& attributes) -> result<void> {
        if (protocols) {
            SLUICE_CHECK(protocols(bucket, at, attributes));
        }
        return ours(bucket, at, attributes);
    };
}

result<access_list> list_for(new_access const& asked, store::bucket_info const& bucket) {
    if (bucket.access.empty()) return access_list::of_owner(bucket.owner);
    using ownership = bucket_access::ownership;
    SLUICE_TRY(auto const access, decode_bucket_access(bucket.access));
    bool const given_up = access.objects == ownership::bucket_owner && !asked.choice.grants &&
                          asked.choice.name == access_choice::canned::bucket_owner_full;
    access_list out;
    out.owner = given_up || asked.writer == system_id ? bucket.owner : asked.writer;
    out.grants = grants_of(asked.choice, out.owner, bucket.owner);
    return out;
}

}  // namespace

object_facts::object_facts(store::object_attributes const* object) : exists_(object != nullptr) {
    if (object == nullptr) return;
    access_ = object->access;
    tags_ = object->tags;
}

bool object_facts::hold(store::object_attributes const* object) const {
    if (object == nullptr || !exists_) return (object != nullptr) == exists_;
    return object->access == access_ && object->tags == tags_;
}

store::removal_check object_facts::check(bool& stale) const {
    return [this, &stale](store::object_attributes const* object) -> result<void> {
        stale = !hold(object);
        if (stale) return failure{error::conflict, "the object was changed meanwhile"};
        return success();
    };
}

task<guarded<permitted_change>> decide_change(guard_core& core, caller const& who,
                                              intent const& wanted,
                                              std::optional<object_version> version) {
    auto judged = co_await core.judge(who, wanted);
    if (judged.has_error()) co_return refusal(std::move(judged).error());
    permitted_change out;
    out.decided = judged->decided;
    if (!out.decided.needs_object) co_return out;
    store::open_object_request request{wanted.name, wanted.part};
    request.version = version;
    auto const opened = co_await store::open_object(core.engine, std::move(request));
    if (opened.has_error() && opened.error().code != error::not_found)
        co_return refusal(failure(opened.error()));
    auto const* object = opened.has_value() ? &opened->stat().attributes : nullptr;
    auto decided = core.judge_with(who, wanted, *judged, object);
    if (decided.has_error()) co_return refusal(std::move(decided).error());
    out.decided = *decided;
    out.facts.emplace(object);
    if (out.decided.allowed() || object != nullptr) co_return out;
    auto told = co_await is_told(core, who, wanted, *judged, *decided);
    if (told.has_error()) co_return refusal(std::move(told).error());
    if (*told) co_return co_await core.missing(wanted.name, missing_thing::object, opened.error());
    co_return out;
}

task<guarded<permitted_change>> permit_change(guard_core& core, caller const& who,
                                              intent const& wanted,
                                              std::optional<object_version> version) {
    auto decided = co_await decide_change(core, who, wanted, version);
    if (decided.has_error()) co_return std::move(decided).error();
    if (!decided->decided.allowed()) co_return co_await core.deny(who, wanted, decided->decided);
    core.allowed.fetch_add(1, std::memory_order_relaxed);
    co_return std::move(*decided);
}

task<guarded<judgement>> begin_read(guard_core& core, caller const& who, intent const& wanted) {
    auto judged = co_await core.judge(who, wanted);
    if (judged.has_error()) co_return refusal(std::move(judged).error());
    auto const decided = judged->decided;
    if (!decided.allowed() && !decided.needs_object)
        co_return co_await core.deny(who, wanted, decided);
    co_return std::move(*judged);
}

task<guarded<void>> finish_read(guard_core& core, caller const& who, intent const& wanted,
                                judgement const& so_far, store::opened_object const* opened,
                                std::optional<refusal> const& missing) {
    auto decided = so_far.decided;
    // Neither there nor known to be missing: nothing was decided.
    bool const is_unknown =
        opened == nullptr && missing && missing->missing == missing_thing::nothing;
    if (decided.needs_object && is_unknown) co_return *missing;
    if (decided.needs_object) {
        bool const is_there = opened != nullptr && !opened->stat().is_delete_marker;
        auto const* object = is_there ? &opened->stat().attributes : nullptr;
        auto judged = core.judge_with(who, wanted, so_far, object);
        if (judged.has_error()) co_return refusal(std::move(judged).error());
        decided = *judged;
    }
    bool told = false;
    if (!decided.allowed()) {
        if (missing && missing->missing == missing_thing::object) {
            auto may = co_await is_told(core, who, wanted, so_far, decided);
            if (may.has_error()) co_return refusal(std::move(may).error());
            told = *may;
        }
        if (!told) co_return co_await core.deny(who, wanted, decided);
    }
    core.allowed.fetch_add(1, std::memory_order_relaxed);
    if (missing && !told) {
        auto may = co_await may_know_missing(core, who, wanted, *missing);
        if (may.has_error()) co_return std::move(may).error();
    }
    co_return co_await core.count_read(who, wanted, decided);
}

store::attributes_rule rule_with_access(new_access asked, store::attributes_rule protocols,
                                        access_trouble& trouble) {
    auto ours = [asked = std::move(asked), &trouble](
                    store::bucket_info const& bucket, unix_millis,
                    store::object_attributes& attributes) -> result<void> {
        attributes.access.clear();
        SLUICE_TRY(auto const list, list_for(asked, bucket));
        SLUICE_TRY(trouble, trouble_of_list(bucket, asked.choice, list.grants));
        if (trouble != access_trouble::none) return access_refused(trouble);
        if (bucket.access.empty()) return success();
        if (list != access_list::of_owner(bucket.owner)) attributes.access = encode(list);
        return success();
    };
    return after(std::move(protocols), std::move(ours));
}

store::attributes_rule rule_keeping_access(store::attributes_rule protocols) {
    auto ours = [](store::bucket_info const& bucket, unix_millis,
                   store::object_attributes& attributes) -> result<void> {
        if (bucket.access.empty()) attributes.access.clear();
        return success();
    };
    return after(std::move(protocols), std::move(ours));
}

result<access_trouble> trouble_of_list(store::bucket_info const& bucket,
                                       access_choice const& choice,
                                       access_grants const& grants) {
    if (bucket.access.empty())
        return choice.is_plain() ? access_trouble::none : access_trouble::disabled;
    SLUICE_TRY(auto const access, decode_bucket_access(bucket.access));
    bool const is_blocked = access.blocks_public && is_public(grants);
    return is_blocked ? access_trouble::blocked : access_trouble::none;
}

refusal access_refused(access_trouble why) {
    if (why == access_trouble::blocked)
        return refusal(why, "the bucket takes no public access lists");
    return refusal(why, "access lists do not count in the bucket");
}

task<guarded<void>> permit_choice(guard_core& core, caller const& who, intent const& writing,
                                  decision decided, access_choice const& choice) {
    if (choice.is_plain()) co_return guarded<void>();
    if (decided.rule != built_in::acl_bucket) {
        auto listing = writing;
        listing.asked = list_action;
        auto judged = co_await core.judge(who, listing);
        if (judged.has_error()) co_return refusal(std::move(judged).error());
        auto const& may = judged->decided;
        bool const is_writer =
            may.rule == built_in::default_deny && judged->known.lists_count &&
            core.decide(who, writing, judged->known).rule == built_in::acl_bucket;
        if (!may.allowed() && !is_writer) co_return co_await core.deny(who, listing, may);
    }
    auto bucket = co_await store::head_bucket(core.engine, writing.name);
    // One that is not there is the write's to tell.
    if (bucket.has_error() && bucket.error().code == error::not_found) co_return guarded<void>();
    if (bucket.has_error()) co_return refusal(std::move(bucket).error());
    auto const grants = grants_of(choice, bucket->owner, bucket->owner);
    auto trouble = trouble_of_list(*bucket, choice, grants);
    if (trouble.has_error()) co_return refusal(std::move(trouble).error());
    if (*trouble == access_trouble::none) co_return guarded<void>();
    auto refused = access_refused(*trouble);
    auto const recorded = co_await core.failed(who, writing, decided, refused);
    if (recorded.code != refused.code) co_return recorded;
    co_return refused;
}

}  // namespace sluice::auth
