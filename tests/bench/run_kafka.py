#!/usr/bin/env python3
"""Kafka figures end to end: one librdkafka producer, acks=all, 1 KiB records, against Sluice and the null server in turn.

    tests/bench/run_kafka.py --build build/release [--rounds 5] [--count 200000] [--folder DIR] [--json FILE]

Prints medians and the ratio to the null server, also as JSON. The producer's acks follow a synced journal write here;
the null server answers at once. Servers and load stay on loopback.
"""
import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import server_process

PORTS = {"s3": 19310, "kafka": 19311, "admin": 19312, "pg": 0}
NULL_PORT, SECRET = 19313, "bench-secret-0123456789"


def listens(port):
    def look():
        with socket.socket() as attempt:
            return attempt.connect_ex(("127.0.0.1", port)) == 0
    return look


def produce(build, port, size, count, idempotent, login):
    words = [build / "tests/support/kafka_client", "produce", "--broker", f"127.0.0.1:{port}", "--topic", "bench",
             "--size", str(size), "--count", str(count), "--acks", "all"]
    words += ["--idempotent"] if idempotent else []
    words += ["--user", "root", "--password", SECRET] if login else []
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def measure_row(arguments, build, sluice, size, idempotent):
    null = server_process.Server([build / "tests/bench/bench_kafka_null_server", "--port", str(NULL_PORT)],
                                 dict(os.environ), listens(NULL_PORT))
    ours, theirs, cpu = [], [], []
    count = arguments.count
    try:
        produce(build, PORTS["kafka"], size, count // 10, idempotent, True)
        for turn in range(arguments.rounds):
            for side in ((ours, theirs) if turn % 2 == 0 else (theirs, ours)):
                before = sluice.cpu_seconds()
                port = PORTS["kafka"] if side is ours else NULL_PORT
                side.append(produce(build, port, size, count, idempotent, side is ours))
                if side is ours:
                    cpu.append((sluice.cpu_seconds() - before) / (count * size) * 1e9)
    finally:
        null.kill()
    rate = lambda side: statistics.median(one["mb_per_second"] for one in side)
    return {"record_bytes": size, "idempotent": idempotent, "mb_per_second": rate(ours), "null_mb_per_second": rate(theirs),
            "of_null": rate(ours) / rate(theirs), "cpu_seconds_per_gb": statistics.median(cpu),
            "rounds_mb_per_second": [one["mb_per_second"] for one in ours]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, help="on the device to measure (default: a temporary folder here)")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    folder = tempfile.mkdtemp(prefix="sluice-bench-", dir=arguments.folder or Path.cwd())
    try:
        sluice = server_process.sluice(build, folder, PORTS, SECRET)
        try:
            rows = [measure_row(arguments, build, sluice, 1024, idempotent) for idempotent in (False, True)]
            results = {"cores": os.cpu_count(), "resident_mb": sluice.resident_megabytes(), "rows": rows}
        finally:
            sluice.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for row in results["rows"]:
        print(f"produce {row['record_bytes']} B, acks=all{', idempotent' if row['idempotent'] else ''}: "
              f"{row['mb_per_second']:.0f} MB/s, null {row['null_mb_per_second']:.0f} MB/s, "
              f"ratio {row['of_null']:.2f}, {row['cpu_seconds_per_gb']:.1f} CPU s/GB")
    print(json.dumps(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
