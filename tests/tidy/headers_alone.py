#!/usr/bin/env python3
"""Compiles every header alone and twice in a row, so that including it first never fails.

    headers_alone.py --root R --cache FILE [--compiler g++] [--include DIR]... [--flag F]...

Three things keep it short: what compiled with the same content before is remembered in the cache; a header
that its own .cpp includes first, in a target without precompiled headers, is proven by the build; and a
header that includes gateway/core/task.hpp or result.hpp anyway starts from those precompiled, which hides
nothing that it would lack alone.
"""
import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path, PurePosixPath

from cmake_rules import libraries_of
from tree import Tree

ROOTS = [["gateway/core/task.hpp", "gateway/core/result.hpp"], ["gateway/core/result.hpp"]]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("--flag", action="append", default=[])
    options = parser.parse_args()
    command = [options.compiler, "-std=c++20", "-fcoroutines", "-x", "c++", "-I", str(options.root),
               *(f"-I{folder}" for folder in options.include), *options.flag]
    failed, checked, known = check(Tree(options.root), command, options.cache)
    for path, output in failed:
        print(f"{path}: does not compile alone\n{output}")
    print(f"{checked} headers compiled alone, {known} known from before, {len(failed)} failed")
    return 1 if failed else 0


def check(tree: Tree, command: list[str], cache: Path):
    """([(header, compiler output)], compiled, remembered)"""
    version = subprocess.run([command[0], "--version"], capture_output=True, check=True).stdout
    base = hashlib.sha256(version + repr(command).encode()).hexdigest()
    before = json.loads(cache.read_text()) if cache.exists() else {}
    keys = {path: key_of(tree, path, base) for path in headers_to_compile(tree)}
    waiting = [path for path, key in keys.items() if before.get(path) != key]
    with tempfile.TemporaryDirectory() as folder:
        started = precompile(tree, command, Path(folder), len(waiting))
        with ThreadPoolExecutor(cpu_count() or 2) as pool:
            outputs = list(pool.map(lambda path: compile_alone(tree, command, started, path), waiting))
    failed = [(path, output) for path, output in zip(waiting, outputs) if output is not None]
    bad = {path for path, _ in failed}
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_text(json.dumps({path: key for path, key in keys.items() if path not in bad}))
    return failed, len(waiting), len(keys) - len(waiting)


def headers_to_compile(tree: Tree) -> list[str]:
    proven = proven_by_build(tree)
    return [file.path for file in tree.cxx if file.suffix == ".hpp" and file.path not in proven]


def proven_by_build(tree: Tree) -> set[str]:
    precompiled = set()
    for file in tree.files:
        precompiled |= set(re.findall(r"sluice_use_asio_pch\(sluice_(\w+)\)", file.text)
                           if file.path.endswith("CMakeLists.txt") else [])
    proven = set()
    for library in libraries_of(tree).values():
        if library.name in precompiled:
            continue
        for source in library.sources:
            path = str(PurePosixPath(library.declared_in) / source)
            file = tree.by_path.get(path)
            header = str(PurePosixPath(path).with_suffix(".hpp"))
            if file and file.includes and file.includes[0][2] == header:
                proven.add(header)
    return proven


def key_of(tree: Tree, path: str, base: str) -> str:
    digest = hashlib.sha256(base.encode())
    for each in [path, *sorted(tree.own_includes(path))]:
        digest.update(each.encode() + b"\0" + tree.by_path[each].text.encode())
    return digest.hexdigest()


def precompile(tree: Tree, command: list[str], folder: Path, count: int) -> list[tuple[set[str], Path]]:
    """[(headers it holds, file to include)], largest first; none where it would not pay."""
    started = []
    for number, roots in enumerate(ROOTS):
        if count < 8 or not all(root in tree.by_path for root in roots):
            continue
        header = folder / f"start{number}.hpp"
        header.write_text("".join(f'#include "{root}"\n' for root in roots))
        language = ["c++-header" if word == "c++" else word for word in command]
        made = subprocess.run([*language, str(header), "-o", f"{header}.gch"], capture_output=True, check=False)
        if made.returncode == 0:
            started.append((set(roots), header))
    return started


def compile_alone(tree: Tree, command: list[str], started: list[tuple[set[str], Path]], path: str) -> str | None:
    within = tree.own_includes(path) | {path}
    start = next((["-include", str(header)] for roots, header in started if roots <= within), [])
    unit = f'#include "{path}"\n#include "{path}"\n'
    done = subprocess.run([*command, *start, "-fsyntax-only", "-"], input=unit.encode(), capture_output=True,
                          check=False)
    return None if done.returncode == 0 else done.stderr.decode(errors="replace")[:4000]


if __name__ == "__main__":
    sys.exit(main())
