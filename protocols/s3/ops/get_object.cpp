#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/read_object.hpp"
#include "protocols/s3/wire/storage_classes.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::get_object(operation_call& call) {
    auto described = co_await describe_object(call);
    if (!described) co_return described.error();
    auto const& attributes = described->object.stat().attributes;
    if (described->out.head.status != 304 && !is_readable(attributes, call.clock.now()))
        co_return archived_failure(attributes);
    if (described->range) {
        auto reader = co_await described->object.read(*described->range);
        if (reader.has_error()) co_return to_s3(reader.error(), subject::object);
        described->out.stream = *std::move(reader);
    }
    co_return std::move(described->out);
}

}  // namespace sluice::s3
