// kafkajs: every codec, groups that rebalance, transactions, its admin client.
import zlib from "node:zlib";
import {assert, env, load, step} from "../../../s3/clients/steps.mjs";

const {Kafka, CompressionTypes, CompressionCodecs, AclOperationTypes, AclPermissionTypes, AclResourceTypes,
       ConfigResourceTypes, ResourcePatternTypes, logLevel} = load("kafkajs");
const lz4 = load("@platformatic/wasm-utils");
CompressionCodecs[CompressionTypes.Snappy] = load("kafkajs-snappy");
CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: async encoder => lz4.lz4Compress(encoder.buffer),
    decompress: async buffer => lz4.lz4Decompress(buffer),
});
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async encoder => zlib.zstdCompressSync(encoder.buffer),
    decompress: async buffer => zlib.zstdDecompressSync(buffer),
});

const kafka = new Kafka({
    clientId: "kafkajs", brokers: [env.KAFKA_SERVER], logLevel: logLevel.NOTHING,
    ...env.KAFKA_USER && {sasl: {mechanism: "scram-sha-256", username: env.KAFKA_USER, password: env.KAFKA_PASSWORD}},
});
const topic = `kafkajs-${process.hrtime.bigint().toString(36)}`;
const start = Date.now() - 3_600_000;   // within what a topic keeps
const admin = kafka.admin();
await admin.connect();
const make = (name, numPartitions = 1) => admin.createTopics({topics: [{topic: name, numPartitions}]});

// Resolves when the messages a consumer was given are `count`; a consumer that is stuck ends the step.
function collect(count) {
    const got = [];
    let enough;
    const done = new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`only ${got.length} of ${count} messages`)), 60_000);
        enough = () => { clearTimeout(timer); resolve(got); };
    });
    return {done, eachMessage: async ({partition, message}) => {
        got.push({partition, ...message});
        if (got.length === count) enough();
    }};
}

async function read(name, count, more = {}) {
    const consumer = kafka.consumer({groupId: `${name}-${Math.random()}`, ...more});
    await consumer.connect();
    await consumer.subscribe({topics: [name], fromBeginning: true});
    const {done, eachMessage} = collect(count);
    await consumer.run({eachMessage});
    try {
        return await done;
    } finally {
        await consumer.disconnect();
    }
}

await step("topics: make, add partitions, describe, configurations", async () => {
    assert.equal(await make(topic, 2), true);
    assert.equal(await make(topic, 2), false);
    await admin.createPartitions({topicPartitions: [{topic, count: 3}]});
    const {topics} = await admin.fetchTopicMetadata({topics: [topic]});
    assert.equal(topics[0].partitions.length, 3);
    const resource = {type: ConfigResourceTypes.TOPIC, name: topic};
    await admin.alterConfigs({resources: [{...resource, configEntries: [{name: "retention.ms", value: "7200000"}]}]});
    const {resources} = await admin.describeConfigs({resources: [resource]});
    const configs = Object.fromEntries(resources[0].configEntries.map(each => [each.configName, each.configValue]));
    assert.equal(configs["retention.ms"], "7200000");
    assert.equal(configs["cleanup.policy"], "delete");
    const cluster = await admin.describeCluster();
    assert.equal(cluster.brokers.length, 1);
    assert.ok(cluster.clusterId);
});

for (const [name, compression] of Object.entries(CompressionTypes)) {
    await step(`round trip, ${name}, keys, headers, times`, async () => {
        const to = `${topic}-${name}`;
        await make(to);
        const producer = kafka.producer({idempotent: true, maxInFlightRequests: 1});
        await producer.connect();
        const messages = Array.from({length: 1000}, (_, i) => ({
            key: `key ${i}`, value: `value ${i} `.repeat(20), headers: {number: `${i}`}, timestamp: `${start + i}`}));
        await producer.send({topic: to, messages, compression, acks: -1});
        await producer.disconnect();
        const got = await read(to, 1000);
        assert.deepEqual(got.map(each => ({
            key: each.key.toString(), value: each.value.toString(),
            headers: {number: each.headers.number.toString()}, timestamp: each.timestamp})), messages);
        const found = await admin.fetchTopicOffsetsByTimestamp(to, start + 500);
        assert.deepEqual(found.map(each => each.offset), ["500"]);
        const [{low, high}] = await admin.fetchTopicOffsets(to);
        assert.deepEqual([low, high], ["0", "1000"]);
    });
}

await step("a group of two: both read, one leaves, the other takes over and goes on", async () => {
    const to = `${topic}-group`, groupId = `group-${topic}`;
    await make(to, 4);
    const members = [], assigned = [];
    const {done, eachMessage} = collect(400), more = collect(440);
    for (const number of [0, 1]) {
        const consumer = kafka.consumer({groupId, sessionTimeout: 6000, heartbeatInterval: 500});
        const partitions = count => new Promise(resolve => {
            const remove = consumer.on(consumer.events.GROUP_JOIN, ({payload}) => {
                if ((payload.memberAssignment[to] ?? []).length === count) { remove(); resolve(); }
            });
        });
        members.push({consumer, partitions});
        assigned.push(partitions(2));
        await consumer.connect();
        await consumer.subscribe({topics: [to], fromBeginning: true});
        await consumer.run({eachMessage: async all => {
            await eachMessage(all);
            await more.eachMessage(all);
        }});
    }
    await Promise.all(assigned);
    const {groups} = await admin.describeGroups([groupId]);
    assert.equal(groups[0].members.length, 2);
    const producer = kafka.producer();
    await producer.connect();
    const send = (from, until) => producer.send({topic: to, messages: Array.from({length: until - from}, (_, i) => (
        {value: `${from + i}`, partition: i % 4}))});
    await send(0, 400);
    assert.deepEqual((await done).map(each => Number(each.value)).sort((a, b) => a - b), Array.from({length: 400}, (_, i) => i));
    const all = members[0].partitions(4);
    await members[1].consumer.disconnect();
    await all;
    await send(400, 440);
    const values = (await more.done).map(each => Number(each.value)).sort((a, b) => a - b);
    assert.deepEqual(values, Array.from({length: 440}, (_, i) => i));
    await members[0].consumer.disconnect();
    const [{partitions}] = await admin.fetchOffsets({groupId, topics: [to]});
    assert.deepEqual(partitions.map(each => each.offset), ["110", "110", "110", "110"]);
    await admin.setOffsets({groupId, topic: to, partitions: [{partition: 1, offset: "7"}]});
    const [after] = await admin.fetchOffsets({groupId, topics: [to]});
    assert.equal(after.partitions.find(each => each.partition === 1).offset, "7");
    assert.ok((await admin.listGroups()).groups.some(each => each.groupId === groupId));
    await admin.deleteGroups([groupId]);
    assert.ok(!(await admin.listGroups()).groups.some(each => each.groupId === groupId));
    await producer.disconnect();
});

await step("transactions: committed, aborted, offsets within", async () => {
    const to = `${topic}-transactions`, groupId = `transactions-${topic}`;
    await make(to);
    const producer = kafka.producer({transactionalId: `id-${topic}`, maxInFlightRequests: 1, idempotent: true});
    await producer.connect();
    for (let number = 0; number < 6; ++number) {
        const transaction = await producer.transaction();
        await transaction.send({topic: to, messages: Array.from({length: 10}, (_, i) => ({value: `${number * 10 + i}`}))});
        if (number === 4)
            await transaction.sendOffsets({consumerGroupId: groupId, topics: [{topic: to, partitions: [{partition: 0, offset: "30"}]}]});
        await (number % 2 ? transaction.abort() : transaction.commit());
    }
    await producer.disconnect();
    const committed = (await read(to, 30)).map(each => Number(each.value));
    assert.deepEqual(committed, Array.from({length: 60}, (_, i) => i).filter(i => Math.floor(i / 10) % 2 === 0));
    assert.equal((await read(to, 60, {readUncommitted: true})).length, 60);
    const [{partitions}] = await admin.fetchOffsets({groupId, topics: [to]});
    assert.deepEqual(partitions.map(each => each.offset), ["30"]);
});

await step("records deleted, ACLs, topics deleted", async () => {
    const name = `${topic}-None`;
    await admin.deleteTopicRecords({topic: name, partitions: [{partition: 0, offset: "400"}]});
    const [{low}] = await admin.fetchTopicOffsets(name);
    assert.equal(low, "400");
    const acl = {
        resourceType: AclResourceTypes.TOPIC, resourceName: name, resourcePatternType: ResourcePatternTypes.LITERAL,
        principal: `User:${env.KAFKA_USER || "anybody"}`, host: "*", operation: AclOperationTypes.READ, permissionType: AclPermissionTypes.ALLOW};
    assert.equal(await admin.createAcls({acl: [acl]}), true);
    const {resources} = await admin.describeAcls(acl);
    assert.deepEqual(resources.map(each => each.acls.length), [1]);
    await admin.deleteAcls({filters: [acl]});
    assert.deepEqual((await admin.describeAcls(acl)).resources, []);
    const ours = (await admin.listTopics()).filter(each => each.startsWith(topic));
    assert.equal(ours.length, 8);
    await admin.deleteTopics({topics: ours});
    assert.deepEqual((await admin.listTopics()).filter(each => each.startsWith(topic)), []);
});
await admin.disconnect();
