#include "protocols/sql/records/decompressor.hpp"

#include <bzlib.h>
#include <zlib.h>

#include "gateway/core/assert.hpp"

namespace sluice::sql::records {
namespace {

record_fault wrong_format(char const* name) {
    return {fault::invalid_compression_format,
            std::string(name) + " is not applicable to the queried object."};
}

class gzip_decompressor final : public decompressor {
public:
    gzip_decompressor() { usable_ = inflateInit2(&stream_, gzip_only) == Z_OK; }
    ~gzip_decompressor() override {
        if (usable_) inflateEnd(&stream_);
    }
    gzip_decompressor(gzip_decompressor const&) = delete;
    gzip_decompressor& operator=(gzip_decompressor const&) = delete;
    bool usable() const noexcept { return usable_; }

    void feed(std::string_view bytes) override {
        SLUICE_ASSERT(used_input());
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        stream_.avail_in = static_cast<uInt>(bytes.size());
    }
    bool used_input() const noexcept override { return stream_.avail_in == 0; }
    bool is_complete() const noexcept override { return between_; }

    record_result<std::size_t> produce(byte_span out) override {
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(out.size());
        while (stream_.avail_out > 0) {
            if (stream_.avail_in == 0 && between_) break;
            if (stream_.avail_in > 0) between_ = false;
            auto const answer = inflate(&stream_, Z_NO_FLUSH);
            if (answer == Z_STREAM_END) {
                between_ = true;
                inflateReset(&stream_);
                continue;
            }
            if (answer == Z_BUF_ERROR) break;
            if (answer != Z_OK) return wrong_format("GZIP");
            if (stream_.avail_in == 0 && stream_.avail_out > 0) break;
        }
        return out.size() - stream_.avail_out;
    }

private:
    static constexpr int gzip_only = 15 + 16;
    z_stream stream_{};
    bool usable_ = false;
    bool between_ = true;  // members
};

class bzip2_decompressor final : public decompressor {
public:
    bzip2_decompressor() { usable_ = start(); }
    ~bzip2_decompressor() override {
        if (usable_) BZ2_bzDecompressEnd(&stream_);
    }
    bzip2_decompressor(bzip2_decompressor const&) = delete;
    bzip2_decompressor& operator=(bzip2_decompressor const&) = delete;
    bool usable() const noexcept { return usable_; }

    void feed(std::string_view bytes) override {
        SLUICE_ASSERT(used_input());
        stream_.next_in = const_cast<char*>(bytes.data());
        stream_.avail_in = static_cast<unsigned>(bytes.size());
    }
    bool used_input() const noexcept override { return stream_.avail_in == 0; }
    bool is_complete() const noexcept override { return between_; }

    record_result<std::size_t> produce(byte_span out) override {
        stream_.next_out = reinterpret_cast<char*>(out.data());
        stream_.avail_out = static_cast<unsigned>(out.size());
        while (stream_.avail_out > 0) {
            if (stream_.avail_in == 0 && between_) break;
            if (stream_.avail_in > 0) between_ = false;
            auto const room_before = stream_.avail_out;
            auto const answer = BZ2_bzDecompress(&stream_);
            if (answer == BZ_STREAM_END) {
                between_ = true;
                if (!restart()) return wrong_format("BZIP2");
                continue;
            }
            if (answer != BZ_OK) return wrong_format("BZIP2");
            if (stream_.avail_in == 0 && stream_.avail_out == room_before) break;
        }
        return out.size() - stream_.avail_out;
    }

private:
    bool start() { return BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK; }
    bool restart() {
        auto const kept = stream_;
        BZ2_bzDecompressEnd(&stream_);
        stream_ = {};
        usable_ = start();
        stream_.next_in = kept.next_in;
        stream_.avail_in = kept.avail_in;
        stream_.next_out = kept.next_out;
        stream_.avail_out = kept.avail_out;
        return usable_;
    }

    bz_stream stream_{};
    bool usable_ = false;
    bool between_ = true;
};

template <class Kind>
record_result<std::unique_ptr<decompressor>> make() {
    auto made = std::make_unique<Kind>();
    if (!made->usable()) return record_fault(fault::busy);
    return std::unique_ptr<decompressor>(std::move(made));
}

}  // namespace

record_result<std::unique_ptr<decompressor>> make_decompressor(compression what) {
    return what == compression::gzip ? make<gzip_decompressor>() : make<bzip2_decompressor>();
}

}  // namespace sluice::sql::records
