#include "protocols/s3/wire/event_stream.hpp"

#include "gateway/core/assert.hpp"
#include "gateway/core/checksum.hpp"
#include "gateway/core/cursor.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {
namespace {

constexpr std::uint8_t string_type = 7;
constexpr std::size_t prelude_bytes = 8, checksum_bytes = 4;

void append_event(std::string_view type, std::string_view content_type, std::string_view payload,
                  std::string& out) {
    std::array<event_header, 3> const headers{{{":message-type", "event"},
                                               {":event-type", type},
                                               {":content-type", content_type}}};
    append_message(std::span(headers).first(content_type.empty() ? 2 : 3), payload, out);
}

void append_counts(std::string_view name, select_counts const& counts, std::string& out) {
    auto document = xml_writer::plain(name);
    document.element("BytesScanned", std::to_string(counts.scanned))
        .element("BytesProcessed", std::to_string(counts.processed))
        .element("BytesReturned", std::to_string(counts.returned));
    append_event(name, "text/xml", std::move(document).finish(), out);
}

}  // namespace

void append_message(std::span<event_header const> headers, std::string_view payload,
                    std::string& out) {
    SLUICE_ASSERT(payload.size() <= event_payload_max);
    auto const begin = out.size();
    byte_writer to(out);
    to.big(std::uint32_t{0}).big(std::uint32_t{0}).big(std::uint32_t{0});
    auto const headers_begin = out.size();
    for (auto const& [name, whole] : headers) {
        auto const value = whole.substr(0, event_header_value_max);
        to.big(static_cast<std::uint8_t>(name.size())).raw(name).big(string_type);
        to.big(static_cast<std::uint16_t>(value.size())).raw(value);
    }
    auto const headers_size = out.size() - headers_begin;
    to.raw(payload);
    auto const total = out.size() - begin + checksum_bytes;
    store_big(out.data() + begin, static_cast<std::uint32_t>(total));
    store_big(out.data() + begin + 4, static_cast<std::uint32_t>(headers_size));
    auto const written = std::string_view(out).substr(begin);
    store_big(out.data() + begin + prelude_bytes, crc32(as_bytes(written.substr(0, prelude_bytes))));
    to.big(crc32(as_bytes(std::string_view(out).substr(begin))));
}

void append_records(std::string_view records, std::string& out) {
    while (!records.empty()) {
        auto const piece = records.substr(0, event_payload_max);
        append_event("Records", "application/octet-stream", piece, out);
        records.remove_prefix(piece.size());
    }
}

void append_progress(select_counts const& counts, std::string& out) {
    append_counts("Progress", counts, out);
}

void append_stats(select_counts const& counts, std::string& out) {
    append_counts("Stats", counts, out);
}

void append_continuation(std::string& out) {
    append_event("Cont", {}, {}, out);
}

void append_end(std::string& out) {
    append_event("End", {}, {}, out);
}

void append_error(std::string_view code, std::string_view message, std::string& out) {
    std::array<event_header, 3> const headers{
        {{":message-type", "error"}, {":error-code", code}, {":error-message", message}}};
    append_message(headers, {}, out);
}

}  // namespace sluice::s3
