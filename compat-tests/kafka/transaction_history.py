#!/usr/bin/env python3
"""Many transactional producers over a server that is killed again and again, and what its committed readers see.

    SLUICE_BINARY=build/release/bin/sluice transaction_history.py [--seconds 60] [--kills 5] [--rdkafka 3] [--java 3]
    SLUICE_BINARY=build/release/bin/sluice transaction_history.py --exactly-once

Starts a server of its own, kills it with SIGKILL and starts it again on its data. Producers of librdkafka speak version
1 of transactions, those of Java version 2 (compat-tests/kafka/run.sh builds them). Each says what became of a transaction
as far as it knows: committed, aborted (it never asked for a commit), or unknown. Then a committed reader must have seen
all of what was committed, once and in the producer's order, nothing of what was aborted, and all or nothing of the rest;
a committed reader that ran all along must have seen exactly the same. Ends with "ok" or what is wrong. --exactly-once: a Java loop that
consumes, transforms and produces, which is killed too, while the server is killed every few seconds.
"""
import argparse
import collections
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CLIENTS = os.path.join(ROOT, "build/compat/kafka-clients")
TOPIC, PARTITIONS, PASSWORD = "history", 3, "compat-secret-0123456789"


class Server:
    def __init__(self, binary, data):
        self.binary, self.process = binary, None
        self.environment = {**os.environ, "SLUICE_DATA": data, "SLUICE_ROOT_USER": "root",
                            "SLUICE_ROOT_PASSWORD": PASSWORD, "SLUICE_S3_PORT": "0", "SLUICE_PG_PORT": "0",
                            "SLUICE_ADMIN_PORT": "0", "SLUICE_KAFKA_PORT": "0"}
        self.address = None

    def start(self):
        self.process = subprocess.Popen([self.binary, "serve"], env=self.environment, stdout=subprocess.DEVNULL,
                                        stderr=open(self.environment["SLUICE_DATA"] + ".log", "ab"))
        end = time.monotonic() + 60
        while time.monotonic() < end:
            asked = subprocess.run([self.binary, "status", "--field", "kafka"], env=self.environment,
                                   capture_output=True, text=True, check=False)
            if asked.returncode == 0 and asked.stdout.strip():
                self.address = asked.stdout.strip()
                # The same port from now on: clients find it again.
                self.environment["SLUICE_KAFKA_PORT"] = self.address.rsplit(":", 1)[1]
                return
            if self.process.poll() is not None:
                sys.exit(f"the server ended with {self.process.returncode}")
        sys.exit("the server does not start")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class History:
    """What producers said, by transaction."""

    def __init__(self):
        self.lock, self.outcomes = threading.Lock(), {}

    def tell(self, name, outcome):
        with self.lock:
            self.outcomes[name] = outcome


def settings(server):
    return {"bootstrap.servers": server.address, "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN",
            "sasl.username": "root", "sasl.password": PASSWORD, "reconnect.backoff.max.ms": 500, "log_level": 2}


def one_transaction(producer, name, chance):
    """The outcome, and whether the producer is of use no more."""
    asked = False
    try:
        producer.begin_transaction()
        count = 1 + chance.randrange(12)
        for i in range(count):
            producer.produce(TOPIC, f"{name}.{i}.{count}", partition=chance.randrange(PARTITIONS))
        if chance.randrange(4) == 0:
            producer.flush(60)
            producer.abort_transaction(60)
            return "aborted", False
        asked = True
        while True:
            try:
                producer.commit_transaction(60)
                return "committed", False
            except KafkaException as why:
                if not why.args[0].retriable():
                    raise
    except KafkaException as why:
        # Its batches may have been refused before the commit was asked for; the commit never went out then.
        outcome = "unknown" if asked else "aborted"
        if not why.args[0].txn_requires_abort():
            return outcome, True
        try:
            producer.abort_transaction(60)
            return outcome, False
        except KafkaException:
            return outcome, True


def produce(server, number, seed, history, stopped):
    chance, identity, at, producer = random.Random(seed), f"rd{number}", 0, None
    while not stopped.is_set():
        if producer is None:
            producer = Producer({**settings(server), "transactional.id": identity, "linger.ms": 1})
            try:
                producer.init_transactions(60)
            except KafkaException:
                producer = None
                continue
        name = f"{identity}.{at}"
        at += 1
        outcome, is_over = one_transaction(producer, name, chance)
        history.tell(name, outcome)
        if is_over:
            producer = None


def java(server, *arguments, **pipes):
    environment = {**os.environ, "KAFKA_SERVER": server.address, "KAFKA_USER": "root", "KAFKA_PASSWORD": PASSWORD}
    return subprocess.Popen(["java", "-Xmx192m", "-XX:+UseSerialGC", "-cp", f"{CLIENTS}/lib/*:{CLIENTS}/classes",
                             "JavaTransactions", *arguments], env=environment, text=True, **pipes)


def exactly_once(server, kills):
    loop, killed = java(server, "exactly-once"), 0
    while loop.poll() is None:
        try:
            loop.wait(random.uniform(4, 8))
        except subprocess.TimeoutExpired:
            if killed < kills:
                server.kill()
                server.start()
                killed += 1
    print(f"{killed} kills of the server")
    return loop.returncode


def follow_java(server, number, seed, history, stopped):
    worker = java(server, "history", f"java{number}", TOPIC, str(PARTITIONS), str(seed), stdin=subprocess.PIPE,
                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def stop():
        stopped.wait()
        worker.stdin.close()

    threading.Thread(target=stop, daemon=True).start()
    for line in worker.stdout:
        name, outcome = line.split()
        history.tell(name, outcome)
    worker.wait()


def committed_reader(server, group):
    reader = Consumer({**settings(server), "group.id": group, "isolation.level": "read_committed",
                       "enable.auto.commit": False, "enable.partition.eof": True, "auto.offset.reset": "earliest"})
    reader.assign([TopicPartition(TOPIC, i, 0) for i in range(PARTITIONS)])
    return reader


def read(reader, seen, is_done):
    """Adds (partition, offset) -> value until is_done of the partitions that are read to their ends."""
    ended = set()
    while not is_done(ended):
        message = reader.poll(0.5)
        if message is None:
            continue
        if message.error():
            # The client tries again, whatever it is.
            if message.error().code() == KafkaError._PARTITION_EOF:
                ended.add(message.partition())
            continue
        ended.discard(message.partition())
        place, value = (message.partition(), message.offset()), message.value().decode()
        if seen.setdefault(place, value) != value:
            sys.exit(f"{place} changed from {seen[place]} to {value}")
    reader.close()


def check(history, seen):
    wrong = []
    by_transaction = collections.defaultdict(lambda: collections.defaultdict(list))
    newest = {}
    for (partition, _), value in sorted(seen.items()):
        identity, number, index, count = value.split(".")
        by_transaction[f"{identity}.{number}"][(int(index), int(count))].append(partition)
        order = (int(number), int(index))
        if newest.get((identity, partition), (-1, -1)) >= order:
            wrong.append(f"{value} out of order in partition {partition}")
        newest[(identity, partition)] = order
    for name, records in by_transaction.items():
        outcome = history.outcomes.get(name, "unknown")
        count = next(iter(records))[1]
        doubled = [index for (index, _), places in records.items() if len(places) > 1]
        if outcome == "aborted":
            wrong.append(f"{name} was aborted, and read")
        if doubled:
            wrong.append(f"{name}: records {doubled} twice")
        if len(records) != count:
            wrong.append(f"{name} ({outcome}): {len(records)} records of {count}")
    for name, outcome in history.outcomes.items():
        if outcome == "committed" and name not in by_transaction:
            wrong.append(f"{name} was committed, and is lost")
    return wrong


def run(server, chosen):
    history, chance = History(), random.Random(chosen.seed)
    admin = AdminClient(settings(server))
    for future in admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)]).values():
        future.result(30)
    stopped, late = threading.Event(), threading.Event()
    along, seen = {}, {}
    workers = [threading.Thread(target=produce, args=(server, i, chosen.seed + i, history, stopped))
               for i in range(chosen.rdkafka)]
    workers += [threading.Thread(target=follow_java, args=(server, i, chosen.seed + 1000 + i, history, stopped))
                for i in range(chosen.java)]
    caught_up = threading.Event()
    watching = threading.Thread(target=read, daemon=True, args=(
        committed_reader(server, "along"), along,
        lambda _: late.is_set() or (caught_up.is_set() and len(along) >= len(seen))))
    for one in workers + [watching]:
        one.start()
    for _ in range(chosen.kills):
        stopped.wait(chosen.seconds / (chosen.kills + 1) * chance.uniform(0.7, 1.3))
        server.kill()
        server.start()
    stopped.wait(chosen.seconds / (chosen.kills + 1))
    stopped.set()
    for one in workers:
        one.join()
    # Whoever gave up in a transaction left it open: a new producer of the id ends it.
    for identity in [f"rd{i}" for i in range(chosen.rdkafka)] + [f"java{i}" for i in range(chosen.java)]:
        Producer({**settings(server), "transactional.id": identity}).init_transactions(60)
    read(committed_reader(server, "after"), seen, lambda ended: len(ended) == PARTITIONS)
    caught_up.set()
    watching.join(30)
    late.set()
    wrong = check(history, seen)
    if seen != along:
        wrong.append(f"the reader that ran along saw {len(along)} records, the one after {len(seen)}")
    told = collections.Counter(history.outcomes.values())
    print(f"seed {chosen.seed}: {dict(told)}, {len(seen)} records read, {chosen.kills} kills")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--rdkafka", type=int, default=3)
    parser.add_argument("--java", type=int, default=3)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--exactly-once", action="store_true")
    chosen = parser.parse_args()
    binary = os.path.abspath(os.environ.get("SLUICE_BINARY", f"{ROOT}/build/release/bin/sluice"))
    server = Server(binary, os.environ.get("SLUICE_HISTORY_DATA") or tempfile.mkdtemp())
    server.start()
    try:
        if chosen.exactly_once:
            sys.exit(exactly_once(server, chosen.kills))
        wrong = run(server, chosen)
    finally:
        server.process.terminate()
        server.process.wait()
    for one in wrong[:20]:
        print("wrong:", one)
    print("ok" if not wrong else f"failed: {len(wrong)}")
    sys.exit(0 if not wrong else 1)


main()
