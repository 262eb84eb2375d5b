import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.apache.kafka.common.config.ConfigResource;

/** Kafka Connect, distributed, with the file source exactly once and the file sink: killed and resumed. */
final class Check {
    private static final String RUN = KafkaSteps.RUN, TOPIC = "lines-" + RUN;
    private static final Path FROM = Path.of(System.getenv("WORK"), "from"), TO = Path.of(System.getenv("WORK"), "to");
    private static final List<String> WRITTEN = new ArrayList<>();

    private static void write(int lines) throws Exception {
        var more = new ArrayList<String>();
        for (int i = 0; i < lines; ++i) more.add("line " + (WRITTEN.size() + i));
        WRITTEN.addAll(more);
        Files.write(FROM, more, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static void exactLines() {
        Steps.same("the lines", KafkaSteps.SERVER.values(TOPIC), WRITTEN);
    }

    private static void starts(Worker worker) throws Exception {
        if (!worker.done("GET", "/", "").contains("kafka_cluster_id")) throw new AssertionError("no cluster id");
        var plugins = worker.done("GET", "/connector-plugins", "");
        for (var name : List.of("FileStreamSourceConnector", "FileStreamSinkConnector"))
            if (!plugins.contains(name)) throw new AssertionError(plugins);
        try (var admin = KafkaSteps.SERVER.admin()) {
            for (var name : List.of("configs", "offsets", "status")) {
                var topic = new ConfigResource(ConfigResource.Type.TOPIC, "connect-" + name + "-" + RUN);
                var configs = admin.describeConfigs(List.of(topic)).all().get().get(topic);
                Steps.same(name, configs.get("cleanup.policy").value(), "compact");
            }
        }
    }

    private static void source(Worker worker) throws Exception {
        write(1000);
        worker.done("PUT", "/connectors/source/config", """
            {"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "tasks.max": "1",
             "file": "%s", "topic": "%s", "exactly.once.support": "required",
             "topic.creation.default.partitions": "1", "topic.creation.default.replication.factor": "1"}
            """.formatted(FROM, TOPIC));
        worker.until("the source runs", "/connectors/source/status", "\"id\":0,\"state\":\"RUNNING\"");
        try (var watch = new KafkaSteps.Watch(KafkaSteps.SERVER, TOPIC)) {
            watch.until(WRITTEN.size(), 60);
        }
        exactLines();
    }

    private static void sink(Worker worker) throws Exception {
        worker.done("PUT", "/connectors/sink/config", """
            {"connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector", "tasks.max": "1",
             "file": "%s", "topics": "%s", "consumer.override.isolation.level": "read_committed"}
            """.formatted(TO, TOPIC));
        worker.until("the sink runs", "/connectors/sink/status", "\"id\":0,\"state\":\"RUNNING\"");
        sunk(WRITTEN.size());
        Steps.same("the file", Files.readAllLines(TO), WRITTEN);
    }

    /** The sink writes at least once. */
    private static void sunk(int lines) throws Exception {
        KafkaSteps.until(lines + " lines in the file", 60, () ->
            Files.exists(TO) && new LinkedHashSet<>(Files.readAllLines(TO)).size() >= lines);
    }

    private static Worker killedAndResumed(Worker worker, String name) throws Exception {
        try (var watch = new KafkaSteps.Watch(KafkaSteps.SERVER, TOPIC)) {
            watch.until(WRITTEN.size(), 60);
            write(20_000);   // a transaction for each 2000
            watch.until(watch.seen() + 1, 60);
            worker.kill();
            write(1000);
            var next = new Worker(name);
            watch.until(WRITTEN.size(), 90);
            exactLines();
            sunk(WRITTEN.size());
            Steps.same("the file", List.copyOf(new LinkedHashSet<>(Files.readAllLines(TO))), WRITTEN);
            return next;
        }
    }

    private static void serverKilled() throws Exception {
        try (var watch = new KafkaSteps.Watch(KafkaSteps.SERVER, TOPIC)) {
            watch.until(WRITTEN.size(), 60);
            write(20_000);
            watch.until(watch.seen() + 1, 60);
            KafkaSteps.restartServer();
            write(1000);
            watch.until(WRITTEN.size(), 120);
            exactLines();
            sunk(WRITTEN.size());
        }
    }

    private static void takesOver(Worker first) throws Exception {
        try (var second = new Worker("second"); var watch = new KafkaSteps.Watch(KafkaSteps.SERVER, TOPIC)) {
            first.kill();
            write(500);
            watch.until(WRITTEN.size(), 90);
            exactLines();
            second.until("the sink runs", "/connectors/sink/status", "\"id\":0,\"state\":\"RUNNING\"");
            sunk(WRITTEN.size());
            Steps.step("stopped, offsets forgotten, resumed: everything again", () -> again(second, watch));
            for (var name : List.of("source", "sink")) second.done("DELETE", "/connectors/" + name, "");
            Steps.same("connectors", second.done("GET", "/connectors", ""), "[]");
            second.terminate();
        }
    }

    private static void again(Worker worker, KafkaSteps.Watch watch) throws Exception {
        if (!worker.done("GET", "/connectors/source/offsets", "").contains("\"position\"")) throw new AssertionError("no position");
        if (!worker.done("GET", "/connectors/sink/offsets", "").contains("\"kafka_offset\"")) throw new AssertionError("no offset");
        for (var name : List.of("source", "sink")) {
            worker.done("PUT", "/connectors/" + name + "/stop", "");
            worker.until(name + " stopped", "/connectors/" + name + "/status", "STOPPED");
            worker.done("DELETE", "/connectors/" + name + "/offsets", "");
        }
        Files.delete(TO);
        worker.done("PUT", "/connectors/source/resume", "");
        watch.until(2L * WRITTEN.size(), 90);
        var twice = new ArrayList<>(WRITTEN);
        twice.addAll(WRITTEN);
        Steps.same("the lines", KafkaSteps.SERVER.values(TOPIC), twice);
        worker.done("PUT", "/connectors/sink/resume", "");
        KafkaSteps.until("the file again", 60, () -> Files.exists(TO) && Files.readAllLines(TO).equals(twice));
    }

    public static void main(String[] arguments) throws Exception {
        var worker = new Worker[1];
        worker[0] = new Worker("first");
        Steps.step("a worker starts; its topics are compacted", () -> starts(worker[0]));
        Steps.step("file source over REST, exactly once", () -> source(worker[0]));
        Steps.step("file sink", () -> sink(worker[0]));
        Steps.step("worker killed and resumed: exact lines", () -> worker[0] = killedAndResumed(worker[0], "resumed"));
        Steps.step("killed once more", () -> worker[0] = killedAndResumed(worker[0], "resumed-again"));
        if (KafkaSteps.ownServer()) Steps.step("server killed: exact lines", Check::serverKilled);
        Steps.step("a second worker takes over from the first", () -> takesOver(worker[0]));
        System.exit(0);
    }

    private Check() {}
}
