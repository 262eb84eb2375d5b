"""SQL scripts through psql against a running server: what it prints must be what PostgreSQL 15 printed
(scripts/*.out, made by answers.py; sessions/*.out for sessions side by side, made by sessions.py). Also: deadlocks,
and rows after kill -9.

    scripts_test.py SLUICE [unittest arguments]
"""
import base64
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.request

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "client"))

from answers import run_script  # noqa: E402
from server_process import SECRET, USER, Server  # noqa: E402
from sessions import run_steps  # noqa: E402

SLUICE = None


def connection_of(server):
    port = re.search(r"port=(\d+)", server.greeting)[1]
    return f"host=127.0.0.1 port={port} user={USER} password={SECRET} dbname=sluice sslmode=disable"


class Scripts(unittest.TestCase):
    maxDiff = None

    def check(self, script, **settings):
        with tempfile.TemporaryDirectory() as folder:
            server = Server(SLUICE, folder, **settings)
            server.start()
            try:
                answered = run_script(connection_of(server), script)
            finally:
                server.stop()
        expected = script.with_suffix(".out").read_bytes().decode("utf-8")
        self.assertEqual(expected, answered)


def lock_waits(server):
    """Waits for row locks since the server started."""
    request = urllib.request.Request(f"http://127.0.0.1:{server.admin_port}/metrics")
    request.add_header("Authorization", "Basic " + base64.b64encode(f"{USER}:{SECRET}".encode()).decode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        page = answer.read().decode()
    return float(re.search(r"^sluice_store_lock_waits_total (\S+)$", page, re.M)[1])


class Steps(unittest.TestCase):
    maxDiff = None

    def check(self, script):
        with tempfile.TemporaryDirectory() as folder:
            server = Server(SLUICE, folder)
            server.start()

            def watch():
                before = lock_waits(server)
                return lambda session: lock_waits(server) > before

            try:
                answered = run_steps(connection_of(server), script, watch)
            finally:
                server.stop()
        expected = script.with_suffix(".out").read_bytes().decode("utf-8")
        self.assertEqual(expected, answered)


def add_files(case_class, pattern):
    for script in sorted(HERE.glob(pattern)):
        def case(self, script=script):
            self.check(script)
        setattr(case_class, f"test_{script.stem}", case)
        if case_class is not Scripts:
            continue

        # The same answers with the read engine wherever it can be, and nowhere.
        def by_engine(self, script=script):
            self.check(script, LIMITS_SQL_NATIVE_ROWS="0")

        def natively(self, script=script):
            self.check(script, LIMITS_SQL_NATIVE_ROWS="1000000000")
        setattr(Scripts, f"test_{script.stem}_by_engine", by_engine)
        setattr(Scripts, f"test_{script.stem}_natively", natively)


class Session:
    """One psql that is told statements and answers one by one."""

    def __init__(self, connection):
        self.process = subprocess.Popen(
            ["psql", "-X", "-q", "-A", "-t", connection], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, bufsize=1)
        self.marks = 0

    def send(self, text):
        self.marks += 1
        self.process.stdin.write(f"{text};\n\\echo mark {self.marks}\n")
        self.process.stdin.flush()

    def answer(self):
        lines = []
        for line in self.process.stdout:
            if line == f"mark {self.marks}\n":
                return "".join(lines).strip()
            lines.append(line)
        raise AssertionError("psql ended: " + "".join(lines))

    def run(self, text):
        self.send(text)
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


class Concurrency(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.server = Server(SLUICE, cls.folder.name)
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.folder.cleanup()

    def setUp(self):
        self.one, self.two = (Session(connection_of(self.server)) for _ in range(2))
        self.one.run("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10), (2, 20)")

    def tearDown(self):
        self.one.close()
        self.two.close()

    def test_lost_update_does_not_happen(self):
        self.one.run("BEGIN; UPDATE t SET v = v + 1 WHERE id = 1")
        self.two.send("UPDATE t SET v = v + 1 WHERE id = 1")
        self.one.run("COMMIT")
        self.two.answer()
        self.assertEqual("12", self.one.run("SELECT v FROM t WHERE id = 1"))

    def test_changed_row_is_looked_at_again(self):
        self.one.run("BEGIN; UPDATE t SET v = 99 WHERE id = 1")
        self.two.send("DELETE FROM t WHERE v = 10")
        self.one.run("COMMIT")
        self.two.answer()
        self.assertEqual("2", self.one.run("SELECT count(*) FROM t"))

    def test_repeatable_read_refuses_a_changed_row(self):
        self.two.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT v FROM t WHERE id = 1")
        self.one.run("UPDATE t SET v = 11 WHERE id = 1")
        self.assertEqual("10", self.two.run("SELECT v FROM t WHERE id = 1"))
        answer = self.two.run("UPDATE t SET v = v + 1 WHERE id = 1")
        self.assertIn("could not serialize access due to concurrent update", answer)
        self.two.run("ROLLBACK")

    def test_uncommitted_rows_are_not_seen(self):
        self.one.run("BEGIN; INSERT INTO t VALUES (3, 30)")
        self.assertEqual("2", self.two.run("SELECT count(*) FROM t"))
        self.one.run("ROLLBACK")
        self.assertEqual("2", self.one.run("SELECT count(*) FROM t"))

    def test_the_second_of_one_key_waits_and_fails(self):
        self.one.run("BEGIN; INSERT INTO t VALUES (3, 30)")
        self.two.send("INSERT INTO t VALUES (3, 31)")
        self.one.run("COMMIT")
        self.assertIn('duplicate key value violates unique constraint "t_pkey"', self.two.answer())

    def test_deadlock_has_a_victim(self):
        self.one.run("BEGIN; UPDATE t SET v = 1 WHERE id = 1")
        self.two.run("BEGIN; UPDATE t SET v = 2 WHERE id = 2")
        self.one.send("UPDATE t SET v = 1 WHERE id = 2")
        self.two.send("UPDATE t SET v = 2 WHERE id = 1")
        second = self.two.answer()
        self.two.run("ROLLBACK")
        both = self.one.answer() + second
        self.one.run("ROLLBACK")
        self.assertIn("deadlock detected", both)

    def test_nowait_and_skip_locked(self):
        self.one.run("BEGIN; SELECT v FROM t WHERE id = 1 FOR UPDATE")
        answer = self.two.run("SELECT v FROM t WHERE id = 1 FOR UPDATE NOWAIT")
        self.assertIn('could not obtain lock on row in relation "t"', answer)
        self.assertEqual("20", self.two.run("SELECT v FROM t ORDER BY id FOR UPDATE SKIP LOCKED"))
        self.one.run("ROLLBACK")

    def test_definitions_wait_for_writers(self):
        self.one.run("BEGIN; INSERT INTO t VALUES (3, 30)")
        self.two.send("ALTER TABLE t ADD COLUMN w int DEFAULT 7")
        self.one.run("COMMIT")
        self.two.answer()
        self.assertEqual("3|30|7", self.one.run("SELECT * FROM t WHERE id = 3"))

    def make_references(self):
        self.one.run("DROP TABLE IF EXISTS c; CREATE TABLE c (id int PRIMARY KEY, t int REFERENCES t)")
        self.addCleanup(self.drop_references)

    def drop_references(self):
        session = Session(connection_of(self.server))
        session.run("DROP TABLE c")
        session.close()

    def test_truncate_waits_for_references(self):
        self.make_references()
        self.one.run("BEGIN; INSERT INTO c VALUES (1, 1)")
        self.two.send("TRUNCATE t, c")
        self.one.run("ROLLBACK")
        self.assertEqual("", self.two.answer())
        self.assertEqual("0", self.one.run("SELECT count(*) FROM t"))

    def test_a_new_foreign_key_waits_for_writers_and_looks_at_their_rows(self):
        self.make_references()
        self.one.run("ALTER TABLE c DROP CONSTRAINT c_t_fkey")
        self.one.run("BEGIN; INSERT INTO c VALUES (1, 9)")
        self.two.send("ALTER TABLE c ADD FOREIGN KEY (t) REFERENCES t")
        self.one.run("COMMIT")
        self.assertIn('violates foreign key constraint "c_t_fkey"', self.two.answer())
        self.one.run("BEGIN; DELETE FROM c")
        self.two.send("ALTER TABLE c ADD FOREIGN KEY (t) REFERENCES t")
        self.one.run("COMMIT")
        self.assertEqual("", self.two.answer())
        self.assertIn('violates foreign key constraint "c_t_fkey"', self.one.run("INSERT INTO c VALUES (1, 9)"))


class Crash(unittest.TestCase):
    def test_rows_that_were_acknowledged_are_there_after_kill(self):
        with tempfile.TemporaryDirectory() as folder:
            server = Server(SLUICE, folder)
            server.start()
            session = Session(connection_of(server))
            session.run("CREATE TABLE t (id serial PRIMARY KEY, v text)")
            acknowledged = 0
            for round_number in range(200):
                if not session.run(f"INSERT INTO t (v) VALUES ('round {round_number}')"):
                    acknowledged += 1
            self.assertEqual(200, acknowledged)
            session.run("BEGIN; INSERT INTO t (v) VALUES ('never committed')")
            server.kill()
            session.process.kill()
            session.process.wait()
            session.process.stdout.close()
            session.process.stdin.close()
            server.start()
            after = Session(connection_of(server))
            self.assertEqual("200", after.run("SELECT count(*) FROM t"))
            self.assertEqual("0", after.run("SELECT count(*) FROM t WHERE v = 'never committed'"))
            self.assertEqual("", after.run("INSERT INTO t (v) VALUES ('after')"))
            after.close()
            self.assertEqual(0, server.stop())


if __name__ == "__main__":
    SLUICE = sys.argv.pop(1)
    add_files(Scripts, "scripts/*.sql")
    add_files(Steps, "sessions/*.steps")
    unittest.main()
