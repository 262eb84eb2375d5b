#!/usr/bin/env python3
"""S3 figures end to end: Sluice and the null server, driven by the same client in one run, in turn.

    tests/bench/run_s3.py --build build/release [--rounds 5] [--folder DIR] [--json FILE]

Prints a table of medians and ratios. The bound of the 64 MiB rows is the lowest of: the device (O_DIRECT writes of
1 MiB, each synced), MD5 of one core times the cores, and the null server. Servers and load stay on loopback.
"""
import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import server_process

ROWS = [
    # name, operation, bytes, clients, requests of one round
    ("PUT 4 KiB, 32 clients", "put", 4096, 32, 20000),
    ("GET 4 KiB, 32 clients", "get", 4096, 32, 40000),
    ("PUT 1 MiB, 16 clients", "put", 1 << 20, 16, 400),
    ("PUT 64 MiB, 4 clients", "put", 64 << 20, 4, 16),
    ("GET 64 MiB, 4 clients", "get", 64 << 20, 4, 16),
]
SPREAD = {4096: 5000, 1 << 20: 100, 64 << 20: 8}


def load(build, port, secret, row):
    name, operation, size, clients, count = row
    done = subprocess.run(
        [build / "tests/bench/bench_s3_load", "--port", str(port), "--access-key", "root", "--secret-key", secret,
         "--op", operation, "--size", str(size), "--clients", str(clients), "--count", str(count),
         "--spread", str(SPREAD[size]), "--prefix", f"s{size}-"],
        stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def md5_megabytes_per_second():
    block, begin, blocks = bytes(1 << 20), time.perf_counter(), 400
    digest = hashlib.md5()
    for _ in range(blocks):
        digest.update(block)
    return blocks * len(block) / (time.perf_counter() - begin) / 1e6


def device_megabytes_per_second(folder):
    """O_DIRECT and O_DSYNC writes of 1 MiB at depth 4, by four processes of dd."""
    blocks, begin = 400, time.perf_counter()
    writers = [subprocess.Popen(["dd", "if=/dev/zero", f"of={folder}/device-{n}", "bs=1M", f"count={blocks}",
                                 "oflag=direct,dsync"], stderr=subprocess.DEVNULL) for n in range(4)]
    if any(writer.wait() != 0 for writer in writers):
        raise SystemExit(f"cannot measure the device: {folder} refuses O_DIRECT")
    seconds = time.perf_counter() - begin
    for n in range(4):
        os.unlink(f"{folder}/device-{n}")
    return 4 * blocks * (1 << 20) / seconds / 1e6


def measure(arguments, folder):
    build = arguments.build.resolve()
    secret = "bench-secret-0123456789"
    ports = {"s3": 19000, "kafka": 0, "pg": 0, "admin": 19001}
    sluice = server_process.sluice(build, folder, ports, secret)
    results = {"device_mb_s": device_megabytes_per_second(folder), "md5_core_mb_s": md5_megabytes_per_second(),
               "cores": os.cpu_count(), "idle_resident_mb": sluice.resident_megabytes(), "rows": []}
    try:
        for row in ROWS:
            results["rows"].append(measure_row(arguments, build, secret, sluice, row))
        results["resident_mb"] = sluice.resident_megabytes()
    finally:
        sluice.stop()
    return results


def measure_row(arguments, build, secret, sluice, row):
    null = server_process.Server([build / "tests/bench/bench_null_server", "--port", "19100", "--get-bytes", str(row[2])],
                  dict(os.environ), server_process.answers("http://127.0.0.1:19100/"))
    ours, theirs, cpu = [], [], []
    try:
        for turn in range(arguments.rounds):
            order = (ours, theirs) if turn % 2 == 0 else (theirs, ours)
            for side in order:
                before = sluice.cpu_seconds()
                figures = load(build, 19000 if side is ours else 19100, secret, row)
                side.append(figures)
                if side is ours:
                    cpu.append((sluice.cpu_seconds() - before) / figures["requests"] * 1000)
    finally:
        null.kill()
    median = lambda side, key: statistics.median(one[key] for one in side)
    return {"name": row[0], "requests_per_second": median(ours, "requests_per_second"),
            "mb_per_second": median(ours, "mb_per_second"), "p50_ms": median(ours, "p50_ms"),
            "p99_ms": median(ours, "p99_ms"), "null_requests_per_second": median(theirs, "requests_per_second"),
            "null_mb_per_second": median(theirs, "mb_per_second"),
            "cpu_seconds_per_1000": statistics.median(cpu)}


def print_table(results):
    print(f"device {results['device_mb_s']:.0f} MB/s (1 MiB, O_DIRECT, synced, depth 4); "
          f"MD5 {results['md5_core_mb_s']:.0f} MB/s a core; {results['cores']} cores; "
          f"idle memory {results['idle_resident_mb']:.0f} MB, after the run {results['resident_mb']:.0f} MB")
    print(f"{'':24}{'requests/s':>12}{'MB/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'null MB/s':>11}{'of null':>9}{'CPU s/1000':>12}")
    for row in results["rows"]:
        print(f"{row['name']:24}{row['requests_per_second']:12.0f}{row['mb_per_second']:9.0f}{row['p50_ms']:9.2f}"
              f"{row['p99_ms']:9.2f}{row['null_mb_per_second']:11.0f}"
              f"{row['mb_per_second'] / row['null_mb_per_second']:9.2f}{row['cpu_seconds_per_1000']:12.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="on the device to measure (default: a temporary folder here)")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="sluice-bench-", dir=arguments.folder or Path.cwd())
    try:
        results = measure(arguments, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_table(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
