#!/usr/bin/env python3
"""Transactions with librdkafka (confluent-kafka): commit, abort, offsets of a group, fencing, a committed reader.

    KAFKA_SERVER=127.0.0.1:9092 KAFKA_USER=root KAFKA_PASSWORD=... librdkafka_transactions.py

Each case prints "ok NAME" or "failed NAME: why"; the exit status says whether all passed.
"""
import os
import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from cases import check, failures, same

BASE = {"bootstrap.servers": os.environ["KAFKA_SERVER"], "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN", "sasl.username": os.environ["KAFKA_USER"],
        "sasl.password": os.environ["KAFKA_PASSWORD"]}
RUN = f"{time.time_ns():x}"


def create(topic, partitions=1):
    admin = AdminClient(BASE)
    for future in admin.create_topics([NewTopic(topic, partitions, 1)]).values():
        future.result(30)


def producer(name):
    made = Producer({**BASE, "transactional.id": name})
    made.init_transactions(30)
    return made


def reader(group, isolation):
    return Consumer({**BASE, "group.id": group, "isolation.level": isolation, "enable.auto.commit": False,
                     "auto.offset.reset": "earliest", "enable.partition.eof": True})


def everything(topic, isolation):
    """The values of partition 0, up to where this reader is told that it ends."""
    from_topic = reader(f"all-{time.time_ns()}", isolation)
    from_topic.assign([TopicPartition(topic, 0, 0)])
    values, end = [], time.monotonic() + 60
    while time.monotonic() < end:
        message = from_topic.poll(1)
        if message is None:
            continue
        if message.error():
            break
        values.append(message.value().decode())
    from_topic.close()
    return values


def commits_and_aborts():
    topic = f"rd-{RUN}"
    create(topic)
    to = producer(f"rd-{RUN}")
    expected = []
    for number in range(12):
        to.begin_transaction()
        for i in range(10):
            to.produce(topic, f"{number}.{i}", "k")
        if number % 3 == 1:
            to.abort_transaction(30)
        else:
            to.commit_transaction(30)
            expected += [f"{number}.{i}" for i in range(10)]
    same(expected, everything(topic, "read_committed"))
    to.begin_transaction()
    to.produce(topic, "open", "k")
    to.flush(30)
    same(expected, everything(topic, "read_committed"))
    same("open", everything(topic, "read_uncommitted")[-1])
    to.abort_transaction(30)
    same(expected, everything(topic, "read_committed"))


def offsets_go_along():
    source, target, group = f"rd-in-{RUN}", f"rd-out-{RUN}", f"rd-group-{RUN}"
    create(source)
    create(target)
    plain = Producer(BASE)
    for i in range(30):
        plain.produce(source, str(i))
    plain.flush(30)
    to = producer(f"rd-loop-{RUN}")
    for commits in (False, True):
        from_source = reader(group, "read_committed")
        from_source.subscribe([source])
        messages = []
        while len(messages) < 30:
            message = from_source.poll(1)
            if message is not None and not message.error():
                messages.append(message)
        to.begin_transaction()
        for message in messages:
            to.produce(target, b"<" + message.value() + b">")
        to.send_offsets_to_transaction(from_source.position(from_source.assignment()),
                                       from_source.consumer_group_metadata(), 30)
        if commits:
            to.commit_transaction(30)
        else:
            to.abort_transaction(30)
        from_source.close()
    same([f"<{i}>" for i in range(30)], everything(target, "read_committed"))
    onlooker = reader(group, "read_committed")
    same(30, onlooker.committed([TopicPartition(source, 0)], 30)[0].offset)
    onlooker.close()


def fences():
    topic = f"rd-fence-{RUN}"
    create(topic)
    old = producer(f"rd-fence-{RUN}")
    old.begin_transaction()
    old.produce(topic, "old")
    old.flush(30)
    fresh = producer(f"rd-fence-{RUN}")
    fresh.begin_transaction()
    fresh.produce(topic, "fresh")
    fresh.commit_transaction(30)
    try:
        old.commit_transaction(30)
    except KafkaException as why:
        if not why.args[0].fatal():
            raise
    else:
        raise AssertionError("not fenced")
    same(["fresh"], everything(topic, "read_committed"))


check("librdkafka: transactions commit and abort", commits_and_aborts)
check("librdkafka: offsets go along", offsets_go_along)
check("librdkafka: a new producer fences the old one", fences)
sys.exit(0 if not failures else 1)
