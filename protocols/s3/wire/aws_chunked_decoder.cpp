#include "protocols/s3/wire/aws_chunked_decoder.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "gateway/core/assert.hpp"
#include "protocols/http/request.hpp"

namespace sluice::s3 {
namespace {

s3_failure broken(char const* what) {
    return {error_code::invalid_request, what};
}

}  // namespace

aws_chunked_decoder::aws_chunked_decoder(aws_chunked_options const& options,
                                         auth::chunk_signature_chain* chain)
    : options_(options), chain_(chain) {}

s3_result<bool> aws_chunked_decoder::take_line(std::string_view& input, std::size_t limit) {
    auto const newline = input.find('\n');
    auto const taken =
        input.substr(0, newline == std::string_view::npos ? input.size() : newline + 1);
    if (line_.size() + taken.size() > limit)
        return broken("a line of the chunked body is too long");
    line_.append(taken);
    input.remove_prefix(taken.size());
    if (newline == std::string_view::npos) return false;
    line_.pop_back();
    line_is_bare_ = !line_.ends_with('\r');
    if (!line_is_bare_) line_.pop_back();
    if (line_.find('\r') != std::string::npos ||
        (line_is_bare_ && (state_ != state::trailer_line || line_.empty())))
        return broken("a line of the chunked body does not end in CRLF");
    return true;
}

s3_result<> aws_chunked_decoder::begin_chunk() {
    std::string_view rest = line_;
    auto const size_text = rest.substr(0, rest.find(';'));
    auto const* end = size_text.data() + size_text.size();
    std::uint64_t size = 0;
    auto const parsed = std::from_chars(size_text.data(), end, size, 16);
    if (size_text.empty() || size_text.size() > 16 || size_text.front() == '-' ||
        parsed.ec != std::errc{} || parsed.ptr != end)
        return broken("a chunk's size is not a hexadecimal number");
    rest.remove_prefix(std::min(rest.size(), size_text.size() + 1));
    chunk_signature_.clear();
    static constexpr std::string_view signature_mark = "chunk-signature=";
    if (rest.starts_with(signature_mark)) chunk_signature_ = rest.substr(signature_mark.size());
    else if (!rest.empty()) return broken("a chunk has an unknown extension");
    if (chain_ != nullptr && chunk_signature_.size() != 64)
        return broken("a chunk has no signature");
    if (size > options_.decoded_length - total_) return error_code::incomplete_body;
    if (size != 0 && any_chunk_ && chunk_size_ < options_.smallest_chunk)
        return error_code::invalid_chunk_size;
    line_.clear();
    any_chunk_ = true;
    chunk_size_ = payload_left_ = size;
    total_ += size;
    if (size != 0) {
        state_ = state::payload;
        return {};
    }
    if (total_ != options_.decoded_length) return error_code::incomplete_body;
    state_ = state::trailer_line;
    return end_chunk();
}

s3_result<> aws_chunked_decoder::end_chunk() {
    if (chain_ != nullptr && !chain_->finish_chunk(chunk_signature_))
        return error_code::signature_does_not_match;
    return {};
}

void aws_chunked_decoder::took(std::string_view payload) {
    SLUICE_ASSERT(state_ == state::payload && payload.size() <= payload_left_);
    if (chain_ != nullptr) chain_->update(as_bytes(payload));
    payload_left_ -= payload.size();
    if (payload_left_ == 0) state_ = state::payload_end;
}

s3_result<> aws_chunked_decoder::end_trailer_line() {
    bool const set_apart = std::exchange(trailer_is_bare_, line_is_bare_);
    if (line_.empty()) {
        if (set_apart && chain_ != nullptr && trailer_signature_.empty()) return {};
        return end_body();
    }
    auto const colon = line_.find(':');
    if (colon == std::string::npos || colon == 0 || line_.find_first_of(" \t") < colon)
        return error_code::malformed_trailer;
    auto name = http::lower_cased(std::string_view(line_).substr(0, colon));
    auto const value = http::trimmed(std::string_view(line_).substr(colon + 1));
    if (!trailer_signature_.empty()) return error_code::malformed_trailer;
    if (name == "x-amz-trailer-signature") trailer_signature_ = value;
    else trailers_.emplace_back(std::move(name), value);
    line_.clear();
    return {};
}

s3_result<> aws_chunked_decoder::end_body() {
    if (!options_.trailer_expected && !trailers_.empty()) return error_code::malformed_trailer;
    if (chain_ != nullptr && options_.trailer_expected) {
        std::string text;
        for (auto const& [name, value] : trailers_)
            text.append(name).append(":").append(value).append("\n");
        if (!chain_->finish_trailer(text, trailer_signature_))
            return error_code::signature_does_not_match;
    } else if (!trailer_signature_.empty()) {
        return error_code::malformed_trailer;
    }
    state_ = state::done;
    return {};
}

s3_result<aws_chunked_decoder::step> aws_chunked_decoder::decode(std::string_view input) {
    auto const size = input.size();
    while (!input.empty() && state_ != state::done) {
        if (state_ == state::payload) {
            auto const payload = input.substr(
                0, static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, input.size())));
            took(payload);
            input.remove_prefix(payload.size());
            return step{size - input.size(), payload};
        }
        auto const before = input.size();
        auto const limit = state_ == state::size_line     ? options_.line_bytes
                           : state_ == state::payload_end ? std::size_t{2}
                                                          : options_.trailer_bytes;
        auto const whole = take_line(input, limit);
        if (!whole) return whole.error();
        if (state_ == state::trailer_line) trailer_bytes_ += before - input.size();
        if (trailer_bytes_ > options_.trailer_bytes) return error_code::malformed_trailer;
        if (!*whole) continue;
        s3_result<> done;
        switch (state_) {
            case state::size_line: done = begin_chunk(); break;
            case state::payload_end:
                done = end_chunk();
                state_ = state::size_line;
                break;
            case state::trailer_line: done = end_trailer_line(); break;
            case state::payload:
            case state::done: break;
        }
        if (!done) return done.error();
    }
    return step{size - input.size(), {}};
}

}  // namespace sluice::s3
