#include "backend/query/value_vectors.hpp"

#include <limits>

#include <duckdb.hpp>

namespace sluice::query {
namespace {

using duckdb::FlatVector;
using duckdb::Vector;

value_type element_of(value_type list) {
    list.is_list = false;
    return list;
}

template <class T>
bool set_integer(Vector& to, std::size_t row, std::int64_t const* number) {
    if (number == nullptr || *number < std::numeric_limits<T>::min() ||
        *number > std::numeric_limits<T>::max())
        return false;
    FlatVector::GetData<T>(to)[row] = static_cast<T>(*number);
    return true;
}

template <class T>
bool set_float(Vector& to, std::size_t row, double const* number) {
    if (number == nullptr) return false;
    FlatVector::GetData<T>(to)[row] = static_cast<T>(*number);
    return true;
}

bool set_bytes(Vector& to, std::size_t row, std::string_view held, bool is_text) {
    if (is_text && !duckdb::Value::StringIsValid(held.data(), held.size())) return false;
    FlatVector::GetData<duckdb::string_t>(to)[row] =
        duckdb::StringVector::AddStringOrBlob(to, held.data(), held.size());
    return true;
}
bool set_bytes(Vector& to, std::size_t row, value const& from, bool is_text) {
    auto const* held = std::get_if<std::string>(&from.held);
    return held != nullptr && set_bytes(to, row, std::string_view{*held}, is_text);
}
bool set_bytes(Vector& to, std::size_t row, store::column_view const& from, bool is_text) {
    auto const* held = std::get_if<std::string_view>(&from);
    return held != nullptr && set_bytes(to, row, *held, is_text);
}

// What both kinds of cell hold in the same way.
template <class Held, class Cell>
bool set_plain(Vector& to, kind what, std::size_t row, Held const& held, Cell const& cell) {
    switch (what) {
        case kind::boolean: {
            auto const* truth = std::get_if<bool>(&held);
            if (truth != nullptr) FlatVector::GetData<bool>(to)[row] = *truth;
            return truth != nullptr;
        }
        case kind::int16:
            return set_integer<std::int16_t>(to, row, std::get_if<std::int64_t>(&held));
        case kind::int32:
        case kind::date:
            return set_integer<std::int32_t>(to, row, std::get_if<std::int64_t>(&held));
        case kind::int64:
        case kind::timestamp:
            return set_integer<std::int64_t>(to, row, std::get_if<std::int64_t>(&held));
        case kind::float32:
            return set_float<float>(to, row, std::get_if<double>(&held));
        case kind::float64:
            return set_float<double>(to, row, std::get_if<double>(&held));
        case kind::text:
            return set_bytes(to, row, cell, true);
        case kind::bytes:
        case kind::interval:
        case kind::opaque:
            return set_bytes(to, row, cell, false);
        case kind::decimal:
        case kind::int128:
            break;
    }
    return false;
}

bool set_wide(Vector& to, std::size_t row, value const& from) {
    auto const* held = std::get_if<int128>(&from.held);
    if (held == nullptr) return false;
    duckdb::hugeint_t const wide{held->high, held->low};
    // A decimal lies in the smallest integer that holds its precision.
    switch (to.GetType().InternalType()) {
        case duckdb::PhysicalType::INT16:
            return duckdb::Hugeint::TryCast(wide, FlatVector::GetData<std::int16_t>(to)[row]);
        case duckdb::PhysicalType::INT32:
            return duckdb::Hugeint::TryCast(wide, FlatVector::GetData<std::int32_t>(to)[row]);
        case duckdb::PhysicalType::INT64:
            return duckdb::Hugeint::TryCast(wide, FlatVector::GetData<std::int64_t>(to)[row]);
        default:
            FlatVector::GetData<duckdb::hugeint_t>(to)[row] = wide;
            return true;
    }
}

bool set_list(Vector& to, value_type type, std::size_t row, value const& from) {
    auto const* held = std::get_if<value_list>(&from.held);
    if (held == nullptr || !*held) return false;
    auto const& elements = **held;
    auto const start = duckdb::ListVector::GetListSize(to);
    duckdb::ListVector::Reserve(to, start + elements.size());
    auto& child = duckdb::ListVector::GetEntry(to);
    for (std::size_t at = 0; at < elements.size(); ++at)
        if (!set_value(child, element_of(type), start + at, elements[at])) return false;
    duckdb::ListVector::SetListSize(to, start + elements.size());
    FlatVector::GetData<duckdb::list_entry_t>(to)[row] = {start, elements.size()};
    return true;
}

}  // namespace

duckdb::LogicalType engine_type(value_type type) {
    using duckdb::LogicalType;
    if (type.is_list) return LogicalType::LIST(engine_type(element_of(type)));
    switch (type.what) {
        case kind::boolean:
            return LogicalType::BOOLEAN;
        case kind::int16:
            return LogicalType::SMALLINT;
        case kind::int32:
        case kind::date:
            return LogicalType::INTEGER;
        case kind::int64:
        case kind::timestamp:
            return LogicalType::BIGINT;
        case kind::float32:
            return LogicalType::FLOAT;
        case kind::float64:
            return LogicalType::DOUBLE;
        case kind::text:
            return LogicalType::VARCHAR;
        case kind::bytes:
        case kind::interval:
        case kind::opaque:
            return LogicalType::BLOB;
        case kind::decimal:
            return LogicalType::DECIMAL(type.precision, type.scale);
        case kind::int128:
            return LogicalType::HUGEINT;
    }
    return LogicalType::INVALID;
}

bool set_value(Vector& to, value_type type, std::size_t row, value const& from) {
    if (std::holds_alternative<std::monostate>(from.held)) {
        FlatVector::SetNull(to, row, true);
        return true;
    }
    if (type.is_list) return set_list(to, type, row, from);
    if (type.what == kind::decimal || type.what == kind::int128) return set_wide(to, row, from);
    return set_plain(to, type.what, row, from.held, from);
}

bool set_value(Vector& to, value_type type, std::size_t row, store::column_view const& from) {
    if (std::holds_alternative<std::monostate>(from)) {
        FlatVector::SetNull(to, row, true);
        return true;
    }
    return !type.is_list && set_plain(to, type.what, row, from, from);
}

struct column_reader::parts {
    value_type type;
    duckdb::PhysicalType physical{};
    duckdb::UnifiedVectorFormat format;
    std::unique_ptr<column_reader> elements;

    template <class T>
    T const& raw(std::size_t at) const {
        return duckdb::UnifiedVectorFormat::GetData<T>(format)[at];
    }
    std::size_t place_of(std::size_t row) const { return format.sel->get_index(row); }
    bool has(std::size_t at) const { return format.validity.RowIsValid(at); }

    void put(std::size_t at, value& to) const {
        switch (type.what) {
            case kind::boolean:
                to.held = raw<bool>(at);
                return;
            case kind::int16:
                to.held = std::int64_t{raw<std::int16_t>(at)};
                return;
            case kind::int32:
            case kind::date:
                to.held = std::int64_t{raw<std::int32_t>(at)};
                return;
            case kind::int64:
            case kind::timestamp:
                to.held = raw<std::int64_t>(at);
                return;
            case kind::float32:
                to.held = double{raw<float>(at)};
                return;
            case kind::float64:
                to.held = raw<double>(at);
                return;
            case kind::text:
            case kind::bytes:
            case kind::interval:
            case kind::opaque:
                put_bytes(raw<duckdb::string_t>(at), to);
                return;
            case kind::decimal:
            case kind::int128:
                to.held = wide_at(at);
                return;
        }
    }

    // Into the string that is there already, where there is one.
    static void put_bytes(duckdb::string_t const& from, value& to) {
        auto* held = std::get_if<std::string>(&to.held);
        if (held == nullptr) held = &to.held.emplace<std::string>();
        held->assign(from.GetData(), from.GetSize());
    }

    int128 wide_at(std::size_t at) const {
        auto const widened = [](std::int64_t number) {
            return int128{static_cast<std::uint64_t>(number), number < 0 ? -1 : 0};
        };
        switch (physical) {
            case duckdb::PhysicalType::INT16:
                return widened(raw<std::int16_t>(at));
            case duckdb::PhysicalType::INT32:
                return widened(raw<std::int32_t>(at));
            case duckdb::PhysicalType::INT64:
                return widened(raw<std::int64_t>(at));
            default: {
                auto const wide = raw<duckdb::hugeint_t>(at);
                return {wide.lower, wide.upper};
            }
        }
    }
};

column_reader::column_reader(Vector& from, value_type type, std::size_t count)
    : inside_(std::make_unique<parts>()) {
    inside_->type = type;
    from.ToUnifiedFormat(count, inside_->format);
    inside_->physical = from.GetType().InternalType();
    if (!type.is_list) return;
    auto& child = duckdb::ListVector::GetEntry(from);
    inside_->elements = std::make_unique<column_reader>(child, element_of(type),
                                                        duckdb::ListVector::GetListSize(from));
}
column_reader::column_reader(column_reader&&) noexcept = default;
column_reader::~column_reader() = default;

bool column_reader::is_null(std::size_t row) const {
    return !inside_->has(inside_->place_of(row));
}

column_reader::elements column_reader::list(std::size_t row) const {
    auto const at = inside_->place_of(row);
    if (!inside_->has(at)) return {*inside_->elements, 0, 0};
    auto const entry = inside_->raw<duckdb::list_entry_t>(at);
    return {*inside_->elements, entry.offset, entry.length};
}

void column_reader::get(std::size_t row, value& to) const {
    auto const at = inside_->place_of(row);
    if (!inside_->has(at)) {
        to.held = std::monostate{};
        return;
    }
    if (!inside_->type.is_list) return inside_->put(at, to);
    auto all = std::make_shared<std::vector<value>>();
    auto each = list(row);
    for (value one; each.next(one);) all->push_back(one);
    to.held = value_list{std::move(all)};
}

}  // namespace sluice::query
