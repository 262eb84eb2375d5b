// Prints every configuration that a broker and a fresh topic of it describe, one line each:
// scope, name, type, default or "-", sensitive, read-only, synonyms. Used by take_configs.py.
import java.util.*;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.config.ConfigResource;

public class DescribeAll {
    public static void main(String[] args) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
            String topic = "described";
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
            print(admin, "topic", new ConfigResource(ConfigResource.Type.TOPIC, topic));
            print(admin, "broker", new ConfigResource(ConfigResource.Type.BROKER, args[1]));
        }
    }

    static void print(Admin admin, String scope, ConfigResource resource) throws Exception {
        var options = new DescribeConfigsOptions().includeSynonyms(true);
        var config = admin.describeConfigs(List.of(resource), options).all().get().get(resource);
        var entries = new ArrayList<>(config.entries());
        entries.sort(Comparator.comparing(ConfigEntry::name));
        for (var one : entries) {
            String fallback = null;
            for (var synonym : one.synonyms())
                if (synonym.source() == ConfigEntry.ConfigSource.DEFAULT_CONFIG) fallback = synonym.value();
            if (one.source() == ConfigEntry.ConfigSource.DEFAULT_CONFIG) fallback = one.value();
            var names = one.synonyms().stream().map(ConfigEntry.ConfigSynonym::name).distinct()
                .collect(Collectors.joining(","));
            System.out.println(String.join("\t", scope, one.name(), one.type().name(),
                fallback == null ? "-" : "=" + fallback, String.valueOf(one.isSensitive()),
                String.valueOf(one.isReadOnly()), names));
        }
    }
}
