#include "protocols/sql/types/value_order.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "protocols/sql/types/datetime.hpp"
#include "protocols/sql/types/json_value.hpp"
#include "protocols/sql/types/network_text.hpp"
#include "protocols/sql/types/numeric.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

constexpr std::uint32_t max_depth = 64;  // arrays and rows inside each other; types are not deeper

int order(std::int64_t left, std::int64_t right) { return (left > right) - (left < right); }
int order_floats(double left, double right) {
    if (std::isnan(left) || std::isnan(right))
        return static_cast<int>(std::isnan(left)) - static_cast<int>(std::isnan(right));
    return (left > right) - (left < right);
}
int sign_of(int value) { return (value > 0) - (value < 0); }

__int128 length_of(interval_value value) {
    return (static_cast<__int128>(value.months) * 30 + value.days) * day_us + value.microseconds;
}
int order_wide(__int128 left, __int128 right) { return (left > right) - (left < right); }

int order_timetz(timetz_value left, timetz_value right) {
    auto const at = [](timetz_value v) { return v.microseconds + v.seconds_west * second_us; };
    if (auto const by_moment = order(at(left), at(right)); by_moment != 0) return by_moment;
    return order(left.seconds_west, right.seconds_west);
}

std::string_view without_blanks(std::string_view text) {
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

int order_networks(std::string_view left, std::string_view right) {
    if (left[0] != right[0]) return left[0] < right[0] ? -1 : 1;
    auto const shared =
        std::min(static_cast<unsigned char>(left[1]), static_cast<unsigned char>(right[1]));
    auto const bit = [](std::string_view value, unsigned i) {
        return (static_cast<unsigned char>(value[4 + i / 8]) >> (7 - i % 8)) & 1;
    };
    for (unsigned i = 0; i < shared; ++i)
        if (bit(left, i) != bit(right, i)) return bit(left, i) < bit(right, i) ? -1 : 1;
    if (left[1] != right[1])
        return static_cast<unsigned char>(left[1]) < static_cast<unsigned char>(right[1]) ? -1 : 1;
    return sign_of(left.substr(4).compare(right.substr(4)));
}

int compare_at(type_oid, datum const&, datum const&, type_catalog const*, std::uint32_t depth);

int order_elements(datum const& left, datum const& right, type_oid type,
                   type_catalog const* catalog, std::uint32_t depth) {
    if (is_null(left) || is_null(right))
        return static_cast<int>(is_null(left)) - static_cast<int>(is_null(right));
    return compare_at(type, left, right, catalog, depth + 1);
}

int order_arrays(array_value const& left, array_value const& right, type_catalog const* catalog,
                 std::uint32_t depth) {
    auto const shared = std::min(left.elements.size(), right.elements.size());
    for (std::size_t i = 0; i < shared; ++i) {
        auto const by_element =
            order_elements(left.elements[i], right.elements[i], left.element, catalog, depth);
        if (by_element != 0) return by_element;
    }
    if (left.elements.size() != right.elements.size())
        return left.elements.size() < right.elements.size() ? -1 : 1;
    if (left.dimensions.size() != right.dimensions.size())
        return left.dimensions.size() < right.dimensions.size() ? -1 : 1;
    for (std::size_t i = 0; i < left.dimensions.size(); ++i)
        if (auto const by_length = order(left.dimensions[i].length, right.dimensions[i].length);
            by_length != 0)
            return by_length;
    for (std::size_t i = 0; i < left.dimensions.size(); ++i)
        if (auto const by_bound =
                order(left.dimensions[i].lower_bound, right.dimensions[i].lower_bound);
            by_bound != 0)
            return by_bound;
    return 0;
}

int order_rows(row_value const& left, row_value const& right, type_catalog const* catalog,
               std::uint32_t depth) {
    auto const shared = std::min(left.fields.size(), right.fields.size());
    for (std::size_t i = 0; i < shared; ++i)
        if (auto const by_field =
                order_elements(left.fields[i], right.fields[i], left.types[i], catalog, depth);
            by_field != 0)
            return by_field;
    return order(static_cast<std::int64_t>(left.fields.size()),
                 static_cast<std::int64_t>(right.fields.size()));
}

int order_labels(type_oid type, std::string const& left, std::string const& right,
                 type_catalog const* catalog, bool& is_enum) {
    if (find_builtin_type(type) != nullptr || catalog == nullptr) return 0;
    auto const described = catalog->describe(type);
    if (!described || described->kind != 'e') return 0;
    is_enum = true;
    auto const place = [&](std::string const& label) {
        return std::find(described->labels.begin(), described->labels.end(), label) -
               described->labels.begin();
    };
    return order(place(left), place(right));
}

int order_strings(type_oid type, std::string const& left, std::string const& right,
                  type_catalog const* catalog) {
    switch (type) {
        case oid::numeric:
            return sign_of(compare(numeric::decode(left), numeric::decode(right)));
        case oid::bpchar:
            return sign_of(without_blanks(left).compare(without_blanks(right)));
        case oid::jsonb: {
            if (left == right) return 0;
            value_limits const limits;
            auto const a = parse_json(left, limits), b = parse_json(right, limits);
            if (!a || !b) return sign_of(left.compare(right));
            return compare_jsonb(*a, *b);
        }
        case oid::inet:
        case oid::cidr:
            return order_networks(left, right);
        case oid::bit:
        case oid::varbit:
            return sign_of(bits_text(left).compare(bits_text(right)));
        default:
            break;
    }
    bool is_enum = false;
    auto const by_label = order_labels(type, left, right, catalog, is_enum);
    return is_enum ? by_label : sign_of(left.compare(right));
}

int compare_at(type_oid type, datum const& left, datum const& right, type_catalog const* catalog,
               std::uint32_t depth) {
    if (depth > max_depth || left.index() != right.index()) return 0;
    if (auto const* a = std::get_if<std::int64_t>(&left))
        return order(*a, *std::get_if<std::int64_t>(&right));
    if (auto const* a = std::get_if<std::string>(&left))
        return order_strings(type, *a, *std::get_if<std::string>(&right), catalog);
    if (auto const* a = std::get_if<double>(&left))
        return order_floats(*a, *std::get_if<double>(&right));
    if (auto const* a = std::get_if<bool>(&left)) return order(*a, *std::get_if<bool>(&right));
    if (auto const* a = std::get_if<interval_value>(&left))
        return order_wide(length_of(*a), length_of(*std::get_if<interval_value>(&right)));
    if (auto const* a = std::get_if<timetz_value>(&left))
        return order_timetz(*a, *std::get_if<timetz_value>(&right));
    if (auto const* a = std::get_if<std::shared_ptr<array_value const>>(&left))
        return order_arrays(**a, **std::get_if<std::shared_ptr<array_value const>>(&right), catalog,
                            depth);
    if (auto const* a = std::get_if<std::shared_ptr<row_value const>>(&left))
        return order_rows(**a, **std::get_if<std::shared_ptr<row_value const>>(&right), catalog,
                          depth);
    return 0;
}

std::uint64_t mix(std::uint64_t seed, std::uint64_t value) {
    seed ^= value + 0x9E3779B97F4A7C15ULL + (seed << 6) + (seed >> 2);
    seed *= 0xFF51AFD7ED558CCDULL;
    return seed ^ (seed >> 32);
}
std::uint64_t hash_bytes(std::string_view bytes) { return std::hash<std::string_view>{}(bytes); }

std::uint64_t hash_at(type_oid type, datum const& value, type_catalog const* catalog,
                      std::uint32_t depth) {
    if (depth > max_depth || is_null(value)) return 0x5bd1e995;
    if (auto const* a = std::get_if<std::int64_t>(&value))
        return mix(1, static_cast<std::uint64_t>(*a));
    if (auto const* a = std::get_if<double>(&value)) {
        double const number = *a == 0 ? 0.0 : std::isnan(*a) ? std::nan("") : *a;
        return mix(2, std::bit_cast<std::uint64_t>(number));
    }
    if (auto const* a = std::get_if<bool>(&value)) return mix(3, static_cast<std::uint64_t>(*a));
    if (auto const* a = std::get_if<interval_value>(&value)) {
        auto const length = length_of(*a);
        return mix(mix(4, static_cast<std::uint64_t>(length)),
                   static_cast<std::uint64_t>(length >> 64));
    }
    if (auto const* a = std::get_if<timetz_value>(&value))
        return mix(
            mix(5, static_cast<std::uint64_t>(a->microseconds + a->seconds_west * second_us)),
            static_cast<std::uint64_t>(a->seconds_west));
    if (auto const* a = std::get_if<std::shared_ptr<array_value const>>(&value)) {
        std::uint64_t seed = 6;
        for (auto const& each : (*a)->elements)
            seed = mix(seed, hash_at((*a)->element, each, catalog, depth + 1));
        return seed;
    }
    if (auto const* a = std::get_if<std::shared_ptr<row_value const>>(&value)) {
        std::uint64_t seed = 7;
        for (std::size_t i = 0; i < (*a)->fields.size(); ++i)
            seed = mix(seed, hash_at((*a)->types[i], (*a)->fields[i], catalog, depth + 1));
        return seed;
    }
    auto const& bytes = *std::get_if<std::string>(&value);
    if (type == oid::bpchar) return hash_bytes(without_blanks(bytes));
    if (type == oid::numeric) {
        // Equal numbers have equal digits; only the shown scale differs.
        auto plain = bytes;
        if (plain.size() >= 8) plain[6] = plain[7] = 0;
        return hash_bytes(plain);
    }
    if (type == oid::jsonb) {  // 1.0 = 1.00 inside
        value_limits const limits;
        if (bytes.find_first_of("0123456789") != std::string::npos) {
            auto const parsed = parse_json(bytes, limits);
            return mix(8, parsed ? static_cast<std::uint64_t>(parsed->what) : 0);
        }
        return hash_bytes(bytes);
    }
    if (type == oid::inet || type == oid::cidr) {
        auto plain = bytes;
        if (plain.size() > 2) plain[2] = 0;
        return hash_bytes(plain);
    }
    return hash_bytes(bytes);
}

bool has_order(type_oid type, type_catalog const* catalog, std::uint32_t depth) {
    switch (type) {
        case oid::json:
        case oid::xml:
        case oid::point:
        case oid::unknown:
        case oid::refcursor:
        case oid::cstring:
        case oid::void_type:
        case oid::xid:
        case oid::cid:
            return false;
        default:
            break;
    }
    if (depth > max_depth) return false;
    if (auto const* info = find_builtin_type(type)) {
        if (info->kind == 'd') return has_order(info->base, catalog, depth + 1);
        if (info->element != type_oid{}) return has_order(info->element, catalog, depth + 1);
        return is_served_type(type);
    }
    auto const described = catalog == nullptr ? nullptr : catalog->describe(type);
    if (!described) return false;
    if (described->element != type_oid{}) return has_order(described->element, catalog, depth + 1);
    if (described->kind == 'd') return has_order(described->base.oid, catalog, depth + 1);
    if (described->kind == 'c')
        return std::all_of(
            described->fields.begin(), described->fields.end(),
            [&](auto const& field) { return has_order(field.type.oid, catalog, depth + 1); });
    return described->kind == 'e';
}

}  // namespace

bool can_order(type_oid type, type_catalog const* catalog) noexcept {
    return has_order(type, catalog, 0);
}
bool can_hash(type_oid type, type_catalog const* catalog) noexcept {
    return type == oid::xid || type == oid::cid || has_order(type, catalog, 0);
}

int compare_values(type_oid type, datum const& left, datum const& right,
                   type_catalog const* catalog) {
    return compare_at(type, left, right, catalog, 0);
}
bool values_equal(type_oid type, datum const& left, datum const& right,
                  type_catalog const* catalog) {
    return compare_at(type, left, right, catalog, 0) == 0;
}
std::uint64_t hash_value(type_oid type, datum const& value, type_catalog const* catalog) {
    return hash_at(type, value, catalog, 0);
}

}  // namespace sluice::sql
