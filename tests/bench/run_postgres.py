#!/usr/bin/env python3
"""Prepared point SELECT by key, pgbench's own statement: Sluice beside PostgreSQL 15, in turn, in one run.

    tests/bench/run_postgres.py --build build/release [--clients 1 4] [--seconds 5] [--rounds 5] [--rows 100000]
                                [--folder DIR] [--json FILE]

Both listen on loopback TCP without TLS, both log in with SCRAM, both hold the same rows. PostgreSQL runs with its
defaults but for the address.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import server_process

SECRET = "bench-secret-0123456789"
PORTS = {"s3": 0, "kafka": 0, "pg": 19032, "admin": 19001}
PEER_PORT = 19033
SELECT = "\\set aid random(1, {rows})\nSELECT abalance FROM pgbench_accounts WHERE aid = :aid;\n"
TABLE = ("CREATE TABLE pgbench_accounts (aid int NOT NULL PRIMARY KEY, bid int, abalance int, filler char(84))")
BIN = Path("/usr/lib/postgresql/15/bin")


class Peer:
    """A PostgreSQL 15 of its own in a folder."""

    def __init__(self, folder):
        self.as_server = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self.data = f"{folder}/postgres/data"
        Path(folder, "postgres").mkdir()
        os.chmod(folder, 0o755)
        if self.as_server:
            shutil.chown(f"{folder}/postgres", "postgres")
        password = Path(folder, "postgres", "password")
        password.write_text(SECRET)
        if self.as_server:
            shutil.chown(password, "postgres")
        self.run([BIN / "initdb", "-D", self.data, "-U", "root", "-A", "scram-sha-256", f"--pwfile={password}",
                  "--encoding=UTF8", "--locale=C.UTF-8"])
        self.run([BIN / "pg_ctl", "-D", self.data, "-w", "-l", f"{folder}/postgres/log", "-o",
                  f"-p {PEER_PORT} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}/postgres", "start"])

    def run(self, command):
        subprocess.run(self.as_server + [str(part) for part in command], check=True, stdout=subprocess.DEVNULL)

    def stop(self):
        self.run([BIN / "pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop"])


def environment(port, database):
    return dict(os.environ, PGHOST="127.0.0.1", PGPORT=str(port), PGUSER="root", PGPASSWORD=SECRET,
                PGDATABASE=database, PGSSLMODE="disable")


def fill(target, rows):
    lines = "".join(f"{aid}\t1\t0\t{'':84}\n" for aid in range(1, rows + 1))
    subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-c", TABLE], env=target, check=True)
    subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-c", "COPY pgbench_accounts FROM STDIN"], env=target,
                   input=lines, text=True, check=True)


def pgbench(target, script, clients, seconds):
    done = subprocess.run(["pgbench", "-n", "-M", "prepared", "-f", str(script), "-c", str(clients), "-j", "1",
                           "-T", str(seconds)], env=target, check=True, text=True, stdout=subprocess.PIPE)
    if "number of failed transactions: 0" not in done.stdout:
        raise SystemExit(done.stdout)
    return float(re.search(r"tps = ([0-9.]+)", done.stdout).group(1))


def measure(arguments, folder):
    script = Path(folder, "select.sql")
    script.write_text(SELECT.format(rows=arguments.rows))
    peer = Peer(folder)
    try:
        sluice = server_process.sluice(arguments.build.resolve(), folder, PORTS, SECRET)
        try:
            ours, theirs = environment(PORTS["pg"], "sluice"), environment(PEER_PORT, "postgres")
            for side in (ours, theirs):
                fill(side, arguments.rows)
            rows = []
            for clients in arguments.clients:
                figures = {"ours": [], "theirs": []}
                for turn in range(arguments.rounds):
                    order = ["ours", "theirs"] if turn % 2 == 0 else ["theirs", "ours"]
                    for name in order:
                        side = ours if name == "ours" else theirs
                        figures[name].append(pgbench(side, script, clients, arguments.seconds))
                rows.append({"clients": clients, "sluice_tps": statistics.median(figures["ours"]),
                             "postgresql_tps": statistics.median(figures["theirs"])})
            return {"rows": rows, "resident_mb": sluice.resident_megabytes()}
        finally:
            sluice.stop()
    finally:
        peer.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="on the device to measure (default: a temporary folder here)")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="sluice-bench-", dir=arguments.folder or Path.cwd())
    try:
        results = measure(arguments, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{'prepared point SELECT':24}{'Sluice':>10}{'PostgreSQL':>12}{'ratio':>8}")
    for row in results["rows"]:
        print(f"{row['clients']:3} client(s){'':12}{row['sluice_tps']:10.0f}{row['postgresql_tps']:12.0f}"
              f"{row['sluice_tps'] / row['postgresql_tps']:8.2f}")
    print(f"resident memory after the run {results['resident_mb']:.0f} MB")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
