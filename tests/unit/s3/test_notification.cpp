// Which events a bucket's rules cover, and which rules may stand together.
#include <gtest/gtest.h>

#include "protocols/s3/model/notification.hpp"

namespace sluice::s3 {
namespace {

std::string rule_text(std::string const& inner, std::string const& topic = "t") {
    return "<TopicConfiguration><Topic>arn:aws:sns:us-east-1:0:" + topic + "</Topic>" + inner +
           "</TopicConfiguration>";
}

s3_result<std::vector<notification_rule>> parsed(std::string const& rules) {
    auto const root = parse_xml("<NotificationConfiguration>" + rules + "</NotificationConfiguration>",
                                "NotificationConfiguration");
    return notifications_of(root.value());
}

std::string code_of(std::string const& rules) {
    auto const outcome = parsed(rules);
    return outcome ? "" : std::string(row_of(outcome.error().code).code);
}

std::string filter(std::string const& name, std::string const& value) {
    return "<FilterRule><Name>" + name + "</Name><Value>" + value + "</Value></FilterRule>";
}

TEST(notifications, cover_events_and_keys) {
    auto const rules = parsed(rule_text("<Id>x</Id><Event>s3:ObjectCreated:*</Event>"
                                        "<Event>s3:ObjectRemoved:Delete</Event><Filter><S3Key>" +
                                        filter("prefix", "in/") + filter("suffix", ".txt") +
                                        "</S3Key></Filter>"));
    ASSERT_TRUE(rules);
    auto const& rule = rules->at(0);
    EXPECT_EQ(rule.topic(), "t");
    EXPECT_TRUE(rule.covers("ObjectCreated:Put", "in/a.txt"));
    EXPECT_TRUE(rule.covers("ObjectCreated:Copy", "in/.txt"));
    EXPECT_TRUE(rule.covers("ObjectRemoved:Delete", "in/a.txt"));
    EXPECT_FALSE(rule.covers("ObjectRemoved:DeleteMarkerCreated", "in/a.txt"));
    EXPECT_FALSE(rule.covers("ObjectCreated:Put", "out/a.txt"));
    EXPECT_FALSE(rule.covers("ObjectCreated:Put", "in/a.jpg"));
}

TEST(notifications, are_written_as_they_were_read) {
    auto const text = rule_text("<Event>s3:ObjectCreated:Put</Event><Filter><S3Key>" +
                                filter("suffix", ".txt") + "</S3Key></Filter>") +
                      "<QueueConfiguration><Id>q</Id><Queue>arn:aws:sqs:r:1:q</Queue>"
                      "<Event>s3:ObjectRemoved:*</Event></QueueConfiguration>";
    auto const rules = parsed(text);
    ASSERT_TRUE(rules);
    EXPECT_EQ(rules->at(0).id.size(), 13u) << "made: rule- and eight digits";
    xml_writer out("NotificationConfiguration");
    write_notifications(out, *rules);
    auto const root = parse_xml(std::move(out).finish(), "NotificationConfiguration");
    ASSERT_TRUE(root);
    EXPECT_EQ(*notifications_of(*root), *rules);
}

TEST(notifications, refuse_what_they_cannot_do) {
    auto const put = std::string("<Event>s3:ObjectCreated:Put</Event>");
    EXPECT_EQ(code_of(""), "");
    EXPECT_EQ(code_of("<Other/>"), "MalformedXML");
    EXPECT_EQ(code_of("<CloudFunctionConfiguration/>"), "NotImplemented");
    EXPECT_EQ(code_of(rule_text("")), "MalformedXML");
    EXPECT_EQ(code_of(rule_text("<Event>s3:ObjectRestore:*</Event>")), "NotImplemented");
    EXPECT_EQ(code_of(rule_text("<Event>ObjectCreated</Event>")), "InvalidArgument");
    EXPECT_EQ(code_of(rule_text("<Event>s3:Nothing</Event>")), "InvalidArgument");
    EXPECT_EQ(code_of(rule_text(put + put)), "InvalidArgument");
    EXPECT_EQ(code_of(rule_text(put, "")), "InvalidArgument") << "no topic";
    EXPECT_EQ(code_of("<QueueConfiguration><Queue>arn:aws:sns:r:1:q</Queue>" + put +
                      "</QueueConfiguration>"),
              "InvalidArgument");
    EXPECT_EQ(code_of(rule_text(put + "<Filter><S3Key>" + filter("prefix", "a") +
                                filter("prefix", "b") + "</S3Key></Filter>")),
              "InvalidArgument");
    EXPECT_EQ(code_of(rule_text(put + "<Filter><S3Key>" + filter("middle", "a") +
                                "</S3Key></Filter>")),
              "InvalidArgument");
}

TEST(notifications, of_two_rules_must_not_overlap) {
    auto with = [](std::string const& id, std::string const& event, std::string const& prefix) {
        return rule_text("<Id>" + id + "</Id><Event>" + event + "</Event><Filter><S3Key>" +
                         filter("prefix", prefix) + "</S3Key></Filter>");
    };
    auto const put = "s3:ObjectCreated:Put";
    EXPECT_EQ(code_of(with("a", put, "x") + with("b", put, "y")), "");
    EXPECT_EQ(code_of(with("a", put, "x") + with("b", "s3:ObjectCreated:Copy", "x")), "");
    EXPECT_EQ(code_of(with("a", put, "x") + with("b", put, "x/y")), "InvalidArgument");
    EXPECT_EQ(code_of(with("a", put, "x") + with("b", "s3:ObjectCreated:*", "x")),
              "InvalidArgument");
    EXPECT_EQ(code_of(with("a", put, "x") + with("a", put, "y")), "InvalidArgument") << "one id";
}

}  // namespace
}  // namespace sluice::s3
