#include "protocols/s3/model/iam_actions.hpp"

#include <algorithm>

namespace sluice::s3 {
namespace {

struct action_row {
    operation id;
    std::string_view action;
    std::string_view of_version;
};

constexpr action_row rows[] = {
#define S3_ACTION(id, action, of_version) {operation::id, action, of_version},
#include "protocols/s3/model/iam_actions.def"
#undef S3_ACTION
};

constexpr bool names_all_served() {
    return std::all_of(operation_rows.begin(), operation_rows.end(), [](auto const& row) {
        return row.served != serving::served ||
               std::count_if(std::begin(rows), std::end(rows),
                             [&](auto const& one) { return one.id == row.id; }) == 1;
    });
}
static_assert(names_all_served(), "every served operation is one action");

}  // namespace

std::string_view iam_actions_of(operation id, bool of_version) noexcept {
    for (auto const& row : rows)
        if (row.id == id)
            return of_version && !row.of_version.empty() ? row.of_version : row.action;
    return {};
}

}  // namespace sluice::s3
