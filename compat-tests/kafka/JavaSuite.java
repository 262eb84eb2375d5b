// Drives a running server with the Java client at its default settings (idempotent producer, classic
// group protocol, admin) and checks what comes back by content. Each case prints "ok NAME" or
// "failed NAME: why"; the exit status says whether all passed.
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.*;

public class JavaSuite extends JavaCases {
    static <T extends Throwable> void refused(Class<T> with, KafkaFuture<?> future) throws Exception {
        try {
            future.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException why) {
            if (with.isInstance(why.getCause())) return;
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

    static Consumer<String, String> consumer(String group, Object... pairs) {
        var settings = with(pairs);
        settings.put("group.id", group);
        settings.putIfAbsent("auto.offset.reset", "earliest");
        return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }

    static void create(Admin admin, String topic, int partitions) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
    }

    // Until `count` values came.
    static List<String> take(Consumer<String, String> from, int count) {
        var out = new ArrayList<String>();
        for (long end = System.nanoTime() + 60_000_000_000L; out.size() < count && System.nanoTime() < end;)
            for (var record : from.poll(Duration.ofMillis(200))) out.add(record.value());
        return out;
    }

    static void fill(String topic, int count, Object... pairs) throws Exception {
        try (var to = producer(pairs)) {
            var sent = new ArrayList<Future<RecordMetadata>>();
            for (int i = 0; i < count; ++i) sent.add(to.send(new ProducerRecord<>(topic, "k" + i, "v" + i)));
            for (var one : sent) one.get();
        }
    }

    static void topics(Admin admin) throws Exception {
        var topic = "topics-" + RUN;
        create(admin, topic, 3);
        var described = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
        same(3, described.partitions().size());
        same(1, described.partitions().get(0).leader().id());
        if (described.topicId().equals(Uuid.ZERO_UUID)) throw new AssertionError("no topic id");
        if (!admin.listTopics().names().get().contains(topic)) throw new AssertionError("not listed");
        refused(TopicExistsException.class, admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all());
        refused(InvalidReplicationFactorException.class,
                admin.createTopics(List.of(new NewTopic(topic + "x", 1, (short) 3))).all());
        refused(InvalidConfigurationException.class, admin.createTopics(List.of(
            new NewTopic(topic + "x", 1, (short) 1).configs(Map.of("flush.ms", "5")))).all());
        refused(InvalidTopicException.class, admin.createTopics(List.of(new NewTopic("a b", 1, (short) 1))).all());
        admin.deleteTopics(List.of(topic)).all().get();
        refused(UnknownTopicOrPartitionException.class, admin.describeTopics(List.of(topic)).allTopicNames());
    }

    static void configs(Admin admin) throws Exception {
        var topic = "configs-" + RUN;
        admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1).configs(Map.of("retention.ms", "123456"))))
            .all().get();
        var about = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        var broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        var all = admin.describeConfigs(List.of(about, broker)).all().get();
        same("123456", all.get(about).get("retention.ms").value());
        same(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, all.get(about).get("retention.ms").source());
        same("delete", all.get(about).get("cleanup.policy").value());
        same("1", all.get(broker).get("default.replication.factor").value());
    }

    static void produceAndConsume(Admin admin, String codec) throws Exception {
        var topic = "codec-" + codec + "-" + RUN;
        create(admin, topic, 1);
        fill(topic, 1000, "compression.type", codec, "linger.ms", "20");
        try (var from = consumer("codec-" + codec + "-" + RUN)) {
            from.subscribe(List.of(topic));
            var values = take(from, 1000);
            same(1000, values.size());
            for (int i = 0; i < 1000; ++i) same("v" + i, values.get(i));
        }
    }

    static void headersAndTombstones(Admin admin) throws Exception {
        var topic = "headers-" + RUN;
        create(admin, topic, 1);
        try (var to = producer()) {
            var record = new ProducerRecord<String, String>(topic, "key", null);
            record.headers().add("h", new byte[] {1, 2});
            to.send(record).get();
        }
        try (var from = consumer("headers-" + RUN)) {
            from.subscribe(List.of(topic));
            for (;;)
                for (var record : from.poll(Duration.ofSeconds(1))) {
                    same(null, record.value());
                    same(2, record.headers().lastHeader("h").value().length);
                    return;
                }
        }
    }

    static void committedOffsetsGoOn(Admin admin) throws Exception {
        var topic = "commit-" + RUN;
        var group = "commit-" + RUN;
        create(admin, topic, 1);
        fill(topic, 10);
        var partition = new TopicPartition(topic, 0);
        try (var from = consumer(group, "enable.auto.commit", "false")) {
            from.subscribe(List.of(topic));
            take(from, 10);
            from.commitSync(Map.of(partition, new OffsetAndMetadata(4, "note")));
        }
        try (var from = consumer(group, "enable.auto.commit", "false")) {
            from.subscribe(List.of(topic));
            same("v4", take(from, 1).get(0));
            same("note", from.committed(Set.of(partition)).get(partition).metadata());
        }
        same(4L, admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition).offset());
    }

    // Two consumers share four partitions; when one leaves the other gets all of them.
    static void rebalance(Admin admin) throws Exception {
        var topic = "rebalance-" + RUN;
        var group = "rebalance-" + RUN;
        create(admin, topic, 4);
        try (var one = consumer(group)) {
            one.subscribe(List.of(topic));
            await("all four", () -> one.assignment().size() == 4, () -> one.poll(Duration.ofMillis(50)));
            var two = consumer(group);
            two.subscribe(List.of(topic));
            var stop = new java.util.concurrent.atomic.AtomicBoolean();
            var size = new java.util.concurrent.atomic.AtomicInteger();
            var other = new Thread(() -> {
                while (!stop.get()) {
                    two.poll(Duration.ofMillis(50));
                    size.set(two.assignment().size());
                }
                two.close();
            });
            other.start();
            await("two each", () -> one.assignment().size() == 2 && size.get() == 2,
                  () -> one.poll(Duration.ofMillis(50)));
            var described = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
            same(2, described.members().size());
            stop.set(true);
            await("all four again", () -> one.assignment().size() == 4, () -> one.poll(Duration.ofMillis(50)));
            other.join();
        }
        var ids = admin.listConsumerGroups().all().get().stream().map(ConsumerGroupListing::groupId).toList();
        if (!ids.contains(group)) throw new AssertionError("an empty group is not listed");
    }

    static void await(String what, BooleanSupplier reached, Runnable step) {
        for (long end = System.nanoTime() + 60_000_000_000L; !reached.getAsBoolean(); step.run())
            if (System.nanoTime() > end) throw new AssertionError("never: " + what);
    }

    static void offsetsByTime(Admin admin) throws Exception {
        var topic = "times-" + RUN;
        create(admin, topic, 1);
        var partition = new TopicPartition(topic, 0);
        long now = System.currentTimeMillis();
        try (var to = producer()) {
            for (int i = 0; i < 5; ++i)
                to.send(new ProducerRecord<>(topic, 0, now - 5000 + i * 1000, "k", "v" + i)).get();
        }
        try (var from = consumer("times-" + RUN)) {
            same(3L, from.offsetsForTimes(Map.of(partition, now - 2500)).get(partition).offset());
            same(null, from.offsetsForTimes(Map.of(partition, now + 99_000)).get(partition));
            same(0L, from.beginningOffsets(Set.of(partition)).get(partition));
            same(5L, from.endOffsets(Set.of(partition)).get(partition));
        }
        var newest = admin.listOffsets(Map.of(partition, OffsetSpec.maxTimestamp())).partitionResult(partition).get();
        same(4L, newest.offset());
    }

    static void tooLarge(Admin admin) throws Exception {
        var topic = "large-" + RUN;
        create(admin, topic, 1);
        try (var to = producer("max.request.size", "4000000", "batch.size", "1")) {
            to.send(new ProducerRecord<>(topic, "x".repeat(2_000_000))).get();
            throw new AssertionError("accepted");
        } catch (ExecutionException why) {
            if (!(why.getCause() instanceof RecordTooLargeException)) throw why;
        }
    }

    static void wrongPassword() throws Exception {
        var wrong = with("sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required "
            + "username=\"root\" password=\"wrong-password\";");
        try (var admin = Admin.create(wrong)) {
            refused(SaslAuthenticationException.class, admin.listTopics().names());
        }
    }

    static void scram(String mechanism, String user, String password) throws Exception {
        var settings = with("sasl.mechanism", mechanism, "sasl.jaas.config",
            "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"" + user
            + "\" password=\"" + password + "\";");
        try (var admin = Admin.create(settings)) {
            admin.describeCluster().nodes().get(30, TimeUnit.SECONDS);
        }
    }

    public static void main(String[] arguments) throws Exception {
        var user = System.getenv("KAFKA_USER");
        var password = System.getenv("KAFKA_PASSWORD");
        BASE.put("bootstrap.servers", System.getenv("KAFKA_SERVER"));
        BASE.put("security.protocol", "SASL_PLAINTEXT");
        BASE.put("sasl.mechanism", "PLAIN");
        BASE.put("sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\""
            + user + "\" password=\"" + password + "\";");
        try (var admin = Admin.create(BASE)) {
            check("topics", () -> topics(admin));
            check("configs", () -> configs(admin));
            for (var codec : List.of("none", "gzip", "snappy", "lz4", "zstd"))
                check("produce and consume, " + codec, () -> produceAndConsume(admin, codec));
            check("headers and null values", () -> headersAndTombstones(admin));
            check("committed offsets go on", () -> committedOffsetsGoOn(admin));
            check("rebalance", () -> rebalance(admin));
            check("offsets by time", () -> offsetsByTime(admin));
            check("too large a batch", () -> tooLarge(admin));
        }
        check("wrong password", () -> wrongPassword());
        check("SCRAM-SHA-256", () -> scram("SCRAM-SHA-256", user, password));
        check("SCRAM-SHA-512", () -> scram("SCRAM-SHA-512", user, password));
        System.exit(failed == 0 ? 0 : 1);
    }
}
