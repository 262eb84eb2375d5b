"""Settings are declared, read and named in one way: gateway/config/settings.def is the only declaration.

- A setting that nothing reads would be parsed and ignored: the daemon hands every one on to a module.
- "limits.x" in a document or in a text that the program says is a key of a setting, or a bound of the store that no
  setting moves (a member of store_limits that the daemon does not assign); any other name would be looked for in vain.
"""
import re

from tree import TOKEN, Tree

DECLARATIONS = "gateway/config/settings.def"
READERS = ("gateway/daemon/", "gateway/cli/", "gateway/config/settings.cpp")
SPEAKERS = ("gateway/", "protocols/", "backend/", "auth/")
ROW = re.compile(r'^SLUICE_SETTING\(\w+, (\w+), "([^"]+)"', re.MULTILINE)
STORE_LIMITS, WIRING = "backend/store/limits.hpp", "gateway/daemon/options.cpp"
MEMBER = re.compile(r"^    [\w:]+ (\w+) = ", re.MULTILINE)
LIMIT = re.compile(r"(?<![\w.:/])limits\.(\w+)(?!\()")


def text_of(tree: Tree, path: str) -> str:
    file = tree.by_path.get(path)
    return file.text if file else ""


def limit_names(tree: Tree) -> set[str]:
    """What may stand behind "limits."."""
    keys = {key.removeprefix("limits.") for _, key in ROW.findall(text_of(tree, DECLARATIONS))
            if key.startswith("limits.")}
    assigned = set(re.findall(r"\bout\.(\w+) =", text_of(tree, WIRING)))
    return keys | (set(MEMBER.findall(text_of(tree, STORE_LIMITS))) - assigned)


def spoken(file) -> str:
    """The text with everything blanked but what people read: a document whole, of C++ its literals."""
    if file.suffix == ".md":
        return file.text

    def kept(match: re.Match) -> str:
        return match.group(0) if match.group(0)[0] in 'R"' else "\n" * match.group(0).count("\n")
    out, at = [], 0
    for match in TOKEN.finditer(file.text):
        out.append("\n" * file.text.count("\n", at, match.start()))
        out.append(kept(match))
        at = match.end()
    return "".join(out)


def unread_settings(tree: Tree):
    declared = tree.by_path.get(DECLARATIONS)
    if declared is None:
        return
    readers = "\n".join("\n".join(file.code_lines) for file in tree.cxx if file.path.startswith(READERS))
    for row in ROW.finditer(declared.text):
        if not re.search(rf"[.>]{row.group(1)}\b", readers):
            line = declared.text.count("\n", 0, row.start()) + 1
            yield DECLARATIONS, line, "setting-unused", f"nothing reads {row.group(1)}"


def unknown_limits(tree: Tree):
    known = limit_names(tree)
    for file in tree.files:
        speaks = file.suffix == ".md" or (file.path.startswith(SPEAKERS) and (file.is_cxx or file.suffix == ".def"))
        if not speaks or "limits." not in file.text:
            continue
        text = spoken(file)
        for match in LIMIT.finditer(text):
            if match.group(1) not in known:
                line = text.count("\n", 0, match.start()) + 1
                yield file.path, line, "limit-name", f"no setting or fixed bound is called {match.group(0)}"


def check(tree: Tree):
    yield from unread_settings(tree)
    yield from unknown_limits(tree)
