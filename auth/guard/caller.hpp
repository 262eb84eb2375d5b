// Who asks, proven: only the guard makes callers, so whoever holds one was authenticated (or is the
// anonymous principal, which every decision denies unless a rule says otherwise). Sessions keep one
// per connection or request and pass it to every guarded verb by reference; it stays valid for as
// long as the verb runs. Rights are not kept in it: each verb decides by the policy of that moment.
// Thread rule: one request at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "auth/identity/principal.hpp"
#include "auth/policy/evaluate.hpp"

namespace sluice::auth {

// What the transport knows before anyone proved anything.
struct connection_facts {
    std::string protocol;        // "s3", "kafka", "pg", "admin"
    std::string client_address;  // text, without port; empty: unix socket
    bool tls = false;
    std::string tls_version;  // "1.3"; empty: no TLS, or a front that does not say
};

// What temporary credentials say about themselves.
struct session_facts {
    principal_id asker{};  // who asked first, through however many roles
    unix_millis issued{};
    unix_millis expires{};
    bool of_role = false;  // an assumed one
    std::string provider;  // ARN of the identity provider whose token was shown; empty: none
};

// Values of a request that cost something to read. Implemented by protocols.
class request_values {
public:
    virtual ~request_values() = default;
    virtual void add_to(std::vector<context_value>& values) const = 0;
};

class caller {
public:
    principal_id id() const noexcept { return id_; }
    bool is_anonymous() const noexcept { return id_ == anonymous_id; }
    std::string const& name() const noexcept { return name_; }
    // How S3 names the principal.
    std::string canonical_id() const {
        return given_canonical_id_.empty() ? canonical_id_of(id_) : given_canonical_id_;
    }
    std::vector<principal_id> const& on_behalf_of() const noexcept { return on_behalf_of_; }
    std::vector<std::string> const& on_behalf_of_names() const noexcept { return on_behalf_names_; }
    std::string const& auth_method() const noexcept { return auth_method_; }
    std::string const& credential_id() const noexcept { return credential_id_; }
    // By temporary credentials; the name is that of an assumed role's session, if one was assumed.
    bool is_session() const noexcept { return is_session_; }
    std::string const& session_name() const noexcept { return session_name_; }
    std::vector<rule> const* session_rules() const noexcept { return session_rules_.get(); }
    session_facts const& session() const noexcept { return session_; }
    connection_facts const& connection() const noexcept { return connection_; }

    // Set by the session for each request; they reach audit records and conditions as they are.
    std::string operation;  // the protocol's name for it: "PutObject"
    std::string request_id;
    // IAM's names for what is done, with blanks between: "s3:PutObject s3:PutObjectTagging"; empty: what the
    // verb stands for.
    std::string action;
    std::vector<context_value> context;  // for conditions; set once, when the request is read
    // More of it, which is made when a condition may ask; null: none. It outlives every decision about this
    // caller: what keeps a copy of him longer than his request lets go of it.
    request_values const* more_context = nullptr;
    std::string client_id;  // Kafka client.id, application_name, User-Agent; never trusted

private:
    friend class guard;
    friend class guarded_logins;
    friend class guarded_sessions;
    caller() = default;

    principal_id id_ = anonymous_id;
    std::string name_;
    std::string given_canonical_id_;
    std::vector<principal_id> on_behalf_of_;
    std::vector<std::string> on_behalf_names_;
    std::string auth_method_;
    std::string credential_id_;
    bool is_session_ = false;
    // Of the session's policy; null: it has none. Shared with copies of this caller, never changes.
    std::shared_ptr<std::vector<rule> const> session_rules_;
    std::string session_name_;
    session_facts session_;
    connection_facts connection_;
};

}  // namespace sluice::auth
