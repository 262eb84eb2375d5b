#!/usr/bin/env python3
"""S3 figures end to end: Sluice and the null server, driven by the same client in one run, in turn.

    tests/bench/run_s3.py --build build/release [--rounds 5] [--rows NAME...] [--folder DIR] [--json FILE] [--check]

Prints a table of medians and ratios. What bounds the 64 MiB rows, measured in the same turns:
- the device: O_DIRECT in pieces of 1 MiB, four at a time; writes synced (PUT), reads (GET);
- the null server: the same client against one that stores nothing;
- for PUT, MD5 (the ETag) and the CRC-32 that the client declares, on the cores that client, loopback and the null
  server leave: cores / (their CPU time per byte + that of hashing a byte), by bench_s3_load --op hash.
CPU is that of the server process per 1000 requests. Servers and load stay on loopback.
"""
import json
import os
import subprocess

import figures
import server_process
from device import Device

SECRET = "bench-secret-0123456789"
PORT, NULL_PORT = 19000, 19100
ROWS = {
    # name: operation, bytes, clients, requests of one round
    "put-4k": ("put", 4096, 32, 20000),
    "get-4k": ("get", 4096, 32, 40000),
    "put-1m": ("put", 1 << 20, 16, 400),
    "put-64m": ("put", 64 << 20, 4, 16),
    "get-64m": ("get", 64 << 20, 4, 24),
}
SPREAD = {4096: 5000, 1 << 20: 100, 64 << 20: 8}
SHARE = 0.8


def load(build, port, operation, size, clients, count):
    done = subprocess.run(
        [build / "tests/bench/bench_s3_load", "--port", str(port), "--access-key", "root", "--secret-key", SECRET,
         "--op", operation, "--size", str(size), "--clients", str(clients), "--count", str(count),
         "--spread", str(SPREAD[size]), "--prefix", f"s{size}-"],
        stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def hash_megabytes_per_second(build):
    done = subprocess.run([build / "tests/bench/bench_s3_load", "--op", "hash", "--size", str(64 << 20), "--count", "4"],
                          stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)["mb_per_second"]


def null_server(build, size):
    return server_process.Server(
        [build / "tests/bench/bench_null_server", "--port", str(NULL_PORT), "--get-bytes", str(size)],
        dict(os.environ), server_process.answers(f"http://127.0.0.1:{NULL_PORT}/"))


def measure_row(arguments, sluice, device, name):
    operation, size, clients, count = ROWS[name]
    build = arguments.build
    null = null_server(build, size)

    def drive(server, port):
        before = server.cpu_seconds()
        answer = load(build, port, operation, size, clients, count)
        answer["server_cpu_seconds"] = server.cpu_seconds() - before
        return answer

    sides = {"sluice": lambda: drive(sluice, PORT), "null": lambda: drive(null, NULL_PORT)}
    if size == 64 << 20:
        sides["device"] = (device.write_megabytes_per_second if operation == "put" else device.read_megabytes_per_second)
    if operation == "get":  # what the round reads is there
        load(build, PORT, "put", size, clients, SPREAD[size])
    try:
        answers = figures.in_turns(arguments.rounds, sides)
    finally:
        null.kill()
    return row_of(name, answers, hash_megabytes_per_second(build) if name == "put-64m" else None)


def row_of(name, answers, hash_rate):
    ours, null = answers["sluice"], answers["null"]
    middle = lambda side, key: figures.median(one[key] for one in side)
    row = {"name": name, "null_mb_per_second": middle(null, "mb_per_second"),
           "cpu_seconds_per_1000": figures.median(one["server_cpu_seconds"] / one["requests"] * 1000 for one in ours)}
    for key in ("requests_per_second", "mb_per_second", "p50_ms", "p99_ms"):
        row[key] = middle(ours, key)
    bounds = {"null server": row["null_mb_per_second"]}
    if "device" in answers:
        row["device_mb_per_second"] = bounds["device"] = figures.median(answers["device"])
    if hash_rate:
        cores = os.cpu_count()
        carried = figures.median((one["client_cpu_seconds"] + one["server_cpu_seconds"]) /
                                 (one["requests"] * ROWS[name][1] / 1e6) for one in null)
        row["hash_mb_per_second_core"] = hash_rate
        row["hash_mb_per_second"] = bounds["MD5 and CRC-32"] = cores / (carried + 1 / hash_rate)
    row["bound"] = min(bounds, key=bounds.get)
    row["of_bound"] = row["mb_per_second"] / bounds[row["bound"]]
    return row


def print_table(rows):
    print(f"{'':10}{'requests/s':>12}{'MB/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU s/1000':>12}{'null':>8}{'device':>8}"
          f"{'hash':>8}{'of the lowest':>15}")
    for row in rows:
        other = lambda key: f"{row[key]:8.0f}" if key in row else f"{'':8}"
        print(f"{row['name']:10}{row['requests_per_second']:12.0f}{row['mb_per_second']:9.0f}{row['p50_ms']:9.2f}"
              f"{row['p99_ms']:9.2f}{row['cpu_seconds_per_1000']:12.2f}{row['null_mb_per_second']:8.0f}"
              f"{other('device_mb_per_second')}{other('hash_mb_per_second')}{row['of_bound']:15.2f}")


def measure(arguments, folder):
    device = Device(folder)
    sluice = server_process.sluice(arguments.build, folder, {"s3": PORT, "kafka": 0, "pg": 0, "admin": 19001}, SECRET)
    results = {"cores": os.cpu_count(), "idle_resident_mb": sluice.resident_megabytes()}
    try:
        results["rows"] = [measure_row(arguments, sluice, device, name) for name in arguments.rows]
        results["resident_mb"] = sluice.resident_megabytes()
    finally:
        sluice.stop()
    print_table(results["rows"])
    print(f"{results['cores']} cores; idle memory {results['idle_resident_mb']:.0f} MB, "
          f"after the run {results['resident_mb']:.0f} MB")
    return results, [
        figures.Target(f"S3 {row['name']}, 4 clients, of the lowest bound", row["of_bound"], SHARE, note=row["bound"])
        for row in results["rows"] if row["name"] in ("put-64m", "get-64m")]


if __name__ == "__main__":
    parser = figures.parser_of(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    figures.run(parser, measure)
