#include "protocols/sql/records/evaluate.hpp"
#include "protocols/sql/types/text_tools.hpp"

namespace sluice::sql::records {
namespace {

// nullptr: no such field.
record_result<value const*> field_named(value_fields const& of, path_step const& step) {
    value const* found = nullptr;
    for (auto const& [name, held] : of) {
        bool const same = step.exact ? name == step.name : same_ignoring_case(name, step.name);
        if (!same) continue;
        if (found != nullptr)
            return record_fault(fault::ambiguous_field_name,
                                "The name " + step.name + " matches several fields.");
        found = &held;
    }
    return found;
}

record_result<value const*> one_step(value const& from, path_step const& step) {
    if (step.what == path_step::kind::name) {
        auto const* fields = from.as_object();
        if (fields == nullptr) return nullptr;
        return field_named(*fields, step);
    }
    auto const* list = from.as_list();
    if (list == nullptr || static_cast<std::uint64_t>(step.index) >= list->size()) return nullptr;
    return &(*list)[static_cast<std::size_t>(step.index)];
}

record_result<void> gather(value const& from, std::span<path_step const> steps, value_list& out) {
    auto const* at = &from;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i].what != path_step::kind::any_index) {
            SLUICE_TRY(at, one_step(*at, steps[i]));
            if (at == nullptr) return {};
            continue;
        }
        auto const* list = at->as_list();
        if (list == nullptr) return {};
        for (auto const& each : *list) {
            SLUICE_CHECK(gather(each, steps.subspan(i + 1), out));
        }
        return {};
    }
    out.push_back(*at);
    return {};
}

record_result<void> spread_into(value const& from, std::span<path_step const> steps,
                                std::size_t rows_max, value_list& out) {
    auto const* at = &from;
    auto const add = [&](value one) -> record_result<void> {
        if (out.size() >= rows_max) return record_fault(fault::over_max_record_size);
        out.push_back(std::move(one));
        return {};
    };
    for (std::size_t i = 0; i < steps.size(); ++i) {
        auto const what = steps[i].what;
        if (what == path_step::kind::any_index || what == path_step::kind::any_name) {
            auto const rest = steps.subspan(i + 1);
            auto const* list = at->as_list();
            auto const* fields = at->as_object();
            if (what == path_step::kind::any_index && list != nullptr) {
                for (auto const& each : *list) {
                    SLUICE_CHECK(spread_into(each, rest, rows_max, out));
                }
                return {};
            }
            if (what == path_step::kind::any_name && fields != nullptr) {
                for (auto const& each : *fields) {
                    SLUICE_CHECK(spread_into(each.second, rest, rows_max, out));
                }
                return {};
            }
            return add(value());
        }
        SLUICE_TRY(at, one_step(*at, steps[i]));
        // A path that leads nowhere is a row with nothing in it.
        if (at == nullptr) return add(value());
    }
    return add(*at);
}

}  // namespace

record_result<value> follow(value const& from, std::span<path_step const> steps) {
    auto const* at = &from;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i].what == path_step::kind::any_index) {
            value_list found;
            SLUICE_CHECK(gather(*at, steps.subspan(i), found));
            return value::list(std::move(found));
        }
        SLUICE_TRY(at, one_step(*at, steps[i]));
        if (at == nullptr) return value();
    }
    return *at;
}

record_result<value_list> spread(value from, std::span<path_step const> steps,
                                 std::size_t rows_max) {
    value_list out;
    SLUICE_CHECK(spread_into(from, steps, rows_max, out));
    return out;
}

}  // namespace sluice::sql::records
