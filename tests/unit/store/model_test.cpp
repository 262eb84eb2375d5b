// Values that protocol code shares with the store: attributes, conditions, ranges.
#include <gtest/gtest.h>

#include "backend/store/model/attributes.hpp"
#include "backend/store/model/byte_range.hpp"
#include "backend/store/model/conditions.hpp"
#include "backend/store/model/object_lock.hpp"

namespace sluice::store {
namespace {

object_attributes sample() {
    object_attributes all;
    all.content_type = "text/plain";
    all.content_encoding = "gzip";
    all.content_disposition = "inline";
    all.content_language = "de";
    all.cache_control = "no-cache";
    all.expires = "Thu, 01 Jan 1970 00:00:00 GMT";
    all.user_metadata = {{"b", "2"}, {"a", ""}, {"b", "3"}};
    all.checksums = {
        {checksum_algorithm::crc64nvme, checksum_scope::full_object, std::string("\0\1", 2)},
        {checksum_algorithm::sha256, checksum_scope::composite, std::string(32, 'x')}};
    all.extra = {{"upload-checksum", "sha256"}};
    all.storage_class = "GLACIER";
    all.redirect_location = "/elsewhere";
    all.retained = retention{retention_mode::compliance, unix_millis{1'900'000'000'000}};
    all.legal_hold = false;
    all.encryption = std::string("\1envelope\0", 10);
    all.access = "\1list";
    return all;
}

TEST(attributes, stored_form_round_trips) {
    EXPECT_EQ(decode_attributes(encode(sample())).value(), sample());
    EXPECT_EQ(decode_attributes(encode(object_attributes{})).value(), object_attributes{});
    EXPECT_EQ(encode(object_attributes{}).size(), 1u);
}

TEST(attributes, cut_and_unknown_bytes_are_corrupt) {
    auto const good = encode(sample());
    std::size_t refused = 0;
    for (std::size_t i = 0; i < good.size(); ++i)
        if (!decode_attributes(good.substr(0, i))) ++refused;
    EXPECT_GT(refused, good.size() - 20);   // a cut between fields is a shorter list
    EXPECT_FALSE(decode_attributes("\2"));
    EXPECT_FALSE(decode_attributes(std::string("\1\x63\1x", 4)));
    EXPECT_FALSE(decode_attributes(std::string("\1\x08\3\x63\1x", 6)));
    EXPECT_FALSE(decode_attributes(std::string("\1\x0e\1\2", 4)));   // a flag is 0 or 1
    EXPECT_FALSE(decode_attributes("\1\x0d\x09\3" + std::string(8, 'x')));   // no such mode
}

TEST(object_locks, hold_by_mode_time_and_bypass) {
    unix_millis const until{1'000};
    auto const locked = [&](std::optional<retention> retained, std::optional<bool> hold,
                            std::int64_t now, bool bypasses) {
        auto attributes = sample();
        attributes.retained = retained;
        attributes.legal_hold = hold;
        return is_locked(encode(attributes), unix_millis{now}, bypasses).value();
    };
    retention const governance{retention_mode::governance, until};
    retention const compliance{retention_mode::compliance, until};
    EXPECT_FALSE(locked({}, {}, 0, false));
    EXPECT_FALSE(locked({}, false, 0, false));
    EXPECT_TRUE(locked({}, true, 5'000, true));
    EXPECT_TRUE(locked(governance, {}, 999, false));
    EXPECT_FALSE(locked(governance, {}, 999, true));
    EXPECT_FALSE(locked(governance, {}, 1'000, false));
    EXPECT_TRUE(locked(compliance, false, 999, true));
    EXPECT_FALSE(locked(compliance, {}, 1'000, false));
    EXPECT_TRUE(locked(compliance, true, 1'000, false));
    EXPECT_FALSE(is_locked(encode(object_attributes{}), until, false).value());
    EXPECT_FALSE(is_locked("", until, false)) << "what does not parse is not free to go";
    EXPECT_FALSE(is_locked("\1\x0e\1\2", until, false));
}

object_stat object_at(std::int64_t millis, std::string etag = "e") {
    object_stat stat;
    stat.etag = std::move(etag);
    stat.last_modified = unix_millis{millis};
    stat.size = 10;
    return stat;
}

TEST(conditions, reads_follow_the_order_of_rfc_9110) {
    auto const object = object_at(10'500);
    etag_match const right{.etags = {"x", "e"}}, wrong{.etags = {"x"}}, any{.any = true};
    auto const read = [&](conditions when) { return evaluate_read(when, object); };
    EXPECT_EQ(read({}), read_verdict::proceed);
    EXPECT_EQ(read({.if_match = right}), read_verdict::proceed);
    EXPECT_EQ(read({.if_match = wrong}), read_verdict::precondition_failed);
    EXPECT_EQ(read({.if_none_match = right}), read_verdict::not_modified);
    EXPECT_EQ(read({.if_none_match = any}), read_verdict::not_modified);
    EXPECT_EQ(read({.if_none_match = wrong, .if_modified_since = unix_millis{20'000}}),
              read_verdict::proceed);
    EXPECT_EQ(read({.if_modified_since = unix_millis{10'000}}),
              read_verdict::not_modified);  // whole seconds
    EXPECT_EQ(read({.if_modified_since = unix_millis{9'999}}), read_verdict::proceed);
    EXPECT_EQ(read({.if_unmodified_since = unix_millis{10'000}}), read_verdict::proceed);
    EXPECT_EQ(read({.if_unmodified_since = unix_millis{9'000}}), read_verdict::precondition_failed);
    EXPECT_EQ(read({.if_match = right, .if_unmodified_since = unix_millis{9'000}}),
              read_verdict::proceed);
}

TEST(conditions, writes) {
    auto const object = object_at(10'500);
    etag_match const right{.etags = {"e"}}, any{.any = true};
    auto const code = [](result<void> const& how) {
        return how ? std::optional<error>{} : how.error().code;
    };
    EXPECT_EQ(code(evaluate_write({}, nullptr)), std::nullopt);
    EXPECT_EQ(code(evaluate_write({.if_none_match = any}, nullptr)), std::nullopt);
    EXPECT_EQ(code(evaluate_write({.if_none_match = any}, &object)), error::precondition_failed);
    EXPECT_EQ(code(evaluate_write({.if_match = right}, nullptr)), error::not_found);
    EXPECT_EQ(code(evaluate_write({.if_match = right}, &object)), std::nullopt);
    EXPECT_EQ(code(evaluate_write({.if_match_size = 10}, &object)), std::nullopt);
    EXPECT_EQ(code(evaluate_write({.if_match_size = 11}, &object)), error::precondition_failed);
    EXPECT_EQ(code(evaluate_write({.if_match_last_modified = unix_millis{10'000}}, &object)),
              std::nullopt);
    EXPECT_EQ(code(evaluate_write({.if_match_last_modified = unix_millis{9'999}}, &object)),
              error::precondition_failed);
}

TEST(byte_ranges, resolve_clips_to_the_object) {
    auto const of = [](std::optional<std::uint64_t> first, std::optional<std::uint64_t> last,
                       std::uint64_t size) {
        auto const range = resolve({first, last}, size);
        return range ? std::pair(range->offset, range->length)
                     : std::pair<std::uint64_t, std::uint64_t>(999, 999);
    };
    using pair = std::pair<std::uint64_t, std::uint64_t>;
    EXPECT_EQ(of(0, 0, 10), (pair{0, 1}));
    EXPECT_EQ(of(5, {}, 10), (pair{5, 5}));
    EXPECT_EQ(of(5, 100, 10), (pair{5, 5}));
    EXPECT_EQ(of({}, 3, 10), (pair{7, 3}));
    EXPECT_EQ(of({}, 30, 10), (pair{0, 10}));
    EXPECT_EQ(of(10, {}, 10), (pair{999, 999}));
    EXPECT_EQ(of({}, 0, 10), (pair{999, 999}));
    EXPECT_EQ(of({}, 5, 0), (pair{999, 999}));
    EXPECT_EQ(of(0, ~std::uint64_t{0}, 10), (pair{0, 10}));
    EXPECT_EQ(resolve({4, 2}, 10).error().code, error::invalid_argument);
}

}  // namespace
}  // namespace sluice::store
