// The one door: nothing reaches data but through here. It knows who exists (identity), proves who
// asks (authn), decides by one policy, writes one audit record per decision and hands out narrow
// capabilities; protocol code holds callers and guarded objects and cannot name the store.
// Lifetime: the engine, clock and random source outlive the guard; the guard outlives every
// capability. The daemon spawns run_audit() in a task group that it cancels and drains before stop,
// then awaits flush_audit(). Thread rule: everything but open from any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "auth/authn/http_request_view.hpp"
#include "auth/authn/sigv4.hpp"
#include "auth/authn/sigv4_chunks.hpp"
#include "auth/guard/caller.hpp"
#include "auth/guard/guard_options.hpp"
#include "auth/guard/guarded_admin.hpp"
#include "auth/guard/guarded_buckets.hpp"
#include "auth/guard/guarded_logins.hpp"
#include "auth/guard/guarded_logs.hpp"
#include "auth/guard/guarded_objects.hpp"
#include "auth/guard/guarded_sessions.hpp"
#include "auth/guard/guarded_tables.hpp"
#include "auth/guard/guarded_transactions.hpp"
#include "auth/guard/guarded_uploads.hpp"
#include "auth/guard/principal_label.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/random.hpp"

namespace sluice::store {
class engine;
}

namespace sluice::auth {

class guarded_acls;
class guarded_managed_policies;
class guarded_policies;
class guarded_providers;
class guarded_roles;
class key_documents;

class guard {
public:
    // Reads all principals, credentials and rules; reads or makes the key file. Blocks.
    static result<std::unique_ptr<guard>> open(guard_options options, store::engine& engine,
                                               wall_clock const& clock, random_source& random,
                                               blocking_token token);
    ~guard();

    struct s3_request {
        caller who = stranger();
        payload_signing payload = payload_signing::unsigned_payload;
        std::string payload_hash;  // literal_hash: hex, to compare with the body's
        std::optional<chunk_signature_chain> chunks;  // signed_chunks*: verifies the body
    };
    // A request without any signature gives the anonymous caller. Never waits. A refusal is counted
    // by source and reason for the audit log; answer it with the protocol's own code.
    sigv4_result<s3_request> authenticate_s3(http_request_view const& request,
                                             connection_facts connection);
    // The same for STS and IAM, whose requests are signed for `service` in whatever region.
    // missing: no signature at all. `body_hash`: hex SHA-256 of the body that was read;
    // signature_mismatch when the request declares another one.
    sigv4_result<caller> authenticate_account(http_request_view const& request,
                                              connection_facts connection,
                                              std::string_view service,
                                              std::string_view body_hash);
    // As for S3, for a form upload whose policy is signed.
    sigv4_result<caller> authenticate_s3_form(sigv4_form const& form, connection_facts connection);
    // For what a front finds out itself about credentials, e.g. a body or chunk that does not fit
    // its signature.
    void count_failed_authentication(connection_facts const& connection, std::string_view reason);

    // The anonymous principal, without a connection.
    static caller stranger() { return caller(); }
    // How S3 shows a principal; one that is gone still has its id. Nothing is decided.
    principal_label label_of(principal_id id) const;
    // Whom a client names by what label_of() shows, or by an e-mail address. Nothing is decided.
    std::optional<principal_id> find_canonical(std::string_view canonical_id) const;
    std::optional<principal_id> find_email(std::string_view email) const;

    // Root, for whoever may open the 0600 control socket.
    caller control_socket_caller();

    // Passwords and SCRAM, for protocols that log in once per connection.
    guarded_logins& logins() noexcept;
    guarded_buckets& buckets() noexcept;
    guarded_objects& objects() noexcept;
    guarded_tables& tables() noexcept;
    guarded_uploads& uploads() noexcept;
    guarded_logs& logs() noexcept;
    guarded_transactions& transactions() noexcept;
    guarded_sessions& sessions() noexcept;
    guarded_admin& admin() noexcept;
    guarded_policies& policies() noexcept;  // each in a header of its name
    guarded_managed_policies& managed_policies() noexcept;
    guarded_providers& providers() noexcept;
    guarded_roles& roles() noexcept;
    guarded_acls& acls() noexcept;

    // How the keys of identity providers are read; without it no token of theirs is believed. Before
    // anything is served; outlives the guard.
    void read_keys_with(key_documents& source);

    // Turns counted reads, counted failures and records of given-up writes into audit records, at
    // least once per guard_options::audit_flush, until cancelled.
    task<void> run_audit();
    task<result<void>> flush_audit();

    guard_counters counters() const;

private:
    friend class guarded_logins;
    friend caller system_caller(guard& door, std::string protocol);
    struct parts;
    struct proven;
    // Who a claim that may be heard proves, and his signing key.
    sigv4_result<proven> prove(http_request_view const& request, sigv4_options const& options,
                               connection_facts const& connection) const;
    static caller caller_for(directory const& people, proven const& who,
                             connection_facts connection);
    caller for_system(std::string protocol);
    explicit guard(std::unique_ptr<parts>);
    static caller caller_for(directory const& people, principal_id id, connection_facts connection);
    std::unique_ptr<parts> parts_;
};

}  // namespace sluice::auth
