"""Foreign keys under many sessions at once: whatever the order in which rows that refer and rows that are referred to
come and go, no reference is ever left without its key, and every wait ends: with the lock, a refused reference
(23503), 40001 or 40P01.

    references_test.py SLUICE [unittest arguments]
"""
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "client"))

from server_process import SECRET, USER, Server  # noqa: E402

SLUICE = None
SESSIONS = 8
TRANSACTIONS = 120
KEYS = 12
EXPECTED = {"23503", "23505", "40001", "40P01", "25P02", "3B001"}

TABLES = """
CREATE TABLE parents (id int PRIMARY KEY, code int UNIQUE, n int DEFAULT 0);
CREATE TABLE plain (id int PRIMARY KEY, parent int REFERENCES parents);
CREATE TABLE restricted (id int PRIMARY KEY, parent int REFERENCES parents ON DELETE RESTRICT);
CREATE TABLE cascading (id int PRIMARY KEY, parent int REFERENCES parents ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE emptied (id int PRIMARY KEY, code int REFERENCES parents (code) ON DELETE SET NULL ON UPDATE CASCADE);
CREATE TABLE late (id int PRIMARY KEY, parent int REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE tree (id int PRIMARY KEY, above int REFERENCES tree ON DELETE CASCADE);
CREATE TABLE below (id int PRIMARY KEY, node int REFERENCES tree ON DELETE CASCADE);
"""

CHILDREN = {
    "plain": ("parent", "parents", "id"),
    "restricted": ("parent", "parents", "id"),
    "cascading": ("parent", "parents", "id"),
    "emptied": ("code", "parents", "code"),
    "late": ("parent", "parents", "id"),
    "tree": ("above", "tree", "id"),
    "below": ("node", "tree", "id"),
}


class Writer:
    """The statements of one session, by its seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.next_id = seed * 1_000_000

    def key(self):
        return self.random.randint(1, KEYS)

    def fresh(self):
        self.next_id += 1
        return self.next_id

    def statement(self, level="READ COMMITTED"):
        # A key that is taken is 23505 in REPEATABLE READ, where ON CONFLICT is not served for it.
        unless_there = " ON CONFLICT DO NOTHING" if level == "READ COMMITTED" else ""
        pick = self.random.random()
        key, other = self.key(), self.key()
        if pick < 0.45:
            table = self.random.choice(list(CHILDREN))
            value = "NULL" if table == "tree" and key % 3 == 0 else key + 100 if table == "emptied" else key
            number = key if table == "tree" else self.fresh()
            if number == value:
                value = "NULL"
            return f"INSERT INTO {table} VALUES ({number}, {value}){unless_there}"
        if pick < 0.60:
            return f"DELETE FROM parents WHERE id = {key}"
        if pick < 0.70:
            return f"INSERT INTO parents VALUES ({key}, {key + 100}){unless_there}"
        if pick < 0.76:
            return f"UPDATE parents SET id = {other} WHERE id = {key} AND NOT EXISTS (SELECT FROM parents WHERE id = {other})"
        if pick < 0.82:
            return f"UPDATE parents SET code = {other + 100} WHERE id = {key} AND NOT EXISTS (SELECT FROM parents WHERE code = {other + 100})"
        if pick < 0.87:
            return f"DELETE FROM tree WHERE id = {key}"
        if pick < 0.94:
            table = self.random.choice(["plain", "restricted", "late", "cascading"])
            return f"UPDATE {table} SET parent = {other} WHERE parent = {key}"
        table = self.random.choice(list(CHILDREN))
        column = CHILDREN[table][0]
        return f"DELETE FROM {table} WHERE {column} = {key + 100 if table == 'emptied' else key}"

    def transaction(self):
        level = self.random.choice(["READ COMMITTED", "READ COMMITTED", "REPEATABLE READ"])
        lines = [f"BEGIN ISOLATION LEVEL {level};"]
        for _ in range(self.random.randint(1, 4)):
            if self.random.random() < 0.1:
                lines += ["SAVEPOINT s;", self.statement(level) + ";", "ROLLBACK TO s;"]
            lines.append(self.statement(level) + ";")
        lines.append("ROLLBACK;" if self.random.random() < 0.15 else "COMMIT;")
        return "\n".join(lines)

    def script(self):
        return "\n".join(["\\set VERBOSITY verbose", *(self.transaction() for _ in range(TRANSACTIONS))]) + "\n"


class References(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.server = Server(SLUICE, self.folder.name)
        self.server.start()
        port = re.search(r"port=(\d+)", self.server.greeting)[1]
        self.connection = f"host=127.0.0.1 port={port} user={USER} password={SECRET} dbname=sluice sslmode=disable"

    def tearDown(self):
        self.server.stop()
        self.folder.cleanup()

    def psql(self, text):
        done = subprocess.run(["psql", "-X", "-q", "-A", "-t", self.connection], input=text, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
        return done.stdout.strip()

    def run_side_by_side(self, scripts):
        running = []
        for text in scripts:
            source = tempfile.TemporaryFile("w+")
            source.write(text)
            source.seek(0)
            running.append(subprocess.Popen(["psql", "-X", "-q", "-A", "-t", self.connection], stdin=source,
                                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
            source.close()
        answers = []
        for process in running:
            try:
                answers.append(process.communicate(timeout=240)[0])
            finally:
                if process.poll() is None:
                    process.kill()
                    process.communicate()
        return answers

    def check_rounds(self, first_seed):
        self.assertEqual("", self.psql(TABLES))
        self.psql(f"INSERT INTO parents SELECT g, g + 100 FROM generate_series(1, {KEYS}) AS g")
        answers = self.run_side_by_side([Writer(first_seed + number).script() for number in range(SESSIONS)])
        states = set()
        for answer in answers:
            states |= set(re.findall(r"^ERROR:  (\w{5}):", answer, re.M))
            self.assertNotRegex(answer, "server closed|FATAL|connection")
        self.assertLessEqual(states, EXPECTED)
        self.assertIn("23503", states)
        for table, (column, parent, key) in CHILDREN.items():
            orphans = self.psql(f"SELECT c.id, c.{column} FROM {table} AS c WHERE c.{column} IS NOT NULL AND NOT EXISTS "
                                f"(SELECT FROM {parent} AS p WHERE p.{key} = c.{column})")
            self.assertEqual("", orphans, table)

    def test_no_orphan_remains(self):
        self.check_rounds(1)

    def test_no_orphan_remains_after_a_restart(self):
        self.check_rounds(101)
        before = self.psql("SELECT count(*), sum(parent) FROM plain")
        self.server.stop()
        self.server.start()
        port = re.search(r"port=(\d+)", self.server.greeting)[1]
        self.connection = re.sub(r"port=\d+", f"port={port}", self.connection)
        self.assertEqual(before, self.psql("SELECT count(*), sum(parent) FROM plain"))
        refused = self.psql("INSERT INTO plain VALUES (-1, -1)")
        self.assertIn("violates foreign key constraint", refused)


if __name__ == "__main__":
    SLUICE = sys.argv.pop(1)
    unittest.main()
