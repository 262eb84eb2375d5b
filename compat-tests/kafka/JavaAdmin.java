// Drives the admin APIs of a running server with the Java client and checks what they did by their
// effect. Each case prints "ok NAME" or "failed NAME: why"; the exit status says whether all passed.
import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.acl.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.resource.*;
import org.apache.kafka.common.serialization.*;

public class JavaAdmin extends JavaCases {
    static final Map<String, Object> ROOT = new HashMap<>();

    static void refused(Class<? extends Throwable> with, KafkaFuture<?> future) throws Exception {
        try {
            future.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException why) {
            if (with.isInstance(why.getCause())) return;
            throw new AssertionError("expected " + with.getSimpleName() + ", got " + why.getCause());
        }
        throw new AssertionError("expected " + with.getSimpleName() + ", but it was accepted");
    }

    static Map<String, Object> as(String user, String password, String mechanism) {
        var out = new HashMap<>(ROOT);
        var module = mechanism.equals("PLAIN") ? "plain.Plain" : "scram.Scram";
        out.put("sasl.mechanism", mechanism);
        out.put("sasl.jaas.config", "org.apache.kafka.common.security." + module
            + "LoginModule required username=\"" + user + "\" password=\"" + password + "\";");
        return out;
    }

    static void fill(String topic, int partition, int count) throws Exception {
        try (var to = new KafkaProducer<>(ROOT, new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < count; ++i)
                to.send(new ProducerRecord<>(topic, partition, "k", "v" + i)).get();
        }
    }

    static void create(Admin admin, String topic, int partitions) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
    }

    static AlterConfigOp op(String name, String value, AlterConfigOp.OpType how) {
        return new AlterConfigOp(new ConfigEntry(name, value), how);
    }

    static void configs(Admin admin) throws Exception {
        var topic = "configs-" + RUN;
        create(admin, topic, 1);
        var about = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        admin.incrementalAlterConfigs(Map.of(about, List.of(
            op("retention.ms", "123456", AlterConfigOp.OpType.SET),
            op("cleanup.policy", "delete", AlterConfigOp.OpType.APPEND)))).all().get();
        var now = admin.describeConfigs(List.of(about)).all().get().get(about);
        same("123456", now.get("retention.ms").value());
        same(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, now.get("cleanup.policy").source());
        admin.incrementalAlterConfigs(Map.of(about,
            List.of(op("retention.ms", "", AlterConfigOp.OpType.DELETE)))).all().get();
        now = admin.describeConfigs(List.of(about)).all().get().get(about);
        same("604800000", now.get("retention.ms").value());
        refused(InvalidConfigurationException.class, admin.incrementalAlterConfigs(Map.of(about,
            List.of(op("flush.ms", "5", AlterConfigOp.OpType.SET)))).all());
        admin.incrementalAlterConfigs(Map.of(about, List.of(
            op("retention.ms", "7", AlterConfigOp.OpType.SET))),
            new AlterConfigsOptions().validateOnly(true)).all().get();
        now = admin.describeConfigs(List.of(about)).all().get().get(about);
        same("604800000", now.get("retention.ms").value());
        refused(InvalidRequestException.class, admin.incrementalAlterConfigs(Map.of(
            new ConfigResource(ConfigResource.Type.BROKER, "1"),
            List.of(op("message.max.bytes", "5", AlterConfigOp.OpType.SET)))).all());
    }

    static void forms(Admin admin) throws Exception {
        var topic = "forms-" + RUN;
        create(admin, topic, 1);
        var about = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        fill(topic, 0, 1);
        admin.incrementalAlterConfigs(Map.of(about, List.of(
            op("message.timestamp.type", "LogAppendTime", AlterConfigOp.OpType.SET),
            op("compression.type", "gzip", AlterConfigOp.OpType.SET)))).all().get();
        var before = System.currentTimeMillis();
        long told;
        try (var to = new KafkaProducer<>(ROOT, new StringSerializer(), new StringSerializer())) {
            told = to.send(new ProducerRecord<>(topic, 0, 1000L, "k", "v1")).get().timestamp();
        }
        if (told < before) throw new AssertionError("the time of the append is " + told);
        try (var from = new KafkaConsumer<>(ROOT, new StringDeserializer(), new StringDeserializer())) {
            var partition = new TopicPartition(topic, 0);
            from.assign(List.of(partition));
            from.seekToBeginning(List.of(partition));
            var all = new ArrayList<ConsumerRecord<String, String>>();
            while (all.size() < 2) from.poll(Duration.ofSeconds(5)).forEach(all::add);
            same(org.apache.kafka.common.record.TimestampType.CREATE_TIME, all.get(0).timestampType());
            same(org.apache.kafka.common.record.TimestampType.LOG_APPEND_TIME, all.get(1).timestampType());
            same(told, all.get(1).timestamp());
            same(1L, from.offsetsForTimes(Map.of(partition, told)).get(partition).offset());
        }
    }

    static void partitions(Admin admin) throws Exception {
        var topic = "grows-" + RUN;
        create(admin, topic, 1);
        fill(topic, 0, 3);
        refused(InvalidPartitionsException.class,
                admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(1))).all());
        admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3, List.of(List.of(1), List.of(1))))).all().get();
        same(3, admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size());
        fill(topic, 2, 5);
        try (var from = new KafkaConsumer<>(ROOT, new StringDeserializer(), new StringDeserializer())) {
            var all = IntStream.range(0, 3).mapToObj(i -> new TopicPartition(topic, i)).toList();
            same(Map.of(all.get(0), 3L, all.get(1), 0L, all.get(2), 5L), from.endOffsets(all));
        }
    }

    static void records(Admin admin) throws Exception {
        var topic = "records-" + RUN;
        create(admin, topic, 1);
        fill(topic, 0, 10);
        var partition = new TopicPartition(topic, 0);
        same(4L, admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(4)))
            .lowWatermarks().get(partition).get().lowWatermark());
        refused(org.apache.kafka.common.errors.OffsetOutOfRangeException.class,
                admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(99))).all());
        same(4L, admin.listOffsets(Map.of(partition, OffsetSpec.earliest())).partitionResult(partition).get().offset());
        try (var from = new KafkaConsumer<>(ROOT, new StringDeserializer(), new StringDeserializer())) {
            from.assign(List.of(partition));
            from.seekToBeginning(List.of(partition));
            List<String> seen = new ArrayList<>();
            for (long end = System.nanoTime() + 30_000_000_000L; seen.size() < 6 && System.nanoTime() < end;)
                for (var one : from.poll(Duration.ofMillis(200))) seen.add(one.value());
            same(List.of("v4", "v5", "v6", "v7", "v8", "v9"), seen);
        }
        same(10L, admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(-1)))
            .lowWatermarks().get(partition).get().lowWatermark());
    }

    static void groups(Admin admin) throws Exception {
        var topic = "groups-" + RUN;
        var group = "group-" + RUN;
        create(admin, topic, 2);
        var zero = new TopicPartition(topic, 0);
        var one = new TopicPartition(topic, 1);
        refused(GroupIdNotFoundException.class, admin.deleteConsumerGroups(List.of(group)).all());
        admin.alterConsumerGroupOffsets(group, Map.of(zero, new OffsetAndMetadata(3), one, new OffsetAndMetadata(4)))
            .all().get();
        admin.deleteConsumerGroupOffsets(group, Set.of(zero)).all().get();
        same(Set.of(one), admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().entrySet()
            .stream().filter(e -> e.getValue() != null).map(Map.Entry::getKey).collect(Collectors.toSet()));
        var listed = admin.listGroups(new ListGroupsOptions().inGroupStates(Set.of(GroupState.EMPTY))).all().get();
        if (listed.stream().noneMatch(l -> l.groupId().equals(group))) throw new AssertionError("not listed");
        var member = new HashMap<>(ROOT);
        member.put("group.id", group);
        try (var from = new KafkaConsumer<>(member, new StringDeserializer(), new StringDeserializer())) {
            from.subscribe(List.of(topic));
            for (long end = System.nanoTime() + 60_000_000_000L; from.assignment().isEmpty();) {
                if (System.nanoTime() > end) throw new AssertionError("no assignment");
                from.poll(Duration.ofMillis(50));
            }
            refused(GroupNotEmptyException.class, admin.deleteConsumerGroups(List.of(group)).all());
            refused(GroupSubscribedToTopicException.class,
                    admin.deleteConsumerGroupOffsets(group, Set.of(one)).all());
            var described = admin.describeConsumerGroups(List.of(group),
                new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true)).all().get().get(group);
            same(Set.of(AclOperation.READ, AclOperation.DELETE, AclOperation.DESCRIBE),
                 described.authorizedOperations());
        }
        admin.deleteConsumerGroups(List.of(group)).all().get();
        if (admin.listGroups().all().get().stream().anyMatch(l -> l.groupId().equals(group)))
            throw new AssertionError("still listed");
    }

    static AclBinding acl(ResourceType type, String name, PatternType pattern, String user, AclOperation what,
                          AclPermissionType how) {
        return new AclBinding(new ResourcePattern(type, name, pattern),
                              new AccessControlEntry("User:" + user, "*", what, how));
    }

    static void put(Admin admin, String user, String password, ScramMechanism mechanism) throws Exception {
        admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
            user, new ScramCredentialInfo(mechanism, 4096), password))).all().get();
    }

    static void aclsAreEnforced(Admin admin) throws Exception {
        var topic = "acls-" + RUN;
        var user = "ann-" + RUN;
        create(admin, topic, 1);
        put(admin, user, "a long password", ScramMechanism.SCRAM_SHA_256);
        var settings = as(user, "a long password", "SCRAM-SHA-256");
        var write = acl(ResourceType.TOPIC, topic, PatternType.LITERAL, user, AclOperation.WRITE, AclPermissionType.ALLOW);
        var read = acl(ResourceType.TOPIC, "acls-", PatternType.PREFIXED, user, AclOperation.READ, AclPermissionType.ALLOW);
        var deny = acl(ResourceType.TOPIC, topic, PatternType.LITERAL, user, AclOperation.WRITE, AclPermissionType.DENY);
        try (var his = Admin.create(settings)) {
            refused(TopicAuthorizationException.class, his.describeTopics(List.of(topic)).allTopicNames());
            refused(ClusterAuthorizationException.class, his.createAcls(List.of(write)).all());
            admin.createAcls(List.of(write, read)).all().get();
            same(1, his.describeTopics(List.of(topic)).allTopicNames().get().size());
        }
        try (var to = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            to.send(new ProducerRecord<>(topic, "k", "v")).get();
            admin.createAcls(List.of(deny)).all().get();
            try {
                to.send(new ProducerRecord<>(topic, "k", "v")).get();
                throw new AssertionError("a denied write was taken");
            } catch (ExecutionException why) {
                if (!(why.getCause() instanceof TopicAuthorizationException)) throw why;
            }
        }
        var his = new AclBindingFilter(ResourcePatternFilter.ANY, new AccessControlEntryFilter(
            "User:" + user, null, AclOperation.ANY, AclPermissionType.ANY));
        same(Set.of(write, read, deny), new HashSet<>(admin.describeAcls(his).values().get()));
        var matching = new AclBindingFilter(new ResourcePatternFilter(ResourceType.TOPIC, topic, PatternType.MATCH),
                                            AccessControlEntryFilter.ANY);
        if (!admin.describeAcls(matching).values().get().containsAll(Set.of(write, read, deny)))
            throw new AssertionError("MATCH does not find the prefixed one");
        same(3, admin.deleteAcls(List.of(his)).all().get().size());
        same(0, admin.describeAcls(his).values().get().size());
        refused(InvalidRequestException.class, admin.createAcls(List.of(acl(ResourceType.TOPIC, topic,
            PatternType.LITERAL, "nobody-" + RUN, AclOperation.READ, AclPermissionType.ALLOW))).all());
    }

    static void scramUsers(Admin admin) throws Exception {
        var user = "sam-" + RUN;
        put(admin, user, "first password", ScramMechanism.SCRAM_SHA_512);
        try (var his = Admin.create(as(user, "first password", "SCRAM-SHA-512"))) {
            his.describeCluster().clusterId().get(30, TimeUnit.SECONDS);
        }
        try (var his = Admin.create(as(user, "first password", "SCRAM-SHA-256"))) {
            refused(SaslAuthenticationException.class, his.describeCluster().clusterId());
        }
        try (var his = Admin.create(as(user, "first password", "PLAIN"))) {
            his.describeCluster().clusterId().get(30, TimeUnit.SECONDS);
        }
        var infos = admin.describeUserScramCredentials(List.of(user)).all().get().get(user).credentialInfos();
        same(List.of(new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)), infos);
        admin.alterUserScramCredentials(List.of(
            new UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_512))).all().get();
        refused(ResourceNotFoundException.class, admin.describeUserScramCredentials(List.of(user)).description(user));
        refused(UnacceptableCredentialException.class, admin.alterUserScramCredentials(List.of(
            new UserScramCredentialUpsertion(user, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 100),
                                             "password"))).all());
    }

    static void cluster(Admin admin) throws Exception {
        var about = admin.describeCluster(new DescribeClusterOptions().includeAuthorizedOperations(true));
        same(1, about.nodes().get().size());
        same(1, about.controller().get().id());
        if (!about.authorizedOperations().get().contains(AclOperation.ALTER)) throw new AssertionError("no ALTER");
        var topic = "dirs-" + RUN;
        create(admin, topic, 1);
        fill(topic, 0, 5);
        var partition = new TopicPartition(topic, 0);
        var dirs = admin.describeLogDirs(List.of(1)).allDescriptions().get().get(1);
        var size = dirs.values().iterator().next().replicaInfos().get(partition).size();
        if (size <= 0) throw new AssertionError("size " + size);
        same(Map.of(), admin.listPartitionReassignments().reassignments().get());
        refused(NoReassignmentInProgressException.class,
                admin.alterPartitionReassignments(Map.of(partition, Optional.empty())).all());
        refused(InvalidReplicaAssignmentException.class, admin.alterPartitionReassignments(
            Map.of(partition, Optional.of(new NewPartitionReassignment(List.of(2))))).all());
        var elected = admin.electLeaders(ElectionType.PREFERRED, Set.of(partition)).partitions().get();
        if (!(elected.get(partition).get() instanceof ElectionNotNeededException))
            throw new AssertionError("elected: " + elected);
    }

    public static void main(String[] arguments) throws Exception {
        ROOT.put("bootstrap.servers", System.getenv("KAFKA_SERVER"));
        ROOT.put("security.protocol", "SASL_PLAINTEXT");
        ROOT.putAll(as(System.getenv("KAFKA_USER"), System.getenv("KAFKA_PASSWORD"), "PLAIN"));
        try (var admin = Admin.create(ROOT)) {
            check("IncrementalAlterConfigs", () -> configs(admin));
            check("LogAppendTime and a codec of the topic", () -> forms(admin));
            check("CreatePartitions", () -> partitions(admin));
            check("DeleteRecords", () -> records(admin));
            check("groups are administered", () -> groups(admin));
            check("ACLs are enforced", () -> aclsAreEnforced(admin));
            check("SCRAM users", () -> scramUsers(admin));
            check("cluster, log directories, reassignments, elections", () -> cluster(admin));
        }
        System.exit(failed == 0 ? 0 : 1);
    }
}
