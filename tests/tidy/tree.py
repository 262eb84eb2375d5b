"""The files of a checkout as the checks see them: text, code without comments and strings, includes."""
import re
import subprocess
from functools import cached_property
from pathlib import Path

SOURCE_FOLDERS = ["gateway", "protocols", "backend", "auth", "tests", "compat-tests", "deploy", ".ci"]
CXX = {".hpp", ".cpp", ".cuh", ".cu"}

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|'
    r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def without_comments_and_strings(text: str) -> str:
    """The same number of lines, with comments and literals blanked."""
    def blank(match: re.Match) -> str:
        return "\n" * match.group(0).count("\n") or " "
    return TOKEN.sub(blank, text)


class SourceFile:
    def __init__(self, root: Path, path: str):
        self.root, self.path = root, path
        self.suffix = Path(path).suffix

    @cached_property
    def text(self) -> str:
        return (self.root / self.path).read_text(encoding="utf-8", errors="replace")

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def code_lines(self) -> list[str]:
        if self.suffix in CXX:
            return without_comments_and_strings(self.text).splitlines()
        return self.lines

    @cached_property
    def includes(self) -> list[tuple[int, bool, str]]:
        """(line, quoted, name)"""
        found = []
        for match in INCLUDE.finditer(self.text):
            line = self.text.count("\n", 0, match.start(1)) + 1
            found.append((line, match.group(1) == '"', match.group(2)))
        return found

    @property
    def is_cxx(self) -> bool:
        return self.suffix in CXX

    @property
    def is_script(self) -> bool:
        return self.suffix in {".sh", ".bash"} or self.path.startswith(".ci/") or \
            (self.suffix == "" and self.text.startswith("#!"))


class Tree:
    def __init__(self, root: Path):
        self.root = root
        self.files = [SourceFile(root, path) for path in self._paths()]
        self.by_path = {file.path: file for file in self.files}

    def _paths(self) -> list[str]:
        """What git tracks or would track; outside a repository, every file."""
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=self.root, capture_output=True, check=False)
        if listed.returncode == 0:
            paths = [path for path in listed.stdout.decode().split("\0") if path]
        else:
            paths = [str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()]
        wanted = [path for path in paths if (self.root / path).is_file()
                  and ("/" not in path or path.split("/")[0] in SOURCE_FOLDERS)]
        return sorted(set(wanted))

    @property
    def cxx(self) -> list[SourceFile]:
        return [file for file in self.files if file.is_cxx]

    def own_includes(self, path: str) -> set[str]:
        """Every file of ours that `path` includes, directly or not."""
        seen: set[str] = set()
        waiting = [path]
        while waiting:
            file = self.by_path.get(waiting.pop())
            if file is None:
                continue
            for _, quoted, name in file.includes:
                if quoted and name not in seen and name in self.by_path:
                    seen.add(name)
                    waiting.append(name)
        return seen
