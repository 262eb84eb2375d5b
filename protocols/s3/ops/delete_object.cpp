#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/delete_conditions.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/object_events.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::delete_object(operation_call& call) {
    auto const version = version_of(call.request);
    if (!version) co_return version.error();
    auto when = delete_conditions_of(call.request);
    if (!when) co_return when.error();
    auto const bypass = co_await bypass_of(call);
    if (!bypass) co_return bypass.error();
    auth::guarded_objects::removal what{call.request.key(), *std::move(when), *version, *bypass};
    auto announce = announcer_of(call);
    auto const removed = co_await call.objects.remove(call.who, call.request.bucket(),
                                                      std::move(what), std::move(announce));
    if (!removed) co_return to_s3(removed.error(), subject::object);
    auto out = empty_answer(204);
    if (removed->marker || removed->removed_marker) out.head.set("x-amz-delete-marker", "true");
    if (auto const shown = removed->marker ? removed->marker : *version)
        out.head.set("x-amz-version-id", version_text(*shown));
    co_return out;
}

}  // namespace sluice::s3
