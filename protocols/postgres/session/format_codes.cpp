#include "protocols/postgres/session/format_codes.hpp"

#include "protocols/postgres/wire/front_errors.hpp"

namespace sluice::postgres {
namespace {

sql::sql_result<std::vector<std::int16_t>> spread(std::vector<std::int16_t> const& codes,
                                                  std::size_t wanted, front_error mismatch) {
    if (codes.size() > 1 && codes.size() != wanted)
        return make_error(mismatch, {std::to_string(codes.size()), std::to_string(wanted)});
    for (auto const code : codes)
        if (code != 0 && code != 1)
            return make_error(front_error::format_code, {std::to_string(code)});
    if (codes.size() == wanted) return codes;
    return std::vector<std::int16_t>(wanted, codes.empty() ? std::int16_t{0} : codes.front());
}

}  // namespace

sql::sql_result<std::vector<std::int16_t>> spread_parameter_formats(
    std::vector<std::int16_t> const& codes, std::size_t parameters) {
    return spread(codes, parameters, front_error::parameter_formats);
}

sql::sql_result<std::vector<std::int16_t>> spread_result_formats(
    std::vector<std::int16_t> const& codes, std::size_t columns) {
    return spread(codes, columns, front_error::result_formats);
}

}  // namespace sluice::postgres
