// @platformatic/kafka, which speaks only the newer versions of the protocol: codecs, groups, transactions, admin.
import {assert, env, load, step} from "../../../s3/clients/steps.mjs";

const {Admin, Consumer, MessagesStreamModes, Producer, stringDeserializers, stringSerializers} = load("@platformatic/kafka");
const options = {
    clientId: "platformatic", bootstrapBrokers: [env.KAFKA_SERVER],
    ...env.KAFKA_USER && {sasl: {mechanism: "SCRAM-SHA-512", username: env.KAFKA_USER, password: env.KAFKA_PASSWORD}},
};
const topic = `platformatic-${process.hrtime.bigint().toString(36)}`;
const start = BigInt(Date.now()) - 3_600_000n;   // within what a topic keeps
const admin = new Admin(options);
const newProducer = (more = {}) => new Producer({...options, serializers: stringSerializers, ...more});
const newConsumer = (groupId, more = {}) => new Consumer({...options, groupId, deserializers: stringDeserializers, ...more});
const make = (name, partitions = 1) => admin.createTopics({topics: [{topic: name, partitions, replicas: 1}]});

// `count` messages of a stream; one that is stuck ends the step.
async function take(stream, count) {
    const got = [], timer = setTimeout(() => stream.destroy(new Error(`only ${got.length} of ${count} messages`)), 60_000);
    try {
        for await (const message of stream) {
            got.push(message);
            if (got.length === count) return got;
        }
        throw new Error(`only ${got.length} of ${count} messages`);
    } finally {
        clearTimeout(timer);
    }
}

async function read(name, count, more = {}) {
    const consumer = newConsumer(`${name}-${Math.random()}`);
    try {
        return await take(await consumer.consume({topics: [name], mode: MessagesStreamModes.EARLIEST, autocommit: false, ...more}), count);
    } finally {
        await consumer.close(true);
    }
}

await step("topics: make, add partitions, configurations", async () => {
    const [made] = await make(topic, 2);
    assert.equal(made.partitions, 2);
    await admin.createPartitions({topics: [{name: topic, count: 3, assignments: null}]});
    const metadata = await admin.metadata({topics: [topic]});
    assert.equal(metadata.topics.get(topic).partitionsCount, 3);
    await admin.incrementalAlterConfigs({resources: [{resourceType: 2, resourceName: topic, configs: [
        {name: "retention.ms", configOperation: 0, value: "7200000"}]}]});
    const [described] = await admin.describeConfigs({resources: [{resourceType: 2, resourceName: topic, configurationKeys: null}]});
    const configs = Object.fromEntries(described.configs.map(each => [each.name, each.value]));
    assert.equal(configs["retention.ms"], "7200000");
    assert.equal(configs["cleanup.policy"], "delete");
});

for (const compression of ["none", "gzip", "snappy", "lz4", "zstd"]) {
    await step(`round trip, ${compression}, keys, headers, times`, async () => {
        const to = `${topic}-${compression}`;
        await make(to);
        const producer = newProducer({idempotent: true});
        const messages = Array.from({length: 1000}, (_, i) => ({
            topic: to, key: `key ${i}`, value: `value ${i} `.repeat(20), headers: {number: `${i}`}, timestamp: start + BigInt(i)}));
        const {offsets} = await producer.send({messages, compression, acks: -1});
        assert.equal(offsets[0].offset, 0n);
        await producer.close();
        const got = await read(to, 1000);
        assert.deepEqual(got.map(each => ({
            topic: to, key: each.key, value: each.value, headers: Object.fromEntries(each.headers), timestamp: each.timestamp})), messages);
        const [{partitions}] = await admin.listOffsets({topics: [{name: to, partitions: [{partitionIndex: 0, timestamp: start + 500n}]}]});
        assert.deepEqual([partitions[0].offset, partitions[0].timestamp], [500n, start + 500n]);
    });
}

await step("a group of two: both read, one leaves, the other takes over and goes on", async () => {
    const to = `${topic}-group`, group = `group-${topic}`;
    await make(to, 4);
    const words = {sessionTimeout: 6000, heartbeatInterval: 500};
    const members = [newConsumer(group, words), newConsumer(group, words)];
    const has = (consumer, count) => new Promise(resolve => {
        const look = ({assignments}) => {
            if ((assignments ?? []).flatMap(each => each.partitions).length === count) {
                consumer.off("consumer:group:join", look);
                resolve();
            }
        };
        consumer.on("consumer:group:join", look);
    });
    const halves = members.map(each => has(each, 2));
    const seen = new Set();   // it reads at least once: a rebalance may bring records again
    let look = () => {};
    for (const member of members) {
        const stream = await member.consume({topics: [to], mode: MessagesStreamModes.COMMITTED, fallbackMode: "earliest", autocommit: true});
        stream.on("data", message => { seen.add(Number(message.value)); look(); });
        stream.on("error", () => {});   // of the member that leaves
    }
    const until = count => new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`only ${seen.size} of ${count}`)), 60_000);
        look = () => { if (seen.size === count) { clearTimeout(timer); resolve(); } };
        look();
    });
    await Promise.all(halves);
    assert.equal((await admin.describeGroups({groups: [group]})).get(group).members.size, 2);
    const producer = newProducer();
    const send = (from, until) => producer.send({messages: Array.from({length: until - from}, (_, i) => (
        {topic: to, value: `${from + i}`, partition: i % 4}))});
    await send(0, 400);
    await until(400);
    const all = has(members[0], 4);
    await members[1].close(true);
    await all;
    await send(400, 440);
    await until(440);
    await members[0].close(true);
    await producer.close();
    const [{topics}] = await admin.listConsumerGroupOffsets({groups: [group]});
    assert.deepEqual(topics[0].partitions.map(each => each.committedOffset), [110n, 110n, 110n, 110n]);
    await admin.alterConsumerGroupOffsets({groupId: group, topics: [{name: to, partitionOffsets: [{partition: 1, offset: 7n}]}]});
    const [after] = await admin.listConsumerGroupOffsets({groups: [group]});
    assert.equal(after.topics[0].partitions.find(each => each.partitionIndex === 1).committedOffset, 7n);
    assert.ok((await admin.listGroups()).has(group));
    await admin.deleteGroups({groups: [group]});
    assert.ok(!(await admin.listGroups()).has(group));
});

await step("transactions: committed, aborted, offsets within", async () => {
    const to = `${topic}-transactions`, group = `transactions-${topic}`;
    await make(to);
    await make(`${to}-from`);
    const producer = newProducer({transactionalId: `id-${topic}`, idempotent: true});
    for (let number = 0; number < 3; ++number) {   // of one producer's aborted ones in an answer it tells only one
        const transaction = await producer.beginTransaction();
        await transaction.send({messages: Array.from({length: 10}, (_, i) => ({topic: to, value: `${number * 10 + i}`}))});
        await (number % 2 ? transaction.abort() : transaction.commit());
    }
    const committed = (await read(to, 20, {isolationLevel: 1})).map(each => Number(each.value));
    assert.deepEqual(committed, Array.from({length: 30}, (_, i) => i).filter(i => Math.floor(i / 10) % 2 === 0));
    assert.equal((await read(to, 30, {isolationLevel: 0})).length, 30);
    const plain = newProducer();
    await plain.send({messages: Array.from({length: 5}, (_, i) => ({topic: `${to}-from`, value: `${i}`}))});
    await plain.close();
    const consumer = newConsumer(group);
    const messages = await new Promise((resolve, reject) => consumer.consume(
        {topics: [`${to}-from`], mode: MessagesStreamModes.EARLIEST, autocommit: false}).then(stream => {
        const got = [], timer = setTimeout(() => reject(new Error(`only ${got.length}`)), 60_000);
        stream.on("data", each => {
            got.push(each);
            if (got.length === 5) { clearTimeout(timer); resolve(got); }
        });
    }, reject));
    const transaction = await producer.beginTransaction();
    await transaction.addConsumer(consumer);
    await transaction.send({messages: messages.map(each => ({topic: to, value: each.value}))});
    await transaction.addOffset(messages[4]);
    await transaction.commit();
    const [{topics}] = await admin.listConsumerGroupOffsets({groups: [group]});
    assert.deepEqual(topics[0].partitions.map(each => each.committedOffset), [5n]);
    await consumer.close(true);
    await producer.close();
});

await step("records deleted, ACLs, log directories, topics deleted", async () => {
    const name = `${topic}-none`;
    const [deleted] = await admin.deleteRecords({topics: [{name, partitions: [{partition: 0, offset: 400n}]}]});
    assert.equal(deleted.partitions[0].lowWatermark, 400n);
    const acl = {resourceType: 2, resourceName: name, resourcePatternType: 3, principal: `User:${env.KAFKA_USER || "anybody"}`,
                 host: "*", operation: 3, permissionType: 3};
    await admin.createAcls({creations: [acl]});
    assert.equal((await admin.describeAcls({filter: acl})).length, 1);
    await admin.deleteAcls({filters: [acl]});
    assert.equal((await admin.describeAcls({filter: acl})).length, 0);
    const directories = await admin.describeLogDirs({topics: [{name, partitions: [0]}]});
    assert.equal(directories[0].results.flatMap(each => each.topics).length, 1);
    const ours = (await admin.listTopics()).filter(each => each.startsWith(topic));
    await admin.deleteTopics({topics: ours});
    assert.deepEqual((await admin.listTopics()).filter(each => each.startsWith(topic)), []);
});
await admin.close();
