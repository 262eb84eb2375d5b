#!/usr/bin/env python3
"""Kafka figures beside Apache Kafka: both driven by the same librdkafka producers in one run, in turn (A B, B A, ...).

    tests/bench/peers/install_kafka.sh
    tests/bench/run_kafka_peer.py --build build/release [--jars build/peers/kafka] [--rounds 4] [--rows NAME...]
                                  [--folder DIR] [--json FILE] [--check]

Sluice syncs before every answer. Rows `synced-` set Kafka to do the same (log.flush.interval.messages=1), rows `default-`
leave it at its defaults, which acknowledge from the page cache. The numbers behind are partitions. `small-` rows are of
100 B by eight producers; `transactions` commits every 10 ms, Kafka at its defaults; librdkafka has one request under way
then (its issue 4989), so there is a row of the Java client too. Ratios are of medians; `p99` is from produce to ack, of
the slowest producer. CPU and resident memory are those of the whole server process, which for Kafka has a heap of 1 GiB
and here --memory in all (memory.total).
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import figures
import server_process

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
import kafka  # noqa: E402

SECRET = "bench-secret-0123456789"
PORTS = {"s3": 0, "kafka": 19431, "admin": 19432, "pg": 0}
JAVA_TRANSACTIONS = ("--transaction-duration-ms", "10")
ROWS = {
    # name: partitions, Kafka syncs, bytes, producers, records of one producer and round, more words, the ratio's goal
    "synced-1": (1, True, 1024, 1, 200_000, (), 5.0),
    "synced-16": (16, True, 1024, 1, 200_000, (), 5.0),
    "synced-256": (256, True, 1024, 1, 200_000, (), 5.0),
    "default-1": (1, False, 1024, 1, 400_000, (), None),
    "default-16": (16, False, 1024, 1, 400_000, (), 1.0),
    "default-256": (256, False, 1024, 1, 400_000, (), 1.0),
    "small-16": (16, True, 100, 8, 200_000, (), 1.5),
    "transactions": (16, False, 1024, 1, 100_000, ("--idempotent", "--commit-every", "10"), 2.0),
    "transactions-java": (16, False, 1024, 1, 200_000, JAVA_TRANSACTIONS, 2.0),
}


def produce_by_java(arguments, side, topic, size, count, more):
    """Kafka's own kafka-producer-perf-test."""
    properties = ["acks=all", "linger.ms=5", "batch.size=262144"]
    if side == "sluice":
        login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        properties += [f"bootstrap.servers=127.0.0.1:{PORTS['kafka']}", "security.protocol=SASL_PLAINTEXT",
                       "sasl.mechanism=PLAIN", f'sasl.jaas.config={login} username="root" password="{SECRET}";']
    else:
        properties.append(f"bootstrap.servers=127.0.0.1:{kafka.PORTS['kafka']}")
    words = ["java", "-Xmx256m", "-cp", f"{arguments.jars}/*", "org.apache.kafka.tools.ProducerPerformance", "--topic", topic,
             "--num-records", str(count), "--record-size", str(size), "--throughput", "-1", "--transactional-id", topic, *more]
    with tempfile.NamedTemporaryFile("w", suffix=".properties") as file:
        file.write("".join(f"{line}\n" for line in properties))
        file.flush()
        done = subprocess.run([*words, "--producer.config", file.name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, check=True)
    last = done.stdout.strip().splitlines()[-1]
    return (float(re.search(r"([\d.]+) records/sec", last)[1]) * size / 1e6,
            float(re.search(r"([\d.]+) ms 99th", last)[1]))


def produce(arguments, side, topic, size, count, more):
    if more is JAVA_TRANSACTIONS:
        return produce_by_java(arguments, side, topic, size, count, more)
    words = [arguments.build / "tests/support/kafka_client", "produce", "--topic", topic, "--size", str(size), "--count",
             str(count), "--acks", "all", *more]
    if side == "sluice":
        words += ["--broker", f"127.0.0.1:{PORTS['kafka']}", "--user", "root", "--password", SECRET]
    else:
        words += ["--broker", f"127.0.0.1:{kafka.PORTS['kafka']}"]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    told = json.loads(done.stdout)
    return told["mb_per_second"], told["ack_p99_ms"]


def measure_row(arguments, folder, name):
    partitions, synced, size, producers, count, more, goal = ROWS[name]
    count = max(1, int(count * arguments.scale))
    os.mkdir(folder)
    servers = {"sluice": server_process.sluice(arguments.build, folder, PORTS, SECRET, KAFKA_DEFAULT_PARTITIONS=str(partitions),
                                              MEMORY_TOTAL=arguments.memory)}
    try:
        servers["kafka"] = kafka.start(arguments.jars, folder, partitions, synced)

        def drive(side):
            before = servers[side].cpu_seconds()
            with ThreadPoolExecutor(producers) as pool:
                rates = list(pool.map(lambda _: produce(arguments, side, name, size, count, more), range(producers)))
            cpu = servers[side].cpu_seconds() - before
            return sum(rate for rate, _ in rates), cpu / (count * producers * size) * 1e9, max(p99 for _, p99 in rates)

        for side in servers:  # the topic is there, the just-in-time compiler has seen the path
            produce(arguments, side, name, size, count // 4, more)
        answers = figures.in_turns(arguments.rounds, {side: lambda side=side: drive(side) for side in servers})
        row = {"name": name, "goal": goal}
        for side, some in answers.items():
            row[side] = {"mb_per_second": figures.median(rate for rate, _, _ in some),
                         "cpu_seconds_per_gb": figures.median(cpu for _, cpu, _ in some),
                         "ack_p99_ms": figures.median(p99 for _, _, p99 in some),
                         "peak_resident_mb": servers[side].peak_resident_megabytes()}
        row["ratio"] = row["sluice"]["mb_per_second"] / row["kafka"]["mb_per_second"]
        row["p99_ratio"] = row["sluice"]["ack_p99_ms"] / row["kafka"]["ack_p99_ms"]
        row["memory_ratio"] = row["sluice"]["peak_resident_mb"] / row["kafka"]["peak_resident_mb"]
        return row
    finally:
        for server in servers.values():
            server.kill()


def print_row(row):
    for side in ("sluice", "kafka"):
        one = row[side]
        ratios = f"{row['ratio']:8.2f}{row['p99_ratio']:8.2f}{row['memory_ratio']:9.2f}" if side == "sluice" else ""
        print(f"{row['name'] if side == 'sluice' else '':14}{side:8}{one['mb_per_second']:9.1f}"
              f"{one['cpu_seconds_per_gb']:10.2f}{one['ack_p99_ms']:9.1f}{one['peak_resident_mb']:9.0f}{ratios}", flush=True)


def measure(arguments, folder):
    print(f"{'':14}{'':8}{'MB/s':>9}{'CPU s/GB':>10}{'p99 ms':>9}{'peak MB':>9}{'ratio':>8}{'p99':>8}{'memory':>9}")
    rows = []
    for name in arguments.rows:
        rows.append(measure_row(arguments, Path(folder, name), name))
        print_row(rows[-1])
    targets = [figures.Target(f"Kafka {row['name']}, of the peer", row["ratio"], row["goal"]) for row in rows if row["goal"]]
    targets += [figures.Target(f"Kafka {row['name']}, p99 of the peer's", row["p99_ratio"], 1 / 3, most=True) for row in rows
                if row["name"].startswith("synced")]
    targets += [figures.Target(f"Kafka {row['name']}, memory of the peer's", row["memory_ratio"], 1 / 4, most=True)
                for row in rows]
    return {"cores": os.cpu_count(), "rounds": arguments.rounds, "rows": rows}, targets


if __name__ == "__main__":
    parser = figures.parser_of(__doc__)
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--jars", type=Path, default=root / "build/peers/kafka")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--scale", type=float, default=1.0, help="of each row's records")
    parser.add_argument("--memory", default="256 MiB", help="memory.total here")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    figures.run(parser, measure)
