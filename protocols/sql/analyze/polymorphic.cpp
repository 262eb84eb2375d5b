// Polymorphic parameters (manual 38.2.5): the "any" family, where all arguments share one type, and
// the "anycompatible" family, where they share a common type.
#include <array>

#include "protocols/sql/analyze/coercion.hpp"

namespace sluice::sql {
namespace {

struct families {
    type_oid element{}, array{}, range{}, multirange{};
    bool needs_nonarray = false, needs_enum = false;
    // anycompatible
    std::vector<type_oid> compatible;
    type_oid compatible_array{}, compatible_range{}, compatible_multirange{};
    bool compatible_nonarray = false;
    bool has_poly = false, has_compatible = false;
};

// Collects what the actual arguments say; false when two of them disagree.
bool collect(analysis_context const& context, std::span<type_oid const> actual,
             std::span<type_oid const> declared, families& out) {
    auto const settle = [](type_oid& place, type_oid type) {
        if (place != type_oid{} && place != type) return false;
        place = type;
        return true;
    };
    for (std::size_t i = 0; i < declared.size(); ++i) {
        auto const want = declared[i];
        auto const have = actual[i];
        if (want == oid::anyelement || want == oid::anynonarray || want == oid::anyenum) {
            out.has_poly = true;
            out.needs_nonarray |= want == oid::anynonarray;
            out.needs_enum |= want == oid::anyenum;
            if (!is_unknown(have) && !settle(out.element, have)) return false;
        } else if (want == oid::anyarray || want == oid::anyrange || want == oid::anymultirange) {
            out.has_poly = true;
            if (is_unknown(have)) continue;
            auto& place = want == oid::anyarray   ? out.array
                          : want == oid::anyrange ? out.range
                                                  : out.multirange;
            if (!settle(place, context.base_of(have))) return false;
        } else if (want == oid::anycompatible || want == oid::anycompatiblenonarray) {
            out.has_compatible = true;
            out.compatible_nonarray |= want == oid::anycompatiblenonarray;
            if (!is_unknown(have)) out.compatible.push_back(have);
        } else if (want == oid::anycompatiblearray) {
            out.has_compatible = true;
            if (is_unknown(have)) continue;
            auto const element = context.element_of_base(have);
            if (element == type_oid{}) return false;
            out.compatible_array = context.base_of(have);
            out.compatible.push_back(element);
        } else if (want == oid::anycompatiblerange || want == oid::anycompatiblemultirange) {
            out.has_compatible = true;
            if (is_unknown(have)) continue;
            auto& place =
                want == oid::anycompatiblerange ? out.compatible_range : out.compatible_multirange;
            if (!settle(place, context.base_of(have))) return false;
        }
    }
    return true;
}

// The array, range and multirange agree with the element type, which they decide when it is open.
bool settle_element(analysis_context const& context, families& found) {
    auto const take = [&](type_oid type) {
        if (type == type_oid{}) return false;
        if (found.element == type_oid{}) found.element = type;
        return context.base_of(found.element) == context.base_of(type);
    };
    if (found.array != type_oid{} && found.array != oid::anyarray) {
        if (!take(context.element_of(found.array))) return false;
    }
    if (found.multirange != type_oid{} && found.multirange != oid::anymultirange) {
        auto const range = context.range_of_multirange(found.multirange);
        if (range == type_oid{}) return false;
        if (found.range == type_oid{}) found.range = range;
        if (found.range != range) return false;
    }
    if (found.range != type_oid{} && found.range != oid::anyrange) {
        if (!take(context.range_subtype(found.range))) return false;
    }
    if (found.element == type_oid{}) return true;
    if (found.needs_nonarray && context.element_of_base(found.element) != type_oid{}) return false;
    if (found.needs_enum && !context.is_enum(found.element)) return false;
    return true;
}

type_oid compatible_type(analysis_context const& context, families const& found) {
    if (found.compatible_range != type_oid{}) return context.range_subtype(found.compatible_range);
    if (found.compatible.empty()) return oid::text;
    auto out = found.compatible.front();
    for (auto const each : found.compatible) {
        if (context.category(each) != context.category(out)) return {};
        std::array<type_oid, 1> const a{out}, b{each};
        if (each != out && !context.preferred(out) &&
            can_coerce(context, a, b, coercion_context::implicit) &&
            !can_coerce(context, b, a, coercion_context::implicit))
            out = each;
    }
    for (auto const each : found.compatible) {
        std::array<type_oid, 1> const a{each}, b{out};
        if (!can_coerce(context, a, b, coercion_context::implicit)) return {};
    }
    return out;
}

// PostgreSQL gives no position here.
sql_error undecided() {
    return {"42804", "could not determine polymorphic type because input has type unknown"};
}

outcome<type_oid> real_type(analysis_context const& context, families const& found,
                            type_oid compatible, type_oid want, std::int32_t position) {
    auto const array_of = [&](type_oid element) -> outcome<type_oid> {
        auto const made = context.array_of(element);
        if (made != type_oid{}) return made;
        return sql_error("42704",
                         "could not find array type for data type " + context.name(element))
            .at(position);
    };
    if (want == oid::anyelement || want == oid::anynonarray || want == oid::anyenum) {
        if (found.element == type_oid{} && found.array == oid::anyarray) return oid::anyelement;
        if (found.element == type_oid{}) return undecided();
        return found.element;
    }
    if (want == oid::anyarray) {
        if (found.array != type_oid{}) return found.array;
        if (found.element == type_oid{}) return undecided();
        return array_of(found.element);
    }
    if (want == oid::anyrange || want == oid::anymultirange) {
        if (want == oid::anymultirange && found.multirange != type_oid{}) return found.multirange;
        if (found.range == type_oid{}) return undecided();
        if (want == oid::anyrange) return found.range;
        auto const* row = builtin::find_range(static_cast<std::uint32_t>(found.range));
        return row != nullptr ? type_oid{row->multirange} : type_oid{};
    }
    if (want == oid::anycompatible || want == oid::anycompatiblenonarray) return compatible;
    if (want == oid::anycompatiblearray) return array_of(compatible);
    if (want == oid::anycompatiblerange) {
        if (found.compatible_range == type_oid{}) return undecided();
        return found.compatible_range;
    }
    if (want == oid::anycompatiblemultirange) {
        if (found.compatible_multirange == type_oid{}) return undecided();
        return found.compatible_multirange;
    }
    return want;
}

}  // namespace

bool polymorphic_types_agree(analysis_context const& context, std::span<type_oid const> actual,
                             std::span<type_oid const> declared) {
    families found;
    if (!collect(context, actual, declared, found) || !settle_element(context, found)) return false;
    if (!found.has_compatible) return true;
    auto const type = compatible_type(context, found);
    if (type == type_oid{}) return false;
    return !found.compatible_nonarray || context.element_of_base(type) == type_oid{};
}

outcome<type_oid> resolve_polymorphic(analysis_context const& context,
                                      std::span<type_oid const> actual,
                                      std::vector<type_oid>& declared, type_oid result,
                                      std::int32_t position) {
    families found;
    if (!collect(context, actual, declared, found) || !settle_element(context, found))
        return sql_error("42804", "arguments declared polymorphic are not all alike").at(position);
    auto const compatible = found.has_compatible ? compatible_type(context, found) : oid::text;
    for (auto& each : declared)
        if (is_polymorphic(each)) {
            SLUICE_TRY(auto const real, real_type(context, found, compatible, each, position));
            each = real;
        }
    if (!is_polymorphic(result)) return result;
    return real_type(context, found, compatible, result, position);
}

}  // namespace sluice::sql
