"""AssumeRoleWithWebIdentity: an identity provider of the test's own on loopback, whose keys rotate and which goes away."""
import base64
import http.server
import json
import threading
import time
import unittest

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from s3_case import S3Case
from test_sts import service


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Provider:
    """Signs tokens and serves its keys at http://127.0.0.1:PORT."""

    def __init__(self):
        self.documents = {}
        self.requests = 0
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                provider.requests += 1
                body = provider.documents.get(self.path)
                self.send_response(200 if body is not None else 404)
                text = json.dumps(body or {}).encode()
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.name = self.issuer.removeprefix("http://")
        self.documents["/.well-known/openid-configuration"] = {
            "issuer": self.issuer, "jwks_uri": self.issuer + "/keys"}
        self.rotate("k1", rsa.generate_private_key(65537, 2048))

    def rotate(self, kid, key):
        self.kid, self.key = kid, key
        numbers = key.public_key().public_numbers()
        if isinstance(key, rsa.RSAPrivateKey):
            size = (key.key_size + 7) // 8
            jwk = {"kty": "RSA", "n": b64(numbers.n.to_bytes(size, "big")), "e": "AQAB"}
        else:
            jwk = {"kty": "EC", "crv": "P-256", "x": b64(numbers.x.to_bytes(32, "big")), "y": b64(numbers.y.to_bytes(32, "big"))}
        self.documents["/keys"] = {"keys": [jwk | {"kid": kid, "use": "sig"}]}

    def token(self, **claims):
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "ci", "aud": "sluice", "iat": now, "exp": now + 600} | claims
        is_rsa = isinstance(self.key, rsa.RSAPrivateKey)
        head = {"alg": "RS256" if is_rsa else "ES256", "kid": self.kid, "typ": "JWT"}
        text = b64(json.dumps(head).encode()) + "." + b64(json.dumps(claims).encode())
        if is_rsa:
            signature = self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        else:
            r, s = utils.decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
            signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return text + "." + b64(signature)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class WebIdentity(S3Case):
    def setUp(self):
        super().setUp()
        self.iam, self.sts = service("iam"), service("sts")
        self.provider = Provider()
        self.addCleanup(self.provider.stop)
        self.role = "role-" + self.bucket[-12:]

    def add(self, condition=None):
        made = self.iam.create_open_id_connect_provider(Url=self.provider.issuer, ClientIDList=["sluice"])
        self.addCleanup(self.iam.delete_open_id_connect_provider,
                        OpenIDConnectProviderArn=made["OpenIDConnectProviderArn"])
        condition = condition or {"StringEquals": {f"{self.provider.name}:sub": "ci", f"{self.provider.name}:aud": "sluice"}}
        trust = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Federated": made["OpenIDConnectProviderArn"]},
            "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition}]}
        role = self.iam.create_role(RoleName=self.role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
        self.addCleanup(self.iam.delete_role, RoleName=self.role)
        self.assertEqual(role["AssumeRolePolicyDocument"], trust)
        arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
        self.iam.attach_role_policy(RoleName=self.role, PolicyArn=arn)
        self.addCleanup(self.iam.detach_role_policy, RoleName=self.role, PolicyArn=arn)
        self.arn = role["Arn"]

    def show(self, token, **more):
        return self.sts.assume_role_with_web_identity(RoleArn=self.arn, RoleSessionName="from-ci", WebIdentityToken=token, **more)

    def refused(self, code, token, **more):
        self.assert_refused(code, self.show, token, **more)

    def test_a_token_becomes_a_session(self):
        self.add()
        got = self.show(self.provider.token(), DurationSeconds=900)
        self.assertEqual(got["SubjectFromWebIdentityToken"], "ci")
        self.assertEqual(got["Audience"], "sluice")
        self.assertEqual(got["Provider"], self.provider.issuer)
        session = service("s3", got["Credentials"])
        session.put_object(Bucket=self.bucket, Key="k", Body=b"hello")
        self.assertEqual(self.read("k"), b"hello")
        who = service("sts", got["Credentials"]).get_caller_identity()
        self.assertTrue(who["Arn"].endswith(f":assumed-role/{self.role}/from-ci"))

    def test_claims_are_held_to_the_trust_policy(self):
        self.add()
        self.refused("AccessDenied", self.provider.token(sub="other"))
        self.refused("InvalidIdentityToken", self.provider.token(aud="other"))
        self.refused("InvalidIdentityToken", self.provider.token(iss="https://other.example"))
        self.refused("ExpiredTokenException", self.provider.token(exp=int(time.time()) - 120))
        self.refused("IDPRejectedClaim", self.provider.token(nbf=int(time.time()) + 120))
        self.refused("InvalidIdentityToken", "a.b.c")
        head, body, _ = self.provider.token().split(".")
        self.refused("InvalidIdentityToken", f"{head}.{body}.")
        none = b64(json.dumps({"alg": "none"}).encode())
        self.refused("InvalidIdentityToken", f"{none}.{body}.")

    def test_keys_rotate(self):
        self.add()
        self.show(self.provider.token())
        old = self.provider.token()
        self.provider.rotate("k2", ec.generate_private_key(ec.SECP256R1()))
        self.show(self.provider.token())
        self.refused("InvalidIdentityToken", old)
        before = self.provider.requests
        for _ in range(20):
            self.refused("InvalidIdentityToken", old)
        self.assertLessEqual(self.provider.requests - before, 12)

    def test_a_provider_goes_away(self):
        self.add()
        token = self.provider.token()
        self.provider.documents.clear()
        self.refused("IDPCommunicationError", token)  # its keys were read once, to see that they can be, and not kept

    def test_providers(self):
        self.assert_refused("OpenIdIdpCommunicationError", self.iam.create_open_id_connect_provider,
                            Url=self.provider.issuer + "/elsewhere", ClientIDList=["sluice"])
        self.assert_refused("InvalidInput", self.iam.create_open_id_connect_provider, Url="http://192.0.2.1/", ClientIDList=["a"])
        self.assert_refused("InvalidInput", self.iam.create_open_id_connect_provider, Url=self.provider.issuer,
                            ClientIDList=["sluice"], ThumbprintList=["a" * 40])
        self.add()
        arn = f"arn:aws:iam::000000000000:oidc-provider/{self.provider.name}"
        self.assertIn({"Arn": arn}, self.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"])
        self.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="more")
        got = self.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        self.assertEqual(got["ClientIDList"], ["sluice", "more"])
        self.assertEqual(got["Url"], self.provider.name)
        self.iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="more")


if __name__ == "__main__":
    unittest.main()
