#include "protocols/sql/functions/regular_nodes.hpp"
#include "protocols/sql/types/text_tools.hpp"

namespace sluice::sql {

bool is_word_character(char32_t c) noexcept { return c == U'_' || is_letter_or_digit(c); }

namespace {

bool in_class(char what, char32_t c) {
    auto const ascii = c < 128;
    switch (what) {
        case 'd':
            return c >= '0' && c <= '9';
        case 's':
            return c == ' ' || (c >= 9 && c <= 13) || c == 0x2028 || c == 0x2029;
        case 'w':
            return is_word_character(c);
        case 'a':
            return is_letter_or_digit(c) && !(c >= '0' && c <= '9');
        case 'n':
            return is_letter_or_digit(c);
        case 'u':
            return lower_case(c) != c;
        case 'l':
            return upper_case(c) != c || (c >= 'a' && c <= 'z');
        case 'p':
            return ascii && c > 32 && c < 127 && !is_letter_or_digit(c);
        case 'x':
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        case 'b':
            return c == ' ' || c == '\t';
        case 'c':
            return c < 32 || c == 127;
        case 'g':
            return c > 32 && c != 127;
        case 't':
            return c >= 32 && c != 127;
        default:
            return false;
    }
}
constexpr std::pair<std::u32string_view, char> class_names[] = {
    {U"digit", 'd'}, {U"space", 's'}, {U"alpha", 'a'},  {U"alnum", 'n'}, {U"upper", 'u'},
    {U"lower", 'l'}, {U"punct", 'p'}, {U"xdigit", 'x'}, {U"blank", 'b'}, {U"cntrl", 'c'},
    {U"graph", 'g'}, {U"print", 't'}, {U"word", 'w'},
};

class regular_parser {
public:
    regular_parser(std::u32string_view pattern, expression_options options,
                   expression_limits const& limits)
        : rest_(pattern), limits_(limits) {
        tree_.options = options;
        tree_.nodes.emplace_back();
    }

    sql_result<regular_tree> run() {
        director();
        if (!error_) embedded_options();
        if (!error_ && tree_.options.basic)
            error_ = sql_error("0A000", "basic regular expressions are not supported");
        if (!error_) {
            tree_.root = tree_.options.literal ? literal() : alternatives(0);
            if (!error_ && !rest_.empty()) invalid("parentheses () not balanced");
        }
        if (error_) return std::move(*error_);
        return std::move(tree_);
    }

private:
    std::uint32_t invalid(char const* what) {
        if (!error_)
            error_ = sql_error("2201B", std::string("invalid regular expression: ") + what);
        return 0;
    }
    bool at(std::u32string_view text) const { return rest_.substr(0, text.size()) == text; }
    char32_t peek(std::size_t ahead = 0) const {
        return ahead < rest_.size() ? rest_[ahead] : U'\0';
    }
    void skip(std::size_t count = 1) { rest_.remove_prefix(std::min(count, rest_.size())); }

    void director() {
        if (at(U"***=")) {
            skip(4);
            tree_.options.literal = true;
        } else if (at(U"***:")) {
            skip(4);
        } else if (at(U"***")) {
            invalid("quantifier operand invalid");
        }
    }
    void embedded_options() {
        if (tree_.options.literal || !at(U"(?") || !(peek(2) >= 'a' && peek(2) <= 'z')) return;
        skip(2);
        auto& options = tree_.options;
        for (; !rest_.empty() && peek() != ')'; skip()) {
            switch (peek()) {
                case 'b':
                    options.basic = true;
                    break;
                case 'c':
                    options.ignore_case = false;
                    break;
                case 'e':
                    options.basic = false;
                    break;
                case 'i':
                    options.ignore_case = true;
                    break;
                case 'm':
                case 'n':
                    options.newline_stops = options.newline_anchors = true;
                    break;
                case 'p':
                    options.newline_stops = true, options.newline_anchors = false;
                    break;
                case 'q':
                    options.literal = true;
                    break;
                case 's':
                    options.newline_stops = options.newline_anchors = false;
                    break;
                case 't':
                    options.expanded = false;
                    break;
                case 'w':
                    options.newline_stops = false, options.newline_anchors = true;
                    break;
                case 'x':
                    options.expanded = true;
                    break;
                default:
                    invalid("invalid embedded option");
                    return;
            }
        }
        if (rest_.empty()) invalid("invalid embedded option");
        skip();
    }

    std::uint32_t add(regular_node node) {
        if (tree_.nodes.size() > limits_.states)
            return invalid("regular expression is too complex");
        tree_.nodes.push_back(node);
        return static_cast<std::uint32_t>(tree_.nodes.size() - 1);
    }
    std::uint32_t add_set(character_set set) {
        tree_.sets.push_back(std::move(set));
        regular_node node;
        node.what = node_kind::set;
        node.set = static_cast<std::uint32_t>(tree_.sets.size() - 1);
        return add(node);
    }
    std::uint32_t add_character(char32_t c) {
        character_set set;
        set.ranges.emplace_back(c, c);
        return add_set(std::move(set));
    }
    regular_node& node(std::uint32_t index) { return tree_.nodes[index]; }

    std::uint32_t literal() {
        std::uint32_t all = 0;
        for (; !rest_.empty(); skip()) all = joined(all, add_character(peek()));
        return all;
    }
    std::uint32_t joined(std::uint32_t left, std::uint32_t right) {
        if (left == 0) return right;
        regular_node both;
        both.what = node_kind::concat;
        both.left = left;
        both.right = right;
        both.has_capture = node(left).has_capture || node(right).has_capture;
        both.prefers =
            node(left).prefers != preference::none ? node(left).prefers : node(right).prefers;
        return add(both);
    }

    std::uint32_t alternatives(std::size_t depth) {
        if (depth > limits_.nesting) return invalid("regular expression is too complex");
        auto left = branch(depth);
        while (!error_ && peek() == '|' && !rest_.empty()) {
            skip();
            auto const right = branch(depth);
            regular_node either;
            either.what = node_kind::alternate;
            either.left = left;
            either.right = right;
            either.has_capture = node(left).has_capture || node(right).has_capture;
            either.prefers = preference::longest;
            left = add(either);
        }
        return left;
    }
    std::uint32_t branch(std::size_t depth) {
        // What follows an atom is one expression with a preference of its own.
        std::vector<std::uint32_t> atoms;
        while (!error_) {
            blanks();
            if (rest_.empty() || peek() == '|' || peek() == ')') break;
            atoms.push_back(quantified(depth));
        }
        if (error_) return 0;
        std::uint32_t all = 0;
        for (auto at = atoms.rbegin(); at != atoms.rend(); ++at)
            all = all == 0 ? *at : joined(*at, all);
        return all != 0 ? all : add({});
    }
    void blanks() {
        while (!rest_.empty()) {
            if (at(U"(?#")) {
                while (!rest_.empty() && peek() != ')') skip();
                skip();
            } else if (tree_.options.expanded && peek() < 128 &&
                       is_space(static_cast<char>(peek()))) {
                skip();
            } else if (tree_.options.expanded && peek() == '#') {
                while (!rest_.empty() && peek() != '\n') skip();
            } else {
                return;
            }
        }
    }

    bool at_quantifier() const {
        return peek() == '*' || peek() == '+' || peek() == '?' ||
               (peek() == '{' && peek(1) >= '0' && peek(1) <= '9');
    }
    std::uint32_t quantified(std::size_t depth) {
        if (at_quantifier()) return invalid("quantifier operand invalid");
        auto const operand = atom(depth);
        blanks();
        if (error_ || rest_.empty() || !at_quantifier()) return operand;
        auto const kind = node(operand).what;
        if (kind == node_kind::anchor || kind == node_kind::look)
            return invalid("quantifier operand invalid");
        regular_node repeat;
        repeat.what = node_kind::repeat;
        repeat.left = operand;
        repeat.has_capture = node(operand).has_capture;
        bool fixed = false;
        switch (peek()) {
            case '*':
                skip();
                break;
            case '+':
                repeat.minimum = 1, skip();
                break;
            case '?':
                repeat.maximum = 1, skip();
                break;
            default:
                if (!bounds(repeat, fixed)) return 0;
        }
        if (peek() == '?' && !rest_.empty()) {
            repeat.greedy = false;
            skip();
        }
        repeat.prefers = fixed           ? node(operand).prefers
                         : repeat.greedy ? preference::longest
                                         : preference::shortest;
        if (at_quantifier() && !rest_.empty()) return invalid("quantifier operand invalid");
        return add(repeat);
    }
    bool number(int& value) {
        value = 0;
        if (!(peek() >= '0' && peek() <= '9')) return false;
        while (peek() >= '0' && peek() <= '9' && !rest_.empty()) {
            value = value * 10 + static_cast<int>(peek() - '0');
            if (value > 255) return invalid("invalid repetition count(s)"), false;
            skip();
        }
        return true;
    }
    bool bounds(regular_node& repeat, bool& fixed) {
        skip();
        if (!number(repeat.minimum)) return invalid("invalid repetition count(s)"), false;
        repeat.maximum = repeat.minimum;
        fixed = true;
        if (peek() == ',') {
            skip();
            fixed = false;
            if (peek() == '}')
                repeat.maximum = -1;
            else if (!number(repeat.maximum))
                return invalid("invalid repetition count(s)"), false;
        }
        if (peek() != '}' || rest_.empty()) return invalid("braces {} not balanced"), false;
        skip();
        if (repeat.maximum >= 0 && repeat.maximum < repeat.minimum)
            return invalid("invalid repetition count(s)"), false;
        return true;
    }

    std::uint32_t anchor(anchor_kind what) {
        regular_node made;
        made.what = node_kind::anchor;
        made.anchor = what;
        return add(made);
    }
    std::uint32_t atom(std::size_t depth) {
        auto const c = peek();
        switch (c) {
            case '(':
                return group(depth);
            case '[':
                return bracket();
            case '.': {
                skip();
                character_set set;
                set.any = true;
                set.excludes_newline = tree_.options.newline_stops;
                return add_set(std::move(set));
            }
            case '^':
                skip();
                return anchor(tree_.options.newline_anchors ? anchor_kind::line_begin
                                                            : anchor_kind::text_begin);
            case '$':
                skip();
                return anchor(tree_.options.newline_anchors ? anchor_kind::line_end
                                                            : anchor_kind::text_end);
            case '\\':
                return escape();
            default:
                skip();
                return add_character(c);
        }
    }
    std::uint32_t group(std::size_t depth) {
        skip();
        regular_node made;
        made.what = node_kind::group;
        if (peek() == '?' && !rest_.empty()) {
            skip();
            auto const kind = peek();
            if (kind == ':') {
                skip();
            } else if (kind == '=' || kind == '!') {
                skip();
                made.what = node_kind::look;
                made.negative = kind == '!';
            } else if (kind == '<' && (peek(1) == '=' || peek(1) == '!')) {
                made.what = node_kind::look;
                made.ahead = false;
                made.negative = peek(1) == '!';
                skip(2);
            } else {
                return invalid("quantifier operand invalid");
            }
        } else {
            made.capture = static_cast<std::uint32_t>(++tree_.captures);
        }
        auto const number = made.capture;
        made.left = alternatives(depth + 1);
        if (error_) return 0;
        if (peek() != ')' || rest_.empty()) return invalid("parentheses () not balanced");
        skip();
        if (made.what == node_kind::group) {
            made.has_capture = number != 0 || node(made.left).has_capture;
            made.prefers = node(made.left).prefers;
        }
        return add(made);
    }

    bool hexadecimal(std::size_t least, std::size_t most, char32_t& value) {
        value = 0;
        std::size_t count = 0;
        while (count < most && !rest_.empty() && in_class('x', peek())) {
            auto const c = peek();
            value = value * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
            skip();
            ++count;
        }
        return count >= least && value <= 0x10FFFF;
    }
    // After the backslash: a character, or false with `special` for what is not one character.
    bool character_escape(char32_t& value, char32_t& special) {
        if (rest_.empty()) return invalid("invalid escape \\ sequence"), false;
        auto const c = peek();
        skip();
        special = 0;
        switch (c) {
            case 'a':
                value = 7;
                return true;
            case 'b':
                value = 8;
                return true;
            case 'B':
                value = '\\';
                return true;
            case 'c':
                value = peek() & 31, skip();
                return true;
            case 'e':
                value = 27;
                return true;
            case 'f':
                value = 12;
                return true;
            case 'n':
                value = 10;
                return true;
            case 'r':
                value = 13;
                return true;
            case 't':
                value = 9;
                return true;
            case 'v':
                value = 11;
                return true;
            case 'u':
                return hexadecimal(4, 4, value) || (invalid("invalid escape \\ sequence"), false);
            case 'U':
                return hexadecimal(8, 8, value) || (invalid("invalid escape \\ sequence"), false);
            case 'x':
                return hexadecimal(1, 255, value) || (invalid("invalid escape \\ sequence"), false);
            case '0':
                value = 0;
                for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7' && !rest_.empty();
                     ++i, skip())
                    value = value * 8 + (peek() - '0');
                return true;
            default:
                break;
        }
        if (is_letter_or_digit(c) || c == '_') {
            if (c == '_' || c >= 128) return invalid("invalid escape \\ sequence"), false;
            special = c;
            return false;
        }
        value = c;
        return true;
    }
    std::uint32_t escape() {
        skip();
        char32_t value = 0, special = 0;
        if (character_escape(value, special)) return add_character(value);
        if (error_) return 0;
        character_set set;
        switch (special) {
            case 'A':
                return anchor(anchor_kind::text_begin);
            case 'Z':
                return anchor(anchor_kind::text_end);
            case 'm':
                return anchor(anchor_kind::word_begin);
            case 'M':
                return anchor(anchor_kind::word_end);
            case 'y':
                return anchor(anchor_kind::boundary);
            case 'Y':
                return anchor(anchor_kind::no_boundary);
            case 'd':
            case 's':
            case 'w':
            case 'D':
            case 'S':
            case 'W':
                set.classes.emplace_back(static_cast<char>(special | 0x20), special < 'a');
                return add_set(std::move(set));
            default:
                break;
        }
        if (special >= '1' && special <= '9') {
            if (static_cast<std::size_t>(special - '0') > tree_.captures)
                return invalid("invalid backreference number");
            error_ = sql_error("0A000", "back references in regular expressions are not supported");
            return 0;
        }
        return invalid("invalid escape \\ sequence");
    }

    std::uint32_t bracket() {
        if (at(U"[[:<:]]")) return skip(7), anchor(anchor_kind::word_begin);
        if (at(U"[[:>:]]")) return skip(7), anchor(anchor_kind::word_end);
        skip();
        character_set set;
        if (peek() == '^' && !rest_.empty()) {
            set.negated = true;
            set.excludes_newline = tree_.options.newline_stops;
            skip();
        }
        bool first = true;
        while (!error_) {
            if (rest_.empty()) return invalid("brackets [] not balanced");
            if (peek() == ']' && !first) break;
            first = false;
            char32_t low = 0;
            if (!bracket_item(set, low)) continue;
            if (peek() == '-' && peek(1) != ']' && rest_.size() > 1) {
                skip();
                char32_t high = 0;
                if (!bracket_item(set, high))
                    return error_ ? 0 : invalid("invalid character range");
                if (high < low) return invalid("invalid character range");
                set.ranges.emplace_back(low, high);
            } else {
                set.ranges.emplace_back(low, low);
            }
        }
        if (error_) return 0;
        skip();
        return add_set(std::move(set));
    }
    // One character, true; a class that went into the set, false.
    bool bracket_item(character_set& set, char32_t& value) {
        if (at(U"[:") || at(U"[.") || at(U"[=")) {
            auto const kind = peek(1);
            char32_t const closing[] = {kind, U']', U'\0'};
            auto const end = rest_.find(closing, 2);
            if (end == std::u32string_view::npos) return invalid("brackets [] not balanced"), false;
            auto const name = rest_.substr(2, end - 2);
            skip(end + 2);
            if (kind != ':') {
                if (name.size() != 1) return invalid("invalid collating element"), false;
                value = name[0];
                return true;
            }
            for (auto const& [known, letter] : class_names) {
                if (known != name) continue;
                bool const cased = tree_.options.ignore_case && (letter == 'u' || letter == 'l');
                set.classes.emplace_back(cased ? 'a' : letter, false);
                return false;
            }
            return invalid("invalid character class"), false;
        }
        if (peek() == '\\') {
            skip();
            char32_t special = 0;
            if (character_escape(value, special)) return true;
            if (error_) return false;
            if (special == 'd' || special == 's' || special == 'w' || special == 'D' ||
                special == 'S' || special == 'W') {
                set.classes.emplace_back(static_cast<char>(special | 0x20), special < 'a');
                return false;
            }
            return invalid("invalid escape \\ sequence"), false;
        }
        value = peek();
        skip();
        return true;
    }

    std::u32string_view rest_;
    expression_limits const& limits_;
    regular_tree tree_;
    std::optional<sql_error> error_;
};

}  // namespace

bool character_set::has(char32_t c, bool ignore_case) const {
    if (excludes_newline && c == U'\n') return false;
    if (any) return true;
    auto const plain = [&](char32_t each) {
        for (auto const& [low, high] : ranges)
            if (each >= low && each <= high) return true;
        for (auto const& [letter, inverted] : classes)
            if (in_class(letter, each) != inverted) return true;
        return false;
    };
    bool found = plain(c);
    if (!found && ignore_case) found = plain(lower_case(c)) || plain(upper_case(c));
    return found != negated;
}

sql_result<regular_tree> parse_regular(std::u32string_view pattern, expression_options options,
                                       expression_limits const& limits) {
    return regular_parser(pattern, options, limits).run();
}

}  // namespace sluice::sql
