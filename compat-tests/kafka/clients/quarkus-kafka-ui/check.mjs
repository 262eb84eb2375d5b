// Quarkus' user interface for Kafka, asked as its pages ask: topics, messages, groups with their lag, nodes, ACLs.
import {spawn} from "node:child_process";
import {cpSync, openSync} from "node:fs";
import {createServer} from "node:net";
import {assert, env, load, step} from "../../../s3/clients/steps.mjs";

const {Kafka, AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes, logLevel} = load("kafkajs");
const kafka = new Kafka({
    brokers: [env.KAFKA_SERVER], logLevel: logLevel.NOTHING,
    ...env.KAFKA_USER && {sasl: {mechanism: "plain", username: env.KAFKA_USER, password: env.KAFKA_PASSWORD}},
});
const topic = `ui-${process.hrtime.bigint().toString(36)}`, groupId = `group-${topic}`;

const freePort = () => new Promise(resolve => {
    const server = createServer().listen(0, "127.0.0.1", () => {
        const {port} = server.address();
        server.close(() => resolve(port));
    });
});

// The application, in development mode, with the server's settings; its console is its log.
async function start() {
    const port = await freePort();
    cpSync(`${env.CLIENT_HOME}/project`, `${env.WORK}/project`, {recursive: true});
    const settings = ["-Dquarkus.analytics.disabled=true", `-Dquarkus.http.port=${port}`, `-Dkafka.bootstrap.servers=${env.KAFKA_SERVER}`];
    if (env.KAFKA_USER)
        settings.push("-Dkafka.security.protocol=SASL_PLAINTEXT", "-Dkafka.sasl.mechanism=SCRAM-SHA-512",
                      "-Dkafka.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required " +
                      `username="${env.KAFKA_USER}" password="${env.KAFKA_PASSWORD}";`);
    const log = openSync(`${env.WORK}/quarkus.log`, "a");
    const program = spawn(`${env.CLIENT_HOME}/mvn`, ["--batch-mode", "-f", `${env.WORK}/project/pom.xml`, "quarkus:dev",
                                  "-Ddebug=false", "-Djvm.args=-Xmx400m", ...settings],
                          {stdio: ["pipe", log, log], detached: true});
    process.on("exit", () => { try { process.kill(-program.pid, "SIGKILL"); } catch {} });
    const end = Date.now() + 60_000 * 5 * Number(env.CLIENT_PATIENCE ?? 1);
    for (;;) {   // asked again until it listens
        try {
            const page = await fetch(`http://127.0.0.1:${port}/q/dev-ui/`);
            if (page.ok) break;
        } catch {}
        if (program.exitCode !== null || Date.now() > end) {
            console.log(`FAIL ${env.CLIENT} it starts`);
            process.exit(1);
        }
        await new Promise(resolve => setTimeout(resolve, 500));
    }
    const socket = new WebSocket(`ws://127.0.0.1:${port}/q/dev-ui/json-rpc-ws`);
    await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; });
    let last = 0;
    const waiting = new Map();
    socket.onmessage = ({data}) => {
        const {id, result, error} = JSON.parse(data);
        const {resolve, reject} = waiting.get(id) ?? {};
        if (error) reject?.(new Error(JSON.stringify(error)));
        else resolve?.(result.object);
    };
    return (method, params = {}) => new Promise((resolve, reject) => {
        const id = ++last;
        waiting.set(id, {resolve, reject});
        setTimeout(() => reject(new Error(`no answer to ${method}`)), 120_000).unref();
        socket.send(JSON.stringify({jsonrpc: "2.0", method: `quarkus-kafka-client_${method}`, params, id}));
    });
}

const admin = kafka.admin();
await admin.connect();
let ask;
await step("it starts", async () => { ask = await start(); });

await step("topics: made and listed", async () => {
    const made = await ask("createTopic", {topicName: topic, partitions: 3, replications: 1, configs: {"retention.ms": "7200000"}});
    assert.equal(made.find(each => each.name === topic).partitionsCount, 3);
    const {resources} = await admin.describeConfigs({resources: [{type: 2, name: topic, configNames: ["retention.ms"]}]});
    assert.equal(resources[0].configEntries[0].configValue, "7200000");
});

await step("messages: written and shown", async () => {
    await ask("createMessage", {topicName: topic, partition: 1, value: "a value", key: "a key", headers: {}});
    const {messages} = await ask("topicMessages", {topicName: topic});
    assert.deepEqual(messages.map(each => [each.partition, each.key, each.value]), [[1, "a key", "a value"]]);
    assert.equal((await ask("getTopics")).find(each => each.name === topic).nmsg, 1);
});

await step("groups with their members and lag, nodes", async () => {
    const consumer = kafka.consumer({groupId});
    await consumer.connect();
    await consumer.subscribe({topics: [topic], fromBeginning: true});
    await new Promise((resolve, reject) => consumer.run({eachMessage: async () => resolve()}).catch(reject));
    await consumer.commitOffsets([{topic, partition: 1, offset: "0"}]);
    const info = await ask("getInfo");
    const group = info.consumerGroups.find(each => each.name === groupId);
    assert.equal(group.state, "STABLE");
    assert.equal(group.members.length, 1);
    assert.equal(info.clusterInfo.nodes.length, 1);
    await consumer.disconnect();
});

await step("ACLs", async () => {
    const principal = `User:${env.KAFKA_USER || "anybody"}`;
    await admin.createAcls({acl: [{
        resourceType: AclResourceTypes.TOPIC, resourceName: topic, resourcePatternType: ResourcePatternTypes.LITERAL,
        principal, host: "*", operation: AclOperationTypes.READ, permissionType: AclPermissionTypes.ALLOW}]});
    const {entries} = await ask("getAclInfo");
    assert.ok(entries.some(each => each.principal === principal && each.operation === "READ" && each.pattern.includes(topic)),
              JSON.stringify(entries));
});

await step("topics deleted", async () => {
    const left = await ask("deleteTopic", {topicName: topic});
    assert.ok(!left.some(each => each.name === topic));
});
await admin.disconnect();
process.exit(0);
