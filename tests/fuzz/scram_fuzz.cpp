// A client's SCRAM messages, one a line: nobody gets in without the password, however they look, and
// after a refusal there is no way on.
#include "auth/authn/scram_server.hpp"
#include "gateway/core/random.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

namespace {

std::optional<auth::scram_verifier> find(std::string_view user) {
    static auto const verifier =
        auth::make_scram_verifier(digest_kind::sha256, "a password nobody writes", "salt of some bytes",
                                  4096, blocking_token::for_this_thread());
    if (user == "user") return verifier;
    return std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using outcome = auth::scram_server::outcome;
    seeded_random random(1);
    auth::scram_options options;
    options.mock_secret = "secret of the server";
    auth::scram_server server(options, find, random);
    bool ended = false;
    for (auto rest = fuzz::text_of(data, size); !rest.empty();) {
        auto const message = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), message.size() + 1));
        auto const step = server.take(message);
        fuzz::expect(step.what != outcome::authenticated);
        if (ended) fuzz::expect(step.what == outcome::malformed);
        ended = ended || step.what == outcome::refused || step.what == outcome::malformed;
    }
    return 0;
}
