"""Clients that mean no good or do not care: slow readers, halves of requests, wrong credentials by the hundred.

    hostile_test.py SLUICE [unittest arguments]
"""
import base64
import http.client
import json
import os
import re
import select
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
SQL_MEMORY, SQL_PEAK = 32 * MIB, 600 * MIB
# Each would take gigabytes or more, one way or another.
GREEDY = (
    # what aggregates keep
    ("53200", "select length(array_agg(repeat('x', 1000000))::text) from generate_series(1, 1000000)"),
    ("53200", "select array_agg(array[repeat('x', 1000000)]) from generate_series(1, 1000000)"),
    ("53200", "select count(distinct repeat('x', 1000000) || i) from generate_series(1, 1000000) i"),
    ("53200", "select string_agg(repeat('x', 1000000), ',' order by i) from generate_series(1, 1000000) i"),
    ("53200", "select string_agg(repeat('x', 1000000), ',') from generate_series(1, 1000000)"),
    ("53200", "select json_agg(repeat('x', 1000000)) from generate_series(1, 1000000)"),
    ("53200", "select i, array_agg(repeat('x', 1000000)) from generate_series(1, 1000000) i group by i"),
    # rows that are kept
    ("53200", "select count(*) over (), v from (select repeat('x', 1000000) || i as v from generate_series(1, 1000000) i) s"),
    ("53200", "select array_agg(v) over (order by i) from (select repeat('x', 1000000) as v, i from generate_series(1, 1000000) i) s"),
    ("53200", "select repeat('x', 1000000) || i from generate_series(1, 1000000) i order by 1"),
    ("53200", "select distinct repeat('x', 1000000) || i from generate_series(1, 1000000) i"),
    ("53200", "select repeat('x', 1000000) || i from generate_series(1, 1000000) i except select 'a'"),
    ("53200", "with recursive r(v, i) as (select repeat('x', 1000000), 1 union all select v, i + 1 from r where i < 1000000) "
              "select count(*) from r"),
    ("53200", "select (select count(*) from unnest(array(select repeat('x', 1000000) || i from generate_series(1, 1000000) j))) "
              "from generate_series(1, 2) i"),
    ("53200", "select count(*) from generate_series(1, 1000000) i, lateral (select repeat('x', 1000000) || i as v) s "
              "join (select repeat('x', 1000000) || j as w from generate_series(1, 1000000) j) t on true"),
    # one row, one value
    ("53200", "select " + ", ".join(["repeat('x', 10000000)"] * 500)),
    ("53200", "select array[" + ", ".join(["repeat('x', 10000000)"] * 500) + "]"),
    ("53200", "select row(" + ", ".join(["repeat('x', 10000000)"] * 500) + ")"),
    ("53200", "values (" + ", ".join(["repeat('x', 10000000)"] * 500) + ")"),
    ("54000", "select concat(repeat('x', 15000000), row(repeat('\"', 10000000)))"),
    ("54000", "select repeat('x', 15000000) || row(repeat('\"', 10000000))"),
    ("54000", "select concat_ws(repeat('x', 1000000), variadic string_to_array(repeat(',', 100000), ','))"),
    ("54000", "select array_fill(repeat('x', 1000000), array[1000000])"),
    ("54000", "select array_to_string(string_to_array(repeat(',', 100000), ','), repeat('x', 1000000))"),
    ("54000", "select string_to_array(repeat(',', 30000000), ',')"),
    ("54000", "select count(*) from string_to_table(repeat(',', 30000000), ',')"),
    ("54000", "select ('[' || repeat('0,', 10000000) || '0]')::jsonb"),
    ("54000", "select regexp_replace(repeat('a', 1000000), '(a+)', repeat('\\1', 1000000))"),
    ("54000", "select count(*) from regexp_matches(repeat('a', 5000000), 'a', 'g')"),
    ("54000", "select (" + "row(" * 40 + "'\"'" + ")" * 40 + ")::text"),
    ("54000", "select " + "row(" * 40 + "'\"'" + ")" * 40),
)


class HostileTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-hostile-")
        self.sockets = []
        self.server = Server(
            BINARY, self.folder, LIMITS_HTTP_WRITE_DEADLINE="1 s", LIMITS_HTTP_HEAD_DEADLINE="1 s",
            LIMITS_HTTP_BODY_DEADLINE="1 s", LIMITS_KAFKA_WRITE="1 s", LIMITS_KAFKA_FRAME="1 s",
            LIMITS_KAFKA_LOGIN="1 s", LIMITS_PG_WRITE_DEADLINE="1 s", LIMITS_PG_MESSAGE_DEADLINE="1 s",
            LIMITS_PG_AUTHENTICATION="1 s", LIMITS_SQL_MEMORY=f"{SQL_MEMORY} B", LIMITS_STORE_CACHE_ENTRY="0 B", LIMITS_STORE_CACHE_ON_WRITE="0 B")
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

    def test_statements_that_ask_for_all_memory(self):
        one = pg_wire.Connection(self.server.pg_port, USER, Scram(USER, SECRET))
        self.sockets.append(one.stream)
        one.query("create table kept (a text)")
        before = self.server.peak_resident_bytes()
        greedy = GREEDY + (
            ("53200", "insert into kept values " + ", ".join(["(repeat('x', 10000000))"] * 500)),
            ("53200", "create table defaults (" + ", ".join(f"c{i} text default repeat('x', 10000000)" for i in range(500)) + ");"
                      " insert into defaults default values"),
        )
        for state, text in greedy:
            with self.subTest(text=text[:120]):
                with self.assertRaises(pg_wire.SqlError) as refused:
                    one.query(text)
                self.assertEqual(refused.exception.state, state, refused.exception)
                self.assertTrue(one.is_answered())
        self.assertLess(self.server.peak_resident_bytes(), max(before, SQL_PEAK))
        # What fits is served as before, and what a statement counted ends with it.
        for _ in range(3):
            self.assertEqual(one.query("select length(string_agg(repeat('x', 100000), '')) from generate_series(1, 100)"), [["10000000"]])
            self.assertEqual(one.query("select sum((select count(*) from generate_series(1, 3) j where j <> i)) "
                                       "from generate_series(1, 100000) i"), [["299997"]])

    def test_expressions_that_take_long_keep_nobody_waiting(self):
        """A SELECT without FROM computes where others do not wait for it: connections are served meanwhile."""
        one = pg_wire.Connection(self.server.pg_port, USER, Scram(USER, SECRET))
        self.sockets.append(one.stream)
        text = b"select length(translate(repeat('x', 1000000), repeat('y', 4000), 'z'))\0"
        busy = []
        for _ in range(2 * os.cpu_count()):
            other = pg_wire.Connection(self.server.pg_port, USER, Scram(USER, SECRET))
            self.sockets.append(other.stream)
            busy.append(other)
        for other in busy:
            other.stream.sendall(b"Q" + struct.pack(">i", len(text) + 4) + text)
        before = self.server.cpu_seconds()
        wait_until(lambda: self.server.cpu_seconds() > before + 0.1, "they compute")
        self.assertTrue(one.is_answered())
        answered, _, _ = select.select([other.stream for other in busy], [], [], 0)
        self.assertEqual(answered, [], "the one that asked last had to wait")

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
