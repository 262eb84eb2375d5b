#!/usr/bin/env python3
"""pgbench against Sluice and PostgreSQL 15, in turn, in one run: pgbench makes and fills its own tables on both.

    tests/bench/run_postgres.py --build build/release [--clients 1 4] [--seconds 5] [--rounds 5] [--scale 1]
                                [--rows select simple-update tpcb] [--folder DIR] [--json FILE] [--check]

select: pgbench -S -M prepared, a point SELECT by key. simple-update: -N, tpcb: the default script (transactions of
three or five writes, each synced at its commit on both sides). Both listen on loopback TCP without TLS, both log in
with SCRAM; PostgreSQL runs with its defaults but for the address. After the writing scripts the balances of each side
are compared with its history, and every row of history must be there that pgbench counted.
"""
import os
import re
import shutil
import subprocess
from pathlib import Path

import figures
import server_process

SECRET = "bench-secret-0123456789"
PORTS = {"s3": 0, "kafka": 0, "pg": 19032, "admin": 19001}
PEER_PORT = 19033
BIN = Path("/usr/lib/postgresql/15/bin")
SCRIPTS = {"select": ["-S"], "simple-update": ["-N"], "tpcb": []}


class Peer:
    """A PostgreSQL 15 of its own in a folder."""

    def __init__(self, folder):
        if not (BIN / "initdb").exists():
            raise SystemExit("PostgreSQL 15 is missing: install postgresql-15")
        self.as_server = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self.data = f"{folder}/postgres/data"
        Path(folder, "postgres").mkdir()
        password = Path(folder, "postgres", "password")
        password.write_text(SECRET)
        if self.as_server:
            shutil.chown(f"{folder}/postgres", "postgres")
            shutil.chown(password, "postgres")
        self.run([BIN / "initdb", "-D", self.data, "-U", "root", "-A", "scram-sha-256", f"--pwfile={password}",
                  "--encoding=UTF8", "--locale=C.UTF-8"])
        self.run([BIN / "pg_ctl", "-D", self.data, "-w", "-l", f"{folder}/postgres/log", "-o",
                  f"-p {PEER_PORT} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}/postgres", "start"])

    def run(self, command):
        subprocess.run(self.as_server + [str(part) for part in command], check=True, stdout=subprocess.DEVNULL)

    def stop(self):
        self.run([BIN / "pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop"])


class Side:
    """One server as pgbench and psql reach it."""

    def __init__(self, port, database):
        self.environment = dict(os.environ, PGHOST="127.0.0.1", PGPORT=str(port), PGUSER="root", PGPASSWORD=SECRET,
                                PGDATABASE=database, PGSSLMODE="disable")

    def run(self, words):
        done = subprocess.run(words, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(words)} on port {self.environment['PGPORT']}:\n{done.stderr}{done.stdout}")
        return done.stdout

    def fill(self, scale):
        self.run(["pgbench", "-i", "-q", "-s", str(scale)])
        self.transactions = 0

    def query(self, text):
        return self.run(["psql", "-qXAt", "-c", text]).strip()

    def bench(self, script, clients, seconds):
        output = self.run(["pgbench", "-n", "-M", "prepared", *SCRIPTS[script], "-c", str(clients), "-j", "1",
                           "-T", str(seconds)])
        if "number of failed transactions: 0" not in output:
            raise SystemExit(output)
        if script != "select":
            self.transactions += int(re.search(r"actually processed: (\d+)", output)[1])
        return float(re.search(r"tps = ([0-9.]+)", output)[1])

    def check(self):
        """What the transactions promise: history holds all of them, and balances are the sums of their deltas."""
        count, delta = self.query("SELECT count(*), coalesce(sum(delta), 0) FROM pgbench_history").split("|")
        accounts = self.query("SELECT sum(abalance) FROM pgbench_accounts")
        if int(count) != self.transactions or accounts != delta:
            raise SystemExit(f"history has {count} of {self.transactions} transactions, sums {accounts} and {delta}")
        tellers = self.query("SELECT sum(tbalance) FROM pgbench_tellers")
        branches = self.query("SELECT sum(bbalance) FROM pgbench_branches")
        if tellers != branches:
            raise SystemExit(f"tellers have {tellers}, branches {branches}")


def measure_row(arguments, server, ours, theirs, script, clients):
    before = server.cpu_seconds()
    answers = figures.in_turns(arguments.rounds, {
        "sluice": lambda: ours.bench(script, clients, arguments.seconds),
        "postgresql": lambda: theirs.bench(script, clients, arguments.seconds)})
    done = sum(answers["sluice"]) * arguments.seconds
    row = {"script": script, "clients": clients, "sluice_tps": figures.median(answers["sluice"]),
           "postgresql_tps": figures.median(answers["postgresql"]),
           "cpu_us": (server.cpu_seconds() - before) / done * 1e6}
    row["ratio"] = row["sluice_tps"] / row["postgresql_tps"]
    if script != "select":
        for side in (ours, theirs):
            side.check()
    return row


def measure(arguments, folder):
    peer = Peer(folder)
    try:
        sluice = server_process.sluice(arguments.build, folder, PORTS, SECRET)
        try:
            ours, theirs = Side(PORTS["pg"], "sluice"), Side(PEER_PORT, "postgres")
            for side in (ours, theirs):
                side.fill(arguments.scale)
            rows = [measure_row(arguments, sluice, ours, theirs, script, clients)
                    for script in arguments.rows for clients in arguments.clients]
            results = {"cores": os.cpu_count(), "scale": arguments.scale, "rows": rows,
                       "resident_mb": sluice.resident_megabytes()}
        finally:
            sluice.stop()
    finally:
        peer.stop()
    print(f"{'pgbench -M prepared':26}{'Sluice tps':>12}{'PostgreSQL':>12}{'ratio':>8}{'CPU us':>9}")
    for row in rows:
        print(f"{row['script']:14}{row['clients']:3} client(s){row['sluice_tps']:11.0f}{row['postgresql_tps']:12.0f}"
              f"{row['ratio']:8.2f}{row['cpu_us']:9.1f}")
    print(f"resident memory after the run {results['resident_mb']:.0f} MB")
    return results, [figures.Target("PostgreSQL prepared point SELECT, 1 client, of PostgreSQL 15", row["ratio"], 1.0)
                     for row in rows if row["script"] == "select" and row["clients"] == 1]


if __name__ == "__main__":
    parser = figures.parser_of(__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--rows", nargs="+", choices=list(SCRIPTS), default=["select"])
    figures.run(parser, measure)
