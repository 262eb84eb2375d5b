#include <gtest/gtest.h>

#include "auth/authn/amz_date.hpp"
#include "auth/authn/signing_key_cache.hpp"
#include "auth/authn/sigv4.hpp"
#include "auth/authn/sigv4_chunks.hpp"
#include "auth/authn/uri_encoding.hpp"
#include "gateway/core/crypto.hpp"
#include "tests/unit/auth/vectors.hpp"

namespace sluice::auth {
namespace {

struct owned_request {
    std::string name, method, path, query, secret, expect;
    std::vector<std::pair<std::string, std::string>> headers;
    unix_millis now{};

    // Runs `use` with a view of this request.
    template <class Use>
    auto with_view(Use use) const {
        std::vector<http_header_view> views;
        for (auto const& [key, value] : headers) views.push_back({key, value});
        return use(http_request_view{method, path, query, views});
    }
    std::string* header(std::string_view wanted) {
        for (auto& [key, value] : headers)
            if (key == wanted) return &value;
        return nullptr;
    }
};

std::vector<owned_request> golden_requests() {
    std::vector<owned_request> out;
    for (auto const& block : test::read_vectors(SLUICE_GOLDEN_FOLDER "/authn/sigv4_vectors.txt")) {
        owned_request one;
        for (auto const& [word, rest] : block) {
            if (word == "case") one.name = rest;
            else if (word == "method") one.method = rest;
            else if (word == "path") one.path = rest;
            else if (word == "query") one.query = rest;
            else if (word == "secret") one.secret = rest;
            else if (word == "expect") one.expect = rest;
            else if (word == "now") one.now = parse_amz_date(rest).value();
            else
                one.headers.emplace_back(rest.substr(0, rest.find(": ")),
                                         rest.substr(rest.find(": ") + 2));
        }
        out.push_back(std::move(one));
    }
    return out;
}

owned_request golden(std::string_view name) {
    for (auto& one : golden_requests())
        if (one.name == name) return one;
    throw std::runtime_error("no such vector");
}

// What the guard does with a request: the name of the error, or "ok".
std::string outcome(owned_request const& from, sigv4_options const& options = {}) {
    return from.with_view([&](http_request_view const& request) -> std::string {
        auto claim = parse_claim(request, options);
        if (claim.has_error()) return std::string(name_of(claim.error().code));
        auto checked = check_claim(*claim, request, options, from.now);
        if (checked.has_error()) return std::string(name_of(checked.error().code));
        auto canonical = canonical_request(*claim, request, options);
        if (canonical.has_error()) return std::string(name_of(canonical.error().code));
        auto signature =
            signature_of(signing_key(from.secret, *claim), string_to_sign(*claim, *canonical));
        return constant_time_equal(signature, claim->signature) ? "ok" : "signature_mismatch";
    });
}

unix_millis plus_seconds(unix_millis time, std::int64_t seconds) {
    return unix_millis{to_underlying(time) + seconds * 1000};
}

TEST(Sigv4, AcceptsWhatBotocoreSends) {
    auto all = golden_requests();
    ASSERT_GE(all.size(), 24u);
    for (auto const& one : all) EXPECT_EQ(outcome(one), one.expect) << one.name;
}

TEST(Sigv4, EveryChangedByteOfASignedRequestIsNoticed) {
    for (auto const& one : golden_requests()) {
        auto other = one;
        other.method = one.method == "GET" ? "HEAD" : "GET";
        EXPECT_EQ(outcome(other), "signature_mismatch") << one.name;
        other = one;
        other.path += "x";
        EXPECT_EQ(outcome(other), "signature_mismatch") << one.name;
        other = one;
        other.query += other.query.empty() ? "acl" : "&acl";
        EXPECT_EQ(outcome(other), "signature_mismatch") << one.name;
        other = one;
        other.secret += "x";
        EXPECT_EQ(outcome(other), "signature_mismatch") << one.name;
        other = one;
        *other.header("Host") += "0";
        EXPECT_EQ(outcome(other), "signature_mismatch") << one.name;
    }
}

TEST(Sigv4, AddedActingHeadersAreRefused) {
    for (auto const& one : golden_requests()) {
        for (auto const* name : {"x-amz-copy-source", "X-Amz-Acl", "x-amz-meta-new"}) {
            if (const_cast<owned_request&>(one).header(name)) continue;
            auto other = one;
            other.headers.emplace_back(name, "value");
            auto got = outcome(other);
            // Doubling a header that was signed changes its value instead.
            EXPECT_TRUE(got == "header_not_signed" || got == "signature_mismatch")
                << one.name << " " << name << got;
        }
    }
    auto one = golden("get range");
    one.headers.emplace_back("x-amzn-trace-id", "Root=1");
    EXPECT_EQ(outcome(one), "ok") << "not an x-amz- header";
}

TEST(Sigv4, ClockSkew) {
    auto one = golden("list buckets");
    auto const signed_at = one.now;
    one.now = plus_seconds(signed_at, 900);
    EXPECT_EQ(outcome(one), "ok");
    one.now = plus_seconds(signed_at, 901);
    EXPECT_EQ(outcome(one), "skewed");
    one.now = plus_seconds(signed_at, -900);
    EXPECT_EQ(outcome(one), "ok");
    one.now = plus_seconds(signed_at, -901);
    EXPECT_EQ(outcome(one), "skewed");
}

TEST(Sigv4, PresignedUrlsLiveAsLongAsTheySay) {
    auto one = golden("presigned get");
    auto const signed_at = one.now;
    one.now = plus_seconds(signed_at, 3600);
    EXPECT_EQ(outcome(one), "ok");
    one.now = plus_seconds(signed_at, 3601);
    EXPECT_EQ(outcome(one), "expired");
    one.now = plus_seconds(signed_at, -901);
    EXPECT_EQ(outcome(one), "not_yet_valid");
    for (auto const* bad : {"0", "-1", "604801", "x", "", "3600x", "99999999999999999999"}) {
        auto other = one;
        auto at = other.query.find("X-Amz-Expires=3600");
        ASSERT_NE(at, std::string::npos);
        other.query.replace(at, 18, std::string("X-Amz-Expires=") + bad);
        EXPECT_EQ(outcome(other), "invalid_expiry") << bad;
    }
}

TEST(Sigv4, PresignedPayloadHashCannotBeSlippedIn) {
    auto one = golden("presigned put");
    one.headers.emplace_back("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    EXPECT_EQ(outcome(one), "ok");
    *one.header("x-amz-content-sha256") = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    EXPECT_EQ(outcome(one), "header_not_signed");
}

TEST(Sigv4, ScopeMustBeOurs) {
    auto one = golden("list buckets");
    sigv4_options options;
    options.region = "eu-north-1";
    EXPECT_EQ(outcome(one, options), "wrong_scope");
    options.region = "";
    EXPECT_EQ(outcome(one, options), "ok");
    auto& authorization = *one.header("Authorization");
    auto const good = authorization;
    authorization.replace(authorization.find("/s3/"), 4, "/iam/");
    EXPECT_EQ(outcome(one), "wrong_scope");
    authorization = good;
    authorization.replace(authorization.find("/20260314/"), 10, "/20260313/");
    EXPECT_EQ(outcome(one), "wrong_scope");
}

TEST(Sigv4, OtherSchemes) {
    auto one = golden("list buckets");
    *one.header("Authorization") = "AWS AKIDEXAMPLE:c2lnbmF0dXJl";
    EXPECT_EQ(outcome(one), "signature_version_2");
    *one.header("Authorization") = "AWS4-ECDSA-P256-SHA256 Credential=x";
    EXPECT_EQ(outcome(one), "unsupported_algorithm");
    for (auto const* bad :
         {"AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 x",
          "AWS4-HMAC-SHA256 Credential=a/b",
          "AWS4-HMAC-SHA256 Credential=a/20260314/r/s3/aws4_request,SignedHeaders=host"}) {
        *one.header("Authorization") = bad;
        EXPECT_EQ(outcome(one), "malformed") << bad;
    }
    for (auto const* other : {"", "Basic dTpw", "Bearer x"}) {
        *one.header("Authorization") = other;
        EXPECT_EQ(outcome(one), "other_scheme") << other;
    }
    std::erase_if(one.headers, [](auto const& header) { return header.first == "Authorization"; });
    EXPECT_EQ(outcome(one), "missing");
    one.query = "AWSAccessKeyId=a&Expires=1&Signature=b";
    EXPECT_EQ(outcome(one), "signature_version_2");
}

TEST(Sigv4, AmbiguousClaimsAreMalformed) {
    auto one = golden("list buckets");
    one.headers.emplace_back("authorization", *one.header("Authorization"));
    EXPECT_EQ(outcome(one), "malformed");
    one = golden("list buckets");
    one.query = golden("presigned get").query;
    EXPECT_EQ(outcome(one), "two_signatures");
    one = golden("presigned get");
    one.query += "&X-Amz-Date=20260314T150926Z";
    EXPECT_EQ(outcome(one), "malformed");
    one = golden("list buckets");
    one.headers.emplace_back("x-amz-date", "20260314T150926Z");
    EXPECT_EQ(outcome(one), "malformed");
    one = golden("list buckets");
    one.headers.emplace_back("x-amz-security-token", "t");
    EXPECT_EQ(outcome(one), "header_not_signed");
    one.headers.emplace_back("x-amz-security-token", "t");
    EXPECT_EQ(outcome(one), "malformed");
    one = golden("list buckets");
    one.query = "X-Amz-Security-Token=t";
    EXPECT_EQ(outcome(one), "malformed");
    one = golden("list buckets");
    one.path = "/%zz";
    EXPECT_EQ(outcome(one), "bad_uri");
    one = golden("list buckets");
    std::erase_if(one.headers,
                  [](auto const& header) { return header.first == "X-Amz-Content-SHA256"; });
    EXPECT_EQ(outcome(one), "no_payload_hash");
}

TEST(Sigv4, HostMustBeSigned) {
    auto one = golden("list buckets");
    auto& authorization = *one.header("Authorization");
    auto at = authorization.find("host;");
    authorization.erase(at, 5);
    EXPECT_EQ(outcome(one), "header_not_signed");
}

TEST(Sigv4, HostileInputStaysCheap) {
    auto one = golden("list buckets");
    for (int i = 0; i < 300; ++i) one.query += "a=b&";
    EXPECT_EQ(outcome(one), "bad_uri");
    one = golden("list buckets");
    std::string names = "a";
    for (int i = 0; i < 200; ++i)
        names += ";a" + std::string(1, static_cast<char>('b' + i % 20)) + std::to_string(i);
    auto& authorization = *one.header("Authorization");
    authorization.replace(authorization.find("host;"), 4, names);
    EXPECT_EQ(outcome(one), "malformed");
    one = golden("list buckets");
    one.path = "/" + std::string(200'000, 'a');
    EXPECT_EQ(outcome(one), "malformed");
}

TEST(Sigv4, PayloadKinds) {
    auto kind_of = [](std::string const& declared) {
        auto one = golden("list buckets");
        *one.header("X-Amz-Content-SHA256") = declared;
        return one.with_view(
            [&](http_request_view const& request) { return parse_claim(request, {}); });
    };
    EXPECT_EQ(kind_of("UNSIGNED-PAYLOAD")->payload, payload_signing::unsigned_payload);
    EXPECT_EQ(kind_of("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")->payload,
              payload_signing::signed_chunks);
    EXPECT_EQ(kind_of("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")->payload,
              payload_signing::signed_chunks_with_trailer);
    EXPECT_EQ(kind_of("STREAMING-UNSIGNED-PAYLOAD-TRAILER")->payload,
              payload_signing::unsigned_chunks_with_trailer);
    EXPECT_EQ(kind_of(std::string(64, 'a'))->payload, payload_signing::literal_hash);
    EXPECT_EQ(kind_of("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD").error().code,
              sigv4_error::unsupported_algorithm);
    EXPECT_EQ(kind_of(std::string(64, 'G')).error().code, sigv4_error::payload_hash);
}

TEST(UriEncoding, AsS3SignsIt) {
    EXPECT_EQ(uri_encode("aZ09-._~/ +%\xc3\xbc", true), "aZ09-._~/%20%2B%25%C3%BC");
    EXPECT_EQ(uri_encode("/", false), "%2F");
    EXPECT_EQ(decode_path("/a+b%2fc"), "/a+b/c");
    EXPECT_EQ(decode_query_text("a+b%2B"), "a b+");
    EXPECT_FALSE(decode_path("%4"));
    auto parsed = parse_query("b=2&&a&c=x=y&a=", 10);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, (query_parameters{{"b", "2"}, {"a", ""}, {"c", "x=y"}, {"a", ""}}));
    EXPECT_FALSE(parse_query("a&b&c", 2));
}

TEST(AmzDate, BothForms) {
    EXPECT_EQ(format_amz_date(*parse_amz_date("20240229T235959Z")), "20240229T235959Z");
    EXPECT_EQ(to_underlying(*parse_amz_date("19700101T000001Z")), 1000);
    EXPECT_EQ(parse_http_date("Fri, 24 May 2013 00:00:00 GMT"), parse_amz_date("20130524T000000Z"));
    for (auto const* bad : {"", "20230229T000000Z", "20231301T000000Z", "20230101T240000Z",
                            "2023-01-01T00:00Z", "20230101T0000 0Z"})
        EXPECT_FALSE(parse_amz_date(bad)) << bad;
    EXPECT_FALSE(parse_http_date("Fri, 24 Mai 2013 00:00:00 GMT"));
}

// "Signature calculations for the Authorization header: multiple chunks", the S3 API reference's
// own example.
chunk_signature_chain documented_chain(std::string signature) {
    sigv4_claim claim;
    claim.date = "20130524";
    claim.region = "us-east-1";
    claim.service = "s3";
    return chunk_signature_chain({signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", claim),
                                  "20130524T000000Z", claim.scope(), std::move(signature)});
}
std::string const first_data(65536, 'a'), second_data(1024, 'a');

TEST(Sigv4Chunks, DocumentedChain) {
    auto chain =
        documented_chain("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
    chain.update(as_bytes(std::string_view(first_data).substr(0, 1000)));
    chain.update(as_bytes(std::string_view(first_data).substr(1000)));
    EXPECT_TRUE(
        chain.finish_chunk("ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"));
    chain.update(as_bytes(second_data));
    EXPECT_TRUE(
        chain.finish_chunk("0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"));
    EXPECT_TRUE(
        chain.finish_chunk("b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"));
}

TEST(Sigv4Chunks, DocumentedTrailer) {
    auto chain =
        documented_chain("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
    chain.update(as_bytes(first_data));
    EXPECT_TRUE(
        chain.finish_chunk("b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"));
    chain.update(as_bytes(second_data));
    EXPECT_TRUE(
        chain.finish_chunk("1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"));
    EXPECT_TRUE(
        chain.finish_chunk("2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"));
    EXPECT_TRUE(
        chain.finish_trailer("x-amz-checksum-crc32c:sOO8/Q==\n",
                             "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"));
}

TEST(Sigv4Chunks, ABrokenChainStaysBroken) {
    auto chain =
        documented_chain("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
    chain.update(as_bytes(std::string_view(first_data).substr(1)));
    EXPECT_FALSE(
        chain.finish_chunk("ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"));
    chain.update(as_bytes(second_data));
    EXPECT_FALSE(
        chain.finish_chunk("0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"));
    EXPECT_FALSE(chain.finish_chunk(""));
}

// "Example: Browser-Based Upload using HTTP POST" of the S3 API reference.
constexpr std::string_view documented_policy =
    "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsN"
    "CiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRr"
    "ZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vz"
    "c19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29t"
    "L3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUi"
    "LCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7"
    "IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIs"
    "ICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZP"
    "RE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXot"
    "YWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlU"
    "MDAwMDAwWiIgfQ0KICBdDQp9";

sigv4_form documented_form() {
    sigv4_form form;
    form.algorithm = "AWS4-HMAC-SHA256";
    form.credential = "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request";
    form.date = "20151229T000000Z";
    form.signature = "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e";
    form.policy = documented_policy;
    return form;
}

TEST(Sigv4Form, DocumentedSignature) {
    auto const form = documented_form();
    auto const claim = parse_form_claim(form);
    ASSERT_TRUE(claim);
    auto const key = signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", *claim);
    EXPECT_EQ(signature_of(key, form.policy), form.signature);
    EXPECT_EQ(claim->access_key_id, "AKIAIOSFODNN7EXAMPLE");
}

TEST(Sigv4Form, ClaimsAreStrict) {
    auto const refused = [](auto change) {
        auto form = documented_form();
        change(form);
        auto const claim = parse_form_claim(form);
        return claim ? "" : std::string(name_of(claim.error().code)) + claim.error().expected;
    };
    EXPECT_EQ(refused([](auto& form) { form.algorithm = "AWS4-ECDSA-P256-SHA256"; }),
              "unsupported_algorithm");
    EXPECT_EQ(refused([](auto& form) { form.credential = "AKIA/20151229/us-east-1/s3"; }),
              "malformedX-Amz-Credential");
    EXPECT_EQ(refused([](auto& form) { form.date = "20151229"; }), "malformedX-Amz-Date");
    EXPECT_EQ(refused([](auto& form) { form.signature = "8AFD"; }), "malformedX-Amz-Signature");
}

TEST(Sigv4Form, ScopeAndTime) {
    auto const claim = parse_form_claim(documented_form()).value();
    auto const verdict = [&](sigv4_options const& options, std::int64_t seconds_later) {
        auto const now = unix_millis{to_underlying(claim.signed_at) + seconds_later * 1000};
        auto const checked = check_form_claim(claim, options, now);
        return checked ? "" : std::string(name_of(checked.error().code));
    };
    constexpr std::int64_t week = 7 * 24 * 3600;
    EXPECT_EQ(verdict({}, 0), "");
    EXPECT_EQ(verdict({}, week), "");
    EXPECT_EQ(verdict({}, week + 1), "expired");
    EXPECT_EQ(verdict({}, -15 * 60), "");
    EXPECT_EQ(verdict({}, -15 * 60 - 1), "not_yet_valid");
    sigv4_options other;
    other.region = "eu-west-1";
    EXPECT_EQ(verdict(other, 0), "wrong_scope");
}

TEST(SigningKeyCache, BoundedAndBoundToTheSealedSecret) {
    signing_key_cache cache(8);
    sigv4_claim claim;
    claim.access_key_id = "id";
    claim.date = "20260101";
    cache.keep(claim, "sealed", "key");
    EXPECT_EQ(cache.find(claim, "sealed"), "key");
    EXPECT_FALSE(cache.find(claim, "sealed again"));
    claim.date = "20260102";
    EXPECT_FALSE(cache.find(claim, "sealed"));
    for (int i = 0; i < 1000; ++i) {
        claim.access_key_id = std::to_string(i);
        cache.keep(claim, "sealed", "key");
        ASSERT_LE(cache.size(), 8u);
    }
}

}  // namespace
}  // namespace sluice::auth
