"""Retention as an operator sees it: records go, and the space they took comes back.

    retention_test.py SLUICE KAFKA_CLIENT [unittest arguments]
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "client"))
from server_process import SECRET, USER, Server, wait_until  # noqa: E402

BINARY = KAFKA_CLIENT = None
MIB = 1 << 20


class RetentionTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-retention-")
        self.server = None

    def tearDown(self):
        if self.server and self.server.is_running():
            self.server.kill()
        shutil.rmtree(self.folder)

    def started(self, **settings):
        self.server = Server(BINARY, self.folder, LIMITS_STORE_RETENTION_INTERVAL="100 ms", **settings)
        self.server.start()
        return self.server

    def client(self, mode, *words):
        done = subprocess.run(
            [KAFKA_CLIENT, mode, "--broker", f"127.0.0.1:{self.server.kafka_port}", "--user", USER, "--password",
             SECRET, "--topic", "kept", *words], capture_output=True, text=True, timeout=200, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def segment_bytes(self):
        folder = os.path.join(self.server.data, "segments")
        return sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))

    def test_by_size_a_small_store_takes_any_amount(self):
        capacity, kept, written, size = 64 * MIB, 8 * MIB, 256 * MIB, 16_384
        self.started(STORE_CAPACITY=f"{capacity} B", STORE_SEGMENT="4 MiB", KAFKA_RETENTION_SIZE=f"{kept} B")
        count = written // size
        # Slow enough that the space can come back meanwhile. What is refused for want of it is sent again, and
        # keeps its place only if the producer is idempotent.
        told = self.client("produce", "--count", str(count), "--size", str(size), "--rate", "2000", "--idempotent")
        self.assertEqual((told["acked"], told["failed"]), (count, 0))
        self.assertLessEqual(self.segment_bytes(), capacity)
        # The last batches are let go a moment after they came; a reader they are taken from would skip them.
        largest_run = 2 * MIB
        wait_until(lambda: self.client("consume")["records"] * size < kept + largest_run, "retention is done")
        stored = f"{self.folder}/stored"
        self.client("consume", "--record", stored)
        with open(stored, encoding="ascii") as lines:
            numbers = [int(line) for line in lines]
        self.assertEqual(numbers, list(range(count - len(numbers), count)), "the newest ones, without a gap")
        self.assertGreaterEqual(len(numbers) * size, kept)
        self.assertLess(len(numbers) * size, capacity)
        self.assertEqual(self.server.stop(), 0)
        checked = self.server.run("check")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_by_time_everything_goes(self):
        self.started(KAFKA_RETENTION="1 s")
        self.assertEqual(self.client("produce", "--count", "2000", "--size", "1000")["acked"], 2000)
        wait_until(lambda: self.client("consume")["records"] == 0, "no record is left")
        self.client("produce", "--count", "10", "--size", "100")
        self.assertEqual(self.server.stop(), 0)


if __name__ == "__main__":
    BINARY, KAFKA_CLIENT = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))
    unittest.main(verbosity=2)
