import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;

/** Kafka Streams, exactly_once_v2: killed, restarted on a killed server, its state lost. */
final class Check {
    private static final String RUN = KafkaSteps.RUN;
    private static final int LINES = 4000, WORDS = 3, NAMES = 97;
    private static final int ORDERS = 3000, USERS = 50, CITIES = 7;
    // Within the retention of a topic, on a full minute.
    private static final long START = System.currentTimeMillis() / 60_000 * 60_000 - 600_000;

    private static KafkaSteps.Program start(String topology) throws Exception {
        return KafkaSteps.Program.own("256m", topology + ".log", "Topology", topology, RUN, state(topology).toString());
    }

    private static Path state(String topology) { return Path.of(System.getenv("WORK"), "state-" + topology); }

    private static String word(int number) { return "word" + number * 31 % NAMES; }

    private static TreeMap<String, Long> expectedCounts(int lines) {
        var out = new TreeMap<String, Long>();
        for (int i = 0; i < lines * WORDS; ++i) out.merge(word(i), 1L, Long::sum);
        return out;
    }

    private static void writeLines(int from, int to) {
        try (var out = KafkaSteps.SERVER.producer("linger.ms", "1")) {
            for (int line = from; line < to; ++line) {
                var words = new ArrayList<String>();
                for (int i = 0; i < WORDS; ++i) words.add(word(line * WORDS + i));
                out.send(new ProducerRecord<>("lines-" + RUN, line % 4, null, String.join(" ", words)));
            }
        }
    }

    /** Every update is written, so a word's counts are 1, 2, 3 and so on: none twice, none left out. */
    private static void exactCounts(int lines) {
        var seen = new HashMap<String, Long>();
        for (var record : KafkaSteps.SERVER.all("counts-" + RUN)) {
            var expected = seen.merge(record.key(), 1L, Long::sum);
            Steps.same("a count of " + record.key(), record.value(), expected.toString());
        }
        Steps.same("the counts", new TreeMap<>(seen), expectedCounts(lines));
    }

    private static TreeMap<String, String> dump(KafkaSteps.Program program, String store) throws Exception {
        program.say("dump " + store);
        var out = new TreeMap<String, String>();
        for (var line : program.until("end"::equals))
            if (!line.startsWith("state ")) out.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
        return out;
    }

    private static void forget(Path folder) throws Exception {
        try (var files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        }
    }

    private static void countWords() throws Exception {
        KafkaSteps.SERVER.makeTopic("lines-" + RUN, 4, Map.of());
        KafkaSteps.SERVER.makeTopic("counts-" + RUN, 4, Map.of());
        try (var watch = new KafkaSteps.Watch(KafkaSteps.SERVER, "counts-" + RUN)) {
            long all = (long) LINES * WORDS;
            try (var first = start("count")) {
                writeLines(0, LINES / 2);
                watch.until(all / 6, 90);
                first.kill();
            }
            try (var second = start("count")) {
                watch.until(watch.seen() + all / 12, 90);
                second.kill();
            }
            writeLines(LINES / 2, LINES);
            try (var third = start("count")) {
                watch.until(all, 120);
                Steps.step("word count killed twice and resumed: exact counts", () -> exactCounts(LINES));
                third.end();
            }
        }
    }

    private static void countOnAKilledServer() throws Exception {
        try (var watch = new KafkaSteps.Watch(KafkaSteps.SERVER, "counts-" + RUN); var program = start("count")) {
            long before = (long) LINES * WORDS, all = 2L * LINES * WORDS;
            var writer = new Thread(() -> writeLines(LINES, 2 * LINES));
            writer.start();
            watch.until(before + all / 12, 90);
            KafkaSteps.restartServer();
            watch.until(before + all / 6, 120);
            KafkaSteps.restartServer();
            writer.join();
            watch.until(all, 120);
            Steps.step("word count while the server is killed twice: exact counts", () -> exactCounts(2 * LINES));
            Steps.step("interactive query", () -> Steps.same("the store", dump(program, "counts").toString(), expectedCounts(2 * LINES).toString()));
            program.end();
        }
    }

    private static void restore(String topology, String store, String expected) throws Exception {
        forget(state(topology));
        try (var program = start(topology)) {
            program.until("state RUNNING"::equals);
            Steps.same("the store", dump(program, store).toString(), expected);
            program.end();
        }
    }

    private static String city(int user) { return "city" + user % CITIES; }

    private static void writeOrders() {
        try (var out = KafkaSteps.SERVER.producer("linger.ms", "1")) {
            for (int i = 0; i < ORDERS; ++i) {
                out.send(new ProducerRecord<>("orders-" + RUN, null, START + i * 100L, "order" + i, "user" + i % USERS + ":" + i));
                if (i % 3 == 0)
                    out.send(new ProducerRecord<>("payments-" + RUN, null, START + i * 100L + 5000, "order" + i, "payment" + i));
            }
        }
    }

    private static TreeMap<String, String> expectedSums() {
        var sums = new TreeMap<String, Long>();
        for (int i = 0; i < ORDERS; ++i)
            sums.merge(city(i % USERS) + "@" + (START + i * 100L) / 60_000 * 60_000, (long) i, Long::sum);
        var out = new TreeMap<String, String>();
        sums.forEach((key, sum) -> out.put(key, sum.toString()));
        return out;
    }

    private static void joins() throws Exception {
        KafkaSteps.SERVER.makeTopic("users-" + RUN, 3, Map.of("cleanup.policy", "compact"));
        for (var name : List.of("orders-", "payments-", "sums-", "paid-")) KafkaSteps.SERVER.makeTopic(name + RUN, 3, Map.of());
        try (var out = KafkaSteps.SERVER.producer()) {
            for (int user = 0; user < USERS; ++user)
                out.send(new ProducerRecord<>("users-" + RUN, null, START - 1000, "user" + user, city(user)));
        }
        try (var sums = new KafkaSteps.Watch(KafkaSteps.SERVER, "sums-" + RUN); var paid = new KafkaSteps.Watch(KafkaSteps.SERVER, "paid-" + RUN)) {
            writeOrders();
            try (var first = start("orders")) {
                sums.until(ORDERS / 4, 120);
                first.kill();
            }
            try (var second = start("orders")) {
                sums.until(ORDERS, 120);
                paid.until(ORDERS / 3, 60);
                Steps.step("windowed sums over a table join, killed and resumed", () -> {
                    var last = new TreeMap<String, String>();
                    var all = KafkaSteps.SERVER.all("sums-" + RUN);
                    for (var record : all) last.put(record.key(), record.value());
                    Steps.same("updates", all.size(), ORDERS);
                    Steps.same("the last sums", last, expectedSums());
                });
                Steps.step("stream to stream join", () -> {
                    var got = new TreeSet<String>();
                    for (var record : KafkaSteps.SERVER.all("paid-" + RUN))
                        if (!got.add(record.key() + " " + record.value())) throw new AssertionError("twice: " + record.value());
                    var expected = new TreeSet<String>();
                    for (int i = 0; i < ORDERS; i += 3)
                        expected.add("order" + i + " payment" + i + " for user" + i % USERS + ":" + i);
                    Steps.same("pairs", got, expected);
                });
                second.end();
            }
        }
    }

    /** What Streams asked of its internal topics, read back. */
    private static void internalTopics() throws Exception {
        try (var admin = KafkaSteps.SERVER.admin()) {
            var policies = new TreeMap<String, String>();
            var names = admin.listTopics().names().get().stream().filter(name -> name.startsWith("orders-" + RUN + "-")).toList();
            var resources = names.stream().map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name)).toList();
            admin.describeConfigs(resources).all().get().forEach(
                (topic, config) -> policies.put(topic.name().substring(("orders-" + RUN + "-").length()), config.get("cleanup.policy").value()));
            Steps.same("sums", policies.get("sums-changelog"), "compact,delete");
            Steps.same("by city", policies.get("by-city-repartition"), "delete");
            if (policies.size() != 6) throw new AssertionError("topics: " + policies);
        }
    }

    public static void main(String[] arguments) throws Exception {
        Steps.step("word count", Check::countWords);
        if (KafkaSteps.ownServer()) Steps.step("word count on a server that is killed", Check::countOnAKilledServer);
        int lines = KafkaSteps.ownServer() ? 2 * LINES : LINES;
        Steps.step("state lost: counts restored from the changelog",
                   () -> restore("count", "counts", expectedCounts(lines).toString()));
        Steps.step("joins and windows", Check::joins);
        Steps.step("internal topics", Check::internalTopics);
        Steps.step("state lost: windows restored from the changelog", () -> restore("orders", "sums", expectedSums().toString()));
        System.exit(0);
    }

    private Check() {}
}
