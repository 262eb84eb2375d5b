"""psql and psycopg 3 against the front with scripted sessions (tests/unit/postgres/fake_sql.hpp).

    clients_test.py FRONT_SERVER [unittest arguments]

Cases of psycopg are left out where it is not installed; clients_test.sh installs it.
"""
import os
import select
import subprocess
import sys
import threading
import unittest

try:
    import psycopg
except ImportError:
    psycopg = None

FRONT_SERVER = None


class Server:
    def __init__(self, *words):
        self.process = subprocess.Popen([FRONT_SERVER, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = self.process.stdout.readline().split()[1]
        self.password = self.process.stdout.readline().split()[1]
        self.certificate = self.process.stdout.readline().split()[1]

    def where(self, **more):
        said = {"host": "127.0.0.1", "port": self.port, "user": "root", "password": self.password, "dbname": "sluice"}
        said.update(more)
        return " ".join(f"{name}={value}" for name, value in said.items())

    def ask_to_stop(self):
        self.process.stdin.close()

    def stop(self):
        if not self.process.stdin.closed:
            self.ask_to_stop()
        self.process.stdout.close()
        return self.process.wait(timeout=30)


def psql(server, *commands, **more):
    words = ["psql", "-X", "-A", "-t", server.where(**more)]
    for command in commands:
        words += ["-c", command]
    return subprocess.run(words, capture_output=True, text=True, timeout=60)


class ServerCase(unittest.TestCase):
    words = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.words)

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0


class PsqlTest(ServerCase):
    def test_rows_of_several_statements(self):
        said = psql(self.server, "select 1, 'two'; select generate_series(1, 12)")
        self.assertEqual(said.stdout.split("\n")[:3], ["1|two", "1", "2"])
        self.assertEqual(said.returncode, 0, said.stderr)

    def test_errors_point_at_their_place(self):
        said = psql(self.server, "select 1; fail prepare")
        self.assertIn("ERROR:  failed at prepare\nLINE 1: select 1; fail prepare\n                       ^", said.stderr)

    def test_notices_and_settings(self):
        said = psql(self.server, "notice look here", "set application_name = renamed", "show application_name")
        self.assertIn("NOTICE:  look here", said.stderr)
        self.assertEqual(said.stdout.split(), ["NOTICE", "SET", "renamed"])

    def test_copies_both_ways(self):
        out = psql(self.server, "copy t to stdout")
        self.assertEqual(out.stdout, "1\tone\n2\ttwo\n3\tthree\n")
        words = ["psql", "-X", self.server.where(), "-c", "copy t from stdin"]
        good = subprocess.run(words, input="1\tx\n2\ty\n", capture_output=True, text=True, timeout=60)
        self.assertEqual(good.stdout, "COPY 3\n")
        bad = subprocess.run(words, input="bad\n" * 100000, capture_output=True, text=True, timeout=60)
        self.assertIn("ERROR:  bad copy data\nCONTEXT:  COPY t, line 1", bad.stderr)

    def test_wrong_password_and_unknown_database(self):
        wrong = psql(self.server, "select 1", password="wrong-password")
        self.assertIn('FATAL:  password authentication failed for user "root"', wrong.stderr)
        unknown = psql(self.server, "select 1", dbname="none")
        self.assertIn('FATAL:  database "none" does not exist', unknown.stderr)

    def test_without_a_password(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment["HOME"] = "/nonexistent"
        said = subprocess.run(["psql", "-X", "-w", f"host=127.0.0.1 port={self.server.port} user=root dbname=sluice"],
                              capture_output=True, text=True, timeout=60, env=environment)
        self.assertIn("no password supplied", said.stderr)

    def test_row_limits_by_fetch_count(self):
        words = ["psql", "-X", "-A", "-t", self.server.where(), "-c", "\\set FETCH_COUNT 3",
                 "-c", "select generate_series(1, 10)"]
        said = subprocess.run(words, capture_output=True, text=True, timeout=60)
        self.assertEqual(said.returncode, 0, said.stderr)


class TlsTest(ServerCase):
    words = ("tls",)

    def test_psql_verifies_and_binds(self):
        said = psql(self.server, "select 1", sslmode="verify-full", sslrootcert=self.server.certificate,
                    channel_binding="require")
        self.assertEqual(said.stdout, "1\n", said.stderr)

    def test_psql_prefers_tls(self):
        said = psql(self.server, "\\conninfo")
        self.assertIn("SSL connection (protocol: TLSv1.3", said.stdout)

    @unittest.skipUnless(psycopg and psycopg.pq.version() >= 170000, "libpq 17 or later")
    def test_direct_tls(self):
        with psycopg.connect(self.server.where(sslmode="verify-full", sslrootcert=self.server.certificate,
                                               sslnegotiation="direct", channel_binding="require")) as connection:
            self.assertEqual(connection.execute("select 1").fetchone(), (1,))


@unittest.skipUnless(psycopg, "psycopg 3")
class PsycopgTest(ServerCase):
    def connect(self, **more):
        connection = psycopg.connect(self.server.where(**more), autocommit=True)
        self.addCleanup(connection.close)
        return connection

    def test_simple_and_bound_values(self):
        connection = self.connect()
        self.assertEqual(connection.execute("select 1, 'text'").fetchone(), (1, "text"))
        row = connection.execute("select %s::int4, %s::text, %s::text", (41, "x", None)).fetchone()
        self.assertEqual(row, (41, "x", None))

    def test_binary_values(self):
        cursor = self.connect().cursor(binary=True)
        cursor.execute("select %b::int4, %b::text", (-5, "x"))
        self.assertEqual(cursor.fetchone(), (-5, "x"))

    def test_prepared_statements(self):
        connection = self.connect()
        for number in range(20):
            row = connection.execute("select %s::int4", (number,), prepare=True).fetchone()
            self.assertEqual(row, (number,))

    def test_transactions_and_errors(self):
        connection = self.connect()
        with self.assertRaises(psycopg.Error) as caught:
            with connection.transaction():
                connection.execute("fail fetch")
        self.assertEqual(caught.exception.sqlstate, "F0000")
        with connection.transaction():
            self.assertEqual(connection.info.transaction_status, psycopg.pq.TransactionStatus.INTRANS)
            self.assertEqual(connection.execute("select 2").fetchone(), (2,))
        self.assertEqual(connection.info.transaction_status, psycopg.pq.TransactionStatus.IDLE)

    def test_pipeline(self):
        connection = self.connect()
        with connection.pipeline() as pipeline:
            good = [connection.execute("select %s::int4", (number,)) for number in range(30)]
            pipeline.sync()
            self.assertEqual([each.fetchone()[0] for each in good], list(range(30)))
        with self.assertRaises(psycopg.Error) as caught:
            with connection.pipeline():
                connection.execute("fail fetch")
                connection.execute("select 1")
        self.assertEqual(caught.exception.sqlstate, "F0000")
        self.assertEqual(connection.execute("select 3").fetchone(), (3,))

    def test_copy(self):
        connection = self.connect()
        with connection.cursor().copy("copy t to stdout") as copy:
            self.assertEqual(list(copy.rows()), [("1", "one"), ("2", "two"), ("3", "three")])
        with connection.cursor().copy("copy t from stdin") as copy:
            for number in range(5000):
                copy.write_row((number, "row"))
        with self.assertRaises(psycopg.Error) as caught:
            with connection.cursor().copy("copy t from stdin") as copy:
                copy.write("bad\n")
        self.assertEqual(caught.exception.sqlstate, "22P04")
        self.assertEqual(caught.exception.diag.context, "COPY t, line 1")
        with self.assertRaises(ZeroDivisionError):
            with connection.cursor().copy("copy t from stdin"):
                raise ZeroDivisionError
        self.assertEqual(connection.execute("select 1").fetchone(), (1,))

    def test_cancel(self):
        connection = self.connect()
        canceller = threading.Timer(0.2, connection.cancel)
        canceller.start()
        with self.assertRaises(psycopg.errors.QueryCanceled):
            connection.execute("wait")
        canceller.join()
        self.assertEqual(connection.execute("select 1").fetchone(), (1,))

    def test_notices(self):
        connection = self.connect()
        heard = []
        connection.add_notice_handler(lambda notice: heard.append(notice.message_primary))
        connection.execute("notice look here")
        self.assertEqual(heard, ["look here"])

    def test_sql_cursor_is_described_by_the_protocol(self):
        connection = self.connect()
        connection.execute("begin; declare c")
        described = connection.pgconn.describe_portal(b"c")
        self.assertEqual(described.nfields, 1)
        connection.execute("commit")

    def test_parameter_status_at_the_start(self):
        connection = self.connect(application_name="mine", options="'-c search_path=a'")
        self.assertEqual(connection.info.parameter_status("application_name"), "mine")
        self.assertEqual(connection.info.parameter_status("server_version"), "15.14")
        self.assertEqual(connection.info.parameter_status("search_path"), "a")

    @unittest.skipUnless(psycopg and psycopg.pq.version() >= 180000, "libpq 18 or later")
    def test_protocol_3_2(self):
        connection = self.connect(max_protocol_version="3.2", min_protocol_version="3.2")
        self.assertEqual(connection.execute("select 1").fetchone(), (1,))
        threading.Timer(0.2, connection.cancel_safe).start()
        with self.assertRaises(psycopg.errors.QueryCanceled):
            connection.execute("wait")


@unittest.skipUnless(psycopg, "psycopg 3")
class EndTest(unittest.TestCase):
    def test_server_that_stops_says_so(self):
        server = Server()
        connection = psycopg.connect(server.where(), autocommit=True)
        connection.execute("select 1")
        server.ask_to_stop()
        self.assertEqual(server.stop(), 0)
        with self.assertRaises(psycopg.errors.AdminShutdown):
            connection.execute("select 1")
        connection.close()

    def test_idle_session_is_ended(self):
        server = Server("idle=100")
        connection = psycopg.connect(server.where(), autocommit=True)
        readable, _, _ = select.select([connection.fileno()], [], [], 30)
        self.assertTrue(readable, "the server said nothing")
        with self.assertRaises(psycopg.errors.IdleSessionTimeout):
            connection.execute("select 1")
        connection.close()
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    FRONT_SERVER = sys.argv.pop(1)
    unittest.main()
