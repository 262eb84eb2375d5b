#include "auth/audit/audit_record.hpp"

namespace sluice::auth {
namespace {

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t utf8_length(std::string_view text) noexcept {
    auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    auto tail = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
    auto first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        bool shortest = first != 0xe0 || byte(1) >= 0xa0;
        bool no_surrogate = first != 0xed || byte(1) < 0xa0;
        return tail(1) && tail(2) && shortest && no_surrogate ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        bool shortest = first != 0xf0 || byte(1) >= 0x90;
        bool in_range = first != 0xf4 || byte(1) < 0x90;
        return tail(1) && tail(2) && tail(3) && shortest && in_range ? 4 : 0;
    }
    return 0;
}

void append_escaped(std::string& out, char c) {
    constexpr char digits[] = "0123456789abcdef";
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    auto value = static_cast<unsigned char>(c);
    if (value >= 0x20 && value != 0x7f) {
        out += c;
        return;
    }
    out += "\\u00";
    out += digits[value >> 4];
    out += digits[value & 15];
}

// A JSON object under construction; leaves out empty texts.
class object_text {
public:
    explicit object_text(std::string& out) : out_(out) { out_ += '{'; }
    void text(char const* name, std::string_view value) {
        if (value.empty()) return;
        key(name);
        append_json_text(out_, value);
    }
    void number(char const* name, std::uint64_t value) {
        key(name);
        out_ += std::to_string(value);
    }
    void texts(char const* name, std::vector<std::string> const& values) {
        if (values.empty()) return;
        key(name);
        char before = '[';
        for (auto const& value : values) {
            out_ += before;
            append_json_text(out_, value);
            before = ',';
        }
        out_ += ']';
    }
    void end() { out_ += '}'; }

private:
    void key(char const* name) {
        if (out_.back() != '{') out_ += ',';
        out_ += '"';
        out_ += name;
        out_ += "\":";
    }
    std::string& out_;
};

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
    constexpr std::string_view replacement = "\xef\xbf\xbd";
    bool cut = text.size() > longest_audit_text;
    if (cut) text = text.substr(0, longest_audit_text);
    out += '"';
    while (!text.empty()) {
        auto length = utf8_length(text);
        if (length == 0) out += replacement;
        else if (length == 1) append_escaped(out, text[0]);
        else out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    if (cut) out += "...";
    out += '"';
}

std::string encode(audit_record const& record) {
    std::string out;
    out.reserve(512);
    object_text object(out);
    object.number("time_ms", static_cast<std::uint64_t>(to_underlying(record.time)));
    object.text("protocol", record.protocol);
    object.text("principal", record.principal);
    object.texts("on_behalf_of", record.on_behalf_of);
    object.text("auth_method", record.auth_method);
    object.text("credential_id", record.credential_id);
    object.text("client_address", record.client_address);
    object.text("operation", record.operation);
    object.text("verb", record.verb);
    object.text("class", name_of(record.filed_under));
    object.text("resource_kind", name_of(record.kind));
    object.text("resource", record.resource);
    object.text("decision", name_of(record.decided.effect));
    object.text("rule", rule_label(record.decided.rule));
    object.text("status", record.status);
    object.number("count", record.count);
    object.number("bytes", record.bytes);
    if (record.rows != 0) object.number("rows", record.rows);
    object.text("request_id", record.request_id);
    object.number("policy_epoch", record.policy_epoch);
    object.end();
    return out;
}

}  // namespace sluice::auth
