// Access lists as records keep them: what can be read is written as the same bytes, and holds no more grants
// than a list may. The rules that are made of it are finite.
#include "auth/policy/access_list.hpp"
#include "auth/policy/grammar_acl.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::text_of(data, size);
    auth::acl_scope const scope{"bucket", false};
    if (auto const list = auth::decode_access_list(text)) {
        fuzz::expect(list->grants.size() <= auth::most_access_grants);
        fuzz::expect(auth::decode_access_list(auth::encode(*list)).value() == *list);
        auto const rules = auth::rules_of_acl(*list, scope, "key");
        fuzz::expect(rules.size() <= 3 * list->grants.size() + 8);
    }
    if (auto const access = auth::decode_bucket_access(text)) {
        fuzz::expect(access->grants.size() <= auth::most_access_grants);
        fuzz::expect(auth::decode_bucket_access(auth::encode(*access)).value() == *access);
        auto const rules = auth::rules_of_acl(*access, principal_id{1}, scope);
        fuzz::expect(rules.size() <= 4 * access->grants.size() + 2);
    }
    return 0;
}
