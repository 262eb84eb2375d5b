#!/usr/bin/env python3
"""SASL OAUTHBEARER with librdkafka (confluent-kafka): tokens of an identity provider log in, and log in again.

    KAFKA_SERVER=127.0.0.1:9092 SLUICE=build/release/bin/sluice bearer_tokens.py

Makes a provider with a key of its own, tells the server of it (`sluice oidc add --logins`) and a user to log in.
Each case prints "ok NAME" or "failed NAME: why"; the exit status says whether all passed.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

import jwt
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from cases import check, failures, same

SERVER, SLUICE = os.environ["KAFKA_SERVER"], os.environ["SLUICE"]
RUN = f"{time.time_ns():x}"
ISSUER, USER, TOPIC = f"https://idp-{RUN}.example", f"bearer-{RUN}", f"bearer-{RUN}"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def sluice(*arguments):
    subprocess.run([SLUICE, *arguments], check=True, stdout=subprocess.DEVNULL)


def token(seconds, key=KEY, **more):
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": USER, "aud": "kafka", "iat": now, "exp": now + seconds} | more
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "k1"}), now + seconds


def settings(make=lambda: token(300), asked=None):
    def give(_):
        if asked is not None:
            asked.append(time.monotonic())
        return make()
    return {"bootstrap.servers": SERVER, "security.protocol": "SASL_PLAINTEXT", "sasl.mechanisms": "OAUTHBEARER",
            "oauth_cb": give}


def produce(producer, text):
    told = []
    producer.produce(TOPIC, text, on_delivery=lambda error, _: told.append(error))
    if producer.flush(30) != 0:
        raise AssertionError("not delivered in time")
    same([None], told)


def a_token_logs_in():
    admin = AdminClient(settings())
    admin.poll(0)
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(30)
    produce(Producer(settings()), b"hello")
    consumer = Consumer(settings() | {"group.id": f"group-{RUN}", "auto.offset.reset": "earliest"})
    consumer.subscribe([TOPIC])
    end = time.monotonic() + 60
    message = None
    while (message is None or message.error()) and time.monotonic() < end:
        message = consumer.poll(1)
    same(b"hello", message.value())
    consumer.close()


def a_token_that_ends_is_renewed():
    """Tokens of some seconds: the client logs in again on its connection, and what it sends goes on."""
    asked = []
    producer = Producer(settings(lambda: token(8), asked))
    end = time.monotonic() + 20
    count = 0
    while time.monotonic() < end:
        produce(producer, b"%d" % count)
        producer.poll(0.2)
        count += 1
    if len(asked) < 3:
        raise AssertionError(f"asked for a token {len(asked)} times in 20 s")


def a_forged_token_is_refused():
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    errors = []
    admin = AdminClient(settings(lambda: token(300, other)) | {"error_cb": errors.append})
    admin.poll(0)
    try:
        admin.list_topics(timeout=8)
    except Exception:  # pylint: disable=broad-except
        return
    raise AssertionError("listed topics with a token that nobody signed")


def main():
    with tempfile.TemporaryDirectory() as folder:
        keys = os.path.join(folder, "keys.json")
        public = json.loads(RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": "k1", "alg": "RS256", "use": "sig"}
        with open(keys, "w", encoding="ascii") as out:
            json.dump({"keys": [public]}, out)
        sluice("oidc", "add", f"idp-{RUN}", "--issuer", ISSUER, "--audience", "kafka", "--jwks", keys, "--logins")
        sluice("user", "add", USER)
        sluice("policy", "put", f"allow {USER} create,append,read_log,describe on {TOPIC}")
        sluice("policy", "put", f"allow {USER} commit_offset,describe on group:group-{RUN}")
        check("a token logs in", a_token_logs_in)
        check("a token that ends is renewed", a_token_that_ends_is_renewed)
        check("a forged token is refused", a_forged_token_is_refused)
        sluice("oidc", "delete", f"idp-{RUN}")
        sluice("user", "delete", USER)
    return len(failures) != 0


if __name__ == "__main__":
    sys.exit(main())
