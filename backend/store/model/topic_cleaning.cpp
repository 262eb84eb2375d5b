#include "backend/store/model/topic_cleaning.hpp"

#include <charconv>

namespace sluice::store {
namespace {

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

std::int64_t number_or(std::map<std::string, std::string> const& settings, char const* name,
                       std::int64_t otherwise) {
    auto const found = settings.find(name);
    if (found == settings.end()) return otherwise;
    auto const& text = found->second;
    std::int64_t value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

std::optional<cleanup_policy> parse_cleanup_policy(std::string_view text) {
    cleanup_policy policy;
    for (bool more = true; more;) {
        auto const end = text.find(',');
        more = end != text.npos;
        auto const one = trimmed(text.substr(0, end));
        if (more) text.remove_prefix(end + 1);
        bool& said = one == "compact" ? policy.compacts : policy.deletes;
        if ((one != "compact" && one != "delete") || said) return std::nullopt;
        said = true;
    }
    return policy;
}

std::optional<double> parse_ratio(std::string_view text) {
    text = trimmed(text);
    double value = 0;
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    bool const whole = problem == std::errc{} && end == text.data() + text.size();
    // Not a number compares false.
    if (!whole || !(value >= 0 && value <= 1)) return std::nullopt;
    return value;
}

topic_cleaning cleaning_of(std::map<std::string, std::string> const& settings) {
    topic_cleaning out;
    if (auto const given = settings.find("cleanup.policy"); given != settings.end()) {
        if (auto const policy = parse_cleanup_policy(given->second)) {
            out.deletes = policy->deletes;
            out.compacts = policy->compacts;
        }
    }
    if (auto const given = settings.find("min.cleanable.dirty.ratio"); given != settings.end())
        out.dirty_ratio = parse_ratio(given->second).value_or(out.dirty_ratio);
    out.tombstones_stay_ms = number_or(settings, "delete.retention.ms", out.tombstones_stay_ms);
    out.lag_least_ms = number_or(settings, "min.compaction.lag.ms", out.lag_least_ms);
    out.lag_most_ms = number_or(settings, "max.compaction.lag.ms", out.lag_most_ms);
    return out;
}

}  // namespace sluice::store
