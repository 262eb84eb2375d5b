"""What the run_*.py files share: arguments, turns of the sides that are compared, and targets beside figures.

A measured side and its peer run in turn in one run, and what counts is the median and the ratio: a loaded machine
slows both. `--check` makes a missed target an error, for machines that are quiet enough to say so.
"""
import argparse
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass
class Target:
    """A figure with what it must reach: at least `goal`, or at most where `most` is set."""

    what: str
    value: float
    goal: float
    unit: str = ""
    most: bool = False
    note: str = ""

    def reached(self):
        return self.value <= self.goal if self.most else self.value >= self.goal

    def line(self):
        bound = "<=" if self.most else ">="
        verdict = "reached" if self.reached() else "MISSED"
        note = f"  ({self.note})" if self.note else ""
        return f"{self.what:58}{self.value:9.2f} {self.unit:6}{bound} {self.goal:<7g}{verdict}{note}"


def in_turns(rounds, sides):
    """Calls each of `sides` (name -> function) once a round, the first one changing; what they answered, by name."""
    names = list(sides)
    answers = {name: [] for name in names}
    for turn in range(rounds):
        at = turn % len(names)
        for name in names[at:] + names[:at]:
            answers[name].append(sides[name]())
    return answers


def median(values):
    return statistics.median(values)


def parser_of(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--folder", type=Path, help="on the device to measure (default: a temporary folder here)")
    parser.add_argument("--json", type=Path, help="writes the figures and targets there")
    parser.add_argument("--check", action="store_true", help="fails when a target is missed")
    return parser


def run(parser, measure):
    """`measure(arguments, folder)` answers its figures and their targets; prints and writes them."""
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that servers and folders go too
    arguments.build = arguments.build.resolve()
    folder = tempfile.mkdtemp(prefix="sluice-bench-", dir=arguments.folder or Path.cwd())
    os.chmod(folder, 0o755)
    try:
        figures, targets = measure(arguments, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print()
    for target in targets:
        print(target.line())
    if arguments.json:
        shown = [dict(asdict(target), reached=target.reached()) for target in targets]
        arguments.json.write_text(json.dumps({"figures": figures, "targets": shown}, indent=1) + "\n")
    missed = arguments.check and not all(target.reached() for target in targets)
    sys.exit(1 if missed else 0)
