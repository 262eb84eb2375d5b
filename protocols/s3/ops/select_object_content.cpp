// SelectObjectContent: a statement over the records of one object (S3 user guide, "Querying data in
// place with Amazon S3 Select"). Statement and readers are protocols/sql/records; what is sent is
// made by ops/select_answer.
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/object_encryption.hpp"
#include "protocols/s3/ops/object_versions.hpp"
#include "protocols/s3/ops/select_answer.hpp"
#include "protocols/s3/wire/storage_classes.hpp"

namespace sluice::s3 {
namespace {

// A statement of S3's greatest length, escaped, and the rest of the document.
constexpr std::size_t document_bytes_max = 2 * mebibyte;

// The bytes that the request may read.
task<s3_result<auth::readable_object>> open_source(operation_call& call) {
    auto const key = read_key(call);
    if (!key) co_return key.error();
    auto object = co_await open_version(call);
    if (!object) co_return object.error();
    if (auto const readable = unlock(*object, *key, wanted_of_object::bytes); !readable)
        co_return readable.error();
    auto const& attributes = object->stat().attributes;
    if (!is_readable(attributes, call.clock.now())) co_return archived_failure(attributes);
    co_return *std::move(object);
}

}  // namespace

task<s3_result<answer>> ops::select_object_content(operation_call& call) {
    if (call.who.is_anonymous())
        co_return s3_failure(error_code::access_denied,
                             "SelectObjectContent does not support anonymous access.");
    if (call.body.length() == 0) co_return error_code::empty_request_body;
    auto const document =
        co_await read_document(call, "SelectObjectContentRequest", body_digest::optional,
                               std::min(document_bytes_max, call.options.document_bytes));
    if (!document) co_return document.error();
    auto request = read_select_document(*document);
    if (!request) co_return request.error();
    auto object = co_await open_source(call);
    if (!object) co_return object.error();
    if (call.selects == nullptr) co_return error_code::busy;
    bool const is_parquet = std::holds_alternative<parquet_input>(request->input);
    auto turn = call.selects->enter(is_parquet);
    if (!turn) co_return error_code::busy;
    auto program = sql::records::compile(request->expression, call.selects->options().statement);
    if (program.has_error()) co_return to_s3(program.error());
    auto made = std::make_unique<select_answer>(*call.selects, std::move(turn), call.clock,
                                                *std::move(request), *std::move(object));
    auto const begun = co_await made->begin(*std::move(program));
    if (!begun) co_return begun.error();
    auto out = empty_answer(200);
    out.head.set("Content-Type", "application/vnd.amazon.eventstream");
    out.pieces = std::move(made);
    co_return out;
}

}  // namespace sluice::s3
