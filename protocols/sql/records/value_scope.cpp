#include "protocols/sql/records/record_reader.hpp"

namespace sluice::sql::records {

record_result<value> value_scope::at(std::size_t path) const {
    std::span<path_step const> steps(program_.paths[path]);
    SLUICE_TRY(auto found, follow(root_, steps));
    // _1 is the record itself, where it has no such field.
    bool const by_place = found.is_missing() && !steps.empty() &&
                          steps.front().what == path_step::kind::name && steps.front().name == "_1";
    if (by_place) return follow(root_, steps.subspan(1));
    return found;
}

void value_scope::everything(value_fields& out) const {
    if (auto const* fields = root_.as_object()) {
        out.insert(out.end(), fields->begin(), fields->end());
        return;
    }
    if (!root_.is_missing()) out.emplace_back("_1", root_);
}

}  // namespace sluice::sql::records
