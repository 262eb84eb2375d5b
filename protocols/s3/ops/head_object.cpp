#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/read_object.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::head_object(operation_call& call) {
    auto described = co_await describe_object(call);
    if (!described) co_return described.error();
    co_return std::move(described->out);
}

}  // namespace sluice::s3
