#include "protocols/http/chunked_decoder.hpp"

#include <algorithm>
#include <charconv>

#include "protocols/http/request.hpp"

namespace sluice::http {

accepted<bool> chunked_decoder::take_line(std::string_view& input, std::size_t limit) {
    auto const newline = input.find('\n');
    auto const taken =
        input.substr(0, newline == std::string_view::npos ? input.size() : newline + 1);
    if (line_.size() + taken.size() > limit)
        return rejection{400, "line of a chunked body too long"};
    line_.append(taken);
    input.remove_prefix(taken.size());
    if (newline == std::string_view::npos) return false;
    if (line_.size() < 2 || line_[line_.size() - 2] != '\r' || line_.find('\r') != line_.size() - 2)
        return rejection{400, "line of a chunked body does not end in CRLF"};
    line_.resize(line_.size() - 2);
    return true;
}

accepted<void> chunked_decoder::begin_chunk() {
    auto const size_text = std::string_view(line_).substr(0, line_.find(';'));
    auto const* end = size_text.data() + size_text.size();
    auto const parsed = std::from_chars(size_text.data(), end, payload_left_, 16);
    if (size_text.empty() || size_text.size() > 16 || size_text.front() == '-' ||
        parsed.ec != std::errc{} || parsed.ptr != end || payload_left_ > INT64_MAX)
        return rejection{400, "chunk size is not a hexadecimal number"};
    line_.clear();
    state_ = payload_left_ == 0 ? state::trailer_line : state::payload;
    return {};
}

accepted<void> chunked_decoder::end_trailer_line() {
    if (line_.empty()) {
        state_ = state::done;
        return {};
    }
    auto const colon = line_.find(':');
    if (colon == std::string::npos || colon == 0 || line_.find_first_of(" \t") < colon)
        return rejection{400, "malformed trailer line"};
    trailers_.emplace_back(line_.substr(0, colon),
                           trimmed(std::string_view(line_).substr(colon + 1)));
    line_.clear();
    return {};
}

accepted<chunked_decoder::step> chunked_decoder::decode(std::string_view input) {
    auto const begin = input;
    auto consumed = [&] { return begin.size() - input.size(); };
    while (!input.empty() && state_ != state::done) {
        switch (state_) {
            case state::size_line: {
                auto whole = take_line(input, line_limit_);
                if (!whole) return whole.error();
                if (!*whole) break;
                if (auto begun = begin_chunk(); !begun) return begun.error();
                break;
            }
            case state::payload: {
                auto const size =
                    static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, input.size()));
                auto const payload = input.substr(0, size);
                input.remove_prefix(size);
                payload_left_ -= size;
                if (payload_left_ == 0) state_ = state::payload_end;
                return step{consumed(), payload};
            }
            case state::payload_end: {
                auto whole = take_line(input, 2);
                if (!whole) return whole.error();
                if (!*whole) break;
                state_ = state::size_line;
                break;
            }
            case state::trailer_line: {
                auto const before = input.size();
                auto whole = take_line(input, trailer_limit_);
                if (!whole) return whole.error();
                trailer_bytes_ += before - input.size();
                if (trailer_bytes_ > trailer_limit_) return rejection{400, "trailers too long"};
                if (!*whole) break;
                if (auto ended = end_trailer_line(); !ended) return ended.error();
                break;
            }
            case state::done: break;
        }
    }
    return step{consumed(), {}};
}

}  // namespace sluice::http
