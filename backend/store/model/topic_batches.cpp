#include "backend/store/model/topic_batches.hpp"

#include "backend/store/model/log_batch.hpp"
#include "gateway/core/checksum.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

constexpr std::size_t length_position = 8;
constexpr std::size_t crc_position = 17;
constexpr std::size_t attributes_position = 21;
constexpr std::int16_t codec_bits = 7;

struct named_codec {
    std::string_view name;
    log_codec codec;
};
constexpr named_codec codecs[] = {{"uncompressed", log_codec::none}, {"gzip", log_codec::gzip},
                                  {"snappy", log_codec::snappy},     {"lz4", log_codec::lz4},
                                  {"zstd", log_codec::zstd}};

result<std::string> recompressed(std::string_view batch, log_batch_header const& header,
                                 log_codec codec, std::size_t decompressed_most) {
    auto const stored = batch.substr(log_batch_header_bytes);
    std::string plain;
    if (header.codec() != log_codec::none) {
        SLUICE_TRY(plain, decompress_records(header.codec(), stored, decompressed_most));
    }
    auto const records = header.codec() == log_codec::none ? stored : std::string_view(plain);
    std::string out(batch.substr(0, log_batch_header_bytes));
    if (codec == log_codec::none) {
        out.append(records);
    } else {
        SLUICE_TRY(auto const packed, compress_records(codec, records));
        out.append(packed);
    }
    auto* const at = out.data();
    auto const attributes = (header.attributes & ~codec_bits) | static_cast<std::int16_t>(codec);
    store_big(at + length_position, static_cast<std::int32_t>(out.size() - log_batch_prefix_bytes));
    store_big(at + attributes_position, static_cast<std::int16_t>(attributes));
    store_big(at + crc_position,
              crc32c(as_bytes(std::string_view(out).substr(attributes_position))));
    return out;
}

}  // namespace

std::optional<std::optional<log_codec>> parse_compression_type(std::string_view text) {
    using found = std::optional<log_codec>;
    if (text == "producer") return found();
    for (auto const& one : codecs)
        if (one.name == text) return found(one.codec);
    return std::nullopt;
}

std::optional<bool> parse_timestamp_type(std::string_view text) {
    if (text == "LogAppendTime") return true;
    return text == "CreateTime" ? std::optional(false) : std::nullopt;
}

batch_form batch_form_of(std::map<std::string, std::string> const& settings) {
    batch_form out;
    if (auto const given = settings.find("message.timestamp.type"); given != settings.end())
        out.append_time = parse_timestamp_type(given->second).value_or(false);
    if (auto const given = settings.find("compression.type"); given != settings.end())
        out.codec = parse_compression_type(given->second).value_or(std::nullopt);
    return out;
}

result<std::string> in_form(batch_form form, std::string batches, unix_millis now,
                            std::size_t decompressed_most) {
    if (form.as_it_comes()) return batches;
    std::string out;
    for (std::string_view rest = batches; !rest.empty();) {
        SLUICE_TRY(auto const header, parse_log_batch_header(rest));
        if (header.total_bytes() > rest.size())
            return failure{error::malformed, "record batch: ends too early"};
        auto const batch = rest.substr(0, header.total_bytes());
        rest.remove_prefix(batch.size());
        auto const begins = out.size();
        if (form.codec && *form.codec != header.codec()) {
            SLUICE_TRY(auto const made, recompressed(batch, header, *form.codec, decompressed_most));
            out.append(made);
        } else {
            out.append(batch);
        }
        if (form.append_time && !header.has_append_time())
            set_append_time(out.data() + begins, out.size() - begins, now);
    }
    return out;
}

}  // namespace sluice::store
