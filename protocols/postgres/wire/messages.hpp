// The messages of messages.def as structs, with the one writer and the one reader of all of them.
//
//     parse_message wanted = ...;                          // fields as in the table
//     append_message(out, wanted);                         // letter, length, fields
//     auto const got = decode<parse_message>(frame_body);  // malformed: too short, bytes left over
//
// A decoded message points into the frame; it is used before the next one is read.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocols/postgres/wire/fields.hpp"

namespace sluice::postgres {

enum class side : std::uint8_t { frontend, backend, both };
enum class size_class : std::uint8_t { small, large };

#define PG_MESSAGE(sent_by, name, type_letter, size) \
    struct name##_message {                          \
        static constexpr char letter = type_letter;  \
        static constexpr char const* title = #name;  \
        static constexpr side from = side::sent_by;
#define PG_TAG(value)
#define PG_FIELD(kind, name) typename kind::type name{};
#define PG_END(name)                                        \
    bool operator==(name##_message const&) const = default; \
    }                                                       \
    ;
#include "protocols/postgres/wire/messages.def"
#undef PG_MESSAGE
#undef PG_TAG
#undef PG_FIELD
#undef PG_END

// Walks the fields in wire order: visit(kind, field) and visit.tag(value).
#define PG_MESSAGE(sent_by, name, letter, size)                                              \
    template <class Message, class Visitor>                                                  \
    requires std::is_same_v<std::remove_const_t<Message>, name##_message> void visit_fields( \
        [[maybe_unused]] Message& message, [[maybe_unused]] Visitor& visit) {
#define PG_TAG(value) visit.tag(std::int32_t{value});
#define PG_FIELD(kind, name) visit(kind{}, message.name);
#define PG_END(name) }
#include "protocols/postgres/wire/messages.def"
#undef PG_MESSAGE
#undef PG_TAG
#undef PG_FIELD
#undef PG_END

struct message_row {
    side from;
    std::string_view name;
    char letter;
    size_class size;
};
#define PG_MESSAGE(sent_by, name, letter, size) {side::sent_by, #name, letter, size_class::size},
#define PG_TAG(value)
#define PG_FIELD(kind, name)
#define PG_END(name)
inline constexpr auto message_rows = std::to_array<message_row>({
#include "protocols/postgres/wire/messages.def"
});
#undef PG_MESSAGE
#undef PG_TAG
#undef PG_FIELD
#undef PG_END

// The first row of what clients send with that letter; null: there is none.
constexpr message_row const* frontend_row(char letter) noexcept {
    for (auto const& row : message_rows)
        if (row.letter == letter && row.from != side::backend) return &row;
    return nullptr;
}

// The length of what is sent: PostgreSQL makes no message that is longer.
inline constexpr std::size_t message_bytes_max = 0x3fff'ffff;

// A message under way: the letter goes out at once, the length when it dies. For rows, which are
// written value by value; whoever writes keeps it below message_bytes_max or takes it back.
class open_message {
public:
    open_message(std::string& out, char letter) : writer_(out), start_(out.size()) {
        writer_.little(letter);
        at_ = writer_.position();
        writer_.big(std::int32_t{0});
    }
    open_message(open_message const&) = delete;
    open_message& operator=(open_message const&) = delete;
    ~open_message() {
        if (taken_back_) return;
        auto& out = writer_.out();
        store_big(out.data() + at_, static_cast<std::int32_t>(out.size() - at_));
    }
    byte_writer& writer() noexcept { return writer_; }
    std::size_t size() const noexcept { return writer_.position() - start_; }
    // As if it had not been begun; nothing more is written.
    void take_back() {
        writer_.out().resize(start_);
        taken_back_ = true;
    }

private:
    byte_writer writer_;
    std::size_t start_ = 0, at_ = 0;
    bool taken_back_ = false;
};

namespace detail {

struct field_writer {
    byte_writer& out;
    void tag(std::int32_t value) { out.big(value); }
    template <class Kind, class Value>
    void operator()(Kind, Value const& value) {
        Kind::write(out, value);
    }
};

struct field_reader {
    byte_reader& in;
    void tag(std::int32_t value) {
        if (in.big<std::int32_t>() != value) in.fail();
    }
    template <class Kind, class Value>
    void operator()(Kind, Value& value) {
        value = Kind::read(in);
    }
};

}  // namespace detail

template <class Message>
void append_message(std::string& out, Message const& message) {
    open_message open(out, Message::letter);
    detail::field_writer write{open.writer()};
    visit_fields(message, write);
}

// `body`: what follows the length.
template <class Message>
result<Message> decode(std::string_view body) {
    Message out;
    byte_reader in(body);
    detail::field_reader read{in};
    visit_fields(out, read);
    SLUICE_CHECK(in.finish(Message::title));
    return out;
}

// ---- frames: letter, int32 length that counts itself, body
inline constexpr std::size_t frame_header_bytes = 5;

struct frame {
    char letter = 0;
    std::string_view body;
};

struct frame_header {
    char letter = 0;
    std::size_t body_bytes = 0;
};

struct frame_limits {
    std::size_t small_bytes = 10'000;
    std::size_t large_bytes = 64 * 1024 * 1024;
};

// Judges a header before anything is allocated for the body. unsupported: no such message;
// malformed: a length below 4; too_large.
result<frame_header> read_frame_header(std::string_view five_bytes, frame_limits const& limits);

}  // namespace sluice::postgres
