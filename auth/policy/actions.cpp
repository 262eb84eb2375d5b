#include "auth/policy/actions.hpp"

namespace sluice::auth {
namespace {

struct action_row {
    action verb;
    std::string_view name;
    action_class filed_under;
};

constexpr action_row rows[] = {
#define SLUICE_ACTION(verb, number, class_) {action::verb, #verb, action_class::class_},
#include "auth/policy/actions.def"
#undef SLUICE_ACTION
};

constexpr bool numbered_in_order() {
    for (std::size_t i = 0; i < action_count; ++i)
        if (static_cast<std::size_t>(rows[i].verb) != i) return false;
    return true;
}
static_assert(numbered_in_order(), "a verb's number is its row in actions.def");

constexpr action_set readonly{action::read, action::list, action::describe, action::read_log};
constexpr action_set readwrite =
    readonly | action_set{action::append, action::update, action::delete_, action::commit_offset};

result<action_set> parse_word(std::string_view word) {
    if (word == "all") return action_set::all();
    if (word == "readonly") return readonly;
    if (word == "readwrite") return readwrite;
    if (auto verb = action_named(word)) return action_set{*verb};
    return failure{error::invalid_argument, "'" + std::string(word) + "' is not a verb"};
}

}  // namespace

std::string_view name_of(action verb) noexcept {
    auto number = static_cast<std::size_t>(verb);
    if (number >= action_count) return "unknown";
    auto name = rows[number].name;
    if (name.ends_with('_')) name.remove_suffix(1);  // delete_ dodges the keyword
    return name;
}

std::string_view name_of(action_class filed_under) noexcept {
    switch (filed_under) {
        case action_class::read: return "read";
        case action_class::write: return "write";
        case action_class::ddl: return "ddl";
        case action_class::dcl: return "dcl";
        case action_class::auth: return "auth";
        case action_class::admin: return "admin";
    }
    return "unknown";
}

action_class class_of(action verb) noexcept {
    auto number = static_cast<std::size_t>(verb);
    return number < action_count ? rows[number].filed_under : action_class::admin;
}

std::optional<action> action_named(std::string_view name) noexcept {
    for (auto const& row : rows)
        if (name_of(row.verb) == name) return row.verb;
    return std::nullopt;
}

result<action_set> parse_actions(std::string_view text) {
    action_set all;
    for (;;) {
        auto comma = text.find(',');
        SLUICE_TRY(auto word, parse_word(text.substr(0, comma)));
        all = all | word;
        if (comma == std::string_view::npos) return all;
        text.remove_prefix(comma + 1);
    }
}

std::string to_text(action_set verbs) {
    if (verbs == action_set::all()) return "all";
    std::string out;
    for (auto const& row : rows) {
        if (!verbs.has(row.verb)) continue;
        if (!out.empty()) out += ',';
        out += name_of(row.verb);
    }
    return out;
}

}  // namespace sluice::auth
