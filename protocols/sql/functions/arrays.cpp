// Functions and operators of arrays.
#include <algorithm>

#include "protocols/sql/functions/evaluate_arrays.hpp"
#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/types/array_text.hpp"
#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_oids.hpp"
#include "protocols/sql/types/value_weight.hpp"

namespace sluice::sql {
namespace {

using array_pointer = std::shared_ptr<array_value const>;

array_value const& array_at(function_frame& f, std::size_t i) {
    return **std::get_if<array_pointer>(&f[i]);
}
bool equal(function_frame& f, type_oid type, datum const& a, datum const& b) {
    if (is_null(a) || is_null(b)) return is_null(a) && is_null(b);
    return values_equal(type, a, b, f.context.io.types);
}
datum finished(array_value value) { return std::make_shared<array_value const>(std::move(value)); }
datum too_many(function_frame& f) {
    return f.fail({"54000", "array size exceeds the maximum allowed (" +
                                std::to_string(f.context.io.limits.array_elements) + ")"});
}

datum too_large(function_frame& f) { return f.fail({"54000", "requested length too large"}); }
bool fits(function_frame& f, std::size_t bytes) { return bytes <= f.context.io.limits.value_bytes; }

bool dimension_of(function_frame& f, array_value::dimension& found) {
    auto const n = f.integer(1);
    auto const& array = array_at(f, 0);
    if (n < 1 || static_cast<std::size_t>(n) > array.dimensions.size()) return false;
    found = array.dimensions[static_cast<std::size_t>(n - 1)];
    return true;
}
datum length(function_frame& f) {
    array_value::dimension d;
    return dimension_of(f, d) ? datum(std::int64_t{d.length}) : datum();
}
datum lower(function_frame& f) {
    array_value::dimension d;
    return dimension_of(f, d) ? datum(std::int64_t{d.lower_bound}) : datum();
}
datum upper(function_frame& f) {
    array_value::dimension d;
    return dimension_of(f, d) ? datum(std::int64_t{d.lower_bound} + d.length - 1) : datum();
}
datum dimension_count(function_frame& f) {
    auto const count = array_at(f, 0).dimensions.size();
    return count == 0 ? datum() : datum(static_cast<std::int64_t>(count));
}
datum dimensions(function_frame& f) {
    auto const& array = array_at(f, 0);
    if (array.dimensions.empty()) return sql_null{};
    std::string out;
    for (auto const& d : array.dimensions)
        out += "[" + std::to_string(d.lower_bound) + ":" +
               std::to_string(d.lower_bound + d.length - 1) + "]";
    return out;
}
datum cardinality(function_frame& f) {
    return static_cast<std::int64_t>(array_at(f, 0).elements.size());
}

array_value or_empty(function_frame& f, std::size_t i, std::size_t element) {
    if (auto const* held = std::get_if<array_pointer>(&f[i])) return **held;
    array_value empty;
    empty.element = element_type_of(f.result.oid, f.context);
    if (empty.element == type_oid{}) empty.element = f.types[element].oid;
    return empty;
}
datum append(function_frame& f) {
    auto array = or_empty(f, 0, 1);
    if (array.dimensions.size() > 1)
        return f.fail({"22000", "argument must be empty or one-dimensional array"});
    if (array.elements.size() >= f.context.io.limits.array_elements) return too_many(f);
    if (array.dimensions.empty()) array.dimensions.push_back({0, 1});
    ++array.dimensions[0].length;
    array.elements.push_back(f[1]);
    return finished(std::move(array));
}
datum prepend(function_frame& f) {
    auto array = or_empty(f, 1, 0);
    if (array.dimensions.size() > 1)
        return f.fail({"22000", "argument must be empty or one-dimensional array"});
    if (array.elements.size() >= f.context.io.limits.array_elements) return too_many(f);
    if (array.dimensions.empty()) array.dimensions.push_back({0, 1});
    ++array.dimensions[0].length;
    array.elements.insert(array.elements.begin(), f[0]);
    return finished(std::move(array));
}
datum concatenate(function_frame& f) {
    if (f.null_at(0)) return f[1];
    if (f.null_at(1)) return f[0];
    auto const &a = array_at(f, 0), &b = array_at(f, 1);
    if (a.dimensions.empty()) return f[1];
    if (b.dimensions.empty()) return f[0];
    if (a.elements.size() + b.elements.size() > f.context.io.limits.array_elements)
        return too_many(f);
    auto const bad = [&] { return f.fail({"2202E", "cannot concatenate incompatible arrays"}); };
    auto const same_tail = [](array_value const& x, std::size_t from_x, array_value const& y,
                              std::size_t from_y) {
        for (std::size_t i = 0; from_x + i < x.dimensions.size(); ++i)
            if (x.dimensions[from_x + i].length != y.dimensions[from_y + i].length) return false;
        return true;
    };
    array_value out;
    auto const da = a.dimensions.size(), db = b.dimensions.size();
    if (da == db) {
        if (!same_tail(a, 1, b, 1)) return bad();
        out.dimensions = a.dimensions;
        out.dimensions[0].length += b.dimensions[0].length;
    } else if (da == db + 1) {
        if (!same_tail(a, 1, b, 0)) return bad();
        out.dimensions = a.dimensions;
        ++out.dimensions[0].length;
    } else if (db == da + 1) {
        if (!same_tail(a, 0, b, 1)) return bad();
        out.dimensions = b.dimensions;
        ++out.dimensions[0].length;
    } else {
        return bad();
    }
    out.element = a.element;
    out.elements = a.elements;
    out.elements.insert(out.elements.end(), b.elements.begin(), b.elements.end());
    return finished(std::move(out));
}

datum remove(function_frame& f) {
    if (f.null_at(0)) return sql_null{};
    auto const& array = array_at(f, 0);
    if (array.dimensions.size() > 1)
        return f.fail({"0A000", "removing elements from multidimensional arrays is not supported"});
    std::vector<datum> kept;
    for (auto const& each : array.elements)
        if (!equal(f, array.element, each, f[1])) kept.push_back(each);
    if (kept.size() == array.elements.size()) return f[0];
    auto lower_bound = array.dimensions.empty() ? 1 : array.dimensions[0].lower_bound;
    array_value out;
    out.element = array.element;
    if (!kept.empty())
        out.dimensions.push_back({static_cast<std::int32_t>(kept.size()), lower_bound});
    out.elements = std::move(kept);
    return finished(std::move(out));
}
datum replace(function_frame& f) {
    if (f.null_at(0)) return sql_null{};
    auto array = array_at(f, 0);
    auto const weight = weight_of(f[2]);
    std::size_t put = 0;
    for (auto& each : array.elements) {
        if (!equal(f, array.element, each, f[1])) continue;
        if (!fits(f, put += weight)) return too_large(f);
        each = f[2];
    }
    return finished(std::move(array));
}
datum position(function_frame& f) {
    if (f.null_at(0)) return sql_null{};
    auto const& array = array_at(f, 0);
    if (array.dimensions.size() > 1)
        return f.fail(
            {"0A000", "searching for elements in multidimensional arrays is not supported"});
    auto const lower_bound = array.dimensions.empty() ? 1 : array.dimensions[0].lower_bound;
    std::int64_t start = lower_bound;
    if (f.size() > 2) {
        if (f.null_at(2)) return f.fail({"22004", "initial position must not be null"});
        start = f.integer(2);
    }
    for (std::size_t i = 0; i < array.elements.size(); ++i) {
        auto const at = static_cast<std::int64_t>(i) + lower_bound;
        if (at >= start && equal(f, array.element, array.elements[i], f[1])) return at;
    }
    return sql_null{};
}
datum positions(function_frame& f) {
    if (f.null_at(0)) return sql_null{};
    auto const& array = array_at(f, 0);
    if (array.dimensions.size() > 1)
        return f.fail(
            {"0A000", "searching for elements in multidimensional arrays is not supported"});
    std::vector<datum> found;
    for (std::size_t i = 0; i < array.elements.size(); ++i)
        if (equal(f, array.element, array.elements[i], f[1]))
            found.emplace_back(static_cast<std::int64_t>(i) + array.dimensions[0].lower_bound);
    return make_array(oid::int4, std::move(found));
}
bool has(function_frame& f, array_value const& array, datum const& value) {
    return !is_null(value) &&
           std::any_of(array.elements.begin(), array.elements.end(), [&](datum const& each) {
               return !is_null(each) && equal(f, array.element, each, value);
           });
}
bool covers(function_frame& f, array_value const& whole, array_value const& part) {
    return std::all_of(part.elements.begin(), part.elements.end(),
                       [&](datum const& each) { return has(f, whole, each); });
}
datum contains(function_frame& f) { return covers(f, array_at(f, 0), array_at(f, 1)); }
datum contained(function_frame& f) { return covers(f, array_at(f, 1), array_at(f, 0)); }
datum overlaps(function_frame& f) {
    auto const& a = array_at(f, 0);
    return std::any_of(a.elements.begin(), a.elements.end(),
                       [&](datum const& each) { return has(f, array_at(f, 1), each); });
}
datum trim(function_frame& f) {
    auto array = array_at(f, 0);
    auto const count = f.integer(1);
    std::int64_t const length_now = array.dimensions.empty() ? 0 : array.dimensions[0].length;
    if (count < 0 || count > length_now)
        return f.fail({"2202E", "number of elements to trim must be between 0 and " +
                                    std::to_string(length_now)});
    if (count == 0) return f[0];
    auto const step = array.elements.size() / static_cast<std::size_t>(length_now);
    array.elements.resize(array.elements.size() - step * static_cast<std::size_t>(count));
    array.dimensions[0].length -= static_cast<std::int32_t>(count);
    for (auto& d : array.dimensions) d.lower_bound = 1;
    if (array.elements.empty()) array.dimensions.clear();
    return finished(std::move(array));
}

datum fill(function_frame& f) {
    if (f.null_at(1) || (f.size() > 2 && f.null_at(2)))
        return f.fail({"22004", "dimension array or low bound array cannot be null"});
    auto const& lengths = array_at(f, 1);
    array_value out;
    out.element = f.types[0].oid;
    std::uint64_t count = lengths.elements.empty() ? 0 : 1;
    for (std::size_t i = 0; i < lengths.elements.size(); ++i) {
        if (is_null(lengths.elements[i]))
            return f.fail({"22004", "dimension values cannot be null"});
        auto const n = std::get<std::int64_t>(lengths.elements[i]);
        if (n < 0 || (count *= static_cast<std::uint64_t>(n)) > f.context.io.limits.array_elements)
            return too_many(f);
        std::int64_t bound = 1;
        if (f.size() > 2) {
            auto const& bounds = array_at(f, 2);
            if (bounds.elements.size() != lengths.elements.size())
                return f.fail({"2202E", "wrong number of array subscripts"});
            if (is_null(bounds.elements[i]))
                return f.fail({"22004", "dimension values cannot be null"});
            bound = std::get<std::int64_t>(bounds.elements[i]);
        }
        out.dimensions.push_back({static_cast<std::int32_t>(n), static_cast<std::int32_t>(bound)});
    }
    if (count == 0) out.dimensions.clear();
    if (!fits(f, static_cast<std::size_t>(count) * weight_of(f[0]))) return too_many(f);
    out.elements.assign(static_cast<std::size_t>(count), f[0]);
    return finished(std::move(out));
}

// ---- text

datum to_text(function_frame& f) {
    if (f.null_at(0) || f.null_at(1)) return sql_null{};
    std::string out;
    bool first = true;
    auto const& array = array_at(f, 0);
    for (auto const& each : array.elements) {
        bool const null = is_null(each);
        if (null && (f.size() < 3 || f.null_at(2))) continue;
        if (!first) out += f.text(1);
        first = false;
        if (null)
            out += f.text(2);
        else
            output_text(array.element, each, f.context.io, out);
        if (!fits(f, out.size())) return too_large(f);
    }
    return out;
}
datum of_text(function_frame& f) {
    if (f.null_at(0)) return sql_null{};
    std::vector<datum> parts;
    split_text(f, parts);
    if (f.error) return sql_null{};
    return make_array(oid::text, std::move(parts));
}

}  // namespace

void split_text(function_frame& f, std::vector<datum>& parts) {
    auto const& text = f.text(0);
    if (text.empty()) return;
    std::size_t weight = 0;
    auto const add = [&](std::string_view part) {
        weight += sizeof(datum) + (part.size() < sizeof(datum) ? 0 : part.size());
        if (!fits(f, weight)) {
            too_large(f);
            return;
        }
        if (f.size() > 2 && !f.null_at(2) && part == f.text(2))
            parts.emplace_back();
        else
            parts.emplace_back(std::string(part));
    };
    if (f.null_at(1)) {
        for (std::string_view rest = text; !rest.empty() && !f.error;) {
            auto const size =
                std::min(character_bytes(static_cast<unsigned char>(rest[0])), rest.size());
            add(rest.substr(0, size));
            rest.remove_prefix(size);
        }
        return;
    }
    auto const& separator = f.text(1);
    if (separator.empty()) return add(text);
    std::size_t at = 0;
    while (!f.error) {
        auto const found = text.find(separator, at);
        add(std::string_view(text).substr(at, found - at));
        if (found == std::string::npos) return;
        at = found + separator.size();
    }
}

void register_array_functions(function_registry& to) {
    to.scalars({
        {"array_length", length},
        {"array_lower", lower},
        {"array_upper", upper},
        {"array_ndims", dimension_count},
        {"array_dims", dimensions},
        {"array_cardinality", cardinality},
        {"array_append", append},
        {"array_prepend", prepend},
        {"array_cat", concatenate},
        {"array_remove", remove},
        {"array_replace", replace},
        {"array_position", position},
        {"array_position_start", position},
        {"array_positions", positions},
        {"arraycontains", contains},
        {"arraycontained", contained},
        {"arrayoverlap", overlaps},
        {"trim_array", trim},
        {"array_fill", fill},
        {"array_fill_with_lower_bounds", fill},
        {"array_to_text", to_text},
        {"array_to_text_null", to_text},
        {"text_to_array", of_text},
        {"text_to_array_null", of_text},
    });
}

}  // namespace sluice::sql
