// Consumer groups of KIP-848 (group.protocol=consumer) with the Java client: members that share, come, go, die and
// come back, subscriptions by expression, both assignors, offsets, and migration from and to the classic protocol.
// Everything is checked by content: each record is read, and read once where nobody died. Each case prints
// "ok NAME" or "failed NAME: why"; the exit status says whether all passed.
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.*;

public class JavaConsumerGroups extends JavaCases {
    static final int PARTITIONS = 12;
    static Admin admin;

    static Map<String, Object> with(Object... pairs) {
        var out = new HashMap<>(BASE);
        for (int i = 0; i < pairs.length; i += 2) out.put((String) pairs[i], pairs[i + 1]);
        return out;
    }

    interface Subscribe {
        void on(Consumer<String, String> consumer);
    }

    // A consumer in a thread of its own, which polls until it is closed.
    static class Reader implements AutoCloseable {
        final Consumer<String, String> consumer;
        final List<String> values = Collections.synchronizedList(new ArrayList<>());
        volatile Set<TopicPartition> mine = Set.of();
        volatile boolean ends = false;
        volatile Throwable trouble;
        final Thread thread;

        Reader(String group, Subscribe subscribe, Object... pairs) {
            var settings = with(pairs);
            settings.put("group.id", group);
            settings.putIfAbsent("group.protocol", "consumer");
            settings.put("auto.offset.reset", "earliest");
            settings.put("enable.auto.commit", "false");
            settings.put("metadata.max.age.ms", "1000");
            consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
            thread = new Thread(() -> {
                try {
                    subscribe.on(consumer);
                    while (!ends) {
                        var some = consumer.poll(Duration.ofMillis(100));
                        for (var record : some) values.add(record.value());
                        mine = Set.copyOf(consumer.assignment());
                        // The client tries to commit for a topic that is gone until its own deadline.
                        if (some.isEmpty()) continue;
                        try {
                            consumer.commitSync();
                        } catch (CommitFailedException | RebalanceInProgressException again) {
                            continue;
                        }
                    }
                } catch (Throwable why) {
                    trouble = why;
                } finally {
                    consumer.close();
                }
            });
            thread.start();
        }

        static Reader of(String group, String topic, Object... pairs) {
            return new Reader(group, consumer -> consumer.subscribe(List.of(topic)), pairs);
        }

        public void close() throws Exception {
            ends = true;
            thread.join();
            if (trouble != null) throw new AssertionError("a reader failed", trouble);
        }
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    static void until(String what, Condition condition) throws Exception {
        for (long end = System.nanoTime() + 90_000_000_000L; System.nanoTime() < end; Thread.sleep(50))
            if (condition.holds()) return;
        throw new AssertionError("not in time: " + what);
    }

    // Each has its size, and all partitions of the topic have one reader.
    static void untilShared(int partitions, Map<Reader, Integer> sizes) throws Exception {
        until("shares " + sizes.values(), () -> {
            var all = new HashSet<TopicPartition>();
            int count = 0;
            for (var one : sizes.entrySet()) {
                if (one.getKey().trouble != null) throw new AssertionError("a reader failed", one.getKey().trouble);
                if (one.getKey().mine.size() != one.getValue()) return false;
                all.addAll(one.getKey().mine);
                count += one.getValue();
            }
            return all.size() == partitions && count == partitions;
        });
    }

    static void create(String topic, int partitions) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
    }

    static Set<String> fill(String topic, int from, int count) throws Exception {
        var out = new TreeSet<String>();
        try (var to = new KafkaProducer<>(with(), new StringSerializer(), new StringSerializer())) {
            for (int i = from; i < from + count; ++i) {
                to.send(new ProducerRecord<>(topic, i % PARTITIONS, "k", "v" + i));
                out.add("v" + i);
            }
            to.flush();
        }
        return out;
    }

    static void untilRead(Set<String> wanted, Reader... readers) throws Exception {
        until("all " + wanted.size() + " values", () -> {
            var seen = new HashSet<String>();
            for (var one : readers) synchronized (one.values) { seen.addAll(one.values); }
            return seen.containsAll(wanted);
        });
    }

    static void readOnce(Set<String> wanted, Reader... readers) {
        var all = new ArrayList<String>();
        for (var one : readers) all.addAll(one.values);
        Collections.sort(all);
        same(new ArrayList<>(wanted), all);
    }

    static ConsumerGroupDescription describe(String group) throws Exception {
        return admin.describeConsumerGroups(List.of(group)).all().get().get(group);
    }

    static void sharing() throws Exception {
        var topic = "share-" + RUN;
        create(topic, PARTITIONS);
        var first = fill(topic, 0, 240);
        try (var a = Reader.of(topic, topic)) {
            untilShared(PARTITIONS, Map.of(a, 12));
            untilRead(first, a);
            try (var b = Reader.of(topic, topic)) {
                untilShared(PARTITIONS, Map.of(a, 6, b, 6));
                var c = Reader.of(topic, topic);
                untilShared(PARTITIONS, Map.of(a, 4, b, 4, c, 4));
                var wanted = new TreeSet<>(first);
                wanted.addAll(fill(topic, 240, 240));
                untilRead(wanted, a, b, c);
                var shown = describe(topic);
                same(GroupType.CONSUMER, shown.type());
                same(GroupState.STABLE, shown.groupState());
                same("uniform", shown.partitionAssignor());
                same(3, shown.members().size());
                same(shown.groupEpoch(), shown.targetAssignmentEpoch());
                for (var member : shown.members()) {
                    same(4, member.assignment().topicPartitions().size());
                    same(member.assignment(), member.targetAssignment().get());
                    same(shown.groupEpoch(), member.memberEpoch());
                    same(Optional.of(true), member.upgraded());
                }
                c.close();
                untilShared(PARTITIONS, Map.of(a, 6, b, 6));
                wanted.addAll(fill(topic, 480, 120));
                untilRead(wanted, a, b, c);
                readOnce(wanted, a, b, c);
            }
        }
        same(GroupState.EMPTY, describe(topic).groupState());
        admin.deleteConsumerGroups(List.of(topic)).all().get();
    }

    // The child of dies(): reads until it is killed.
    static void child(String topic) throws Exception {
        var one = Reader.of(topic, topic);
        until("some", () -> one.mine.size() == 6);
        System.out.println("reading");
        one.thread.join();
    }

    static void dies() throws Exception {
        var topic = "dies-" + RUN;
        create(topic, PARTITIONS);
        try (var a = Reader.of(topic, topic)) {
            untilShared(PARTITIONS, Map.of(a, 12));
            var java = ProcessHandle.current().info().command().get();
            var process = new ProcessBuilder(java, "-Xmx64m", "-XX:+UseSerialGC", "-cp",
                System.getProperty("java.class.path"), "JavaConsumerGroups", topic).start();
            try (var out = process.inputReader()) {
                same("reading", out.readLine());
                until("half", () -> a.mine.size() == 6);
            } finally {
                process.destroyForcibly().waitFor();
            }
            untilShared(PARTITIONS, Map.of(a, 12));
            var wanted = fill(topic, 0, 60);
            untilRead(wanted, a);
        }
    }

    static void staticMembers() throws Exception {
        var topic = "static-" + RUN;
        create(topic, PARTITIONS);
        try (var a = Reader.of(topic, topic, "group.instance.id", "a")) {
            var b = Reader.of(topic, topic, "group.instance.id", "b");
            untilShared(PARTITIONS, Map.of(a, 6, b, 6));
            var had = b.mine;
            int epoch = describe(topic).groupEpoch().get();
            b.close();
            same(6, a.mine.size());
            try (var again = Reader.of(topic, topic, "group.instance.id", "b")) {
                untilShared(PARTITIONS, Map.of(a, 6, again, 6));
                same(had, again.mine);
                same(epoch, describe(topic).groupEpoch().get());
                var other = Reader.of(topic, topic, "group.instance.id", "b");
                until("the instance id is in use", () -> other.trouble != null);
                if (!(other.trouble instanceof UnreleasedInstanceIdException))
                    throw new AssertionError("got " + other.trouble);
            }
        }
    }

    static void expressions() throws Exception {
        var topic = "exp-" + RUN;
        create(topic + "-1", 2);
        create("other-" + topic, 2);
        try (var a = new Reader(topic, one -> one.subscribe(new SubscriptionPattern(topic + "-[0-9]+")))) {
            until("one topic", () -> a.mine.size() == 2);
            create(topic + "-22", 3);
            until("a topic that came later", () -> a.mine.size() == 5);
            admin.createPartitions(Map.of(topic + "-1", NewPartitions.increaseTo(4))).all().get();
            until("a topic that grew", () -> a.mine.size() == 7);
            admin.deleteTopics(List.of(topic + "-22")).all().get();
            until("a topic that went", () -> a.mine.size() == 4);
        }
        var bad = new Reader(topic + "-bad", one -> one.subscribe(new SubscriptionPattern("(a")));
        until("refused", () -> bad.trouble != null);
        if (!(bad.trouble instanceof InvalidRegularExpression)) throw new AssertionError("got " + bad.trouble);
    }

    static void assignors() throws Exception {
        var topic = "range-" + RUN;
        create(topic, 7);
        try (var a = Reader.of(topic, topic, "group.remote.assignor", "range");
             var b = Reader.of(topic, topic, "group.remote.assignor", "range")) {
            until("ranges", () -> {
                var sizes = new TreeSet<>(List.of(a.mine.size(), b.mine.size()));
                return sizes.equals(Set.of(3, 4));
            });
            same("range", describe(topic).partitionAssignor());
        }
        var bad = Reader.of(topic + "-bad", topic, "group.remote.assignor", "best");
        until("refused", () -> bad.trouble != null);
        if (!(bad.trouble instanceof UnsupportedAssignorException)) throw new AssertionError("got " + bad.trouble);
    }

    static void otherSubscriptions() throws Exception {
        var one = "one-" + RUN;
        var two = "two-" + RUN;
        create(one, 4);
        create(two, 4);
        try (var a = new Reader(one, c -> c.subscribe(List.of(one)));
             var b = new Reader(one, c -> c.subscribe(List.of(one, two)))) {
            until("each reads what it asked for", () -> a.mine.size() == 4 && b.mine.size() == 4);
            same(Set.of(two), b.mine.stream().map(TopicPartition::topic).collect(Collectors.toSet()));
        }
    }

    static void migration() throws Exception {
        var topic = "moves-" + RUN;
        create(topic, PARTITIONS);
        var wanted = new TreeSet<>(fill(topic, 0, 120));
        var cooperative = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor";
        try (var old = Reader.of(topic, topic, "group.protocol", "classic", "partition.assignment.strategy", cooperative,
                                 "heartbeat.interval.ms", "500", "session.timeout.ms", "10000")) {
            untilShared(PARTITIONS, Map.of(old, 12));
            untilRead(wanted, old);
            same(GroupType.CLASSIC, describe(topic).type());
            var young = Reader.of(topic, topic);
            untilShared(PARTITIONS, Map.of(old, 6, young, 6));
            var shown = describe(topic);
            same(GroupType.CONSUMER, shown.type());
            same(Set.of(Optional.of(true), Optional.of(false)),
                 shown.members().stream().map(MemberDescription::upgraded).collect(Collectors.toSet()));
            wanted.addAll(fill(topic, 120, 120));
            untilRead(wanted, old, young);
            young.close();
            until("classic again", () -> describe(topic).type() == GroupType.CLASSIC);
            untilShared(PARTITIONS, Map.of(old, 12));
            wanted.addAll(fill(topic, 240, 120));
            untilRead(wanted, old, young);
        }
        // The classic default, which gives up all it has to join again.
        try (var old = Reader.of(topic + "e", topic, "group.protocol", "classic", "heartbeat.interval.ms", "500",
                                 "session.timeout.ms", "10000")) {
            untilShared(PARTITIONS, Map.of(old, 12));
            try (var young = Reader.of(topic + "e", topic)) {
                untilShared(PARTITIONS, Map.of(old, 6, young, 6));
                untilRead(wanted, old, young);
            }
        }
    }

    static void offsets() throws Exception {
        var topic = "offsets-" + RUN;
        create(topic, PARTITIONS);
        var wanted = new TreeSet<>(fill(topic, 0, 60));
        try (var a = Reader.of(topic, topic)) {
            untilRead(wanted, a);
        }
        var more = fill(topic, 60, 60);
        try (var b = Reader.of(topic, topic)) {
            untilRead(more, b);
            readOnce(more, b);
        }
        var committed = admin.listConsumerGroupOffsets(topic).partitionsToOffsetAndMetadata().get();
        same(PARTITIONS, committed.size());
        for (var one : committed.values()) same(10L, one.offset());
        try (var c = Reader.of(topic, topic)) {
            untilShared(PARTITIONS, Map.of(c, 12));
            try {
                admin.alterConsumerGroupOffsets(topic, Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(1)))
                    .all().get();
                throw new AssertionError("offsets of a group with members were changed");
            } catch (ExecutionException why) {
                if (!(why.getCause() instanceof UnknownMemberIdException)) throw why;
            }
        }
        admin.alterConsumerGroupOffsets(topic, Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(1)))
            .all().get();
    }

    static void transactions() throws Exception {
        var topic = "txn-" + RUN;
        create(topic, 1);
        fill1(topic, 10);
        var settings = with("group.id", topic, "group.protocol", "consumer", "auto.offset.reset", "earliest",
                            "enable.auto.commit", "false");
        try (var from = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
             var to = new KafkaProducer<>(with("transactional.id", topic), new StringSerializer(), new StringSerializer())) {
            from.subscribe(List.of(topic));
            int count = 0;
            for (long end = System.nanoTime() + 60_000_000_000L; count < 10 && System.nanoTime() < end;)
                count += from.poll(Duration.ofMillis(200)).count();
            same(10, count);
            to.initTransactions();
            to.beginTransaction();
            to.sendOffsetsToTransaction(Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(10)),
                                        from.groupMetadata());
            to.commitTransaction();
            to.beginTransaction();
            var stale = new ConsumerGroupMetadata(topic, from.groupMetadata().generationId() + 5,
                                                  from.groupMetadata().memberId(), Optional.empty());
            try {
                to.sendOffsetsToTransaction(Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(1)), stale);
                to.commitTransaction();
                throw new AssertionError("another epoch was taken");
            } catch (CommitFailedException why) {
                to.abortTransaction();
            }
        }
        var committed = admin.listConsumerGroupOffsets(topic).partitionsToOffsetAndMetadata().get();
        same(10L, committed.get(new TopicPartition(topic, 0)).offset());
    }

    static void fill1(String topic, int count) throws Exception {
        try (var to = new KafkaProducer<>(with(), new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < count; ++i) to.send(new ProducerRecord<>(topic, 0, "k", "v" + i));
            to.flush();
        }
    }

    static void listing() throws Exception {
        var topic = "list-" + RUN;
        create(topic, 1);
        try (var a = Reader.of(topic, topic)) {
            until("it reads", () -> a.mine.size() == 1);
            var consumers = admin.listGroups(new ListGroupsOptions().withTypes(Set.of(GroupType.CONSUMER))).all().get();
            if (consumers.stream().noneMatch(one -> one.groupId().equals(topic)))
                throw new AssertionError("not among the consumer groups");
            var classic = admin.listGroups(new ListGroupsOptions().withTypes(Set.of(GroupType.CLASSIC))).all().get();
            if (classic.stream().anyMatch(one -> one.groupId().equals(topic)))
                throw new AssertionError("among the classic groups");
            var resource = new ConfigResource(ConfigResource.Type.GROUP, topic);
            var config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
            if (config.get("consumer.session.timeout.ms") == null) throw new AssertionError("no session timeout");
        }
        var feature = admin.describeFeatures().featureMetadata().get().finalizedFeatures().get("group.version");
        same((short) 1, feature.maxVersionLevel());
    }

    public static void main(String[] arguments) throws Exception {
        BASE.put("bootstrap.servers", System.getenv("KAFKA_SERVER"));
        if (System.getenv("KAFKA_USER") != null) {
            BASE.put("security.protocol", "SASL_PLAINTEXT");
            BASE.put("sasl.mechanism", "PLAIN");
            BASE.put("sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\""
                + System.getenv("KAFKA_USER") + "\" password=\"" + System.getenv("KAFKA_PASSWORD") + "\";");
        }
        if (arguments.length > 0) {
            child(arguments[0]);
            return;
        }
        admin = Admin.create(BASE);
        check("consumer protocol: two and three share, one leaves", JavaConsumerGroups::sharing);
        check("consumer protocol: static members come back", JavaConsumerGroups::staticMembers);
        check("consumer protocol: expressions", JavaConsumerGroups::expressions);
        check("consumer protocol: assignors", JavaConsumerGroups::assignors);
        check("consumer protocol: other subscriptions", JavaConsumerGroups::otherSubscriptions);
        check("consumer protocol: offsets", JavaConsumerGroups::offsets);
        check("consumer protocol: transactions", JavaConsumerGroups::transactions);
        check("consumer protocol: migration both ways", JavaConsumerGroups::migration);
        check("consumer protocol: listing, configs, features", JavaConsumerGroups::listing);
        check("consumer protocol: one dies", JavaConsumerGroups::dies);
        admin.close();
        System.exit(failed == 0 ? 0 : 1);
    }
}
