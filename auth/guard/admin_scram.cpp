// SCRAM verifiers that clients worked out themselves (KIP-554), on the password credential of a
// principal.
#include "auth/guard/admin_steps.hpp"
#include "auth/guard/guarded_admin.hpp"
#include "auth/keys/scram_verifier.hpp"

namespace sluice::auth {
namespace {

// Kafka's bounds: fewer protect nobody, more are only work.
constexpr std::uint32_t fewest_iterations = 4096;
constexpr std::uint32_t most_iterations = 16384;
constexpr std::size_t longest_salt = 256;

std::string& verifier_of(credential& password, digest_kind hash) {
    return hash == digest_kind::sha512 ? password.scram_sha_512 : password.scram_sha_256;
}

std::string_view mechanism_of(digest_kind hash) {
    return hash == digest_kind::sha512 ? "SCRAM-SHA-512" : "SCRAM-SHA-256";
}

result<void> apply(credential& password, scram_change& change) {
    auto& verifier = verifier_of(password, change.hash);
    if (change.erases) {
        if (verifier.empty())
            return failure{error::not_found,
                           "no credential for " + std::string(mechanism_of(change.hash))};
        verifier.clear();
        return {};
    }
    if (change.iterations < fewest_iterations || change.iterations > most_iterations)
        return failure{error::invalid_argument, "iterations must be 4096 to 16384"};
    if (change.salt.empty() || change.salt.size() > longest_salt)
        return failure{error::invalid_argument, "the salt must have 1 to 256 bytes"};
    if (change.salted_password.size() != digest_bytes(change.hash))
        return failure{error::invalid_argument, "the salted password must have " +
                                                    std::to_string(digest_bytes(change.hash)) +
                                                    " bytes"};
    verifier = to_text(scram_verifier_from(change.hash, change.salted_password,
                                           std::move(change.salt), change.iterations));
    wipe(change.salted_password);
    return {};
}

// The principal, made if there is none, and his password credential with all changes.
result<access_change> change_of(guard_core& core, access_state const& state,
                                std::string const& name, std::vector<scram_change>& changes) {
    access_change out;
    credential password;
    auto const* known = state.people->find(name);
    if (known != nullptr && to_underlying(known->id) < first_ordinary_principal)
        return failure{error::invalid_argument, "'" + name + "' is built in"};
    if (known != nullptr && known->kind == principal_kind::role)
        return failure{error::invalid_argument, "'" + name + "' is a role: nobody logs in as it"};
    if (auto const* before = known ? state.people->find_password(known->id) : nullptr)
        password = *before;
    for (auto& change : changes) {
        SLUICE_CHECK(apply(password, change));
    }
    if (password.scram_sha_256.empty() && password.scram_sha_512.empty()) {
        out.erased_credentials.push_back(std::move(password));
        return out;
    }
    principal_id owner = known ? known->id : principal_id{};
    if (known == nullptr) {
        SLUICE_CHECK(check_principal_name(name));
        principal made;
        made.id = owner = principal_id{fresh_id(core.random)};
        made.kind = principal_kind::user;
        made.name = name;
        made.created = core.clock.now();
        out.put_principals.push_back(std::move(made));
    }
    password.kind = credential_kind::password;
    password.id = name;
    password.owner = owner;
    password.created = core.clock.now();
    out.put_credentials.push_back(std::move(password));
    return out;
}

}  // namespace

task<guarded<std::vector<scram_summary>>> guarded_admin::list_scram(caller const& who) {
    auto const wanted = on_cluster(action::admin);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return std::move(counted).error();
    auto const state = core_.registry.current();
    std::vector<scram_summary> out;
    for (auto const& one : state->people->principals()) {
        auto const* password = state->people->find_password(one.id);
        if (password == nullptr) continue;
        scram_summary shown;
        shown.name = one.name;
        for (auto const hash : {digest_kind::sha256, digest_kind::sha512}) {
            auto const& text = hash == digest_kind::sha512 ? password->scram_sha_512
                                                           : password->scram_sha_256;
            auto const verifier = parse_scram_verifier(text);
            if (verifier.has_value()) shown.credentials.push_back({hash, verifier->iterations});
        }
        if (!shown.credentials.empty()) out.push_back(std::move(shown));
    }
    co_return out;
}

task<guarded<void>> guarded_admin::change_scram(caller const& who, std::string name,
                                                std::vector<scram_change> changes) {
    auto const about = on_principal(action::admin, name);
    auto mine = co_await begin_change(core_, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    auto change = change_of(core_, *mine->state, name, changes);
    if (change.has_error())
        co_return co_await refuse_change(core_, who, about, mine->decided,
                                         refusal(std::move(change).error()));
    co_return co_await finish_change(core_, who, about, *mine, std::move(*change));
}

}  // namespace sluice::auth
