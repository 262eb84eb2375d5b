// Compacted topics of a running server through the Java client: what is left of each key, tombstones,
// records without a key, how Connect and Streams ask for such topics. Each case prints "ok NAME" or
// "failed NAME: why"; the exit status says whether all passed.
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.*;

public class JavaCompaction extends JavaCases {
    static <T extends Throwable> T refused(Class<T> with, Future<?> future) throws Exception {
        try {
            future.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException why) {
            if (with.isInstance(why.getCause())) return with.cast(why.getCause());
            throw new AssertionError("expected " + with.getSimpleName() + ", got " + why.getCause());
        }
        throw new AssertionError("expected " + with.getSimpleName() + ", but it was accepted");
    }

    static Map<String, Object> with(Object... pairs) {
        var out = new HashMap<>(BASE);
        for (int i = 0; i < pairs.length; i += 2) out.put((String) pairs[i], pairs[i + 1]);
        return out;
    }

    static Producer<String, String> producer(Object... pairs) {
        return new KafkaProducer<>(with(pairs), new StringSerializer(), new StringSerializer());
    }

    static String create(Admin admin, String name, String... configs) throws Exception {
        var given = new HashMap<>(Map.of("cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0"));
        for (int i = 0; i < configs.length; i += 2) given.put(configs[i], configs[i + 1]);
        var topic = name + "-" + RUN;
        admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1).configs(given))).all().get();
        return topic;
    }

    // Everything there is now, in order; offsets must rise and the end must be reached.
    static List<ConsumerRecord<String, String>> all(String topic) {
        var at = new TopicPartition(topic, 0);
        var out = new ArrayList<ConsumerRecord<String, String>>();
        try (var from = new KafkaConsumer<>(with(), new StringDeserializer(), new StringDeserializer())) {
            from.assign(List.of(at));
            from.seekToBeginning(List.of(at));
            long end = from.endOffsets(List.of(at)).get(at);
            for (long limit = System.nanoTime() + 60_000_000_000L; from.position(at) < end;) {
                if (System.nanoTime() > limit)
                    throw new AssertionError("stuck at " + from.position(at) + " of " + end);
                for (var record : from.poll(Duration.ofMillis(200))) out.add(record);
            }
        }
        for (int i = 1; i < out.size(); ++i)
            if (out.get(i).offset() <= out.get(i - 1).offset()) throw new AssertionError("offsets fall");
        return out;
    }

    // Reads the topic again and again until it is as wanted; a pass may begin half a minute later.
    static List<ConsumerRecord<String, String>> until(String topic,
            Predicate<List<ConsumerRecord<String, String>>> wanted) throws Exception {
        List<ConsumerRecord<String, String>> now = List.of();
        for (long limit = System.nanoTime() + 120_000_000_000L; System.nanoTime() < limit;) {
            now = all(topic);
            if (wanted.test(now)) return now;
        }
        throw new AssertionError("not compacted in time: " + now.size() + " records");
    }

    static void say(Producer<String, String> to, String topic, String key, String value) throws Exception {
        to.send(new ProducerRecord<>(topic, key, value)).get();
    }

    static void newestOfEachKey(Admin admin, String codec) throws Exception {
        int keys = 100, records = 20_000;
        var topic = create(admin, "compact-" + codec);
        var newest = new HashMap<String, String>();
        try (var to = producer("compression.type", codec, "linger.ms", "2")) {
            var random = new Random(7);
            var sent = new ArrayList<Future<RecordMetadata>>();
            for (int i = 0; i < records; ++i) {
                var key = "k" + random.nextInt(keys);
                newest.put(key, "v" + i);
                sent.add(to.send(new ProducerRecord<>(topic, null, key, "v" + i,
                    new org.apache.kafka.common.header.internals.RecordHeaders().add("i", ("" + i).getBytes()))));
            }
            for (var one : sent) one.get();
            say(to, topic, "last", "1");   // what came last is never cleaned
            newest.put("last", "1");
        }
        var left = until(topic, now -> now.size() == keys + 1);
        var found = new HashMap<String, String>();
        for (var record : left) {
            found.put(record.key(), record.value());
            if (record.key().equals("last")) continue;
            same(record.value(), "v" + record.offset());
            same("v" + new String(record.headers().lastHeader("i").value()), record.value());
        }
        same(newest, found);
        same((long) records, left.get(left.size() - 1).offset());
    }

    static void tombstones(Admin admin) throws Exception {
        var topic = create(admin, "tombstones", "delete.retention.ms", "500");
        try (var to = producer()) {
            for (int i = 0; i < 10; ++i) say(to, topic, "k" + i, "v");
            for (int i = 0; i < 5; ++i) say(to, topic, "k" + i, null);
            // Only dirt makes passes: as everywhere.
            for (int i = 0; i < 400; ++i) {
                say(to, topic, "more", "" + i);
                var now = all(topic);
                if (now.stream().noneMatch(one -> one.value() == null)
                    && now.stream().noneMatch(one -> one.key().equals("k0"))) {
                    var keys = new TreeSet<String>();
                    for (var one : now) keys.add(one.key());
                    same(new TreeSet<>(Set.of("k5", "k6", "k7", "k8", "k9", "more")), keys);
                    return;
                }
                Thread.onSpinWait();
            }
        }
        throw new AssertionError("tombstones stay: " + all(topic).size());
    }

    static void withoutKey(Admin admin) throws Exception {
        var topic = create(admin, "keys");
        try (var to = producer()) {
            var why = refused(InvalidRecordException.class, to.send(new ProducerRecord<>(topic, null, "v")));
            if (!why.getMessage().contains("without key")) throw new AssertionError(why.getMessage());
            say(to, topic, "k", "v");
        }
        same(1, all(topic).size());
    }

    static String policy(Admin admin, String topic) throws Exception {
        var about = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return admin.describeConfigs(List.of(about)).all().get().get(about).get("cleanup.policy").value();
    }

    static void policies(Admin admin) throws Exception {
        // Connect: internal topics must read back exactly "compact".
        same("compact", policy(admin, create(admin, "connect-configs")));
        // Streams: changelogs of windowed stores.
        same("compact,delete", policy(admin, create(admin, "changelog", "cleanup.policy", "compact,delete",
            "retention.ms", "172800000")));
        var topic = create(admin, "back", "delete.retention.ms", "100", "min.compaction.lag.ms", "5",
            "max.compaction.lag.ms", "60000");
        var about = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        admin.incrementalAlterConfigs(Map.of(about, List.of(new AlterConfigOp(
            new ConfigEntry("cleanup.policy", "delete"), AlterConfigOp.OpType.SET)))).all().get();
        same("delete", policy(admin, topic));
        admin.incrementalAlterConfigs(Map.of(about, List.of(new AlterConfigOp(
            new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.APPEND)))).all().get();
        same("delete,compact", policy(admin, topic));
        var all = admin.describeConfigs(List.of(about)).all().get().get(about);
        same("100", all.get("delete.retention.ms").value());
        same("0", all.get("min.cleanable.dirty.ratio").value());
        for (var bad : List.of(Map.of("cleanup.policy", "compress"), Map.of("min.cleanable.dirty.ratio", "1.5"),
                Map.of("delete.retention.ms", "-1"), Map.of("max.compaction.lag.ms", "0"),
                Map.of("min.compaction.lag.ms", "2", "max.compaction.lag.ms", "1")))
            refused(InvalidConfigurationException.class, admin.createTopics(
                List.of(new NewTopic("bad-" + RUN, 1, (short) 1).configs(bad))).all()
                .toCompletionStage().toCompletableFuture());
    }

    static void policyChanges(Admin admin) throws Exception {
        var topic = create(admin, "later", "cleanup.policy", "delete");
        try (var to = producer()) {
            for (int i = 0; i < 50; ++i) say(to, topic, i % 2 == 0 ? null : "k" + i % 3, "v" + i);
            same(50, all(topic).size());
            var about = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            admin.incrementalAlterConfigs(Map.of(about, List.of(new AlterConfigOp(
                new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.SET)))).all().get();
            say(to, topic, "end", "v");
        }
        until(topic, now -> now.size() == 4 && now.stream().allMatch(one -> one.key() != null));
    }

    public static void main(String[] arguments) throws Exception {
        BASE.put("bootstrap.servers", System.getenv("KAFKA_SERVER"));
        BASE.put("security.protocol", "SASL_PLAINTEXT");
        BASE.put("sasl.mechanism", "PLAIN");
        BASE.put("sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\""
            + System.getenv("KAFKA_USER") + "\" password=\"" + System.getenv("KAFKA_PASSWORD") + "\";");
        try (var admin = Admin.create(BASE)) {
            for (var codec : List.of("none", "gzip", "snappy", "lz4", "zstd"))
                check("newest of each key, " + codec, () -> newestOfEachKey(admin, codec));
            check("tombstones", () -> tombstones(admin));
            check("a record without a key", () -> withoutKey(admin));
            check("policies", () -> policies(admin));
            check("a policy that changes", () -> policyChanges(admin));
        }
        System.exit(failed == 0 ? 0 : 1);
    }
}
