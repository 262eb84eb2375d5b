#include <gtest/gtest.h>

#include <algorithm>

#include "auth/keys/envelope.hpp"
#include "auth/keys/key_ring.hpp"
#include "auth/keys/object_cipher.hpp"
#include "gateway/core/encoding.hpp"

namespace sluice::auth {
namespace {

constexpr std::size_t chunk = cipher_chunk_bytes;
constexpr std::size_t tag = aes_256_gcm::tag_bytes;

secret_key key_of(char fill) { return secret_key(as_bytes(std::string(32, fill))); }

std::string text_of(std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i * 31 + i / 251);
    return out;
}

std::string sealed(std::string_view plain, std::uint32_t part, std::size_t piece,
                   secret_key const& key, std::uint64_t seed = 1,
                   std::optional<std::uint64_t> expected = {}) {
    seeded_random random(seed);
    payload_sealer sealer(key, part, random, expected);
    std::string out;
    while (!plain.empty()) {
        out += as_chars(sealer.ready());
        auto const room = sealer.room();
        auto const taken = std::min({room.size(), plain.size(), piece});
        std::copy_n(as_bytes(plain).begin(), taken, room.begin());
        sealer.filled(taken);
        plain.remove_prefix(taken);
    }
    out += as_chars(sealer.ready());
    out += as_chars(sealer.finish());
    return out;
}

// What the opener asks for, given in pieces.
result<std::string> opened(std::string const& stored, std::vector<sealed_part> parts,
                           std::uint64_t offset, std::uint64_t length, std::size_t piece,
                           secret_key const& key) {
    SLUICE_TRY(auto opener, range_opener::make(key, std::move(parts), offset, length));
    if (auto const head = opener.header()) {
        SLUICE_CHECK(opener.take_header(as_bytes(stored).subspan(head->offset, head->length)));
    }
    auto const body = opener.body();
    if (body.offset + body.length > stored.size()) return failure{error::corrupt, "too short"};
    std::string out;
    for (std::uint64_t at = 0; at < body.length; at += piece) {
        auto const size = std::min<std::uint64_t>(piece, body.length - at);
        std::string into(range_opener::most_of(size), '\0');
        SLUICE_TRY(auto const made,
                   opener.open(as_bytes(stored).subspan(body.offset + at, size),
                               std::as_writable_bytes(std::span{into})));
        out.append(into, 0, made);
    }
    EXPECT_EQ(opener.remaining(), 0u);
    return out;
}

error code_of(result<std::string> const& what) { return what ? error{} : what.error().code; }

TEST(object_cipher, derives_as_rfc_5869_says) {
    // Test case 1, the first 32 of its bytes.
    auto const key = hkdf_sha256(as_bytes(std::string(22, '\x0b')),
                                 hex_decode("000102030405060708090a0b0c").value(),
                                 hex_decode("f0f1f2f3f4f5f6f7f8f9").value());
    EXPECT_EQ(hex_encode(key.bytes()),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

TEST(object_cipher, sizes) {
    EXPECT_EQ(sealed_size(0), 0u);
    EXPECT_EQ(sealed_size(1), 32u + 1 + tag);
    EXPECT_EQ(sealed_size(chunk), 32u + chunk + tag);
    EXPECT_EQ(sealed_size(chunk + 1), 32u + chunk + 1 + 2 * tag);
    for (std::uint64_t plain : {std::uint64_t{0}, std::uint64_t{1}, chunk - 1, chunk, chunk + 1,
                                5 * chunk, std::uint64_t{5} << 30})
        EXPECT_EQ(plain_size(sealed_size(plain)).value(), plain);
    // Less than a header and one byte, or a last chunk without one.
    for (std::uint64_t stored : {std::uint64_t{1}, std::uint64_t{32}, std::uint64_t{48},
                                 sealed_size(chunk) + 1, sealed_size(chunk) + tag})
        EXPECT_TRUE(plain_size(stored).has_error()) << stored;
}

TEST(object_cipher, seals_and_opens_every_size) {
    auto const key = key_of('k');
    for (std::size_t size : {std::size_t{1}, std::size_t{17}, chunk - 1, chunk, chunk + 1,
                             2 * chunk, 16 * chunk + 1}) {
        auto const plain = text_of(size);
        for (std::size_t piece : {std::size_t{1000}, chunk, std::size_t{300'000}}) {
            auto const stored = sealed(plain, 0, piece, key);
            ASSERT_EQ(stored.size(), sealed_size(size));
            EXPECT_EQ(stored.find(plain.substr(0, 16)), std::string::npos);
            for (std::size_t read : {std::size_t{777}, chunk, std::size_t{1} << 20})
                EXPECT_TRUE(opened(stored, {{0, stored.size()}}, 0, size, read, key).value() ==
                            plain);
        }
        // Declared as fewer bytes, and as more.
        EXPECT_EQ(sealed(plain, 0, 1000, key, 1, 1), sealed(plain, 0, 1000, key));
        EXPECT_EQ(sealed(plain, 0, 1000, key, 1, 1 << 30), sealed(plain, 0, 1000, key));
    }
    EXPECT_TRUE(sealed("", 0, 1, key).empty());
}

TEST(object_cipher, opens_ranges_around_the_borders_of_chunks) {
    auto const key = key_of('k');
    auto const plain = text_of(3 * chunk + 100);
    auto const stored = sealed(plain, 0, 5000, key);
    std::vector<std::size_t> edges;
    for (std::size_t border : {std::size_t{0}, chunk, 2 * chunk, 3 * chunk, plain.size()})
        for (int step : {-2, -1, 0, 1, 2})
            if (auto const at = static_cast<std::int64_t>(border) + step;
                at >= 0 && at <= static_cast<std::int64_t>(plain.size()))
                edges.push_back(static_cast<std::size_t>(at));
    for (auto const from : edges)
        for (auto const to : edges) {
            if (from >= to) continue;
            auto const got = opened(stored, {{0, stored.size()}}, from, to - from, 40'000, key);
            ASSERT_TRUE(got.value() == plain.substr(from, to - from)) << from << " " << to;
        }
    EXPECT_EQ(code_of(opened(stored, {{0, stored.size()}}, 0, plain.size() + 1, 1000, key)),
              error::out_of_range);
}

TEST(object_cipher, opens_ranges_over_parts) {
    auto const key = key_of('k');
    std::vector<std::string> plains{text_of(2 * chunk), text_of(10), "", text_of(chunk + 5)};
    std::string plain, stored;
    std::vector<sealed_part> parts;
    for (std::size_t i = 0; i < plains.size(); ++i) {
        auto const one = sealed(plains[i], static_cast<std::uint32_t>(i + 1), 5000, key, i);
        plain += plains[i];
        stored += one;
        parts.push_back({static_cast<std::uint32_t>(i + 1), one.size()});
    }
    for (std::size_t from = 0; from < plain.size(); from += 3331)
        for (std::size_t length :
             {std::size_t{1}, std::size_t{9}, chunk, 2 * chunk, plain.size() - from}) {
            if (from + length > plain.size()) continue;
            ASSERT_TRUE(opened(stored, parts, from, length, 30'000, key).value() ==
                        plain.substr(from, length))
                << from << " " << length;
        }
    // Parts in another order.
    auto const first = sealed(text_of(100), 1, 5000, key, 7);
    auto const second = sealed(text_of(100), 2, 5000, key, 8);
    std::vector<sealed_part> const two{{1, first.size()}, {2, second.size()}};
    EXPECT_TRUE(opened(first + second, two, 0, 200, 5000, key));
    EXPECT_EQ(code_of(opened(second + first, two, 0, 200, 5000, key)), error::corrupt);
}

TEST(object_cipher, notices_every_change) {
    auto const key = key_of('k');
    auto const plain = text_of(3 * chunk);
    auto const stored = sealed(plain, 0, 5000, key);
    auto const piece = sealed_chunk_bytes;
    auto const whole = [&](std::string const& bytes, secret_key const& with = key_of('k'),
                           std::uint32_t part = 0) {
        return code_of(opened(bytes, {{part, bytes.size()}}, 0,
                              plain_size(bytes.size()).value(), 100'000, with));
    };
    ASSERT_EQ(whole(stored), error{});
    // Any bit: of version, salt, ciphertext and tag.
    for (std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{31}, std::size_t{32},
                           std::size_t{32} + chunk, 32 + 2 * piece + 5, stored.size() - 1}) {
        auto changed = stored;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_EQ(whole(changed), error::corrupt) << at;
    }
    // Swapped, dropped from the front and the middle, cut off behind a whole chunk.
    auto const part = [&](std::size_t i) { return stored.substr(32 + i * piece, piece); };
    auto const head = stored.substr(0, 32);
    EXPECT_EQ(whole(head + part(1) + part(0) + part(2)), error::corrupt);
    EXPECT_EQ(whole(head + part(1) + part(2)), error::corrupt);
    EXPECT_EQ(whole(head + part(0) + part(2)), error::corrupt);
    EXPECT_EQ(whole(head + part(0) + part(1)), error::corrupt);
    // From another payload under the same data key, with that payload's header or without.
    auto const other = sealed(plain, 0, 5000, key, 2);
    EXPECT_EQ(whole(head + other.substr(32)), error::corrupt);
    EXPECT_EQ(whole(head + part(0) + other.substr(32 + piece)), error::corrupt);
    // Another key, another part.
    EXPECT_EQ(whole(stored, key_of('l')), error::corrupt);
    EXPECT_EQ(whole(stored, key, 3), error::corrupt);
}

TEST(envelopes, open_with_their_key_only) {
    seeded_random random(3);
    auto const data = secret_key::make(random);
    envelope made;
    made.kind = encryption_kind::named_key;
    made.key_id = "orders";
    made.context = R"({"a":"b"})";
    made.bucket_key = true;
    seal_data_key(made, key_of('w'), data, random);
    auto const stored = encode(made);
    auto const read = decode_envelope(stored).value();
    EXPECT_EQ(read.kind, encryption_kind::named_key);
    EXPECT_EQ(read.key_id, "orders");
    EXPECT_EQ(read.context, made.context);
    EXPECT_TRUE(read.bucket_key);
    EXPECT_EQ(as_chars(open_data_key(read, key_of('w')).value().bytes()), as_chars(data.bytes()));
    EXPECT_EQ(open_data_key(read, key_of('x')).error().code, error::corrupt);
    auto other = read;
    other.context = "{}";
    EXPECT_EQ(open_data_key(other, key_of('w')).error().code, error::corrupt);
    other = read;
    other.key_id = "other";
    EXPECT_EQ(open_data_key(other, key_of('w')).error().code, error::corrupt);
    other = read;
    other.kind = encryption_kind::server_key;
    EXPECT_EQ(open_data_key(other, key_of('w')).error().code, error::corrupt);

    EXPECT_EQ(decode_envelope("").value().kind, encryption_kind::none);
    for (std::size_t cut = 1; cut < stored.size(); ++cut)
        EXPECT_EQ(decode_envelope(stored.substr(0, cut)).error().code, error::corrupt) << cut;
    EXPECT_EQ(decode_envelope(stored + "x").error().code, error::corrupt);
    EXPECT_EQ(decode_envelope("\x02" + stored.substr(1)).error().code, error::unsupported);
}

TEST(key_rings, keep_keys_sealed) {
    seeded_random random(4);
    auto const seal = sealer::make(std::string(32, 's')).value();
    key_ring ring(seal);
    auto made = ring.make("orders-2026.x_1", unix_millis{5}, random);
    EXPECT_FALSE(ring.find("orders-2026.x_1"));
    ASSERT_TRUE(ring.put(made));
    auto const key = ring.usable("orders-2026.x_1");
    ASSERT_TRUE(key);
    EXPECT_EQ(made.sealed_key.find(as_chars(key->bytes())), std::string::npos);

    auto const read = decode_named_key(encode(made)).value();
    EXPECT_EQ(read.id, made.id);
    EXPECT_EQ(read.created, made.created);
    EXPECT_TRUE(read.enabled);
    key_ring again(seal);
    ASSERT_TRUE(again.put(read));
    EXPECT_EQ(as_chars(again.usable(made.id)->bytes()), as_chars(key->bytes()));

    made.enabled = false;
    ASSERT_TRUE(ring.put(made));
    EXPECT_FALSE(ring.usable(made.id));
    EXPECT_FALSE(ring.find(made.id)->enabled);
    EXPECT_EQ(ring.list().size(), 1u);

    auto const other_seal = sealer::make(std::string(32, 't')).value();
    EXPECT_EQ(key_ring(other_seal).put(made).error().code, error::corrupt);
    auto renamed = made;
    renamed.id = "another";
    EXPECT_EQ(ring.put(renamed).error().code, error::corrupt);
    EXPECT_TRUE(decode_named_key(encode(made) + "x").has_error());

    for (auto const* bad : {"", "a b", "a/b", "ä", "aws/s3"})
        EXPECT_EQ(check_key_id(bad).error().code, error::invalid_argument) << bad;
    EXPECT_TRUE(check_key_id(std::string(64, 'a')));
    EXPECT_TRUE(check_key_id(std::string(65, 'a')).has_error());
}

}  // namespace
}  // namespace sluice::auth
