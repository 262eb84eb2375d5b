#include "protocols/sql/parse/text_guard.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <string>
#include <vector>

namespace sluice::sql {
namespace {

bool is_word(char c) noexcept {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0;
}

// Length of the UTF-8 sequence at `text`, 0 when it is none.
std::size_t sequence_length(std::string_view text) noexcept {
    auto const at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    auto const continues = [&](std::size_t count) {
        if (text.size() < count + 1) return false;
        for (std::size_t i = 1; i <= count; ++i)
            if ((at(i) & 0xc0) != 0x80) return false;
        return true;
    };
    unsigned char const lead = at(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) return continues(1) ? 2 : 0;
    if (lead >= 0xe0 && lead <= 0xef) {
        if (!continues(2) || (lead == 0xe0 && at(1) < 0xa0) || (lead == 0xed && at(1) > 0x9f))
            return 0;
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        if (!continues(3) || (lead == 0xf0 && at(1) < 0x90) || (lead == 0xf4 && at(1) > 0x8f))
            return 0;
        return 4;
    }
    return 0;
}

sql_error bad_bytes(std::string_view rest) {
    static constexpr unsigned char lengths[] = {1, 2, 3, 4};
    unsigned char const lead = static_cast<unsigned char>(rest[0]);
    std::size_t wanted = lead < 0xc0   ? lengths[0]
                         : lead < 0xe0 ? lengths[1]
                         : lead < 0xf0 ? lengths[2]
                         : lead < 0xf8 ? lengths[3]
                                       : lengths[0];
    std::string bytes;
    for (std::size_t i = 0; i < std::min(wanted, rest.size()); ++i) {
        char hex[8];
        std::snprintf(hex, sizeof hex, "%s0x%02x", i == 0 ? "" : " ",
                      static_cast<unsigned char>(rest[i]));
        bytes += hex;
    }
    return {"22021", "invalid byte sequence for encoding \"UTF8\": " + bytes};
}

// Walks a text token by token, skipping what quotes and comments hold.
class walker {
public:
    explicit walker(std::string_view text) noexcept : text_(text) {}

    // The next token; false at the end. `word` is set for identifiers and keywords.
    bool next() {
        skip_blank();
        if (at_ >= text_.size()) return false;
        begin_ = at_;
        word_ = false;
        char const c = text_[at_];
        if (c == '\'' || c == '"') {
            skip_quoted(c, c == '\'' && escapes_before());
        } else if (c == '$' && skip_dollar_quoted()) {
        } else if (is_word(c)) {
            word_ = true;
            while (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '$')) ++at_;
        } else {
            ++at_;
        }
        return true;
    }
    std::string_view token() const noexcept { return text_.substr(begin_, at_ - begin_); }
    std::size_t begin() const noexcept { return begin_; }
    std::size_t end() const noexcept { return at_; }
    bool word() const noexcept { return word_; }
    bool is(std::string_view keyword) const noexcept {
        auto const here = token();
        return word_ && here.size() == keyword.size() &&
               std::equal(here.begin(), here.end(), keyword.begin(), [](char a, char b) {
                   return std::tolower(static_cast<unsigned char>(a)) == b;
               });
    }

private:
    bool escapes_before() const noexcept {
        return begin_ > 0 && (text_[begin_ - 1] == 'e' || text_[begin_ - 1] == 'E');
    }
    void skip_blank() noexcept {
        while (at_ < text_.size()) {
            if (std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
                ++at_;
            } else if (text_.substr(at_, 2) == "--") {
                while (at_ < text_.size() && text_[at_] != '\n') ++at_;
            } else if (text_.substr(at_, 2) == "/*") {
                skip_comment();
            } else {
                return;
            }
        }
    }
    void skip_comment() noexcept {
        std::size_t open = 0;
        while (at_ < text_.size()) {
            auto const pair = text_.substr(at_, 2);
            if (pair == "/*") {
                ++open;
                at_ += 2;
            } else if (pair == "*/") {
                at_ += 2;
                if (--open == 0) return;
            } else {
                ++at_;
            }
        }
    }
    void skip_quoted(char quote, bool escapes) noexcept {
        for (++at_; at_ < text_.size(); ++at_) {
            if (escapes && text_[at_] == '\\') {
                ++at_;
            } else if (text_[at_] == quote) {
                ++at_;
                if (at_ >= text_.size() || text_[at_] != quote) break;
            }
        }
        at_ = std::min(at_, text_.size());
    }
    bool skip_dollar_quoted() noexcept {
        std::size_t end = at_ + 1;
        while (end < text_.size() && is_word(text_[end])) ++end;
        if (end >= text_.size() || text_[end] != '$' ||
            (end > at_ + 1 && std::isdigit(static_cast<unsigned char>(text_[at_ + 1])) != 0))
            return false;
        auto const tag = text_.substr(at_, end + 1 - at_);
        auto const close = text_.find(tag, end + 1);
        at_ = close == std::string_view::npos ? text_.size() : close + tag.size();
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0, begin_ = 0;
    bool word_ = false;
};

}  // namespace

sql_result<void> guard_text(std::string_view text, parse_limits const& limits) {
    if (text.size() > limits.text_bytes)
        return sql_error(
            "54000", "query text is longer than " + std::to_string(limits.text_bytes) + " bytes");
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '\0')
            return sql_error("22021", "invalid byte sequence for encoding \"UTF8\": 0x00");
        std::size_t const length = sequence_length(text.substr(at));
        if (length == 0) return bad_bytes(text.substr(at));
        at += length;
    }
    std::size_t tokens = 0, open = 0;
    for (walker walk(text); walk.next();) {
        if (++tokens > limits.tokens)
            return sql_error(
                "54000", "query text has more than " + std::to_string(limits.tokens) + " tokens");
        char const c = walk.token()[0];
        if (c == '(' || c == '[') {
            if (++open > limits.nesting)
                return sql_error("54001", "stack depth limit exceeded")
                    .with_hint("parentheses are nested deeper than " +
                               std::to_string(limits.nesting));
        } else if ((c == ')' || c == ']') && open > 0) {
            --open;
        }
    }
    return {};
}

std::size_t find_top_level_as(std::string_view text) {
    std::size_t open = 0;
    for (walker walk(text); walk.next();) {
        char const c = walk.token()[0];
        if (c == '(' || c == '[') ++open;
        if ((c == ')' || c == ']') && open > 0) --open;
        if (open == 0 && walk.is("as")) return walk.end();
    }
    return std::string_view::npos;
}

std::size_t find_check_option(std::string_view text) {
    std::size_t with = text.size();
    std::vector<std::string_view> tail;
    bool ends = false;
    std::size_t begin = text.size();
    for (walker walk(text); walk.next();) {
        if (walk.is("with")) {
            begin = walk.begin();
            ends = false;
        } else if (walk.is("option") && begin != text.size()) {
            ends = true;
            with = begin;
        } else if (!walk.is("check") && !walk.is("local") && !walk.is("cascaded") &&
                   walk.token() != ";") {
            begin = text.size();
            ends = false;
        }
    }
    return ends ? with : text.size();
}

std::int32_t characters_before(std::string_view text, std::size_t byte) noexcept {
    auto const head = text.substr(0, byte);
    return static_cast<std::int32_t>(
        std::count_if(head.begin(), head.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace sluice::sql
