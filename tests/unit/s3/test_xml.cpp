#include <gtest/gtest.h>

#include "protocols/s3/wire/xml_reader.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {
namespace {

TEST(xml_writer, writes_elements_in_the_namespace_of_s3) {
    xml_writer out("Root");
    out.element("A", "x").open("B").element("C", std::uint64_t{5}).element("D", true).close();
    out.element("E", "literal");
    EXPECT_EQ(std::move(out).finish(),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Root "
              "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
              "<A>x</A><B><C>5</C><D>true</D></B><E>literal</E></Root>");
}

TEST(xml_elements, may_have_a_type) {
    auto out = xml_writer::plain("R");
    out.open_typed("Grantee", "Group").element("URI", "u").close().element("E", "e");
    auto const text = std::move(out).finish();
    EXPECT_EQ(text,
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<R><Grantee "
              "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
              "xsi:type=\"Group\"><URI>u</URI></Grantee><E>e</E></R>");
    auto const root = parse_xml(text, "R");
    ASSERT_TRUE(root);
    EXPECT_EQ(root->only("Grantee")->type, "Group");
    EXPECT_EQ(root->only("E")->type, "");
    EXPECT_TRUE(root->holds_only({"E", "Grantee"}));
    EXPECT_FALSE(root->holds_only({"E"}));
}

TEST(xml_writer, escapes_whatever_a_key_may_hold) {
    auto out = xml_writer::plain("R");
    out.text("<&>\"'\r\n\t\x01\xC3\xA9\xEF\xBF\xBF");
    EXPECT_EQ(std::move(out).finish(),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<R>&lt;&amp;&gt;&quot;'&#13;&#10;&#9;&#1;\xC3\xA9&#65535;</R>");
}

TEST(xml_reader, reads_what_clients_send) {
    auto const root = parse_xml(
        "<?xml version=\"1.0\"?><!-- c --><Delete "
        "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n <Object><Key>a "
        "&amp; b&#10;</Key></Object><Quiet>true</Quiet></Delete>",
        "Delete");
    ASSERT_TRUE(root);
    EXPECT_EQ(root->children.size(), 2u);
    EXPECT_EQ(root->text_of("Quiet"), "true");
    EXPECT_EQ(root->only("Object")->text_of("Key"), "a & b\n");
    EXPECT_EQ(root->text_of("Object"), std::nullopt);
    EXPECT_EQ(root->text_of("Absent"), std::nullopt);
}

TEST(xml_reader, refuses_what_is_not_well_formed) {
    for (auto const* text : {"<R a='1' a='2'><K>k</K></R>", "<R><K a='1' b='2' a='1'>k</K></R>",
                             "<R><!-- a -- b --><K>k</K></R>", "<R><!-- a ---><K>k</K></R>",
                             "<R><!--a</R>"})
        EXPECT_FALSE(parse_xml(text, "R")) << text;
    for (auto const* text : {"<R a='1' b='2'/>", "<R><!-- a - b --><K>k</K></R>", "<R><!----></R>"})
        EXPECT_TRUE(parse_xml(text, "R")) << text;
}

TEST(xml_reader, keeps_keys_of_white_space) {
    auto const root = parse_xml("<R><Key> </Key><Key2>\n\n</Key2></R>", "R");
    ASSERT_TRUE(root);
    EXPECT_EQ(root->text_of("Key"), " ");
}

TEST(xml_reader, refuses_the_malformed) {
    for (std::string const& text :
         {std::string(), std::string("x"), std::string("<R>"), std::string("<R></S>"),
          std::string("<R/><R/>"), std::string("<S/>"), std::string("<R><A></R>"),
          std::string("<R>\xff</R>"), std::string("<R>a<A/></R>"), std::string("<R>\0</R>", 8),
          std::string("<R/>text"), std::string("text<R/>"), std::string("<R>a & b</R>"),
          std::string("<R>&unknown;</R>"), std::string("<R>&#xD800;</R>"), std::string("<R>&#0;</R>"),
          std::string("<R>&#x110000;</R>"), std::string("<R>&#;</R>"), std::string("<R>&amp</R>"),
          std::string("<?xml version='1.0' encoding='UTF-16'?><R/>")}) {
        auto const root = parse_xml(text, "R");
        ASSERT_FALSE(root) << text;
        EXPECT_EQ(root.error().code, error_code::malformed_xml);
    }
}

TEST(xml_reader, refuses_document_types_and_their_entities) {
    for (auto const* text :
         {"<!DOCTYPE R><R/>", "<!DOCTYPE R [<!ENTITY a \"b\">]><R>&a;</R>",
          "<!DOCTYPE R SYSTEM \"file:///etc/passwd\"><R/>", "<R><!DOCTYPE S><A/></R>"})
        EXPECT_FALSE(parse_xml(text, "R")) << text;
}

TEST(xml_reader, knows_references_where_they_are_ones) {
    EXPECT_EQ(parse_xml("<?xml version='1.0' encoding='utf-8'?> <!-- & --> <R>&lt;&#65;&#x1F600;</R> ",
                        "R")->text,
              "<A\xF0\x9F\x98\x80");
    EXPECT_EQ(parse_xml("<R><![CDATA[a & b]]></R>", "R")->text, "a & b");
}

TEST(xml_reader, bounds_depth_elements_and_bytes) {
    std::string deep;
    for (int i = 0; i < 20'000; ++i) deep += "<R>";
    for (int i = 0; i < 20'000; ++i) deep += "</R>";
    EXPECT_FALSE(parse_xml(deep, "R"));
    std::string wide = "<R>";
    for (int i = 0; i < 300; ++i) wide += "<A/>";
    wide += "</R>";
    EXPECT_EQ(parse_xml(wide, "R", {4096, 100}).error().code,
              error_code::max_message_length_exceeded);
    EXPECT_TRUE(parse_xml(wide, "R", {4096, 301}));
    EXPECT_EQ(parse_xml(wide, "R", {100, 400}).error().code,
              error_code::max_message_length_exceeded);
}

}  // namespace
}  // namespace sluice::s3
