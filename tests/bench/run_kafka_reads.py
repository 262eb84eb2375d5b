#!/usr/bin/env python3
"""What consumers get, beside Apache Kafka: both driven by the same librdkafka clients in one run.

    tests/bench/peers/install_kafka.sh
    tests/bench/run_kafka_reads.py --build build/release [--jars build/peers/kafka] [--rounds 2] [--scale 1.0]
                                   [--rows fan-out catch-up latency many] [--folder DIR] [--json FILE] [--check]

`fan-out`: eight consumers at the end of a topic of 16 partitions while one producer fills it. `catch-up`: one consumer
reads a partition of 4 GiB that was written before, each server bounded to 2 GiB of memory with the page cache in it,
beside the device. `latency`: from produce to consume at a fifth of what a producer reaches, Sluice alone, beside
synced writes of the device and the producer's linger. `many`: 2,000 partitions and 500 groups, Sluice alone: the start
with them, memory and processor time at rest.
"""
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import figures
import server_process
from device import Device
from memory_group import MemoryGroup

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
import kafka  # noqa: E402

SECRET = "bench-secret-0123456789"
PORTS = {"s3": 0, "kafka": 19431, "admin": 19432, "pg": 0}
REST_SECONDS = 10
LINGER = 1  # ms that the producer waits for more: without it each record is a request of its own


def words_for(side):
    if side == "kafka":
        return ["--broker", f"127.0.0.1:{kafka.PORTS['kafka']}"]
    return ["--broker", f"127.0.0.1:{PORTS['kafka']}", "--user", "root", "--password", SECRET]


def client(arguments, program, *words):
    done = subprocess.run([arguments.build / "tests/support" / program, *map(str, words)], stdout=subprocess.PIPE, text=True,
                          check=True)
    return json.loads(done.stdout)


def fill(arguments, side, topics, partitions, groups=0):
    return client(arguments, "kafka_client", "fill", *words_for(side), "--topics", topics, "--partitions", partitions,
                  "--groups", groups)


def start_both(arguments, folder, partitions, wrapper=()):
    servers = {"sluice": server_process.sluice(arguments.build, folder, PORTS, SECRET, wrapper=wrapper,
                                               KAFKA_DEFAULT_PARTITIONS=str(partitions))}
    try:
        servers["kafka"] = kafka.start(arguments.jars, folder, partitions, True, wrapper=wrapper)
    except BaseException:
        servers["sluice"].kill()
        raise
    return servers


def fan_out(arguments, folder):
    partitions, consumers, count = 16, 8, int(200_000 * arguments.scale)
    rates = {"sluice": [], "kafka": []}
    for turn in range(arguments.rounds):
        place = Path(folder, str(turn))
        os.mkdir(place)
        servers = start_both(arguments, place, partitions)
        try:
            for side in sorted(servers, reverse=turn % 2 == 0):
                fill(arguments, side, 1, partitions)
                told = client(arguments, "kafka_follow", *words_for(side), "--topic", "fill-0", "--partitions", partitions,
                              "--consumers", consumers, "--count", count, "--size", 1024)
                rates[side].append(told["read_mb_per_second"])
        finally:
            for server in servers.values():
                server.kill()
    row = {side: figures.median(values) for side, values in rates.items()}
    print(f"fan-out to {consumers}: {row['sluice']:.0f} MB/s read, Kafka {row['kafka']:.0f}")
    return row, [figures.Target("Kafka fan-out to 8 consumers, of the peer", row["sluice"] / row["kafka"], 1.0)]


def catch_up(arguments, folder):
    size, count = 1024, int((4 << 20) * arguments.scale)
    group = MemoryGroup("sluice-bench-kafka", 2 << 30)
    rates = {}
    try:
        for side in ("sluice", "kafka"):
            place = Path(folder, side)
            os.mkdir(place)
            server = (server_process.sluice(arguments.build, place, PORTS, SECRET, wrapper=group.wrapper(),
                                            KAFKA_DEFAULT_PARTITIONS="1") if side == "sluice" else
                      kafka.start(arguments.jars, place, 1, False, wrapper=group.wrapper()))
            try:
                client(arguments, "kafka_client", "produce", *words_for(side), "--topic", "cold", "--size", size, "--count",
                       count)
                rates[side] = client(arguments, "kafka_client", "consume", *words_for(side), "--topic", "cold")["mb_per_second"]
            finally:
                server.kill()
    finally:
        group.remove()
    device = Device(folder)
    bound = device.read_megabytes_per_second()
    device.remove()
    print(f"catch-up of {count * size >> 20} MiB: {rates['sluice']:.0f} MB/s, Kafka {rates['kafka']:.0f}, device {bound:.0f}")
    return dict(rates, device=bound), [
        figures.Target("Kafka cold catch-up, of the peer", rates["sluice"] / rates["kafka"], 1.0),
        figures.Target("Kafka cold catch-up, of the device", rates["sluice"] / bound, 0.8)]


def latency(arguments, folder):
    device = Device(folder)
    server = server_process.sluice(arguments.build, folder, PORTS, SECRET, KAFKA_DEFAULT_PARTITIONS="16")
    try:
        most = client(arguments, "kafka_client", "produce", *words_for("sluice"), "--topic", "warm", "--size", 1024, "--count",
                      int(200_000 * arguments.scale), "--linger", LINGER)["records_per_second"]
        rate = most / 5
        fill(arguments, "sluice", 1, 16)
        before = sorted(device.sync_milliseconds())
        told = client(arguments, "kafka_follow", *words_for("sluice"), "--topic", "fill-0", "--partitions", 16, "--consumers", 1,
                      "--count", int(rate * 20 * arguments.scale), "--size", 1024, "--rate", rate, "--linger", LINGER)
        after = sorted(device.sync_milliseconds())
    finally:
        server.kill()
        device.remove()
    synced = sorted(before + after)
    p50, p99 = synced[len(synced) // 2], synced[len(synced) * 99 // 100]
    print(f"produce to consume at {rate:.0f} records/s: p50 {told['p50_ms']:.2f} ms, p99 {told['p99_ms']:.2f} ms; "
          f"device {p50:.2f}, {p99:.2f}")
    return dict(told, device_p50_ms=p50, device_p99_ms=p99, rate=rate), [
        figures.Target("Kafka produce to consume, p50", told["p50_ms"], LINGER + p50 + 1, "ms", most=True),
        figures.Target("Kafka produce to consume, p99", told["p99_ms"], LINGER + 2 * p99 + 3, "ms", most=True)]


def many(arguments, folder):
    server = server_process.sluice(arguments.build, folder, PORTS, SECRET)
    fill(arguments, "sluice", 100, 20, 500)
    server.stop()
    again = server_process.sluice(arguments.build, folder, PORTS, SECRET)
    try:
        before = again.cpu_seconds()
        with contextlib.suppress(subprocess.TimeoutExpired):  # it goes on, at rest
            again.process.wait(timeout=REST_SECONDS)
        idle = (again.cpu_seconds() - before) / REST_SECONDS
        row = {"start_seconds": again.ready_seconds, "resident_mb": again.resident_megabytes(), "idle_cpu": idle}
    finally:
        again.kill()
    print(f"2,000 partitions, 500 groups: start {row['start_seconds']:.2f} s, {row['resident_mb']:.0f} MB, "
          f"{idle * 100:.2f} % of a core at rest")
    return row, [figures.Target("start with 2,000 partitions and 500 groups", row["start_seconds"], 5, "s", most=True),
                 figures.Target("processor at rest", idle, 0.01, "cores", most=True)]


ROWS = {"fan-out": fan_out, "catch-up": catch_up, "latency": latency, "many": many}


def measure(arguments, folder):
    results, targets = {}, []
    for name in arguments.rows:
        place = Path(folder, name)
        os.mkdir(place)
        results[name], some = ROWS[name](arguments, place)
        targets += some
    return results, targets


if __name__ == "__main__":
    parser = figures.parser_of(__doc__)
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--jars", type=Path, default=root / "build/peers/kafka")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--scale", type=float, default=1.0, help="of each row's records")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    figures.run(parser, measure)
