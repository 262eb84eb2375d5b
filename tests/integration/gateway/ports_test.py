"""All ports together: thousands of idle connections, a stop under load, one certificate and its renewal.

    ports_test.py SLUICE KAFKA_CLIENT [unittest arguments]
"""
import concurrent.futures
import http.client
import json
import os
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "client"))
import kafka_wire  # noqa: E402
import pg_wire  # noqa: E402
from s3_client import Client, Unanswered  # noqa: E402
from scram import Scram  # noqa: E402
from server_process import SECRET, USER, Server, wait_until  # noqa: E402

BINARY = KAFKA_CLIENT = None
IDLE_BYTES, HELD_BYTES, CONNECTIONS = 150_000_000, 500_000_000, 10_000
DESCRIPTORS_KEPT, CONNECTING_AT_ONCE = 300, 32
IDLE_SHARE = 0.1


class S3Connection:
    """One kept-alive connection that asks for the list of buckets."""

    def __init__(self, port):
        self.client = Client("127.0.0.1", port, USER, SECRET)
        self.is_answered()

    def is_answered(self):
        return self.client.request("GET", "/")[0] == 200

    def close(self):
        self.client.close()


class PortsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-ports-")
        self.servers = []

    def tearDown(self):
        for server in self.servers:
            server.close_clients()
            if server.is_running():
                server.kill()
        shutil.rmtree(self.folder)

    def started(self, **settings):
        server = Server(BINARY, self.folder, **settings)
        self.servers.append(server)
        server.start()
        return server

    def test_ten_thousand_idle_connections_are_cheap_and_answered(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        server, scram, open_ones = self.started(LIMITS_HTTP_IDLE_DEADLINE="1 h"), Scram(USER, SECRET), []
        connect = (lambda: S3Connection(server.s3_port), lambda: kafka_wire.Connection(server.kafka_port, scram),
                   lambda: pg_wire.Connection(server.pg_port, USER, scram))
        idle = server.resident_bytes()
        self.assertLess(idle, IDLE_BYTES)
        try:
            count = min(CONNECTIONS, hard - DESCRIPTORS_KEPT)
            with concurrent.futures.ThreadPoolExecutor(CONNECTING_AT_ONCE) as pool:
                open_ones += pool.map(lambda number: connect[number % len(connect)](), range(count))
            held = server.resident_bytes()
            print(f"idle {idle / 1e6:.0f} MB, with {count} connections {held / 1e6:.0f} MB", file=sys.stderr)
            self.assertLess(held, HELD_BYTES)
            wait_until(lambda: self.busy_share(server) < IDLE_SHARE, "thousands of idle connections cost no time")
            with concurrent.futures.ThreadPoolExecutor(CONNECTING_AT_ONCE) as pool:
                self.assertEqual(sum(pool.map(lambda one: one.is_answered(), open_ones)), count)
        finally:
            for one in open_ones:
                one.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        self.assertEqual(server.stop(), 0)

    @staticmethod
    def busy_share(server):
        """Of one core, over a second: what the logins left to be written in the background ends within a few."""
        before, began = server.cpu_seconds(), time.monotonic()
        threading.Event().wait(1.0)
        return (server.cpu_seconds() - before) / (time.monotonic() - began)

    # -- stop

    def put_until_stopped(self, server, acked, thread):
        client = Client("127.0.0.1", server.s3_port, USER, SECRET)
        try:
            for number in range(1_000_000):
                key = f"{thread}-{number}"
                if client.request("PUT", f"/load/{key}", body=key.encode() * 100)[0] != 200:
                    return
                acked.append(key)
        except Unanswered:
            pass
        finally:
            client.close()

    def insert_until_stopped(self, server, acked, thread):
        connection = pg_wire.Connection(server.pg_port, USER, Scram(USER, SECRET))
        try:
            for number in range(1_000_000):
                connection.query(f"insert into load values ({thread}, {number})")
                acked.append((thread, number))
        except (OSError, pg_wire.SqlError) as end:
            # 57P01: the server is stopping.
            self.assertEqual(getattr(end, "state", "57P01"), "57P01")
        finally:
            connection.close()

    def test_a_stop_under_load_answers_what_runs_and_loses_nothing(self):
        server = self.started()
        server.client().expect({200}, "PUT", "/load")
        connection = pg_wire.Connection(server.pg_port, USER, Scram(USER, SECRET))
        connection.query("create table load (thread int, number int, primary key (thread, number))")
        connection.close()
        objects, rows, acked_path = [], [], f"{self.folder}/acked"
        producer = subprocess.Popen(
            [KAFKA_CLIENT, "produce", "--broker", f"127.0.0.1:{server.kafka_port}", "--user", USER, "--password",
             SECRET, "--topic", "load", "--until-stdin-ends", "--size", "200", "--record-acked", acked_path],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        threads = [threading.Thread(target=work, args=(server, into, number))
                   for number in range(2)
                   for work, into in ((self.put_until_stopped, objects), (self.insert_until_stopped, rows))]
        for thread in threads:
            thread.start()
        try:
            wait_until(lambda: min(len(objects), len(rows), self.size_of(acked_path) / 20) > 50, "load on all ports")
            self.assertEqual(server.stop(), 0)
        finally:
            producer.kill()
            producer.communicate()
            for thread in threads:
                thread.join()
        checked = server.run("check")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        server.start()
        with open(server.log_path, encoding="utf-8") as log:
            recovered = [json.loads(line) for line in log if '"store recovered"' in line][-1]
        self.assertEqual(recovered["replayed_commits"], 0, "an orderly stop leaves nothing to replay")
        self.assertLessEqual(set(objects), set(server.client().list_keys("load")))
        connection = pg_wire.Connection(server.pg_port, USER, Scram(USER, SECRET))
        kept = {tuple(map(int, row)) for row in connection.query("select thread, number from load")}
        connection.close()
        self.assertLessEqual(set(rows), kept)
        stored_path = f"{self.folder}/stored"
        subprocess.run(
            [KAFKA_CLIENT, "consume", "--broker", f"127.0.0.1:{server.kafka_port}", "--user", USER, "--password",
             SECRET, "--topic", "load", "--record", stored_path], stdout=subprocess.DEVNULL, check=True)
        with open(acked_path, encoding="ascii") as acked, open(stored_path, encoding="ascii") as stored:
            self.assertLessEqual(set(acked.read().split()), set(stored.read().split()))

    # -- TLS

    def make_certificate(self, name):
        key, certificate = (f"{self.folder}/{kind}.pem" for kind in ("key", "cert"))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", key, "-out", certificate], check=True, capture_output=True)
        return key, certificate

    def names_seen(self, server, certificate):
        """What each port's certificate is called, after a whole login or request over it."""
        context = ssl.create_default_context(cafile=certificate)
        scram, names = Scram(USER, SECRET), {}

        def wrap(stream):
            encrypted = context.wrap_socket(stream, server_hostname="127.0.0.1")
            names["last"] = encrypted.getpeercert()["subject"][0][0][1]
            return encrypted

        for port in ("s3", "admin"):
            connection = http.client.HTTPSConnection(
                "127.0.0.1", getattr(server, port + "_port"), context=context, timeout=30)
            connection.request("GET", "/healthz")
            names[port] = connection.sock.getpeercert()["subject"][0][0][1]
            self.assertEqual(connection.getresponse().status, 404 if port == "s3" else 200)
            connection.close()
        for port, connect in (("kafka", lambda: kafka_wire.Connection(server.kafka_port, scram, wrap)),
                              ("pg", lambda: pg_wire.Connection(server.pg_port, USER, scram, tls=wrap))):
            connection = connect()
            self.assertTrue(connection.is_answered())
            connection.close()
            names[port] = names["last"]
        del names["last"]
        return names

    def test_one_certificate_for_every_port_and_its_renewal(self):
        key, certificate = self.make_certificate("first")
        server = self.started(TLS_CERT=certificate, TLS_KEY=key, LISTEN="0.0.0.0")
        ports = ("s3", "admin", "kafka", "pg")
        self.assertEqual(self.names_seen(server, certificate), dict.fromkeys(ports, "first"))
        context = ssl.create_default_context(cafile=certificate)
        kept = pg_wire.Connection(server.pg_port, USER, Scram(USER, SECRET), tls=lambda stream: context.wrap_socket(
            stream, server_hostname="127.0.0.1"))
        self.assertIn("https://127.0.0.1", server.greeting)
        client, body = server.client(), os.urandom(2_000_000)
        client.connection = http.client.HTTPSConnection("127.0.0.1", server.s3_port, context=context, timeout=30)
        client.expect({200}, "PUT", "/sealed")
        client.expect({200}, "PUT", "/sealed/x", body=body)
        self.assertEqual(client.expect({200}, "GET", "/sealed/x")[2], body)
        self.make_certificate("second")
        server.process.send_signal(signal.SIGHUP)
        self.wait_for_log(server, '"certificate reloaded"')
        self.assertEqual(self.names_seen(server, certificate), dict.fromkeys(ports, "second"))
        with open(certificate, "w", encoding="ascii") as broken:
            broken.write("no certificate\n")
        server.process.send_signal(signal.SIGHUP)
        self.wait_for_log(server, '"certificate not reloaded"')
        self.assertTrue(kept.is_answered(), "connections outlive a renewal")
        kept.close()
        self.assertEqual(server.stop(), 0)

    def test_plaintext_on_a_tls_port_is_refused_or_closed(self):
        key, certificate = self.make_certificate("only")
        server = self.started(TLS_CERT=certificate, TLS_KEY=key, LISTEN="0.0.0.0")
        for port in (server.s3_port, server.kafka_port, server.admin_port):
            with socket.create_connection(("127.0.0.1", port), timeout=30) as stream:
                stream.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                answer = b""
                try:
                    while chunk := stream.recv(4096):
                        answer += chunk
                except ConnectionResetError:
                    pass
                self.assertNotIn(b"HTTP/1.1 2", answer)
        self.assertTrue(server.is_running())

    def wait_for_log(self, server, text):
        def found():
            with open(server.log_path, encoding="utf-8") as log:
                return text in log.read()

        wait_until(found, text)

    @staticmethod
    def size_of(path):
        return os.path.getsize(path) if os.path.exists(path) else 0


if __name__ == "__main__":
    BINARY, KAFKA_CLIENT = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))
    unittest.main(verbosity=2)
