#!/usr/bin/env python3
"""Consumer groups of KIP-848 with librdkafka (confluent-kafka): sharing, leaving, static members, expressions, offsets.

    KAFKA_SERVER=127.0.0.1:9092 KAFKA_USER=root KAFKA_PASSWORD=... librdkafka_consumer_groups.py

Each case prints "ok NAME" or "failed NAME: why"; the exit status says whether all passed.
"""
import os
import sys
import time

from confluent_kafka import Consumer, ConsumerGroupState, ConsumerGroupType, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from cases import check, failures, same

BASE = {"bootstrap.servers": os.environ["KAFKA_SERVER"], "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN", "sasl.username": os.environ["KAFKA_USER"],
        "sasl.password": os.environ["KAFKA_PASSWORD"]}
RUN = f"{time.time_ns():x}"
ADMIN = AdminClient(BASE)


def create(topic, partitions):
    for future in ADMIN.create_topics([NewTopic(topic, partitions, 1)]).values():
        future.result(30)


def member(group, topic, **more):
    made = Consumer({**BASE, "group.id": group, "group.protocol": "consumer", "auto.offset.reset": "earliest",
                     "topic.metadata.refresh.interval.ms": 1000, **more})
    made.subscribe([topic])
    return made


def until(what, members, holds, values=None):
    """Polls all members until the condition holds."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        for one in members:
            message = one.poll(0.1)
            if message is not None and not message.error() and values is not None:
                values.append(message.value().decode())
        if holds():
            return
    raise AssertionError(f"not in time: {what}")


def shares(*wanted):
    """Members with so many partitions, none of which two have."""
    def holds():
        all_of = [(one.topic, one.partition) for member_, _ in wanted for one in member_.assignment()]
        return len(all_of) == len(set(all_of)) and all(len(m.assignment()) == n for m, n in wanted)
    return holds


def sharing():
    topic = f"rd848-{RUN}"
    create(topic, 12)
    to = Producer(BASE)
    for i in range(120):
        to.produce(topic, f"v{i}", partition=i % 12)
    to.flush(30)
    values = []
    a = member(topic, topic)
    until("all", [a], shares((a, 12)), values)
    b = member(topic, topic)
    until("half each", [a, b], shares((a, 6), (b, 6)), values)
    until("every record", [a, b], lambda: set(values) == {f"v{i}" for i in range(120)}, values)
    shown = ADMIN.describe_consumer_groups([topic])[topic].result(30)
    same(ConsumerGroupState.STABLE, shown.state)
    same(ConsumerGroupType.CONSUMER, shown.type)
    same(2, len(shown.members))
    a.close()
    until("all again", [b], shares((b, 12)), values)
    same(120, len(values))
    b.close()


def static_members():
    topic = f"rd848s-{RUN}"
    create(topic, 4)
    a = member(topic, topic, **{"group.instance.id": "a"})
    b = member(topic, topic, **{"group.instance.id": "b"})
    until("half each", [a, b], shares((a, 2), (b, 2)))
    had = sorted(one.partition for one in b.assignment())
    b.close()
    b = member(topic, topic, **{"group.instance.id": "b"})
    until("the same half", [a, b], shares((a, 2), (b, 2)))
    same(had, sorted(one.partition for one in b.assignment()))
    a.close()
    b.close()


def expressions():
    topic = f"rd848x-{RUN}"
    create(f"{topic}-1", 2)
    a = member(topic, f"^{topic}-[0-9]+")
    until("one topic", [a], shares((a, 2)))
    create(f"{topic}-2", 3)
    until("a topic that came later", [a], shares((a, 5)))
    a.close()


def goes_on():
    topic = f"rd848o-{RUN}"
    create(topic, 1)
    to = Producer(BASE)
    for round_ in range(2):
        expected = [f"v{round_}-{i}" for i in range(10)]
        for value in expected:
            to.produce(topic, value)
        to.flush(30)
        values = []
        a = member(topic, topic, **{"enable.auto.commit": False})
        until("the round's records", [a], lambda read=values: len(read) >= 10, values)
        same(expected, values)
        a.commit(asynchronous=False)
        a.close()


check("librdkafka: consumer protocol, two share and one leaves", sharing)
check("librdkafka: consumer protocol, static members", static_members)
check("librdkafka: consumer protocol, expressions", expressions)
check("librdkafka: consumer protocol, offsets", goes_on)
sys.exit(1 if failures else 0)
