// The stored form of a lifecycle rule: fields as (varint tag, sized value), tags ascending.
#include "gateway/core/cursor.hpp"
#include "gateway/core/ids.hpp"
#include "protocols/s3/model/lifecycle.hpp"

namespace sluice::s3 {
namespace {

// Stored numbers: never renumber.
enum class field : std::uint8_t {
    id = 1,
    disabled = 2,  // nothing
    form = 3,      // u8 filter_form
    prefix = 4,
    tag = 5,  // sized key, sized value; once per tag
    greater_than = 6,  // varint bytes, as the next
    less_than = 7,
    days = 8,  // varint
    date = 9,  // i64 ms
    expired_marker = 10,  // u8 0 or 1
    noncurrent_days = 11,  // varint, as the rest
    newer_noncurrent = 12,
    abort_days = 13,
};

class field_writer {
public:
    void text(field which, std::string_view value) {
        byte_writer(out_).varint(static_cast<std::uint8_t>(which)).sized(value);
    }
    template <class Number>
    void number(field which, std::optional<Number> const& value) {
        if (!value) return;
        std::string bytes;
        byte_writer(bytes).varint(*value);
        text(which, bytes);
    }
    template <class Number>
    void fixed(field which, Number value) {
        std::string bytes;
        byte_writer(bytes).little(value);
        text(which, bytes);
    }
    std::string take() && { return std::move(out_); }

private:
    std::string out_;
};

template <class Number>
bool take_number(std::string_view bytes, std::optional<Number>& into) {
    byte_reader in(bytes);
    auto const value = in.varint();
    into = static_cast<Number>(value);
    return in.ok() && in.at_end() && *into == value;
}

template <class Number>
bool take_fixed(std::string_view bytes, Number& into) {
    byte_reader in(bytes);
    into = in.little<Number>();
    return in.ok() && in.at_end();
}

bool take_tag(std::string_view bytes, lifecycle_rule& into) {
    byte_reader in(bytes);
    std::string key(in.sized());
    std::string value(in.sized());
    into.tags.emplace_back(std::move(key), std::move(value));
    return in.ok() && in.at_end();
}

bool take_form(std::string_view bytes, lifecycle_rule& into) {
    std::uint8_t form = 0;
    if (!take_fixed(bytes, form) || form >= filter_forms) return false;
    into.form = static_cast<filter_form>(form);
    return true;
}

bool take_date(std::string_view bytes, lifecycle_rule& into) {
    std::int64_t date = 0;
    if (!take_fixed(bytes, date)) return false;
    into.expiration_date = unix_millis{date};
    return true;
}

bool take_flag(std::string_view bytes, std::optional<bool>& into) {
    std::uint8_t flag = 0;
    if (!take_fixed(bytes, flag) || flag > 1) return false;
    into = flag == 1;
    return true;
}

bool take_field(field which, std::string_view value, lifecycle_rule& into) {
    switch (which) {
        case field::id: into.id = value; return true;
        case field::disabled: into.enabled = false; return value.empty();
        case field::form: return take_form(value, into);
        case field::prefix: into.prefix = value; return true;
        case field::tag: return take_tag(value, into);
        case field::greater_than: return take_number(value, into.greater_than);
        case field::less_than: return take_number(value, into.less_than);
        case field::days: return take_number(value, into.expiration_days);
        case field::date: return take_date(value, into);
        case field::expired_marker: return take_flag(value, into.expired_marker);
        case field::noncurrent_days: return take_number(value, into.noncurrent_days);
        case field::newer_noncurrent: return take_number(value, into.newer_noncurrent_versions);
        case field::abort_days: return take_number(value, into.abort_days);
    }
    return false;
}

}  // namespace

std::string encode(lifecycle_rule const& rule) {
    field_writer out;
    out.text(field::id, rule.id);
    if (!rule.enabled) out.text(field::disabled, {});
    out.fixed(field::form, static_cast<std::uint8_t>(rule.form));
    if (rule.prefix) out.text(field::prefix, *rule.prefix);
    for (auto const& [key, value] : rule.tags) {
        std::string bytes;
        byte_writer(bytes).sized(key).sized(value);
        out.text(field::tag, bytes);
    }
    out.number(field::greater_than, rule.greater_than);
    out.number(field::less_than, rule.less_than);
    out.number(field::days, rule.expiration_days);
    if (rule.expiration_date) out.fixed(field::date, to_underlying(*rule.expiration_date));
    if (rule.expired_marker)
        out.fixed(field::expired_marker, static_cast<std::uint8_t>(*rule.expired_marker));
    out.number(field::noncurrent_days, rule.noncurrent_days);
    out.number(field::newer_noncurrent, rule.newer_noncurrent_versions);
    out.number(field::abort_days, rule.abort_days);
    return std::move(out).take();
}

bool take_lifecycle_rule(std::string_view bytes, lifecycle_rule& into) {
    byte_reader in(bytes);
    std::uint64_t last = 0;
    while (in.ok() && !in.at_end()) {
        auto const which = in.varint();
        auto const value = in.sized();
        bool const may_repeat = which == static_cast<std::uint8_t>(field::tag);
        if (!in.ok() || which < last || which > UINT8_MAX || (which == last && !may_repeat))
            return false;
        if (!take_field(static_cast<field>(which), value, into)) return false;
        last = which;
    }
    return in.ok() && !into.id.empty();
}

}  // namespace sluice::s3
