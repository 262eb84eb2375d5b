"""PostgreSQL's simple protocol over a socket: log in, send a query, read rows as text. One object per thread."""
import socket
import struct

PROTOCOL, TLS_REQUEST = 196608, 80877103
AUTHENTICATED, SASL, SASL_CONTINUE, SASL_FINAL = 0, 10, 11, 12


class SqlError(Exception):
    """The server's own answer; `state` is its SQLSTATE."""

    def __init__(self, fields):
        super().__init__(f"{fields.get('C')}: {fields.get('M')}")
        self.state = fields.get("C")


class Connection:
    def __init__(self, port, user, scram, database="sluice", tls=None):
        """`tls` wraps the socket once the server agreed."""
        self.stream = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.kept = b""
        if tls:
            self.stream.sendall(struct.pack(">ii", 8, TLS_REQUEST))
            if self._receive(1) != b"S":
                raise AssertionError("no TLS")
            self.stream = tls(self.stream)
        try:
            self._start(user, database, scram)
        except Exception:
            self.close()
            raise

    def _start(self, user, database, scram):
        names = b"".join(text.encode() + b"\0" for text in ("user", user, "database", database, ""))
        self.stream.sendall(struct.pack(">ii", len(names) + 8, PROTOCOL) + names)
        self._log_in(scram)

    def _log_in(self, scram):
        talk = scram.conversation()
        while True:
            kind, body = self._message()
            if kind == b"Z":
                return
            if kind != b"R":
                continue
            (what,) = struct.unpack(">i", body[:4])
            if what == SASL:
                first = next(talk)
                self._send(b"p", b"SCRAM-SHA-256\0" + struct.pack(">i", len(first)) + first)
            elif what == SASL_CONTINUE:
                self._send(b"p", talk.send(body[4:]))
            elif what == SASL_FINAL:
                try:
                    talk.send(body[4:])
                except StopIteration:
                    pass
            elif what != AUTHENTICATED:
                raise AssertionError(f"authentication {what}")

    def query(self, text):
        """The rows of all its statements: lists of texts and None. SqlError after the server is ready again."""
        self._send(b"Q", text.encode() + b"\0")
        rows, problem = [], None
        while True:
            kind, body = self._message(raising=False)
            if kind == b"D":
                rows.append(self._fields(body))
            elif kind == b"E":
                problem = SqlError(self._notice(body))
            elif kind == b"Z":
                if problem:
                    raise problem
                return rows

    def is_answered(self):
        return self.query("select 1") == [["1"]]

    @staticmethod
    def _fields(body):
        (count,), at, fields = struct.unpack(">h", body[:2]), 2, []
        for _ in range(count):
            (length,) = struct.unpack(">i", body[at:at + 4])
            at += 4
            fields.append(None if length < 0 else body[at:at + length].decode())
            at += max(length, 0)
        return fields

    @staticmethod
    def _notice(body):
        return {chr(field[0]): field[1:].decode() for field in body.split(b"\0") if field}

    def _send(self, kind, body):
        self.stream.sendall(kind + struct.pack(">i", len(body) + 4) + body)

    def _message(self, raising=True):
        head = self._receive(5)
        body = self._receive(struct.unpack(">i", head[1:])[0] - 4)
        if head[:1] == b"E" and raising:
            raise SqlError(self._notice(body))
        return head[:1], body

    def _receive(self, count):
        while len(self.kept) < count:
            chunk = self.stream.recv(65536)
            if not chunk:
                raise ConnectionError("closed by the server")
            self.kept += chunk
        data, self.kept = self.kept[:count], self.kept[count:]
        return data

    def close(self):
        self.stream.close()
