#include "protocols/s3/wire/form_reader.hpp"

#include <algorithm>

#include "protocols/http/request.hpp"

namespace sluice::s3 {
namespace {

constexpr std::size_t padding_max = 64;
constexpr std::string_view head_end = "\r\n\r\n";

s3_failure malformed(std::string_view why) {
    return s3_failure(error_code::malformed_post_request).detail("Reason", why);
}

s3_failure no_file() {
    return invalid_argument("file", "0", "POST requires exactly one file upload per request.");
}

}  // namespace

// The body may begin with the boundary itself, as if its CRLF had been read.
form_reader::form_reader(std::string_view boundary, form_limits const& limits)
    : limits_(limits), delimiter_("\r\n--" + std::string(boundary)), matched_(2) {}

s3_result<form_reader::step> form_reader::read(std::string_view input) {
    if (failed_) return *failed_;
    bool const in_tail = file_ended_;
    auto out = advance(input);
    if (out && in_tail) {
        tail_bytes_ += out->consumed;
        if (tail_bytes_ > limits_.tail_bytes) out = malformed("too much follows the file");
    }
    if (!out) failed_ = out.error();
    return out;
}

s3_result<form_reader::step> form_reader::advance(std::string_view input) {
    s3_result<std::size_t> consumed = input.size();
    switch (state_) {
        case state::preamble:
        case state::field:
        case state::file:
        case state::dropped: return read_content(input);
        case state::delimiter_end: consumed = read_delimiter_end(input); break;
        case state::head: consumed = read_head(input); break;
        case state::epilogue: break;
    }
    if (!consumed) return consumed.error();
    return step{*consumed, {}};
}

s3_result<> form_reader::count(std::size_t bytes) {
    bytes_ += bytes;
    if (bytes_ <= limits_.bytes) return {};
    return s3_failure(error_code::max_post_pre_data_length_exceeded)
        .detail("MaxPostPreDataLengthBytes", std::to_string(limits_.bytes));
}

form_reader::piece form_reader::up_to_delimiter(std::string_view input) {
    if (matched_ != 0) {
        auto const rest = std::string_view(delimiter_).substr(matched_);
        auto const shown = input.substr(0, rest.size());
        auto const [differs, unused] = std::mismatch(shown.begin(), shown.end(), rest.begin());
        auto const same = static_cast<std::size_t>(differs - shown.begin());
        auto const held = std::string_view(delimiter_).substr(0, matched_ + same);
        if (same == rest.size()) return {same, {}, true};
        if (same == input.size()) {
            matched_ += same;
            return {same, {}, false};
        }
        matched_ = 0;
        return {same, held, false};
    }
    if (auto const at = input.find(delimiter_); at != input.npos)
        return {at + delimiter_.size(), input.substr(0, at), true};
    auto const last = input.rfind('\r');
    if (last == input.npos || !delimiter_.starts_with(input.substr(last)))
        return {input.size(), input, false};
    matched_ = input.size() - last;
    return {input.size(), input.substr(0, last), false};
}

s3_result<form_reader::step> form_reader::read_content(std::string_view input) {
    auto const got = up_to_delimiter(input);
    bool const is_file = state_ == state::file;
    if (!is_file && !got.content.empty())
        if (auto kept = keep(got.content); !kept) return kept.error();
    if (got.ended) {
        if (state_ == state::field && !ignored_) fields_.push_back(std::move(field_));
        file_ended_ = file_ended_ || is_file;
        state_ = state::delimiter_end;
        matched_ = 0;
        padding_ = 0;
        after_dash_ = after_cr_ = false;
    }
    return step{got.consumed, is_file ? got.content : std::string_view{}};
}

s3_result<> form_reader::keep(std::string_view content) {
    if (state_ == state::dropped) return {};
    if (auto fits = count(content.size()); !fits) return fits;
    if (state_ == state::field && !ignored_) field_.value.append(content);
    return {};
}

// Behind a boundary: "--" ends the form, blanks and CRLF begin a part.
s3_result<std::size_t> form_reader::read_delimiter_end(std::string_view input) {
    for (std::size_t at = 0; at < input.size(); ++at) {
        char const c = input[at];
        if (after_dash_) {
            if (c != '-') return malformed("bytes behind a boundary");
            if (!seen_file_) return no_file();
            state_ = state::epilogue;
            return at + 1;
        }
        if (after_cr_) {
            if (c != '\n') return malformed("bytes behind a boundary");
            state_ = state::head;
            head_ = "\r\n";  // so that a head without lines ends like any other
            return at + 1;
        }
        bool const blank = (c == ' ' || c == '\t') && ++padding_ <= padding_max;
        if (c == '-' && padding_ == 0) after_dash_ = true;
        else if (c == '\r') after_cr_ = true;
        else if (!blank) return malformed("bytes behind a boundary");
    }
    return input.size();
}

s3_result<std::size_t> form_reader::read_head(std::string_view input) {
    auto const before = head_.size();
    auto const most = limits_.part_head_bytes + head_end.size();
    head_.append(input.substr(0, most - std::min(before, most)));
    auto const end = head_.find(head_end, before - std::min<std::size_t>(before, 3));
    if (end == head_.npos) {
        if (head_.size() >= most) return malformed("a part's head is too long");
        return head_.size() - before;
    }
    auto const consumed = end + head_end.size() - before;
    head_.resize(end + 2);
    if (auto begun = begin_part(); !begun) return begun.error();
    return consumed;
}

s3_result<> form_reader::begin_part() {
    auto head = parse_part_head(std::string_view(head_).substr(2));
    if (!head) return head.error();
    auto name = http::lower_cased(head->name);
    if (name == "file") {
        if (seen_file_) return error_code::incorrect_number_of_files;
        seen_file_ = true;
        file_name_ = std::move(head->file_name);
        state_ = state::file;
        return {};
    }
    state_ = seen_file_ ? state::dropped : state::field;
    if (seen_file_) return {};
    if (++field_count_ > limits_.fields)
        return s3_failure(error_code::max_post_pre_data_length_exceeded)
            .detail("MaxPostFields", std::to_string(limits_.fields));
    ignored_ = name.starts_with("x-ignore-");
    field_ = {std::move(name), std::move(head->name), {}};
    return count(field_.name.size());
}

s3_result<> form_reader::end() const {
    if (failed_) return *failed_;
    if (state_ == state::epilogue) return {};
    return malformed("the form has no end");
}

}  // namespace sluice::s3
