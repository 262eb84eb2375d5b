#!/usr/bin/env python3
"""Analytic statements: the native executor beside the read engine, and PostgreSQL 15, in turn, in one run.

    tests/bench/run_queries.py --build build/release [--rows 1000000] [--small 1000] [--rounds 3] [--folder DIR] [--json FILE]

The server is started on one data folder, once with limits.sql_native_rows past every table (native) and once with 0
(engine). Times are psql's \\timing, medians in milliseconds; answers must be equal.
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
from run_postgres import BIN, PEER_PORT, PORTS, SECRET, Peer, environment  # noqa: F401

TABLES = """
CREATE TABLE fact (id int PRIMARY KEY, k int, g int, v bigint, w float8, n numeric(12,2), s text);
CREATE TABLE dim (id int PRIMARY KEY, name text, grp int);
CREATE TABLE tiny (id int PRIMARY KEY, k int, g int, v bigint, s text);
"""
STATEMENTS = {
    "count": "SELECT count(*) FROM fact",
    "group by 100": "SELECT g, count(*), sum(v), avg(v), max(s) FROM fact GROUP BY g ORDER BY g",
    "group by 100k": "SELECT k, count(*), sum(v) FROM fact GROUP BY k ORDER BY 2 DESC, 1 LIMIT 10",
    "sum numeric": "SELECT g, sum(n), avg(n) FROM fact GROUP BY g ORDER BY g",
    "sum float": "SELECT g, sum(w), avg(w) FROM fact GROUP BY g ORDER BY g",
    "distinct": "SELECT count(DISTINCT k), count(DISTINCT s) FROM fact",
    "hash join": "SELECT d.grp, count(*), sum(f.v) FROM fact f JOIN dim d ON d.id = f.k GROUP BY d.grp ORDER BY d.grp",
    "left join": "SELECT count(*), count(d.id) FROM fact f LEFT JOIN dim d ON d.id = f.k AND d.grp < 10",
    "in subquery": "SELECT count(*) FROM fact WHERE k IN (SELECT id FROM dim WHERE grp < 10)",
    "sort, top 10": "SELECT id, s FROM fact ORDER BY s DESC, id LIMIT 10",
    "sort all": "SELECT max(r) FROM (SELECT row_number() OVER (ORDER BY s, id) AS r FROM fact) q",
    "window by 100k": "SELECT sum(r) FROM (SELECT rank() OVER (PARTITION BY k ORDER BY v) AS r FROM fact) q",
    "filter, like": "SELECT count(*) FROM fact WHERE s LIKE '%77%' AND g < 50",
    "tiny group": "SELECT g, count(*), sum(v) FROM tiny GROUP BY g ORDER BY g",
    "tiny join": "SELECT count(*) FROM tiny a JOIN tiny b ON a.k = b.id",
}


def psql(target, text, stdin=None):
    done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-f", "-"], env=target, check=True, text=True,
                          input=text if stdin is None else stdin, stdout=subprocess.PIPE)
    return done.stdout


def fill(target, rows, small):
    psql(target, TABLES)
    copies = {"fact": "".join(f"{i}\t{i * 7919 % 100000}\t{i % 100}\t{i * 31 % 1000003}\t{i * 0.37}\t{i % 5000 / 4}\ttext {i * 13 % 50021}\n"
                              for i in range(1, rows + 1)),
              "dim": "".join(f"{i}\tname {i}\t{i % 50}\n" for i in range(100_000)),
              "tiny": "".join(f"{i}\t{i % 37}\t{i % 10}\t{i * 3}\ttext {i}\n" for i in range(1, small + 1))}
    for table, lines in copies.items():
        subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-c", f"COPY {table} FROM STDIN"], env=target,
                       input=lines, text=True, check=True)


def timed(target, statement, limit_seconds):
    script = f"SET statement_timeout = '{limit_seconds}s';\n\\timing on\n{statement};\n"
    done = subprocess.run(["psql", "-qXAt", "-f", "-"], env=target, text=True, input=script, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=True)
    rows, _, time = done.stdout.rpartition("Time: ")
    if "statement timeout" in rows:
        return "stopped", None
    return rows, float(re.match(r"([0-9.]+) ms", time)[1])


def measure(target, rounds, limit_seconds):
    out = {}
    for name, statement in STATEMENTS.items():
        answers = [timed(target, statement, limit_seconds) for _ in range(rounds)]
        times = [time for _, time in answers if time is not None]
        out[name] = (answers[0][0], statistics.median(times) if len(times) == rounds else None)
    return out


def run(arguments, folder):
    results = {}
    for name, native_rows in (("native", "1000000000"), ("engine", "0")):
        os.environ["SLUICE_LIMITS_SQL_NATIVE_ROWS"] = native_rows
        server = server_process.sluice(arguments.build.resolve(), folder, PORTS, SECRET)
        try:
            target = environment(PORTS["pg"], "sluice")
            if name == "native":
                fill(target, arguments.rows, arguments.small)
            results[name] = measure(target, arguments.rounds, arguments.limit)
        finally:
            server.stop()
    peer = Peer(folder)
    try:
        target = environment(PEER_PORT, "postgres")
        fill(target, arguments.rows, arguments.small)
        psql(target, "ANALYZE")
        results["postgresql"] = measure(target, arguments.rounds, arguments.limit)
    finally:
        peer.stop()
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=int, default=60, help="seconds that one statement may take")
    parser.add_argument("--folder", type=Path, help="on the device to measure (default: a temporary folder here)")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="sluice-bench-", dir=arguments.folder or Path.cwd())
    try:
        results = run(arguments, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    names = list(results)
    print(f"{'milliseconds':18}" + "".join(f"{name:>12}" for name in names))
    wrong = 0
    for statement in STATEMENTS:
        given = [results[name][statement] for name in names]
        equal = len({rows for rows, _ in given if rows != "stopped"}) == 1
        wrong += not equal
        print(f"{statement:18}" + "".join(f"{'-' if time is None else format(time, '.1f'):>12}" for _, time in given)
              + ("" if equal else "   answers differ"))
    if arguments.json:
        times = {name: {statement: time for statement, (_, time) in each.items()} for name, each in results.items()}
        arguments.json.write_text(json.dumps(times, indent=1) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
