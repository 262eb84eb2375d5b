"""Transactions over two tables that must agree: each inserts a batch of rows and counts it, or deletes one and
uncounts it, or is rolled back. What was acknowledged is all there, what was not is there as a whole or not at all.
"""
import os
import random
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "client"))
import pg_wire  # noqa: E402
from scram import Scram  # noqa: E402
from server_process import SECRET, USER  # noqa: E402

LARGEST_BATCH = 30
SCRAM = Scram(USER, SECRET)


def connect(server):
    return pg_wire.Connection(server.pg_port, USER, SCRAM)


def prepare(server, threads, trail=None):
    connection = connect(server)
    connection.query("create table items (thread int, batch int, item int, note text, primary key (thread, batch, item));"
                     "create table counts (thread int primary key, batches int not null)")
    for thread in range(threads):
        connection.query(f"insert into counts values ({thread}, 0)")
        if trail:
            trail.happened("pg", "INSERT", "public.counts")
    connection.close()
    if trail:
        for table in ("items", "counts"):
            trail.happened("pg", "CREATE TABLE", f"public.{table}")


class Lane:
    """One thread's batches: number -> size as acknowledged, and what the transaction under way would make of them."""

    def __init__(self, thread, trail):
        self.thread, self.next_batch, self.trail = thread, 0, trail
        self.acknowledged, self.pending, self.operation = {}, None, None

    def transaction(self, connection, chance):
        after, self.next_batch = dict(self.acknowledged), self.next_batch + 1
        begin = f"begin; select batches from counts where thread = {self.thread} for update"
        if self.acknowledged and chance.random() < 0.2:
            batch = chance.choice(list(self.acknowledged))
            del after[batch]
            work = f"delete from items where thread = {self.thread} and batch = {batch}"
        else:
            size = chance.randint(1, LARGEST_BATCH)
            after[self.next_batch] = size
            note = "x" * chance.choice((0, 10, 1000))
            work = "insert into items values " + ", ".join(
                f"({self.thread}, {self.next_batch}, {item}, '{note}')" for item in range(size))
        difference = len(after) - len(self.acknowledged)
        count = f"update counts set batches = batches + {difference} where thread = {self.thread}"
        if chance.random() < 0.1:
            connection.query("; ".join((begin, work, count, "rollback")))
            return
        self.pending, self.operation = after, work.split()[0].upper()
        connection.query("; ".join((begin, work, count, "commit")))
        self.committed()
        self.acknowledged, self.pending = after, None

    def committed(self):
        """One audit record per table and right of the transaction, under the statement that used it first: the right
        to change rows of `counts` is used by SELECT .. FOR UPDATE."""
        if self.trail:
            self.trail.happened("pg", self.operation, "public.items")
            self.trail.happened("pg", "SELECT", "public.counts")

    def run(self, server, seed, acknowledged, failures):
        chance = random.Random(f"{seed}-sql-{self.thread}")
        try:
            connection = connect(server)
            try:
                while True:
                    self.transaction(connection, chance)
                    acknowledged[self.thread] += 1
            finally:
                connection.close()
        except OSError:
            pass  # the server died
        except pg_wire.SqlError as problem:
            failures.append(f"SQL: {problem}")

    def verify(self, items, count, failures):
        """Takes over what is there if it is one of the allowed states."""
        seen = {}
        for batch, item in items:
            seen.setdefault(batch, set()).add(item)
        sizes = {batch: len(numbers) for batch, numbers in seen.items() if numbers == set(range(len(numbers)))}
        allowed = [self.acknowledged] + ([self.pending] if self.pending is not None else [])
        if sizes not in allowed or len(sizes) != len(seen) or count != len(sizes):
            failures.append(f"SQL thread {self.thread}: {count} counted, batches {sizes}, allowed {allowed}")
        if self.pending is not None and sizes == self.pending:
            self.committed()
        self.acknowledged, self.pending = sizes, None


class SqlLoad:
    def __init__(self, threads, trail=None):
        self.lanes = [Lane(number, trail) for number in range(threads)]

    def start(self, server, seed, acknowledged, failures):
        threads = [threading.Thread(target=lane.run, args=(server, seed, acknowledged, failures)) for lane in self.lanes]
        for thread in threads:
            thread.start()
        return threads

    def verify(self, server, failures):
        """How many rows there are."""
        connection = connect(server)
        items = {lane.thread: [] for lane in self.lanes}
        rows = connection.query("select thread, batch, item from items")
        for thread, batch, item in rows:
            items[int(thread)].append((int(batch), int(item)))
        counts = {int(thread): int(batches) for thread, batches in connection.query("select thread, batches from counts")}
        connection.close()
        for lane in self.lanes:
            lane.verify(items[lane.thread], counts.get(lane.thread), failures)
        return len(rows)
