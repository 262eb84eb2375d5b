#include "protocols/s3/ops/delete_conditions.hpp"
#include "protocols/s3/ops/handlers.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::delete_object(operation_call& call) {
    auto when = delete_conditions_of(call.request);
    if (!when) co_return when.error();
    auto const removed = co_await call.objects.remove(call.who, call.request.bucket(),
                                                      call.request.key(), *std::move(when));
    if (!removed) co_return to_s3(removed.error(), subject::object);
    co_return empty_answer(204);
}

}  // namespace sluice::s3
