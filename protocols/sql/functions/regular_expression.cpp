#include "protocols/sql/functions/regular_expression.hpp"

#include <algorithm>
#include <list>

#include "protocols/sql/functions/regular_nodes.hpp"
#include "protocols/sql/types/text_tools.hpp"

namespace sluice::sql {
namespace {

// One automaton: instructions that a set of threads runs through.
struct instruction {
    enum class kind : std::uint8_t { character, fork, anchor, look, match } what = kind::match;
    std::uint32_t next = 0, other = 0;  // fork: both; others: next
    std::uint32_t operand = 0;          // set, anchor or node of a look
};
using program = std::vector<instruction>;

class machine final : public regular_expression {
public:
    machine(regular_tree tree, expression_limits limits)
        : tree_(std::move(tree)), limits_(limits), programs_(tree_.nodes.size()) {}

    std::size_t group_count() const override { return tree_.captures; }

    // Compiles every automaton that a search will need first; false: too many states.
    bool prepare() { return compiled(tree_.root) != nullptr; }

    sql_result<bool> search(std::u32string_view text, std::size_t from, bool want_groups,
                            std::vector<match_span>& groups) override {
        text_ = text;
        steps_ = 0;
        failed_ = false;
        groups.assign(tree_.captures + 1, {});
        bool const found = find(from, groups, want_groups);
        if (failed_ || steps_ > limits_.steps)
            return sql_error("54000", "regular expression is too complex");
        return found;
    }

private:
    bool find(std::size_t from, std::vector<match_span>& groups, bool want_groups) {
        if (!reaches(tree_.root, from)) return false;
        bool const shortest = tree_.nodes[tree_.root].prefers == preference::shortest;
        for (auto start = from; start <= text_.size(); ++start) {
            std::ptrdiff_t end = -1;
            run(tree_.root, start, text_.size(), [&](std::size_t at) {
                end = static_cast<std::ptrdiff_t>(at);
                return !shortest;
            });
            if (over()) return false;
            if (end < 0) continue;
            groups[0] = {static_cast<std::ptrdiff_t>(start), end};
            if (want_groups && tree_.captures > 0)
                dissect(tree_.root, start, static_cast<std::size_t>(end), groups);
            return true;
        }
        return false;
    }
    bool over() const { return failed_ || steps_ > limits_.steps; }

    // ---- automata

    program const* compiled(std::uint32_t node) {
        auto& slot = programs_[node];
        if (!slot) {
            auto made = std::make_unique<program>();
            made->push_back({});  // the match
            auto const start = emit(*made, node, 0);
            if (made->size() > limits_.states) {
                failed_ = true;
                return nullptr;
            }
            made->push_back({instruction::kind::fork, start, start, 0});  // the entry
            slot = std::move(made);
        }
        return slot.get();
    }
    // Instructions of `node` that go on to `next`; where they begin.
    std::uint32_t emit(program& out, std::uint32_t index, std::uint32_t next) {
        if (out.size() > limits_.states) return next;
        auto const& node = tree_.nodes[index];
        auto const add = [&](instruction made) {
            out.push_back(made);
            return static_cast<std::uint32_t>(out.size() - 1);
        };
        switch (node.what) {
            case node_kind::empty:
                return next;
            case node_kind::set:
                return add({instruction::kind::character, next, 0, node.set});
            case node_kind::concat:
                return emit(out, node.left, emit(out, node.right, next));
            case node_kind::alternate: {
                auto const left = emit(out, node.left, next), right = emit(out, node.right, next);
                return add({instruction::kind::fork, left, right, 0});
            }
            case node_kind::group:
                return emit(out, node.left, next);
            case node_kind::anchor:
                return add(
                    {instruction::kind::anchor, next, 0, static_cast<std::uint32_t>(node.anchor)});
            case node_kind::look:
                return add({instruction::kind::look, next, 0, index});
            case node_kind::repeat:
                break;
        }
        return emit_repeat(out, node, node.minimum, node.maximum, next);
    }
    std::uint32_t emit_repeat(program& out, regular_node const& node, int least, int most,
                              std::uint32_t next) {
        auto const add = [&](instruction made) {
            out.push_back(made);
            return static_cast<std::uint32_t>(out.size() - 1);
        };
        auto at = next;
        if (most < 0) {
            auto const loop = add({instruction::kind::fork, next, next, 0});
            out[loop].next = emit(out, node.left, loop);
            at = loop;
        } else {
            for (int i = least; i < most; ++i) {
                auto const body = emit(out, node.left, at);
                at = add({instruction::kind::fork, body, next, 0});
            }
        }
        for (int i = 0; i < least; ++i) at = emit(out, node.left, at);
        return at;
    }

    // ---- simulation

    // Runs from `start`; `met` is told each end, in order, and answers whether to go on.
    template <class Met>
    void run(std::uint32_t node, std::size_t start, std::size_t limit, Met met) {
        auto const* code = compiled(node);
        if (code == nullptr) return;
        run_program(*code, start, limit, false, met);
    }
    template <class Met>
    void run_program(program const& code, std::size_t start, std::size_t limit, bool everywhere,
                     Met met) {
        std::vector<std::uint32_t> now, later;
        std::vector<std::uint32_t> seen(code.size(), 0);
        std::uint32_t stamp = 0;
        auto const entry = static_cast<std::uint32_t>(code.size() - 1);
        now.push_back(entry);
        for (auto at = start;; ++at) {
            ++stamp;
            if (everywhere && at != start) now.push_back(entry);
            bool matched = false;
            close(code, now, seen, stamp, at, matched);
            if (matched && !met(at)) return;
            if (at >= limit || (now.empty() && !everywhere) || over()) return;
            later.clear();
            for (auto const index : now)
                if (tree_.sets[code[index].operand].has(text_[at], tree_.options.ignore_case))
                    later.push_back(code[index].next);
            steps_ += now.size() + 1;
            std::swap(now, later);
        }
    }
    // Follows what reads nothing; leaves the character instructions.
    void close(program const& code, std::vector<std::uint32_t>& threads,
               std::vector<std::uint32_t>& seen, std::uint32_t stamp, std::size_t at,
               bool& matched) {
        std::vector<std::uint32_t> stack(threads.rbegin(), threads.rend());
        threads.clear();
        while (!stack.empty()) {
            auto const index = stack.back();
            stack.pop_back();
            if (seen[index] == stamp) continue;
            seen[index] = stamp;
            ++steps_;
            auto const& each = code[index];
            switch (each.what) {
                case instruction::kind::match:
                    matched = true;
                    break;
                case instruction::kind::character:
                    threads.push_back(index);
                    break;
                case instruction::kind::fork:
                    stack.push_back(each.other);
                    stack.push_back(each.next);
                    break;
                case instruction::kind::anchor:
                    if (holds(static_cast<anchor_kind>(each.operand), at))
                        stack.push_back(each.next);
                    break;
                case instruction::kind::look:
                    if (looks(tree_.nodes[each.operand], at)) stack.push_back(each.next);
                    break;
            }
        }
    }
    bool holds(anchor_kind what, std::size_t at) const {
        bool const begin = at == 0, end = at == text_.size();
        bool const before = !begin && is_word_character(text_[at - 1]);
        bool const after = !end && is_word_character(text_[at]);
        switch (what) {
            case anchor_kind::text_begin:
                return begin;
            case anchor_kind::text_end:
                return end;
            case anchor_kind::line_begin:
                return begin || text_[at - 1] == U'\n';
            case anchor_kind::line_end:
                return end || text_[at] == U'\n';
            case anchor_kind::word_begin:
                return !before && after;
            case anchor_kind::word_end:
                return before && !after;
            case anchor_kind::boundary:
                return before != after;
            case anchor_kind::no_boundary:
                return before == after;
        }
        return false;
    }
    bool looks(regular_node const& node, std::size_t at) {
        bool found = false;
        if (node.ahead) {
            run(node.left, at, text_.size(), [&](std::size_t) { return found = true, false; });
        } else {
            for (auto start = at + 1; start-- > 0 && !found && !over();)
                found = matches(node.left, start, at);
        }
        return found != node.negative;
    }
    bool reaches(std::uint32_t node, std::size_t from) {
        auto const* code = compiled(node);
        bool found = false;
        if (code != nullptr)
            run_program(*code, from, text_.size(), true,
                        [&](std::size_t) { return found = true, false; });
        return found;
    }
    bool matches(std::uint32_t node, std::size_t begin, std::size_t end) {
        bool found = false;
        run(node, begin, end, [&](std::size_t at) {
            found = at == end;
            return true;
        });
        return found;
    }

    // ---- subexpressions: node is known to match [begin, end]

    void dissect(std::uint32_t index, std::size_t begin, std::size_t end,
                 std::vector<match_span>& groups) {
        auto const& node = tree_.nodes[index];
        if (!node.has_capture || over()) return;
        switch (node.what) {
            case node_kind::group:
                if (node.capture != 0)
                    groups[node.capture] = {static_cast<std::ptrdiff_t>(begin),
                                            static_cast<std::ptrdiff_t>(end)};
                dissect(node.left, begin, end, groups);
                return;
            case node_kind::alternate:
                dissect(matches(node.left, begin, end) ? node.left : node.right, begin, end,
                        groups);
                return;
            case node_kind::concat: {
                for (auto const middle : ends_of(node.left, begin, end))
                    if (matches(node.right, middle, end)) {
                        dissect(node.left, begin, middle, groups);
                        dissect(node.right, middle, end, groups);
                        return;
                    }
                return;
            }
            case node_kind::repeat:
                dissect_repeat(node, begin, end, groups);
                return;
            default:
                return;
        }
    }
    // Ends of the matches that begin at `begin`, in the order the node prefers them.
    std::vector<std::size_t> ends_of(std::uint32_t index, std::size_t begin, std::size_t end) {
        std::vector<std::size_t> ends;
        run(index, begin, end, [&](std::size_t at) { return ends.push_back(at), true; });
        if (tree_.nodes[index].prefers != preference::shortest)
            std::reverse(ends.begin(), ends.end());
        return ends;
    }
    // An iteration begins without what the one before took.
    void forget(std::uint32_t index, std::vector<match_span>& groups) {
        auto const& node = tree_.nodes[index];
        if (!node.has_capture) return;
        if (node.what == node_kind::group && node.capture != 0) groups[node.capture] = {};
        forget(node.left, groups);
        if (node.what == node_kind::concat || node.what == node_kind::alternate)
            forget(node.right, groups);
    }
    void dissect_repeat(regular_node const& node, std::size_t begin, std::size_t end,
                        std::vector<match_span>& groups) {
        int least = node.minimum, most = node.maximum;
        while (most != 0 && !over()) {
            if (begin == end && least <= 0) return;
            bool moved = false;
            for (auto const middle : ends_of(node.left, begin, end)) {
                if (middle == begin && begin != end && least <= 1) continue;
                if (!rest_matches(node, least - 1, most < 0 ? -1 : most - 1, middle, end)) continue;
                forget(node.left, groups);
                dissect(node.left, begin, middle, groups);
                moved = middle != begin;
                begin = middle;
                break;
            }
            --least;
            if (most > 0) --most;
            if (!moved && least <= 0) return;
        }
    }
    bool rest_matches(regular_node const& node, int least, int most, std::size_t begin,
                      std::size_t end) {
        program code;
        code.push_back({});
        auto const start = emit_repeat(code, node, std::max(least, 0), most, 0);
        code.push_back({instruction::kind::fork, start, start, 0});
        bool found = false;
        run_program(code, begin, end, false, [&](std::size_t at) {
            found = at == end;
            return true;
        });
        return found;
    }

    regular_tree tree_;
    expression_limits limits_;
    std::vector<std::unique_ptr<program>> programs_;
    std::u32string_view text_;
    std::uint64_t steps_ = 0;
    bool failed_ = false;
};

struct kept_expression {
    std::string pattern;
    expression_options options;
    std::shared_ptr<regular_expression> compiled;
};
constexpr std::size_t kept_expressions = 32;

}  // namespace

sql_result<std::shared_ptr<regular_expression>> compile_regular(std::string_view pattern,
                                                                expression_options options,
                                                                expression_limits const& limits) {
    auto tree = parse_regular(characters_of(pattern), options, limits);
    if (tree.has_error()) return std::move(tree).error();
    auto made = std::make_shared<machine>(std::move(*tree), limits);
    if (!made->prepare())
        return sql_error("2201B", "invalid regular expression: regular expression is too complex");
    return std::shared_ptr<regular_expression>(std::move(made));
}

sql_result<std::shared_ptr<regular_expression>> find_expression(std::string_view pattern,
                                                                expression_options options) {
    thread_local std::list<kept_expression> kept;
    for (auto at = kept.begin(); at != kept.end(); ++at)
        if (at->pattern == pattern && at->options == options) {
            kept.splice(kept.begin(), kept, at);
            return kept.front().compiled;
        }
    auto made = compile_regular(pattern, options, expression_limits());
    if (made.has_error()) return made;
    kept.push_front({std::string(pattern), options, *made});
    if (kept.size() > kept_expressions) kept.pop_back();
    return made;
}

std::u32string characters_of(std::string_view text) {
    std::u32string out;
    out.reserve(text.size());
    while (!text.empty()) out.push_back(next_character(text));
    return out;
}
std::string utf8_of(std::u32string_view characters) {
    std::string out;
    out.reserve(characters.size());
    for (auto const c : characters) append_character(out, c);
    return out;
}

}  // namespace sluice::sql
