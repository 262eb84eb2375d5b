#include "protocols/sql/functions/format_fields.hpp"

#include <optional>

#include "protocols/sql/types/text_tools.hpp"

namespace sluice::sql {

char const* const full_month_names[12] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
char const* const full_day_names[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};

namespace {

struct keyword {
    std::string_view name;  // lower case
    format_field what;
    int digits = 0;
    bool dotted = false;
};
// Longer names before their beginnings.
constexpr keyword keywords[] = {
    {"a.m.", format_field::meridiem, 0, true},
    {"p.m.", format_field::meridiem, 0, true},
    {"am", format_field::meridiem},
    {"pm", format_field::meridiem},
    {"a.d.", format_field::era, 0, true},
    {"b.c.", format_field::era, 0, true},
    {"ad", format_field::era},
    {"bc", format_field::era},
    {"cc", format_field::cc},
    {"day", format_field::day_name},
    {"ddd", format_field::ddd},
    {"dd", format_field::dd},
    {"dy", format_field::day_short},
    {"d", format_field::d},
    {"ff1", format_field::fraction, 1},
    {"ff2", format_field::fraction, 2},
    {"ff3", format_field::fraction, 3},
    {"ff4", format_field::fraction, 4},
    {"ff5", format_field::fraction, 5},
    {"ff6", format_field::fraction, 6},
    {"hh24", format_field::hh24},
    {"hh12", format_field::hh12},
    {"hh", format_field::hh12},
    {"iddd", format_field::iddd},
    {"id", format_field::id},
    {"iw", format_field::iw},
    {"iyyy", format_field::iyyy},
    {"iyy", format_field::iyy},
    {"iy", format_field::iy},
    {"i", format_field::i},
    {"j", format_field::julian},
    {"mi", format_field::mi},
    {"mm", format_field::mm},
    {"month", format_field::month_name},
    {"mon", format_field::month_short},
    {"ms", format_field::ms},
    {"of", format_field::of},
    {"q", format_field::quarter},
    {"rm", format_field::roman},
    {"sssss", format_field::seconds_of_day},
    {"ssss", format_field::seconds_of_day},
    {"ss", format_field::ss},
    {"tzh", format_field::tzh},
    {"tzm", format_field::tzm},
    {"tz", format_field::tz},
    {"us", format_field::us},
    {"ww", format_field::ww},
    {"w", format_field::w},
    {"y,yyy", format_field::y_yyy},
    {"yyyy", format_field::yyyy},
    {"yyy", format_field::yyy},
    {"yy", format_field::yy},
    {"y", format_field::y},
};

// Names of days and months tell capitals apart; other keywords do not.
letter_case case_of(std::string_view written) {
    if (written[0] >= 'a' && written[0] <= 'z') return letter_case::lower;
    if (written.size() > 1 && written[1] >= 'a' && written[1] <= 'z') return letter_case::capital;
    return letter_case::upper;
}

std::optional<format_node> read_keyword(std::string_view& rest) {
    for (auto const& each : keywords) {
        if (!same_ignoring_case(rest.substr(0, each.name.size()), each.name)) continue;
        format_node node;
        node.what = each.what;
        node.text = rest.substr(0, each.name.size());
        node.letters = case_of(node.text);
        node.digits = each.digits;
        node.dotted = each.dotted;
        rest.remove_prefix(each.name.size());
        return node;
    }
    return std::nullopt;
}

}  // namespace

std::vector<format_node> split_format(std::string_view rest) {
    std::vector<format_node> nodes;
    auto const literal = [&](std::string_view text, bool quoted) {
        format_node node;
        node.text = text;
        node.quoted = quoted;
        nodes.push_back(std::move(node));
    };
    while (!rest.empty()) {
        if (rest[0] == '"') {
            rest.remove_prefix(1);
            std::string text;
            while (!rest.empty() && rest[0] != '"') {
                if (rest[0] == '\\' && rest.size() > 1) rest.remove_prefix(1);
                text.push_back(rest[0]);
                rest.remove_prefix(1);
            }
            if (!rest.empty()) rest.remove_prefix(1);
            literal(text, true);
            continue;
        }
        bool fill = true;
        auto after = rest;
        while (true) {
            auto const two = after.substr(0, 2);
            if (same_ignoring_case(two, "fm"))
                fill = false;
            else if (same_ignoring_case(two, "tm"))
                fill = false;
            else if (!same_ignoring_case(two, "fx"))
                break;
            after.remove_prefix(2);
        }
        if (auto node = read_keyword(after)) {
            node->fill = fill;
            if (after.substr(0, 2) == "TH")
                node->ordinal = 1;
            else if (same_ignoring_case(after.substr(0, 2), "th"))
                node->ordinal = 2;
            if (node->ordinal != 0)
                after.remove_prefix(2);
            else if (same_ignoring_case(after.substr(0, 2), "sp"))
                after.remove_prefix(2);
            nodes.push_back(std::move(*node));
            rest = after;
            continue;
        }
        if (after.size() != rest.size()) {  // a prefix without a keyword
            rest = after;
            continue;
        }
        if (rest[0] == '\\' && rest.size() > 1 && rest[1] == '"') {
            literal("\"", true);
            rest.remove_prefix(2);
            continue;
        }
        auto const size =
            std::min(character_bytes(static_cast<unsigned char>(rest[0])), rest.size());
        literal(rest.substr(0, size), false);
        rest.remove_prefix(size);
    }
    return nodes;
}

}  // namespace sluice::sql
