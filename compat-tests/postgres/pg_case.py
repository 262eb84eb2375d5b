"""What all cases share: connections to the server under test, a schema that is dropped afterwards.

The server is named by PG_DSN; PG_SERVER says whether it is ours (sluice) or the reference.
"""
import os
import subprocess
import unittest
import uuid

import psycopg

DSN = os.environ["PG_DSN"]
IS_REFERENCE = os.environ.get("PG_SERVER") == "reference"

on_reference_only = unittest.skipUnless(IS_REFERENCE, "listed in compat-tests/differences/postgres.md")


def psql(*commands, script=None, check=True, words=("-A", "-t")):
    """Output of psql without alignment, one line per row; raises with its error text."""
    arguments = ["psql", "-X", "-v", "ON_ERROR_STOP=1", *words, DSN]
    for command in commands:
        arguments += ["-c", command]
    done = subprocess.run(arguments, input=script, capture_output=True, text=True, timeout=120)
    if check and done.returncode:
        raise AssertionError(done.stderr)
    return done.stdout if check else done


class PgCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.connection = self.connect()

    def connect(self, **more):
        connection = psycopg.connect(DSN, autocommit=True, **more)
        self.addCleanup(connection.close)
        return connection

    def table(self, columns):
        """A table of its own for this case, dropped afterwards."""
        name = "t_" + uuid.uuid4().hex[:12]
        self.connection.execute(f"create table {name} ({columns})")
        self.addCleanup(self.drop, name)
        return name

    def drop(self, name):
        with psycopg.connect(DSN, autocommit=True) as connection:
            connection.execute(f"drop table {name}")

    def rows(self, text, values=None):
        return self.connection.execute(text, values).fetchall()

    def assert_sqlstate(self, state, text, values=None):
        with self.assertRaises(psycopg.Error) as caught:
            self.connection.execute(text, values)
        self.assertEqual(caught.exception.sqlstate, state, caught.exception)
        return caught.exception.diag
