#include "protocols/sql/execute/operation_names.hpp"

namespace sluice::sql {
namespace {

struct utility_name {
    std::string_view operator()(utility::create_table const&) const { return "CREATE TABLE"; }
    std::string_view operator()(utility::create_index const&) const { return "CREATE INDEX"; }
    std::string_view operator()(utility::create_sequence const&) const {
        return "CREATE SEQUENCE";
    }
    std::string_view operator()(utility::create_schema const&) const { return "CREATE SCHEMA"; }
    std::string_view operator()(utility::create_view const&) const { return "CREATE VIEW"; }
    std::string_view operator()(utility::drop const&) const { return "DROP"; }
    std::string_view operator()(utility::truncate const&) const { return "TRUNCATE"; }
    std::string_view operator()(utility::alter_table const&) const { return "ALTER TABLE"; }
    std::string_view operator()(utility::rename const&) const { return "ALTER"; }
    std::string_view operator()(utility::comment const&) const { return "COMMENT"; }
    std::string_view operator()(utility::copy const&) const { return "COPY"; }
    std::string_view operator()(utility::lock_table const&) const { return "LOCK TABLE"; }
    template <class Other>
    std::string_view operator()(Other const&) const {
        return {};
    }
};

}  // namespace

std::string_view operation_name(analysed_statement const& statement) noexcept {
    auto const& body = statement.body;
    if (std::holds_alternative<select_statement>(body)) return "SELECT";
    if (std::holds_alternative<insert_statement>(body)) return "INSERT";
    if (std::holds_alternative<update_statement>(body)) return "UPDATE";
    if (std::holds_alternative<delete_statement>(body)) return "DELETE";
    auto const* utility = std::get_if<utility_ptr>(&body);
    return utility == nullptr ? std::string_view() : std::visit(utility_name{}, (*utility)->body);
}

}  // namespace sluice::sql
