import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.Arrays;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.QueryableStoreTypes;

/** One Streams program: Topology count|orders RUN FOLDER. Answers "dump STORE" on its input with what the store has. */
final class Topology {
    static void count(StreamsBuilder builder, String run) {
        builder.<String, String>stream("lines-" + run)
            .flatMapValues(line -> Arrays.asList(line.split(" ")))
            .groupBy((key, word) -> word)
            .count(Materialized.as("counts"))
            .toStream()
            .mapValues(String::valueOf)
            .to("counts-" + run);
    }

    static void orders(StreamsBuilder builder, String run) {
        var cities = builder.<String, String>table("users-" + run, Materialized.as("users"));
        var orders = builder.<String, String>stream("orders-" + run);   // order id -> user:amount
        orders
            .map((order, words) -> KeyValue.pair(words.split(":")[0], words.split(":")[1]))
            .join(cities, (amount, city) -> city + ":" + amount)
            .groupBy((user, words) -> words.split(":")[0], Grouped.as("by-city"))
            .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMinutes(1), Duration.ofDays(1)))
            .aggregate(() -> "0",
                       (city, words, sum) -> Long.toString(Long.parseLong(sum) + Long.parseLong(words.split(":")[1])),
                       Materialized.as("sums"))
            .toStream((window, sum) -> window.key() + "@" + window.window().start())
            .to("sums-" + run);
        builder.<String, String>stream("payments-" + run)
            .join(orders, (payment, order) -> payment + " for " + order,
                  JoinWindows.ofTimeDifferenceAndGrace(Duration.ofMinutes(10), Duration.ofDays(1)))
            .to("paid-" + run);
    }

    public static void main(String[] arguments) throws Exception {
        var builder = new StreamsBuilder();
        if (arguments[0].equals("count"))
            count(builder, arguments[1]);
        else
            orders(builder, arguments[1]);
        var words = KafkaSteps.SERVER.settings(
            "application.id", arguments[0] + "-" + arguments[1], "state.dir", arguments[2],
            "processing.guarantee", "exactly_once_v2", "commit.interval.ms", "100", "statestore.cache.max.bytes", "0",
            "default.key.serde", Serdes.StringSerde.class.getName(), "default.value.serde", Serdes.StringSerde.class.getName(),
            "num.stream.threads", "2", "replication.factor", "1", "consumer.session.timeout.ms", "6000",
            "consumer.heartbeat.interval.ms", "1000", "consumer.auto.offset.reset", "earliest",
            "producer.transaction.timeout.ms", "20000");
        var streams = new KafkaStreams(builder.build(), words);
        streams.setStateListener((now, before) -> {
            System.out.println("state " + now);
            System.out.flush();
        });
        streams.start();
        var input = new BufferedReader(new InputStreamReader(System.in));
        for (var line = input.readLine(); line != null; line = input.readLine()) {
            var store = line.substring("dump ".length());
            if (store.equals("sums"))
                try (var all = streams.store(StoreQueryParameters.fromNameAndType(store, QueryableStoreTypes.<String, String>windowStore())).all()) {
                    all.forEachRemaining(each -> System.out.println(each.key.key() + "@" + each.key.window().start() + "=" + each.value));
                }
            else
                try (var all = streams.store(StoreQueryParameters.fromNameAndType(store, QueryableStoreTypes.<String, Object>keyValueStore())).all()) {
                    all.forEachRemaining(each -> System.out.println(each.key + "=" + each.value));
                }
            System.out.println("end");
            System.out.flush();
        }
        streams.close(Duration.ofSeconds(30));
    }

    private Topology() {}
}
