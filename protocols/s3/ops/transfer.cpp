#include "protocols/s3/ops/transfer.hpp"

#include <algorithm>

namespace sluice::s3 {

s3_result<> check_length(operation_call const& call) {
    if (call.body.length() <= call.options.object_bytes) return {};
    return s3_failure(error_code::entity_too_large)
        .detail("ProposedSize", std::to_string(call.body.length()))
        .detail("MaxSizeAllowed", std::to_string(call.options.object_bytes));
}

s3_result<std::optional<store::checksum_algorithm>> chosen_checksum_of(
    operation_call& call, store::checksum_scope scope) {
    auto const declared = call.body.check().declared_algorithm();
    auto const name = call.request.header("x-amz-checksum-algorithm");
    auto const type = call.request.header("x-amz-checksum-type");
    if (type && *type != name_of(scope))
        return s3_failure(error_code::invalid_request,
                          "Value for x-amz-checksum-type header is invalid.");
    if (!name) return declared;
    auto const* spelling = checksum_named(*name);
    if (spelling == nullptr)
        return s3_failure(error_code::invalid_request,
                          "Checksum algorithm provided is unsupported.");
    if (declared && *declared != spelling->algorithm)
        return s3_failure(error_code::invalid_request,
                          "x-amz-checksum-algorithm names another algorithm than the checksum that "
                          "comes with the body.");
    return std::optional(spelling->algorithm);
}

s3_result<store::checksum_algorithm> upload_checksum_of(operation_call& call) {
    auto const chosen = chosen_checksum_of(call, store::checksum_scope::full_object);
    if (!chosen) return chosen.error();
    return chosen->value_or(default_checksum);
}

task<s3_result<>> receive(operation_call& call, auth::payload_stream& target) {
    std::array<std::byte, 1>
        probe;  // for the end of the body: no room is taken for bytes that do not come
    while (target.length() < call.body.length()) {
        auto const room = co_await target.room();
        if (room.has_error()) co_return to_s3(room.error(), subject::object);
        auto const got =
            co_await call.body.read(room->first(std::min(room->size(), call.options.read_bytes)));
        if (!got) co_return got.error();
        if (*got == 0) co_return error_code::incomplete_body;
        target.filled(*got);
    }
    auto const end = co_await call.body.read(probe);
    if (!end) co_return end.error();
    if (*end != 0) co_return error_code::incomplete_body;
    co_return s3_result<>{};
}

task<s3_result<>> transfer(auth::object_reader& source, auth::payload_stream& target,
                           std::vector<running_checksum>& checks) {
    while (true) {
        auto const chunk = co_await source.next();
        if (chunk.has_error()) co_return to_s3(chunk.error(), subject::object);
        if (chunk->empty()) co_return s3_result<>{};
        auto const bytes = as_bytes(chunk->bytes());
        for (auto& check : checks) check.update(bytes);
        auto const appended = co_await target.append(bytes);
        if (appended.has_error()) co_return to_s3(appended.error(), subject::object);
    }
}

}  // namespace sluice::s3
