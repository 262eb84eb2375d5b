"""kafka-python at its defaults: an idempotent producer, groups, transactions, its admin client."""
import time

from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import (ACL, ACLFilter, ACLOperation, ACLPermissionType, ACLResourcePatternType, ConfigResource,
                         ConfigResourceType, KafkaAdminClient, OffsetSpec, ResourcePattern, ResourcePatternFilter,
                         ResourceType)
from kafka.errors import ProducerFencedError, TopicAlreadyExistsError

from kafka_steps import CLIENT, PASSWORD, RUN, SERVER, USER, same, step, within

LOGIN = {"bootstrap_servers": SERVER}
if USER:
    LOGIN |= {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "SCRAM-SHA-256",
              "sasl_plain_username": USER, "sasl_plain_password": PASSWORD}
TOPIC = f"{CLIENT}-{RUN}"
START = int(time.time() * 1000) - 3_600_000   # within what a topic keeps
admin = KafkaAdminClient(**LOGIN)


def consumer(*topics, **more):
    return KafkaConsumer(*topics, **(LOGIN | {"auto_offset_reset": "earliest", "enable_auto_commit": False} | more))


def records(reader, count, seconds=60):
    got = []
    for _ in within(seconds):
        for each in reader.poll(timeout_ms=500).values():
            got += each
        if len(got) >= count:
            return got


def read(topic, partition, count, **more):
    with_all = consumer(**more)
    with_all.assign([TopicPartition(topic, partition)])
    try:
        return records(with_all, count)
    finally:
        with_all.close()


@step("topics: make, describe, add partitions, no second one")
def _():
    admin.create_topics({TOPIC: {"num_partitions": 2, "replication_factor": 1, "configs": {"retention.ms": "7200000"}}})
    same([len(each["partitions"]) for each in admin.describe_topics([TOPIC])], [2])
    admin.create_partitions({TOPIC: 3})
    same([len(each["partitions"]) for each in admin.describe_topics([TOPIC])], [3])
    try:
        admin.create_topics({TOPIC: {"num_partitions": 2, "replication_factor": 1}})
        raise AssertionError("made twice")
    except TopicAlreadyExistsError:
        pass


@step("configurations of topics and the broker")
def _():
    topic = ConfigResource(ConfigResourceType.TOPIC, TOPIC)
    same(admin.describe_configs([topic])["topic"][TOPIC]["retention.ms"]["value"], "7200000")
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC, configs={"max.message.bytes": "500000"})])
    got = admin.describe_configs([topic], config_filter="all")["topic"][TOPIC]
    same((got["max.message.bytes"]["value"], got["retention.ms"]["value"]), ("500000", "7200000"))
    node = str(admin.describe_cluster()["brokers"][0]["broker_id"])
    broker = admin.describe_configs([ConfigResource(ConfigResourceType.BROKER, node)], config_filter="all")
    if "log.retention.ms" not in broker["broker"][node]:
        raise AssertionError(broker)


for codec in (None, "gzip", "snappy", "lz4", "zstd"):
    @step(f"round trip, {codec or 'no codec'}, keys, headers, times")
    def _(codec=codec):
        topic = f"{TOPIC}-{codec}"
        admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}})
        expected = [(f"key {i}".encode(), f"value {i} ".encode() * 20, [("h", b"%d" % i)], START + i)
                    for i in range(1000)]
        producer = KafkaProducer(**LOGIN, compression_type=codec, linger_ms=20)
        futures = [producer.send(topic, value, key, headers, timestamp_ms=time)
                   for key, value, headers, time in expected]
        same([each.get(60).offset for each in futures], list(range(1000)))
        producer.close()
        same([(each.key, each.value, list(each.headers), each.timestamp) for each in read(topic, 0, 1000)], expected)
        reader = consumer()
        place = TopicPartition(topic, 0)
        found = reader.offsets_for_times({place: START + 500})[place]
        same((found.offset, found.timestamp), (500, START + 500))
        same(reader.offsets_for_times({place: START + 3_000_000}), {place: None})
        same((reader.beginning_offsets([place]), reader.end_offsets([place])), ({place: 0}, {place: 1000}))
        reader.assign([place])
        reader.seek(place, 777)   # in the middle of a batch
        same(records(reader, 1)[0].offset, 777)
        reader.close()


@step("a group of two: both read, one leaves, the other takes over and goes on")
def _():
    group, topic = f"group-{RUN}", f"{TOPIC}-group"
    admin.create_topics({topic: {"num_partitions": 4, "replication_factor": 1}})
    words = {"group_id": group, "session_timeout_ms": 6000, "heartbeat_interval_ms": 500}
    one, two = consumer(topic, **words), consumer(topic, **words)
    for _ in within(60):
        one.poll(timeout_ms=200)
        two.poll(timeout_ms=200)
        if len(one.assignment()) == len(two.assignment()) == 2:
            break
    same(one.assignment() | two.assignment(), {TopicPartition(topic, each) for each in range(4)})
    described = admin.describe_groups([group])[group]
    same(len(described["members"]), 2)
    producer = KafkaProducer(**LOGIN)
    for number in range(400):
        producer.send(topic, b"%d" % number, partition=number % 4)
    producer.flush()
    same(sorted(int(each.value) for each in records(one, 200) + records(two, 200)), list(range(400)))
    one.commit()
    two.commit()
    two.close()
    for _ in within(60):
        one.poll(timeout_ms=200)
        if len(one.assignment()) == 4:
            break
    for number in range(400, 440):
        producer.send(topic, b"%d" % number, partition=number % 4)
    producer.close()
    same(sorted(int(each.value) for each in records(one, 40)), list(range(400, 440)))
    one.commit({TopicPartition(topic, 0): OffsetAndMetadata(110, "a note", -1)})
    same(one.committed(TopicPartition(topic, 0), metadata=True)[:2], (110, "a note"))
    one.close()
    same(admin.list_group_offsets(group)[group][TopicPartition(topic, 1)].offset, 100)
    if group not in [each["group_id"] for each in admin.list_groups()]:
        raise AssertionError("not listed")
    admin.alter_group_offsets(group, {TopicPartition(topic, 1): OffsetAndMetadata(7, "", -1)})
    same(admin.list_group_offsets(group)[group][TopicPartition(topic, 1)].offset, 7)
    same(admin.delete_groups([group]), {group: "OK"})


@step("transactions: committed, aborted, offsets within, an older producer is fenced")
def _():
    topic, group = f"{TOPIC}-transactions", f"transactions-{RUN}"
    admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}})
    producer = KafkaProducer(**LOGIN, transactional_id=f"id-{RUN}")
    producer.init_transactions()
    for number in range(6):
        producer.begin_transaction()
        for each in range(10):
            producer.send(topic, b"%d" % (number * 10 + each))
        producer.flush()   # an abort forgets what was not sent yet
        if number % 2:
            producer.abort_transaction()
        else:
            producer.commit_transaction()
    expected = [b"%d" % each for each in range(60) if each // 10 % 2 == 0]
    same([each.value for each in read(topic, 0, 30, isolation_level="read_committed")], expected)
    same(len(read(topic, 0, 60)), 60)
    reader = consumer(topic, group_id=group, isolation_level="read_committed")
    same(len(records(reader, 30)), 30)
    producer.begin_transaction()
    producer.send(topic, b"with offsets")
    producer.send_offsets_to_transaction({TopicPartition(topic, 0): OffsetAndMetadata(30, "", -1)}, reader.group_metadata())
    producer.commit_transaction()
    same(admin.list_group_offsets(group)[group][TopicPartition(topic, 0)].offset, 30)
    reader.close()
    second = KafkaProducer(**LOGIN, transactional_id=f"id-{RUN}")
    second.init_transactions()
    try:
        producer.begin_transaction()
        producer.send(topic, b"a zombie's").get(60)
        producer.commit_transaction()
        raise AssertionError("it was not fenced")
    except ProducerFencedError:
        pass
    second.close()
    producer.close(timeout=5)
    if f"id-{RUN}" not in [each.transactional_id for found in admin.list_transactions().values() for each in found]:
        raise AssertionError("not listed")
    same(admin.describe_transactions([f"id-{RUN}"])[f"id-{RUN}"].state.name, "EMPTY")


@step("records deleted, offsets of partitions, log directories")
def _():
    topic, place = f"{TOPIC}-None", TopicPartition(f"{TOPIC}-None", 0)
    same(admin.delete_records({place: 400})[place]["low_watermark"], 400)
    got = admin.list_partition_offsets({place: OffsetSpec.EARLIEST})
    same(got[place].offset, 400)
    sizes = [each for directory in admin.describe_log_dirs([topic])[0]["log_dirs"] for each in directory["topics"]]
    same([each["name"] for each in sizes], [topic])


@step("ACLs")
def _():
    principal = f"User:{USER or 'anybody'}"
    acl = ACL(principal, "*", ACLOperation.READ, ACLPermissionType.ALLOW, ResourcePattern(ResourceType.TOPIC, TOPIC))
    same(len(admin.create_acls([acl])["succeeded"]), 1)
    wanted = ACLFilter(principal, None, ACLOperation.ANY, ACLPermissionType.ANY,
                       ResourcePatternFilter(ResourceType.TOPIC, TOPIC, ACLResourcePatternType.ANY))
    same([each.operation for each in admin.describe_acls(wanted)[0]], [ACLOperation.READ])
    admin.delete_acls([wanted])
    same(admin.describe_acls(wanted)[0], [])


@step("topics deleted")
def _():
    names = [each for each in admin.list_topics() if each.startswith(TOPIC)]
    admin.delete_topics(names)
    same([each for each in admin.list_topics() if each.startswith(TOPIC)], [])
