// The object verbs of store_driver.
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "backend/store/object_verbs.hpp"
#include "tests/fault/power_cut/store_driver.hpp"
#include "tests/fault/power_cut/value_bytes.hpp"

namespace sluice::fault {

task<result<store::stored_payload>> store_driver::write_payload(piece what) {
    auto bytes = bytes_of(what.number, what.length);
    if (what.length <= 256 * kibibyte && below(2) == 0) {
        co_return store::small_payload(std::move(bytes));
    }
    std::optional<std::uint64_t> expected;
    if (below(2) == 0) expected = what.length;
    store::payload_writer writer(*engine_, expected);
    for (std::size_t at = 0; at < bytes.size();) {
        auto length = std::min<std::size_t>(bytes.size() - at, 1 + below(300 * kibibyte));
        auto part = as_bytes(std::string_view(bytes).substr(at, length));
        auto taken = co_await writer.append(part);
        if (taken.has_error()) co_return taken.error();
        at += length;
    }
    co_return co_await writer.finish();
}

// False: refused by its condition, or the answer is lost.
task<bool> store_driver::conditional_put(claim at, content what, store::conditions when,
                                         bool expected) {
    auto payload = co_await write_payload(what.pieces.front());
    if (payload.has_error()) {
        is_lost_answer(payload.error(), "writing a payload");
        co_return false;
    }
    store::put_object_request request;
    request.bucket = at.bucket;
    request.key = at.key;
    request.payload = std::move(*payload);
    request.etag = what.etag;
    request.attributes.content_type = "of/" + what.etag;
    request.when = std::move(when);
    auto done = co_await store::put_object(*engine_, std::move(request));
    if (done.has_value()) {
        if (!expected) violated("a put passed although its condition did not hold: " + at.key);
        if (done->size != what.size()) violated("a put answers another size");
        ++model_.acknowledged;
        co_return true;
    }
    auto code = done.error().code;
    bool refused = code == error::precondition_failed || code == error::not_found;
    if (refused && !expected) co_return false;
    if (is_lost_answer(done.error(), "put_object")) fate_of(at).may_become(what);
    co_return false;
}

task<void> store_driver::put(claim at) {
    auto const before = fate_of(at).now();
    auto what = new_content(900 * kibibyte);
    store::conditions when;
    bool expected = true;
    auto choice = below(5);
    if (choice == 0) {
        when.if_none_match = store::etag_match{.any = true};
        expected = !before.has_value();
    } else if (choice == 1) {
        bool right = below(2) == 0;
        when.if_match = store::etag_match{.etags = {right && before ? before->etag : "e0"}};
        expected = right && before.has_value();
    }
    auto done = co_await conditional_put(at, what, std::move(when), expected);
    if (done) fate_of(at).is(what);
}

// Two writers, one condition that only the first of them can meet.
task<void> store_driver::race(claim at) {
    using namespace boost::asio::experimental::awaitable_operators;
    auto const before = fate_of(at).now();
    store::conditions when;
    if (before) when.if_match = store::etag_match{.etags = {before->etag}};
    else when.if_none_match = store::etag_match{.any = true};
    auto first = new_content(200000), second = new_content(200000);
    bool won[2] = {false, false};
    auto run_one = [](store_driver* self, claim key, content what, store::conditions condition,
                      bool* win) -> task<void> {
        auto payload = co_await self->write_payload(what.pieces.front());
        if (payload.has_error()) {
            self->is_lost_answer(payload.error(), "writing a payload");
            co_return;
        }
        store::put_object_request request;
        request.bucket = key.bucket;
        request.key = key.key;
        request.payload = std::move(*payload);
        request.etag = what.etag;
        request.attributes.content_type = "of/" + what.etag;
        request.when = std::move(condition);
        auto done = co_await store::put_object(*self->engine_, std::move(request));
        *win = done.has_value();
        if (*win || done.error().code == error::precondition_failed) co_return;
        if (self->is_lost_answer(done.error(), "put_object")) self->fate_of(key).may_become(what);
    };
    auto one = run_one(this, at, first, when, &won[0]);
    auto other = run_one(this, at, second, when, &won[1]);
    co_await (std::move(one) && std::move(other));
    if (won[0] && won[1]) co_return violated("two conditional puts of one key won: " + at.key);
    if (!won[0] && !won[1]) {
        if (powered() && !violation_) violated("no conditional put won: " + at.key);
        co_return;
    }
    ++model_.acknowledged;
    fate_of(at).is(won[0] ? first : second);
}

task<void> store_driver::erase(claim at) {
    bool present = fate_of(at).now().has_value();
    store::delete_object_request request;
    request.bucket = at.bucket;
    request.key = at.key;
    auto done = co_await store::delete_object(*engine_, std::move(request));
    if (done.has_error()) {
        if (is_lost_answer(done.error(), "delete_object")) fate_of(at).may_become(std::nullopt);
        co_return;
    }
    if (*done != present) violated("a delete answers wrongly whether there was an object");
    ++model_.acknowledged;
    fate_of(at).is(std::nullopt);
}

task<void> store_driver::copy(claim from, claim to) {
    auto const source = fate_of(from).now();
    store::copy_object_request request;
    request.source_bucket = from.bucket;
    request.source_key = from.key;
    request.bucket = to.bucket;
    request.key = to.key;
    auto etag = "e" + std::to_string(model_.next_number++);
    request.etag = etag;
    auto done = co_await store::copy_object(*engine_, std::move(request));
    if (!source) {
        if (done.has_value()) violated("a copy of nothing succeeded");
        else if (done.error().code != error::not_found) is_lost_answer(done.error(), "copy_object");
        co_return;
    }
    content made{source->pieces, etag};
    if (done.has_error()) {
        if (is_lost_answer(done.error(), "copy_object")) fate_of(to).may_become(made);
        co_return;
    }
    ++model_.acknowledged;
    fate_of(to).is(made);
}

task<result<std::string>> store_driver::read_bytes(claim at, std::string* etag) {
    store::open_object_request request;
    request.bucket = at.bucket;
    request.key = at.key;
    auto opened = co_await store::open_object(*engine_, std::move(request));
    if (opened.has_error()) co_return opened.error();
    *etag = opened->stat().etag;
    auto reader = co_await opened->read();
    if (reader.has_error()) co_return reader.error();
    std::string bytes;
    for (;;) {
        auto next = co_await reader->next();
        if (next.has_error()) co_return next.error();
        if (next->empty()) break;
        bytes += next->bytes();
    }
    if (bytes.size() != opened->stat().size) {
        co_return failure{error::corrupt, "an object is shorter than it says"};
    }
    co_return bytes;
}

// What is stored at the key, as one of the contents the model knows; violated if it is none of
// them.
task<std::optional<content>> store_driver::look_up(claim at) {
    std::string etag;
    auto bytes = co_await read_bytes(at, &etag);
    auto& possible = fate_of(at);
    auto name = at.bucket + "/" + at.key;
    if (bytes.has_error()) {
        if (bytes.error().code == error::not_found) {
            if (!possible.may_be(std::nullopt)) violated(name + " is lost");
        } else {
            is_lost_answer(bytes.error(), "reading " + name);
        }
        co_return std::nullopt;
    }
    for (auto const& one : possible.all()) {
        if (!one || one->etag != etag) continue;
        if (one->bytes() != *bytes) violated(name + " has wrong bytes");
        co_return *one;
    }
    violated(name + " holds " + etag + ", which it cannot");
    co_return std::nullopt;
}

task<void> store_driver::read(claim at) {
    co_await look_up(at);
}

task<void> store_driver::abandon_stream() {
    auto bytes = bytes_of(model_.next_number++, 200000 + below(2000000));
    store::payload_writer writer(*engine_);
    auto taken = co_await writer.append(as_bytes(bytes));
    if (taken.has_error()) is_lost_answer(taken.error(), "writing a payload");
}

}  // namespace sluice::fault
