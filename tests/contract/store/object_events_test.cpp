// Records that changes of objects bring into topics, in the same commit.
#include <gtest/gtest.h>

#include "backend/store/bucket_verbs.hpp"
#include "backend/store/model/journal_name.hpp"
#include "backend/store/topic_verbs.hpp"
#include "backend/store/upload_verbs.hpp"
#include "tests/contract/store/log_world.hpp"

namespace sluice::test {
namespace {

using namespace store;

class object_events : public testing::TestWithParam<world_kind> {
protected:
    object_events() {
        world.make_topic("events");
        world.run(create_bucket(world.store(), {"b", {}, "told", {}})).value();
        world.make_bucket("silent");
    }

    object_announcer announcer(std::string topic = "events") {
        return [topic](object_event const& event) -> result<std::vector<topic_record>> {
            if (event.object.key == "refused") return failure{error::invalid_argument, "refused"};
            std::string const what = event.what == object_happening::put       ? "put "
                                     : event.what == object_happening::removed ? "gone "
                                                                               : "hidden ";
            auto const text = what + event.bucket.name + "/" + event.object.key + ":" +
                              std::to_string(event.object.size);
            return std::vector<topic_record>{{topic, event.object.key, text}};
        };
    }
    result<object_stat> put(std::string key, std::string bytes, object_announcer announce,
                            std::string bucket = "b") {
        auto request = put_request(std::move(key), small_payload(std::move(bytes)), bucket);
        request.announce = std::move(announce);
        return world.run(put_object(world.store(), std::move(request)));
    }
    result<deletion> remove(std::string key, std::optional<object_version> version = {}) {
        delete_object_request request;
        request.bucket = "b";
        request.key = std::move(key);
        request.version = version;
        request.announce = announcer();
        return world.run(delete_object(world.store(), std::move(request)));
    }
    std::vector<std::string> told() {
        std::vector<std::string> texts;
        auto const slice = world.read("events", 0).value();
        if (slice.batches.empty()) return texts;
        for (auto const& record : read_log_batches(slice.batches).value())
            texts.push_back(*record.value);
        return texts;
    }

    log_world world{{.kind = GetParam()}};
};

TEST_P(object_events, come_with_the_change_and_stay) {
    ASSERT_TRUE(put("k", "abc", announcer()).has_value());
    ASSERT_TRUE(put("k", "abcde", announcer()).has_value());
    ASSERT_TRUE(remove("k").value().existed);
    EXPECT_FALSE(remove("k").value().existed) << "of nothing nothing is told";
    std::vector<std::string> const expected{"put b/k:3", "put b/k:5", "gone b/k:5"};
    EXPECT_EQ(told(), expected);
    world.reopen();
    EXPECT_EQ(told(), expected);
    EXPECT_EQ(world.bounds("events").end, log_offset{3});
}

TEST_P(object_events, are_of_buckets_that_are_set_up) {
    ASSERT_TRUE(put("k", "abc", announcer(), "silent").has_value());
    ASSERT_TRUE(put("k", "abc", {}).has_value());
    EXPECT_EQ(told(), std::vector<std::string>{});
}

TEST_P(object_events, of_a_topic_that_is_gone_are_counted_and_hold_nothing_up) {
    ASSERT_TRUE(put("k", "abc", announcer("nowhere")).has_value());
    ASSERT_TRUE(put("k", "abc", announcer("__audit")).has_value());
    EXPECT_EQ(world.store().counters().events_without_topic, 2u);
    EXPECT_EQ(world.get("k"), "abc");
}

TEST_P(object_events, that_fail_fail_the_change) {
    EXPECT_EQ(put("refused", "abc", announcer()).error().code, error::invalid_argument);
    EXPECT_EQ(world.try_get("refused").error().code, error::not_found);
}

TEST_P(object_events, of_versions_say_what_happened) {
    change_versioning_request keeping;
    keeping.name = "b";
    world.run(change_bucket_versioning(world.store(), std::move(keeping))).value();
    auto const first = put("k", "a", announcer()).value();
    auto const marker = remove("k").value().marker;
    ASSERT_TRUE(remove("k", *marker).value().removed_marker);
    ASSERT_TRUE(remove("k", first.version).value().existed);
    EXPECT_EQ(told(), (std::vector<std::string>{"put b/k:1", "hidden b/k:0", "gone b/k:0",
                                                "gone b/k:1"}));
}

TEST_P(object_events, of_many_deletions_come_in_their_order) {
    for (auto const* key : {"a", "b", "c"}) ASSERT_TRUE(put(key, "x", {}).has_value());
    delete_objects_request request;
    request.bucket = "b";
    for (auto const* key : {"c", "nothing", "a", "b"}) request.items.push_back({key, {}, {}});
    request.announce = announcer();
    auto const done = world.run(delete_objects(world.store(), std::move(request))).value();
    for (auto const& one : done) EXPECT_TRUE(one.has_value());
    EXPECT_EQ(told(), (std::vector<std::string>{"gone b/a:1", "gone b/b:1", "gone b/c:1"}));
}

TEST_P(object_events, of_copies) {
    ASSERT_TRUE(put("from", "abc", {}).has_value());
    copy_object_request copy;
    copy.source_bucket = copy.bucket = "b";
    copy.source_key = "from";
    copy.key = "to";
    copy.announce = announcer();
    ASSERT_TRUE(world.run(copy_object(world.store(), std::move(copy))).has_value());
    EXPECT_EQ(told(), std::vector<std::string>{"put b/to:3"});
}

class journals : public object_events {
protected:
    journals() { keep(); }
    void keep() {
        create_topic_request request;
        request.name = name;
        request.of_server = true;
        world.run(create_topic(world.store(), std::move(request))).value();
    }
    object_announcer recorder() {
        return [](object_event const& event) -> result<std::vector<topic_record>> {
            topic_record record{"", event.object.key, event.object.key};
            record.is_journal = true;
            return std::vector<topic_record>{record};
        };
    }
    // Writes out what lies from `from` to `before`.
    result<object_stat> write_out(std::string key, std::int64_t from, std::int64_t before) {
        auto request = put_request(std::move(key), small_payload("records"), "silent");
        request.advance = journal_advance{name, log_offset{from}, log_offset{before}};
        return world.run(put_object(world.store(), std::move(request)));
    }
    std::string const name =
        journal_name("b", world.run(head_bucket(world.store(), "b")).value().id);
};

TEST_P(journals, take_the_record_or_refuse_the_change) {
    ASSERT_TRUE(put("a", "x", recorder()).has_value());
    EXPECT_EQ(world.letters(name), "a");
    drop_topic_request drop{name, {}};
    EXPECT_EQ(world.run(drop_topic(world.store(), drop)).error().code, error::not_found);
    drop.of_server = true;
    ASSERT_TRUE(world.run(drop_topic(world.store(), std::move(drop))).has_value());
    EXPECT_EQ(put("b", "x", recorder()).error().code, error::overloaded);
    EXPECT_EQ(world.try_get("b").error().code, error::not_found);
    change_attributes_request tagging;
    tagging.bucket = "b";
    tagging.key = "a";
    tagging.change = [](object_attributes&) { return success(); };
    tagging.announce = recorder();
    EXPECT_EQ(world.run(change_attributes(world.store(), tagging)).error().code,
              error::overloaded);
    keep();
    ASSERT_TRUE(world.run(change_attributes(world.store(), std::move(tagging))).has_value());
    EXPECT_EQ(world.letters(name), "a");
}

TEST_P(journals, are_written_out_once) {
    for (auto const* key : {"a", "b", "c"}) ASSERT_TRUE(put(key, "x", recorder()).has_value());
    EXPECT_EQ(write_out("o", 0, 4).error().code, error::out_of_range);
    ASSERT_TRUE(write_out("o", 0, 2).has_value());
    EXPECT_EQ(write_out("again", 0, 2).error().code, error::conflict);
    EXPECT_EQ(world.try_get("again", "silent").error().code, error::not_found);
    EXPECT_EQ(world.bounds(name).start, log_offset{2});
    world.reopen();
    EXPECT_EQ(world.bounds(name).start, log_offset{2});
    EXPECT_EQ(world.letters(name, 2), "c");
    EXPECT_EQ(write_out("again", 0, 2).error().code, error::conflict);
    EXPECT_EQ(world.upkeep().runs, 2u) << "of what was written out";
    ASSERT_TRUE(write_out("rest", 2, 3).has_value());
    EXPECT_EQ(world.letters(name, 3), "");
}

TEST_P(journals, are_no_topics_of_clients) {
    create_topic_request other;
    other.name = "__journal.x.1";
    EXPECT_EQ(world.run(create_topic(world.store(), std::move(other))).error().code,
              error::invalid_argument);
    EXPECT_EQ(world.append(name, batch_maker{}.make(1)).error().code, error::permission_denied);
    EXPECT_EQ(world.erase_before(name, 0).error().code, error::permission_denied);
    ASSERT_TRUE(put("k", "abc", announcer(name)).has_value());
    EXPECT_EQ(world.letters(name), "") << "nothing says so by its name";
    auto request = put_request("o", small_payload("x"), "silent");
    request.advance = journal_advance{"events", log_offset{0}, log_offset{0}};
    EXPECT_EQ(world.run(put_object(world.store(), std::move(request))).error().code,
              error::not_found);
}

INSTANTIATE_TEST_SUITE_P(stores, journals,
                         testing::Values(world_kind::simulated, world_kind::folder),
                         [](auto const& info) {
                             return info.param == world_kind::simulated ? "simulated" : "folder";
                         });

INSTANTIATE_TEST_SUITE_P(stores, object_events,
                         testing::Values(world_kind::simulated, world_kind::folder),
                         [](auto const& info) {
                             return info.param == world_kind::simulated ? "simulated" : "folder";
                         });

}  // namespace
}  // namespace sluice::test
