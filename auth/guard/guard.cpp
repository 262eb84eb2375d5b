#include "auth/guard/guard.hpp"

#include <algorithm>

#include "auth/authn/declared_payload.hpp"
#include "auth/authn/signing_key_cache.hpp"
#include "auth/guard/guard_core.hpp"
#include "auth/guard/guarded_acls.hpp"
#include "auth/guard/guarded_managed_policies.hpp"
#include "auth/guard/guarded_policies.hpp"
#include "auth/guard/guarded_providers.hpp"
#include "auth/guard/guarded_roles.hpp"
#include "auth/guard/system_caller.hpp"
#include "auth/guard/token_checker.hpp"
#include "auth/keys/key_file.hpp"
#include "auth/keys/scram_verifier.hpp"
#include "auth/keys/session_token.hpp"
#include "auth/policy/grammar_iam.hpp"
#include "auth/policy/session_policy.hpp"
#include "gateway/core/failure_news.hpp"
#include "gateway/core/log.hpp"
#include "gateway/core/timer.hpp"

namespace sluice::auth {
namespace {

constexpr std::string_view mock_key_id = "mock";
// Binds the secret of made-up SCRAM verifiers to its one use.
constexpr std::string_view mock_scram_label = "sluice made-up scram verifiers 1";

// Without the key file these would be lost, so it is not made anew.
bool holds_sealed(stored_access const& stored) {
    return !stored.encryption_keys.empty() || std::any_of(stored.credentials.begin(), stored.credentials.end(),
                       [](auto const& record) { return record.id.starts_with("key:"); });
}

result<void> check_options(guard_options const& options) {
    SLUICE_CHECK(check_principal_name(options.root_user));
    auto const& password = options.root_password;
    bool printable = std::all_of(password.begin(), password.end(),
                                 [](char c) { return c >= 0x20 && c <= 0x7e; });
    if (password.empty() || !printable)
        return failure{error::invalid_argument,
                       "root's password must be printable ASCII and not empty"};
    return {};
}

std::string fresh_salt(random_source& random) {
    std::string salt(scram_salt_bytes, '\0');
    random.fill(byte_span(reinterpret_cast<std::byte*>(salt.data()), salt.size()));
    return salt;
}

// Root's one name and secret, for all three protocols. They come from the configuration and are not
// stored.
std::vector<credential> root_credentials(guard_core& core, blocking_token token) {
    auto const& options = core.options;
    credential password;
    password.kind = credential_kind::password;
    password.id = options.root_user;
    password.owner = root_id;
    auto verifier = [&](digest_kind hash) {
        return to_text(make_scram_verifier(hash, options.root_password, fresh_salt(core.random),
                                           scram_iterations, token));
    };
    password.scram_sha_256 = verifier(digest_kind::sha256);
    password.scram_sha_512 = verifier(digest_kind::sha512);
    credential key;
    key.kind = credential_kind::access_key;
    key.id = options.root_user;
    key.owner = root_id;
    key.sealed_secret = core.seal.seal(core.random, key.id, options.root_password);
    return {std::move(password), std::move(key)};
}

result<void> fill_key_ring(guard_core& core, stored_access const& stored) {
    for (auto const& record : stored.encryption_keys) {
        auto key = decode_named_key(record.value);
        if (key.has_error())
            return failure{error::corrupt, "encryption key record '" + record.id +
                                               "': " + key.error().describe()};
        SLUICE_CHECK(core.keys.put(std::move(*key)));
    }
    return {};
}

result<void> check_sealed_secrets(guard_core const& core) {
    for (auto const& one : core.registry.current()->people->credentials()) {
        if (one.kind != credential_kind::access_key) continue;
        auto secret = core.seal.open(one.id, one.sealed_secret);
        if (secret.has_error())
            return failure{error::corrupt,
                           "access key '" + one.id + "' was not sealed by this key file"};
        wipe(*secret);
    }
    return {};
}

}  // namespace

// What a right signature proved.
struct guard::proven {
    sigv4_claim claim;
    std::string signing_key;  // wiped by whoever gets it
    principal_id who{};
    std::optional<temporary_credential> session;  // without its secret
};

struct guard::parts {
    parts(guard_options given, store::engine& engine, wall_clock const& clock,
          random_source& random, sealer seal, token_sealer token_seal,
          std::string mock_scram_secret)
        : core(std::move(given), engine, clock, random, std::move(seal)),
          tokens(std::move(token_seal)),
          signing_keys(core.options.signing_keys_cached),
          mock_sealed(core.seal.seal(random, mock_key_id, fresh_salt(random) + fresh_salt(random))),
          checker(core),
          logins(core, checker, std::move(mock_scram_secret)),
          buckets(core),
          objects(core),
          tables(core),
          uploads(core),
          logs(core),
          transactions(core),
          sessions(core, tokens, checker),
          admin(core),
          policies(core),
          managed(core),
          providers(core, checker),
          roles(core),
          acls(core) {}

    // Whether the signature over `text` is right, given a claim that may be heard. The signing key
    // is that of the claim's access key, or of the secret in its token.
    sigv4_result<proven> verify(access_state const& state, sigv4_claim claim,
                                std::string_view text);
    sigv4_result<proven> verify_session(access_state const& state, sigv4_claim claim,
                                        std::string_view text) const;
    sigv4_refusal refused(connection_facts const& connection, sigv4_refusal why) {
        core.audit.failures().count(connection.protocol, connection.client_address,
                                    name_of(why.code), core.clock.now());
        return why;
    }

    guard_core core;
    token_sealer const tokens;
    failure_news flush_news;  // of run_audit
    signing_key_cache signing_keys;
    std::string const mock_sealed;
    token_checker checker;
    guarded_logins logins;
    guarded_buckets buckets;
    guarded_objects objects;
    guarded_tables tables;
    guarded_uploads uploads;
    guarded_logs logs;
    guarded_transactions transactions;
    guarded_sessions sessions;
    guarded_admin admin;
    guarded_policies policies;
    guarded_managed_policies managed;
    guarded_providers providers;
    guarded_roles roles;
    guarded_acls acls;
};

sigv4_result<guard::proven> guard::parts::verify(access_state const& state, sigv4_claim claim,
                                                 std::string_view text) {
    if (!claim.session_token.empty()) return verify_session(state, std::move(claim), text);
    auto const* found = state.people->find_access_key(claim.access_key_id);
    auto const now = core.clock.now();
    bool usable = found && found->enabled &&
                  (found->expires == unix_millis{} || found->expires > now) &&
                  state.people->is_active(found->owner);
    // An unknown key goes the same way with a made-up secret.
    auto const& sealed = usable ? found->sealed_secret : mock_sealed;
    std::string key;
    auto cached = signing_keys.find(claim, sealed);
    if (cached) {
        key = std::move(*cached);
    } else {
        auto secret = core.seal.open(usable ? std::string_view(found->id) : mock_key_id, sealed);
        if (secret.has_error()) return sigv4_refusal{sigv4_error::unknown_key};
        key = signing_key(*secret, claim);
        wipe(*secret);
    }
    bool right = constant_time_equal(signature_of(key, text), claim.signature);
    if (!usable) return sigv4_refusal{sigv4_error::unknown_key};
    if (!right) return sigv4_refusal{sigv4_error::signature_mismatch};
    if (!cached) signing_keys.keep(claim, sealed, key);
    return proven{std::move(claim), std::move(key), found->owner, {}};
}

sigv4_result<guard::proven> guard::parts::verify_session(access_state const& state,
                                                         sigv4_claim claim,
                                                         std::string_view text) const {
    auto session = tokens.open(claim.access_key_id, claim.session_token);
    if (session.has_error()) return sigv4_refusal{sigv4_error::session_token};
    auto key = signing_key(session->secret, claim);
    wipe(session->secret);
    if (!constant_time_equal(signature_of(key, text), claim.signature))
        return sigv4_refusal{sigv4_error::signature_mismatch};
    if (session->expires <= core.clock.now()) return sigv4_refusal{sigv4_error::session_expired};
    // A session ends with whoever it was made for, and with whoever made it.
    if (!state.people->is_active(session->who) || !state.people->is_active(session->asker))
        return sigv4_refusal{sigv4_error::session_token};
    return proven{std::move(claim), std::move(key), session->who, std::move(*session)};
}

guard::guard(std::unique_ptr<parts> made) : parts_(std::move(made)) {}
guard::~guard() = default;

result<std::unique_ptr<guard>> guard::open(guard_options options, store::engine& engine,
                                           wall_clock const& clock, random_source& random,
                                           blocking_token token) {
    SLUICE_CHECK(check_options(options));
    SLUICE_TRY(auto stored, load_stored_access(engine, token));
    key_file_options file{options.key_file, options.data_folder, !holds_sealed(stored)};
    SLUICE_TRY(auto key, load_key_file(file, random, token));
    auto seal = sealer::make(key);
    auto tokens = token_sealer::make(key);
    std::string mock_scram(hmac_of(digest_kind::sha256, key, mock_scram_label).chars());
    wipe(key);
    if (seal.has_error()) return std::move(seal).error();
    if (tokens.has_error()) return std::move(tokens).error();
    auto made =
        std::make_unique<parts>(std::move(options), engine, clock, random, std::move(*seal),
                                std::move(*tokens), std::move(mock_scram));
    SLUICE_CHECK(made->core.registry.install(stored, root_credentials(made->core, token)));
    SLUICE_CHECK(check_sealed_secrets(made->core));
    SLUICE_CHECK(fill_key_ring(made->core, stored));
    return std::unique_ptr<guard>(new guard(std::move(made)));
}

sigv4_result<guard::proven> guard::prove(http_request_view const& request,
                                         sigv4_options const& options,
                                         connection_facts const& connection) const {
    auto claim = parse_claim(request, options);
    if (claim.has_error() && claim.error().code == sigv4_error::missing) return claim.error();
    if (claim.has_error()) return parts_->refused(connection, claim.error());
    auto checked = check_claim(*claim, request, options, parts_->core.clock.now());
    if (checked.has_error()) return parts_->refused(connection, checked.error());
    auto canonical = canonical_request(*claim, request, options);
    if (canonical.has_error()) return parts_->refused(connection, canonical.error());
    auto const state = parts_->core.registry.current();
    auto const text = string_to_sign(*claim, *canonical);
    auto who = parts_->verify(*state, *std::move(claim), text);
    if (who.has_error()) return parts_->refused(connection, who.error());
    return who;
}

sigv4_result<guard::s3_request> guard::authenticate_s3(http_request_view const& request,
                                                       connection_facts connection) {
    auto const people = parts_->core.registry.current()->people;
    s3_request out;
    auto who = prove(request, parts_->core.options.sigv4, connection);
    if (who.has_error() && who.error().code == sigv4_error::missing) {
        out.who = caller_for(*people, anonymous_id, std::move(connection));
        out.who.auth_method_ = "none";
        auto payload = payload_of_stranger(request);
        if (payload.has_error())
            return parts_->refused(out.who.connection(), std::move(payload).error());
        out.payload = payload->how;
        out.payload_hash = std::move(payload->hash);
        return out;
    }
    if (who.has_error()) return who.error();
    out.who = caller_for(*people, *who, std::move(connection));
    auto const& claim = who->claim;
    out.payload = claim.payload;
    out.payload_hash = claim.payload_hash;
    if (claim.payload == payload_signing::signed_chunks ||
        claim.payload == payload_signing::signed_chunks_with_trailer)
        out.chunks.emplace(chunk_signature_chain::seed{who->signing_key, claim.timestamp,
                                                       claim.scope(), claim.signature});
    wipe(who->signing_key);
    return out;
}

sigv4_result<caller> guard::authenticate_account(http_request_view const& request,
                                                 connection_facts connection,
                                                 std::string_view service,
                                                 std::string_view body_hash) {
    auto options = parts_->core.options.sigv4;
    options.service = service;
    options.region.clear();
    auto who = prove(request, options, connection);
    if (who.has_error()) return who.error();
    wipe(who->signing_key);
    // A presigned one says UNSIGNED-PAYLOAD, and has no body.
    if (who->claim.payload == payload_signing::literal_hash ? who->claim.payload_hash != body_hash
                                                            : !who->claim.presigned)
        return parts_->refused(connection, sigv4_error::signature_mismatch);
    return caller_for(*parts_->core.registry.current()->people, *who, std::move(connection));
}

sigv4_result<caller> guard::authenticate_s3_form(sigv4_form const& form,
                                                 connection_facts connection) {
    auto const& core = parts_->core;
    auto claim = parse_form_claim(form);
    if (claim.has_error()) return parts_->refused(connection, claim.error());
    auto checked = check_form_claim(*claim, core.options.sigv4, core.clock.now());
    if (checked.has_error()) return parts_->refused(connection, checked.error());
    auto const state = core.registry.current();
    auto proven = parts_->verify(*state, *std::move(claim), form.policy);
    if (proven.has_error()) return parts_->refused(connection, proven.error());
    wipe(proven->signing_key);
    auto who = caller_for(*state->people, *proven, std::move(connection));
    who.auth_method_ = "sigv4-form";
    return who;
}

caller guard::caller_for(directory const& people, proven const& who, connection_facts connection) {
    auto out = caller_for(people, who.who, std::move(connection));
    out.auth_method_ = who.claim.presigned ? "sigv4-presigned" : "sigv4";
    out.credential_id_ = who.claim.access_key_id;
    if (!who.session) return out;
    out.is_session_ = true;
    out.session_name_ = who.session->session_name;
    out.session_.asker = who.session->asker;
    out.session_.issued = who.session->issued;
    out.session_.expires = who.session->expires;
    out.session_.of_role = !who.session->session_name.empty();
    out.session_.provider = who.session->provider;
    if (who.session->policy.empty()) return out;
    // One that is not understood any more leaves no right at all.
    std::vector<rule> rules;
    iam_scope scope{people, {}, who.who};
    if (auto policy = parse_iam_policy(who.session->policy, scope); policy.has_value())
        rules = std::move(policy->rules);
    // A rule without an id decides nothing.
    for (auto& one : rules) one.id = built_in::session;
    // Shared with copies of the caller.
    out.session_rules_ = std::make_shared<std::vector<rule> const>(std::move(rules));
    return out;
}

caller guard::caller_for(directory const& people, principal_id id, connection_facts connection) {
    caller who;
    who.id_ = id;
    if (auto const* known = people.find(id)) {
        who.name_ = known->name;
        who.given_canonical_id_ = known->canonical_id;
    }
    who.on_behalf_of_ = people.on_behalf_chain(id);
    for (auto behind : who.on_behalf_of_)
        if (auto const* known = people.find(behind)) who.on_behalf_names_.push_back(known->name);
    who.connection_ = std::move(connection);
    return who;
}

void guard::count_failed_authentication(connection_facts const& connection,
                                        std::string_view reason) {
    parts_->core.audit.failures().count(connection.protocol, connection.client_address, reason,
                                        parts_->core.clock.now());
}

principal_label guard::label_of(principal_id id) const {
    auto const people = parts_->core.registry.current()->people;
    auto const* who = people->find(id);
    if (who == nullptr) return {canonical_id_of(id), {}};
    return {canonical_id_of(*who), who->display_name};
}

std::optional<principal_id> guard::find_canonical(std::string_view canonical_id) const {
    auto const people = parts_->core.registry.current()->people;
    auto const* who = people->find_canonical(canonical_id);
    return who ? std::optional(who->id) : std::nullopt;
}

std::optional<principal_id> guard::find_email(std::string_view email) const {
    auto const people = parts_->core.registry.current()->people;
    auto const* who = people->find_email(email);
    return who ? std::optional(who->id) : std::nullopt;
}

caller guard::control_socket_caller() {
    auto who = caller_for(*parts_->core.registry.current()->people, root_id,
                          connection_facts{"admin", {}, false});
    who.auth_method_ = "control_socket";
    return who;
}

caller guard::for_system(std::string protocol) {
    auto who = caller_for(*parts_->core.registry.current()->people, system_id,
                          connection_facts{std::move(protocol), {}, false});
    who.auth_method_ = "none";
    return who;
}

caller system_caller(guard& door, std::string protocol) {
    return door.for_system(std::move(protocol));
}

guarded_logins& guard::logins() noexcept { return parts_->logins; }
guarded_buckets& guard::buckets() noexcept { return parts_->buckets; }
guarded_objects& guard::objects() noexcept { return parts_->objects; }
guarded_tables& guard::tables() noexcept { return parts_->tables; }
guarded_uploads& guard::uploads() noexcept { return parts_->uploads; }
guarded_logs& guard::logs() noexcept { return parts_->logs; }
guarded_transactions& guard::transactions() noexcept { return parts_->transactions; }
guarded_sessions& guard::sessions() noexcept { return parts_->sessions; }
guarded_admin& guard::admin() noexcept { return parts_->admin; }
guarded_policies& guard::policies() noexcept { return parts_->policies; }
guarded_managed_policies& guard::managed_policies() noexcept { return parts_->managed; }
guarded_providers& guard::providers() noexcept { return parts_->providers; }
guarded_roles& guard::roles() noexcept { return parts_->roles; }
void guard::read_keys_with(key_documents& source) { parts_->checker.read_keys_with(source); }
guarded_acls& guard::acls() noexcept { return parts_->acls; }

task<void> guard::run_audit() {
    for (;;) {
        auto waited = co_await wait_for(parts_->core.options.audit_flush);
        if (waited.has_error()) co_return;
        // What could not be written stays counted.
        auto const flushed = co_await parts_->core.audit.flush();
        if (flushed.has_error() &&
            parts_->flush_news.is_news("audit", flushed.error(), parts_->core.clock.monotonic()))
            SLUICE_LOG(log_level::error, "audit not flushed", {"failure", flushed.error()});
    }
}

task<result<void>> guard::flush_audit() { return parts_->core.audit.flush(); }

guard_counters guard::counters() const {
    auto& core = parts_->core;
    guard_counters out;
    out.allowed = core.allowed.load(std::memory_order_relaxed);
    out.denied = core.denied.load(std::memory_order_relaxed);
    out.failed_authentications = core.audit.failures().total();
    out.audit_records = core.audit.records_written();
    out.policy_epoch = core.registry.current()->epoch();
    return out;
}

}  // namespace sluice::auth
