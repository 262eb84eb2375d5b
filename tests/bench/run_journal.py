#!/usr/bin/env python3
"""The journal's targets: journal_bench with its 4 KiB and 1 MiB rows, 16 writers.

    tests/bench/run_journal.py --build build/release [--rounds 5] [--seconds 2] [--folder DIR] [--json FILE] [--check]

4 KiB: commits with their rows against RocksDB Put(sync). 1 MiB: bulk frames against the device's own synced O_DIRECT
writes. The sides of a row run in turn; ratios are of medians.
"""
import json
import subprocess
from pathlib import Path

import figures

GOALS = {4096: ("journal 4 KiB, 16 writers, of RocksDB Put(sync)", 1.5),
         1 << 20: ("journal 1 MiB, 16 writers, of the device", 0.75)}


def measure(arguments, folder):
    answers = Path(folder, "journal.json")
    subprocess.run([arguments.build / "tests/bench/journal_bench", "--folder", folder, "--json", answers, "--writers", "16",
                    "--rounds", str(arguments.rounds), "--seconds", str(arguments.seconds),
                    "--sizes", *map(str, GOALS)], check=True)
    rows = json.loads(answers.read_text())
    targets = []
    for row in rows:
        what, goal = GOALS[row["bytes"]]
        targets.append(figures.Target(what, row["ratio"], goal))
    return {"rows": rows}, targets


if __name__ == "__main__":
    parser = figures.parser_of(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    figures.run(parser, measure)
