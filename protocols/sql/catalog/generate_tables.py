#!/usr/bin/env python3
"""Makes builtin_tables.cpp from data/*.tsv: the constant rows declared in builtin_rows.hpp.

    generate_tables.py OUTPUT.cpp DATA_FOLDER
"""
import sys
from pathlib import Path


def rows(folder: Path, name: str):
    lines = (folder / f"{name}.tsv").read_text().split("\n")
    names = lines[0].split("\t")
    return [dict(zip(names, line.split("\t"))) for line in lines[2:] if line]


def unescape(text: str) -> str:
    out, i = [], 0
    while i < len(text):
        if text[i] == "\\" and i + 1 < len(text):
            i += 1
            out.append({"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}.get(text[i], text[i]))
        else:
            out.append(text[i])
        i += 1
    return "".join(out)


def quoted(text: str) -> str:
    if text == "\\N":
        return "{}"
    body = unescape(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{body}"sv'


def proc_name(text: str) -> str:
    return quoted(text.removeprefix("pg_catalog."))


def flag(text: str) -> str:
    return "true" if text == "t" else "false"


def char(text: str) -> str:
    return "'\\''" if text == "'" else f"'{unescape(text)}'" if text else "'\\0'"


def elements(text: str) -> list[str]:
    if text == "\\N" or text == "{}":
        return []
    out, word, inside, i = [], "", False, 1
    text = unescape(text)
    while i < len(text) - 1:
        c = text[i]
        if c == '"':
            inside = not inside
        elif c == "\\":
            i += 1
            word += text[i]
        elif c == "," and not inside:
            out.append(word)
            word = ""
        else:
            word += c
        i += 1
    return out + [word]


class Pool:
    """Lists shared by rows: (offset, count) into one array."""

    def __init__(self):
        self.items, self.known = [], {}

    def place(self, values: list[str]) -> tuple[int, int]:
        key = tuple(values)
        if key not in self.known:
            self.known[key] = len(self.items)
            self.items += values
        return self.known[key], len(values)

    def span(self, name: str, values: list[str], kind: str) -> str:
        if not values:
            return "{}"
        offset, count = self.place(values)
        return f"{kind}({name} + {offset}, {count})"


def types(folder):
    for r in rows(folder, "pg_type"):
        yield ", ".join([r["oid"], quoted(r["typname"]), r["typnamespace"], r["typlen"], flag(r["typbyval"]),
                         char(r["typtype"]), char(r["typcategory"]), flag(r["typispreferred"]),
                         flag(r["typisdefined"]), char(r["typdelim"]), r["typrelid"], proc_name(r["typsubscript"]),
                         r["typelem"], r["typarray"], *(proc_name(r[c]) for c in (
                             "typinput", "typoutput", "typreceive", "typsend", "typmodin", "typmodout",
                             "typanalyze")),
                         char(r["typalign"]), char(r["typstorage"]), flag(r["typnotnull"]), r["typbasetype"],
                         r["typtypmod"], r["typndims"], r["typcollation"]])


def procs(folder, oids: Pool, names: Pool):
    for r in rows(folder, "pg_proc"):
        modes = "".join(elements(r["proallargmodes"] if "proallargmodes" in r else r["proargmodes"]))
        yield ", ".join([r["oid"], quoted(r["proname"]), r["pronamespace"], r["prolang"],
                         f'{float(r["procost"])}f', f'{float(r["prorows"])}f', r["provariadic"], char(r["prokind"]),
                         flag(r["prosecdef"]), flag(r["proleakproof"]), flag(r["proisstrict"]),
                         flag(r["proretset"]), char(r["provolatile"]), char(r["proparallel"]), r["pronargs"],
                         r["pronargdefaults"], r["prorettype"],
                         oids.span("oids", r["proargtypes"].split(), "oid_list"),
                         oids.span("oids", elements(r["proallargtypes"]), "oid_list"),
                         f'"{modes}"sv',
                         names.span("names", [f'"{n}"sv' for n in elements(r["proargnames"])],
                                    "std::span<std::string_view const>"),
                         quoted(r["prosrc"]) if r["prolang"] != "14" else '""sv'])


def function_of_operator(r, by_name):
    if r["oprcode"] == "-":
        return "0"
    arguments = [r["oprright"]] if r["oprkind"] == "l" else [r["oprleft"], r["oprright"]]
    found = by_name.get(r["oprcode"].removeprefix("pg_catalog."), [])
    exact = [f for f in found if f["proargtypes"].split() == arguments]
    usable = exact or [f for f in found if len(f["proargtypes"].split()) == len(arguments)]
    if len(usable) != 1:
        raise SystemExit(f"operator {r['oid']} {r['oprname']}: no function {r['oprcode']}{arguments}")
    return usable[0]["oid"]


def operators(folder):
    by_name = {}
    for r in rows(folder, "pg_proc"):
        by_name.setdefault(r["proname"], []).append(r)
    for r in rows(folder, "pg_operator"):
        yield ", ".join([r["oid"], quoted(r["oprname"]), r["oprnamespace"], char(r["oprkind"]),
                         flag(r["oprcanmerge"]), flag(r["oprcanhash"]), r["oprleft"], r["oprright"],
                         r["oprresult"], r["oprcom"], r["oprnegate"], function_of_operator(r, by_name),
                         proc_name(r["oprrest"]), proc_name(r["oprjoin"])])


def aggregates(folder):
    """aggfnoid is printed without arguments; the rows are in the order of their functions' oids."""
    functions = [r for r in rows(folder, "pg_proc") if r["prokind"] == "a"]
    listed = rows(folder, "pg_aggregate")
    if len(functions) != len(listed):
        raise SystemExit("pg_aggregate and pg_proc do not match")
    for function, r in zip(functions, listed):
        if r["aggfnoid"].removeprefix("pg_catalog.") != function["proname"]:
            raise SystemExit(f"aggregate {r['aggfnoid']} is not {function['proname']}")
        yield ", ".join([function["oid"], char(r["aggkind"]), r["aggnumdirectargs"], proc_name(r["aggtransfn"]),
                         proc_name(r["aggfinalfn"]), r["aggtranstype"], quoted(r["agginitval"]),
                         flag("f" if r["agginitval"] == "\\N" else "t")])


SIMPLE = {
    # table: (file, struct, columns as name:converter)
    "cast": ("pg_cast", "oid castsource casttarget castfunc castcontext:char castmethod:char"),
    "opclass": ("pg_opclass", "oid opcmethod opcname:quoted opcnamespace opcfamily opcintype opcdefault:flag opckeytype"),
    "opfamily": ("pg_opfamily", "oid opfmethod opfname:quoted opfnamespace"),
    "amop": ("pg_amop", "oid amopfamily amoplefttype amoprighttype amopstrategy amoppurpose:char amopopr amopmethod "
                        "amopsortfamily"),
    "amproc": ("pg_amproc", "oid amprocfamily amproclefttype amprocrighttype amprocnum amproc:proc_name"),
    "am": ("pg_am", "oid amname:quoted amhandler:proc_name amtype:char"),
    "language": ("pg_language", "oid lanname:quoted lanispl:flag lanpltrusted:flag"),
    "namespace": ("pg_namespace", "oid nspname:quoted"),
    "range": ("pg_range", "rngtypid rngsubtype rngmultitypid rngcollation rngsubopc"),
    "setting": ("settings", "name:quoted setting:quoted unit:quoted category:quoted context:quoted vartype:quoted "
                            "min_val:quoted max_val:quoted enumvals:quoted boot_val:quoted"),
    "system_relation": ("system_relations", "oid relname:quoted relnamespace relkind:char reltype"),
    "system_column": ("system_columns", "attrelid attnum attname:quoted atttypid atttypmod attnotnull:flag"),
}
ACCESSORS = {"cast": "casts", "opclass": "opclasses", "opfamily": "opfamilies", "amop": "amops", "amproc": "amprocs",
             "am": "access_methods", "language": "languages", "namespace": "namespaces", "range": "ranges",
             "setting": "settings", "system_relation": "system_relations", "system_column": "system_columns",
             "type": "types", "proc": "procs", "operator": "operators", "aggregate": "aggregates",
             "collation": "collations"}


def simple(folder, file, columns):
    convert = {"char": char, "quoted": quoted, "flag": flag, "proc_name": proc_name}
    for r in rows(folder, file):
        cells = (column.partition(":") for column in columns.split())
        yield ", ".join(convert[kind](r[name]) if kind else r[name] for name, _, kind in cells)


def collations(folder):
    for r in rows(folder, "pg_collation"):
        yield ", ".join([r["oid"], quoted(r["collname"]), r["collnamespace"], char(r["collprovider"]),
                         flag(r["collisdeterministic"]), r["collencoding"], quoted(r["collcollate"]),
                         quoted(r["collctype"]), flag("f" if r["collcollate"] == "\\N" else "t")])


def main():
    folder = Path(sys.argv[2])
    oids, names = Pool(), Pool()
    tables = {"type": list(types(folder)), "proc": list(procs(folder, oids, names)),
              "operator": list(operators(folder)), "aggregate": list(aggregates(folder)),
              "collation": list(collations(folder))}
    for table, (file, columns) in SIMPLE.items():
        tables[table] = list(simple(folder, file, columns))
    out = ["// Made by generate_tables.py.", '#include "protocols/sql/catalog/builtin_rows.hpp"',
           "namespace sluice::sql::builtin {", "namespace {", "using namespace std::string_view_literals;",
           f"constexpr std::uint32_t oids[] = {{{', '.join(oids.items)}}};",
           f"constexpr std::string_view names[] = {{{', '.join(names.items)}}};"]
    for table, body in tables.items():
        out.append(f"constexpr {table}_row {table}_rows[] = {{")
        out += [f"{{{row}}}," for row in body]
        out.append("};")
    out.append("}  // namespace")
    for table, accessor in ACCESSORS.items():
        out.append(f"std::span<{table}_row const> {accessor}() noexcept {{ return {table}_rows; }}")
    out.append("}  // namespace sluice::sql::builtin")
    Path(sys.argv[1]).parent.mkdir(parents=True, exist_ok=True)
    Path(sys.argv[1]).write_text("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
