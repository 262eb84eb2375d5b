// What lifecycle rules do with an object: a table of cases, the walk over versions, the stored form.
#include <gtest/gtest.h>

#include <functional>

#include "gateway/core/encoding.hpp"
#include "protocols/http/date.hpp"
#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/model/lifecycle_walk.hpp"

namespace sluice::s3 {
namespace {

using rule = lifecycle_rule;
using facts = object_facts;
using verdict = lifecycle_verdict;
using tag_pairs = std::vector<std::pair<std::string, std::string>>;

unix_millis at(std::string_view iso) { return http::parse_iso_date(iso).value(); }

rule with(std::function<void(rule&)> const& change) {
    rule out;
    out.id = "r";
    change(out);
    return out;
}
rule days(std::uint32_t count) {
    return with([&](rule& r) { r.expiration_days = count; });
}
rule noncurrent(std::uint32_t count, std::optional<std::uint32_t> newer = {}) {
    return with([&](rule& r) {
        r.noncurrent_days = count;
        r.newer_noncurrent_versions = newer;
    });
}
rule marker(bool truth = true) {
    return with([&](rule& r) { r.expired_marker = truth; });
}

tag_pairs const red{{"colour", "red"}, {"size", "big"}};

facts object(std::string_view modified = "2026-01-15T10:30:00.000Z") {
    facts out;
    out.key = "logs/a.txt";
    out.size = 100;
    out.tags = &red;
    out.modified = at(modified);
    return out;
}
facts old_version(std::string_view since, std::uint32_t newer = 0) {
    auto out = object("2026-01-01T00:00:01.000Z");
    out.is_latest = out.is_only_version = false;
    out.noncurrent_since = at(since);
    out.newer_noncurrent = newer;
    return out;
}
facts delete_marker(bool is_only = true) {
    auto out = object();
    out.is_delete_marker = true;
    out.is_only_version = is_only;
    out.size = 0;
    out.tags = nullptr;
    return out;
}

struct decision_case {
    char const* name;
    lifecycle_rules rules;
    facts object;
    char const* now;
    verdict expected;
};

lifecycle_rules filtered(std::function<void(rule&)> const& change) {
    return {with([&](rule& r) {
        r.expiration_days = 1;
        change(r);
    })};
}

std::vector<decision_case> decisions() {
    auto const late = "2027-01-01T00:00:00.000Z";
    auto const disabled = with([](rule& r) {
        r.expiration_days = 1;
        r.enabled = false;
    });
    auto const dated = with([](rule& r) { r.expiration_date = at("2026-02-01T00:00:00.000Z"); });
    auto const of_size = [](std::optional<std::uint64_t> more, std::optional<std::uint64_t> less) {
        return filtered([=](rule& r) {
            r.greater_than = more;
            r.less_than = less;
        });
    };
    auto const tagged = [](tag_pairs tags) {
        return filtered([=](rule& r) { r.tags = tags; });
    };
    auto const prefixed = [](char const* prefix) {
        return filtered([=](rule& r) { r.prefix = prefix; });
    };
    auto const midnight = object("2026-01-15T00:00:00.000Z");
    auto const untagged = [] {
        auto out = object();
        out.tags = nullptr;
        return out;
    }();
    auto const empty = [] {
        auto out = object();
        out.size = 0;
        return out;
    }();
    auto const hidden = delete_marker(false);
    auto const old_marker = [] {
        auto out = old_version("2026-01-15T10:30:00.000Z");
        out.is_delete_marker = true;
        out.tags = nullptr;
        return out;
    }();
    auto const marker_and_tag = with([](rule& r) {
        r.expiration_days = 1;
        r.tags = {{"colour", "red"}};
    });
    auto const marker_and_size = with([](rule& r) {
        r.noncurrent_days = 1;
        r.less_than = 10;
    });
    return {
        {"no rules", {}, object(), late, verdict::keep},
        {"a disabled rule", {disabled}, object(), late, verdict::keep},
        {"a disabled rule before one that is on", {disabled, days(1)}, object(), late,
         verdict::expire},
        // S3's own example: 15 January 10:30 and three days are 19 January, midnight.
        {"days, the millisecond before", {days(3)}, object(), "2026-01-18T23:59:59.999Z",
         verdict::keep},
        {"days, at midnight", {days(3)}, object(), "2026-01-19T00:00:00.000Z", verdict::expire},
        {"days, after", {days(3)}, object(), late, verdict::expire},
        {"one day", {days(1)}, object(), "2026-01-17T00:00:00.000Z", verdict::expire},
        {"one day, before", {days(1)}, object(), "2026-01-16T23:59:59.999Z", verdict::keep},
        {"written at midnight", {days(1)}, midnight, "2026-01-16T23:59:59.999Z", verdict::keep},
        {"written at midnight, the next one", {days(1)}, midnight, "2026-01-17T00:00:00.000Z",
         verdict::expire},
        {"over a leap day", {days(1)}, object("2028-02-28T12:00:00.000Z"),
         "2028-03-01T00:00:00.000Z", verdict::expire},
        {"over a leap day, before", {days(1)}, object("2028-02-28T12:00:00.000Z"),
         "2028-02-29T23:59:59.999Z", verdict::keep},
        {"the most days there are", {days(INT32_MAX)}, object(), late, verdict::keep},
        {"an object of the future", {days(1)}, object("2027-06-01T00:00:00.000Z"), late,
         verdict::keep},
        {"a date that has not come", {dated}, object(), "2026-01-31T23:59:59.999Z", verdict::keep},
        {"a date", {dated}, object(), "2026-02-01T00:00:00.000Z", verdict::expire},
        {"an object younger than the date", {dated}, object("2026-02-02T08:00:00.000Z"), late,
         verdict::expire},
        {"the first of two rules that is due", {days(300), days(1)}, object(),
         "2026-01-17T00:00:00.000Z", verdict::expire},
        {"neither of two", {days(300), days(200)}, object(), "2026-01-17T00:00:00.000Z",
         verdict::keep},
        // filters
        {"a prefix", prefixed("logs/"), object(), late, verdict::expire},
        {"the whole key as prefix", prefixed("logs/a.txt"), object(), late, verdict::expire},
        {"another prefix", prefixed("log/"), object(), late, verdict::keep},
        {"a prefix longer than the key", prefixed("logs/a.txt.old"), object(), late, verdict::keep},
        {"an empty prefix", prefixed(""), object(), late, verdict::expire},
        {"a prefix of another case", prefixed("Logs/"), object(), late, verdict::keep},
        {"a tag", tagged({{"colour", "red"}}), object(), late, verdict::expire},
        {"both tags", tagged(red), object(), late, verdict::expire},
        {"a tag of another value", tagged({{"colour", "blue"}}), object(), late, verdict::keep},
        {"a tag of another key", tagged({{"Colour", "red"}}), object(), late, verdict::keep},
        {"one tag that is there and one that is not", tagged({{"colour", "red"}, {"a", "b"}}),
         object(), late, verdict::keep},
        {"a tag, and an object without", tagged({{"colour", "red"}}), untagged, late,
         verdict::keep},
        {"no tag, and an object without", {days(1)}, untagged, late, verdict::expire},
        {"larger", of_size(99, {}), object(), late, verdict::expire},
        {"not larger", of_size(100, {}), object(), late, verdict::keep},
        {"smaller", of_size({}, 101), object(), late, verdict::expire},
        {"not smaller", of_size({}, 100), object(), late, verdict::keep},
        {"between", of_size(99, 101), object(), late, verdict::expire},
        {"above both", of_size(1, 100), object(), late, verdict::keep},
        {"empty, of more than nothing", of_size(0, {}), empty, late, verdict::keep},
        {"empty, of less than one", of_size({}, 1), empty, late, verdict::expire},
        {"all kinds of filter", filtered([](rule& r) {
             r.prefix = "logs/";
             r.tags = red;
             r.greater_than = 99;
             r.less_than = 101;
         }),
         object(), late, verdict::expire},
        {"all kinds but one", filtered([](rule& r) {
             r.prefix = "logs/";
             r.tags = red;
             r.greater_than = 99;
             r.less_than = 100;
         }),
         object(), late, verdict::keep},
        // versions
        {"an old version by a rule for new ones", {days(1)}, old_version("2026-01-15T10:30:00.000Z"),
         late, verdict::keep},
        {"the newest by a rule for old ones", {noncurrent(1)}, object(), late, verdict::keep},
        {"an old version", {noncurrent(1)}, old_version("2026-01-15T10:30:00.000Z"),
         "2026-01-17T00:00:00.000Z", verdict::erase},
        {"an old version, before", {noncurrent(1)}, old_version("2026-01-15T10:30:00.000Z"),
         "2026-01-16T23:59:59.999Z", verdict::keep},
        {"counted from when it became old", {noncurrent(10)},
         old_version("2026-06-15T10:30:00.000Z"), "2026-06-20T00:00:00.000Z", verdict::keep},
        {"the first of two that are kept", {noncurrent(1, 2)},
         old_version("2026-01-15T10:30:00.000Z", 0), late, verdict::keep},
        {"the second of two that are kept", {noncurrent(1, 2)},
         old_version("2026-01-15T10:30:00.000Z", 1), late, verdict::keep},
        {"the third of two that are kept", {noncurrent(1, 2)},
         old_version("2026-01-15T10:30:00.000Z", 2), late, verdict::erase},
        {"the third, but too young", {noncurrent(30, 2)},
         old_version("2026-01-15T10:30:00.000Z", 2), "2026-01-20T00:00:00.000Z", verdict::keep},
        {"an old version of another prefix",
         {with([](rule& r) {
             r.noncurrent_days = 1;
             r.prefix = "x";
         })},
         old_version("2026-01-15T10:30:00.000Z"), late, verdict::keep},
        {"an old version by its tag",
         {with([](rule& r) {
             r.noncurrent_days = 1;
             r.tags = {{"size", "big"}};
         })},
         old_version("2026-01-15T10:30:00.000Z"), late, verdict::erase},
        {"a date does not end old versions", {dated}, old_version("2026-01-15T10:30:00.000Z"), late,
         verdict::keep},
        // delete markers
        {"a marker that is alone", {marker()}, delete_marker(), "2026-01-15T10:30:00.001Z",
         verdict::erase},
        {"a marker over versions", {marker()}, hidden, late, verdict::keep},
        {"a marker, by a rule that says no", {marker(false)}, delete_marker(), late, verdict::keep},
        {"a marker that is alone, by days", {days(1)}, delete_marker(), "2026-01-17T00:00:00.000Z",
         verdict::erase},
        {"a marker that is alone, too young", {days(1)}, delete_marker(),
         "2026-01-16T23:59:59.999Z", verdict::keep},
        {"a marker over versions, by days", {days(1)}, hidden, late, verdict::keep},
        {"a marker that is alone, by date", {dated}, delete_marker(), late, verdict::keep},
        {"a marker that is alone, by days of old versions", {noncurrent(1)}, delete_marker(), late,
         verdict::keep},
        {"an old marker", {noncurrent(1)}, old_marker, late, verdict::erase},
        {"an old marker, by the rule for lonely ones", {marker()}, old_marker, late, verdict::keep},
        {"a marker has no tags", {marker_and_tag}, delete_marker(), late, verdict::keep},
        {"a marker has no size", {marker_and_size}, old_marker, late, verdict::keep},
        {"the rule for markers and an object", {marker()}, object(), late, verdict::keep},
        {"the rule for uploads and an object", {with([](rule& r) { r.abort_days = 1; })}, object(),
         late, verdict::keep},
    };
}

TEST(lifecycle, decides_about_each_object) {
    auto const cases = decisions();
    EXPECT_GE(cases.size(), 60u);
    for (auto const& one : cases)
        EXPECT_EQ(decide(one.rules, one.object, at(one.now), real_day), one.expected) << one.name;
}

TEST(lifecycle, a_day_of_another_length_has_no_midnight) {
    std::chrono::milliseconds const second(1000);
    auto const one = object("2026-01-15T10:30:00.250Z");
    EXPECT_EQ(decide({days(2)}, one, at("2026-01-15T10:30:02.249Z"), second), verdict::keep);
    EXPECT_EQ(decide({days(2)}, one, at("2026-01-15T10:30:02.250Z"), second), verdict::expire);
    EXPECT_TRUE(ends_upload({with([](rule& r) { r.abort_days = 1; })}, "k",
                            at("2026-01-15T10:30:00.000Z"), at("2026-01-15T10:30:01.000Z"), second));
}

TEST(lifecycle, ends_uploads_by_prefix_and_age) {
    auto const abort = with([](rule& r) {
        r.abort_days = 7;
        r.prefix = "in/";
    });
    auto const begun = at("2026-01-01T12:00:00.000Z");
    EXPECT_FALSE(ends_upload({abort}, "in/a", begun, at("2026-01-08T23:59:59.999Z"), real_day));
    EXPECT_TRUE(ends_upload({abort}, "in/a", begun, at("2026-01-09T00:00:00.000Z"), real_day));
    EXPECT_FALSE(ends_upload({abort}, "out/a", begun, at("2026-02-09T00:00:00.000Z"), real_day));
    EXPECT_FALSE(ends_upload({days(1)}, "in/a", begun, at("2026-02-09T00:00:00.000Z"), real_day));
    auto off = abort;
    off.enabled = false;
    EXPECT_FALSE(ends_upload({off}, "in/a", begun, at("2026-02-09T00:00:00.000Z"), real_day));
}

TEST(lifecycle, says_which_rule_ends_an_object_first) {
    auto soon = days(3), late = days(30);
    soon.id = "soon";
    late.id = "late";
    lifecycle_rules const rules{late, soon};
    auto const first = expiry_of(rules, object(), real_day);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->rule_id, "soon");
    EXPECT_EQ(first->at, at("2026-01-19T00:00:00.000Z"));
    EXPECT_FALSE(expiry_of(rules, delete_marker(), real_day));
    EXPECT_FALSE(expiry_of(rules, old_version("2026-01-15T10:30:00.000Z"), real_day));
    EXPECT_FALSE(expiry_of({marker(), noncurrent(1)}, object(), real_day));
}

TEST(lifecycle, knows_where_to_look) {
    auto const of = [](char const* prefix, bool objects) {
        return with([=](rule& r) {
            r.prefix = prefix;
            if (objects) r.expiration_days = 1;
            else r.abort_days = 1;
        });
    };
    auto off = of("x", true);
    off.enabled = false;
    auto const scope = scope_of({of("logs/a", true), of("logs/b", true), of("in/", false), off});
    EXPECT_TRUE(scope.objects);
    EXPECT_TRUE(scope.uploads);
    EXPECT_FALSE(scope.tags);
    EXPECT_EQ(scope.object_prefix, "logs/");
    EXPECT_EQ(scope.upload_prefix, "in/");
    EXPECT_EQ(scope_of({of("logs/a", true), days(1)}).object_prefix, "");
    EXPECT_FALSE(scope_of({off}).objects);
    EXPECT_FALSE(scope_of({}).uploads);
}

// One version in a listing.
store::object_stat version(std::string key, std::uint64_t number, std::string_view modified,
                           bool is_latest, bool is_marker = false) {
    store::object_stat out;
    out.key = std::move(key);
    out.version = object_version{number};
    out.size = 1;
    out.last_modified = at(modified);
    out.is_latest = is_latest;
    out.is_delete_marker = is_marker;
    out.is_versioned = true;
    return out;
}

std::vector<std::string> walked(lifecycle_rules const& rules,
                                std::vector<store::object_stat> const& listing,
                                std::string_view now) {
    lifecycle_walk walk(rules, real_day);
    std::vector<lifecycle_walk::removal> due;
    for (auto const& one : listing) walk.take(one, at(now), due);
    walk.end(at(now), due);
    std::vector<std::string> out;
    for (auto const& one : due)
        out.push_back(one.object.key + std::to_string(to_underlying(one.object.version)) +
                      (one.verdict == verdict::erase ? " erase" : " expire"));
    return out;
}

TEST(lifecycle_walk, tells_versions_by_their_neighbours) {
    std::vector<store::object_stat> const listing{
        version("a", 4, "2026-01-04T00:00:00.000Z", true),
        version("a", 3, "2026-01-03T00:00:00.000Z", false),
        version("a", 2, "2026-01-02T00:00:00.000Z", false, true),
        version("a", 1, "2026-01-01T00:00:00.000Z", false),
        version("b", 6, "2026-01-01T00:00:00.000Z", true, true),
        version("c", 8, "2026-01-02T00:00:00.000Z", true, true),
        version("c", 7, "2026-01-01T00:00:00.000Z", false),
    };
    EXPECT_EQ(walked({marker()}, listing, "2026-01-01T00:00:00.000Z"),
              std::vector<std::string>{"b6 erase"});
    // Old since the next newer one came: a3 since the 4th, a2 since the 3rd, a1 since the 2nd.
    EXPECT_EQ(walked({noncurrent(1)}, listing, "2026-01-04T00:00:00.000Z"),
              (std::vector<std::string>{"a1 erase", "c7 erase"}));
    EXPECT_EQ(walked({noncurrent(1)}, listing, "2026-01-06T00:00:00.000Z"),
              (std::vector<std::string>{"a3 erase", "a2 erase", "a1 erase", "c7 erase"}));
    // One with bytes is kept beside the newest; the marker is not counted among them.
    EXPECT_EQ(walked({noncurrent(1, 1)}, listing, "2026-02-01T00:00:00.000Z"),
              (std::vector<std::string>{"a2 erase", "a1 erase"}));
    EXPECT_EQ(walked({days(1)}, listing, "2026-02-01T00:00:00.000Z"),
              (std::vector<std::string>{"a4 expire", "b6 erase"}));
}

TEST(lifecycle_walk, may_meet_a_key_anew) {
    std::vector<store::object_stat> const listing{
        version("a", 2, "2026-01-02T00:00:00.000Z", true, true),
        version("a", 0, "2026-01-01T00:00:00.000Z", false),
        version("a", 2, "2026-01-02T00:00:00.000Z", true, true),
    };
    EXPECT_EQ(walked({marker()}, listing, "2026-01-02T00:00:00.000Z"),
              std::vector<std::string>{"a2 erase"});
}

lifecycle_rules sample() {
    rule one;
    one.id = "one";
    one.form = filter_form::all_of;
    one.prefix = "p/";
    one.tags = {{"a", "1"}, {"b", ""}};
    one.greater_than = 0;
    one.less_than = 300;
    one.expiration_days = 30;
    rule two;
    two.id = "two";
    two.enabled = false;
    two.expiration_date = at("2026-02-01T00:00:00.000Z");
    two.noncurrent_days = 1;
    two.newer_noncurrent_versions = 100;
    rule three;
    three.id = "three";
    three.form = filter_form::old_prefix;
    three.prefix = "";
    three.expired_marker = true;
    three.abort_days = 7;
    return {one, two, three};
}

TEST(lifecycle_record, has_the_stored_form) {
    auto const rules = sample();
    EXPECT_EQ(hex_encode(encode(rules[0])),
              "0103" "6f6e65" "030106" "0402" "702f" "0504" "01610131" "0503" "016200"
              "0601" "00" "0702" "ac02" "0801" "1e");
    EXPECT_EQ(hex_encode(encode(rules[1])),
              "0103" "74776f" "0200" "030101" "0908" "00cc7f169c010000" "0b0101" "0c0164");
    EXPECT_EQ(hex_encode(encode(rules[2])),
              "0105" "7468726565" "030100" "0400" "0a0101" "0d0107");
    bucket_settings settings;
    settings.lifecycle = rules;
    settings.access_log = access_log_target{"logs", "a/", log_key_format::by_event_time};
    auto const bytes = encode(settings);
    EXPECT_EQ(decode_bucket_settings(bytes).value(), settings);
    EXPECT_EQ(lifecycle_of_settings(bytes).value(), rules);
    EXPECT_EQ(access_log_of_settings(bytes).value(), settings.access_log);
    EXPECT_EQ(hex_encode(encode(*settings.access_log)), "01046c6f67730202612f030102");
    EXPECT_TRUE(lifecycle_of_settings("").value().empty());
}

TEST(lifecycle_record, that_is_cut_or_unknown_is_refused) {
    for (auto const& whole : sample()) {
        auto const bytes = encode(whole);
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            rule cut;
            if (!take_lifecycle_rule(bytes.substr(0, i), cut)) continue;
            EXPECT_NE(cut, whole);
        }
        rule longer;
        EXPECT_FALSE(take_lifecycle_rule(bytes + std::string("\x0e\0", 2), longer));
    }
    for (auto const* hex : {
             "",                    // no id
             "0100",                // an empty one
             "01016101" "0162",     // two
             "010161" "020100",     // a flag with a value
             "010161" "030107",     // a form of a later version
             "010161" "0a0102",     // a truth that is none
             "010161" "0807" "ffffffffffff7f",  // days beyond their type
             "010161" "0901" "00",  // a date that is cut
             "010161" "0501" "01",  // a tag that is cut
             "020001" "0161",       // descending
         }) {
        rule into;
        EXPECT_FALSE(take_lifecycle_rule(*hex_decode(hex), into)) << hex;
    }
    for (auto const* hex : {"", "0100", "0202612f", "01016103010401", "0101610301", "01016104010101"}) {
        access_log_target into;
        EXPECT_FALSE(take_access_log_target(*hex_decode(hex), into)) << hex;
    }
}

}  // namespace
}  // namespace sluice::s3
