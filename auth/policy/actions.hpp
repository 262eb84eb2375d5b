// The abstract verbs of policy and audit, declared once in actions.def, and sets of them as bits.
// Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/result.hpp"

namespace sluice::auth {

enum class action : std::uint8_t {
#define SLUICE_ACTION(verb, number, class_) verb = number,
#include "auth/policy/actions.def"
#undef SLUICE_ACTION
};

// What a record of the action is filed under.
enum class action_class : std::uint8_t { read, write, ddl, dcl, auth, admin };

inline constexpr std::size_t action_count = 0
#define SLUICE_ACTION(verb, number, class_) +1
#include "auth/policy/actions.def"
#undef SLUICE_ACTION
    ;
static_assert(action_count <= 64);

std::string_view name_of(action verb) noexcept;  // "delete" for delete_
std::string_view name_of(action_class) noexcept;
action_class class_of(action verb) noexcept;
std::optional<action> action_named(std::string_view name) noexcept;

// A set of verbs, stored as one u64; bits that no verb has yet are kept and match nothing.
class action_set {
public:
    constexpr action_set() = default;
    constexpr explicit action_set(std::uint64_t bits) noexcept : bits_(bits) {}
    constexpr action_set(std::initializer_list<action> verbs) noexcept {
        for (auto verb : verbs) bits_ |= bit(verb);
    }
    static constexpr action_set all() noexcept {
        return action_set{(std::uint64_t{1} << action_count) - 1};
    }

    constexpr bool has(action verb) const noexcept { return bits_ & bit(verb); }
    constexpr bool empty() const noexcept { return bits_ == 0; }
    constexpr std::uint64_t bits() const noexcept { return bits_; }
    constexpr action_set operator|(action_set other) const noexcept {
        return action_set{bits_ | other.bits_};
    }
    constexpr action_set without(action_set other) const noexcept {
        return action_set{bits_ & ~other.bits_};
    }
    constexpr bool operator==(action_set const&) const = default;

private:
    static constexpr std::uint64_t bit(action verb) noexcept {
        return std::uint64_t{1} << static_cast<unsigned>(verb);
    }
    std::uint64_t bits_ = 0;
};

// "read,list" and the short words "readonly" (read list describe read_log), "readwrite" (that and
// append update delete commit_offset) and "all". invalid_argument names the word that is none of
// these.
result<action_set> parse_actions(std::string_view text);
std::string to_text(action_set verbs);

}  // namespace sluice::auth
