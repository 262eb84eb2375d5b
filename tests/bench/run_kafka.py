#!/usr/bin/env python3
"""Kafka figures end to end: one librdkafka producer, acks=all, against Sluice and the null server in turn.

    tests/bench/run_kafka.py --build build/release [--rounds 5] [--count 800000] [--size 1024] [--folder DIR]
                             [--json FILE] [--check]

The producer's acks follow a synced journal write here; the null server reads the batches and answers at once. The
device is measured in the same turns: synced O_DIRECT writes of 1 MiB. Servers and load stay on loopback.
An idempotent librdkafka has one Produce request under way at a time (its issue 4989), so nothing overlaps: its bound is
the time of a request against the null server and that of one device write, one after the other.
Transactions that commit every 10 ms are measured against the same producer without them.
"""
import json
import os
import socket
import subprocess

import figures
import server_process
from device import Device

PORTS = {"s3": 0, "kafka": 19311, "admin": 19312, "pg": 0}
NULL_PORT, SECRET = 19313, "bench-secret-0123456789"
SHARE = 0.6


def listens(port):
    def look():
        with socket.socket() as attempt:
            return attempt.connect_ex(("127.0.0.1", port)) == 0
    return look


def produce(build, port, arguments, count, idempotent, more=()):
    words = [build / "tests/support/kafka_client", "produce", "--broker", f"127.0.0.1:{port}", "--topic", "bench",
             "--size", str(arguments.size), "--count", str(count), "--acks", "all"]
    words += ["--idempotent"] if idempotent else []
    words += ["--user", "root", "--password", SECRET] if port == PORTS["kafka"] else []
    words += more
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    told = json.loads(done.stdout)
    return (told["mb_per_second"], told["commits_per_second"]) if more else told["mb_per_second"]


def measure_transactions(arguments):
    build, commits = arguments.build, []

    def in_transactions():
        rate, each = produce(build, PORTS["kafka"], arguments, arguments.count, True, ("--commit-every", "10"))
        commits.append(each)
        return rate

    rates = figures.in_turns(arguments.rounds, {
        "transactions": in_transactions,
        "idempotent": lambda: produce(build, PORTS["kafka"], arguments, arguments.count, True)})
    row = {f"{name}_mb_per_second": figures.median(values) for name, values in rates.items()}
    row["commits_per_second"] = figures.median(commits)
    row["of_idempotent"] = row["transactions_mb_per_second"] / row["idempotent_mb_per_second"]
    return row


def measure_row(arguments, sluice, device, idempotent):
    build, count, cpu = arguments.build, arguments.count, []
    null = server_process.Server([build / "tests/bench/bench_kafka_null_server", "--port", str(NULL_PORT)],
                                 dict(os.environ), listens(NULL_PORT))

    def ours():
        before = sluice.cpu_seconds()
        rate = produce(build, PORTS["kafka"], arguments, count, idempotent)
        cpu.append((sluice.cpu_seconds() - before) / (count * arguments.size) * 1e9)
        return rate

    write = device.write_one_at_a_time_megabytes_per_second if idempotent else device.write_megabytes_per_second
    try:
        produce(build, PORTS["kafka"], arguments, count // 10, idempotent)  # makes the topic
        answers = figures.in_turns(arguments.rounds, {
            "sluice": ours, "null": lambda: produce(build, NULL_PORT, arguments, count, idempotent), "device": write})
    finally:
        null.kill()
    row = {f"{name}_mb_per_second": figures.median(values) for name, values in answers.items()}
    row.update(idempotent=idempotent, cpu_seconds_per_gb=figures.median(cpu))
    rates = {name: row[f"{name}_mb_per_second"] for name in ("null", "device")}
    if idempotent:
        rates["null + device"] = 1 / (1 / rates["null"] + 1 / rates["device"])
    row["bound"] = min(rates, key=rates.get)
    row["of_bound"] = row["sluice_mb_per_second"] / rates[row["bound"]]
    return row


def measure(arguments, folder):
    device = Device(folder)
    sluice = server_process.sluice(arguments.build, folder, PORTS, SECRET)
    try:
        rows = [measure_row(arguments, sluice, device, idempotent) for idempotent in (False, True)]
        transactions = measure_transactions(arguments)
        results = {"cores": os.cpu_count(), "record_bytes": arguments.size, "rows": rows, "transactions": transactions,
                   "resident_mb": sluice.resident_megabytes()}
    finally:
        sluice.stop()
    print(f"{'acks=all, ' + str(arguments.size) + ' B':24}{'Sluice MB/s':>12}{'null':>8}{'device':>8}{'of the bound':>14}"
          f"{'CPU s/GB':>10}")
    for row in rows:
        print(f"{'idempotent' if row['idempotent'] else 'plain':24}{row['sluice_mb_per_second']:12.0f}"
              f"{row['null_mb_per_second']:8.0f}{row['device_mb_per_second']:8.0f}{row['of_bound']:14.2f}"
              f"{row['cpu_seconds_per_gb']:10.1f}")
    print(f"{'commit every 10 ms':24}{transactions['transactions_mb_per_second']:12.0f}  {transactions['of_idempotent']:.2f} "
          f"of idempotent, {transactions['commits_per_second']:.0f} commits/s")
    return results, [figures.Target(f"Kafka produce {arguments.size} B, acks=all, {'idempotent' if row['idempotent'] else 'plain'}",
                                    row["of_bound"], SHARE, note=row["bound"]) for row in rows]


if __name__ == "__main__":
    parser = figures.parser_of(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=800_000)
    parser.add_argument("--size", type=int, default=1024)
    figures.run(parser, measure)
