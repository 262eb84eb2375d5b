#include "gateway/admin/control_codec.hpp"

#include <boost/json.hpp>

#include "gateway/core/cursor.hpp"

namespace sluice::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t header_bytes = 4;
constexpr std::size_t nesting_limit = 4;

json::object object_of(control_fields const& fields) {
    json::object out;
    for (auto const& [name, text] : fields) out[name] = text;
    return out;
}

failure malformed(std::string_view what) {
    return {error::malformed, "control message: " + std::string(what)};
}

result<json::object> parse_object(std::string_view text) {
    json::parse_options options;
    options.max_depth = nesting_limit;
    boost::system::error_code status;
    auto value = json::parse(json::string_view(text.data(), text.size()), status, {}, options);
    if (status) return malformed("not JSON");
    if (!value.is_object()) return malformed("not an object");
    return std::move(value.get_object());
}

result<control_fields> fields_of(json::value const& value) {
    if (!value.is_object()) return malformed("expected an object of texts");
    control_fields fields;
    for (auto const& member : value.get_object()) {
        if (!member.value().is_string()) return malformed("expected an object of texts");
        auto const& text = member.value().get_string();
        fields.emplace_back(std::string(member.key().data(), member.key().size()),
                            std::string(text.data(), text.size()));
    }
    return fields;
}

result<std::string> text_of(json::object const& object, std::string_view name) {
    auto const* value = object.if_contains(json::string_view(name.data(), name.size()));
    if (!value || !value->is_string()) return malformed(std::string(name) + " must be a text");
    return std::string(value->get_string().data(), value->get_string().size());
}

std::optional<error> error_named(std::string_view name) {
    for (unsigned value = 0; value <= static_cast<unsigned>(error::corrupt); ++value)
        if (name_of(static_cast<error>(value)) == name) return static_cast<error>(value);
    return std::nullopt;
}

}  // namespace

std::string const* control_request::find(std::string_view name) const noexcept {
    for (auto const& [key, text] : arguments)
        if (key == name) return &text;
    return nullptr;
}

std::string encode_frame(std::string_view text) {
    std::string out;
    byte_writer(out).big(static_cast<std::uint32_t>(text.size())).raw(text);
    return out;
}

std::string encode(control_request const& request) {
    json::object object;
    object["command"] = request.command;
    object["arguments"] = object_of(request.arguments);
    return encode_frame(json::serialize(object));
}

std::string encode(control_reply const& reply) {
    json::object object;
    if (auto const* row = std::get_if<control_row>(&reply)) {
        object["row"] = object_of(row->fields);
    } else if (auto const* done = std::get_if<control_done>(&reply)) {
        object["done"] = done->text;
    } else {
        auto const& failed = std::get<control_failed>(reply);
        auto const name = name_of(failed.code);
        object["failed"] = json::string_view(name.data(), name.size());
        object["text"] = failed.text;
    }
    return encode_frame(json::serialize(object));
}

result<control_request> decode_request(std::string_view text) {
    SLUICE_TRY(auto const object, parse_object(text));
    control_request request;
    SLUICE_TRY(request.command, text_of(object, "command"));
    auto const* arguments = object.if_contains("arguments");
    if (object.size() != (arguments ? 2u : 1u)) return malformed("unknown member");
    if (arguments) {
        SLUICE_TRY(request.arguments, fields_of(*arguments));
    }
    return request;
}

result<control_reply> decode_reply(std::string_view text) {
    SLUICE_TRY(auto const object, parse_object(text));
    if (auto const* row = object.if_contains("row"); row && object.size() == 1) {
        SLUICE_TRY(auto fields, fields_of(*row));
        return control_reply{control_row{std::move(fields)}};
    }
    if (object.contains("done") && object.size() == 1) {
        SLUICE_TRY(auto done, text_of(object, "done"));
        return control_reply{control_done{std::move(done)}};
    }
    if (object.size() != 2) return malformed("unknown member");
    SLUICE_TRY(auto const name, text_of(object, "failed"));
    auto const code = error_named(name);
    if (!code) return malformed("unknown error name");
    SLUICE_TRY(auto description, text_of(object, "text"));
    return control_reply{control_failed{*code, std::move(description)}};
}

std::string json_object(control_fields const& fields) { return json::serialize(object_of(fields)); }

std::size_t frame_decoder::wanted() const noexcept {
    if (held_.size() < header_bytes) return header_bytes - held_.size();
    auto const whole = header_bytes + std::size_t{load_big<std::uint32_t>(held_.data())};
    return whole > held_.size() && whole - header_bytes <= limit_ ? whole - held_.size() : 0;
}

result<std::optional<std::string>> frame_decoder::next() {
    if (held_.size() < header_bytes) return std::optional<std::string>{};
    std::size_t const length = load_big<std::uint32_t>(held_.data());
    if (length > limit_)
        return failure{error::too_large, "control message: longer than limits.control_message"};
    if (held_.size() < header_bytes + length) return std::optional<std::string>{};
    std::string frame = held_.substr(header_bytes, length);
    held_.erase(0, header_bytes + length);
    return std::optional<std::string>{std::move(frame)};
}

}  // namespace sluice::gateway
