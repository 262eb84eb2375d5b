#include "protocols/kafka/coordinator/topic_pattern.hpp"

#include <re2/re2.h>

namespace sluice::kafka {
namespace {
constexpr std::int64_t program_bytes = 1 << 20;
}

struct topic_pattern::program {
    program(std::string const& text, re2::RE2::Options const& options) : compiled(text, options) {}
    re2::RE2 compiled;
};

topic_pattern::topic_pattern(std::unique_ptr<program> made) : program_(std::move(made)) {}
topic_pattern::topic_pattern(topic_pattern&&) noexcept = default;
topic_pattern& topic_pattern::operator=(topic_pattern&&) noexcept = default;
topic_pattern::~topic_pattern() = default;

result<topic_pattern> topic_pattern::compile(std::string const& text, std::size_t bytes_most) {
    if (text.size() > bytes_most) return failure{error::too_large, "the expression is too long"};
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(program_bytes);
    options.set_never_capture(true);
    auto made = std::make_unique<program>(text, options);
    if (made->compiled.ok()) return topic_pattern(std::move(made));
    auto const code = made->compiled.error_code();
    bool const large =
        code == re2::RE2::ErrorPatternTooLarge || code == re2::RE2::ErrorRepeatSize;
    return failure{large ? error::too_large : error::invalid_argument, made->compiled.error()};
}

bool topic_pattern::matches(std::string_view name) const {
    return re2::RE2::FullMatch(re2::StringPiece(name.data(), name.size()), program_->compiled);
}

}  // namespace sluice::kafka
