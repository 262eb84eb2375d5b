"""Just enough of Kafka to log in, to ask whether anybody is there and to produce. One object per thread."""
import socket
import struct
import time

PRODUCE, SASL_HANDSHAKE, API_VERSIONS, CREATE_TOPICS, SASL_AUTHENTICATE = 0, 17, 18, 19, 36
CASTAGNOLI = 0x82F63B78


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (CASTAGNOLI if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def batch_of(value):
    """A batch of one record without key; `value` is shorter than 48 bytes."""
    record = bytes((0, 0, 0, 1, 2 * len(value))) + value + b"\0"
    now = int(time.time() * 1000)
    covered = struct.pack(">hiqqqhii", 0, 0, now, now, -1, -1, -1, 1) + bytes((2 * len(record),)) + record
    return struct.pack(">qiibI", 0, len(covered) + 9, -1, 2, crc32c(covered)) + covered


def text(name):
    return struct.pack(">h", len(name)) + name.encode()


class Connection:
    def __init__(self, port, scram, wrap=lambda stream: stream):
        """`wrap` turns the socket into what is spoken over: TLS."""
        self.stream = wrap(socket.create_connection(("127.0.0.1", port), timeout=60))
        self.asked = 0
        try:
            self._log_in(scram)
        except Exception:
            self.close()
            raise

    def _log_in(self, scram):
        mechanism = b"SCRAM-SHA-256"
        answer = self.request(SASL_HANDSHAKE, 1, struct.pack(">h", len(mechanism)) + mechanism)
        if answer[:2] != b"\0\0":
            raise AssertionError(f"SaslHandshake: {answer!r}")
        talk = scram.conversation()
        message = next(talk)
        try:
            while True:
                answer = self.request(SASL_AUTHENTICATE, 0, struct.pack(">i", len(message)) + message)
                if answer[:2] != b"\0\0":
                    raise AssertionError(f"SaslAuthenticate: {answer!r}")
                message = talk.send(answer[8:])  # no error, no message, then bytes with their length
        except StopIteration:
            pass

    def request(self, api, version, body):
        """The body of the answer."""
        self.asked += 1
        frame = struct.pack(">hhih", api, version, self.asked, -1) + body
        self.stream.sendall(struct.pack(">i", len(frame)) + frame)
        answer = self._receive(struct.unpack(">i", self._receive(4))[0])
        if struct.unpack(">i", answer[:4])[0] != self.asked:
            raise AssertionError("an answer to another request")
        return answer[4:]

    def is_answered(self):
        return self.request(API_VERSIONS, 0, b"")[:2] == b"\0\0"

    def create_topic(self, name):
        body = struct.pack(">i", 1) + text(name) + struct.pack(">ihii", 1, 1, 0, 0) + struct.pack(">i?", 60_000, False)
        answer = self.request(CREATE_TOPICS, 2, body)
        (error,) = struct.unpack(">h", answer[10 + len(name):12 + len(name)])
        if error:
            raise AssertionError(f"CreateTopics: error {error}")

    def produce(self, topic, value):
        """The offset of its one record in partition 0, acknowledged by all."""
        batch = batch_of(value)
        body = struct.pack(">hhii", -1, -1, 60_000, 1) + text(topic) + struct.pack(">iii", 1, 0, len(batch)) + batch
        answer = self.request(PRODUCE, 3, body)
        error, offset = struct.unpack(">hq", answer[14 + len(topic):24 + len(topic)])
        if error:
            raise AssertionError(f"Produce: error {error}")
        return offset

    def _receive(self, count):
        data = b""
        while len(data) < count:
            chunk = self.stream.recv(count - len(data))
            if not chunk:
                raise ConnectionError("closed by the server")
            data += chunk
        return data

    def close(self):
        self.stream.close()
