#include "protocols/s3/model/access_log.hpp"

#include <fmt/format.h>

#include <array>

#include "auth/authn/uri_encoding.hpp"
#include "gateway/core/cursor.hpp"
#include "gateway/core/ids.hpp"
#include "protocols/http/date.hpp"

namespace sluice::s3 {
namespace {

// Stored numbers: never renumber.
enum class field : std::uint8_t {
    bucket = 1,
    prefix = 2,
    format = 3,
    type = 4,
    key_prefix = 5,
    key_suffix = 6,
    roll_seconds = 7,
};

constexpr std::uint8_t journal_record_version = 1;

// A request line may be 16 KiB; a line of the log is not.
constexpr std::size_t client_text_bytes = 2048;

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// "2026-11-30T08:49:37.000Z", taken apart.
struct date_texts {
    explicit date_texts(unix_millis time) : iso(http::iso_date(time)) {}
    std::string_view year() const { return std::string_view(iso).substr(0, 4); }
    std::string_view month() const { return std::string_view(iso).substr(5, 2); }
    std::string_view day() const { return std::string_view(iso).substr(8, 2); }
    std::string_view time() const { return std::string_view(iso).substr(11, 8); }
    std::string const iso;
};

std::string log_time(unix_millis time) {
    date_texts const at(time);
    auto const month = static_cast<std::size_t>((at.iso[5] - '0') * 10 + at.iso[6] - '1');
    return fmt::format("[{}/{}/{}:{} +0000]", at.day(), months[month % months.size()], at.year(),
                       at.time());
}

std::string_view or_dash(std::string_view text) { return text.empty() ? "-" : text; }

// What a client wrote, for a place outside quotes.
std::string bare(std::string_view text) {
    if (text.empty()) return "-";
    std::string out;
    for (auto const c : text.substr(0, client_text_bytes)) {
        auto const byte = static_cast<unsigned char>(c);
        if (byte > ' ' && byte < 0x7f && c != '"') out.push_back(c);
        else out += fmt::format("%{:02X}", byte);
    }
    return out;
}

// The same between quotes.
std::string quoted_text(std::string_view text) {
    std::string out = "\"";
    if (text.empty()) out += '-';
    for (auto const c : text.substr(0, client_text_bytes)) {
        auto const byte = static_cast<unsigned char>(c);
        if (byte >= ' ' && byte != 0x7f && c != '"') out.push_back(c);
        else out += fmt::format("%{:02X}", byte);
    }
    return out + '"';
}

template <class Number>
std::string or_dash(bool is_known, Number value) {
    return is_known ? fmt::format("{}", value) : "-";
}

}  // namespace

std::string encode(access_log_target const& target) {
    std::string bytes;
    byte_writer out(bytes);
    auto const put = [&](field which, std::string_view value) {
        out.varint(static_cast<std::uint8_t>(which)).sized(value);
    };
    put(field::bucket, target.bucket);
    if (!target.prefix.empty()) put(field::prefix, target.prefix);
    char const format = static_cast<char>(target.format);
    if (target.format != log_key_format::unsaid) put(field::format, std::string_view(&format, 1));
    char const type = static_cast<char>(target.type);
    if (target.type != log_type::unsaid) put(field::type, std::string_view(&type, 1));
    if (target.key_prefix) put(field::key_prefix, *target.key_prefix);
    if (target.key_suffix) put(field::key_suffix, *target.key_suffix);
    std::string seconds;
    byte_writer(seconds).varint(target.roll_seconds);
    if (target.roll_seconds != 0) put(field::roll_seconds, seconds);
    return bytes;
}

namespace {

// A number of one byte, below `count`.
template <class Enumeration>
bool take_small(std::string_view value, std::uint8_t count, Enumeration& into) {
    if (value.size() != 1 || static_cast<unsigned char>(value.front()) >= count) return false;
    into = static_cast<Enumeration>(value.front());
    return true;
}

bool take_seconds(std::string_view value, std::uint32_t& into) {
    byte_reader in(value);
    auto const seconds = in.varint();
    if (!in.ok() || !in.at_end() || seconds > log_roll_seconds_max) return false;
    into = static_cast<std::uint32_t>(seconds);
    return true;
}

bool take_field(std::uint64_t which, std::string_view value, access_log_target& into) {
    if (which > static_cast<std::uint64_t>(field::roll_seconds)) return false;
    switch (static_cast<field>(which)) {
        case field::bucket: into.bucket = value; return true;
        case field::prefix: into.prefix = value; return true;
        case field::format: return take_small(value, log_key_formats, into.format);
        case field::type: return take_small(value, log_types, into.type);
        case field::key_prefix: into.key_prefix = value; return true;
        case field::key_suffix: into.key_suffix = value; return true;
        case field::roll_seconds: return take_seconds(value, into.roll_seconds);
    }
    return false;
}

}  // namespace

bool take_access_log_target(std::string_view bytes, access_log_target& into) {
    byte_reader in(bytes);
    std::uint64_t last = 0;
    while (in.ok() && !in.at_end()) {
        auto const which = in.varint();
        auto const value = in.sized();
        if (!in.ok() || which <= last) return false;
        last = which;
        if (!take_field(which, value, into)) return false;
    }
    return in.ok() && !into.bucket.empty();
}

bool access_log_target::covers(std::string_view key) const noexcept {
    return (!key_prefix || key.starts_with(*key_prefix)) &&
           (!key_suffix || key.ends_with(*key_suffix));
}

std::string log_object_key(access_log_target const& target, log_object const& object) {
    bool const by_event = target.format == log_key_format::by_event_time;
    date_texts const at(by_event ? object.event : object.delivery);
    auto out = target.prefix;
    if (by_event || target.format == log_key_format::by_delivery_time)
        out += fmt::format("{}/{}/{}/{}/{}/{}/", object.account_id, object.region,
                           object.source_bucket, at.year(), at.month(), at.day());
    std::string time(by_event ? "00:00:00" : at.time());
    for (auto& c : time)
        if (c == ':') c = '-';
    return out + fmt::format("{}-{}-{}-{}-{}", at.year(), at.month(), at.day(), time, object.unique);
}

std::string access_log_line(access_log_entry const& entry) {
    bool const turned = entry.turn_around.count() >= 0;
    return fmt::format(
        "{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} - -\n",
        or_dash(entry.owner), or_dash(entry.bucket), log_time(entry.time), or_dash(entry.address),
        bare(entry.requester), or_dash(entry.request_id), or_dash(entry.operation),
        entry.key.empty() ? std::string("-") : auth::uri_encode(entry.key, true),
        quoted_text(entry.request_line), or_dash(entry.status != 0, entry.status),
        or_dash(entry.error_code), or_dash(entry.bytes_sent != 0, entry.bytes_sent),
        or_dash(entry.has_object, entry.object_bytes), entry.total.count(),
        or_dash(turned, entry.turn_around.count()), quoted_text(entry.referer),
        quoted_text(entry.user_agent), or_dash(entry.version), or_dash(entry.host_id),
        or_dash(entry.signature), or_dash(entry.cipher), or_dash(entry.authentication),
        bare(entry.host), or_dash(entry.tls_version));
}

std::string journal_line(journal_entry const& entry) {
    return fmt::format("{} {} {} {} {} {} {} {}\n", or_dash(entry.owner), or_dash(entry.bucket),
                       log_time(entry.time), or_dash(entry.operation),
                       entry.key.empty() ? std::string("-") : auth::uri_encode(entry.key, true),
                       or_dash(entry.size.has_value(), entry.size.value_or(0)),
                       or_dash(entry.version), or_dash(entry.etag));
}

std::string encode(journal_record const& record) {
    std::string bytes;
    byte_writer out(bytes);
    out.little(journal_record_version).varint(to_underlying(record.owner));
    out.sized(encode(record.target)).sized(record.line);
    return bytes;
}

result<journal_record> decode_journal_record(std::string_view bytes) {
    byte_reader in(bytes);
    if (in.little<std::uint8_t>() > journal_record_version)
        return failure{error::unsupported, "a journal record of a later version"};
    journal_record record;
    record.owner = principal_id{in.varint()};
    auto const target = in.sized();
    record.line = in.sized();
    if (!in.ok() || !in.at_end() || !take_access_log_target(target, record.target))
        return failure{error::corrupt, "a record in the journal of a bucket"};
    return record;
}

}  // namespace sluice::s3
