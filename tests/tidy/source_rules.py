"""Rules that look at one file at a time: layers, quarantine, bans, sizes, shape of headers, pairs."""
import re
from pathlib import PurePosixPath

from layers import ALLOWED, ASIO_HEADERS, QUARANTINE, RESERVED, WITHOUT_ASIO, may_include, row_of, under
from tree import SourceFile, Tree

LINES_WARN, LINES_MAX = 500, 650
# Names of the rules are what an exception names: a comment `tidy: allow(rule), reason` on the same line
# or the line before. For the rare place where the rule's purpose is met in another way.
ALLOW = re.compile(r"tidy: allow\(([\w-]+)\), \S+")

CXX_BANS = [
    # rule, pattern over code, files it does not apply to, what to do instead
    ("detached", r"\bdetached\b|\.detach\(\)", [], "children live in a task_group or are joined"),
    ("thread", r"\bstd::j?thread\b(?!::)|\bpthread_create\b", ["gateway/core/"],
     "use worker_thread"),
    ("sleep", r"\bsleep_(?:for|until)\b|\b(?:u|nano)?sleep\s*\(", [], "wait on a condition"),
    ("clock", r"\b(?:system|high_resolution)_clock::now\b|\bgettimeofday\b|\bclock_gettime\b|"
              r"\b(?:std)?::time\s*\(", ["gateway/core/clock.cpp"], "take a wall_clock"),
    # g++ 12 miscompiles both in some coroutines: a crash, a hang, or a destructor that runs twice.
    ("await-condition", r"\b(?:if|while|switch)\s*\(!?\s*co_await\b", [],
     "name the result in a statement of its own"),
    ("await-braces", r"\bco_await\b[^;]*[,(]\s*\{", [], "name the argument before the statement that awaits"),
    ("c-assert", r"(?<![\w:])assert\s*\(|<cassert>", [], "use SLUICE_ASSERT"),
]
PYTHON_BANS = [("sleep", r"\btime\.sleep\s*\(|\bfrom time import sleep\b", [], "wait on a condition")]
SCRIPT_BANS = [
    ("or-true", r"\|\|\s*(?:true\b|:(?=\s|$|[;)]))", [], "handle the failure"),
    ("sleep", r"(?:^|[;&|({]|\bdo|\bthen)\s*sleep\s+[\d.$\"]", [], "wait on a condition"),
]
TEXT_BANS = [
    ("unfinished", r"\b(?:TODO|FIXME|XXX|HACK)\b", [], "finish it or leave it out"),
    ("machine-path", r"(?<![\w.$}])/(?:work|home/\w+|Users|root)/", [], "no paths of one machine"),
]
SCRIPT_ENDINGS = {".sh", ".bash", ".yml", ".yaml", ".cmake", ".service"}
TABLES = {".def", ".inc", ".json", ".xml", ".csv", ".txt", ".md", ".html", ".golden"}


def check(tree: Tree):
    for file in tree.files:
        for line, rule, message in findings(tree, file):
            if not excepted(file, line, rule):
                yield file.path, line, rule, message


def excepted(file: SourceFile, line: int, rule: str) -> bool:
    for at in (line - 1, line - 2):
        if 0 <= at < len(file.lines):
            named = ALLOW.search(file.lines[at])
            if named and named.group(1) == rule:
                return True
    return False


def findings(tree: Tree, file: SourceFile):
    yield from bans(file)
    yield from size(file)
    if file.is_cxx:
        yield from includes(tree, file)
        yield from shape(tree, file)
        yield from bool_results(file)


# A const result<bool> that is returned as a whole goes through its conversion to bool: a false becomes true, an error
# becomes false.
BOOL_TASK = re.compile(r"\btask<[\w:]*(?:result|guarded)<bool>>\s+[\w:~]+\(")
CONST_LOCAL = re.compile(r"\bauto const (\w+) = ")
RETURNED = re.compile(r"\bco_return (\w+);")


def bool_results(file: SourceFile):
    depth, constants, inside, opened = 0, set(), False, False
    for number, line in enumerate(file.code_lines, 1):
        if not inside and BOOL_TASK.search(line):
            depth, constants, inside, opened = 0, set(), True, False
        if not inside:
            continue
        constants.update(CONST_LOCAL.findall(line))
        for name in RETURNED.findall(line):
            if name in constants:
                yield number, "bool-result", f"`co_return {name}`: return its value or its error"
        depth += line.count("{") - line.count("}")
        opened = opened or "{" in line
        inside = not (opened and depth <= 0) and not (not opened and line.rstrip().endswith(";"))


def bans(file: SourceFile):
    if file.path.startswith("tests/tidy/"):
        return  # names what it forbids
    tables = [(TEXT_BANS, file.lines)]
    if file.is_cxx:
        tables.append((CXX_BANS, file.code_lines))
    if file.suffix == ".py":
        tables.append((PYTHON_BANS, file.lines))
    name = PurePosixPath(file.path).name
    if file.is_script or file.suffix in SCRIPT_ENDINGS or name in {"Dockerfile", "CMakeLists.txt"}:
        tables.append((SCRIPT_BANS, file.lines))
    for table, lines in tables:
        for rule, pattern, spared, instead in table:
            if any(file.path.startswith(prefix) for prefix in spared):
                continue
            matcher = re.compile(pattern)
            for number, line in enumerate(lines, 1):
                found = matcher.search(line)
                if found:
                    yield number, rule, f"`{found.group(0).strip()}`: {instead}"


def size(file: SourceFile):
    if file.suffix in TABLES or not (file.is_cxx or file.is_script or file.suffix in {".py", ".cmake", ".sql"}):
        return
    count = len(file.lines)
    if count > LINES_MAX:
        yield 0, "size", f"{count} lines, the most is {LINES_MAX}: split it by concept"
    elif count > LINES_WARN:
        yield 0, "warn-size", f"{count} lines: aim at 100 to 400"


def includes(tree: Tree, file: SourceFile):
    for line, quoted, name in file.includes:
        if quoted:
            yield from own_include(tree, file, line, name)
        else:
            yield from foreign_include(file, line, name)


def own_include(tree: Tree, file: SourceFile, line: int, name: str):
    if "/" not in name:
        yield line, "include-root", f'"{name}": includes are relative to the root of the repository'
        return
    if row_of(name) is None:
        return  # generated at build time or third-party in quotes
    if row_of(file.path) is None:
        yield line, "layer", f"{file.path} is in no layer: add its folder to tests/tidy/layers.py"
    elif not may_include(file.path, name):
        yield line, "layer", f"{row_of(file.path)} may not include {name}"
    elif name in RESERVED and not any(
            file.path.startswith(folder) and file.path.endswith(ending) for folder, ending in RESERVED[name]):
        yield line, "layer", f"{name} may only be included in {', '.join(p + '*' + e for p, e in RESERVED[name])}"
    if any(under(file.path, folder) for folder in WITHOUT_ASIO) and name in ASIO_HEADERS:
        yield line, "no-asio", f"{name}: below the store there are callbacks, no coroutines"


def foreign_include(file: SourceFile, line: int, name: str):
    if name.split("/")[0] in {row.split("/")[0] for row in ALLOWED} and name.endswith(".hpp"):
        yield line, "include-root", f"<{name}>: our headers are included in quotes"
    for prefix, places in QUARANTINE.items():
        if name.startswith(prefix) and not any(
                file.path.startswith(folder) and file.path.endswith(ending) for folder, ending in places):
            yield line, "quarantine", f"<{name}> may only be included in {', '.join(p + '*' + e for p, e in places)}"
    if any(under(file.path, folder) for folder in WITHOUT_ASIO) and \
            any(name.startswith(prefix) for prefix in ASIO_HEADERS):
        yield line, "no-asio", f"<{name}>: below the store there are callbacks, no coroutines"


def shape(tree: Tree, file: SourceFile):
    if file.suffix in {".hpp", ".cuh"}:
        if "#pragma once" not in file.lines:
            yield 1, "header-guard", "no #pragma once"
        if not file.text.startswith("//"):
            yield 1, "contract", "a header begins with the comment that says what it is"
        return
    if file.path.startswith(("tests/", "compat-tests/")) or is_paired(tree, file):
        return
    yield 1, "pair", ("neither a header of the same name, nor main, nor a first include from the same folder "
                      "that it implements")


def is_paired(tree: Tree, file: SourceFile) -> bool:
    path = PurePosixPath(file.path)
    if str(path.with_suffix(".hpp")) in tree.by_path:
        return True
    if re.search(r"\bint main\s*\(", file.text):
        return True
    # A library's own "compile me here" file: its only include.
    if len(file.includes) <= 2 and all(name.endswith("impl/src.hpp") for _, _, name in file.includes):
        return bool(file.includes)
    return any(str(PurePosixPath(name).parent) == str(path.parent) for _, _, name in file.includes)
