#!/usr/bin/env python3
"""Every benchmark with a target, one after the other, and one table of the targets beside what was measured.

    tests/bench/run_all.py --build build/release [--folder DIR] [--json FILE] [--check] [--only NAME...]

Each part is a run_NAME.py of its own with its peers in the same run; its output is shown as it comes.
"""
import json
import subprocess
import sys
from pathlib import Path

import figures

PARTS = ("journal", "s3", "kafka", "postgres", "start", "idle")


def measure(arguments, folder):
    results, targets = {}, []
    for part in arguments.only:
        print(f"== {part}", flush=True)
        answers = Path(folder, f"{part}.json")
        subprocess.run([sys.executable, Path(__file__).with_name(f"run_{part}.py"), "--build", arguments.build,
                        "--folder", folder, "--json", answers], check=True)
        answered = json.loads(answers.read_text())
        results[part] = answered["figures"]
        for target in answered["targets"]:
            target.pop("reached")
            targets.append(figures.Target(**target))
    print("\n== all targets", end="")
    return results, targets


if __name__ == "__main__":
    parser = figures.parser_of(__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    figures.run(parser, measure)
