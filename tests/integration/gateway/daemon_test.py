"""The program as its operators meet it: start, stop, refusals, settings, command line, backup.

    daemon_test.py BINARY [unittest arguments]
"""
import base64
import http.client
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "client"))
from server_process import SECRET, USER, NotStarted, Server  # noqa: E402

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
