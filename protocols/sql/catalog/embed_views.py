#!/usr/bin/env python3
"""Makes system_view_texts.inc from views/*.sql: rows of (schema, view, text), sorted.

    embed_views.py OUTPUT.inc FILE.sql...      (the file's name is the schema's)
"""
import sys
from pathlib import Path


def views(path: Path):
    name, lines = None, []
    for line in path.read_text().split("\n"):
        if line.startswith("-- view "):
            if name:
                yield name, "\n".join(lines).strip()
            name, lines = line.removeprefix("-- view ").strip(), []
        elif name:
            lines.append(line)
    if name:
        yield name, "\n".join(lines).strip()


def main():
    rows = sorted((path.stem, name, text) for path in map(Path, sys.argv[2:]) for name, text in views(path))
    out = [f'{{"{schema}", "{name}", R"sql({text})sql"}},' for schema, name, text in rows]
    Path(sys.argv[1]).parent.mkdir(parents=True, exist_ok=True)
    Path(sys.argv[1]).write_text("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
