import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** MirrorMaker 2 from a real Kafka: records, topics with their configurations, offsets of groups, ACLs. */
final class Check {
    private static final String RUN = KafkaSteps.RUN, TOPIC = "orders-" + RUN, MIRROR = "peer." + TOPIC;
    private static final String GROUP = "readers-" + RUN, USER = "mirror-" + RUN;
    private static final int FIRST = 3000;
    private static KafkaSteps.Cluster from, to = KafkaSteps.SERVER;

    private static void write(int first, int last) {
        try (var out = from.producer("compression.type", "lz4")) {
            for (int i = first; i < last; ++i) {
                var record = new ProducerRecord<>(TOPIC, i % 3, "key" + i, "value " + i);
                record.headers().add("number", Integer.toString(i).getBytes());
                out.send(record);
            }
        }
    }

    private static void prepare() throws Exception {
        from.makeTopic(TOPIC, 3, Map.of("retention.ms", "123456789", "max.message.bytes", "654321"));
        write(0, FIRST);
        try (var reader = from.consumer("group.id", GROUP)) {   // reads a part and commits there
            reader.subscribe(List.of(TOPIC));
            long seen = 0;
            while (seen < FIRST / 2) seen += reader.poll(java.time.Duration.ofMillis(500)).count();
            var offsets = new HashMap<TopicPartition, org.apache.kafka.clients.consumer.OffsetAndMetadata>();
            for (int i = 0; i < 3; ++i)
                offsets.put(new TopicPartition(TOPIC, i), new org.apache.kafka.clients.consumer.OffsetAndMetadata(100 * (i + 1)));
            reader.commitSync(offsets);
        }
        try (var admin = from.admin()) {
            admin.createAcls(List.of(new AclBinding(new ResourcePattern(ResourceType.TOPIC, TOPIC, PatternType.LITERAL),
                new AccessControlEntry("User:" + USER, "*", AclOperation.READ, AclPermissionType.ALLOW)))).all().get();
        }
        try (var admin = to.admin()) {
            if (KafkaSteps.ownServer())
                admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
                    USER, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), "a long secret"))).all().get();
        }
    }

    private static KafkaSteps.Program mirror() throws Exception {
        var words = new StringBuilder("""
            clusters=peer,sluice
            peer->sluice.enabled=true
            sluice->peer.enabled=false
            peer->sluice.topics=orders-.*
            peer->sluice.groups=readers-.*
            topics.exclude=.*internal
            replication.factor=1
            checkpoints.topic.replication.factor=1
            heartbeats.topic.replication.factor=1
            offset-syncs.topic.replication.factor=1
            offset.storage.replication.factor=1
            status.storage.replication.factor=1
            config.storage.replication.factor=1
            offset.storage.partitions=3
            status.storage.partitions=1
            sync.group.offsets.enabled=true
            sync.group.offsets.interval.seconds=1
            emit.checkpoints.interval.seconds=1
            emit.heartbeats.interval.seconds=2
            refresh.topics.interval.seconds=2
            refresh.groups.interval.seconds=2
            sync.topic.configs.interval.seconds=2
            sync.topic.acls.interval.seconds=2
            sync.topic.acls.enabled=true
            offset.lag.max=1
            sluice.exactly.once.source.support=enabled
            dedicated.mode.enable.internal.rest=true
            listeners=http://127.0.0.1:%d
            scheduled.rebalance.max.delay.ms=1000
            sluice.session.timeout.ms=6000
            sluice.heartbeat.interval.ms=1000
            sluice.offset.flush.interval.ms=1000
            """.formatted(KafkaSteps.freePort()));
        from.settings().forEach((key, value) -> words.append("peer." + key + "=" + value + "\n"));
        to.settings().forEach((key, value) -> words.append("sluice." + key + "=" + value + "\n"));
        var file = Path.of(System.getenv("WORK"), "mirror.properties");
        Files.writeString(file, words);
        return KafkaSteps.Program.own("400m", "mirror.log", "org.apache.kafka.connect.mirror.MirrorMaker", file.toString());
    }

    private static boolean there(String topic) throws Exception {
        try (var admin = to.admin()) {
            return admin.listTopics().names().get().contains(topic);
        }
    }

    private static List<String> words(KafkaSteps.Cluster cluster, String topic) {
        return cluster.all(topic).stream().map(Check::words).toList();
    }

    private static String words(ConsumerRecord<String, String> record) {
        return record.partition() + " " + record.key() + "=" + record.value() + " "
            + new String(record.headers().lastHeader("number").value()) + " " + record.timestamp();
    }

    private static void mirrored(long records) throws Exception {
        KafkaSteps.until("the topic", 90, () -> there(MIRROR));
        try (var watch = new KafkaSteps.Watch(to, MIRROR)) {
            watch.until(records, 240);
        }
        Steps.same("records with keys, headers and times", words(to, MIRROR), words(from, TOPIC));
    }

    private static String config(String name) throws Exception {
        var topic = new ConfigResource(ConfigResource.Type.TOPIC, MIRROR);
        try (var admin = to.admin()) {
            return admin.describeConfigs(List.of(topic)).all().get().get(topic).get(name).value();
        }
    }

    private static void configs() throws Exception {
        KafkaSteps.until("retention.ms", 60, () -> config("retention.ms").equals("123456789"));
        Steps.same("max.message.bytes", config("max.message.bytes"), "654321");
        try (var admin = from.admin()) {
            var topic = new ConfigResource(ConfigResource.Type.TOPIC, TOPIC);
            admin.incrementalAlterConfigs(Map.of(topic, List.of(new AlterConfigOp(
                new ConfigEntry("retention.ms", "234567890"), AlterConfigOp.OpType.SET)))).all().get();
        }
        KafkaSteps.until("retention.ms changed", 60, () -> config("retention.ms").equals("234567890"));
    }

    private static void partitions() throws Exception {
        try (var admin = from.admin()) {
            admin.createPartitions(Map.of(TOPIC, NewPartitions.increaseTo(4))).all().get();
        }
        KafkaSteps.until("4 partitions", 60, () -> {
            try (var admin = to.admin()) {
                return admin.describeTopics(List.of(MIRROR)).allTopicNames().get().get(MIRROR).partitions().size() == 4;
            }
        });
    }

    private static void offsets() throws Exception {
        KafkaSteps.until("offsets of " + GROUP, 90, () -> {
            try (var admin = to.admin()) {
                var got = new TreeMap<Integer, Long>();
                admin.listConsumerGroupOffsets(GROUP).partitionsToOffsetAndMetadata().get().forEach((each, offset) -> {
                    if (each.topic().equals(MIRROR) && offset != null) got.put(each.partition(), offset.offset());
                });
                // A checkpoint is never ahead of what was read, and behind it at most to the record that was synced.
                return got.size() == 3 && got.get(0) <= 100 && got.get(1) <= 200 && got.get(2) <= 300 && got.get(0) > 0;
            }
        });
        if (!there("peer.checkpoints.internal")) throw new AssertionError("no checkpoints");
        try (var reader = to.consumer("group.id", GROUP)) {   // goes on there
            reader.subscribe(List.of(MIRROR));
            var seen = new ArrayList<String>();
            var deadline = System.nanoTime() + 60_000_000_000L;
            while (!seen.contains("value " + (FIRST - 1)) && System.nanoTime() < deadline)
                for (var record : reader.poll(java.time.Duration.ofMillis(500))) seen.add(record.value());
            if (seen.contains("value 0")) throw new AssertionError("from the beginning again");
            for (int i = 1000; i < FIRST; ++i)
                if (!seen.contains("value " + i)) throw new AssertionError("value " + i + " was passed over");
        }
    }

    private static void acls() throws Exception {
        KafkaSteps.until("the ACL", 60, () -> {
            try (var admin = to.admin()) {
                return admin.describeAcls(AclBindingFilter.ANY).values().get().stream().anyMatch(
                    acl -> acl.pattern().name().equals(MIRROR) && acl.entry().principal().equals("User:" + USER)
                        && acl.entry().operation() == AclOperation.READ);
            }
        });
    }

    public static void main(String[] arguments) throws Exception {
        try (var peer = new Peer()) {
            from = peer.cluster;
            prepare();
            var mirror = mirror();
            Steps.step("records with keys, headers and times", () -> mirrored(FIRST));
            Steps.step("configurations of topics, and their changes", Check::configs);
            Steps.step("offsets of groups: a reader goes on", Check::offsets);
            Steps.step("ACLs", Check::acls);
            Steps.step("new partitions", Check::partitions);
            Steps.step("killed and resumed: exactly once", () -> {
                try (var watch = new KafkaSteps.Watch(to, MIRROR)) {
                    watch.until(FIRST, 60);
                    write(FIRST, 6 * FIRST);
                    watch.until(FIRST + 100, 60);
                    mirror.kill();
                }
                try (var next = mirror()) {
                    mirrored(6 * FIRST);
                    if (KafkaSteps.ownServer())
                        Steps.step("server killed: exactly once", () -> {
                            write(6 * FIRST, 8 * FIRST);
                            KafkaSteps.restartServer();
                            write(8 * FIRST, 9 * FIRST);
                            mirrored(9 * FIRST);
                        });
                }
            });
        }
        System.exit(0);
    }

    private Check() {}
}
