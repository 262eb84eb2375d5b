import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What the checks written in Java share: clients of a cluster, whole topics, programs of their own. */
final class KafkaSteps {
    static final String RUN = Long.toString(System.nanoTime(), 36);
    static final Cluster SERVER = new Cluster(read(System.getenv("KAFKA_SETTINGS")));

    /** A server by the settings that reach it; `more` is name, value, name, value. */
    record Cluster(Properties settings) {
        Properties settings(Object... more) {
            var words = new Properties();
            words.putAll(settings);
            for (int i = 0; i < more.length; i += 2) words.put(more[i], more[i + 1]);
            return words;
        }

        Admin admin() { return Admin.create(settings()); }

        void makeTopic(String name, int partitions, Map<String, String> configs) throws Exception {
            try (var admin = admin()) {
                admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(configs))).all().get();
            }
        }

        KafkaProducer<String, String> producer(Object... more) {
            return new KafkaProducer<>(settings(more), new StringSerializer(), new StringSerializer());
        }

        KafkaConsumer<String, String> consumer(Object... more) {
            var words = settings("auto.offset.reset", "earliest", "isolation.level", "read_committed",
                                 "enable.auto.commit", "false");
            for (int i = 0; i < more.length; i += 2) words.put(more[i], more[i + 1]);
            return new KafkaConsumer<>(words, new StringDeserializer(), new StringDeserializer());
        }

        /** Every committed record the topic has now, partition after partition. */
        List<ConsumerRecord<String, String>> all(String topic) {
            var byPartition = new TreeMap<Integer, List<ConsumerRecord<String, String>>>();
            try (var from = consumer()) {
                var partitions = assignAll(from, topic);
                var ends = from.endOffsets(partitions);
                var deadline = System.nanoTime() + patience(60);
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

        List<String> values(String topic) { return all(topic).stream().map(ConsumerRecord::value).toList(); }
    }

    private static Properties read(String file) {
        var words = new Properties();
        try (var input = new FileInputStream(file)) {
            words.load(input);
        } catch (IOException failure) {
            throw new IllegalStateException(failure);
        }
        return words;
    }

    private static List<TopicPartition> assignAll(KafkaConsumer<String, String> to, String topic) {
        var partitions = to.partitionsFor(topic).stream().map(each -> new TopicPartition(topic, each.partition())).toList();
        to.assign(partitions);
        to.seekToBeginning(partitions);
        return partitions;
    }

    /** How many committed records a reader of the topic has seen, asked again and again. */
    static final class Watch implements AutoCloseable {
        private final KafkaConsumer<String, String> from;
        private long seen;

        Watch(Cluster server, String topic) {
            from = server.consumer();
            assignAll(from, topic);
        }

        long seen() { return seen; }

        void until(long wanted, int seconds) {
            var deadline = System.nanoTime() + patience(seconds);
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

    /** How long a wait of so many seconds may take on this machine, in nanoseconds. */
    private static long patience(int seconds) {
        var factor = System.getenv("CLIENT_PATIENCE");
        return Duration.ofSeconds(seconds * (factor == null ? 1L : Long.parseLong(factor))).toNanos();
    }

    /** Asks again until it is so. Nothing tells when: the pause between two looks is only for the other processes. */
    static void until(String what, int seconds, Callable<Boolean> done) throws Exception {
        var deadline = System.nanoTime() + patience(seconds);
        while (!done.call()) {
            if (System.nanoTime() > deadline) throw new AssertionError("not in " + seconds + " s: " + what);
            LockSupport.parkNanos(100_000_000);
        }
    }

    static void restartServer() throws Exception {
        var log = new File(System.getenv("WORK"), "restart.log");
        var restart = new ProcessBuilder(System.getenv("CLIENTS") + "/restart_server")
            .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log)).start();
        if (!restart.waitFor(patience(60), TimeUnit.NANOSECONDS) || restart.exitValue() != 0)
            throw new AssertionError("the server did not come back, see " + log);
    }

    static boolean ownServer() { return System.getenv("SLUICE_DATA") != null; }

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** A virtual machine of its own, which is killed when the check ends; its log goes to a file of WORK. */
    static final class Program implements AutoCloseable {
        private final Process process;
        private final BufferedReader lines;

        /** A class of this check's own class path. */
        static Program own(String heap, String log, String... command) throws Exception {
            return new Program(System.getProperty("java.class.path"), heap, log, command);
        }

        Program(String classpath, String heap, String log, String... command) throws Exception {
            var words = new ArrayList<>(List.of("java", "-Xmx" + heap, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                                                "-Dorg.slf4j.simpleLogger.defaultLogLevel=info",
                                                "-Dorg.slf4j.simpleLogger.showDateTime=true", "-cp", classpath));
            words.addAll(List.of(command));
            process = new ProcessBuilder(words)
                .redirectError(ProcessBuilder.Redirect.appendTo(new File(System.getenv("WORK"), log))).start();
            lines = new BufferedReader(new InputStreamReader(process.getInputStream()));
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        }

        boolean runs() { return process.isAlive(); }

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

        /** Its input ends, and so shall it. */
        void end() throws Exception {
            process.getOutputStream().close();
            ended();
        }

        /** SIGTERM. */
        void terminate() throws Exception {
            process.destroy();
            ended();
        }

        private void ended() throws InterruptedException {
            if (!process.waitFor(patience(60), TimeUnit.NANOSECONDS)) throw new AssertionError("the program does not end");
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    private KafkaSteps() {}
}
