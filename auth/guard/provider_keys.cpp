#include "auth/guard/provider_keys.hpp"

#include <algorithm>

#include "auth/policy/json_tree.hpp"
#include "auth/policy/turn_queue.hpp"
#include "gateway/core/failure_news.hpp"
#include "gateway/core/log.hpp"

namespace sluice::auth {
namespace {

constexpr std::size_t most_waiting = 64;  // for the keys of one provider
constexpr std::string_view discovery_path = "/.well-known/openid-configuration";

constexpr provider_keys::pace pace_of(oidc_provider const& provider) noexcept {
    return provider.keys.starts_with('/') ? provider_keys::of_file : provider_keys::of_url;
}

std::string text_in(json_tree const& tree, std::string_view name) {
    for (std::size_t i = 0; i < tree.names.size(); ++i)
        if (tree.names[i] == name && tree.items[i].what == json_tree::kind::text)
            return tree.items[i].text;
    return {};
}

// Where an issuer says that its keys are (OpenID Connect Discovery 1.0, section 4).
result<std::string> keys_place(std::string_view document, oidc_provider const& provider) {
    SLUICE_TRY(auto const tree, parse_json(document, {.bytes = longest_key_set}));
    if (text_in(tree, "issuer") != provider.issuer)
        return failure{error::malformed, "the discovery document is of another issuer"};
    auto place = text_in(tree, "jwks_uri");
    // Nobody else points us at this machine.
    bool const plain = place.starts_with("http://");
    if (!is_fetchable(place) || (plain && !provider.issuer.starts_with("http://")))
        return failure{error::malformed, "jwks_uri: '" + place + "' cannot be fetched"};
    return place;
}

}  // namespace

struct provider_keys::entry {
    turn_queue turns{most_waiting};
    std::mutex mutex;
    keys held;
    monotonic_time read_at{};
    monotonic_time minute_began{};
    std::size_t readings = 0;  // in that minute
    failure_news news;

    std::pair<keys, monotonic_time> now_held() {
        std::lock_guard lock(mutex);
        return {held, read_at};
    }
    bool may_read(monotonic_time now, std::size_t most) {
        std::lock_guard lock(mutex);
        if (readings == 0 || now - minute_began >= std::chrono::minutes(1)) {
            minute_began = now;
            readings = 0;
        }
        return readings++ < most;
    }
};

std::shared_ptr<provider_keys::entry> provider_keys::entry_of(oidc_provider const& provider) {
    std::lock_guard lock(mutex_);
    // Providers come and go; what is forgotten is read again.
    if (entries_.size() > 2 * most_oidc_providers) entries_.clear();
    auto& found = entries_[provider.issuer + "\n" + provider.keys];
    if (!found) found = std::make_shared<entry>();
    return found;
}

task<result<provider_keys::keys>> provider_keys::read(oidc_provider provider) const {
    if (source_ == nullptr) co_return failure{error::unsupported, "no keys of others are read here"};
    auto place = provider.keys;
    if (place.empty()) {
        auto base = provider.issuer;
        if (base.ends_with('/')) base.pop_back();
        auto const document = co_await source_->read(base + std::string(discovery_path));
        if (document.has_error()) co_return document.error();
        auto found = keys_place(*document, provider);
        if (found.has_error()) co_return found.error();
        place = *std::move(found);
    }
    auto const document = co_await source_->read(place);
    if (document.has_error()) co_return document.error();
    auto parsed = parse_key_set(*document);
    if (parsed.has_error()) co_return parsed.error();
    co_return std::make_shared<std::vector<json_web_key> const>(*std::move(parsed));
}

task<token_result<provider_keys::keys>> provider_keys::of(oidc_provider provider, keys seen) {
    auto const pace = pace_of(provider);
    auto const one = entry_of(provider);
    auto [held, read_at] = one->now_held();
    auto const is_fresh = [&] {
        return held && held != seen && clock_.monotonic() - read_at < pace.interval;
    };
    if (is_fresh()) co_return held;
    auto const turn = co_await one->turns.take();
    if (turn.has_error()) co_return token_error::overloaded;
    std::tie(held, read_at) = one->now_held();
    if (is_fresh()) co_return held;  // read while this waited
    auto const now = clock_.monotonic();
    if (one->may_read(now, pace.readings)) {
        auto fresh = co_await read(provider);
        std::lock_guard lock(one->mutex);
        if (fresh.has_value()) {
            one->held = *std::move(fresh);
            one->read_at = clock_.monotonic();
            co_return one->held;
        }
        if (one->news.is_news("keys", fresh.error(), now))
            SLUICE_LOG(log_level::warning, "keys of an identity provider not read",
                       {"issuer", provider.issuer}, {"failure", fresh.error()});
    }
    if (held && now - read_at < longest_kept) co_return held;
    co_return token_error::unreachable;
}

}  // namespace sluice::auth
