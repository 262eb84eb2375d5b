"""The client's side of SCRAM-SHA-256 (RFC 7677). One object per password: the slow part is done once per salt."""
import base64
import functools
import hashlib
import hmac
import os


class Scram:
    def __init__(self, user, password):
        self.user = user
        self._salted = functools.lru_cache(
            lambda salt, rounds: hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds))

    def conversation(self):
        """A generator: yields what to send, is sent what the server answers; ends when the server proved itself."""
        bare = f"n={self.user},r={base64.b64encode(os.urandom(18)).decode()}"
        server_first = (yield ("n,," + bare).encode()).decode()
        fields = dict(part.split("=", 1) for part in server_first.split(","))
        salted = self._salted(base64.b64decode(fields["s"]), int(fields["i"]))
        key = hmac.digest(salted, b"Client Key", "sha256")
        final = f"c=biws,r={fields['r']}"
        signed = ",".join((bare, server_first, final)).encode()
        signature = hmac.digest(hashlib.sha256(key).digest(), signed, "sha256")
        proof = bytes(a ^ b for a, b in zip(key, signature))
        answer = yield (final + ",p=" + base64.b64encode(proof).decode()).encode()
        expected = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), signed, "sha256")
        if answer.decode() != "v=" + base64.b64encode(expected).decode():
            raise AssertionError("the server does not know the password")
