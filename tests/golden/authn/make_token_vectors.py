#!/usr/bin/env python3
"""Writes token_vectors.txt: JSON web tokens signed by pyca/cryptography, right and wrong ones. Run by hand with the
cryptography package: tests/golden/authn/make_token_vectors.py. Keys are made anew at each run, and forgotten.

One vector is a block of lines, ended by an empty line:
    case NAME / keys JWKS / token T / expect ok | the name of a token_error
All are checked at NOW for ISSUER and the audience "sluice". Those named "world ..." are for tests of the server, whose
clock is another: they expire in 2100.
"""
import base64
import json
import os

from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa, utils

ISSUER = "https://issuer.example/realm"
NOW = 1_700_000_000
blocks = []


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value, size=None):
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
CURVES = {"ES256": (ec.SECP256R1(), "P-256", 32), "ES384": (ec.SECP384R1(), "P-384", 48),
          "ES512": (ec.SECP521R1(), "P-521", 66)}


def make_key(algorithm, bits=2048):
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm][0])
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == "Ed448":
        return ed448.Ed448PrivateKey.generate()
    return rsa.generate_private_key(65537, bits)


def jwk(key, kid="k1", **more):
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        n = public.public_numbers()
        out = {"kty": "RSA", "n": number(n.n), "e": number(n.e)}
    elif isinstance(public, ec.EllipticCurvePublicKey):
        n = public.public_numbers()
        name, size = {c.name: (label, size) for c, label, size in CURVES.values()}[public.curve.name]
        out = {"kty": "EC", "crv": name, "x": number(n.x, size), "y": number(n.y, size)}
    else:
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        out = {"kty": "OKP", "crv": "Ed25519" if len(raw) == 32 else "Ed448", "x": b64(raw)}
    if kid is not None:
        out["kid"] = kid
    return out | more


def sign(key, algorithm, text):
    text = text.encode()
    if algorithm in CURVES:
        size = CURVES[algorithm][2]
        r, s = utils.decode_dss_signature(key.sign(text, ec.ECDSA(HASHES[algorithm[2:]])))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    if algorithm in ("EdDSA", "Ed448"):
        return key.sign(text)
    digest = HASHES[algorithm[2:]]
    if algorithm.startswith("PS"):
        return key.sign(text, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    return key.sign(text, padding.PKCS1v15(), digest)


def claims(**more):
    out = {"iss": ISSUER, "sub": "alice", "aud": "sluice", "exp": NOW + 600, "iat": NOW - 10} | more
    return {name: value for name, value in out.items() if value is not None}


def token(key, algorithm, body=None, header=None, kid="k1", raw_body=None):
    head = {"alg": "EdDSA" if algorithm == "Ed448" else algorithm, "typ": "JWT"}
    if kid is not None:
        head["kid"] = kid
    head |= header or {}
    body = raw_body or json.dumps(claims() if body is None else body)
    text = b64(json.dumps(head).encode()) + "." + b64(body.encode())
    return text + "." + b64(sign(key, algorithm, text))


def add(name, keys, text, expect="ok"):
    blocks.append(f"case {name}\nkeys {json.dumps({'keys': keys})}\ntoken {text}\nexpect {expect}\n")


def algorithms():
    for name in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed448"):
        key = make_key(name)
        add(name, [jwk(key)], token(key, name))
    big = make_key("RS256", 4096)
    add("RS256 of 4096 bits", [jwk(big)], token(big, "RS256"))


def confusions(key, other, curve):
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = b64(json.dumps({"alg": "HS256", "kid": "k1"}).encode()) + "." + b64(json.dumps(claims()).encode())
    mac = hmac.HMAC(public, hashes.SHA256())
    mac.update(text.encode())
    add("the public key as a secret", [jwk(key)], text + "." + b64(mac.finalize()), "token_algorithm")
    secret = os.urandom(32)
    mac = hmac.HMAC(secret, hashes.SHA256())
    mac.update(text.encode())
    add("a symmetric key in the set", [jwk(key), {"kty": "oct", "kid": "k1", "k": b64(secret)}],
        text + "." + b64(mac.finalize()), "token_algorithm")
    for name in ("none", "None", "nOnE", "", "rs256", "RS256 "):
        head = b64(json.dumps({"alg": name, "kid": "k1"}).encode())
        body = b64(json.dumps(claims()).encode())
        add("alg " + repr(name), [jwk(key)], f"{head}.{body}.", "token_algorithm")
    right = token(key, "RS256").split(".")
    add("no signature", [jwk(key)], f"{right[0]}.{right[1]}.", "token_signature")
    changed = b64(json.dumps({"alg": "PS256", "kid": "k1"}).encode())
    add("another algorithm of the key", [jwk(key)], ".".join([changed, *right[1:]]), "token_signature")
    add("an algorithm of another kind of key", [jwk(key)], token(curve, "ES256"), "token_key")
    add("a curve of another algorithm", [jwk(make_key("ES384"))], token(curve, "ES256"), "token_key")
    add("a key that is for one algorithm", [jwk(key, alg="RS256")], token(key, "RS512"), "token_key")
    add("a key that is for encryption", [jwk(key, use="enc"), jwk(other, "k2")], token(key, "RS256"), "token_key")
    add("a key that is not for checking", [jwk(key, key_ops=["sign"]), jwk(other, "k2")], token(key, "RS256"), "token_key")
    add("somebody else's key in the header", [jwk(key)], token(other, "RS256", header={"jwk": jwk(other)}),
        "token_signature")
    add("somebody else's key by its address", [jwk(key)],
        token(other, "RS256", header={"jku": "https://evil.example/keys"}), "token_signature")
    zero = token(curve, "ES256").rsplit(".", 1)[0]
    add("r and s are zero", [jwk(curve)], zero + "." + b64(bytes(64)), "token_signature")
    der = curve.sign(zero.encode(), ec.ECDSA(hashes.SHA256()))
    add("a signature in DER", [jwk(curve)], zero + "." + b64(der), "token_signature")


def key_choice(key, other, curve):
    add("an unknown key", [jwk(other, "k2")], token(key, "RS256"), "token_key")
    add("the one of several that is named", [jwk(other, "k0"), jwk(key), jwk(curve, "k2")], token(key, "RS256"))
    add("two kinds of key under one name", [jwk(curve), jwk(key)], token(key, "RS256"))
    add("two keys under one name", [jwk(other), jwk(key)], token(key, "RS256"))
    add("no name, one key that fits", [jwk(curve, "k2"), jwk(key, None)], token(key, "RS256", kid=None))
    add("no name, two keys that fit", [jwk(key), jwk(other, "k2")], token(key, "RS256", kid=None), "token_key")
    small = rsa.generate_private_key(65537, 1024)
    add("a key that is too short", [jwk(small), jwk(other, "k2")], token(small, "RS256"), "token_key")


def claim_cases(key):
    keys = [jwk(key)]

    def one(name, expect="ok", **more):
        add(name, keys, token(key, "RS256", claims(**more)), expect)
    one("of several audiences", aud=["other", "sluice"])
    one("another audience", "token_audience", aud="other")
    one("no audience", "token_malformed", aud=None)
    one("an empty list of audiences", "token_malformed", aud=[])
    one("an audience that is no text", "token_malformed", aud=[1])
    one("given to our party", azp="sluice", aud="other")
    one("given to another party", "token_audience", azp="other", aud=["sluice", "other"])
    one("another issuer", "token_issuer", iss="https://other.example")
    one("an issuer with a slash more", "token_issuer", iss=ISSUER + "/")
    one("no issuer", "token_malformed", iss=None)
    one("no subject", "token_malformed", sub=None)
    one("a subject that is no text", "token_malformed", sub=7)
    one("expired within the leeway", exp=NOW - 59)
    one("expired", "token_expired", exp=NOW - 60)
    one("long expired", "token_expired", exp=1)
    one("no end", "token_malformed", exp=None)
    one("an end that is a text", "token_malformed", exp=str(NOW + 600))
    one("an end that is no time", "token_malformed", exp=1e300)
    one("a negative end", "token_malformed", exp=-1)
    one("a fraction of a second", exp=NOW + 0.5)
    one("not before, within the leeway", nbf=NOW + 60)
    one("not before", "token_not_yet_valid", nbf=NOW + 61)
    one("issued in the future", "token_not_yet_valid", iat=NOW + 61)
    one("without a time of issue", iat=None)
    one("methods", amr=["pwd", "otp"])
    one("methods that are none", "token_malformed", amr=[{"a": 1}])
    add("a claim twice", keys, token(key, "RS256", raw_body=json.dumps(claims())[:-1] + ', "sub": "root"}'),
        "token_malformed")
    add("claims that are a list", keys, token(key, "RS256", raw_body="[1]"), "token_malformed")
    add("deep claims", keys, token(key, "RS256", raw_body="[" * 50 + "]" * 50), "token_malformed")
    add("what must be understood", keys, token(key, "RS256", header={"crit": ["exp"]}), "token_malformed")
    right = token(key, "RS256")
    add("four parts", keys, right + ".AA", "token_malformed")
    add("two parts", keys, right.rsplit(".", 1)[0], "token_malformed")
    add("padding", keys, right + "==", "token_malformed")
    add("another alphabet", keys, right.replace("_", "/").replace("-", "+") if "_" in right or "-" in right
        else right[:-1] + "/", "token_malformed")
    add("too long", keys, token(key, "RS256", claims(x="y" * 20000)), "token_malformed")


def world():
    first, second = make_key("RS256"), make_key("ES256")
    late = {"exp": 4102444800, "iat": None}
    for name, body in (("alice", {}), ("bob", {"sub": "bob"}), ("methods", {"amr": ["pwd", "otp"]}),
                       ("audience", {"aud": "other"}), ("expired", {"exp": 1})):
        add("world " + name, [jwk(first)], token(first, "RS256", claims(**(late | body))))
    add("world rotated", [jwk(second, "k2")], token(second, "ES256", claims(**late), kid="k2"))


def main():
    key, other, curve = make_key("RS256"), make_key("RS256"), make_key("ES256")
    algorithms()
    confusions(key, other, curve)
    key_choice(key, other, curve)
    claim_cases(key)
    world()
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "token_vectors.txt")
    with open(path, "w") as file:
        file.write("# Made by make_token_vectors.py.\n" + "\n".join(blocks))


if __name__ == "__main__":
    main()
