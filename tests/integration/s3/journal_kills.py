"""The journal of a bucket has each change of its objects exactly once, also over kill -9 at any moment.

    journal_kills.py BINARY [--rounds 4] [--seconds 2] [--clients 4] [--seed TEXT]

Clients put, copy, delete and tag objects, each key by itself, while the journal is written out all the time; the server
is killed in the middle and started again. At the end the records of all log objects are compared with what was
answered: an answered change has one record, an unanswered one has one if it is seen to have happened, else none.
"""
import argparse
import collections
import hashlib
import os
import random
import shutil
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "client")]
from s3_client import Unanswered  # noqa: E402
from server_process import Server, wait_until  # noqa: E402

SOURCE, TARGET = "source", "journal"
CONFIGURATION = (f"<BucketLoggingStatus><LoggingEnabled><TargetBucket>{TARGET}</TargetBucket><TargetPrefix>j/"
                 "</TargetPrefix><LoggingType>Journal</LoggingType></LoggingEnabled></BucketLoggingStatus>").encode()
TAGS = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"


class Worker:
    """One client with keys of its own."""

    def __init__(self, number, round_number, server, seed):
        self.name = f"r{round_number}c{number}"
        self.chance = random.Random(f"{seed}-{self.name}")
        self.client = server.client()
        self.made = 0
        self.answered, self.unanswered = [], []  # (operation, key, ETag)
        self.failure = None

    def run(self, stopping):
        try:
            while not stopping.is_set():
                self.one()
        except Unanswered:
            pass
        except AssertionError as problem:
            self.failure = str(problem)
        finally:
            self.client.close()

    def change(self, record, allowed, *request, **more):
        self.unanswered.append(record)
        self.client.expect(allowed, *request, **more)
        self.answered.append(self.unanswered.pop())

    def one(self):
        self.made += 1
        key = f"{self.name}-{self.made}"
        body = (key * self.chance.choice([1, 100, 3000])).encode()
        etag = hashlib.md5(body).hexdigest()
        self.change(("REST.PUT.OBJECT", key, etag), {200}, "PUT", f"/{SOURCE}/{key}", body=body)
        if self.chance.random() < 0.3:
            self.change(("REST.PUT.OBJECT", key + "-copy", etag), {200}, "PUT", f"/{SOURCE}/{key}-copy",
                        headers={"x-amz-copy-source": f"/{SOURCE}/{key}"})
        if self.chance.random() < 0.3:
            self.change(("REST.PUT.OBJECT_TAGGING", key, etag), {200}, "PUT", f"/{SOURCE}/{key}", {"tagging": ""}, TAGS)
        if self.chance.random() < 0.3:
            self.change(("REST.DELETE.OBJECT", key, etag), {204}, "DELETE", f"/{SOURCE}/{key}")


def run_round(server, number, options, chance, kills):
    stopping = threading.Event()
    workers = [Worker(index, number, server, options.seed) for index in range(options.clients)]
    threads = [threading.Thread(target=worker.run, args=(stopping,)) for worker in workers]
    for thread in threads:
        thread.start()
    threading.Event().wait(options.seconds * chance.uniform(0.5, 1.5))
    if kills:
        server.kill()
    stopping.set()
    for thread in threads:
        thread.join()
    server.close_clients()
    return workers


def records(client):
    found = []
    for key in client.list_keys(TARGET):
        _, _, text = client.expect({200}, "GET", f"/{TARGET}/{key}")
        for line in text.decode().splitlines():
            fields = line.split(" ")
            if len(fields) != 9 or fields[1] != SOURCE:
                raise AssertionError(f"no record: {line!r}")
            found.append((fields[4], fields[5], fields[8]))
    return found


def happened(client, operation, key):
    """Whether the change of a key that nobody changed afterwards can be seen."""
    status, _, body = client.request("GET", f"/{SOURCE}/{key}", {"tagging": ""})
    if operation == "REST.DELETE.OBJECT":
        return status == 404
    return status == 200 and (operation != "REST.PUT.OBJECT_TAGGING" or b"<Tag>" in body)


def check(client, workers):
    counts = collections.Counter(records(client))
    failures = [f"{count} times: {record}" for record, count in counts.items() if count > 1]
    expected = {record for worker in workers for record in worker.answered}
    for worker in workers:
        for record in worker.unanswered:
            if happened(client, *record[:2]):
                expected.add(record)
    failures += [f"missing: {record}" for record in sorted(expected - set(counts))]
    failures += [f"never happened: {record}" for record in sorted(set(counts) - expected)]
    return failures, len(counts)


def run(options, folder):
    server = Server(options.binary, folder, S3_ACCESS_LOG_INTERVAL="100 ms", LIMITS_JOURNAL_UNFLUSHED="1 MiB")
    chance = random.Random(options.seed)
    workers = []
    server.start()
    try:
        client = server.client()
        for bucket in (SOURCE, TARGET):
            client.expect({200}, "PUT", f"/{bucket}")
        client.expect({200}, "PUT", f"/{SOURCE}", {"logging": ""}, CONFIGURATION)
        for number in range(options.rounds):
            kills = number + 1 < options.rounds
            workers += run_round(server, number, options, chance, kills)
            if kills:
                server.start()
        client = server.client()
        client.expect({200}, "PUT", f"/{SOURCE}/last", body=b"last")
        last = ("REST.PUT.OBJECT", "last", hashlib.md5(b"last").hexdigest())
        wait_until(lambda: last in records(client), "the last record")
        end = argparse.Namespace(answered=[last], unanswered=[], failure=None)
        failures, count = check(client, workers + [end])
        failures += [worker.failure for worker in workers if worker.failure]
        objects = len(client.list_keys(TARGET))
        lost = sum(len(worker.unanswered) for worker in workers)
        print(f"{count} records in {objects} objects, {options.rounds - 1} kills, {lost} changes without an answer")
        if count < 50 or objects < options.rounds:
            failures.append("hardly any load")
        return failures
    finally:
        if server.is_running():
            server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=4, help="all but the last end with a kill")
    parser.add_argument("--seconds", type=float, default=2, help="of load, of a round")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", default=str(random.SystemRandom().getrandbits(32)))
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="sluice-journal-")
    print(f"seed {options.seed}, folder {folder}", flush=True)
    failures = run(options, folder)
    for text in failures:
        print("FAILED:", text)
    if failures:
        return 1
    print("ok")
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
