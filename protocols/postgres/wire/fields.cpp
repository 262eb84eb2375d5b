#include "protocols/postgres/wire/fields.hpp"

namespace sluice::postgres {

std::string_view as_text::read(byte_reader& in) noexcept {
    auto const end = in.rest().find('\0');
    if (end == std::string_view::npos) return in.fail(), std::string_view{};
    auto const text = in.raw(end);
    in.raw(1);
    return text;
}

void as_text::write(byte_writer& out, std::string_view value) {
    out.raw(value.substr(0, value.find('\0'))).little('\0');
}

std::optional<std::string_view> as_value::read(byte_reader& in) noexcept {
    auto const length = in.big<std::int32_t>();
    if (length == -1) return std::nullopt;
    if (length < 0) return in.fail(), std::nullopt;
    return in.raw(static_cast<std::size_t>(length));
}

void as_value::write(byte_writer& out, std::optional<std::string_view> const& value) {
    if (!value) {
        out.big(std::int32_t{-1});
        return;
    }
    out.big(static_cast<std::int32_t>(value->size())).raw(*value);
}

std::vector<std::string_view> as_text_sequence::read(byte_reader& in) {
    std::vector<std::string_view> out;
    while (in.ok()) {
        auto const text = as_text::read(in);
        if (text.empty()) break;
        out.push_back(text);
    }
    return out;
}

void as_text_sequence::write(byte_writer& out, std::vector<std::string_view> const& values) {
    for (auto const each : values) as_text::write(out, each);
    out.little('\0');
}

column_description as_column::read(byte_reader& in) noexcept {
    column_description out;
    out.name = as_text::read(in);
    out.table = in.big<std::uint32_t>();
    out.attribute = in.big<std::int16_t>();
    out.type = in.big<std::uint32_t>();
    out.type_length = in.big<std::int16_t>();
    out.type_modifier = in.big<std::int32_t>();
    out.format = in.big<std::int16_t>();
    return out;
}

void as_column::write(byte_writer& out, column_description const& value) {
    as_text::write(out, value.name);
    out.big(value.table).big(value.attribute).big(value.type);
    out.big(value.type_length).big(value.type_modifier).big(value.format);
}

std::vector<error_field> as_error_fields::read(byte_reader& in) {
    std::vector<error_field> out;
    while (in.ok()) {
        auto const code = in.little<char>();
        if (code == '\0') break;
        auto const text = as_text::read(in);
        out.push_back({code, text});
    }
    return out;
}

void as_error_fields::write(byte_writer& out, std::vector<error_field> const& values) {
    for (auto const& each : values) {
        out.little(each.code);
        as_text::write(out, each.text);
    }
    out.little('\0');
}

}  // namespace sluice::postgres
