#include "protocols/sql/execute/copy_binary.hpp"

#include <algorithm>

#include "gateway/core/cursor.hpp"

namespace sluice::sql {
namespace {

constexpr std::string_view signature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t fixed_header_bytes = signature.size() + 8;
constexpr std::uint32_t with_oids = 1U << 16U, critical_flags = 0xffff0000U;

sql_error broken(std::string text) { return {"22P04", std::move(text)}; }

template <class Int>
Int big_at(std::string_view bytes, std::size_t at) {
    return load_big<Int>(bytes.data() + at);
}

}  // namespace

void copy_binary_reader::feed(std::string_view bytes) {
    if (at_ > 0 && at_ >= pending_.size() / 2) {
        pending_.erase(0, at_);
        at_ = 0;
    }
    pending_.append(bytes);
}

sql_result<bool> copy_binary_reader::take_header(bool ended) {
    auto const bytes = rest();
    auto const prefix = bytes.substr(0, signature.size());
    bool const short_prefix = prefix.size() < signature.size();
    if (prefix != signature.substr(0, prefix.size()) || (ended && short_prefix))
        return broken("COPY file signature not recognized");
    if (bytes.size() < signature.size() + 4) {
        if (ended) return broken("invalid COPY file header (missing flags)");
        return false;
    }
    auto const flags = big_at<std::uint32_t>(bytes, signature.size());
    if ((flags & with_oids) != 0) return broken("invalid COPY file header (WITH OIDS)");
    if ((flags & critical_flags) != 0)
        return broken("unrecognized critical flags in COPY file header");
    if (bytes.size() < fixed_header_bytes) {
        if (ended) return broken("invalid COPY file header (missing length)");
        return false;
    }
    auto const extension = big_at<std::int32_t>(bytes, signature.size() + 4);
    if (extension < 0) return broken("invalid COPY file header (missing length)");
    auto const whole = fixed_header_bytes + static_cast<std::size_t>(extension);
    if (whole > limits_.line_bytes) return sql_error("54000", "a COPY header is too long");
    if (bytes.size() < whole) {
        if (ended) return broken("invalid COPY file header (wrong length)");
        return false;
    }
    at_ += whole;
    state_ = state::rows;
    return true;
}

sql_result<std::optional<copy_binary_reader::fields>> copy_binary_reader::next(bool ended) {
    auto const nothing = std::optional<fields>();
    if (state_ == state::header) {
        auto const taken = take_header(ended);
        if (taken.has_error()) return taken.error();
        if (!*taken) return nothing;
    }
    auto const bytes = rest();
    if (state_ == state::trailer) {
        if (!bytes.empty()) return broken("received copy data after EOF marker");
        return nothing;
    }
    auto const more = [&](bool too_long = false) -> sql_result<std::optional<fields>> {
        if (too_long || bytes.size() > limits_.line_bytes)
            return sql_error("54000", "a COPY row is longer than " +
                                          std::to_string(limits_.line_bytes) + " bytes");
        if (!ended) return nothing;
        ++line_;
        return broken("unexpected EOF in COPY data");
    };
    // A file may end without its trailer.
    if (bytes.size() < 2) {
        if (ended) at_ = pending_.size();
        return nothing;
    }
    auto const count = big_at<std::int16_t>(bytes, 0);
    if (count == -1) {
        ++line_;
        at_ += 2;
        state_ = state::trailer;
        return next(ended);
    }
    if (static_cast<std::size_t>(count) != columns_ || count < 0) {
        ++line_;
        return broken("row field count is " + std::to_string(count) + ", expected " +
                      std::to_string(columns_));
    }
    // Nothing is copied before the row is whole.
    std::size_t at = 2;
    for (std::size_t i = 0; i < columns_; ++i) {
        if (bytes.size() < at + 4) return more();
        auto const size = big_at<std::int32_t>(bytes, at);
        if (size < -1) {
            ++line_;
            return broken("invalid field size");
        }
        at += 4 + static_cast<std::size_t>(std::max(size, 0));
        bool const too_long = at > limits_.line_bytes;
        if (too_long || bytes.size() < at) return more(too_long);
    }
    ++line_;
    auto row = rest().substr(2, at - 2);
    at_ += at;
    fields out;
    for (std::size_t i = 0; i < columns_; ++i) {
        auto const size = big_at<std::int32_t>(row, 0);
        row.remove_prefix(4);
        if (size < 0) {
            out.emplace_back();
            continue;
        }
        out.emplace_back(std::string(row.substr(0, static_cast<std::size_t>(size))));
        row.remove_prefix(static_cast<std::size_t>(size));
    }
    return std::optional<fields>(std::move(out));
}

void append_copy_binary_header(std::string& out) {
    out += signature;
    out.append(8, '\0');  // no flags, no extension
}

void append_copy_binary_trailer(std::string& out) { out.append(2, '\377'); }

}  // namespace sluice::sql
