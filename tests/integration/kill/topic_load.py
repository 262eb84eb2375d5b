"""One Kafka client that produces a record after the other, each once: what the topic holds is what it sent."""
import os
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "client"))
import kafka_wire  # noqa: E402
import sql_load  # noqa: E402

TOPIC = "one-by-one"


def connect(server):
    return kafka_wire.Connection(server.kafka_port, sql_load.SCRAM)


def prepare(server, trail):
    connection = connect(server)
    connection.create_topic(TOPIC)
    connection.close()
    trail.happened("kafka", "CreateTopics", TOPIC)


class TopicLoad:
    def __init__(self):
        self.sent = self.acknowledged = 0

    def run(self, server, failures):
        try:
            connection = connect(server)
            try:
                while True:
                    self.sent += 1
                    connection.produce(TOPIC, struct.pack(">q", self.sent))
                    self.acknowledged += 1
            finally:
                connection.close()
        except OSError:
            pass  # the server died
        except AssertionError as problem:
            failures.append(f"Kafka: {problem}")

    def start(self, server, failures):
        thread = threading.Thread(target=self.run, args=(server, failures))
        thread.start()
        return thread

    def verify(self, connection, trail, failures):
        """The topic's records are the changes of which the audit log must speak."""
        stored = int(connection.query(f'select count(*) from topics."{TOPIC}"')[0][0])
        if not self.acknowledged <= stored <= self.sent:
            failures.append(f"Kafka: {stored} records of {self.sent}, {self.acknowledged} acknowledged")
        trail.happened("kafka", "Produce", TOPIC, stored - trail.sure["kafka", "Produce", TOPIC])
        self.acknowledged = stored
