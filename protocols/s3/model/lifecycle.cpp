#include "protocols/s3/model/lifecycle.hpp"

#include <algorithm>

#include "gateway/core/ids.hpp"

namespace sluice::s3 {
namespace {

// `days` of at most 2^31 after a time of this era: far from the end of the range.
unix_millis due_after(unix_millis from, std::uint32_t days, lifecycle_day day) noexcept {
    auto const length = static_cast<std::int64_t>(day.count());
    auto const at = to_underlying(from) + static_cast<std::int64_t>(days) * length;
    if (day != real_day) return unix_millis{at};
    auto const midnight = at >= 0 ? at / length : (at - length + 1) / length;
    return unix_millis{(midnight + 1) * length};
}

bool has_tag(object_facts const& object, std::pair<std::string, std::string> const& tag) {
    return object.tags != nullptr &&
           std::find(object.tags->begin(), object.tags->end(), tag) != object.tags->end();
}

bool has_prefix(lifecycle_rule const& rule, std::string_view key) noexcept {
    return !rule.prefix || key.starts_with(*rule.prefix);
}

bool covers(lifecycle_rule const& rule, object_facts const& object) {
    if (!rule.enabled || !has_prefix(rule, object.key)) return false;
    if (object.is_delete_marker)
        return rule.tags.empty() && !rule.greater_than && !rule.less_than;
    if (rule.greater_than && object.size <= *rule.greater_than) return false;
    if (rule.less_than && object.size >= *rule.less_than) return false;
    return std::all_of(rule.tags.begin(), rule.tags.end(),
                       [&](auto const& tag) { return has_tag(object, tag); });
}

bool marker_is_due(lifecycle_rule const& rule, object_facts const& object, unix_millis now,
                   lifecycle_day day) {
    if (rule.expired_marker == true) return true;
    return rule.expiration_days && due_after(object.modified, *rule.expiration_days, day) <= now;
}

bool noncurrent_is_due(lifecycle_rule const& rule, object_facts const& object, unix_millis now,
                       lifecycle_day day) {
    if (!rule.noncurrent_days) return false;
    if (object.newer_noncurrent < rule.newer_noncurrent_versions.value_or(0)) return false;
    return due_after(object.noncurrent_since, *rule.noncurrent_days, day) <= now;
}

std::optional<unix_millis> expires_at(lifecycle_rule const& rule, object_facts const& object,
                                      lifecycle_day day) {
    if (rule.expiration_date) return rule.expiration_date;
    if (!rule.expiration_days) return std::nullopt;
    return due_after(object.modified, *rule.expiration_days, day);
}

void keep_common(std::optional<std::string>& common, lifecycle_rule const& rule) {
    auto const mine = rule.prefix.value_or("");
    if (!common) {
        common = mine;
        return;
    }
    auto const end = std::mismatch(common->begin(), common->end(), mine.begin(), mine.end());
    common->erase(end.first, common->end());
}

}  // namespace

lifecycle_verdict decide(lifecycle_rules const& rules, object_facts const& object, unix_millis now,
                         lifecycle_day day) {
    bool const dangling = object.is_latest && object.is_delete_marker;
    if (dangling && !object.is_only_version) return lifecycle_verdict::keep;
    for (auto const& rule : rules) {
        if (!covers(rule, object)) continue;
        if (dangling) {
            if (marker_is_due(rule, object, now, day)) return lifecycle_verdict::erase;
        } else if (!object.is_latest) {
            if (noncurrent_is_due(rule, object, now, day)) return lifecycle_verdict::erase;
        } else if (auto const at = expires_at(rule, object, day); at && *at <= now) {
            return lifecycle_verdict::expire;
        }
    }
    return lifecycle_verdict::keep;
}

bool ends_upload(lifecycle_rules const& rules, std::string_view key, unix_millis initiated,
                 unix_millis now, lifecycle_day day) {
    auto const first = abort_of(rules, key, initiated, day);
    return first && first->at <= now;
}

std::optional<expiry> expiry_of(lifecycle_rules const& rules, object_facts const& object,
                                lifecycle_day day) {
    std::optional<expiry> first;
    if (!object.is_latest || object.is_delete_marker) return first;
    for (auto const& rule : rules) {
        if (!covers(rule, object)) continue;
        auto const at = expires_at(rule, object, day);
        if (at && (!first || *at < first->at)) first = expiry{*at, rule.id};
    }
    return first;
}

std::optional<expiry> abort_of(lifecycle_rules const& rules, std::string_view key,
                               unix_millis initiated, lifecycle_day day) {
    std::optional<expiry> first;
    for (auto const& rule : rules) {
        if (!rule.enabled || !rule.abort_days || !has_prefix(rule, key)) continue;
        auto const at = due_after(initiated, *rule.abort_days, day);
        if (!first || at < first->at) first = expiry{at, rule.id};
    }
    return first;
}

lifecycle_scope scope_of(lifecycle_rules const& rules) {
    lifecycle_scope scope;
    std::optional<std::string> of_objects, of_uploads;
    for (auto const& rule : rules) {
        if (!rule.enabled) continue;
        scope.tags = scope.tags || !rule.tags.empty();
        if (rule.is_about_objects()) keep_common(of_objects, rule);
        if (rule.abort_days) keep_common(of_uploads, rule);
    }
    scope.objects = of_objects.has_value();
    scope.uploads = of_uploads.has_value();
    scope.object_prefix = std::move(of_objects).value_or("");
    scope.upload_prefix = std::move(of_uploads).value_or("");
    return scope;
}

}  // namespace sluice::s3
