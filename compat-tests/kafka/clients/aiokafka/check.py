"""aiokafka at its defaults: codecs, groups, transactions, its admin client."""
import asyncio
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError

from kafka_steps import CLIENT, PASSWORD, RUN, SERVER, USER, same, step, within

LOGIN = {"bootstrap_servers": SERVER}
if USER:
    LOGIN |= {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "SCRAM-SHA-512",
              "sasl_plain_username": USER, "sasl_plain_password": PASSWORD}
TOPIC = f"{CLIENT}-{RUN}"
START = int(time.time() * 1000) - 3_600_000   # within what a topic keeps


def awaited(title):
    """A step of a coroutine that is given an admin client."""
    def run(work):
        async def with_admin():
            async with asyncio.timeout(150):
                admin = AIOKafkaAdminClient(**LOGIN)
                await admin.start()
                try:
                    await work(admin)
                finally:
                    await admin.close()
        step(title)(lambda: asyncio.run(with_admin()))
    return run


async def made(admin, name, partitions=1):
    answer = await admin.create_topics([NewTopic(name, partitions, 1)])
    same([(each[0], each[1]) for each in answer.topic_errors], [(name, 0)])


async def records(reader, count):
    got = []
    for _ in within(60):
        for each in (await reader.getmany(timeout_ms=500)).values():
            got += each
        if len(got) >= count:
            return got


async def read(topic, partition, count, **more):
    async with AIOKafkaConsumer(**LOGIN, auto_offset_reset="earliest", **more) as reader:
        reader.assign([TopicPartition(topic, partition)])
        return await records(reader, count)


@awaited("topics: make, describe, configurations, add partitions, no second one")
async def _(admin):
    await made(admin, TOPIC, 2)
    await admin.create_partitions({TOPIC: NewPartitions(3)})
    same([len(each["partitions"]) for each in await admin.describe_topics([TOPIC])], [3])
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC, configs={"retention.ms": "7200000"})])
    answer = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC)])
    configs = {each[0]: each[1] for each in answer[0].resources[0][4]}
    same(configs["retention.ms"], "7200000")
    try:
        again = await admin.create_topics([NewTopic(TOPIC, 1, 1)])
        same(again.topic_errors[0][1], TopicAlreadyExistsError.errno)
    except TopicAlreadyExistsError:
        pass


for codec in (None, "gzip", "snappy", "lz4", "zstd"):
    @awaited(f"round trip, {codec or 'no codec'}, keys, headers, times")
    async def _(admin, codec=codec):
        topic = f"{TOPIC}-{codec}"
        await made(admin, topic)
        expected = [(b"key %d" % i, b"value %d " % i * 20, [("h", b"%d" % i)], START + i) for i in range(1000)]
        async with AIOKafkaProducer(**LOGIN, compression_type=codec, enable_idempotence=True, linger_ms=20) as producer:
            sent = [await producer.send(topic, value, key, headers=headers, timestamp_ms=time)
                    for key, value, headers, time in expected]
            same([(await each).offset for each in sent], list(range(1000)))
        got = await read(topic, 0, 1000)
        same([(each.key, each.value, list(each.headers), each.timestamp) for each in got], expected)
        place = TopicPartition(topic, 0)
        async with AIOKafkaConsumer(**LOGIN) as reader:
            reader.assign([place])
            found = (await reader.offsets_for_times({place: START + 500}))[place]
            same((found.offset, found.timestamp), (500, START + 500))
            same(await reader.end_offsets([place]), {place: 1000})
            reader.seek(place, 777)   # in the middle of a batch
            same((await records(reader, 1))[0].offset, 777)


@awaited("a group of two: both read, one leaves, the other takes over and goes on")
async def _(admin):
    topic, group = f"{TOPIC}-group", f"group-{RUN}"
    await made(admin, topic, 4)
    words = LOGIN | {"group_id": group, "auto_offset_reset": "earliest", "enable_auto_commit": False,
                     "session_timeout_ms": 6000, "heartbeat_interval_ms": 500}
    one, two = AIOKafkaConsumer(topic, **words), AIOKafkaConsumer(topic, **words)
    await one.start()
    await two.start()
    for _ in within(60):
        await one.getmany(timeout_ms=200)
        await two.getmany(timeout_ms=200)
        if len(one.assignment()) == len(two.assignment()) == 2:
            break
    async with AIOKafkaProducer(**LOGIN) as producer:
        for number in range(400):
            await producer.send(topic, b"%d" % number, partition=number % 4)
        await producer.flush()
        got = await records(one, 200) + await records(two, 200)
        same(sorted(int(each.value) for each in got), list(range(400)))
        await one.commit()
        await two.commit()
        await two.stop()
        for _ in within(60):
            await one.getmany(timeout_ms=200)
            if len(one.assignment()) == 4:
                break
        for number in range(400, 440):
            await producer.send(topic, b"%d" % number, partition=number % 4)
        await producer.flush()
    same(sorted(int(each.value) for each in await records(one, 40)), list(range(400, 440)))
    await one.commit({TopicPartition(topic, 0): (110, "a note")})
    same(await one.committed(TopicPartition(topic, 0)), 110)
    await one.stop()
    offsets = await admin.list_consumer_group_offsets(group)
    same((offsets[TopicPartition(topic, 0)].offset, offsets[TopicPartition(topic, 0)].metadata), (110, "a note"))
    if (group, "consumer") not in await admin.list_consumer_groups():
        raise AssertionError("not listed")


@awaited("transactions: committed, aborted, offsets within")
async def _(admin):
    topic, group = f"{TOPIC}-transactions", f"transactions-{RUN}"
    await made(admin, topic)
    place = TopicPartition(topic, 0)
    async with AIOKafkaProducer(**LOGIN, transactional_id=f"id-{RUN}") as producer:
        for number in range(6):
            await producer.begin_transaction()
            for each in range(10):
                await producer.send(topic, b"%d" % (number * 10 + each))
            if number % 2:
                await producer.abort_transaction()
            else:
                await producer.commit_transaction()
        async with producer.transaction():
            await producer.send(topic, b"with offsets")
            await producer.send_offsets_to_transaction({place: 30}, group)
    expected = [b"%d" % each for each in range(60) if each // 10 % 2 == 0] + [b"with offsets"]
    got = await read(topic, 0, 31, isolation_level="read_committed")
    same([each.value for each in got], expected)
    same(len(await read(topic, 0, 61)), 61)
    same((await admin.list_consumer_group_offsets(group))[place].offset, 30)


@awaited("records deleted, topics deleted")
async def _(admin):
    topic = f"{TOPIC}-None"
    from aiokafka.admin.records_to_delete import RecordsToDelete
    await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(400)})
    async with AIOKafkaConsumer(**LOGIN) as reader:
        same(await reader.beginning_offsets([TopicPartition(topic, 0)]), {TopicPartition(topic, 0): 400})
    await admin.delete_topics([topic])
    same(topic in await admin.list_topics(), False)
