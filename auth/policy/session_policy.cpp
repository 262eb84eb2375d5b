#include "auth/policy/session_policy.hpp"

namespace sluice::auth {

decision decide_for_session(std::span<rule const> rules, access_request const& request) {
    verdict collected(request);
    for (auto const& one : rules)
        if (one.verbs.has(request.verb) && resource_matches(one, request)) collected.add(one);
    return collected.take();
}

}  // namespace sluice::auth
