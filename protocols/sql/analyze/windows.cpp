#include "protocols/sql/analyze/windows.hpp"

#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/expressions.hpp"
#include "protocols/sql/analyze/operators.hpp"
#include "protocols/sql/analyze/sorting.hpp"

namespace sluice::sql {
namespace {

constexpr std::int32_t default_frame =
    syntax::frame_range | syntax::frame_start_unbounded_preceding | syntax::frame_end_current_row;

window_definition::bound bound_of(std::int32_t options, bool start) {
    using kind = window_definition::bound::kind;
    auto const has = [options](std::int32_t bit) { return (options & bit) != 0; };
    window_definition::bound out;
    if (has(start ? syntax::frame_start_unbounded_preceding
                  : syntax::frame_end_unbounded_preceding))
        out.what = kind::unbounded_preceding;
    else if (has(start ? syntax::frame_start_offset_preceding : syntax::frame_end_offset_preceding))
        out.what = kind::preceding;
    else if (has(start ? syntax::frame_start_current_row : syntax::frame_end_current_row))
        out.what = kind::current_row;
    else if (has(start ? syntax::frame_start_offset_following : syntax::frame_end_offset_following))
        out.what = kind::following;
    else
        out.what = kind::unbounded_following;
    return out;
}

window_definition::exclusion exclusion_of(std::int32_t options) {
    using exclusion = window_definition::exclusion;
    if ((options & syntax::frame_exclude_current_row) != 0) return exclusion::current_row;
    if ((options & syntax::frame_exclude_group) != 0) return exclusion::group;
    if ((options & syntax::frame_exclude_ties) != 0) return exclusion::ties;
    return exclusion::none;
}

// The type of a frame offset: bigint for ROWS and GROUPS; for RANGE what in_range takes.
outcome<expression_ptr> frame_offset(scope& in, syntax::expr_ptr const& written,
                                     window_definition const& window, std::int32_t position) {
    if (!written) return expression_ptr();
    SLUICE_TRY(auto value, analyze_expr(in, written, place::window_frame));
    using unit = window_definition::unit;
    if (window.frame_unit == unit::rows)
        return coerce_to_specific(in.context, std::move(value), oid::int8, "ROWS");
    if (window.frame_unit == unit::groups)
        return coerce_to_specific(in.context, std::move(value), oid::int8, "GROUPS");
    if (window.order.size() != 1)
        return sql_error("42P20",
                         "RANGE with offset PRECEDING/FOLLOWING requires exactly one "
                         "ORDER BY column")
            .at(position);
    auto const key = in.context.base_of(window.order[0].value->type.oid);
    auto wanted = key;
    if (key == oid::date || key == oid::timestamp || key == oid::timestamptz || key == oid::time ||
        key == oid::timetz)
        wanted = oid::interval;
    if (key == oid::float4) wanted = oid::float8;
    bool const served = key == oid::int2 || key == oid::int4 || key == oid::int8 ||
                        key == oid::float4 || key == oid::float8 || key == oid::numeric ||
                        key == oid::interval || wanted == oid::interval;
    if (!served)
        return sql_error("0A000",
                         "RANGE with offset PRECEDING/FOLLOWING is not supported for "
                         "column type " +
                             in.context.name(key))
            .at(value->position);
    if ((key == oid::int2 || key == oid::int4) && value->type.oid == oid::int8) return value;
    return coerce_to_specific(in.context, std::move(value), wanted, "RANGE");
}

outcome<void> inherit(scope& in, syntax::window_spec const& written, std::size_t index,
                      window_definition& out) {
    if (written.base.empty()) return {};
    for (std::size_t i = 0; i < index; ++i) {
        auto const& base = in.window_specs[i];
        if (base.name != written.base) continue;
        if (!written.partition.empty())
            return sql_error("42P20", "cannot override PARTITION BY clause of window \"" +
                                          written.base + "\"")
                .at(written.position);
        if (!written.order.empty() && !base.order.empty())
            return sql_error("42P20",
                             "cannot override ORDER BY clause of window \"" + written.base + "\"")
                .at(written.position);
        if (base.frame_options != default_frame && base.frame_options != 0 &&
            (base.frame_options & syntax::frame_nondefault) != 0)
            return sql_error("42P20", "cannot copy window \"" + written.base +
                                          "\" because it has a frame clause")
                .at(written.position);
        out.partition = in.windows[i].partition;
        if (written.order.empty()) out.order = in.windows[i].order;
        return {};
    }
    return sql_error("42704", "window \"" + written.base + "\" does not exist")
        .at(written.position);
}

bool same_list(std::vector<syntax::expr_ptr> const& a, std::vector<syntax::expr_ptr> const& b) {
    return a.empty() && b.empty();
}

}  // namespace

outcome<void> declare_windows(scope& in, std::vector<syntax::window_spec> const& written) {
    for (auto const& each : written) {
        for (auto const& before : in.window_specs)
            if (before.name == each.name)
                return sql_error("42P20", "window \"" + each.name + "\" is already defined")
                    .at(each.position);
        in.window_specs.push_back(each);
    }
    return {};
}

outcome<std::uint32_t> window_index(scope& in, syntax::window_spec const& over) {
    if (!over.name.empty()) {
        for (std::size_t i = 0; i < in.window_specs.size(); ++i)
            if (in.window_specs[i].name == over.name) return static_cast<std::uint32_t>(i);
        return sql_error("42704", "window \"" + over.name + "\" does not exist").at(over.position);
    }
    for (std::size_t i = 0; i < in.window_specs.size(); ++i) {
        auto const& each = in.window_specs[i];
        if (each.name.empty() && each.base == over.base && each.order.empty() &&
            over.order.empty() && same_list(each.partition, over.partition) &&
            each.frame_options == over.frame_options && !each.start_offset && !over.start_offset &&
            !each.end_offset && !over.end_offset)
            return static_cast<std::uint32_t>(i);
    }
    in.window_specs.push_back(over);
    return static_cast<std::uint32_t>(in.window_specs.size() - 1);
}

outcome<void> analyze_windows(scope& in, std::vector<target>& targets) {
    for (std::size_t i = 0; i < in.window_specs.size(); ++i) {
        auto const written = in.window_specs[i];
        window_definition made;
        SLUICE_CHECK(inherit(in, written, i, made));
        for (auto const& each : written.partition) {
            SLUICE_TRY(auto value, analyze_expr(in, each, place::window_partition));
            if (is_unknown(value->type.oid)) {
                SLUICE_TRY(value, coerce_type(in.context, value, {oid::text, -1},
                                              coercion_context::implicit, false));
            }
            if (find_sort_operators(in.context, value->type.oid).equal == nullptr)
                return no_equality(in.context, value->type.oid, value->position);
            made.partition.push_back(std::move(value));
        }
        if (!written.order.empty()) {
            SLUICE_TRY(made.order, window_order(in, written.order, targets));
        }
        auto const options = written.frame_options == 0 ? default_frame : written.frame_options;
        using unit = window_definition::unit;
        made.frame_unit = (options & syntax::frame_rows) != 0     ? unit::rows
                          : (options & syntax::frame_groups) != 0 ? unit::groups
                                                                  : unit::range;
        if (made.frame_unit == unit::groups && made.order.empty())
            return sql_error("42P20", "GROUPS mode requires an ORDER BY clause")
                .at(written.position);
        made.start = bound_of(options, true);
        made.end = bound_of(options, false);
        made.exclude = exclusion_of(options);
        SLUICE_TRY(made.start.offset,
                   frame_offset(in, written.start_offset, made, written.position));
        SLUICE_TRY(made.end.offset, frame_offset(in, written.end_offset, made, written.position));
        in.windows.push_back(std::move(made));
    }
    return {};
}

}  // namespace sluice::sql
