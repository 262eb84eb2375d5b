#!/usr/bin/env python3
"""Checks what the architecture and the style promise about every file of the tree.

    tidy.py --root R          prints "file:line: rule: message" for each finding; fails if there is one

Findings whose rule begins with "warn-" are printed and do not fail.
"""
import argparse
import sys
from pathlib import Path

import cmake_rules
import setting_rules
import source_rules
from tree import Tree


def all_findings(tree: Tree):
    return sorted([*source_rules.check(tree), *cmake_rules.check(tree), *setting_rules.check(tree)])


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, required=True)
    root = parser.parse_args().root
    found = all_findings(Tree(root))
    for path, line, rule, message in found:
        print(f"{path}:{line}: {rule}: {message}")
    failures = [each for each in found if not each[2].startswith("warn-")]
    print(f"{len(failures)} findings, {len(found) - len(failures)} warnings")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
