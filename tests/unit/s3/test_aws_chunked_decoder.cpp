#include <gtest/gtest.h>

#include "auth/authn/sigv4.hpp"
#include "protocols/s3/wire/aws_chunked_decoder.hpp"

namespace sluice::s3 {
namespace {

struct decoded {
    std::string payload;
    std::string code;  // of the refusal
    bool finished = false;
    std::string rest;
    std::vector<std::pair<std::string, std::string>> trailers;
};

// Feeds `text` in pieces; payloads longer than `bypass` are read past the decoder.
decoded decode(std::string_view text, aws_chunked_options const& options,
               std::size_t piece = SIZE_MAX, auth::chunk_signature_chain* chain = nullptr,
               std::uint64_t bypass = UINT64_MAX) {
    aws_chunked_decoder decoder(options, chain);
    decoded out;
    std::string pending;
    while (!decoder.finished() && (!text.empty() || !pending.empty())) {
        if (pending.empty() && decoder.payload_left() > bypass) {
            auto const direct =
                text.substr(0, std::min<std::uint64_t>(decoder.payload_left(), piece));
            decoder.took(direct);
            out.payload.append(direct);
            text.remove_prefix(direct.size());
            continue;
        }
        auto const arrived = text.substr(0, piece);
        pending.append(arrived);
        text.remove_prefix(arrived.size());
        while (!pending.empty() && !decoder.finished()) {
            auto const step = decoder.decode(pending);
            if (!step) {
                out.code = row_of(step.error().code).code;
                return out;
            }
            out.payload.append(step->payload);
            pending.erase(0, step->consumed);
        }
    }
    out.finished = decoder.finished();
    out.rest = pending.append(text);
    out.trailers = decoder.trailers();
    return out;
}

aws_chunked_options lengths(std::uint64_t decoded_length, bool trailer = false) {
    aws_chunked_options options;
    options.decoded_length = decoded_length;
    options.trailer_expected = trailer;
    options.smallest_chunk = 4;
    return options;
}

constexpr std::string_view unsigned_body =
    "5\r\nhello\r\n6\r\n world\r\n0\r\nX-Amz-Checksum-CRC32: DUoRhQ==\r\n\r\n";

TEST(aws_chunked_decoder, decodes_however_the_bytes_are_cut) {
    for (std::size_t piece = 1; piece <= unsigned_body.size(); ++piece) {
        auto const out = decode(unsigned_body, lengths(11, true), piece);
        EXPECT_TRUE(out.finished) << piece;
        EXPECT_EQ(out.payload, "hello world");
        EXPECT_EQ(out.rest, "");
        ASSERT_EQ(out.trailers.size(), 1u);
        EXPECT_EQ(out.trailers[0],
                  (std::pair<std::string, std::string>("x-amz-checksum-crc32", "DUoRhQ==")));
    }
}

TEST(aws_chunked_decoder, is_not_finished_before_the_last_byte) {
    for (std::size_t size = 0; size < unsigned_body.size(); ++size) {
        auto const out = decode(unsigned_body.substr(0, size), lengths(11, true), 3);
        EXPECT_FALSE(out.finished) << size;
        EXPECT_EQ(out.code, "") << size;
    }
}

TEST(aws_chunked_decoder, takes_an_empty_payload) {
    EXPECT_TRUE(decode("0\r\n\r\n", lengths(0)).finished);
    EXPECT_TRUE(decode("0\r\n\r\n", lengths(0, true)).finished);
}

TEST(aws_chunked_decoder, holds_the_sum_against_the_declared_length) {
    EXPECT_EQ(decode(unsigned_body, lengths(10, true)).code, "IncompleteBody");
    EXPECT_EQ(decode(unsigned_body, lengths(12, true)).code, "IncompleteBody");
    EXPECT_EQ(decode("ffffffffffffffff\r\n", lengths(12)).code, "IncompleteBody");
    EXPECT_EQ(decode("5\r\nhello\r\nfffffffffffffffb\r\n", lengths(12)).code, "IncompleteBody");
}

TEST(aws_chunked_decoder, refuses_small_chunks_before_the_last) {
    EXPECT_EQ(decode("3\r\nabc\r\n5\r\nhello\r\n0\r\n\r\n", lengths(8)).code,
              "InvalidChunkSizeError");
    EXPECT_TRUE(decode("5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n", lengths(8)).finished);
}

TEST(aws_chunked_decoder, ends_an_unsigned_trailer_in_either_way) {
    auto const out = decode("0\r\nx-amz-checksum-crc32:AAAAAA==\n\r\n", lengths(0, true));
    EXPECT_TRUE(out.finished);
    EXPECT_EQ(out.rest, "");
    ASSERT_EQ(out.trailers.size(), 1u);
    EXPECT_EQ(out.trailers[0].second, "AAAAAA==");
}

TEST(aws_chunked_decoder, refuses_malformed_framing) {
    for (auto const* text : {"\r\n", "x\r\n", "-5\r\n", " 5\r\n", "5\n", "5\rhello\n", "5;x=y\r\n",
                             "5\r\nhelloworld", "5\r\nhello\n", "11111111111111111\r\n"})
        EXPECT_EQ(decode(text, lengths(100)).code, "InvalidRequest") << text;
    for (auto const* text : {"0\r\nbad\r\n\r\n", "0\r\n:v\r\n\r\n", "0\r\na b:v\r\n\r\n",
                             "0\r\na:b\r\n\r\n", "0\r\nx-amz-trailer-signature:00\r\n\r\n"})
        EXPECT_EQ(decode(text, lengths(0)).code, "MalformedTrailerError") << text;
    EXPECT_EQ(decode(std::string(2000, '0'), lengths(100)).code, "InvalidRequest");
    EXPECT_EQ(decode("0\r\na:" + std::string(9000, 'v'), lengths(0, true)).code, "InvalidRequest");
}

// The examples of the S3 API reference, "Signature calculations for the authorization header:
// transferring payload in multiple chunks": 66,560 letters a in two chunks.
auth::chunk_signature_chain chain_of(std::string_view signature) {
    auth::sigv4_claim claim;
    claim.date = "20130524";
    claim.region = "us-east-1";
    claim.service = "s3";
    auth::chunk_signature_chain::seed seed;
    seed.signing_key = auth::signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", claim);
    seed.timestamp = "20130524T000000Z";
    seed.scope = claim.scope();
    seed.signature = signature;
    return auth::chunk_signature_chain(std::move(seed));
}

std::string signed_body(std::string_view first, std::string_view second, std::string_view last,
                        std::string_view trailer) {
    std::string body;
    body.append("10000;chunk-signature=")
        .append(first)
        .append("\r\n")
        .append(65536, 'a')
        .append("\r\n");
    body.append("400;chunk-signature=")
        .append(second)
        .append("\r\n")
        .append(1024, 'a')
        .append("\r\n");
    body.append("0;chunk-signature=").append(last).append("\r\n").append(trailer).append("\r\n");
    return body;
}

constexpr std::string_view seed_signature =
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
std::string const chunks_body =
    signed_body("ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
                "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
                "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9", "");

TEST(aws_chunked_decoder, follows_the_signature_chain) {
    for (std::uint64_t bypass : {std::uint64_t{0}, std::uint64_t{10'000}, UINT64_MAX}) {
        auto chain = chain_of(seed_signature);
        auto const out = decode(chunks_body, lengths(66560), 4000, &chain, bypass);
        EXPECT_TRUE(out.finished) << bypass;
        EXPECT_EQ(out.payload, std::string(66560, 'a'));
    }
}

TEST(aws_chunked_decoder, notices_any_change_to_a_signed_chunk) {
    for (std::size_t at :
         {std::size_t{30}, std::size_t{100}, std::size_t{65'700}, chunks_body.size() - 10}) {
        auto changed = chunks_body;
        changed[at] = changed[at] == 'b' ? 'c' : 'b';
        auto chain = chain_of(seed_signature);
        EXPECT_EQ(decode(changed, lengths(66560), 4000, &chain).code, "SignatureDoesNotMatch")
            << at;
    }
    auto chain = chain_of(seed_signature);
    EXPECT_EQ(decode("0\r\n\r\n", lengths(0), 4000, &chain).code, "InvalidRequest");
}

TEST(aws_chunked_decoder, follows_the_chain_into_the_trailer) {
    constexpr std::string_view seed =
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
    constexpr std::string_view first =
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2";
    constexpr std::string_view second =
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7";
    constexpr std::string_view last =
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992";
    std::string const checksum = "x-amz-checksum-crc32c:sOO8/Q==\r\n";
    std::string const signature =
        "x-amz-trailer-signature:"
        "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n";
    auto const code = [&](std::string const& trailer) {
        auto chain = chain_of(seed);
        auto const out =
            decode(signed_body(first, second, last, trailer), lengths(66560, true), 5000, &chain);
        return out.finished ? std::string("finished") : out.code;
    };
    EXPECT_EQ(code(checksum + signature), "finished");
    EXPECT_EQ(code("x-amz-checksum-crc32c:sOO8/A==\r\n" + signature), "SignatureDoesNotMatch");
    EXPECT_EQ(code(checksum), "SignatureDoesNotMatch");
    EXPECT_EQ(code(signature + checksum), "MalformedTrailerError");
    // As minio-go frames it, for which S3 has room.
    std::string const bare = "x-amz-checksum-crc32c:sOO8/Q==\n";
    EXPECT_EQ(code(bare + "\r\n" + signature), "finished");
    EXPECT_EQ(code(bare + signature), "finished");
    EXPECT_EQ(code("x-amz-checksum-crc32c:sOO8/A==\n\r\n" + signature), "SignatureDoesNotMatch");
    EXPECT_EQ(code(bare + "\n" + signature), "InvalidRequest");
    EXPECT_EQ(code(bare + "\r\n\r\n" + signature), "SignatureDoesNotMatch");
    EXPECT_EQ(code(checksum + "\r\n" + signature), "SignatureDoesNotMatch");
    EXPECT_EQ(code(bare), "");
}

}  // namespace
}  // namespace sluice::s3
