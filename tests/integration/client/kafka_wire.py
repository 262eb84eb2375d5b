"""Just enough of Kafka to log in and to ask whether anybody is there. One object per thread."""
import socket
import struct

SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 17, 18, 36


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
