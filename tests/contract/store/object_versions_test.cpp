// Versions of objects and delete markers, on the simulated store and on the real one.
#include <gtest/gtest.h>

#include "backend/store/model/object_lock.hpp"
#include "tests/contract/store/store_world.hpp"

namespace sluice::test {
namespace {

using namespace store;

class object_versions : public testing::TestWithParam<world_kind> {
protected:
    object_versions() { world.make_bucket("b"); }

    void keep(versioning versions) {
        change_versioning_request request;
        request.name = "b";
        request.versions = versions;
        EXPECT_EQ(world.run(change_bucket_versioning(world.store(), std::move(request)))
                      .value()
                      .versions,
                  versions);
    }
    result<opened_object> try_open(std::string key, std::optional<object_version> version = {}) {
        open_object_request request{"b", std::move(key)};
        request.version = version;
        return world.run(open_object(world.store(), std::move(request)));
    }
    std::string bytes_of(std::string key, std::optional<object_version> version) {
        auto const opened = try_open(std::move(key), version).value();
        auto reader = world.run(opened.read()).value();
        return world.run(read_all(std::move(reader))).value();
    }
    deletion remove(std::string key, std::optional<object_version> version = {}) {
        delete_object_request request;
        request.bucket = "b";
        request.key = std::move(key);
        request.version = version;
        return world.run(delete_object(world.store(), std::move(request))).value();
    }
    version_page list(std::uint32_t most = 1000, version_page const& behind = {},
                      std::string prefix = {}, std::string delimiter = {}) {
        list_versions_request request;
        request.bucket = "b";
        request.prefix = std::move(prefix);
        request.delimiter = std::move(delimiter);
        request.key_after = behind.next_key;
        request.version_after = behind.next_version;
        request.max_entries = most;
        return world.run(list_versions(world.store(), std::move(request))).value();
    }
    // "key:size" of versions, "key:x" of delete markers, "*" behind the latest; null ones in ().
    std::string shown(version_page const& page) {
        std::string out;
        for (auto const& one : page.versions) {
            auto text = one.key + ":" + (one.is_delete_marker ? "x" : std::to_string(one.size));
            if (one.version == object_version{}) text = "(" + text + ")";
            out += (out.empty() ? "" : " ") + text + (one.is_latest ? "*" : "");
        }
        return out;
    }
    std::vector<std::string> keys() {
        list_objects_request request;
        request.bucket = "b";
        std::vector<std::string> found;
        for (auto const& one :
             world.run(list_objects(world.store(), std::move(request))).value().objects)
            found.push_back(one.key);
        return found;
    }

    store_world world{{.kind = GetParam()}};
};

TEST_P(object_versions, a_put_keeps_what_was_there_and_a_delete_hides_it) {
    world.put("k", "0");
    keep(versioning::enabled);
    auto const first = world.put("k", "11");
    auto const second = world.put("k", pattern(300'000));
    EXPECT_TRUE(first.is_versioned);
    EXPECT_NE(first.version, object_version{});
    EXPECT_NE(first.version, second.version);
    EXPECT_EQ(shown(list()), "k:300000* k:2 (k:1)");
    EXPECT_EQ(world.get("k"), pattern(300'000));
    EXPECT_EQ(bytes_of("k", first.version), "11");
    EXPECT_EQ(bytes_of("k", object_version{}), "0");

    auto const hidden = remove("k");
    EXPECT_TRUE(hidden.existed);
    ASSERT_TRUE(hidden.marker);
    EXPECT_EQ(world.try_get("k").error().code, error::not_found);
    EXPECT_EQ(try_open("k", *hidden.marker).error().code, error::not_found);
    EXPECT_EQ(keys(), std::vector<std::string>{});
    EXPECT_EQ(shown(list()), "k:x* k:300000 k:2 (k:1)");
    world.reopen();
    EXPECT_EQ(bytes_of("k", second.version), pattern(300'000));
    EXPECT_TRUE(remove("k", *hidden.marker).removed_marker);
    EXPECT_EQ(world.get("k"), pattern(300'000));
    EXPECT_TRUE(remove("k", second.version).existed);
    EXPECT_EQ(world.get("k"), "11");
    EXPECT_FALSE(remove("k", second.version).existed) << "it is gone";
    EXPECT_EQ(world.run(delete_bucket(world.store(), {"b", {}})).error().code, error::not_empty);
}

TEST_P(object_versions, a_locked_one_is_not_erased_by_the_stores_clock) {
    keep(versioning::enabled);
    auto const put = [&](retention_mode mode, std::int64_t millis, bool hold) {
        auto request = put_request("k", small_payload("1"));
        request.attributes.retained =
            retention{mode, unix_millis{to_underlying(world.clock().now()) + millis}};
        request.attributes.legal_hold = hold;
        return world.run(put_object(world.store(), std::move(request))).value().version;
    };
    auto const erase = [&](object_version version, bool bypasses) {
        delete_object_request request;
        request.bucket = "b";
        request.key = "k";
        request.version = version;
        request.bypasses_governance = bypasses;
        return world.run(delete_object(world.store(), std::move(request)));
    };
    auto const governed = put(retention_mode::governance, 1'000, false);
    auto const compliant = put(retention_mode::compliance, 1'000, false);
    auto const held = put(retention_mode::governance, 0, true);
    for (auto const version : {governed, compliant, held}) {
        auto const refused = erase(version, false);
        ASSERT_TRUE(refused.has_error());
        EXPECT_EQ(refused.error().code, error::permission_denied);
        EXPECT_EQ(refused.error().text, locked_text);
    }
    EXPECT_TRUE(erase(compliant, true).has_error());
    EXPECT_TRUE(erase(held, true).has_error());
    EXPECT_TRUE(remove("k").marker) << "hidden all the same";
    world.reopen();
    EXPECT_TRUE(erase(compliant, true).has_error());
    EXPECT_TRUE(erase(governed, true).value().existed);
    world.clock().advance(std::chrono::seconds(1));
    EXPECT_TRUE(erase(compliant, false).value().existed);
    EXPECT_TRUE(erase(held, true).has_error());
    change_attributes_request lift;
    lift.bucket = "b";
    lift.key = "k";
    lift.version = held;
    lift.change = [](object_attributes& attributes) -> result<void> {
        attributes.legal_hold = false;
        return success();
    };
    ASSERT_TRUE(world.run(change_attributes(world.store(), std::move(lift))));
    EXPECT_TRUE(erase(held, false).value().existed);
}

TEST_P(object_versions, a_locked_null_version_is_not_written_over) {
    keep(versioning::enabled);
    keep(versioning::suspended);
    auto request = put_request("k", small_payload("1"));
    request.attributes.legal_hold = true;
    ASSERT_TRUE(world.run(put_object(world.store(), std::move(request))));
    auto over = put_request("k", small_payload("2"));
    EXPECT_EQ(world.run(put_object(world.store(), std::move(over))).error().code,
              error::permission_denied);
    delete_object_request hide;
    hide.bucket = "b";
    hide.key = "k";
    EXPECT_EQ(world.run(delete_object(world.store(), std::move(hide))).error().code,
              error::permission_denied);
    EXPECT_EQ(world.get("k"), "1");
}

TEST_P(object_versions, are_not_suspended_when_the_bucket_changed_meanwhile) {
    keep(versioning::enabled);
    auto const before = world.run(head_bucket(world.store(), "b")).value();
    change_bucket_request settings;
    settings.name = "b";
    settings.settings = "x";
    ASSERT_TRUE(world.run(change_bucket_settings(world.store(), std::move(settings))));
    change_versioning_request late;
    late.name = "b";
    late.versions = versioning::suspended;
    late.expected = before.changed;
    EXPECT_EQ(world.run(change_bucket_versioning(world.store(), std::move(late))).error().code,
              error::conflict);
    keep(versioning::suspended);
}

TEST_P(object_versions, a_suspended_bucket_writes_null_versions_over_one_another) {
    keep(versioning::enabled);
    world.put("k", "1");
    keep(versioning::suspended);
    auto const null_one = world.put("k", "22");
    EXPECT_EQ(null_one.version, object_version{});
    world.put("k", "333");
    EXPECT_EQ(shown(list()), "(k:3)* k:1") << "newest first, though it is the null version";
    EXPECT_EQ(bytes_of("k", object_version{}), "333");
    auto const hidden = remove("k");
    ASSERT_TRUE(hidden.marker);
    EXPECT_EQ(*hidden.marker, object_version{});
    EXPECT_EQ(shown(list()), "(k:x)* k:1");
    keep(versioning::enabled);
    world.put("k", "4444");
    EXPECT_EQ(shown(list()), "k:4* (k:x) k:1");
    EXPECT_TRUE(remove("k", object_version{}).removed_marker);
    EXPECT_EQ(shown(list()), "k:4* k:1");
}

TEST_P(object_versions, a_delete_marker_stands_where_nothing_was) {
    keep(versioning::enabled);
    auto const made = remove("nothing");
    EXPECT_FALSE(made.existed);
    EXPECT_TRUE(made.marker);
    EXPECT_EQ(shown(list()), "nothing:x*");
}

TEST_P(object_versions, conditions_see_no_object_behind_a_delete_marker) {
    keep(versioning::enabled);
    auto put_if_new = [&] {
        auto request = put_request("k", small_payload("x"));
        request.when.if_none_match = etag_match{true, {}};
        return world.run(put_object(world.store(), std::move(request)));
    };
    EXPECT_TRUE(put_if_new().has_value());
    EXPECT_EQ(put_if_new().error().code, error::precondition_failed);
    remove("k");
    EXPECT_TRUE(put_if_new().has_value());
}

TEST_P(object_versions, pages_go_on_behind_any_version) {
    world.put("a", "");
    keep(versioning::enabled);
    world.put("a", "1");
    remove("a");
    world.put("c/1", "1");
    world.put("c/2", "22");
    remove("c/2");
    world.put("d", "333");
    std::string const all = "a:x* a:1 (a:0) c/1:1* c/2:x* c/2:2 d:3*";
    EXPECT_EQ(shown(list()), all);
    for (std::uint32_t most = 1; most < 7; ++most) {
        std::string seen;
        version_page page;
        do {
            page = list(most, page);
            seen += (seen.empty() ? "" : " ") + shown(page);
        } while (page.truncated);
        EXPECT_EQ(seen, all) << most;
    }
    auto const grouped = list(1000, {}, {}, "/");
    EXPECT_EQ(shown(grouped), "a:x* a:1 (a:0) d:3*");
    EXPECT_EQ(grouped.common_prefixes, std::vector<std::string>{"c/"});
    EXPECT_EQ(shown(list(1000, {}, "c/2")), "c/2:x* c/2:2");
}

TEST_P(object_versions, pages_go_on_behind_a_version_that_is_gone) {
    world.put("k", "");
    keep(versioning::enabled);
    for (auto const* bytes : {"1", "22", "333"}) world.put("k", bytes);
    keep(versioning::suspended);
    world.put("k", "4444");
    keep(versioning::enabled);
    world.put("k", "55555");
    std::string seen;
    version_page page;
    do {
        page = list(2, page);
        seen += shown(page) + " ";
        for (auto const& one : page.versions) remove("k", one.version);
    } while (page.truncated);
    EXPECT_EQ(seen, "k:5* (k:4) k:3 k:2 k:1 ");
    EXPECT_EQ(shown(list()), "");
}

// "a/" is a key of its own and what the keys below it have in common.
TEST_P(object_versions, a_deleted_key_that_is_a_prefix_hides_nothing_below_it) {
    keep(versioning::enabled);
    for (auto const* key : {"Z", "a/", "a/2"}) world.put(key, "x");
    remove("a/");
    list_objects_request request;
    request.bucket = "b";
    request.delimiter = "/";
    request.max_entries = 1;
    auto page = world.run(list_objects(world.store(), request)).value();
    ASSERT_EQ(page.objects.size(), 1u);
    ASSERT_TRUE(page.truncated);
    request.after = page.next_after;
    page = world.run(list_objects(world.store(), request)).value();
    EXPECT_EQ(page.common_prefixes, std::vector<std::string>{"a/"});
}

TEST_P(object_versions, a_page_ends_where_too_much_is_deleted) {
    keep(versioning::enabled);
    for (int i = 0; i < 6'000; ++i) remove("gone/" + std::to_string(100'000 + i));
    world.put("z", "x");
    list_objects_request request;
    request.bucket = "b";
    auto page = world.run(list_objects(world.store(), request)).value();
    EXPECT_TRUE(page.truncated);
    EXPECT_EQ(page.objects.size(), 0u);
    request.after = page.next_after;
    page = world.run(list_objects(world.store(), request)).value();
    EXPECT_FALSE(page.truncated);
    ASSERT_EQ(page.objects.size(), 1u);
}

TEST_P(object_versions, a_prefix_whose_objects_are_all_deleted_is_not_listed) {
    keep(versioning::enabled);
    for (auto const* key : {"gone/1", "gone/2", "half/1", "half/2"}) world.put(key, "x");
    for (auto const* key : {"gone/1", "gone/2", "half/1"}) remove(key);
    list_objects_request request;
    request.bucket = "b";
    request.delimiter = "/";
    request.max_entries = 1;
    auto const page = world.run(list_objects(world.store(), std::move(request))).value();
    EXPECT_EQ(page.common_prefixes, std::vector<std::string>{"half/"});
    EXPECT_FALSE(page.truncated);
}

TEST_P(object_versions, a_copy_of_an_old_version_brings_it_back) {
    keep(versioning::enabled);
    auto const old = world.put("k", pattern(400'000, 1));
    world.put("k", "new");
    copy_object_request request;
    request.source_bucket = request.bucket = "b";
    request.source_key = request.key = "k";
    request.source_version = old.version;
    auto const copied = world.run(copy_object(world.store(), std::move(request))).value();
    EXPECT_EQ(copied.copied_from, old.version);
    EXPECT_NE(copied.version, old.version);
    EXPECT_EQ(world.get("k"), pattern(400'000, 1));
    remove("k", old.version);
    EXPECT_EQ(world.get("k"), pattern(400'000, 1)) << "the bytes are shared, not the object";
    EXPECT_EQ(list().versions.size(), 2u);
}

TEST_P(object_versions, deleting_many_takes_each_item_in_its_turn) {
    keep(versioning::enabled);
    auto const first = world.put("k", "1");
    auto const second = world.put("k", "22");
    delete_objects_request request;
    request.bucket = "b";
    request.items.push_back({"k", {}, {}, first.version});
    request.items.push_back({"k", {}, {}});                  // a marker
    request.items.push_back({"k", {}, {}, second.version});
    request.items.push_back({"k", {}, {}, second.version});  // nothing left
    auto const done = world.run(delete_objects(world.store(), std::move(request))).value();
    ASSERT_EQ(done.size(), 4u);
    EXPECT_TRUE(done[0].value().existed);
    EXPECT_TRUE(done[1].value().marker);
    EXPECT_TRUE(done[2].value().existed);
    EXPECT_FALSE(done[3].value().existed);
    EXPECT_EQ(shown(list()), "k:x*");
}

TEST_P(object_versions, attributes_change_in_place) {
    keep(versioning::enabled);
    auto const first = world.put("k", "1");
    auto const second = world.put("k", "22");
    auto tag = [&](std::optional<object_version> version, std::string value) {
        change_attributes_request request;
        request.bucket = "b";
        request.key = "k";
        request.version = version;
        request.change = [&](object_attributes& attributes) {
            attributes.tags = {{"name", value}};
            return success();
        };
        return world.run(change_attributes(world.store(), std::move(request)));
    };
    world.clock().advance(std::chrono::hours(1));
    EXPECT_EQ(tag(first.version, "old").value().last_modified, first.last_modified);
    EXPECT_EQ(tag({}, "new").value().version, second.version);
    EXPECT_EQ(try_open("k", first.version).value().stat().attributes.tags[0].second, "old");
    EXPECT_EQ(try_open("k").value().stat().attributes.tags[0].second, "new");
    EXPECT_EQ(list().versions.size(), 2u);
    remove("k");
    EXPECT_EQ(tag({}, "x").error().code, error::not_found);
}

INSTANTIATE_TEST_SUITE_P(stores, object_versions,
                         testing::Values(world_kind::simulated, world_kind::folder),
                         [](auto const& info) {
                             return info.param == world_kind::simulated ? "simulated" : "folder";
                         });

}  // namespace
}  // namespace sluice::test
