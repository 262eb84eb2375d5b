// Versions of objects in store_driver: one bucket that keeps them, now and then suspended. A key's
// versions have one order, that of their puts and deletions; some are under legal hold and stay.
#include "backend/store/bucket_verbs.hpp"
#include "backend/store/object_verbs.hpp"
#include "tests/fault/power_cut/store_driver.hpp"
#include "tests/fault/power_cut/value_bytes.hpp"
#include "tests/support/run_task.hpp"

namespace sluice::fault {
namespace {

constexpr char const* bucket_name = "versions";
constexpr int key_count = 3;

// Whether the versions found, oldest first, are those of the model without some of the uncertain
// ones; `chosen` says which are there.
bool match(std::vector<version_model> const& possible, std::vector<store::object_stat> const& found,
           std::size_t at, std::size_t seen, std::vector<bool>& chosen) {
    if (at == possible.size()) return seen == found.size();
    auto const& one = possible[at];
    auto const fits = seen < found.size() && found[seen].is_delete_marker == one.is_marker &&
                      found[seen].etag == one.what.etag &&
                      (one.number == object_version{} || found[seen].version == one.number);
    if (fits) {
        chosen.push_back(true);
        if (match(possible, found, at + 1, seen + 1, chosen)) return true;
        chosen.pop_back();
    }
    if (!one.may_be_gone) return false;
    chosen.push_back(false);
    if (match(possible, found, at + 1, seen, chosen)) return true;
    chosen.pop_back();
    return false;
}

}  // namespace

task<bool> store_driver::make_versions_bucket() {
    auto& exists = model_.versions_bucket;
    if (exists.now()) co_return true;
    store::create_bucket_request request;
    request.name = bucket_name;
    auto const made = co_await store::create_bucket(*engine_, std::move(request));
    if (made.has_error() && made.error().code != error::already_exists) {
        is_lost_answer(made.error(), "create_bucket");
        co_return false;
    }
    store::change_versioning_request keeping;
    keeping.name = bucket_name;
    auto const done = co_await store::change_bucket_versioning(*engine_, std::move(keeping));
    if (done.has_error()) {
        is_lost_answer(done.error(), "change_bucket_versioning");
        co_return false;
    }
    exists.is(true);
    co_return true;
}

task<void> store_driver::one_version_verb() {
    auto const key = "k" + std::to_string(below(key_count));
    if (!claimed_.insert("versions/" + key).second) co_return;
    if (!model_.versions_bucket.now() && claimed_.insert("versions").second) {
        bool const made = co_await make_versions_bucket();
        claimed_.erase("versions");
        if (!made) {
            claimed_.erase("versions/" + key);
            co_return;
        }
    }
    if (model_.versions_bucket.now()) {
        auto const choice = below(10);
        if (choice < 5) co_await put_version(key);
        else if (choice < 7) co_await hide_versions(key);
        else if (choice < 9) co_await erase_version(key);
        else co_await read_version(key);
    }
    claimed_.erase("versions/" + key);
}

task<void> store_driver::put_version(std::string key) {
    version_model made;
    made.what = new_content(400 * kibibyte);
    auto payload = co_await write_payload(made.what.pieces.front());
    if (payload.has_error()) {
        is_lost_answer(payload.error(), "writing a payload");
        co_return;
    }
    store::put_object_request request;
    request.bucket = bucket_name;
    request.key = key;
    request.payload = std::move(*payload);
    request.etag = made.what.etag;
    made.is_held = made.what.etag.back() % 4 == 0;
    if (made.is_held) request.attributes.legal_hold = true;
    auto const done = co_await store::put_object(*engine_, std::move(request));
    if (done.has_value()) {
        ++model_.acknowledged;
        made.number = done->version;
        if (made.number == object_version{}) violated("a version without a number");
    } else if (is_lost_answer(done.error(), "put_object")) {
        made.may_be_gone = true;
    }
    model_.versions[key].push_back(std::move(made));
}

task<void> store_driver::hide_versions(std::string key) {
    version_model made;
    made.is_marker = true;
    store::delete_object_request request;
    request.bucket = bucket_name;
    request.key = key;
    auto const done = co_await store::delete_object(*engine_, std::move(request));
    if (done.has_value()) {
        ++model_.acknowledged;
        if (!done->marker) violated("a deletion put no delete marker");
        else made.number = *done->marker;
    } else if (is_lost_answer(done.error(), "delete_object")) {
        made.may_be_gone = true;
    }
    model_.versions[key].push_back(std::move(made));
}

task<void> store_driver::erase_version(std::string key) {
    auto& versions = model_.versions[key];
    if (versions.empty()) co_return;
    auto const index = below(versions.size());
    store::delete_object_request request;
    request.bucket = bucket_name;
    request.key = key;
    request.version = versions[index].number;
    bool const is_held = versions[index].is_held;
    auto const done = co_await store::delete_object(*engine_, std::move(request));
    if (is_held) {
        if (done.has_value()) violated("a version under legal hold was erased");
        else if (done.error().code != error::permission_denied)
            is_lost_answer(done.error(), "delete_object");
        co_return;
    }
    if (done.has_value()) {
        if (done->existed == versions[index].is_marker)
            violated("erasing a version answers wrongly what it was");
        ++model_.acknowledged;
        versions.erase(versions.begin() + std::ptrdiff_t(index));
    } else if (is_lost_answer(done.error(), "delete_object")) {
        versions[index].may_be_gone = true;
    }
}

task<void> store_driver::read_version(std::string key) {
    auto const versions = model_.versions[key];
    if (versions.empty()) co_return;
    auto const& one = versions[below(versions.size())];
    store::open_object_request request;
    request.bucket = bucket_name;
    request.key = key;
    request.version = one.number;
    request.opens_delete_markers = true;
    auto const opened = co_await store::open_object(*engine_, std::move(request));
    if (opened.has_error()) {
        is_lost_answer(opened.error(), "opening a version");
        co_return;
    }
    if (opened->stat().is_delete_marker != one.is_marker) violated("a version is of another kind");
    if (one.is_marker) co_return;
    auto bytes = co_await rest_of(*opened);
    if (bytes.has_error()) is_lost_answer(bytes.error(), "reading a version");
    else if (*bytes != one.what.bytes()) violated("a version has wrong bytes");
}

task<void> store_driver::check_versions() {
    store::list_versions_request request;
    request.bucket = bucket_name;
    request.max_entries = 1 + std::uint32_t(below(7));
    std::map<std::string, std::vector<store::object_stat>> found;
    for (bool more = true; more;) {
        auto page = co_await store::list_versions(*engine_, request);
        if (page.has_error() && page.error().code == error::not_found &&
            !model_.versions_bucket.now())
            co_return;
        if (page.has_error()) {
            is_lost_answer(page.error(), "list_versions");
            co_return;
        }
        for (auto& one : page->versions) found[one.key].insert(found[one.key].begin(), one);
        more = page->truncated;
        request.key_after = page->next_key;
        request.version_after = page->next_version;
    }
    for (int number = 0; number < key_count; ++number) {
        auto const key = "k" + std::to_string(number);
        std::vector<bool> chosen;
        auto& possible = model_.versions[key];
        if (!match(possible, found[key], 0, 0, chosen))
            co_return violated("the versions of " + key + " are not those that were acknowledged");
        std::vector<version_model> there;
        for (std::size_t i = 0; i < possible.size(); ++i) {
            if (!chosen[i]) continue;
            there.push_back(possible[i]);
            there.back().may_be_gone = false;
            there.back().number = found[key][there.size() - 1].version;
        }
        possible = std::move(there);
        if (going_on()) co_await read_version(key);
    }
}

}  // namespace sluice::fault
