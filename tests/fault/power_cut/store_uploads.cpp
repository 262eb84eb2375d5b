// The multipart verbs of store_driver.
#include "backend/store/upload_verbs.hpp"
#include "tests/fault/power_cut/store_driver.hpp"

namespace sluice::fault {
namespace {

std::string etag_of(std::uint64_t number) {
    return "e" + std::to_string(number);
}

}  // namespace

// Any upload of the key that was not known before.
store_driver::effects store_driver::new_upload_effect(claim const& at) {
    if (model_.unanswered_uploads.contains({at.bucket, at.key})) return {};
    std::set<store::upload_id> known;
    for (auto const& [id, upload] : model_.uploads) known.insert(id);
    return {[&model = model_, at, known] {
        for (auto const& [id, upload] : model.uploads)
            if (upload.bucket == at.bucket && upload.key == at.key && !known.contains(id))
                return std::optional(true);
        return std::optional(false);
    }};
}

// An upload from its creation on: it may be completed, aborted, or left for later.
task<void> store_driver::upload(claim at) {
    store::create_upload_request request;
    request.bucket = at.bucket;
    request.key = at.key;
    auto const record = model_.audit.add("create_upload " + at.bucket + "/" + at.key);
    request.audit.push_back(model_.audit.text(record));
    auto created = co_await store::create_upload(*engine_, std::move(request));
    audited(record, created, new_upload_effect(at));
    if (created.has_error()) {
        if (is_lost_answer(created.error(), "create_upload")) {
            model_.unanswered_uploads.insert({at.bucket, at.key});
        }
        co_return;
    }
    ++model_.acknowledged;
    auto id = created->id;
    auto& made = model_.uploads[id];
    made.bucket = at.bucket;
    made.key = at.key;
    made.open.is(true);
    auto parts = 1 + below(4);
    for (std::uint64_t i = 0; i < parts && going_on(); ++i) {
        auto number = std::uint32_t(1 + below(6));
        auto answered = co_await put_part(id, number);
        if (!answered) co_return;
    }
    if (going_on() && below(3) != 0) co_await end_upload(id);
}

task<bool> store_driver::put_part(store::upload_id id, std::uint32_t number) {
    auto& upload = model_.uploads[id];
    piece what{model_.next_number++, 1 + below(below(3) == 0 ? 700000 : 40000)};
    auto payload = co_await write_payload(what);
    if (payload.has_error()) {
        is_lost_answer(payload.error(), "writing a part");
        co_return false;
    }
    store::put_part_request request;
    request.upload = {upload.bucket, upload.key, id};
    request.number = number;
    request.payload = std::move(*payload);
    request.etag = etag_of(what.number);
    auto const record = model_.audit.add("put_part of " + upload.key);
    request.audit.push_back(model_.audit.text(record));
    auto done = co_await store::put_part(*engine_, std::move(request));
    audited(record, done, {[&upload, number, what]() -> std::optional<bool> {
        if (!upload.open.now()) return std::nullopt;
        return upload.parts[number].now() == what;
    }});
    if (done.has_error()) {
        if (is_lost_answer(done.error(), "put_part")) upload.parts[number].may_become(what);
        co_return false;
    }
    ++model_.acknowledged;
    upload.parts[number].is(what);
    co_return true;
}

task<void> store_driver::end_upload(store::upload_id id) {
    if (below(4) == 0) co_return co_await abort(id);
    co_await complete(id);
}

task<void> store_driver::complete(store::upload_id id) {
    auto& upload = model_.uploads[id];
    content whole{{}, etag_of(model_.next_number++)};
    store::complete_upload_request request;
    request.upload = {upload.bucket, upload.key, id};
    request.minimum_part_bytes = 1;
    for (auto const& [number, part] : upload.parts) {
        if (!part.now()) continue;
        whole.pieces.push_back(*part.now());
        request.parts.push_back({number, etag_of(part.now()->number), {}});
    }
    if (whole.pieces.empty()) co_return;
    request.finish = [etag = whole.etag](store::upload_info const&,
                                         std::vector<store::part_info> const&)
        -> result<store::completed_object> { return store::completed_object{etag, {}}; };
    auto& object = model_.buckets[upload.bucket].objects[upload.key];
    auto const record = model_.audit.add("complete_upload of " + upload.key);
    request.audit.push_back(model_.audit.text(record));
    auto done = co_await store::complete_upload(*engine_, std::move(request));
    audited(record, done, object_effect({upload.bucket, upload.key}, whole));
    if (done.has_error()) {
        if (!is_lost_answer(done.error(), "complete_upload")) co_return;
        upload.completing = whole;
        upload.open.may_become(std::nullopt);
        object.may_become(whole);
        co_return;
    }
    if (done->refused != store::completion_refusal::none) {
        co_return violated("a completion with the right parts is refused");
    }
    if (done->object.size != whole.size()) violated("a completion answers another size");
    ++model_.acknowledged;
    upload.open.is(std::nullopt);
    object.is(whole);
}

task<void> store_driver::abort(store::upload_id id) {
    auto& upload = model_.uploads[id];
    store::abort_upload_request request;
    request.upload = {upload.bucket, upload.key, id};
    auto const record = model_.audit.add("abort_upload of " + upload.key);
    request.audit.push_back(model_.audit.text(record));
    auto done = co_await store::abort_upload(*engine_, std::move(request));
    effects gone;
    if (upload.open.is_certain() && upload.open.now())
        gone.push_back([&upload] { return std::optional(!upload.open.now().has_value()); });
    audited(record, done, std::move(gone));
    if (done.has_value()) {
        ++model_.acknowledged;
        upload.open.is(std::nullopt);
    } else if (is_lost_answer(done.error(), "abort_upload")) {
        upload.open.may_become(std::nullopt);
    }
}

// One that was left open, perhaps before a cut.
task<void> store_driver::end_old_upload() {
    for (auto& [id, upload] : model_.uploads) {
        if (!upload.open.now() || upload.bucket[0] != 'b') continue;
        claim at{upload.bucket, upload.key};
        if (!claimed_.insert(at.bucket + "/" + at.key).second) continue;
        auto chosen = id;
        co_await end_upload(chosen);
        release(at);
        co_return;
    }
}

}  // namespace sluice::fault
