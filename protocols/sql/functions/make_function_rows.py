#!/usr/bin/env python3
"""Makes the rows of function_table.cpp from the catalog rows of PostgreSQL's pg_proc.

    make_function_rows.py FILE PG_PROC_TSV

A row: oid, name, C symbol or empty, kind, volatility, strict, returns set, result, variadic, count and start of its
argument types in the list that follows.
"""
import sys
from pathlib import Path


def main():
    lines = Path(sys.argv[2]).read_text().splitlines()
    names = lines[0].split("\t")
    rows, arguments = [], []
    for line in lines[2:]:
        row = dict(zip(names, line.split("\t")))
        types = row["proargtypes"].split()
        source = row["prosrc"] if row["prolang"] == "12" else ""
        rows.append(f'{{{row["oid"]}, "{row["proname"]}", "{source}", \'{row["prokind"]}\', \'{row["provolatile"]}\', '
                    f'{"true" if row["proisstrict"] == "t" else "false"}, {"true" if row["proretset"] == "t" else "false"}, '
                    f'{row["prorettype"]}, {row["provariadic"]}, {len(types)}, {len(arguments)}}},')
        arguments += types
    out = Path(sys.argv[1])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("constexpr function_row function_rows[] = {\n" + "\n".join(rows) + "\n};\n"
                   "constexpr type_oid function_arguments[] = {\n" +
                   "\n".join(f"type_oid{{{each}}}," for each in arguments) + "\n};\n")


if __name__ == "__main__":
    main()
