#include "protocols/sql/functions/function_table.hpp"

#include <array>
#include <string>
#include <unordered_map>

#include "gateway/core/assert.hpp"
#include "protocols/sql/functions/registry.hpp"

namespace sluice::sql {
namespace {

struct function_row {
    std::uint32_t oid;
    std::string_view name, symbol;
    char kind, volatility;
    bool strict, returns_set;
    std::uint32_t result, variadic;
    std::uint16_t argument_count;
    std::uint32_t first_argument;
};

#include "generated/function_rows.inc"

constexpr std::uint32_t oid_limit = 16384;  // built-in oids are below

class function_table final : public function_registry {
public:
    function_table() {
        served_.resize(oid_limit);
        facts_.reserve(std::size(function_rows));
        for (auto const& row : function_rows) {
            auto& facts = facts_.emplace_back();
            facts.oid = object_oid{row.oid};
            facts.name = row.name;
            facts.source = row.symbol;
            facts.kind = row.kind;
            facts.volatility = row.volatility;
            facts.strict = row.strict;
            facts.returns_set = row.returns_set;
            facts.result = type_oid{row.result};
            facts.variadic = type_oid{row.variadic};
            facts.arguments = {function_arguments + row.first_argument, row.argument_count};
            served_[row.oid].facts = &facts;
            if (!row.symbol.empty()) symbols_.emplace(row.symbol, row.oid);
            names_.emplace(row.name, row.oid);
        }
        register_integer_functions(*this);
        register_float_functions(*this);
        register_numeric_functions(*this);
        register_comparisons(*this);
        register_casts(*this);
        register_text_functions(*this);
        register_text_search_functions(*this);
        register_format_functions(*this);
        register_bytea_functions(*this);
        register_datetime_functions(*this);
        register_datetime_parts(*this);
        register_array_functions(*this);
        register_json_functions(*this);
        register_json_builders(*this);
        register_system_functions(*this);
        register_set_functions(*this);
        register_numeric_aggregates(*this);
        register_collecting_aggregates(*this);
        register_window_functions(*this);
    }

    void scalars(std::initializer_list<scalar_row> rows) override {
        for (auto const& row : rows)
            for_each(symbols_, row.symbol, [&](served_function& each) { each.scalar = row.call; });
    }
    void scalar(std::uint32_t oid, scalar_function call) override { at(oid).scalar = call; }
    void sets(std::initializer_list<set_row> rows) override {
        for (auto const& row : rows)
            for_each(symbols_, row.symbol, [&](served_function& each) { each.set = row.start; });
    }
    void set(std::uint32_t oid, set_function start) override { at(oid).set = start; }
    void aggregate(std::string_view name, aggregate_function how) override {
        for_each(names_, name, [&](served_function& each) {
            if (each.facts->kind == 'a') each.aggregate = keep(how);
        });
    }
    void aggregate_of(std::string_view name, type_oid first, aggregate_function how) override {
        bool found = false;
        for_each(names_, name, [&](served_function& each) {
            if (each.facts->kind != 'a' || each.facts->arguments.empty() ||
                each.facts->arguments[0] != first)
                return;
            each.aggregate = keep(how);
            found = true;
        });
        SLUICE_ASSERT(found);
    }
    void windows(std::initializer_list<window_row> rows) override {
        for (auto const& row : rows)
            for_each(names_, row.name, [&](served_function& each) {
                if (each.facts->kind == 'w') each.window = row.call;
            });
    }
    std::uint32_t oid_of(std::string_view name) const override {
        auto const found = names_.find(name);
        return found == names_.end() ? 0 : found->second;
    }
    void in_catalog(std::initializer_list<std::string_view> names) override {
        for (auto const name : names)
            for_each(names_, name, [](served_function& each) {
                if (each.scalar == nullptr && each.set == nullptr) each.in_catalog = true;
            });
    }

    served_function const& find(object_oid oid) const noexcept {
        static served_function const none;
        auto const number = static_cast<std::uint32_t>(oid);
        return number < oid_limit ? served_[number] : none;
    }

private:
    using index = std::unordered_multimap<std::string_view, std::uint32_t>;

    served_function& at(std::uint32_t oid) {
        SLUICE_ASSERT(oid < oid_limit && served_[oid].facts != nullptr);
        return served_[oid];
    }
    template <class Apply>
    void for_each(index const& by, std::string_view key, Apply apply) {
        auto const [first, last] = by.equal_range(key);
        if (first == last) assertion_failed(std::string(key).c_str(), __FILE__, __LINE__);
        for (auto each = first; each != last; ++each) apply(served_[each->second]);
    }
    aggregate_function const* keep(aggregate_function how) {
        aggregates_.push_back(std::make_unique<aggregate_function>(how));
        return aggregates_.back().get();
    }

    std::vector<function_facts> facts_;
    std::vector<served_function> served_;
    std::vector<std::unique_ptr<aggregate_function>> aggregates_;
    index symbols_, names_;
};

function_table const& table() {
    static function_table const functions;
    return functions;
}

}  // namespace

served_function const& find_function(object_oid oid) noexcept { return table().find(oid); }
function_facts const* find_function_facts(object_oid oid) noexcept {
    return table().find(oid).facts;
}

}  // namespace sluice::sql
