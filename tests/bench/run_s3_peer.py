#!/usr/bin/env python3
"""S3 figures beside a peer: Sluice and SeaweedFS driven by the same client in one run, in turn (A B, B A, ...).

    tests/bench/peers/install_seaweedfs.sh
    tests/bench/run_s3_peer.py --build build/release [--peer build/peers/bin/weed] [--rounds 4] [--rows NAME...]
                               [--folder DIR] [--json FILE] [--check]

One machine, one file system, both servers running, one driven at a time; 32 clients of 4 KiB, 4 of 64 MiB. Both sync
an object's bytes before they answer (the peer by a rule; see peers/seaweedfs.py for what it does not sync). The rows
-large read a set in random order that is larger than the memory of either server, which a cgroup bounds, page cache
included; the other gets read what was just written, which is in the memory of a server that keeps it.
Ratios are of medians. CPU is that of the whole server process.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

import figures
import server_process
from memory_group import MemoryGroup

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
import seaweedfs  # noqa: E402

SECRET = "bench-secret-0123456789"
PORT, ADMIN_PORT = 19410, 19411
ROWS = {
    # name: operation, bytes, clients, requests of one round, keys, order, what the ratio must reach
    "put-4k": ("put", 4096, 32, 8000, 5000, "sequence", 3.0),
    "get-4k": ("get", 4096, 32, 20000, 5000, "random", 3.0),
    "get-4k-large": ("get", 4096, 32, 20000, None, "random", 1.5),
    "put-64m": ("put", 64 << 20, 4, 8, 8, "sequence", 1.3),
    "get-64m": ("get", 64 << 20, 4, 12, 8, "sequence", 1.3),
    "get-64m-large": ("get", 64 << 20, 4, 12, 16, "random", 1.3),
}
LARGE = ("get-4k-large", "get-64m-large")


class Sides:
    """Both servers on `folder`; `limit_mb` bounds the memory of each."""

    def __init__(self, arguments, folder, limit_mb=None):
        self.groups, self.servers = [], {}
        settings = {} if limit_mb is None else {"MEMORY_TOTAL": f"{limit_mb * 5 // 8} MiB"}
        try:
            self.servers["sluice"] = server_process.sluice(
                arguments.build, folder, {"s3": PORT, "kafka": 0, "pg": 0, "admin": ADMIN_PORT}, SECRET,
                self._wrapper("sluice", limit_mb), **settings)
            self.servers["peer"] = seaweedfs.start(arguments.peer, folder, SECRET, self._wrapper("peer", limit_mb),
                                                   limit_mb and limit_mb * 5 // 8)
        except BaseException:
            self.stop()
            raise

    def _wrapper(self, name, limit_mb):
        if limit_mb is None:
            return ()
        self.groups.append(MemoryGroup(f"sluice-bench-{name}", limit_mb << 20))
        return self.groups[-1].wrapper()

    def stop(self):
        for server in self.servers.values():
            server.kill()
        for group in self.groups:
            group.remove()


def load(arguments, side, name, operation, count, order):
    _, size, clients, _, keys, _, _ = ROWS[name]
    port = {"sluice": PORT, "peer": seaweedfs.PORTS["s3"]}[side]
    done = subprocess.run(
        [arguments.build / "tests/bench/bench_s3_load", "--port", str(port), "--access-key", "root", "--secret-key",
         SECRET, "--op", operation, "--size", str(size), "--clients", str(clients), "--count", str(count),
         "--spread", str(keys or arguments.large_objects), "--order", order, "--prefix", f"{name}-"],
        stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def measure_row(arguments, sides, name):
    operation, size, _, count, keys, order, goal = ROWS[name]
    count = max(1, int(count * arguments.scale))

    def drive(side):
        before = sides.servers[side].cpu_seconds()
        answer = load(arguments, side, name, operation, count, order)
        answer["server_cpu_seconds"] = sides.servers[side].cpu_seconds() - before
        return answer

    for side in sides.servers:  # what is read is there; writes have their volumes and segments
        load(arguments, side, name, "put", keys or arguments.large_objects, "sequence")
        if operation == "get" and name not in LARGE:
            load(arguments, side, name, "get", keys, "sequence")
    answers = figures.in_turns(arguments.rounds, {side: lambda side=side: drive(side) for side in sides.servers})
    row = {"name": name, "goal": goal, "bytes": size}
    for side, some in answers.items():
        row[side] = {key: figures.median(one[key] for one in some)
                     for key in ("requests_per_second", "mb_per_second", "p50_ms", "p99_ms")}
        row[side]["rounds"] = [one["requests_per_second"] for one in some]
        seconds = [one["server_cpu_seconds"] / one["requests"] for one in some]
        row[side]["cpu_seconds_per_1000"] = figures.median(seconds) * 1000
        row[side]["cpu_seconds_per_gb"] = figures.median(seconds) / size * 1e9
        row[side]["peak_resident_mb"] = sides.servers[side].peak_resident_megabytes()
    row["ratio"] = row["sluice"]["requests_per_second"] / row["peer"]["requests_per_second"]
    return row


def rows_of(arguments, folder, names, limit_mb=None):
    if not names:
        return []
    os.mkdir(folder)
    sides = Sides(arguments, folder, limit_mb)
    try:
        synced = False
        rows = []
        for name in names:
            if not synced and name not in LARGE:
                seaweedfs.sync_every_write(arguments.peer)
                synced = True
            rows.append(measure_row(arguments, sides, name))
            print_row(rows[-1])
        return rows
    finally:
        sides.stop()


def print_header():
    print(f"{'':14}{'':8}{'requests/s':>12}{'MB/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'CPU s/1000':>12}{'CPU s/GB':>10}"
          f"{'peak MB':>9}{'ratio':>8}")


def print_row(row):
    for side in ("sluice", "peer"):
        one = row[side]
        ratio = f"{row['ratio']:8.2f}" if side == "sluice" else ""
        print(f"{row['name'] if side == 'sluice' else '':14}{side:8}{one['requests_per_second']:12.0f}"
              f"{one['mb_per_second']:8.0f}{one['p50_ms']:9.2f}{one['p99_ms']:9.2f}{one['cpu_seconds_per_1000']:12.2f}"
              f"{one['cpu_seconds_per_gb']:10.2f}{one['peak_resident_mb']:9.0f}{ratio}", flush=True)


def measure(arguments, folder):
    peer = seaweedfs.version(arguments.peer)
    print(f"peer: {peer}; {os.cpu_count()} cores; every object synced; {arguments.rounds} rounds\n")
    print_header()
    plain = [name for name in arguments.rows if name not in LARGE]
    large = [name for name in arguments.rows if name in LARGE]
    rows = rows_of(arguments, f"{folder}/plain", plain)
    rows += rows_of(arguments, f"{folder}/large", large, arguments.limit_mb)
    results = {"peer": peer, "cores": os.cpu_count(), "rounds": arguments.rounds, "rows": rows,
               "large": {"objects": arguments.large_objects, "limit_mb": arguments.limit_mb}}
    return results, [figures.Target(f"S3 {row['name']}, {ROWS[row['name']][2]} clients, of the peer", row["ratio"],
                                    row["goal"], "times") for row in rows]


if __name__ == "__main__":
    parser = figures.parser_of(__doc__)
    parser.add_argument("--peer", type=Path, default=Path("build/peers/bin/weed"))
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--large-objects", type=int, default=150_000, help="of 4 KiB, in the row get-4k-large")
    parser.add_argument("--limit-mb", type=int, default=512, help="memory of each server in the row get-4k-large")
    parser.add_argument("--scale", type=float, default=1, help="of the requests of a round, to try it out")
    figures.run(parser, measure)
