"""Declared target dependencies agree with the layer table, and every include with a declared dependency."""
import re
from pathlib import PurePosixPath

from layers import PLAIN_TYPES, may_include, under
from tree import Tree

LIBRARY = re.compile(r"^\s*sluice_library\(\s*(\w+)([^)]*)\)", re.MULTILINE)
KEYWORDS = {"SOURCES", "DEPENDS", "PACKAGES", "QUARANTINE"}


class Library:
    def __init__(self, name: str, folder: str, body: str):
        self.name, self.folder = name, folder
        self.depends: list[str] = []
        self.sources: list[str] = []
        part = None
        for word in re.sub(r"#[^\n]*", "", body).split():
            if word in KEYWORDS:
                part = word
            elif part == "DEPENDS":
                self.depends.append(word)
            elif part == "SOURCES":
                self.sources.append(word)
        # A library made of one subfolder only (backend/store/model) is that subfolder's.
        inside = {str(PurePosixPath(source).parent) for source in self.sources}
        self.declared_in = folder
        if len(inside) == 1 and inside != {"."}:
            self.folder = f"{folder}/{inside.pop()}"


def libraries_of(tree: Tree) -> dict[str, Library]:
    found = {}
    for file in tree.files:
        if PurePosixPath(file.path).name != "CMakeLists.txt":
            continue
        folder = str(PurePosixPath(file.path).parent)
        for match in LIBRARY.finditer(file.text):
            found[match.group(1)] = Library(match.group(1), folder, match.group(2))
    return found


def check(tree: Tree):
    libraries = libraries_of(tree)
    for library in libraries.values():
        place = f"{library.declared_in}/CMakeLists.txt"
        if library.folder.startswith("tests"):
            continue
        for name in library.depends:
            if name not in libraries:
                yield place, 0, "cmake-layer", f"sluice_{library.name} depends on unknown sluice_{name}"
            elif not may_include(library.folder, libraries[name].folder):
                yield place, 0, "cmake-layer", (f"sluice_{library.name} may not depend on sluice_{name}: "
                                                f"{library.folder} is not above {libraries[name].folder}")
    yield from undeclared(tree, libraries)


def closure(libraries: dict[str, Library], name: str) -> set[str]:
    reached, waiting = set(), [name]
    while waiting:
        current = waiting.pop()
        if current in reached or current not in libraries:
            continue
        reached.add(current)
        waiting += libraries[current].depends
    return reached


def undeclared(tree: Tree, libraries: dict[str, Library]):
    """An include across folders needs a declared dependency, direct or through others."""
    folders: dict[str, list[str]] = {}
    for library in libraries.values():
        folders.setdefault(library.folder, []).append(library.name)

    def home(path: str) -> str | None:
        inside = [folder for folder in folders if under(path, folder)]
        return max(inside, key=len) if inside else None

    for file in tree.cxx:
        own = home(file.path)
        if own is None or file.path.startswith("tests/"):
            continue
        reached = set().union(*(closure(libraries, name) for name in folders[own]))
        for line, quoted, name in file.includes:
            other = home(name) if quoted else None
            if other is None or other == own or any(under(name, plain) for plain in PLAIN_TYPES):
                continue
            if not reached & set(folders[other]):
                yield file.path, line, "cmake-depends", (f"includes {name}, but sluice_{folders[own][0]} declares no "
                                                         f"dependency on {' or '.join(folders[other])}")
