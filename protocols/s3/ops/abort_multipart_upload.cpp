#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/upload_settings.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::abort_multipart_upload(operation_call& call) {
    auto const name = upload_named(call.request);
    if (!name) co_return name.error();
    auto const aborted = co_await call.uploads.abort(call.who, *name);
    if (!aborted) co_return to_s3(aborted.error(), subject::object);
    co_return empty_answer(204);
}

}  // namespace sluice::s3
