import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A distributed Connect worker, and requests to its REST interface. */
final class Worker implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private final KafkaSteps.Program program;
    private final String url;

    Worker(String name) throws Exception {
        int port = KafkaSteps.freePort();
        url = "http://127.0.0.1:" + port;
        var words = KafkaSteps.SERVER.settings(
            "group.id", "connect-" + KafkaSteps.RUN, "listeners", url, "exactly.once.source.support", "enabled",
            "config.storage.topic", "connect-configs-" + KafkaSteps.RUN, "config.storage.replication.factor", "1",
            "offset.storage.topic", "connect-offsets-" + KafkaSteps.RUN, "offset.storage.replication.factor", "1",
            "offset.storage.partitions", "5", "status.storage.topic", "connect-status-" + KafkaSteps.RUN,
            "status.storage.replication.factor", "1", "status.storage.partitions", "3",
            "key.converter", "org.apache.kafka.connect.storage.StringConverter",
            "value.converter", "org.apache.kafka.connect.storage.StringConverter",
            "offset.flush.interval.ms", "1000", "scheduled.rebalance.max.delay.ms", "1000",
            "session.timeout.ms", "6000", "heartbeat.interval.ms", "1000", "consumer.auto.offset.reset", "earliest");
        var file = new StringBuilder();
        KafkaSteps.SERVER.settings().forEach((key, value) -> {
            for (var part : new String[] {"producer.", "consumer.", "admin."}) words.put(part + key, value);
        });
        words.forEach((key, value) -> file.append(key + "=" + value + "\n"));
        var path = Path.of(System.getenv("WORK"), name + ".properties");
        Files.writeString(path, file);
        program = KafkaSteps.Program.own("384m", name + ".log", "org.apache.kafka.connect.cli.ConnectDistributed", path.toString());
        KafkaSteps.until("the worker answers", 90, () -> program.runs() && answers("/connectors"));
    }

    private boolean answers(String path) throws Exception {
        try {
            return ask("GET", path, "").statusCode() == 200;
        } catch (java.net.ConnectException early) {
            return false;
        }
    }

    HttpResponse<String> ask(String method, String path, String body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(100))
            .header("Content-Type", "application/json").method(method, HttpRequest.BodyPublishers.ofString(body));
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** The body of an answer that is a success. A worker that rebalances says 409: it is asked again. */
    String done(String method, String path, String body) throws Exception {
        var deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        for (;;) {
            var answer = ask(method, path, body);
            if (answer.statusCode() / 100 == 2) return answer.body();
            if (answer.statusCode() != 409 || System.nanoTime() > deadline)
                throw new AssertionError(method + " " + path + ": " + answer.statusCode() + " " + answer.body());
        }
    }

    void until(String what, String path, String part) throws Exception {
        KafkaSteps.until(what, 60, () -> ask("GET", path, "").body().contains(part));
    }

    void kill() throws Exception { program.kill(); }

    void terminate() throws Exception { program.terminate(); }

    @Override
    public void close() {
        program.close();
    }
}
