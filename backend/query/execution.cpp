#include "backend/query/execution.hpp"

#include <charconv>
#include <stdexcept>

namespace sluice::query {
namespace {

constexpr std::string_view token_start = "\x02sluice:";
// A scan of a source that fails again and again ends after its first failure; functions that the
// engine tries out while planning may fail more often.
constexpr std::size_t failures_max = 1000;

}  // namespace

std::optional<failure> execution::interruption() const {
    if (cancelled_) return failure{error::cancelled, "the query was cancelled"};
    if (deadline_ && clock_.monotonic() >= *deadline_)
        return failure{error::deadline_exceeded, "the query took too long"};
    return std::nullopt;
}

void execution::fail(failure what) {
    std::size_t number = 0;
    {
        std::lock_guard const lock{mutex_};
        if (failures_.size() < failures_max) failures_.push_back(std::move(what));
        number = failures_.size() - 1;
    }
    throw std::runtime_error(std::string{token_start} + std::to_string(number) + "\x03");
}

std::optional<failure> execution::failed_with(std::string_view message) const {
    auto const at = message.find(token_start);
    if (at == std::string_view::npos) return std::nullopt;
    auto const digits = message.substr(at + token_start.size());
    std::size_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    std::lock_guard const lock{mutex_};
    if (number >= failures_.size()) return std::nullopt;
    return failures_[number];
}

}  // namespace sluice::query
