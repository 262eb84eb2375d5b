// LifecycleConfiguration documents: what is read back as it was written, and what is refused with
// which of S3's codes.
#include <gtest/gtest.h>

#include "protocols/s3/wire/lifecycle_document.hpp"

namespace sluice::s3 {
namespace {

s3_result<lifecycle_rules> parsed(std::string const& rules) {
    auto const root = parse_xml("<LifecycleConfiguration>" + rules + "</LifecycleConfiguration>",
                                "LifecycleConfiguration");
    if (!root) return root.error();
    return lifecycle_rules_in(*root);
}

std::string code_of(std::string const& rules) {
    auto const outcome = parsed(rules);
    return outcome ? "" : std::string(row_of(outcome.error().code).code);
}
std::string text_of(std::string const& rules) {
    auto const outcome = parsed(rules);
    return outcome ? "" : outcome.error().message;
}

std::string rule_of(std::string const& inner, std::string const& id = "r") {
    return "<Rule><ID>" + id + "</ID><Status>Enabled</Status>" + inner + "</Rule>";
}
std::string expiring(std::string const& filter) {
    return rule_of(filter + "<Expiration><Days>1</Days></Expiration>");
}
std::string acting(std::string const& action) { return rule_of("<Filter/>" + action); }
std::string anded(std::string const& conditions) {
    return expiring("<Filter><And>" + conditions + "</And></Filter>");
}
constexpr char a_tag[] = "<Tag><Key>a</Key><Value>b</Value></Tag>";

std::string written(lifecycle_rules const& rules) {
    xml_writer out("LifecycleConfiguration");
    write_lifecycle_rules(out, rules);
    return std::move(out).finish();
}

TEST(lifecycle_document, is_written_as_it_was_read) {
    std::string const conditions =
        "<Prefix>a/</Prefix><Tag><Key>k</Key><Value></Value></Tag>"
        "<ObjectSizeGreaterThan>0</ObjectSizeGreaterThan><ObjectSizeLessThan>9</ObjectSizeLessThan>";
    std::string const text =
        rule_of("<Filter/><Expiration><Days>3</Days></Expiration>", "1") +
        rule_of("<Filter><Prefix></Prefix></Filter><Expiration><Date>2030-01-01T00:00:00.000Z</Date>"
                "</Expiration>", "2") +
        rule_of("<Filter><And>" + conditions + "</And></Filter><NoncurrentVersionExpiration>"
                "<NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>100"
                "</NewerNoncurrentVersions></NoncurrentVersionExpiration>", "3") +
        rule_of("<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>"
                "<Expiration><Days>1</Days></Expiration>", "4") +
        rule_of("<Filter><ObjectSizeLessThan>1</ObjectSizeLessThan></Filter>"
                "<Expiration><Days>1</Days></Expiration>", "5") +
        "<Rule><ID>6</ID><Filter><Prefix>x</Prefix></Filter><Status>Disabled</Status><Expiration>"
        "<ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>"
        "</AbortIncompleteMultipartUpload></Rule>";
    auto const rules = parsed(text);
    ASSERT_TRUE(rules) << rules.error().message;
    EXPECT_EQ(rules->size(), 6u);
    auto const again = written(*rules);
    EXPECT_NE(again.find("<Rule><ID>1</ID><Filter></Filter><Status>Enabled</Status>"
                         "<Expiration><Days>3</Days></Expiration></Rule>"),
              again.npos)
        << again;
    EXPECT_NE(again.find("<Filter><Prefix></Prefix></Filter>"), again.npos) << again;
    EXPECT_NE(again.find("<And>" + conditions + "</And>"), again.npos) << again;
    auto const root = parse_xml(again, "LifecycleConfiguration");
    ASSERT_TRUE(root);
    EXPECT_EQ(*lifecycle_rules_in(*root), *rules);
}

TEST(lifecycle_document, with_old_prefixes_is_written_so) {
    auto const rules = parsed(expiring("<Prefix>old/</Prefix>"));
    ASSERT_TRUE(rules);
    auto const again = written(*rules);
    EXPECT_NE(again.find("<ID>r</ID><Prefix>old/</Prefix><Status>"), again.npos) << again;
}

TEST(lifecycle_document, names_rules_that_have_no_id) {
    std::string const nameless =
        "<Rule><Status>Enabled</Status><Filter/><Expiration><Days>1</Days></Expiration></Rule>";
    auto const rules = parsed(nameless + nameless);
    ASSERT_TRUE(rules);
    EXPECT_EQ(rules->at(0).id.size(), 48u);
    EXPECT_NE(rules->at(0).id, rules->at(1).id);
    EXPECT_EQ(parsed(nameless)->at(0).id, rules->at(0).id) << "the same for the same document";
}

struct refused_case {
    char const* name;
    std::string rules;
    char const* code;
};

std::string const abort_after =
    "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>"
    "</AbortIncompleteMultipartUpload>";
std::string const markers =
    "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>";
std::string expiration(std::string const& inner) {
    return acting("<Expiration>" + inner + "</Expiration>");
}
std::string noncurrent(std::string const& inner) {
    return acting("<NoncurrentVersionExpiration>" + inner + "</NoncurrentVersionExpiration>");
}
std::string keeping(std::string const& versions) {
    return noncurrent("<NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>" + versions +
                      "</NewerNoncurrentVersions>");
}

std::vector<refused_case> shapes() {
    return {
        {"no rules", "", "MalformedXML"},
        {"something else", "<Rules/>", "MalformedXML"},
        {"an empty rule", "<Rule/>", "MalformedXML"},
        {"no status", "<Rule><Filter/><Expiration><Days>1</Days></Expiration></Rule>",
         "MalformedXML"},
        {"another status",
         "<Rule><Status>enabled</Status><Filter/><Expiration><Days>1</Days></Expiration></Rule>",
         "MalformedXML"},
        {"two of them", expiring("<Status>Enabled</Status><Filter/>"), "MalformedXML"},
        {"neither filter nor prefix", expiring(""), "MalformedXML"},
        {"both", expiring("<Filter/><Prefix/>"), "MalformedXML"},
        {"an unknown part", expiring("<Filter/><Other/>"), "MalformedXML"},
        {"two conditions", expiring(std::string("<Filter><Prefix>a</Prefix>") + a_tag + "</Filter>"),
         "MalformedXML"},
        {"an unknown condition", expiring("<Filter><Suffix>a</Suffix></Filter>"), "MalformedXML"},
        {"an and of one", anded("<Prefix>a</Prefix>"), "MalformedXML"},
        {"an and of nothing", anded(""), "MalformedXML"},
        {"an and of two prefixes", anded("<Prefix>a</Prefix><Prefix>b</Prefix>"), "MalformedXML"},
        {"an and in an and", anded("<Prefix>a</Prefix><And/>"), "MalformedXML"},
        {"a tag without value", expiring("<Filter><Tag><Key>a</Key></Tag></Filter>"),
         "MalformedXML"},
        {"a size that is none",
         expiring("<Filter><ObjectSizeLessThan>x</ObjectSizeLessThan></Filter>"), "MalformedXML"},
        {"days that are none", expiration("<Days>soon</Days>"), "MalformedXML"},
        {"days beyond their type", expiration("<Days>2147483648</Days>"), "MalformedXML"},
        {"an empty expiration", expiration(""), "MalformedXML"},
        {"days and a date", expiration("<Days>1</Days><Date>2030-01-01T00:00:00.000Z</Date>"),
         "MalformedXML"},
        {"days and markers",
         expiration("<Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>"),
         "MalformedXML"},
        {"markers that are no truth",
         expiration("<ExpiredObjectDeleteMarker>yes</ExpiredObjectDeleteMarker>"), "MalformedXML"},
        {"a date that is none", expiration("<Date>tomorrow</Date>"), "MalformedXML"},
        {"versions without days", noncurrent("<NewerNoncurrentVersions>1</NewerNoncurrentVersions>"),
         "MalformedXML"},
        {"an abort without days", acting("<AbortIncompleteMultipartUpload/>"), "MalformedXML"},
    };
}

std::vector<refused_case> meanings() {
    auto const tagged = std::string("<Filter>") + a_tag + "</Filter>";
    auto const sized =
        std::string("<Filter><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan></Filter>");
    return {
        {"no action", acting(""), "InvalidRequest"},
        {"zero days", expiration("<Days>0</Days>"), "InvalidArgument"},
        {"fewer days", expiration("<Days>-1</Days>"), "InvalidArgument"},
        {"a date that is no midnight", expiration("<Date>2030-01-01T00:00:01.000Z</Date>"),
         "InvalidArgument"},
        {"zero days of old versions", noncurrent("<NoncurrentDays>0</NoncurrentDays>"),
         "InvalidArgument"},
        {"no versions kept", keeping("0"), "InvalidArgument"},
        {"too many versions kept", keeping("101"), "InvalidArgument"},
        {"zero days of uploads",
         acting("<AbortIncompleteMultipartUpload><DaysAfterInitiation>0</DaysAfterInitiation>"
                "</AbortIncompleteMultipartUpload>"),
         "InvalidArgument"},
        {"one id twice", expiring("<Filter/>") + expiring("<Filter/>"), "InvalidArgument"},
        {"an id of 256", rule_of("<Filter/><Expiration><Days>1</Days></Expiration>",
                                 std::string(256, 'i')),
         "InvalidArgument"},
        {"a long prefix", expiring("<Filter><Prefix>" + std::string(1025, 'p') + "</Prefix></Filter>"),
         "InvalidRequest"},
        {"a tag without key",
         expiring("<Filter><Tag><Key></Key><Value>b</Value></Tag></Filter>"), "InvalidRequest"},
        {"one tag twice", anded(std::string(a_tag) + a_tag), "InvalidRequest"},
        {"sizes that cannot be",
         anded("<ObjectSizeGreaterThan>5</ObjectSizeGreaterThan>"
               "<ObjectSizeLessThan>5</ObjectSizeLessThan>"),
         "InvalidRequest"},
        {"less than nothing",
         expiring("<Filter><ObjectSizeLessThan>0</ObjectSizeLessThan></Filter>"), "InvalidRequest"},
        {"uploads by tag", rule_of(tagged + abort_after), "InvalidRequest"},
        {"uploads by size", rule_of(sized + abort_after), "InvalidRequest"},
        {"markers by tag", rule_of(tagged + markers), "InvalidRequest"},
        {"markers by size", rule_of(sized + markers), "InvalidRequest"},
        {"old and new rules",
         expiring("<Filter/>") +
             rule_of("<Prefix/><Expiration><Days>1</Days></Expiration>", "other"),
         "InvalidRequest"},
        {"a transition",
         acting("<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>"),
         "NotImplemented"},
        {"a transition of old versions", acting("<NoncurrentVersionTransition/>"),
         "NotImplemented"},
    };
}

TEST(lifecycle_document, is_refused_for_its_shape) {
    for (auto const& one : shapes()) EXPECT_EQ(code_of(one.rules), one.code) << one.name;
}

TEST(lifecycle_document, is_refused_for_its_meaning) {
    for (auto const& one : meanings()) EXPECT_EQ(code_of(one.rules), one.code) << one.name;
    EXPECT_EQ(code_of(keeping("100")), "");
    EXPECT_EQ(code_of(expiring("<Filter/>")), "");
    EXPECT_EQ(text_of(expiration("<Days>0</Days>")),
              "'Days' for Expiration action must be a positive integer");
    EXPECT_EQ(text_of(rule_of(std::string("<Filter>") + a_tag + "</Filter>" + abort_after)),
              "AbortIncompleteMultipartUpload cannot be specified with Tags.");
}

TEST(lifecycle_document, has_at_most_a_thousand_rules) {
    std::string rules;
    for (int i = 0; i < 1000; ++i)
        rules += rule_of("<Filter/><Expiration><Days>1</Days></Expiration>", std::to_string(i));
    EXPECT_EQ(code_of(rules), "");
    EXPECT_EQ(code_of(rules + expiring("<Filter/>")), "InvalidRequest");
}

}  // namespace
}  // namespace sluice::s3
