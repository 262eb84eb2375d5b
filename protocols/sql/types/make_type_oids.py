#!/usr/bin/env python3
"""Makes types/type_oids.hpp (committed: many include it) and the row table of types/type_info.cpp from the
catalog rows of PostgreSQL's pg_type.

    make_type_oids.py HEADER PG_TYPE_TSV          writes type_oids.hpp
    make_type_oids.py --table FILE PG_TYPE_TSV    writes the rows
"""
import sys
from pathlib import Path

KEYWORDS = {"bool": "boolean", "char": "internal_char", "void": "void_type", "any": "any_type", "int": "int_"}

HEADER = '''// Oids of PostgreSQL 15's built-in types, made by types/make_type_oids.py from catalog/data/pg_type.tsv.
// `T[]` is T_array; bool is `boolean`, "char" is `internal_char`.
#pragma once

#include "protocols/sql/types/datum.hpp"

namespace sluice::sql::oid {

'''


def rows(path):
    lines = Path(path).read_text().splitlines()
    names = lines[0].split("\t")
    return [dict(zip(names, line.split("\t"))) for line in lines[2:]]


def constant_name(name):
    array = name.startswith("_")
    name = name.lstrip("_")
    return KEYWORDS.get(name, name) + ("_array" if array else "")


def header(types):
    composite = {row["oid"] for row in types if row["typtype"] == "c"}
    out = HEADER
    for row in types:
        if row["typtype"] in "cd" or row["typelem"] in composite:
            continue
        if row["typelem"] != "0" and row["typname"].startswith("_") and int(row["oid"]) >= 10000:
            continue
        out += f"inline constexpr type_oid {constant_name(row['typname'])}{{{row['oid']}}};\n"
    return out + "\n}  // namespace sluice::sql::oid\n"


def table(types):
    out = "// oid, name, length, kind, category, preferred, delimiter, element, array, base, base modifier\n"
    for row in types:
        is_array = row["typsubscript"] == "array_subscript_handler"
        element = row["typelem"] if is_array or row["typname"] in ("int2vector", "oidvector") else "0"
        out += (f'{{{row["oid"]}, "{row["typname"]}", {row["typlen"]}, \'{row["typtype"]}\', \'{row["typcategory"]}\', '
                f'{"true" if row["typispreferred"] == "t" else "false"}, \'{row["typdelim"]}\', {element}, '
                f'{row["typarray"]}, {row["typbasetype"]}, {row["typtypmod"]}, {row["typnamespace"]}}},\n')
    return out


def main():
    if sys.argv[1] == "--table":
        path = Path(sys.argv[2])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(table(rows(sys.argv[3])))
    else:
        Path(sys.argv[1]).write_text(header(rows(sys.argv[2])))


if __name__ == "__main__":
    main()
