#include "protocols/s3/ops/object_versions.hpp"

#include "protocols/http/date.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {

s3_failure missing_version(s3_failure what, std::optional<object_version> version) {
    if (what.code != error_code::no_such_key || !version) return what;
    return s3_failure(error_code::no_such_version).detail("VersionId", version_text(*version));
}

s3_result<> refuse_source_marker(store::object_stat const& stat,
                                 std::optional<object_version> version) {
    if (!stat.is_delete_marker) return {};
    if (!version) return error_code::no_such_key;
    return s3_failure(error_code::invalid_request,
                      "The source of a copy request may not specifically refer to a delete marker "
                      "by version id.");
}

namespace {

s3_failure marker_refused(store::object_stat const& stat, error_code code) {
    s3_failure refused(code);
    refused.header("x-amz-delete-marker", "true");
    refused.header("x-amz-version-id", version_text(stat.version));
    if (code == error_code::method_not_allowed) {
        refused.header("Last-Modified", http::http_date(stat.last_modified));
        refused.header("Allow", "DELETE");
    }
    return refused;
}

}  // namespace

task<s3_result<auth::readable_object>> open_version(operation_call& call) {
    auto const version = version_of(call.request);
    if (!version) co_return version.error();
    auto object = co_await call.objects.open(call.who, call.request.bucket(), call.request.key(),
                                             *version);
    if (!object) co_return missing_version(to_s3(object.error(), subject::object), *version);
    if (object->stat().is_delete_marker)
        co_return marker_refused(object->stat(), *version ? error_code::method_not_allowed
                                                          : error_code::no_such_key);
    co_return *std::move(object);
}

task<s3_failure> refuse_change(operation_call& call, std::optional<object_version> version,
                               s3_failure what) {
    if (what.code != error_code::no_such_key) co_return what;
    auto const object =
        co_await call.objects.open(call.who, call.request.bucket(), call.request.key(), version);
    if (!object || !object->stat().is_delete_marker)
        co_return missing_version(std::move(what), version);
    co_return marker_refused(object->stat(), error_code::method_not_allowed);
}

}  // namespace sluice::s3
