import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What the checks written in Java share: clients with the server's settings, whole topics, programs of their own. */
final class KafkaSteps {
    static final String RUN = Long.toString(System.nanoTime(), 36);

    /** The server's settings and more, given as name, value, name, value. */
    static Properties settings(Object... more) {
        var words = new Properties();
        try (var file = new FileInputStream(System.getenv("KAFKA_SETTINGS"))) {
            words.load(file);
        } catch (IOException failure) {
            throw new IllegalStateException(failure);
        }
        for (int i = 0; i < more.length; i += 2) words.put(more[i], more[i + 1]);
        return words;
    }

    static void makeTopic(String name, int partitions, Map<String, String> configs) throws Exception {
        try (var admin = Admin.create(settings())) {
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(configs))).all().get();
        }
    }

    static KafkaProducer<String, String> producer(Object... more) {
        return new KafkaProducer<>(settings(more), new StringSerializer(), new StringSerializer());
    }

    static KafkaConsumer<String, String> consumer(Object... more) {
        var words = settings("auto.offset.reset", "earliest", "isolation.level", "read_committed");
        for (int i = 0; i < more.length; i += 2) words.put(more[i], more[i + 1]);
        return new KafkaConsumer<>(words, new StringDeserializer(), new StringDeserializer());
    }

    /** Every committed record the topic has now, partition after partition. */
    static List<ConsumerRecord<String, String>> all(String topic) {
        var byPartition = new TreeMap<Integer, List<ConsumerRecord<String, String>>>();
        try (var from = consumer("enable.auto.commit", "false")) {
            var partitions = new ArrayList<TopicPartition>();
            for (var each : from.partitionsFor(topic)) partitions.add(new TopicPartition(topic, each.partition()));
            from.assign(partitions);
            from.seekToBeginning(partitions);
            var ends = from.endOffsets(partitions);
            var deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (partitions.stream().anyMatch(each -> from.position(each) < ends.get(each))) {
                if (System.nanoTime() > deadline)
                    throw new AssertionError("the end of " + topic + " was not reached");
                for (var record : from.poll(Duration.ofMillis(500)))
                    byPartition.computeIfAbsent(record.partition(), key -> new ArrayList<>()).add(record);
            }
        }
        var out = new ArrayList<ConsumerRecord<String, String>>();
        byPartition.values().forEach(out::addAll);
        return out;
    }

    /** How many committed records a reader of the topic has seen, asked again and again. */
    static final class Watch implements AutoCloseable {
        private final KafkaConsumer<String, String> from = consumer("enable.auto.commit", "false");
        private long seen;

        Watch(String topic) {
            var partitions = new ArrayList<TopicPartition>();
            for (var each : from.partitionsFor(topic)) partitions.add(new TopicPartition(topic, each.partition()));
            from.assign(partitions);
            from.seekToBeginning(partitions);
        }

        long seen() { return seen; }

        void until(long wanted, int seconds) {
            var deadline = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
            while (seen < wanted) {
                if (System.nanoTime() > deadline)
                    throw new AssertionError("only " + seen + " of " + wanted + " records after " + seconds + " s");
                seen += from.poll(Duration.ofMillis(500)).count();
            }
        }

        @Override
        public void close() {
            from.close();
        }
    }

    /** Tries until it answers true; every try waits on something of its own. */
    static void until(String what, int seconds, Callable<Boolean> done) throws Exception {
        var deadline = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        while (!done.call())
            if (System.nanoTime() > deadline) throw new AssertionError("not in " + seconds + " s: " + what);
    }

    static void restartServer() throws Exception {
        var log = new File(System.getenv("WORK"), "restart.log");
        var restart = new ProcessBuilder(System.getenv("CLIENTS") + "/restart_server")
            .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log)).start();
        if (!restart.waitFor(60, TimeUnit.SECONDS) || restart.exitValue() != 0)
            throw new AssertionError("the server did not come back, see " + log);
    }

    static boolean ownServer() { return System.getenv("SLUICE_DATA") != null; }

    /** A virtual machine of its own, which is killed when the check ends. */
    static final class Program implements AutoCloseable {
        private final Process process;
        private final BufferedReader lines;

        Program(String heap, String log, String... command) throws Exception {
            var words = new ArrayList<>(List.of("java", "-Xmx" + heap, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                                                "-Dorg.slf4j.simpleLogger.defaultLogLevel=info", "-cp",
                                                System.getProperty("java.class.path")));
            words.addAll(List.of(command));
            process = new ProcessBuilder(words)
                .redirectError(ProcessBuilder.Redirect.appendTo(new File(System.getenv("WORK"), log))).start();
            lines = new BufferedReader(new InputStreamReader(process.getInputStream()));
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        }

        void say(String line) throws IOException {
            process.getOutputStream().write((line + "\n").getBytes());
            process.getOutputStream().flush();
        }

        /** The lines it prints before the one that is wanted. */
        List<String> until(Predicate<String> wanted) throws IOException {
            var out = new ArrayList<String>();
            for (;;) {
                var line = lines.readLine();
                if (line == null) throw new AssertionError("the program ended");
                if (wanted.test(line)) return out;
                out.add(line);
            }
        }

        void kill() throws InterruptedException {
            process.destroyForcibly().waitFor();
        }

        void end() throws Exception {
            process.getOutputStream().close();
            if (!process.waitFor(60, TimeUnit.SECONDS)) throw new AssertionError("the program does not end");
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    private KafkaSteps() {}
}
