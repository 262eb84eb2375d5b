"""Many clients on few keys: what S3 answered is linearizable, key by key, also over kill -9 and restarts.

    linearizability.py BINARY [--seconds 12] [--clients 64] [--keys 8] [--kills 2] [--seed TEXT] [--folder DIR]
    linearizability.py --history FILE    checks one that was kept, as history.json in the folder of a failed run

Puts, gets, heads, listings, deletions, conditional ones of these, copies between the keys and multipart completions,
repeated by others too, are recorded with the moments of their call and return; register_checker.py looks for an order
that explains them. A request without an answer happened before the server that got it was dead, or never.
Every body is checked against its ETag, so that a torn or mixed one is found at once.
"""
import argparse
import collections
import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree
from dataclasses import replace

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "client")]
from register_checker import ABSENT, Operation, Search, Undecided, shortest_failing_window  # noqa: E402
from s3_client import Unanswered  # noqa: E402
from server_process import Server  # noqa: E402

BUCKET = "register"
# Kept inside the record, in a packed frame, and as a payload of its own frames.
SIZES = [60] * 6 + [3000] * 3 + [20_000, 300_000]
PART_SIZES = [100, 5000, 70_000]
WINDOW_LINES = 60
PLANTED_LIMIT = 20_000  # configurations; a search for what is not there looks at all
now = time.monotonic


class Contents:
    """Bodies that are all different, and what each ETag stands for."""

    def __init__(self):
        self.known = {}
        self.lock, self.made = threading.Lock(), 0

    def new(self, sizes):
        """The parts of a new body and its ETag: of several parts if `sizes` is of a multipart upload."""
        with self.lock:
            self.made += 1
            number = self.made
        parts = [(f"{number}/{index};".encode() * (size // 4 + 1))[:size] for index, size in enumerate(sizes)]
        digests = [hashlib.md5(part) for part in parts]
        whole = b"".join(parts)
        etag = hashlib.md5(whole).hexdigest()
        if len(sizes) > 1:
            etag = hashlib.md5(b"".join(digest.digest() for digest in digests)).hexdigest() + f"-{len(sizes)}"
        self.known[etag] = (len(whole), hashlib.sha256(whole).digest())
        return parts, etag

    def check(self, etag, size, body=None):
        expected = self.known.get(etag)
        if expected is None or expected[0] != size:
            raise AssertionError(f"{size} bytes with ETag {etag}, which is of {expected and expected[0]}")
        if body is not None and hashlib.sha256(body).digest() != expected[1]:
            raise AssertionError(f"the bytes are not those of ETag {etag}: {body[:40]!r}...")


class Shared:
    """What the clients know of each other."""

    def __init__(self, options):
        self.keys = [f"key-{number}" for number in range(options.keys)]
        self.contents = Contents()
        self.last_seen = {}                                                # key: an ETag it had of late
        self.uploads = {key: collections.deque(maxlen=4) for key in self.keys}  # ready to complete: id, document, ETag
        self.history = {key: [] for key in self.keys}
        self.requests = collections.Counter()
        self.failures = []
        self.stopping = threading.Event()


def etag_of(headers):
    return {name.lower(): value for name, value in headers.items()}["etag"].strip('"')


class Worker:
    """One client: its operations, recorded as they end."""

    def __init__(self, number, server, shared, seed):
        self.name, self.server, self.shared = f"c{number}", server, shared
        self.chance = random.Random(f"{seed}-{number}")
        self.client = server.client()
        self.lost = []  # (key, operation) without answers

    def run(self):
        actions = {self.get: 22, self.head: 8, self.listing: 3, self.put: 22, self.delete: 10, self.copy: 10,
                   self.upload: 5, self.complete: 8}
        names, weights = list(actions), list(actions.values())
        try:
            while not self.shared.stopping.is_set():
                self.chance.choices(names, weights)[0](self.chance.choice(self.shared.keys))
        except Unanswered as problem:
            # The kill comes after `stopping` is set: before it, nobody else ends connections.
            if not self.shared.stopping.is_set():
                self.shared.failures.append(f"{self.name}: no answer from a running server: {problem}")
        except AssertionError as problem:
            self.shared.failures.append(f"{self.name}: {problem}")
            self.shared.stopping.set()
        finally:
            self.client.close()

    def ask(self, operations, allowed, *request, **more):
        """Sends a request of `operations` (key, Operation without moments and answer); what came back, with them
        recorded as called now. Without an answer they are lost."""
        call = now()
        self.shared.requests[operations[0][1]["kind"]] += 1
        try:
            status, headers, body = self.client.request(*request, **more)
        except Unanswered:
            for key, words in operations:
                if words["kind"] in ("write", "delete"):
                    self.lost.append((key, Operation(**words, call=call, returned=call, known=False, who=self.name)))
            raise
        returned = now()
        if status not in allowed:
            raise AssertionError(f"{request[:2]} {more.get('headers')}: {status} {body[:300]!r}")
        return call, returned, status, headers, body

    def record(self, key, call, returned, answer, **words):
        self.shared.history[key].append(
            Operation(**words, call=call, returned=returned, answer=answer, who=self.name))
        if words["kind"] == "write" and answer == 200:
            self.shared.last_seen[key] = words["value"]

    def change(self, key, words, allowed, *request, **more):
        """A write or deletion and its answer."""
        call, returned, status, headers, body = self.ask([(key, words)], allowed, *request, **more)
        self.record(key, call, returned, status, **words)
        return status, headers, body

    def condition(self, key, may_be_absent=True):
        """Words of the operation and headers of the request."""
        kind, etag = self.chance.random(), self.shared.last_seen.get(key)
        if kind < 0.3 and may_be_absent:
            return {"absent": True}, {"If-None-Match": "*"}
        if kind < 0.6 and etag:
            return {"match": etag}, {"If-Match": f'"{etag}"'}
        return {}, {}

    # The operations.

    def read(self, key, method):
        call, returned, status, headers, body = self.ask(
            [(key, {"kind": "read"})], {200, 404}, method, f"/{BUCKET}/{key}")
        value = ABSENT
        if status == 200:
            value = self.shared.last_seen[key] = etag_of(headers)
            size = int({name.lower(): text for name, text in headers.items()}["content-length"])
            self.shared.contents.check(value, size, body if method == "GET" else None)
        self.record(key, call, returned, value, kind="read")

    def get(self, key):
        self.read(key, "GET")

    def head(self, key):
        self.read(key, "HEAD")

    def listing(self, _):
        call, returned, _, _, body = self.ask(
            [(key, {"kind": "read"}) for key in self.shared.keys], {200}, "GET", f"/{BUCKET}", {"list-type": "2"})
        root = xml.etree.ElementTree.fromstring(body)
        space, found = root.tag[: root.tag.index("}") + 1], {}
        for entry in root.iter(space + "Contents"):
            etag = entry.findtext(space + "ETag").strip('"')
            self.shared.contents.check(etag, int(entry.findtext(space + "Size")))
            found[entry.findtext(space + "Key")] = etag
        if not set(found) <= set(self.shared.keys):
            raise AssertionError(f"listed but never written: {sorted(set(found) - set(self.shared.keys))}")
        for key in self.shared.keys:
            self.record(key, call, returned, found.get(key, ABSENT), kind="read")

    def put(self, key):
        (body,), etag = self.shared.contents.new([self.chance.choice(SIZES)])
        words, headers = self.condition(key)
        status, answered, _ = self.change(key, {"kind": "write", "value": etag, **words}, {200, 404, 412},
                                          "PUT", f"/{BUCKET}/{key}", body=body, headers=headers)
        if status == 200 and etag_of(answered) != etag:
            raise AssertionError(f"PUT of {etag} answered ETag {etag_of(answered)}")

    def delete(self, key):
        words, headers = self.condition(key, may_be_absent=False)
        self.change(key, {"kind": "delete", **words}, {204, 412}, "DELETE", f"/{BUCKET}/{key}", headers=headers)

    def copy(self, key):
        """If the source still has the ETag it was seen with, so that it is known what a lost copy wrote."""
        source = self.chance.choice([other for other in self.shared.keys if other != key])
        etag = self.shared.last_seen.get(source)
        if etag is None:
            return
        words, compare = {"kind": "write", "value": etag}, {"kind": "compare", "match": etag}
        call, returned, status, _, body = self.ask(
            [(key, words)], {200, 404, 412}, "PUT", f"/{BUCKET}/{key}",
            headers={"x-amz-copy-source": f"/{BUCKET}/{source}", "x-amz-copy-source-if-match": f'"{etag}"'})
        self.record(source, call, returned, status, **compare)
        if status == 200:
            if etag not in body.decode():
                raise AssertionError(f"copy of {etag} answered {body!r}")
            self.record(key, call, returned, status, **words)

    def upload(self, key):
        """Parts without a completion: that is another operation, maybe of another client."""
        path = f"/{BUCKET}/{key}"
        parts, etag = self.shared.contents.new([self.chance.choice(PART_SIZES) for _ in range(2)])
        _, _, body = self.client.expect({200}, "POST", path, {"uploads": ""})
        root = xml.etree.ElementTree.fromstring(body)
        upload = root.findtext(root.tag[: root.tag.index("}") + 1] + "UploadId")
        listed = ""
        for number, part in enumerate(parts, 1):
            _, headers, _ = self.client.expect(
                {200}, "PUT", path, {"partNumber": str(number), "uploadId": upload}, part)
            listed += f"<Part><PartNumber>{number}</PartNumber><ETag>{etag_of(headers)}</ETag></Part>"
        document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        self.shared.uploads[key].append((upload, document, etag))
        self.complete(key)

    def complete(self, key):
        """One of the last uploads of the key, whether or not it was completed."""
        uploads = list(self.shared.uploads[key])
        if not uploads:
            return
        upload, document, etag = self.chance.choice(uploads)
        words, headers = self.condition(key) if self.chance.random() < 0.3 else ({}, {})
        self.change(key, {"kind": "write", "value": etag, "upload": upload, **words}, {200, 404, 412},
                    "POST", f"/{BUCKET}/{key}", {"uploadId": upload}, document, headers)


def run_round(server, shared, options, number, seconds, kill):
    workers = [Worker(at, server, shared, f"{options.seed}-{number}") for at in range(options.clients)]
    threads = [threading.Thread(target=worker.run) for worker in workers]
    shared.stopping.clear()
    for thread in threads:
        thread.start()
    # How long there is load, and the moment of death, are what is chosen: a wait for time, not for a condition.
    shared.stopping.wait(seconds)
    shared.stopping.set()
    if kill:
        server.kill()
    for thread in threads:
        thread.join()
    dead = now()
    server.close_clients()
    lost = 0
    for worker in workers:
        for key, operation in worker.lost:
            shared.history[key].append(replace(operation, returned=dead))
            lost += 1
    return lost


def read_all(server, shared):
    """What is there after the last round."""
    worker = Worker("end", server, shared, "")
    for key in shared.keys:
        worker.get(key)
    worker.listing(None)
    server.close_clients()


def check(shared):
    """Configurations looked at; what is wrong is printed and a failure."""
    looked_at = undecided = 0
    for key, operations in shared.history.items():
        search = Search(operations)
        fine = search.succeeds()
        looked_at += search.configurations
        if fine:
            continue
        try:
            window = shortest_failing_window(operations)
        except Undecided as problem:
            print(f"{key}: not decided {problem}; fewer --clients or more --keys")
            undecided += 1
            continue
        shared.failures.append(f"{key}: no order explains these {len(window)} of {len(operations)} operations")
        for one in window[:WINDOW_LINES]:
            print("  " + one.text(window[0].call))
    if undecided * 4 > len(shared.history):
        shared.failures.append(f"{undecided} of {len(shared.history)} histories are not decided")
    return looked_at


def unique_writes(operations):
    """The acknowledged write of each value that nothing else may have written."""
    writers = collections.defaultdict(list)
    for one in operations:
        if one.kind == "write" and one.answer in (None, 200):
            writers[one.value].append(one)
    return {value: some[0] for value, some in writers.items() if len(some) == 1 and some[0].known}


def planted(operations):
    """Two copies of a history, each with what no register does: a value read that nobody wrote, and one read after
    another one had replaced it. None for what the history has no place for."""
    writes = unique_writes(operations)
    reads = [one for one in operations if one.kind == "read" and one.answer in writes]
    for read in reads[len(reads) // 2:]:
        yield [one for one in operations if one is not writes[read.answer]]
        break
    for read in reads[len(reads) // 2:]:
        last = writes[read.answer]
        older = [one for one in writes.values() if one.returned < last.call]
        if last.returned < read.call and older:
            yield [replace(one, answer=older[-1].value) if one is read else one for one in operations]
            break


def check_planted(shared):
    """That the checker would have found it: how many planted violations it found."""
    found = 0
    for key, operations in shared.history.items():
        for spoiled in planted(operations):
            verdict = Search(spoiled).succeeds(limit=PLANTED_LIMIT)
            if verdict:
                shared.failures.append(f"{key}: a planted violation was not found")
            found += verdict is False
    if found == 0:
        shared.failures.append("hardly any violation could be planted")
    return found


def run(options, folder):
    shared = Shared(options)
    server = Server(options.binary, folder, LIMITS_JOURNAL_UNFLUSHED="1 MiB", LIMITS_S3_MINIMUM_PART="1 B")
    server.start()
    server.client().expect({200}, "PUT", f"/{BUCKET}")
    chance, lost = random.Random(options.seed), 0
    shares = [chance.uniform(0.5, 1.5) for _ in range(options.kills + 1)]
    try:
        for number, share in enumerate(shares):
            kill = number < options.kills
            lost += run_round(server, shared, options, number, options.seconds * share / sum(shares), kill)
            if shared.failures:
                break
            if kill:
                server.start()
        if not shared.failures:
            read_all(server, shared)
            if server.stop() != 0:
                shared.failures.append(f"no clean stop, see {server.log_path}")
            checked = server.run("check")
            if checked.returncode != 0:
                shared.failures.append(f"sluice check: {checked.stdout}{checked.stderr}")
    finally:
        if server.is_running():
            server.kill()
    with open(os.path.join(folder, "history.json"), "w", encoding="utf-8") as kept:
        json.dump({key: [vars(one) for one in operations] for key, operations in shared.history.items()}, kept)
    began = now()
    looked_at = check(shared)
    found = 0 if shared.failures else check_planted(shared)
    answers = collections.Counter(
        f"{one.kind} {one.answer if one.kind != 'read' else ''}".strip()
        for operations in shared.history.values() for one in operations if one.known)
    print(", ".join(f"{name}: {count}" for name, count in sorted(answers.items())))
    operations = sum(len(one) for one in shared.history.values())
    requests = sum(shared.requests.values())
    print(f"{requests} requests, {operations} operations on {options.keys} keys, {lost} without an answer, "
          f"{options.kills} kills; {len(shared.history)} histories checked, {looked_at} configurations, "
          f"{found} planted violations found, {now() - began:.1f} s")
    if requests < 20 * options.clients:
        shared.failures.append("hardly any load")
    return shared.failures


def check_kept(path):
    with open(path, encoding="utf-8") as kept:
        history = {key: [Operation(**one) for one in operations] for key, operations in json.load(kept).items()}
    shared = Shared(argparse.Namespace(keys=0))
    shared.history = history
    print(f"{sum(map(len, history.values()))} operations, {check(shared)} configurations")
    return shared.failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", nargs="?")
    parser.add_argument("--history")
    parser.add_argument("--seconds", type=float, default=12, help="of load, over all rounds")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--keys", type=int, default=8)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--seed", default=str(random.SystemRandom().getrandbits(32)))
    parser.add_argument("--folder", help="default: a temporary one, removed when all is well")
    options = parser.parse_args()
    if options.history:
        failures = check_kept(options.history)
        print("\n".join(failures) or "ok")
        return 1 if failures else 0
    if options.binary is None:
        parser.error("which BINARY?")
    folder = options.folder or tempfile.mkdtemp(prefix="sluice-linearizability-")
    os.makedirs(folder, exist_ok=True)
    print(f"seed {options.seed}, folder {folder}", flush=True)
    failures = run(options, folder)
    for text in failures:
        print("FAILED:", text)
    if failures:
        return 1
    print("ok")
    if not options.folder:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
