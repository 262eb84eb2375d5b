// The keys that identity providers sign with, in memory: read when they are first needed, again after
// a while, and when a token names one that is not known (keys rotate), at a bounded rate whatever is
// asked. A provider that cannot be reached keeps those it had for `longest_kept`. Inside auth/guard
// only. Thread rule: any thread; one reading at a time for each provider, the others wait for it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "auth/authn/json_web_token.hpp"
#include "auth/identity/oidc_provider.hpp"
#include "auth/keys/key_documents.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class provider_keys {
public:
    using keys = std::shared_ptr<std::vector<json_web_key> const>;  // shared by those who check

    // How often keys are read: at least after `interval`, at most `readings` times in a minute.
    struct pace {
        std::chrono::seconds interval;
        std::size_t readings;
    };
    static constexpr pace of_url{std::chrono::seconds(600), 6};
    static constexpr pace of_file{std::chrono::seconds(1), 120};
    static constexpr std::chrono::seconds longest_kept{3600};

    explicit provider_keys(wall_clock const& clock) : clock_(clock) {}

    void read_with(key_documents& source) { source_ = &source; }

    // `seen`: keys among which the one wanted is not; others if there are any. unreachable; overloaded.
    task<token_result<keys>> of(oidc_provider provider, keys seen);
    // At once and not kept, to see whether a provider can be had at all.
    task<result<keys>> read(oidc_provider provider) const;

private:
    struct entry;
    std::shared_ptr<entry> entry_of(oidc_provider const& provider);

    wall_clock const& clock_;
    key_documents* source_ = nullptr;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<entry>> entries_;  // shared with those who read
};

}  // namespace sluice::auth
