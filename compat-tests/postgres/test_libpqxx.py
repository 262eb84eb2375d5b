"""libpqxx: one program that runs its cases and names the first that fails."""
import os
import subprocess
import unittest

from pg_case import DSN


class Libpqxx(unittest.TestCase):
    def test_program(self):
        done = subprocess.run([os.environ["PQXX_PROGRAM"], DSN], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.split(), ["basics", "prepared", "streams", "errors", "cursor"])
