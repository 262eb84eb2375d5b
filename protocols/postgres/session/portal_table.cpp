#include "protocols/postgres/session/portal_table.hpp"

#include <algorithm>

#include "protocols/postgres/wire/front_errors.hpp"

namespace sluice::postgres {

sql::sql_result<void> portal_table::add(std::string name, open_portal what) {
    if (name.empty())
        remove(name);
    else if (by_name_.contains(name))
        return make_error(front_error::portal_exists, {name});
    if (by_name_.size() >= most_) return make_error(front_error::too_many_portals);
    by_name_.emplace(std::move(name), std::move(what));
    return {};
}

open_portal* portal_table::find(std::string_view name) {
    auto const found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &found->second;
}

void portal_table::remove(std::string_view name) {
    auto const found = by_name_.find(name);
    if (found != by_name_.end()) by_name_.erase(found);
}

void portal_table::keep_up(std::uint64_t transactions_ended) {
    if (transactions_ended == transactions_ended_) return;
    transactions_ended_ = transactions_ended;
    by_name_.clear();
}

std::string tag_with_rows(std::string_view tag, std::uint64_t rows) {
    auto const space = tag.rfind(' ');
    auto const number = space == std::string_view::npos ? "" : tag.substr(space + 1);
    bool const digits = !number.empty() && std::all_of(number.begin(), number.end(),
                                                       [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return std::string(tag);
    return std::string(tag.substr(0, space + 1)) + std::to_string(rows);
}

}  // namespace sluice::postgres
