#include <gtest/gtest.h>

#include "gateway/core/encoding.hpp"
#include "protocols/s3/wire/event_stream.hpp"

namespace sluice::s3 {
namespace {

// Each was taken apart by botocore's own decoder (botocore.eventstream.EventStreamBuffer).
TEST(event_stream, writes_what_botocore_reads) {
    std::string records, cont, end, error;
    append_records("a,b\n", records);
    append_continuation(cont);
    append_end(end);
    append_error("CastFailed", "no", error);
    EXPECT_EQ(hex_encode(records), 
              "0000006900000055ea016f2e0d3a6d6573736167652d747970650700056576656e740b3a6576656e"
              "742d747970650700075265636f7264730d3a636f6e74656e742d747970650700186170706c696361"
              "74696f6e2f6f637465742d73747265616d612c620ae367eb1d");
    EXPECT_EQ(hex_encode(cont), 
              "00000039000000298ba19df20d3a6d6573736167652d747970650700056576656e740b3a6576656e"
              "742d74797065070004436f6e749c864a0d");
    EXPECT_EQ(hex_encode(end), 
              "0000003800000028c1c684d40d3a6d6573736167652d747970650700056576656e740b3a6576656e"
              "742d74797065070003456e64cf97d392");
    EXPECT_EQ(hex_encode(error), 
              "0000005300000043f5447a580d3a6d6573736167652d747970650700056572726f720b3a6572726f"
              "722d636f646507000a436173744661696c65640e3a6572726f722d6d6573736167650700026e6fd7"
              "54b175");
}

TEST(event_stream, divides_records_into_messages) {
    std::string out;
    append_records(std::string(event_payload_max + 1, 'x'), out);
    std::string one, other;
    append_records(std::string(event_payload_max, 'x'), one);
    append_records("x", other);
    EXPECT_EQ(out.size(), one.size() + other.size());
    out.clear();
    append_records("", out);
    EXPECT_EQ(out, "");
}

TEST(event_stream, cuts_what_no_header_holds) {
    std::string out;
    append_error("X", std::string(100'000, 'm'), out);
    EXPECT_LT(out.size(), event_header_value_max + 200);
}

TEST(event_stream, states_counts) {
    std::string out;
    append_stats({1, 2, 3}, out);
    EXPECT_NE(out.find("<Stats><BytesScanned>1</BytesScanned><BytesProcessed>2</BytesProcessed>"
                       "<BytesReturned>3</BytesReturned></Stats>"),
              std::string::npos);
    EXPECT_NE(out.find("text/xml"), std::string::npos);
}

}  // namespace
}  // namespace sluice::s3
