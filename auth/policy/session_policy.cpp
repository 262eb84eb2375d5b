#include "auth/policy/session_policy.hpp"

namespace sluice::auth {

bool session_allows(std::span<rule const> rules, access_request const& request) {
    verdict collected(request);
    for (auto const& one : rules)
        if (one.verbs.has(request.verb) && resource_matches(one, request)) collected.add(one);
    return collected.take().allowed();
}

}  // namespace sluice::auth
