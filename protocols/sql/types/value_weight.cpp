#include "protocols/sql/types/value_weight.hpp"

namespace sluice::sql {
namespace {

constexpr std::size_t of_allocation = 64;  // a shared array or row, a row of a list

std::size_t elements_of(std::vector<datum> const& values) noexcept {
    std::size_t out = of_allocation;
    for (auto const& each : values) out += weight_of(each);
    return out;
}

}  // namespace

std::size_t outside_weight(datum const& value) noexcept {
    if (auto const* text = std::get_if<std::string>(&value))
        return text->capacity() < sizeof(std::string) ? 0 : text->capacity();  // short: inside
    if (auto const* array = std::get_if<std::shared_ptr<array_value const>>(&value))
        return *array ? elements_of((*array)->elements) : 0;
    if (auto const* row = std::get_if<std::shared_ptr<row_value const>>(&value))
        return *row ? elements_of((*row)->fields) : 0;
    return 0;
}

std::size_t weight_of(datum const& value) noexcept { return sizeof(datum) + outside_weight(value); }

std::size_t weight_of(std::span<datum const> values) noexcept {
    std::size_t out = of_allocation + 32;
    for (auto const& each : values) out += weight_of(each);
    return out;
}

}  // namespace sluice::sql
