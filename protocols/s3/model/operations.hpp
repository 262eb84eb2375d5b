// The table of S3 operations (operations.def) and the routing that follows from it. Pure,
// thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "protocols/http/method.hpp"

namespace sluice::s3 {

enum class operation : std::uint16_t {
#define S3_OPERATION(id, ...) id,
#include "protocols/s3/model/operations.def"
#undef S3_OPERATION
};

enum class resource_level : std::uint8_t { service, bucket, object };
enum class serving : std::uint8_t { served, refused, alias };

struct operation_row {
    operation id;
    std::string_view name;
    http::method method;
    resource_level level;
    serving served;
    std::string_view selectors;
    std::string_view parameters;
};

inline constexpr std::array operation_rows{
#define S3_OPERATION(id, name, method_, level_, serving_, selectors, parameters) \
    operation_row{operation::id,                                                 \
                  name,                                                          \
                  http::method::method_,                                         \
                  resource_level::level_,                                        \
                  serving::serving_,                                             \
                  selectors,                                                     \
                  parameters},
#include "protocols/s3/model/operations.def"
#undef S3_OPERATION
};

constexpr operation_row const& row_of(operation id) noexcept {
    return operation_rows[static_cast<std::size_t>(id)];
}

// What routing asks about a request; values are decoded.
class selector_source {
public:
    virtual ~selector_source() = default;
    virtual bool has_query(std::string_view name) const = 0;
    virtual bool query_equals(std::string_view name, std::string_view value) const = 0;
    virtual bool has_header(std::string_view name) const = 0;
};

// The row with the most selectors, all of which hold; nullptr when no row of that method and level
// matches. What the request carries beyond the selectors is for `check_parameters` to judge.
operation_row const* find_operation(http::method method, resource_level level,
                                    selector_source const& request);

// Whether `name` is among the selectors or parameters of the row (queries: case matters; headers:
// lower case).
bool row_takes_query(operation_row const& row, std::string_view name) noexcept;
bool row_takes_header(operation_row const& row, std::string_view lower_case_name) noexcept;

}  // namespace sluice::s3
