// Transactions with the Java client: the transactional producer, the committed reader, fencing, and a
// loop that consumes, transforms and produces, killed and started again until every record went
// through exactly once. "JavaTransactions loop IN OUT GROUP" is that loop; without arguments all cases
// run, each prints "ok NAME" or "failed NAME: why". "JavaTransactions history ID TOPIC PARTITIONS SEED" runs
// transactions of one id until its input ends, "JavaTransactions exactly-once" the last case alone; both are
// transaction_history.py's.
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.*;

public class JavaTransactions extends JavaCases {
    static KafkaProducer<String, String> producer(String id, Object... pairs) {
        var settings = new HashMap<>(BASE);
        settings.put("transactional.id", id);
        settings.put("max.block.ms", "30000");
        for (int i = 0; i < pairs.length; i += 2) settings.put((String) pairs[i], pairs[i + 1]);
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    static KafkaConsumer<String, String> reader(String group, String isolation) {
        var settings = new HashMap<>(BASE);
        if (group != null) settings.put("group.id", group);
        settings.put("isolation.level", isolation);
        settings.put("enable.auto.commit", "false");
        settings.put("auto.offset.reset", "earliest");
        settings.put("session.timeout.ms", "6000");
        return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }

    static void create(Admin admin, String topic, int partitions) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
    }

    // Everything up to the end as this reader sees it, by partition and offset.
    static List<String> all(String topic, int partitions, String isolation) {
        var out = new ArrayList<String>();
        try (var from = reader(null, isolation)) {
            var assigned = new ArrayList<TopicPartition>();
            for (int i = 0; i < partitions; ++i) assigned.add(new TopicPartition(topic, i));
            from.assign(assigned);
            from.seekToBeginning(assigned);
            var ends = from.endOffsets(assigned);
            long end = System.nanoTime() + 60_000_000_000L;
            while (System.nanoTime() < end) {
                boolean done = true;
                for (var one : assigned) done = done && from.position(one) >= ends.get(one);
                if (done) break;
                for (var record : from.poll(Duration.ofMillis(200))) out.add(record.value());
            }
        }
        return out;
    }

    static void commitsAndAborts(Admin admin) throws Exception {
        var topic = "tx-" + RUN;
        create(admin, topic, 2);
        var expected = new ArrayList<String>();
        try (var to = producer("id-" + RUN)) {
            to.initTransactions();
            for (int round = 0; round < 10; ++round) {
                to.beginTransaction();
                for (int i = 0; i < 20; ++i) {
                    var value = round + "." + i;
                    to.send(new ProducerRecord<>(topic, i % 2, "k", value));
                    if (round % 3 != 1) expected.add(value);
                }
                if (round % 3 != 1) {
                    to.commitTransaction();
                } else {
                    to.flush();
                    to.abortTransaction();
                }
            }
            to.beginTransaction();
            to.send(new ProducerRecord<>(topic, 0, "k", "open")).get();
            same(new TreeSet<>(expected), new TreeSet<>(all(topic, 2, "read_committed")));
            same(201, all(topic, 2, "read_uncommitted").size());
            to.commitTransaction();
        }
        expected.add("open");
        same(new TreeSet<>(expected), new TreeSet<>(all(topic, 2, "read_committed")));
    }

    static void fences(Admin admin) throws Exception {
        var topic = "fence-" + RUN;
        create(admin, topic, 1);
        try (var old = producer("fence-" + RUN); var fresh = producer("fence-" + RUN)) {
            old.initTransactions();
            old.beginTransaction();
            old.send(new ProducerRecord<>(topic, "old")).get();
            fresh.initTransactions();
            fresh.beginTransaction();
            fresh.send(new ProducerRecord<>(topic, "fresh")).get();
            fresh.commitTransaction();
            try {
                old.send(new ProducerRecord<>(topic, "late"));
                old.commitTransaction();
                throw new AssertionError("not fenced");
            } catch (ProducerFencedException | InvalidProducerEpochException expected) {
            }
        }
        same(List.of("fresh"), all(topic, 1, "read_committed"));
        admin.fenceProducers(List.of("fence-" + RUN)).all().get(30, TimeUnit.SECONDS);
    }

    static void takesTooLong(Admin admin) throws Exception {
        var topic = "late-" + RUN;
        create(admin, topic, 1);
        try (var to = producer("late-" + RUN, "transaction.timeout.ms", "1000")) {
            to.initTransactions();
            to.beginTransaction();
            to.send(new ProducerRecord<>(topic, "x")).get();
            for (long end = System.nanoTime() + 60_000_000_000L; System.nanoTime() < end;) {
                var told = admin.describeTransactions(List.of("late-" + RUN)).all().get();
                if (told.get("late-" + RUN).state() != TransactionState.ONGOING) break;
            }
            try {
                to.commitTransaction();
                throw new AssertionError("committed");
            } catch (KafkaException expected) {
            }
        }
        same(List.of(), all(topic, 1, "read_committed"));
    }

    static void looksAtThem(Admin admin) throws Exception {
        var topic = "look-" + RUN;
        var id = "look-" + RUN;
        create(admin, topic, 1);
        try (var to = producer(id)) {
            to.initTransactions();
            to.beginTransaction();
            to.send(new ProducerRecord<>(topic, "x")).get();
            var told = admin.describeTransactions(List.of(id)).all().get().get(id);
            same(TransactionState.ONGOING, told.state());
            same(Set.of(new TopicPartition(topic, 0)), told.topicPartitions());
            var open = new ListTransactionsOptions().filterStates(List.of(TransactionState.ONGOING));
            boolean found = false;
            for (var one : admin.listTransactions(open).all().get())
                found = found || one.transactionalId().equals(id);
            same(true, found);
            var producers = admin.describeProducers(List.of(new TopicPartition(topic, 0))).all().get();
            var active = producers.get(new TopicPartition(topic, 0)).activeProducers();
            same(1, active.size());
            same(0L, active.get(0).currentTransactionStartOffset().getAsLong());
            var hanging = new AbortTransactionSpec(new TopicPartition(topic, 0), told.producerId(),
                                                   (short) told.producerEpoch(), 0);
            admin.abortTransaction(hanging).all().get();
            same(List.of(), all(topic, 1, "read_committed"));
            to.abortTransaction();
        }
    }

    // Until it is killed, or every input up to the record "end" went through.
    static void loop(String in, String out, String group) {
        try (var to = producer("loop-" + group); var from = reader(group, "read_committed")) {
            to.initTransactions();
            from.subscribe(List.of(in));
            for (boolean ended = false; !ended;) {
                var records = from.poll(Duration.ofMillis(200));
                if (records.isEmpty()) continue;
                to.beginTransaction();
                var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
                for (var record : records) {
                    to.send(new ProducerRecord<>(out, record.key(), "<" + record.value() + ">"));
                    offsets.put(new TopicPartition(in, record.partition()),
                                new OffsetAndMetadata(record.offset() + 1));
                    ended = ended || record.value().equals("end");
                }
                to.sendOffsetsToTransaction(offsets, from.groupMetadata());
                to.commitTransaction();
            }
        }
    }

    static String outcome(KafkaProducer<String, String> to, boolean commits, String topic, int partitions,
                          String name, Random random) {
        boolean asked = false;
        try {
            to.beginTransaction();
            int count = 1 + random.nextInt(12);
            for (int i = 0; i < count; ++i)
                to.send(new ProducerRecord<>(topic, random.nextInt(partitions), "k", name + "." + i + "." + count));
            to.flush();
            if (!commits) {
                to.abortTransaction();
                return "aborted";
            }
            asked = true;
            for (;;) {
                try {
                    to.commitTransaction();
                    return "committed";
                } catch (org.apache.kafka.common.errors.TimeoutException again) {
                    continue;
                }
            }
        } catch (ProducerFencedException | InvalidProducerEpochException | OutOfOrderSequenceException over) {
            return asked ? "unknown closed" : "aborted closed";
        } catch (KafkaException why) {
            try {
                to.abortTransaction();
                return asked ? "unknown" : "aborted";
            } catch (KafkaException worse) {
                return asked ? "unknown closed" : "aborted closed";
            }
        }
    }

    // Transactions of one id until the input ends; a line for each says what became of it.
    static void history(String id, String topic, int partitions, long seed) throws Exception {
        var random = new Random(seed);
        var stopped = new java.util.concurrent.atomic.AtomicBoolean();
        var watch = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {}
            } catch (java.io.IOException end) {
            }
            stopped.set(true);
        });
        watch.setDaemon(true);
        watch.start();
        KafkaProducer<String, String> to = null;
        for (int number = 0; !stopped.get();) {
            if (to == null) {
                to = producer(id, "linger.ms", "1");
                try {
                    to.initTransactions();
                } catch (KafkaException again) {
                    to.close(Duration.ZERO);
                    to = null;
                    continue;
                }
            }
            var name = id + "." + number++;
            var told = outcome(to, random.nextInt(4) != 0, topic, partitions, name, random);
            System.out.println(name + " " + told.split(" ")[0]);
            if (told.endsWith("closed")) {
                to.close(Duration.ZERO);
                to = null;
            }
        }
        if (to != null) to.close(Duration.ofSeconds(10));
    }

    static Process start(String in, String out) throws Exception {
        var java = ProcessHandle.current().info().command().orElse("java");
        return new ProcessBuilder(java, "-Xmx192m", "-cp", System.getProperty("java.class.path"), "JavaTransactions", "loop",
                                  in, out, "group-" + RUN)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    }

    static void exactlyOnce(Admin admin) throws Exception {
        var in = "in-" + RUN;
        var out = "out-" + RUN;
        create(admin, in, 1);
        create(admin, out, 3);
        int total = 20_000;
        var expected = new ArrayList<String>();
        var settings = new HashMap<>(BASE);
        Process worker = null;
        try (var to = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (int i = 0, kills = 0; i < total; ++i) {
                to.send(new ProducerRecord<>(in, "k" + i, "v" + i));
                expected.add("<v" + i + ">");
                if (i % 4000 != 0) continue;
                to.flush();
                if (worker != null) {
                    // In the middle of its work: not before it committed something new.
                    int before = all(out, 3, "read_committed").size();
                    for (long end = System.nanoTime() + 30_000_000_000L; System.nanoTime() < end;)
                        if (all(out, 3, "read_committed").size() > before) break;
                    worker.destroyForcibly().waitFor();
                    ++kills;
                }
                worker = start(in, out);
            }
            to.send(new ProducerRecord<>(in, "k", "end"));
            to.flush();
            expected.add("<end>");
        }
        // One that gave up, as when its server was killed, is started again.
        for (long end = System.nanoTime() + 120_000_000_000L; System.nanoTime() < end;) {
            if (all(out, 3, "read_committed").size() >= expected.size()) break;
            if (!worker.isAlive()) worker = start(in, out);
        }
        worker.destroyForcibly().waitFor();
        var seen = all(out, 3, "read_committed");
        same(expected.size(), seen.size());
        same(new TreeSet<>(expected), new TreeSet<>(seen));
    }

    public static void main(String[] arguments) throws Exception {
        BASE.put("bootstrap.servers", System.getenv("KAFKA_SERVER"));
        BASE.put("security.protocol", "SASL_PLAINTEXT");
        BASE.put("sasl.mechanism", "PLAIN");
        BASE.put("sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\""
            + System.getenv("KAFKA_USER") + "\" password=\"" + System.getenv("KAFKA_PASSWORD") + "\";");
        if (arguments.length == 4) {
            loop(arguments[1], arguments[2], arguments[3]);
            return;
        }
        if (arguments.length == 5) {
            history(arguments[1], arguments[2], Integer.parseInt(arguments[3]), Long.parseLong(arguments[4]));
            return;
        }
        try (var admin = Admin.create(BASE)) {
            if (arguments.length == 1) {
                check("exactly once over kills", () -> exactlyOnce(admin));
                System.exit(failed == 0 ? 0 : 1);
            }
            check("transactions commit and abort", () -> commitsAndAborts(admin));
            check("a new producer fences the old one", () -> fences(admin));
            check("a transaction that takes too long", () -> takesTooLong(admin));
            check("transactions are listed, described, aborted", () -> looksAtThem(admin));
            check("exactly once over kills", () -> exactlyOnce(admin));
        }
        System.exit(failed == 0 ? 0 : 1);
    }
}
