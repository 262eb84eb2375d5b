#!/usr/bin/env python3
"""How long a start takes: on an empty folder, and after a kill with much to replay.

    tests/bench/run_start.py --build build/release [--folder DIR] [--json FILE]

The second start finds 1 GiB of payload and 128 MiB of mutations that the index had not flushed: objects of 2 KiB, whose
bytes lie in their records. "Ready" is /healthz answering 200, which it does when all ports serve.
"""
import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

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


def measure(build, folder):
    empty = server_process.sluice(build, folder, PORTS, SECRET)
    figures = {"empty_seconds": empty.ready_seconds, "idle_resident_mb": empty.resident_megabytes()}
    put(build, PAYLOAD_BYTES, PAYLOAD_OBJECTS, 4)
    empty.stop()
    loaded = server_process.sluice(build, folder, PORTS, SECRET)
    put(build, RECORD_BYTES, RECORDS, 32)
    loaded.kill()
    again = server_process.sluice(build, folder, PORTS, SECRET)
    figures["replay_seconds"] = again.ready_seconds
    again.stop()
    lines = [json.loads(line) for line in Path(folder, "log").read_text().splitlines()]
    figures["replayed_commits"] = [line for line in lines if "replayed_commits" in line][-1]["replayed_commits"]
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--folder", type=Path, help="on the device to measure (default: a temporary folder here)")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="sluice-bench-", dir=arguments.folder or Path.cwd())
    try:
        figures = measure(arguments.build.resolve(), folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"ready after {figures['empty_seconds']:.2f} s empty, {figures['replay_seconds']:.2f} s after a kill with "
          f"1 GiB of payload and {figures['replayed_commits']} commits to replay; idle memory {figures['idle_resident_mb']:.0f} MB")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
