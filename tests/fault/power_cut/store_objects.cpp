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

// The contents of puts and copies are all different; an erasure shows only where something was.
store_driver::effects store_driver::object_effect(claim const& at,
                                                  std::optional<content> const& becomes) {
    auto const& before = fate_of(at);
    if (!becomes && (!before.is_certain() || !before.now())) return {};
    return {[&model = model_, at, becomes] {
        return std::optional(model.buckets[at.bucket].objects[at.key].now() == becomes);
    }};
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
    auto const record = model_.audit.add("put_object " + at.bucket + "/" + at.key);
    request.audit.push_back(model_.audit.text(record));
    auto done = co_await store::put_object(*engine_, std::move(request));
    audited(record, done, object_effect(at, what));
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
        auto const record = self->model_.audit.add("put_object in a race " + key.key);
        request.audit.push_back(self->model_.audit.text(record));
        auto done = co_await store::put_object(*self->engine_, std::move(request));
        self->audited(record, done, self->object_effect(key, what));
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
    auto const record = model_.audit.add("delete_object " + at.bucket + "/" + at.key);
    request.audit.push_back(model_.audit.text(record));
    auto done = co_await store::delete_object(*engine_, std::move(request));
    audited(record, done, object_effect(at, std::nullopt));
    if (done.has_error()) {
        if (is_lost_answer(done.error(), "delete_object")) fate_of(at).may_become(std::nullopt);
        co_return;
    }
    if (done->existed != present) violated("a delete answers wrongly whether there was an object");
    ++model_.acknowledged;
    fate_of(at).is(std::nullopt);
}

// Several keys of the first one's bucket, some with a condition, perhaps one of them twice.
task<void> store_driver::erase_many(claim at) {
    std::vector<claim> more;
    for (auto tries = below(5); tries > 0; --tries) {
        auto const next = claim_key();
        if (next && next.bucket == at.bucket) more.push_back(next);
        else if (next) release(next);
    }
    auto named = more;
    named.push_back(at);
    if (below(4) == 0) named.push_back(named[below(named.size())]);
    store::delete_objects_request request;
    request.bucket = at.bucket;
    std::vector<std::uint64_t> records;
    std::vector<bool> refused, present;
    std::set<std::string> gone;
    for (auto const& one : named) {
        auto const& before = fate_of(one).now();
        bool const is_there = before.has_value() && !gone.contains(one.key);
        bool const wrong = is_there && below(5) == 0;
        store::delete_objects_request::item item;
        item.key = one.key;
        if (wrong) item.when.if_match = store::etag_match{.etags = {"e0"}};
        records.push_back(model_.audit.add("delete_objects " + one.bucket + "/" + one.key));
        item.audit.push_back(model_.audit.text(records.back()));
        refused.push_back(wrong);
        present.push_back(is_there);
        if (is_there && !wrong) gone.insert(one.key);
        request.items.push_back(std::move(item));
    }
    auto const done = co_await store::delete_objects(*engine_, std::move(request));
    for (std::size_t i = 0; i < named.size(); ++i) {
        auto const outcome =
            done.has_value() ? (*done)[i] : result<store::deletion>(done.error());
        audited(records[i], outcome,
                refused[i] || !present[i] ? effects{} : object_effect(named[i], std::nullopt));
        if (outcome.has_value()) {
            if (refused[i]) violated("a delete passed although its condition did not hold");
            if (outcome->existed != present[i])
                violated("a delete of many answers wrongly whether there was an object");
            ++model_.acknowledged;
            fate_of(named[i]).is(std::nullopt);
        } else if (outcome.error().code == error::precondition_failed) {
            if (!refused[i]) violated("a delete is refused although its condition holds");
        } else if (is_lost_answer(outcome.error(), "delete_objects") && !refused[i]) {
            fate_of(named[i]).may_become(std::nullopt);
        }
    }
    for (auto const& one : more) release(one);
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
    auto const record = model_.audit.add("copy_object " + to.bucket + "/" + to.key);
    request.audit.push_back(model_.audit.text(record));
    auto done = co_await store::copy_object(*engine_, std::move(request));
    std::optional<content> becomes;
    if (source) becomes = content{source->pieces, etag};
    audited(record, done, becomes ? object_effect(to, becomes) : effects{});
    if (!source) {
        if (done.has_value()) violated("a copy of nothing succeeded");
        else if (done.error().code != error::not_found) is_lost_answer(done.error(), "copy_object");
        co_return;
    }
    if (done.has_error()) {
        if (is_lost_answer(done.error(), "copy_object")) fate_of(to).may_become(becomes);
        co_return;
    }
    ++model_.acknowledged;
    fate_of(to).is(becomes);
}

task<result<std::string>> store_driver::read_bytes(claim at, std::string* etag) {
    store::open_object_request request;
    request.bucket = at.bucket;
    request.key = at.key;
    auto opened = co_await store::open_object(*engine_, std::move(request));
    if (opened.has_error()) co_return opened.error();
    *etag = opened->stat().etag;
    co_return co_await rest_of(*opened);
}

task<result<std::string>> store_driver::rest_of(store::opened_object const& opened) {
    auto reader = co_await opened.read();
    if (reader.has_error()) co_return reader.error();
    std::string bytes;
    for (;;) {
        auto next = co_await reader->next();
        if (next.has_error()) co_return next.error();
        if (next->empty()) break;
        bytes += next->bytes();
    }
    if (bytes.size() != opened.stat().size) {
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
