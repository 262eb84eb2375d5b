#include "auth/authn/json_web_keys.hpp"

#include <algorithm>
#include <array>

#include "auth/policy/json_tree.hpp"
#include "gateway/core/encoding.hpp"

namespace sluice::auth {
namespace {

constexpr std::size_t most_keys_of_one_id = 4;

struct algorithm_row {
    std::string_view name;
    signature_scheme scheme;
};
constexpr std::array algorithms{
    algorithm_row{"RS256", signature_scheme::rsa_pkcs1_sha256},
    algorithm_row{"RS384", signature_scheme::rsa_pkcs1_sha384},
    algorithm_row{"RS512", signature_scheme::rsa_pkcs1_sha512},
    algorithm_row{"PS256", signature_scheme::rsa_pss_sha256},
    algorithm_row{"PS384", signature_scheme::rsa_pss_sha384},
    algorithm_row{"PS512", signature_scheme::rsa_pss_sha512},
    algorithm_row{"ES256", signature_scheme::ecdsa_p256_sha256},
    algorithm_row{"ES384", signature_scheme::ecdsa_p384_sha384},
    algorithm_row{"ES512", signature_scheme::ecdsa_p521_sha512},
    algorithm_row{"EdDSA", signature_scheme::eddsa},
};

struct curve_name {
    std::string_view name;
    elliptic_curve curve;
};
constexpr std::array curves{
    curve_name{"P-256", elliptic_curve::p256},     curve_name{"P-384", elliptic_curve::p384},
    curve_name{"P-521", elliptic_curve::p521},     curve_name{"Ed25519", elliptic_curve::ed25519},
    curve_name{"Ed448", elliptic_curve::ed448},
};

json_tree const* find(json_tree const& in, std::string_view name) {
    for (std::size_t i = 0; i < in.names.size(); ++i)
        if (in.names[i] == name) return &in.items[i];
    return nullptr;
}

// A member that is a text; nothing: it is not there, or something else.
std::optional<std::string> text_of(json_tree const& in, std::string_view name) {
    auto const* found = find(in, name);
    if (found == nullptr || found->what != json_tree::kind::text) return std::nullopt;
    return found->text;
}

std::optional<std::string> bytes_of(json_tree const& in, std::string_view name) {
    auto const text = text_of(in, name);
    if (!text) return std::nullopt;
    auto bytes = base64url_decode(*text);
    if (bytes.has_error()) return std::nullopt;
    return *std::move(bytes);
}

// A key may say what it is for.
bool is_for_checking(json_tree const& key) {
    if (auto const* use = find(key, "use"); use != nullptr && use->text != "sig") return false;
    auto const* operations = find(key, "key_ops");
    if (operations == nullptr) return true;
    return std::any_of(operations->items.begin(), operations->items.end(),
                       [](json_tree const& one) { return one.text == "verify"; });
}

std::optional<public_key> key_of(json_tree const& from) {
    auto const kind = text_of(from, "kty").value_or("");
    if (kind == "RSA") {
        auto const modulus = bytes_of(from, "n"), exponent = bytes_of(from, "e");
        if (!modulus || !exponent) return std::nullopt;
        auto key = public_key::rsa(*modulus, *exponent);
        return key.has_value() ? std::optional(*std::move(key)) : std::nullopt;
    }
    if (kind != "EC" && kind != "OKP") return std::nullopt;
    auto const name = text_of(from, "crv").value_or("");
    auto const row = std::find_if(curves.begin(), curves.end(),
                                  [&](auto const& one) { return one.name == name; });
    bool const edwards = kind == "OKP";
    if (row == curves.end() || edwards != name.starts_with("Ed")) return std::nullopt;
    auto const x = bytes_of(from, "x");
    auto const y = edwards ? std::optional<std::string>("") : bytes_of(from, "y");
    if (!x || !y) return std::nullopt;
    auto key = public_key::on_curve(row->curve, *x, *y);
    return key.has_value() ? std::optional(*std::move(key)) : std::nullopt;
}

}  // namespace

std::optional<signature_scheme> scheme_named(std::string_view algorithm) noexcept {
    for (auto const& row : algorithms)
        if (row.name == algorithm) return row.scheme;
    return std::nullopt;
}

result<std::vector<json_web_key>> parse_key_set(std::string_view text) {
    SLUICE_TRY(auto const tree, parse_json(text, {.bytes = longest_key_set}));
    auto const* keys = find(tree, "keys");
    if (keys == nullptr || keys->what != json_tree::kind::list)
        return failure{error::malformed, "no JSON web key set"};
    if (keys->items.size() > most_keys_of_set)
        return failure{error::too_large, "a key set has at most 64 keys"};
    std::vector<json_web_key> out;
    for (auto const& one : keys->items) {
        if (one.what != json_tree::kind::object || !is_for_checking(one)) continue;
        auto key = key_of(one);
        if (!key) continue;
        out.push_back({text_of(one, "kid").value_or(""), text_of(one, "alg").value_or(""),
                       *std::move(key)});
    }
    if (out.empty()) return failure{error::not_found, "none of the keys of the set can be used"};
    return out;
}

std::vector<json_web_key const*> keys_for(std::vector<json_web_key> const& all, std::string_view id,
                                          std::string_view algorithm, signature_scheme scheme) {
    std::vector<json_web_key const*> out;
    for (auto const& one : all) {
        bool const named = id.empty() || one.id == id;
        bool const meant = one.algorithm.empty() || one.algorithm == algorithm;
        if (named && meant && one.key.fits(scheme)) out.push_back(&one);
    }
    if (id.empty() && out.size() > 1) out.clear();
    if (out.size() > most_keys_of_one_id) out.resize(most_keys_of_one_id);
    return out;
}

}  // namespace sluice::auth
