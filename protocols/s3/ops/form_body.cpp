#include "protocols/s3/ops/form_body.hpp"

namespace sluice::s3 {
namespace {

constexpr std::size_t buffer_bytes = 64 * kibibyte;

form_limits limits_of(s3_options const& options) {
    form_limits limits;
    limits.bytes = options.form_bytes;
    limits.fields = options.form_fields;
    limits.part_head_bytes = options.form_part_head_bytes;
    limits.tail_bytes = options.form_tail_bytes;
    return limits;
}

}  // namespace

form_body::form_body(request_body& body, std::string_view boundary, s3_options const& options)
    : body_(body), reader_(boundary, limits_of(options)), buffer_(new std::byte[buffer_bytes]) {}

task<s3_result<bool>> form_body::fill() {
    if (!unread_.empty()) co_return true;
    auto const into = byte_span(buffer_.get(), buffer_bytes);
    auto const got = co_await body_.read(into);
    if (!got) co_return got.error();
    unread_ = as_chars(const_byte_span(into.first(*got)));
    co_return *got != 0;
}

task<s3_result<>> form_body::read_fields() {
    while (!reader_.at_file()) {
        auto const filled = co_await fill();
        if (!filled) co_return filled.error();
        if (!*filled) co_return reader_.end();
        auto const step = reader_.read(unread_);
        if (!step) co_return step.error();
        unread_.remove_prefix(step->consumed);
    }
    co_return s3_result<>{};
}

task<s3_result<std::string_view>> form_body::next() {
    while (true) {
        auto const filled = co_await fill();
        if (!filled) co_return filled.error();
        if (!*filled) {
            auto const ended = reader_.end();
            if (!ended) co_return ended.error();
            co_return std::string_view{};
        }
        auto const step = reader_.read(unread_);
        if (!step) co_return step.error();
        unread_.remove_prefix(step->consumed);
        if (!step->file_bytes.empty()) co_return step->file_bytes;
    }
}

}  // namespace sluice::s3
