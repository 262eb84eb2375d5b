"""A setting that nothing reads would be parsed and ignored: the daemon hands every one on to a module."""
import re

from tree import Tree

DECLARATIONS = "gateway/config/settings.def"
READERS = ("gateway/daemon/", "gateway/cli/", "gateway/config/settings.cpp")
ROW = re.compile(r"^SLUICE_SETTING\(\w+, (\w+),", re.MULTILINE)


def check(tree: Tree):
    declared = tree.by_path.get(DECLARATIONS)
    if declared is None:
        return
    readers = "\n".join("\n".join(file.code_lines) for file in tree.cxx if file.path.startswith(READERS))
    for row in ROW.finditer(declared.text):
        if not re.search(rf"[.>]{row.group(1)}\b", readers):
            line = declared.text.count("\n", 0, row.start()) + 1
            yield DECLARATIONS, line, "setting-unused", f"nothing reads {row.group(1)}"
