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
bool set_integer(Vector& to, std::size_t row, value const& from) {
    auto const* number = std::get_if<std::int64_t>(&from.held);
    if (number == nullptr || *number < std::numeric_limits<T>::min() ||
        *number > std::numeric_limits<T>::max())
        return false;
    FlatVector::GetData<T>(to)[row] = static_cast<T>(*number);
    return true;
}

template <class T>
bool set_float(Vector& to, std::size_t row, value const& from) {
    auto const* number = std::get_if<double>(&from.held);
    if (number == nullptr) return false;
    FlatVector::GetData<T>(to)[row] = static_cast<T>(*number);
    return true;
}

bool set_bytes(Vector& to, std::size_t row, value const& from, bool is_text) {
    auto const* held = std::get_if<std::string>(&from.held);
    if (held == nullptr) return false;
    if (is_text && !duckdb::Value::StringIsValid(held->data(), held->size())) return false;
    FlatVector::GetData<duckdb::string_t>(to)[row] =
        duckdb::StringVector::AddStringOrBlob(to, held->data(), held->size());
    return true;
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

// Reads one vector in whatever form the engine keeps it.
class column_reader {
public:
    column_reader(Vector& from, value_type type, std::size_t count) : type_(type) {
        from.ToUnifiedFormat(count, format_);
        physical_ = from.GetType().InternalType();
        if (type.is_list) {
            auto& child = duckdb::ListVector::GetEntry(from);
            elements_ = std::make_unique<column_reader>(child, element_of(type),
                                                        duckdb::ListVector::GetListSize(from));
        }
    }

    value get(std::size_t row) const {
        auto const at = format_.sel->get_index(row);
        if (!format_.validity.RowIsValid(at)) return {};
        return type_.is_list ? list_at(at) : single_at(at);
    }

private:
    template <class T>
    T const& raw(std::size_t at) const {
        return duckdb::UnifiedVectorFormat::GetData<T>(format_)[at];
    }

    value list_at(std::size_t at) const {
        auto const entry = raw<duckdb::list_entry_t>(at);
        auto all = std::make_shared<std::vector<value>>();
        all->reserve(entry.length);
        for (duckdb::idx_t i = 0; i < entry.length; ++i)
            all->push_back(elements_->get(entry.offset + i));
        return {value_list{std::move(all)}};
    }

    value single_at(std::size_t at) const {
        switch (type_.what) {
            case kind::boolean:
                return {raw<bool>(at)};
            case kind::int16:
                return {std::int64_t{raw<std::int16_t>(at)}};
            case kind::int32:
            case kind::date:
                return {std::int64_t{raw<std::int32_t>(at)}};
            case kind::int64:
            case kind::timestamp:
                return {raw<std::int64_t>(at)};
            case kind::float32:
                return {double{raw<float>(at)}};
            case kind::float64:
                return {raw<double>(at)};
            case kind::text:
            case kind::bytes:
            case kind::interval:
            case kind::opaque:
                return {raw<duckdb::string_t>(at).GetString()};
            case kind::decimal:
            case kind::int128:
                return {wide_at(at)};
        }
        return {};
    }

    int128 wide_at(std::size_t at) const {
        auto const widened = [](std::int64_t number) {
            return int128{static_cast<std::uint64_t>(number), number < 0 ? -1 : 0};
        };
        switch (physical_) {
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

    value_type type_;
    duckdb::PhysicalType physical_{};
    duckdb::UnifiedVectorFormat format_;
    std::unique_ptr<column_reader> elements_;
};

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
    switch (type.what) {
        case kind::boolean: {
            auto const* truth = std::get_if<bool>(&from.held);
            if (truth != nullptr) FlatVector::GetData<bool>(to)[row] = *truth;
            return truth != nullptr;
        }
        case kind::int16:
            return set_integer<std::int16_t>(to, row, from);
        case kind::int32:
        case kind::date:
            return set_integer<std::int32_t>(to, row, from);
        case kind::int64:
        case kind::timestamp:
            return set_integer<std::int64_t>(to, row, from);
        case kind::float32:
            return set_float<float>(to, row, from);
        case kind::float64:
            return set_float<double>(to, row, from);
        case kind::text:
            return set_bytes(to, row, from, true);
        case kind::bytes:
        case kind::interval:
        case kind::opaque:
            return set_bytes(to, row, from, false);
        case kind::decimal:
        case kind::int128:
            return set_wide(to, row, from);
    }
    return false;
}

void get_column(Vector& from, value_type type, std::size_t count,
                std::vector<std::vector<value>>& rows, std::size_t column) {
    column_reader const reader{from, type, count};
    for (std::size_t row = 0; row < count; ++row) rows[row][column] = reader.get(row);
}

}  // namespace sluice::query
