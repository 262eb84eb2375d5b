import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** A real Kafka to mirror from: one process that is broker and controller, everybody may do everything. */
final class Peer implements AutoCloseable {
    final KafkaSteps.Cluster cluster;
    private final KafkaSteps.Program program;

    Peer() throws Exception {
        var jars = System.getenv("CLIENT_HOME") + "/peer/*";
        int port = KafkaSteps.freePort(), controller = KafkaSteps.freePort();
        var work = Path.of(System.getenv("WORK"));
        var file = work.resolve("peer.properties");
        Files.writeString(file, """
            process.roles=broker,controller
            node.id=1
            log.dirs=%s
            controller.quorum.bootstrap.servers=127.0.0.1:%d
            listeners=PLAINTEXT://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d
            controller.listener.names=CONTROLLER
            listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
            offsets.topic.replication.factor=1
            offsets.topic.num.partitions=3
            transaction.state.log.replication.factor=1
            transaction.state.log.num.partitions=3
            transaction.state.log.min.isr=1
            group.initial.rebalance.delay.ms=0
            authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
            super.users=User:ANONYMOUS
            """.formatted(work.resolve("peer"), controller, port, controller));
        var format = new KafkaSteps.Program(jars, "128m", "peer.log", "kafka.tools.StorageTool", "format", "--standalone",
                                            "-t", "c2x1aWNlLWJlbmNoLXBlZQ", "-c", file.toString());
        format.end();
        program = new KafkaSteps.Program(jars, "400m", "peer.log", "kafka.Kafka", file.toString());
        var settings = new Properties();
        settings.put("bootstrap.servers", "127.0.0.1:" + port);
        cluster = new KafkaSteps.Cluster(settings);
        KafkaSteps.until("the peer answers", 90, () -> {
            try (var admin = cluster.admin()) {
                return !admin.describeCluster().nodes().get().isEmpty();
            }
        });
    }

    @Override
    public void close() {
        program.close();
    }
}
