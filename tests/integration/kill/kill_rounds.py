"""kill -9 at random moments under mixed S3 load: everything that was acknowledged is there, byte for byte.

Each thread owns its keys, so that at most one request per key is under way when the server dies: after the
restart a key holds what was acknowledged last, or what that one request would have made of it.
"""
import argparse
import hashlib
import os
import random
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "client"))
from audit_trail import AuditTrail  # noqa: E402
from s3_client import Unanswered  # noqa: E402
from server_process import Server  # noqa: E402

BUCKET = "rounds"
THREADS, KEYS_PER_THREAD = 4, 24
SIZES = [0, 1, 900, 2048, 2049, 12_000, 262_144, 262_145, 700_000, 3_000_000]
ABSENT = None


def content(seed, size):
    return random.Random(seed).randbytes(size)


def bytes_of(value):
    return ABSENT if value is ABSENT else content(*value)


# What comes before a completion; it is not seen whether a lost one got so far.
PARTS = {"CompleteMultipartUpload": {"CreateMultipartUpload": 1, "UploadPart": 2}}


class Model:
    """What each key may hold: the acknowledged (seed, size) or ABSENT, and the pending one while a request runs.
    `trail`: what the audit log must say of it.
    """

    def __init__(self):
        self.acknowledged = {}
        self.pending = {}
        self.operations = {}
        self.trail = AuditTrail()

    def begin(self, key, value, operation):
        self.pending[key] = value
        self.operations[key] = operation

    def end(self, key):
        self.acknowledged[key] = self.pending.pop(key)
        operation = self.operations.pop(key)
        self.trail.happened("s3", operation, f"{BUCKET}/{key}")
        for before, times in PARTS.get(operation, {}).items():
            self.trail.happened("s3", before, f"{BUCKET}/{key}", times)

    def settle_audit(self, key, value):
        """Of a request without an answer, when `value` is what the key holds."""
        operation, resource = self.operations.pop(key), f"{BUCKET}/{key}"
        if bytes_of(self.acknowledged.get(key, ABSENT)) == bytes_of(self.pending[key]):
            # The deletion of nothing, or nothing put where nothing was.
            self.trail.may_have_happened("s3", operation, resource)
        elif value == self.pending[key]:
            self.trail.happened("s3", operation, resource)
        for before, times in PARTS.get(operation, {}).items():
            self.trail.may_have_happened("s3", before, resource, times)

    def allowed(self, key):
        values = [self.acknowledged.get(key, ABSENT)]
        if key in self.pending:
            values.append(self.pending[key])
        return values

    def settle(self, key, value):
        if key in self.pending:
            self.settle_audit(key, value)
        self.acknowledged[key] = value
        self.pending.pop(key, None)


def mutate(client, model, chance, thread):
    key = f"thread-{thread}/key-{chance.randrange(KEYS_PER_THREAD)}"
    path = f"/{BUCKET}/{key}"
    what = chance.random()
    if what < 0.15:
        model.begin(key, ABSENT, "DeleteObject")
        client.expect({204}, "DELETE", path)
    elif what < 0.25:
        value = (chance.getrandbits(62), 300_000 + chance.randrange(900_000))
        body = content(*value)
        model.begin(key, value, "CompleteMultipartUpload")
        client.put_in_parts(path, [body[:200_000], body[200_000:]])
    else:
        value = (chance.getrandbits(62), chance.choice(SIZES))
        model.begin(key, value, "PutObject")
        client.expect({200}, "PUT", path, body=content(*value))
    model.end(key)


def load(server, model, seed, thread, stopping, failures, acknowledged):
    client, chance = server.client(), random.Random(f"{seed}-{thread}")
    try:
        while not stopping.is_set():
            mutate(client, model, chance, thread)
            acknowledged[thread] += 1
    except Unanswered:
        if not stopping.is_set() and server.process.poll() is None:
            # The kill comes after `stopping` is set only in the stop at the end; before it, only death explains this.
            server.process.wait()
    except AssertionError as problem:
        failures.append(str(problem))
    finally:
        client.close()


def verify(server, model, failures):
    client = server.client()
    listed = client.list_keys(BUCKET)
    for key in sorted(set(model.acknowledged) | set(model.pending)):
        status, _, body = client.request("GET", f"/{BUCKET}/{key}")
        matching = ABSENT
        found = False
        for value in model.allowed(key):
            if value is ABSENT:
                fits = status == 404 and key not in listed
            else:
                expected = content(*value)
                fits = status == 200 and body == expected and listed.get(key) == len(expected)
            if fits:
                matching, found = value, True
        if found:
            model.settle(key, matching)
        else:
            digest = hashlib.sha256(body).hexdigest()[:16]
            failures.append(
                f"{key}: status {status}, {len(body)} bytes, sha256 {digest}, listed {listed.get(key)}; "
                f"allowed (seed, size): {model.allowed(key)}"
            )
    unknown = set(listed) - set(model.acknowledged)
    if unknown:
        failures.append(f"listed but never written: {sorted(unknown)[:5]}")
    client.close()
    return len(listed)


def run_round(server, model, seed, number, failures):
    stopping, acknowledged = threading.Event(), [0] * THREADS
    arguments = lambda thread: (server, model, f"{seed}-{number}", thread, stopping, failures, acknowledged)
    threads = [threading.Thread(target=load, args=arguments(thread)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    # The moment of death is what is tested: a random wait, not a condition.
    stopping.wait(random.Random(f"{seed}-{number}").uniform(0.05, 0.9))
    server.kill()
    stopping.set()
    for thread in threads:
        thread.join()
    return sum(acknowledged)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60, help="no new round after that")
    parser.add_argument("--seed", default=str(random.SystemRandom().getrandbits(32)))
    parser.add_argument("--folder", help="default: a temporary one, removed when all is well")
    options = parser.parse_args()
    folder = options.folder or tempfile.mkdtemp(prefix="sluice-kill-")
    print(f"seed {options.seed}, folder {folder}", flush=True)

    server = Server(options.binary, folder, LIMITS_JOURNAL_UNFLUSHED="1 MiB", LIMITS_S3_MINIMUM_PART="1 B")
    model, failures = Model(), []
    server.start()
    client = server.client()
    client.expect({200}, "PUT", f"/{BUCKET}")
    client.close()
    began, rounds, total, slowest = time.monotonic(), 0, 0, 0.0
    try:
        while rounds < options.rounds and time.monotonic() - began < options.seconds and not failures:
            total += run_round(server, model, options.seed, rounds, failures)
            slowest = max(slowest, server.start())
            objects = verify(server, model, failures)
            rounds += 1
            print(f"round {rounds}: {total} acknowledged so far, {objects} objects", flush=True)
        code = server.stop()
        if code != 0:
            failures.append(f"exit code {code} after SIGTERM, see {server.log_path}")
        checked = server.run("check")
        if checked.returncode != 0:
            failures.append(f"sluice check: {checked.stdout}{checked.stderr}")
    finally:
        if server.is_running():
            server.kill()
    for text in failures:
        print("FAILED:", text)
    if rounds < min(3, options.rounds):
        failures.append("too slow")
        print(f"FAILED: only {rounds} rounds in {options.seconds} s")
    print(f"{rounds} rounds, {total} acknowledged, slowest start {slowest:.2f} s")
    if not failures and not options.folder:
        shutil.rmtree(folder)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
