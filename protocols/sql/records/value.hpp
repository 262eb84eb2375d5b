// A value of a record: its type is known only when it is there. What a CSV field holds is `untyped`:
// a text that stands for a number where one is asked for. An untyped view lives as long as the
// record it was read from; everything else owns what it holds, lists and objects by sharing what
// nobody changes. Plain value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "protocols/sql/records/record_fault.hpp"
#include "protocols/sql/records/timestamp.hpp"
#include "protocols/sql/types/numeric.hpp"

namespace sluice::sql::records {

struct missing_value {};
struct null_value {};
struct untyped {
    std::string_view text;
};
class value;
using value_list = std::vector<value>;
using value_fields = std::vector<std::pair<std::string, value>>;  // in order, names may repeat

class value {
public:
    using held_type =
        std::variant<missing_value, null_value, bool, std::int64_t, numeric, double, std::string,
                     untyped, timestamp, std::shared_ptr<value_list const>,
                     std::shared_ptr<value_fields const>>;

    value() = default;  // missing
    template <class T>
        requires(!std::is_same_v<std::remove_cvref_t<T>, value> &&
                 std::is_constructible_v<held_type, std::in_place_type_t<std::remove_cvref_t<T>>, T>)
    value(T held)  // NOLINT: implicit, a value is what it holds
        : held_(std::in_place_type<std::remove_cvref_t<T>>, std::move(held)) {}
    static value null() { return value(null_value{}); }
    static value list(value_list items) {
        return value(std::shared_ptr<value_list const>(
            std::make_shared<value_list>(std::move(items))));
    }
    static value object(value_fields fields) {
        return value(std::shared_ptr<value_fields const>(
            std::make_shared<value_fields>(std::move(fields))));
    }

    template <class T>
    T const* get() const noexcept {
        return std::get_if<T>(&held_);
    }
    held_type const& held() const noexcept { return held_; }

    bool is_missing() const noexcept { return get<missing_value>() != nullptr; }
    bool is_absent() const noexcept { return is_missing() || get<null_value>() != nullptr; }
    bool is_true() const noexcept { return get<bool>() != nullptr && *get<bool>(); }
    value_list const* as_list() const noexcept {
        auto const* held = get<std::shared_ptr<value_list const>>();
        return held == nullptr ? nullptr : held->get();
    }
    value_fields const* as_object() const noexcept {
        auto const* held = get<std::shared_ptr<value_fields const>>();
        return held == nullptr ? nullptr : held->get();
    }
    // Of a string or a field; nothing for others.
    std::string_view const* text(std::string_view& room) const noexcept {
        if (auto const* owned = get<std::string>()) return room = *owned, &room;
        if (auto const* field = get<untyped>()) return &field->text;
        return nullptr;
    }

private:
    held_type held_;
};

// Numbers have at most so many significant digits once they were calculated with.
inline constexpr int decimal_digits_max = 38;
// What a number written in decimal is: an int where it fits and has no point or exponent, else a
// decimal; missing where the text is no number.
value number_of(std::string_view text);
// The number that a value is or, of a field, stands for; missing: none.
value as_number(value const& of);
numeric to_decimal(value const& number);
double to_float(value const& number);

// The text that CAST(... AS STRING) gives, also what is written to CSV: JSON for lists and objects.
void print(value const& of, std::string& out);
void print_json(value const& of, std::string& out);
void print_json_text(std::string_view text, std::string& out);

// Order of two values of one kind.
enum class ordering : std::uint8_t { less, equal, greater, unknown, unlike };
ordering compare(value const& a, value const& b);

}  // namespace sluice::sql::records
