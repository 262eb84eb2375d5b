#include <gtest/gtest.h>

#include "protocols/http/date.hpp"
#include "protocols/s3/wire/object_lock_document.hpp"
#include "protocols/s3/wire/storage_classes.hpp"
#include "tests/unit/s3/request_from_text.hpp"

namespace sluice::s3 {
namespace {

std::string until(bool in_years, std::uint32_t amount, std::string const& at) {
    default_retention const rule{store::retention_mode::governance, in_years, amount};
    return http::iso_date(retained_until(rule, *http::parse_iso_date(at)));
}

TEST(object_lock, retains_by_days_and_by_calendar_years) {
    EXPECT_EQ(until(false, 1, "2026-01-31T10:11:12.123Z"), "2026-02-01T10:11:12.123Z");
    EXPECT_EQ(until(false, 36500, "2026-01-01T00:00:00.000Z"), "2125-12-08T00:00:00.000Z");
    EXPECT_EQ(until(true, 1, "2026-05-06T07:08:09.010Z"), "2027-05-06T07:08:09.010Z");
    EXPECT_EQ(until(true, 1, "2028-02-29T07:08:09.010Z"), "2029-03-01T07:08:09.010Z");
    EXPECT_EQ(until(true, 4, "2028-02-29T07:08:09.010Z"), "2032-02-29T07:08:09.010Z");
}

TEST(object_lock, is_written_as_it_was_read) {
    for (std::string const inner :
         {"<ObjectLockEnabled>Enabled</ObjectLockEnabled>",
          "<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>"
          "<Mode>COMPLIANCE</Mode><Years>7</Years></DefaultRetention></Rule>"}) {
        auto const lock = object_lock_in(*parse_xml("<L>" + inner + "</L>", "L"));
        ASSERT_TRUE(lock);
        auto out = xml_writer::plain("L");
        write_object_lock(out, *lock);
        auto const text = std::move(out).finish();
        EXPECT_EQ(text.substr(text.find("<L>")), "<L>" + inner + "</L>");
    }
}

TEST(object_lock, is_named_by_headers) {
    auto const read = [](std::string const& headers) {
        store::object_attributes out;
        auto const fine = read_lock_headers(test::request_from("PUT /b/k", headers), out);
        if (!fine) return std::string(row_of(fine.error().code).code);
        http::response_head head;
        set_lock_headers(head, out);
        std::string shown;
        for (auto const& [name, value] : head.headers) shown += value + " ";
        return shown;
    };
    EXPECT_EQ(read(""), "");
    EXPECT_EQ(read("x-amz-object-lock-mode: GOVERNANCE\r\n"
                   "x-amz-object-lock-retain-until-date: 2030-01-02T03:04:05Z\r\n"
                   "x-amz-object-lock-legal-hold: OFF\r\n"),
              "GOVERNANCE 2030-01-02T03:04:05.000Z OFF ");
    EXPECT_EQ(read("x-amz-object-lock-mode: GOVERNANCE\r\n"), "InvalidArgument");
    EXPECT_EQ(read("x-amz-object-lock-legal-hold: off\r\n"), "InvalidArgument");
}

TEST(storage_classes, are_labels) {
    EXPECT_EQ(*parse_storage_class("STANDARD"), "");
    EXPECT_EQ(*parse_storage_class("STANDARD_IA"), "STANDARD_IA");
    EXPECT_FALSE(parse_storage_class("SNOW"));
    store::object_attributes attributes;
    EXPECT_EQ(storage_class_of(attributes), "STANDARD");
    EXPECT_TRUE(is_readable(attributes, unix_millis{0}));
    attributes.storage_class = "DEEP_ARCHIVE";
    EXPECT_FALSE(is_readable(attributes, unix_millis{0}));
    keep_restored(attributes, unix_millis{100});
    keep_restored(attributes, unix_millis{200});
    EXPECT_EQ(attributes.extra.size(), 1u);
    EXPECT_TRUE(is_readable(attributes, unix_millis{199}));
    EXPECT_FALSE(is_readable(attributes, unix_millis{200}));
    drop_restored(attributes);
    EXPECT_EQ(restored_until(attributes), std::nullopt);
}

}  // namespace
}  // namespace sluice::s3
