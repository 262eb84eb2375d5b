// What the front tells whoever counts: sessions, messages, statements, failed logins. Called on the
// connections' threads; names are from closed sets, so that nothing a client sends becomes a label.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace sluice::postgres {

struct finished_statement {
    std::string_view tag;       // "SELECT 3", "INSERT 0 1"; empty: it failed
    std::string_view sqlstate;  // empty: it did not
    std::uint64_t rows = 0;     // sent
    std::chrono::nanoseconds took{0};
    std::string_view message, detail;  // of the error
};

enum class login_outcome : std::uint8_t { authenticated, refused, broken };

class session_observer {
public:
    virtual ~session_observer() = default;
    virtual void on_login(login_outcome what) noexcept = 0;
    virtual void on_message(char letter) noexcept = 0;  // of messages.def
    virtual void on_statement(finished_statement const& what) noexcept = 0;
    virtual void on_cancel(bool found) noexcept = 0;
    virtual void on_session_end(std::uint64_t bytes_in, std::uint64_t bytes_out) noexcept = 0;
};

}  // namespace sluice::postgres
