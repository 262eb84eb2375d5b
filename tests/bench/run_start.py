#!/usr/bin/env python3
"""How long a start takes: on an empty folder, and after a kill with much to replay.

    tests/bench/run_start.py --build build/release [--rounds 3] [--folder DIR] [--json FILE] [--check]

The second start finds 1 GiB of payload and 128 MiB of mutations that the index had not flushed: objects of 2 KiB, whose
bytes lie in their records. "Ready" is /healthz answering 200, which it does when all ports serve. Idle memory is the
server's resident set right after the first start.
"""
import json
import shutil
import subprocess
from pathlib import Path

import figures
import server_process

SECRET = "bench-secret-0123456789"
PORTS = {"s3": 19000, "kafka": 0, "pg": 0, "admin": 19001}
PAYLOAD_OBJECTS, PAYLOAD_BYTES = 16, 64 << 20
RECORD_BYTES, RECORDS = 2048, 50_000  # about 2.4 KiB of mutations each


def put(build, size, count, clients):
    subprocess.run([build / "tests/bench/bench_s3_load", "--port", str(PORTS["s3"]), "--access-key", "root",
                    "--secret-key", SECRET, "--op", "put", "--size", str(size), "--clients", str(clients),
                    "--count", str(count), "--spread", str(count), "--prefix", f"s{size}-"],
                   stdout=subprocess.DEVNULL, check=True)


def one_round(build, folder):
    shutil.rmtree(f"{folder}/data", ignore_errors=True)
    empty = server_process.sluice(build, folder, PORTS, SECRET)
    figures_of_round = {"empty_seconds": empty.ready_seconds, "idle_resident_mb": empty.resident_megabytes()}
    put(build, PAYLOAD_BYTES, PAYLOAD_OBJECTS, 4)
    empty.stop()
    loaded = server_process.sluice(build, folder, PORTS, SECRET)
    put(build, RECORD_BYTES, RECORDS, 32)
    loaded.kill()
    again = server_process.sluice(build, folder, PORTS, SECRET)
    figures_of_round["replay_seconds"] = again.ready_seconds
    again.stop()
    lines = [json.loads(line) for line in Path(folder, "log").read_text().splitlines()]
    figures_of_round["replayed_commits"] = [line for line in lines if "replayed_commits" in line][-1]["replayed_commits"]
    return figures_of_round


def measure(arguments, folder):
    rounds = [one_round(arguments.build, folder) for _ in range(arguments.rounds)]
    results = {key: figures.median(one[key] for one in rounds) for key in rounds[0]}
    return dict(results, rounds=rounds), [
        figures.Target("ready after a start on an empty folder", results["empty_seconds"], 1.0, "s", most=True),
        figures.Target("ready after a kill with 1 GiB and 128 MiB to replay", results["replay_seconds"], 3.0, "s",
                       most=True, note=f"{results['replayed_commits']:.0f} commits"),
        figures.Target("idle memory", results["idle_resident_mb"], 150, "MB", most=True)]


if __name__ == "__main__":
    parser = figures.parser_of(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    figures.run(parser, measure)
