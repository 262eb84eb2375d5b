#include "backend/store/model/log_compression.hpp"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <memory>

#include "gateway/core/bytes.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

// Output grows by steps of this size, so that a small input cannot ask for much at once.
constexpr std::size_t step_bytes = 64 * kibibyte;
constexpr std::string_view xerial_magic{"\x82SNAPPY\0", 8};
constexpr std::size_t xerial_block_bytes = 32 * kibibyte;
constexpr int gzip_window_bits = 15 + 16;   // the largest window, gzip's header
constexpr int zstd_level = 3;

failure bad(char const* what) {
    return failure{error::malformed, std::string("compressed records: ") + what};
}
failure too_much() {
    return failure{error::too_large, "limits.kafka_decompressed_batch"};
}

// More room at the end of `out`, within the bound; false: there is none.
bool grow(std::string& out, std::size_t used, std::size_t most) {
    if (used >= most) return false;
    out.resize(std::min(most, std::max(used * 2, used + step_bytes)));
    return true;
}

struct inflater {
    z_stream stream{};
    bool open = false;
    ~inflater() {
        if (open) inflateEnd(&stream);
    }
};

result<std::string> gunzip(std::string_view in, std::size_t most) {
    inflater zip;
    if (inflateInit2(&zip.stream, gzip_window_bits) != Z_OK) return bad("gzip does not start");
    zip.open = true;
    auto& stream = zip.stream;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream.avail_in = static_cast<uInt>(in.size());
    std::string out;
    std::size_t used = 0;
    for (;;) {
        // One byte more than is allowed shows that there is more.
        if (used == out.size() && !grow(out, used, most + 1)) return too_much();
        auto const room = out.size() - used;
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
        stream.avail_out = static_cast<uInt>(room);
        auto const code = inflate(&stream, Z_NO_FLUSH);
        used += room - stream.avail_out;
        if (used > most) return too_much();
        if (code == Z_STREAM_END) {
            if (stream.avail_in == 0) break;
            if (inflateReset(&stream) != Z_OK) return bad("gzip");   // members follow each other
        } else if (code != Z_OK || (stream.avail_in == 0 && stream.avail_out != 0)) {
            return bad("gzip");
        }
    }
    out.resize(used);
    return out;
}

result<void> append_snappy(std::string_view in, std::size_t most, std::string& out) {
    std::size_t length = 0;
    if (!snappy::GetUncompressedLength(in.data(), in.size(), &length)) return bad("snappy");
    if (length > most - out.size()) return too_much();
    // A byte of snappy stands for 64 of output at most (a copy of 3 bytes gives 64).
    if (length / 64 > in.size()) return bad("snappy");
    auto const before = out.size();
    out.resize(before + length);
    if (!snappy::RawUncompress(in.data(), in.size(), out.data() + before)) return bad("snappy");
    return success();
}

result<std::string> unsnap(std::string_view in, std::size_t most) {
    std::string out;
    if (!in.starts_with(xerial_magic)) {
        SLUICE_CHECK(append_snappy(in, most, out));
        return out;
    }
    byte_reader reader(in.substr(xerial_magic.size()));
    reader.raw(2 * sizeof(std::int32_t));   // version, compatible version
    while (!reader.at_end()) {
        auto const length = reader.big<std::uint32_t>();
        auto const block = reader.raw(length);
        if (!reader.ok()) return bad("snappy");
        SLUICE_CHECK(append_snappy(block, most, out));
    }
    if (!reader.ok()) return bad("snappy");
    return out;
}

struct lz4_free {
    void operator()(LZ4F_dctx* context) const noexcept { LZ4F_freeDecompressionContext(context); }
};

// What Kafka's own reader takes: it has no frames whose blocks refer to each other.
bool is_readable_lz4(std::string_view frame) {
    constexpr std::string_view magic{"\x04\x22\x4d\x18"};
    constexpr unsigned independent_blocks = 0x20;
    return frame.starts_with(magic) && frame.size() > magic.size() &&
           (static_cast<unsigned char>(frame[magic.size()]) & independent_blocks) != 0;
}

result<std::string> unlz4(std::string_view in, std::size_t most) {
    LZ4F_dctx* made = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION)))
        return bad("lz4 does not start");
    std::unique_ptr<LZ4F_dctx, lz4_free> const context(made);
    std::string out;
    std::size_t used = 0;
    std::size_t wanted = 0;   // 0: a frame is complete
    do {
        if (wanted == 0 && !is_readable_lz4(in)) return bad("no lz4 frame of independent blocks");
        if (used == out.size() && !grow(out, used, most + 1)) return too_much();
        auto room = out.size() - used;
        auto taken = in.size();
        wanted = LZ4F_decompress(context.get(), out.data() + used, &room, in.data(), &taken,
                                 nullptr);
        if (LZ4F_isError(wanted)) return bad("lz4");
        if (taken == 0 && room == 0) return bad("lz4 ends too early");
        used += room;
        in.remove_prefix(taken);
        if (used > most) return too_much();
    } while (!in.empty() || wanted != 0);
    out.resize(used);
    return out;
}

result<std::string> unzstd(std::string_view in, std::size_t most) {
    auto const said = ZSTD_getFrameContentSize(in.data(), in.size());
    if (said == ZSTD_CONTENTSIZE_ERROR) return bad("zstd");
    if (said != ZSTD_CONTENTSIZE_UNKNOWN && said > most) return too_much();
    // In one go the output is the window: no frame header makes it reserve anything.
    std::string out;
    for (auto room = std::max(step_bytes, in.size() * 4);; room *= 2) {
        out.resize(std::min(room, most));
        auto const used = ZSTD_decompress(out.data(), out.size(), in.data(), in.size());
        if (!ZSTD_isError(used)) {
            out.resize(used);
            return out;
        }
        if (ZSTD_getErrorCode(used) != ZSTD_error_dstSize_tooSmall) return bad("zstd");
        if (out.size() == most) return too_much();
    }
}

result<std::string> gzip(std::string_view in) {
    z_stream stream{};
    constexpr int memory_level = 8;
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window_bits, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return bad("gzip does not start");
    std::string out(deflateBound(&stream, static_cast<uLong>(in.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    auto const code = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (code != Z_STREAM_END) return bad("gzip");
    return out;
}

std::string snap(std::string_view in) {
    std::string out(xerial_magic);
    byte_writer writer(out);
    writer.big(std::int32_t{1}).big(std::int32_t{1});
    std::string block;
    while (!in.empty()) {
        auto const piece = in.substr(0, xerial_block_bytes);
        snappy::Compress(piece.data(), piece.size(), &block);
        writer.big(static_cast<std::uint32_t>(block.size())).raw(block);
        in.remove_prefix(piece.size());
    }
    return out;
}

result<std::string> lz4(std::string_view in) {
    LZ4F_preferences_t preferences{};
    preferences.frameInfo.blockMode = LZ4F_blockIndependent;   // as Kafka's own writer
    std::string out(LZ4F_compressFrameBound(in.size(), &preferences), '\0');
    auto const used =
        LZ4F_compressFrame(out.data(), out.size(), in.data(), in.size(), &preferences);
    if (LZ4F_isError(used)) return bad("lz4");
    out.resize(used);
    return out;
}

result<std::string> zstd(std::string_view in) {
    std::string out(ZSTD_compressBound(in.size()), '\0');
    auto const used = ZSTD_compress(out.data(), out.size(), in.data(), in.size(), zstd_level);
    if (ZSTD_isError(used)) return bad("zstd");
    out.resize(used);
    return out;
}

}  // namespace

result<std::string> decompress_records(log_codec codec, std::string_view in, std::size_t most) {
    switch (codec) {
    case log_codec::none:
        if (in.size() > most) return too_much();
        return std::string(in);
    case log_codec::gzip: return gunzip(in, most);
    case log_codec::snappy: return unsnap(in, most);
    case log_codec::lz4: return unlz4(in, most);
    case log_codec::zstd: return unzstd(in, most);
    }
    return failure{error::unsupported, "records: an unknown codec"};
}

result<std::string> compress_records(log_codec codec, std::string_view records) {
    switch (codec) {
    case log_codec::none: return std::string(records);
    case log_codec::gzip: return gzip(records);
    case log_codec::snappy: return snap(records);
    case log_codec::lz4: return lz4(records);
    case log_codec::zstd: return zstd(records);
    }
    return failure{error::unsupported, "records: an unknown codec"};
}

}  // namespace sluice::store
