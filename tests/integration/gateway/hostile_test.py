"""Clients that mean no good or do not care: slow readers, halves of requests, wrong credentials by the hundred.

    hostile_test.py SLUICE [unittest arguments]
"""
import base64
import http.client
import json
import os
import re
import shutil
import socket
import struct
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "client"))
import kafka_wire  # noqa: E402
import pg_wire  # noqa: E402
from scram import Scram  # noqa: E402
from server_process import SECRET, USER, Server, wait_until  # noqa: E402

BINARY = None
MIB = 1 << 20
CLIENTS, ATTEMPTS = 40, 60
MEMORY_BOUND = 400 * MIB


class HostileTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-hostile-")
        self.sockets = []
        self.server = Server(
            BINARY, self.folder, LIMITS_HTTP_WRITE_DEADLINE="1 s", LIMITS_HTTP_HEAD_DEADLINE="1 s",
            LIMITS_HTTP_BODY_DEADLINE="1 s", LIMITS_KAFKA_WRITE="1 s", LIMITS_KAFKA_FRAME="1 s",
            LIMITS_KAFKA_LOGIN="1 s", LIMITS_PG_WRITE_DEADLINE="1 s", LIMITS_PG_MESSAGE_DEADLINE="1 s",
            LIMITS_PG_AUTHENTICATION="1 s", LIMITS_STORE_CACHE_ENTRY="0 B", LIMITS_STORE_CACHE_ON_WRITE="0 B")
        self.server.start()

    def tearDown(self):
        for stream in self.sockets:
            stream.close()
        self.server.close_clients()
        if self.server.is_running():
            self.server.kill()
        shutil.rmtree(self.folder)

    def connect(self, port):
        stream = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.sockets.append(stream)
        return stream

    def metric(self, line):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.admin_port, timeout=60)
        credentials = base64.b64encode(f"{USER}:{SECRET}".encode()).decode()
        connection.request("GET", "/metrics", headers={"Authorization": f"Basic {credentials}"})
        page = connection.getresponse().read().decode()
        connection.close()
        return float(re.search(rf"^{re.escape(line)} (\S+)$", page, re.M)[1])

    def expect_all_cut(self, port, clients):
        """Every one of them was taken, costs little, and is ended by the server while all others are served."""
        accepted = f'sluice_net_connections_accepted_total{{port="{port}"}}'
        wait_until(lambda: self.metric(accepted) >= clients, f"{clients} connections of {port} are accepted")
        self.assertLess(self.server.resident_bytes(), MEMORY_BOUND)
        wait_until(lambda: self.metric(f'sluice_net_connections{{port="{port}"}}') == 0, f"{port} connections end")
        self.assertLess(self.server.resident_bytes(), MEMORY_BOUND)

    def test_slow_readers_of_objects(self):
        client = self.server.client()
        client.expect({200}, "PUT", "/large")
        client.expect({200}, "PUT", "/large/object", body=os.urandom(16 * MIB))
        headers = client._signed_headers("GET", "/large/object", "", b"")
        client.close()
        head = "GET /large/object HTTP/1.1\r\n" + "".join(f"{name}: {text}\r\n" for name, text in headers.items()) + "\r\n"
        for _ in range(CLIENTS):
            self.connect(self.server.s3_port).sendall(head.encode())
        self.expect_all_cut("s3", CLIENTS)

    def test_halves_of_requests(self):
        body = b"PUT /large/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000000\r\n\r\n12345"
        for start in (b"GET / HT", b"GET / HTTP/1.1\r\nHost: ", body, b"\0\0"):
            for _ in range(CLIENTS):
                self.connect(self.server.s3_port).sendall(start)
        self.expect_all_cut("s3", 4 * CLIENTS)
        scram = Scram(USER, SECRET)
        for _ in range(CLIENTS):
            self.connect(self.server.kafka_port).sendall(b"\0\0")
            one = kafka_wire.Connection(self.server.kafka_port, scram)
            self.sockets.append(one.stream)
            # A frame that says 90 MiB and brings nothing.
            one.stream.sendall(struct.pack(">i", 90 * MIB) + b"\0\0\0\x08")
        self.expect_all_cut("kafka", 2 * CLIENTS)
        for _ in range(CLIENTS):
            self.connect(self.server.pg_port).sendall(b"\0\0\0")
            one = pg_wire.Connection(self.server.pg_port, USER, scram)
            self.sockets.append(one.stream)
            one.stream.sendall(b"Q" + struct.pack(">i", 60 * MIB) + b"select")
        self.expect_all_cut("pg", 2 * CLIENTS)

    def send_until_stuck(self, stream, piece):
        """Sends without reading until the server takes no more."""
        stream.settimeout(0.2)
        try:
            for _ in range(10_000):
                stream.sendall(piece)
        except OSError:
            return
        self.fail("the server takes any number of requests whose answers nobody reads")

    def test_clients_that_ask_and_never_read(self):
        scram = Scram(USER, SECRET)
        for _ in range(4):
            one = kafka_wire.Connection(self.server.kafka_port, scram)
            self.sockets.append(one.stream)
            frame = struct.pack(">hhih", kafka_wire.API_VERSIONS, 0, 1, -1)
            self.send_until_stuck(one.stream, (struct.pack(">i", len(frame)) + frame) * 1000)
        self.expect_all_cut("kafka", 4)
        query = b"select repeat('x', 100000)\0"
        for _ in range(4):
            one = pg_wire.Connection(self.server.pg_port, USER, scram)
            self.sockets.append(one.stream)
            self.send_until_stuck(one.stream, (b"Q" + struct.pack(">i", len(query) + 4) + query) * 100)
        self.expect_all_cut("pg", 4)

    def test_wrong_credentials_are_refused_counted_and_cheap(self):
        wrong = Scram(USER, "not the password")
        before = self.metric("sluice_guard_audit_records_total")
        for _ in range(ATTEMPTS):
            client = self.server.client(secret="not the secret")
            self.assertEqual(client.request("GET", "/")[0], 403)
            client.close()
            with self.assertRaises((AssertionError, ConnectionError)):
                kafka_wire.Connection(self.server.kafka_port, wrong)
            with self.assertRaises(pg_wire.SqlError) as refused:
                pg_wire.Connection(self.server.pg_port, USER, wrong)
            self.assertEqual(refused.exception.state, "28P01")
        self.assertEqual(self.metric("sluice_guard_failed_authentications_total"), 3 * ATTEMPTS)

        def counted():
            records = [json.loads(line) for line in self.server.run("audit", "tail", "-n", "1000").stdout.splitlines()]
            failures = [record for record in records if record.get("operation") == "authenticate"
                        and record.get("decision") == "deny"]
            counts = {"s3": 0, "kafka": 0, "pg": 0}
            for record in failures:
                counts[record["protocol"]] += int(record["count"])
            return set(counts.values()) == {ATTEMPTS}

        wait_until(counted, "every failure is in the audit trail")
        # Counted by source and second, not one record each.
        self.assertLess(self.metric("sluice_guard_audit_records_total") - before, 2 * ATTEMPTS)
        self.server.client().expect({200}, "GET", "/")


if __name__ == "__main__":
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
