"""The program as its operators meet it: start, stop, refusals, settings, command line, backup.

    daemon_test.py BINARY [unittest arguments]
"""
import base64
import http.client
import json
import os
import resource
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "client"))
import kafka_wire  # noqa: E402
import pg_wire  # noqa: E402
from s3_client import Unanswered  # noqa: E402
from scram import Scram  # noqa: E402
from server_process import SECRET, USER, NotStarted, Server, wait_until  # noqa: E402

BINARY = None


class DaemonTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-daemon-")
        self.servers = []

    def tearDown(self):
        for server in self.servers:
            server.close_clients()
            if server.is_running():
                server.kill()
        shutil.rmtree(self.folder)

    def server(self, **settings):
        server = Server(BINARY, self.folder, **settings)
        self.servers.append(server)
        return server

    def started(self, **settings):
        server = self.server(**settings)
        server.start()
        return server

    def refused(self, server, *arguments):
        with self.assertRaises(NotStarted) as caught:
            server.start(*arguments)
        return str(caught.exception)

    def admin(self, server, path, credentials=None, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", server.admin_port, timeout=30)
        headers = {}
        if credentials:
            headers["Authorization"] = "Basic " + base64.b64encode(credentials.encode()).decode()
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body

    def test_serves_stops_and_serves_again(self):
        server = self.started()
        client = server.client()
        client.expect({200}, "PUT", "/kept")
        client.expect({200}, "PUT", "/kept/a/b", body=b"bytes")
        client.close()
        self.assertEqual(server.stop(), 0)
        self.assertFalse(os.path.exists(os.path.join(server.data, "control.sock")))
        server.start()
        self.assertEqual(server.client().expect({200}, "GET", "/kept/a/b")[2], b"bytes")

    def test_a_resting_connection_does_not_hold_up_the_stop(self):
        server = self.started(LIMITS_STOP_GRACE="1 h")
        client = server.client()
        client.expect({200}, "GET", "/")
        self.assertEqual(server.stop(), 0)

    def test_a_second_server_on_the_folder_is_refused(self):
        server = self.started()
        text = self.refused(self.server())
        self.assertIn("conflict", text)
        self.assertEqual(self.admin(server, "/healthz")[0], 200)

    def test_a_taken_port_is_named(self):
        server = self.started()
        other = Server(BINARY, self.folder, DATA=os.path.join(self.folder, "other"), S3_PORT=str(server.s3_port))
        self.assertIn(str(server.s3_port), self.refused(other))

    def test_wrong_settings_are_refused_before_anything_happens(self):
        self.assertIn("SLUICE_S3_PORT", self.refused(self.server(S3_PORT="70000")))
        self.assertIn("both or neither", self.refused(self.server(TLS_CERT="cert.pem")))
        for small in ({"LIMITS_STORE_APPEND": "1 MiB"}, {"KAFKA_MESSAGE": "4 MiB"}, {"STORE_SEGMENT": "2 MiB", "KAFKA_MESSAGE": "2 MiB"}):
            text = self.refused(self.server(**small))
            self.assertIn("kafka.message", text)
            self.assertIn("limits.store_append", text)
        path = os.path.join(self.folder, "sluice.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("[s3]\nprot = 1\n")
        self.assertIn("sluice.toml:2: no setting is called 's3.prot'", self.refused(self.server(), "--config", path))
        self.assertFalse(os.path.exists(os.path.join(self.folder, "data")))

    def test_plaintext_off_loopback_needs_a_word(self):
        self.assertIn("SLUICE_INSECURE=1", self.refused(self.server(LISTEN="0.0.0.0")))
        server = self.started(LISTEN="0.0.0.0", INSECURE="1")
        self.assertEqual(self.admin(server, "/healthz")[0], 200)

    def test_the_made_up_secret_is_shown_once_and_stays(self):
        server = self.started(ROOT_PASSWORD=None)
        secret = next(line for line in server.greeting.splitlines() if "made up" in line).split("secret ")[1].split()[0]
        server.client(secret=secret).expect({200}, "PUT", "/first")
        self.assertEqual(server.stop(), 0)
        server.start()
        self.assertNotIn(secret, server.greeting)
        server.client(secret=secret).expect({200}, "HEAD", "/first")
        server.stop()
        with open(server.log_path, encoding="utf-8") as log:
            self.assertNotIn(secret, log.read())
        os.remove(server.data + ".key")
        self.assertIn("key file", self.refused(server))

    def test_the_admin_port_answers_only_health_without_credentials(self):
        server = self.started()
        self.assertEqual(self.admin(server, "/healthz"), (200, "ok\n"))
        for path in ("/metrics", "/", "/nothing", "/healthz/x"):
            self.assertEqual(self.admin(server, path)[0], 401, path)
        self.assertEqual(self.admin(server, "/metrics", f"{USER}:wrong")[0], 401)
        self.assertEqual(self.admin(server, "/nothing", f"{USER}:{SECRET}")[0], 404)
        self.assertEqual(self.admin(server, "/metrics", f"{USER}:{SECRET}", "POST")[0], 405)

    def test_metrics_count_requests_and_connections(self):
        server = self.started()
        client = server.client()
        client.expect({200}, "PUT", "/counted")
        client.expect({200}, "PUT", "/counted/x", body=b"12345")
        client.expect({404}, "GET", "/counted/missing")
        status, page = self.admin(server, "/metrics", f"{USER}:{SECRET}")
        self.assertEqual(status, 200)
        for line in (
            'sluice_s3_requests_total{operation="PutObject",status="2xx"} 1',
            'sluice_s3_requests_total{operation="GetObject",status="4xx"} 1',
            'sluice_s3_request_seconds_count{operation="CreateBucket"} 1',
            'sluice_net_connections{port="s3"} 1',
            "sluice_store_objects_put_total 1",
        ):
            self.assertIn(line + "\n", page)
        for name in ("sluice_journal_groups_total", "sluice_process_resident_bytes", "sluice_store_free_bytes"):
            value = next(line for line in page.splitlines() if line.startswith(name + " ")).split()[1]
            self.assertGreater(float(value), 0, name)

    @staticmethod
    def figure(page, series):
        return float(next(line for line in page.splitlines() if line.startswith(series + " ")).split()[1])

    def test_metrics_count_who_ran_the_queries(self):
        server = self.started(LIMITS_SQL_NATIVE_ROWS="1000")
        connection = pg_wire.Connection(server.pg_port, USER, Scram(USER, SECRET))
        try:
            connection.query("CREATE TABLE t (n bigint PRIMARY KEY, g bigint)")
            connection.query("INSERT INTO t SELECT n, n % 7 FROM generate_series(1, 50000) n")
            before = self.page(server)
            self.assertEqual(connection.query("SELECT count(*) FROM (SELECT g FROM t GROUP BY g) x"), [["7"]])
            self.assertEqual(connection.query("SELECT count(*) FROM generate_series(1, 3)"), [["3"]])
            after = self.page(server)
        finally:
            connection.close()
        for executor in ("engine", "native"):
            series = f'sluice_sql_queries_total{{executor="{executor}"}}'
            self.assertEqual(self.figure(after, series) - self.figure(before, series), 1, executor)
        self.assertEqual(self.figure(after, 'sluice_sql_queries_total{executor="native_declined"}'), 0)
        for pool in ("blocking", "sql"):
            for what in ("queued", "running"):
                self.assertGreaterEqual(self.figure(after, f'sluice_core_blocking_{what}{{pool="{pool}"}}'), 0)

    def page(self, server):
        status, page = self.admin(server, "/metrics", f"{USER}:{SECRET}")
        self.assertEqual(status, 200)
        return page

    def test_users_keys_and_rules_from_the_command_line(self):
        server = self.started()
        mode = os.stat(os.path.join(server.data, "control.sock")).st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        server.client().expect({200}, "PUT", "/shared")
        server.client().expect({200}, "PUT", "/shared/x", body=b"hello")
        self.assertEqual(server.run("user", "add", "alice").returncode, 0)
        made = json.loads(server.run("key", "create", "alice", "--json").stdout)
        alice = server.client(made["access_key"], made["secret"])
        alice.expect({403}, "GET", "/shared/x")
        for word in ("columns", "grantable"):
            refused = server.run("policy", "put", "allow", "alice", "readonly", "on", "shared", word,
                                 *(["a"] if word == "columns" else []))
            self.assertEqual(refused.returncode, 1)
            self.assertIn(f"{word}: ", refused.stderr)
            self.assertNotIn(word, server.run("policy", "put", "--help").stdout)
        rule = json.loads(server.run("policy", "put", "--json", "allow", "alice", "readonly", "on", "shared").stdout)
        alice.expect({200}, "GET", "/shared/x")
        alice.expect({403}, "PUT", "/shared/y", body=b"no")
        self.assertIn("alice", server.run("user", "list").stdout)
        self.assertIn(made["access_key"], server.run("key", "list", "alice").stdout)
        self.assertIn(rule["id"], server.run("policy", "show", rule["id"]).stdout)
        self.assertEqual(server.run("policy", "delete", rule["id"]).returncode, 0)
        alice.expect({403}, "GET", "/shared/x")
        self.assertEqual(server.run("key", "delete", made["access_key"]).returncode, 0)
        self.assertEqual(server.run("user", "password", "alice", standard_input="a long one\n").returncode, 0)
        self.assertEqual(server.run("user", "delete", "alice").returncode, 0)
        gone = server.run("user", "delete", "alice")
        self.assertEqual(gone.returncode, 1)
        self.assertIn("alice", gone.stderr)

    def test_the_audit_trail_says_who_did_what(self):
        server = self.started()
        server.client().expect({200}, "PUT", "/trail")
        records = [json.loads(line) for line in server.run("audit", "tail", "-n", "50").stdout.splitlines()]
        created = [record for record in records if record.get("operation") == "CreateBucket"]
        self.assertEqual(len(created), 1)
        self.assertEqual((created[0]["principal"], created[0]["resource"]), (USER, "trail"))

    def test_audit_tail_follows(self):
        server = self.started()
        tail = subprocess.Popen(
            [BINARY, "audit", "tail", "-f", "-n", "0"], env=server.environment(), stdout=subprocess.PIPE, text=True
        )
        try:
            client, seen = server.client(), []
            reader = threading.Thread(target=lambda: seen.append(next(
                line for line in tail.stdout if "CreateBucket" in line)))
            reader.start()
            # The tail begins at a moment of its own choice: make buckets until it shows one.
            for number in range(200):
                client.expect({200}, "PUT", f"/followed-{number}")
                reader.join(timeout=0.3)
                if not reader.is_alive():
                    break
            self.assertIn("followed-", seen[0])
        finally:
            tail.kill()
            tail.wait()
            tail.stdout.close()
        self.assertEqual(server.stop(), 0)

    def test_the_command_line_says_what_is_wrong(self):
        server = self.server()
        alone = server.run("user", "list")
        self.assertEqual((alone.returncode, alone.stdout), (1, ""))
        self.assertIn("is not a data folder", alone.stderr)
        self.assertEqual(server.run("nonsense").returncode, 2)
        self.assertEqual(server.run("key", "delete").returncode, 2)
        self.assertIn("SLUICE_S3_PORT", server.run("serve", "--help").stdout)
        printed = server.run("config", "--s3-port", "1234").stdout
        self.assertIn("port = 1234  # flag", printed)
        self.assertNotIn(SECRET, printed)

    def logged(self, server, message):
        """The lines of that message, as soon as there is one."""
        def found():
            with open(server.log_path, encoding="utf-8") as log:
                lines = [json.loads(line) for line in log if line.startswith("{")]
            return [line for line in lines if line["message"] == message]
        wait_until(found, f"'{message}' in the log")
        return found()

    def flip(self, server, needle):
        """Changes the first byte of it, wherever it lies in a segment: the segment's file in the data folder."""
        folder = os.path.join(server.data, "segments")
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "r+b") as segment:
                at = segment.read().find(needle)
                if at >= 0:
                    segment.seek(at)
                    segment.write(bytes([needle[0] ^ 0x5A]))
                    return f"segments/{name}"
        raise AssertionError("not in any segment")

    def restarted(self, server, *needles):
        """Twice, so that nothing of before is replayed; with the needles flipped in between: their files."""
        self.assertEqual(server.stop(), 0)
        server.start()
        server.client().expect({200}, "PUT", "/between")
        server.close_clients()
        self.assertEqual(server.stop(), 0)
        places = [self.flip(server, needle) for needle in needles]
        server.start()
        return places

    def test_damage_is_never_served_and_the_log_names_the_place(self):
        server = self.started()
        client = server.client()
        client.expect({200}, "PUT", "/damaged")
        early, late = os.urandom(3_000_000), os.urandom(3_000_000)
        client.expect({200}, "PUT", "/damaged/early", body=early)
        client.expect({200}, "PUT", "/damaged/late", body=late)
        places = self.restarted(server, early[1000:1064], late[2_999_000:2_999_064])
        client = server.client()
        client.expect({500}, "GET", "/damaged/early")
        with self.assertRaises(Unanswered):
            client.request("GET", "/damaged/late")
        wait_until(lambda: len(self.logged(server, "s3 request failed")) == 2, "both failures")
        first, second = self.logged(server, "s3 request failed")
        for line, place, status, cut_off in ((first, places[0], 500, False), (second, places[1], 200, True)):
            self.assertEqual((line["level"], line["operation"], line["status"], line["cut_off"]),
                             ("error", "GetObject", status, cut_off))
            self.assertRegex(line["failure"], f"^corrupt: {place} at [0-9]+: ")
        self.assertEqual(self.figure(self.page(server), 'sluice_s3_requests_total{operation="GetObject",status="5xx"}'), 2)

    def test_damage_met_by_kafka_and_sql_is_logged_with_its_place(self):
        server = self.started()
        scram = Scram(USER, SECRET)
        kafka = kafka_wire.Connection(server.kafka_port, scram)
        name = struct.pack(">h", 1) + b"t"
        kafka.request(3, 1, struct.pack(">i", 1) + name)  # Metadata makes the topic
        value = os.urandom(2000).hex()
        sql = pg_wire.Connection(server.pg_port, USER, scram)
        sql.query(f"INSERT INTO topics.t (_value) VALUES ('{value}')")
        sql.close()
        kafka.close()
        (place,) = self.restarted(server, value[1000:1100].encode())
        kafka = kafka_wire.Connection(server.kafka_port, scram)
        sql = pg_wire.Connection(server.pg_port, USER, scram)
        try:
            answer = kafka.request(1, 4, struct.pack(">iiiib", -1, 0, 1, 1 << 20, 0) + struct.pack(">i", 1) + name +
                                   struct.pack(">iiqi", 1, 0, 0, 1 << 20))
            (error,) = struct.unpack(">h", answer[4 + 4 + 3 + 4 + 4:][:2])
            self.assertEqual(error, 2, "CORRUPT_MESSAGE")
            with self.assertRaises(pg_wire.SqlError) as refused:
                sql.query("SELECT _value FROM topics.t")
            self.assertEqual(refused.exception.state, "XX001")
        finally:
            sql.close()
            kafka.close()
        (line,) = self.logged(server, "kafka request failed")
        self.assertEqual((line["level"], line["api"], line["code"]), ("error", "Fetch", "corrupt_message"))
        self.assertRegex(line["failure"], f"^corrupt: {place} at [0-9]+: ")
        (line,) = self.logged(server, "sql statement failed")
        self.assertEqual((line["level"], line["sqlstate"]), ("error", "XX001"))
        self.assertRegex(line["failure"], f"^{place} at [0-9]+: ")
        self.assertNotIn(value[:100], json.dumps(line))

    def test_a_failed_device_is_logged_and_the_status_says_why(self):
        server = self.server()
        server.restore_signals = False
        server.start()
        self.assertEqual(server.run("status", "--field", "writes").stdout, "accepted\n")
        self.assertEqual(server.run("status", "--field", "damage").stdout, "none found\n")
        client = server.client()
        client.expect({200}, "PUT", "/damaged")
        # Past this size nothing can be written any more: the segment's next writes fail.
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
        for number in range(20):
            status = client.request("PUT", f"/damaged/{number}", body=os.urandom(200_000))[0]
            if status != 200:
                break
        self.assertEqual(status, 500)
        client.expect({503}, "PUT", "/damaged/later", body=b"x")
        client.expect({200}, "GET", "/damaged")
        (line,) = self.logged(server, "store failure")
        self.assertEqual((line["level"], line["where"]), ("error", "journal"))
        self.assertRegex(line["failure"], "^io_failed: .*segments/[0-9]+[.]seg.* offset [0-9]+")
        said = server.run("status", "--field", "writes").stdout
        self.assertEqual(said, f"refused until a restart: {line['failure']}\n")
        self.assertEqual(self.figure(self.page(server), "sluice_store_read_only"), 1)
        self.logged(server, "audit not flushed")

    def test_hostile_bytes_on_the_control_socket_end_one_conversation(self):
        server = self.started()
        folder = os.open(server.data, os.O_PATH)
        try:
            for raw in (b"\xff\xff\xff\xff", b"\0\0\0\2{}", b"\0\0\0\x05[[[[[", b"\0\0\0\x13" + b'{"command":"nope"}x',
                        b"\0\0"):
                with socket.socket(socket.AF_UNIX) as stream:
                    stream.settimeout(30)
                    stream.connect(f"/proc/self/fd/{folder}/control.sock")
                    stream.sendall(raw)
                    stream.shutdown(socket.SHUT_WR)
                    answer = b""
                    while chunk := stream.recv(4096):
                        answer += chunk
                    self.assertNotIn(b'"done"', answer, raw)
        finally:
            os.close(folder)
        self.assertEqual(server.run("status", "--field", "pid").stdout.strip(), str(server.process.pid))

    def test_the_service_unit_asks_for_roots_secret(self):
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "deploy", "systemd")
        with open(os.path.join(folder, "sluice.service"), encoding="utf-8") as unit:
            settings = dict(line.rstrip("\n").split("=", 1) for line in unit if "=" in line and line[0] not in "#[")
        self.assertEqual(settings["EnvironmentFile"], "/etc/sluice/environment", "its absence is an error")
        check = settings["ExecStartPre"].replace("$$", "$")
        without = subprocess.run(["/bin/sh", "-c", check], env={}, capture_output=True, text=True, check=False)
        self.assertEqual(without.returncode, 1)
        self.assertIn("SLUICE_ROOT_PASSWORD", without.stderr)
        made = subprocess.run(["/bin/sh", "-c", check], env={"SLUICE_ROOT_PASSWORD": "a secret"}, check=False)
        self.assertEqual(made.returncode, 0)

    def test_backup_while_serving_and_restore(self):
        server = self.started()
        client = server.client()
        client.expect({200}, "PUT", "/saved")
        body = os.urandom(3_000_000)
        client.expect({200}, "PUT", "/saved/large", body=body)
        copy = os.path.join(self.folder, "copy")
        done = server.run("backup", copy)
        self.assertEqual(done.returncode, 0, done.stderr)
        client.expect({204}, "DELETE", "/saved/large")
        self.assertEqual(server.run("check").returncode, 1, "a folder in use must be refused")
        self.assertEqual(server.stop(), 0)
        checked = server.run("check")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        restored = self.server(DATA=os.path.join(self.folder, "restored"), KEY_FILE=server.data + ".key")
        made = restored.run("restore", copy)
        self.assertEqual(made.returncode, 0, made.stderr)
        restored.start()
        self.assertEqual(restored.client().expect({200}, "GET", "/saved/large")[2], body)


if __name__ == "__main__":
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
