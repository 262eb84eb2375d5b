#include "gateway/net/tls_engine.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <mutex>

#include "gateway/core/assert.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t kept_input_capacity = 4 * kibibyte;

struct context {
    ~context() { SSL_CTX_free(handle); }
    SSL_CTX* handle = nullptr;
    std::string protocols;  // ALPN wire form: each with its length in front
};

// The first error of this thread's queue, which is emptied.
std::string openssl_reason() {
    auto const code = ERR_get_error();
    ERR_clear_error();
    char const* reason = ERR_reason_error_string(code);
    return reason ? reason : "unknown TLS error";
}

std::string wire_form(std::vector<std::string> const& protocols) {
    std::string out;
    for (auto const& name : protocols) {
        SLUICE_ASSERT(!name.empty() && name.size() < 256);
        out += static_cast<char>(name.size());
        out += name;
    }
    return out;
}

int select_protocol(SSL*, unsigned char const** chosen, unsigned char* chosen_length,
                    unsigned char const* offered, unsigned offered_length, void* argument) {
    auto const& ours = static_cast<context const*>(argument)->protocols;
    unsigned char* match = nullptr;
    if (SSL_select_next_proto(&match, chosen_length, reinterpret_cast<unsigned char const*>(ours.data()),
                              static_cast<unsigned>(ours.size()), offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = match;
    return SSL_TLSEXT_ERR_OK;
}

std::shared_ptr<context> make_context(SSL_METHOD const* method) {
    auto out = std::make_shared<context>();
    out->handle = SSL_CTX_new(method);
    SLUICE_ASSERT(out->handle != nullptr);
    SSL_CTX_set_min_proto_version(out->handle, TLS1_2_VERSION);
    SSL_CTX_set_options(out->handle, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(out->handle, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(out->handle, SSL_SESS_CACHE_OFF);
    return out;
}

}  // namespace

struct tls_engine::state {
    ~state() { SSL_free(ssl); }

    std::shared_ptr<context> keeps;  // shared with the identity until that is reloaded
    SSL* ssl = nullptr;
    std::string input;
    std::size_t input_used = 0;
    bool input_ended = false;
    std::string output;
};

namespace {

int bio_read(BIO* bio, char* into, int length) {
    auto& state = *static_cast<tls_engine::state*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    auto const count = std::min(state.input.size() - state.input_used, static_cast<std::size_t>(length));
    if (count == 0) {
        if (state.input_ended) return 0;
        BIO_set_retry_read(bio);
        return -1;
    }
    std::memcpy(into, state.input.data() + state.input_used, count);
    state.input_used += count;
    return static_cast<int>(count);
}

int bio_write(BIO* bio, char const* from, int length) {
    static_cast<tls_engine::state*>(BIO_get_data(bio))->output.append(from, static_cast<std::size_t>(length));
    return length;
}

long bio_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return static_cast<tls_engine::state*>(BIO_get_data(bio))->input_ended;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int bio_create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD* bio_method() {
    static BIO_METHOD* const method = [] {
        auto* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sluice");
        SLUICE_ASSERT(made != nullptr);
        BIO_meth_set_read(made, bio_read);
        BIO_meth_set_write(made, bio_write);
        BIO_meth_set_ctrl(made, bio_control);
        BIO_meth_set_create(made, bio_create);
        return made;
    }();
    return method;
}

std::unique_ptr<tls_engine::state> make_state(std::shared_ptr<context> from) {
    auto out = std::make_unique<tls_engine::state>();
    out->ssl = SSL_new(from->handle);
    out->keeps = std::move(from);
    auto* const bio = BIO_new(bio_method());
    SLUICE_ASSERT(out->ssl != nullptr && bio != nullptr);
    BIO_set_data(bio, out.get());
    SSL_set_bio(out->ssl, bio, bio);
    return out;
}

}  // namespace

tls_engine::tls_engine(std::unique_ptr<state> parts) : state_(std::move(parts)) {}
tls_engine::tls_engine(tls_engine&&) noexcept = default;
tls_engine& tls_engine::operator=(tls_engine&&) noexcept = default;
tls_engine::~tls_engine() = default;

void tls_engine::feed(const_byte_span encrypted) { state_->input.append(as_chars(encrypted)); }
void tls_engine::feed_end() noexcept { state_->input_ended = true; }
std::string tls_engine::take_output() { return std::exchange(state_->output, {}); }
bool tls_engine::has_output() const noexcept { return !state_->output.empty(); }

result<bool> tls_engine::handshake() {
    ERR_clear_error();
    auto const outcome = SSL_do_handshake(state_->ssl);
    if (outcome == 1) return true;
    if (SSL_get_error(state_->ssl, outcome) == SSL_ERROR_WANT_READ) {
        if (state_->input_used == state_->input.size()) {
            state_->input.clear();
            state_->input_used = 0;
        }
        return false;
    }
    return failure{error::malformed, "TLS handshake: " + openssl_reason()};
}

result<std::optional<std::size_t>> tls_engine::read(byte_span into) {
    ERR_clear_error();
    std::size_t count = 0;
    auto const outcome = SSL_read_ex(state_->ssl, into.data(), into.size(), &count);
    if (state_->input_used == state_->input.size()) {
        state_->input_used = 0;
        if (state_->input.capacity() > kept_input_capacity && outcome != 1) state_->input = {};
        state_->input.clear();
    }
    if (outcome == 1) return std::optional(count);
    switch (SSL_get_error(state_->ssl, outcome)) {
        case SSL_ERROR_WANT_READ: return std::optional<std::size_t>{};
        case SSL_ERROR_ZERO_RETURN: return std::optional<std::size_t>{0};
        default: break;
    }
    if (state_->input_ended) return failure{error::closed, "cut off without the end mark of TLS"};
    return failure{error::malformed, "TLS record: " + openssl_reason()};
}

result<void> tls_engine::write(const_byte_span plain) {
    if (plain.empty()) return {};
    ERR_clear_error();
    std::size_t count = 0;
    if (SSL_write_ex(state_->ssl, plain.data(), plain.size(), &count) != 1)
        return failure{error::closed, "TLS write: " + openssl_reason()};
    SLUICE_ASSERT(count == plain.size());
    return {};
}

void tls_engine::shutdown() {
    ERR_clear_error();
    SSL_shutdown(state_->ssl);
    ERR_clear_error();
}

std::string tls_engine::application_protocol() const {
    unsigned char const* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(state_->ssl, &name, &length);
    return {reinterpret_cast<char const*>(name), length};
}

std::string tls_engine::protocol_version() const { return SSL_get_version(state_->ssl); }

std::string tls_engine::cipher_name() const {
    auto const* chosen = SSL_get_current_cipher(state_->ssl);
    return chosen == nullptr ? "" : SSL_CIPHER_get_name(chosen);
}

std::string tls_engine::server_end_point() const {
    X509* const certificate = SSL_get_certificate(state_->ssl);
    if (!certificate) return {};
    int digest_id = NID_undef;
    if (OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest_id, nullptr) != 1) return {};
    bool const weak = digest_id == NID_md5 || digest_id == NID_sha1;
    // NID_undef: the algorithm has no hash of its own (Ed25519), for which RFC 5929 defines nothing.
    auto const* const digest = weak ? EVP_sha256() : EVP_get_digestbynid(digest_id);
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (!digest || X509_digest(certificate, digest, bytes, &length) != 1) return {};
    return {reinterpret_cast<char const*>(bytes), length};
}

struct tls_identity::parts {
    std::string certificate_path, key_path;
    std::vector<std::string> protocols;
    mutable std::mutex mutex;
    std::shared_ptr<context> current;  // shared with the engines made from it

    result<std::shared_ptr<context>> read() const {
        auto out = make_context(TLS_server_method());
        ERR_clear_error();
        if (SSL_CTX_use_certificate_chain_file(out->handle, certificate_path.c_str()) != 1)
            return failure{error::invalid_argument, "tls.cert '" + certificate_path + "': " + openssl_reason()};
        if (SSL_CTX_use_PrivateKey_file(out->handle, key_path.c_str(), SSL_FILETYPE_PEM) != 1)
            return failure{error::invalid_argument, "tls.key '" + key_path + "': " + openssl_reason()};
        if (SSL_CTX_check_private_key(out->handle) != 1)
            return failure{error::invalid_argument,
                           "tls.key '" + key_path + "' does not belong to tls.cert: " + openssl_reason()};
        out->protocols = wire_form(protocols);
        if (!out->protocols.empty())
            SSL_CTX_set_alpn_select_cb(out->handle, select_protocol, out.get());
        return out;
    }
};

tls_identity::tls_identity(std::unique_ptr<parts> made) : parts_(std::move(made)) {}
tls_identity::~tls_identity() = default;

result<std::unique_ptr<tls_identity>> tls_identity::load(std::string certificate_path, std::string key_path,
                                                         std::vector<std::string> application_protocols) {
    auto made = std::make_unique<parts>();
    made->certificate_path = std::move(certificate_path);
    made->key_path = std::move(key_path);
    made->protocols = std::move(application_protocols);
    auto out = std::make_unique<tls_identity>(std::move(made));
    SLUICE_CHECK(out->reload());
    return out;
}

result<void> tls_identity::reload() {
    SLUICE_TRY(auto fresh, parts_->read());
    std::lock_guard const lock(parts_->mutex);
    parts_->current = std::move(fresh);
    return {};
}

tls_engine tls_identity::make_engine() const {
    std::shared_ptr<context> from;
    {
        std::lock_guard const lock(parts_->mutex);
        from = parts_->current;
    }
    auto made = make_state(std::move(from));
    SSL_set_accept_state(made->ssl);
    return tls_engine(std::move(made));
}

namespace {

// The peer must be `host`, a name or an address.
void check_host(SSL* ssl, std::string const& host) {
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1) return;
    SSL_set1_host(ssl, host.c_str());
    SSL_set_tlsext_host_name(ssl, host.c_str());
}

}  // namespace

result<tls_engine> make_tls_client(std::string const& trusted_path, std::string const& host,
                                   std::vector<std::string> const& application_protocols) {
    auto from = make_context(TLS_client_method());
    SSL_CTX_set_verify(from->handle, SSL_VERIFY_PEER, nullptr);
    if (!trusted_path.empty() && SSL_CTX_load_verify_file(from->handle, trusted_path.c_str()) != 1)
        return failure{error::invalid_argument, "'" + trusted_path + "': " + openssl_reason()};
    auto made = make_state(std::move(from));
    auto const protocols = wire_form(application_protocols);
    SSL_set_alpn_protos(made->ssl, reinterpret_cast<unsigned char const*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
    check_host(made->ssl, host);
    SSL_set_connect_state(made->ssl);
    return tls_engine(std::move(made));
}

result<tls_engine> make_tls_client_of_system(std::string const& host, blocking_token) {
    auto from = make_context(TLS_client_method());
    SSL_CTX_set_verify(from->handle, SSL_VERIFY_PEER, nullptr);
    if (SSL_CTX_set_default_verify_paths(from->handle) != 1)
        return failure{error::io_failed, "the system's certificates: " + openssl_reason()};
    auto made = make_state(std::move(from));
    check_host(made->ssl, host);
    SSL_set_connect_state(made->ssl);
    return tls_engine(std::move(made));
}

}  // namespace sluice::gateway
