#include "protocols/sql/catalog/system_views.hpp"

#include "protocols/sql/catalog/objects.hpp"

namespace sluice::sql {
namespace {

struct view_text {
    std::string_view schema, name, text;
};
constexpr view_text view_texts[] = {
#include "protocols/sql/catalog/system_view_texts.inc"
};

}  // namespace

std::string_view system_view_text(object_oid schema, std::string_view name) noexcept {
    std::string_view const in =
        schema == schema_oids::pg_catalog ? "pg_catalog" : "information_schema";
    for (auto const& each : view_texts)
        if (each.schema == in && each.name == name) return each.text;
    return {};
}

}  // namespace sluice::sql
