#!/usr/bin/env python3
"""Asks a PostgreSQL 15 (tests/oracle/start.sh) for the answers that the SQL tests replay without it.

    make_golden.py CONNECTION types CASES GOLDEN
    make_golden.py CONNECTION expressions CASES GOLDEN

A case is a line; `#` begins a comment, `SET name = value` holds for the cases after it, `RESET` ends it.
types: `type<TAB>literal`. expressions: an SQL expression; its literals with a type ('1'::numeric) become input of the
test, the rest of the resolved expression is taken from PostgreSQL's own parse tree of a view.
Output lines are tab separated, fields escaped as in COPY: settings, the case, and the answer: `=` and value(s), or `!`,
SQLSTATE and message.
"""
import ctypes
import ctypes.util
import re
import struct
import sys
from pathlib import Path

PQ = ctypes.CDLL(ctypes.util.find_library("pq") or "libpq.so.5")
for name, result in [("PQconnectdb", ctypes.c_void_p), ("PQexec", ctypes.c_void_p), ("PQexecParams", ctypes.c_void_p),
                     ("PQgetvalue", ctypes.c_void_p), ("PQresultErrorField", ctypes.c_char_p),
                     ("PQerrorMessage", ctypes.c_char_p)]:
    getattr(PQ, name).restype = result
PQ.PQexec.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
PQ.PQexecParams.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int] + [ctypes.c_void_p] * 4 + [ctypes.c_int]
for name in ("PQresultStatus", "PQntuples", "PQclear", "PQftype"):
    getattr(PQ, name).argtypes = [ctypes.c_void_p] + ([ctypes.c_int] if name == "PQftype" else [])
for name in ("PQgetvalue", "PQgetlength", "PQgetisnull"):
    getattr(PQ, name).argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
PQ.PQresultErrorField.argtypes = [ctypes.c_void_p, ctypes.c_int]
PQ.PQftype.restype = ctypes.c_uint32


class Failed(Exception):
    def __init__(self, state, message):
        super().__init__(message)
        self.state, self.message = state, message


class Server:
    def __init__(self, connection):
        self.handle = PQ.PQconnectdb(connection.encode())

    def rows(self, statement, binary=False):
        result = PQ.PQexecParams(self.handle, statement.encode(), 0, None, None, None, None, int(binary))
        try:
            if PQ.PQresultStatus(result) not in (1, 2):
                raise Failed(PQ.PQresultErrorField(result, ord("C")).decode(), PQ.PQresultErrorField(result, ord("M")).decode())
            self.type = PQ.PQftype(result, 0)
            return [None if PQ.PQgetisnull(result, row, 0) else
                    ctypes.string_at(PQ.PQgetvalue(result, row, 0), PQ.PQgetlength(result, row, 0))
                    for row in range(PQ.PQntuples(result))]
        finally:
            PQ.PQclear(result)

    def one(self, statement, binary=False):
        return self.rows(statement, binary)[0]

    def text(self, statement):
        value = self.one(statement)
        return None if value is None else value.decode()


def escape(text):
    if text is None:
        return "\\N"
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def unescape(text):
    return text.replace("\\t", "\t").replace("\\n", "\n")


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def cases(path):
    settings = []
    for line in Path(path).read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if line == "RESET":
            settings = []
        elif line.startswith("SET "):
            settings.append(line[4:])
        else:
            yield settings[:], line


class Shape(Exception):
    pass


# ---- PostgreSQL's node trees: {NAME :field value ...}, (list), [bytes], tokens

TOKEN = re.compile(r'\s*([{}()\[\]]|"(?:\\.|[^"\\])*"|(?:\\.|[^\s{}()\[\]\\])+)')


def parse_nodes(text):
    tokens = TOKEN.findall(text)
    at = 0

    def value():
        nonlocal at
        token = tokens[at]
        at += 1
        if token == "{":
            node = {"": tokens[at]}
            at += 1
            while tokens[at] != "}":
                name = tokens[at][1:]
                at += 1
                parts = []
                while not (tokens[at] == "}" or tokens[at].startswith(":")):
                    parts.append(value())
                node[name] = parts[0] if len(parts) == 1 else parts
            at += 1
            return node
        if token in "([":
            items = []
            while tokens[at] not in ")]":
                items.append(value())
            at += 1
            return items
        return token

    return value()


def items(node):
    if node == "<>" or node is None:
        return []
    return [each for each in node if each not in ("o", "i")] if node and node[0] in ("o", "i") else node


class Tree:
    """The parse tree of one expression as text: (kind type modifier ... children)."""

    def __init__(self, server, columns):
        self.server, self.columns = server, columns

    def typed(self, name, node, type_field, modifier_field=None, *rest):
        modifier = node.get(modifier_field, "-1") if modifier_field else "-1"
        return f"({name} {node[type_field]} {modifier} {' '.join(rest)})"

    def many(self, nodes):
        return [self.expression(each) for each in items(nodes)]

    def expression(self, node):
        kind = node[""]
        method = getattr(self, "of_" + kind.lower(), None)
        if method is None:
            raise Shape(kind)
        return method(node)

    def of_var(self, node):
        return self.typed("column", node, "vartype", "vartypmod", str(int(node["varattno"]) - 1))

    def of_const(self, node):
        if node["constisnull"] == "true":
            return self.typed("null", node, "consttype", "consttypmod")
        text = self.constant(int(node["consttype"]), node["constvalue"], node["constlen"])
        return self.typed("value", node, "consttype", "consttypmod", '"' + escape(text).replace('"', '\\"') + '"')

    def constant(self, oid, value, length):
        raw = bytes(int(each) & 255 for each in (value[1] if isinstance(value[1], list) else value[1:]))
        number = int.from_bytes(raw, "little", signed=True)
        if oid == 16:
            return "t" if raw[0] else "f"
        if oid in (20, 21, 23, 26, 24, 2205, 2206):
            return str(number)
        if oid == 701:
            return repr(struct.unpack("<d", raw)[0])
        if oid in (25, 1043, 1042, 705):
            return raw[4:].decode() if oid != 705 else raw.rstrip(b"\0").decode()
        if oid == 19:
            return raw.rstrip(b"\0").decode()
        if oid == 1700:
            return numeric_text(raw[4:])
        if oid == 1186:
            us, days, months = struct.unpack("<qii", raw)
            return f"{months} mons {days} days {us / 1e6:.6f} secs" if us >= 0 else f"{months} mons {days} days -{-us / 1e6:.6f} secs"
        raise Shape(f"constant of type {oid}")

    def of_funcexpr(self, node):
        return self.typed("call", node, "funcresulttype", None, node["funcid"], "1" if node["funcvariadic"] == "true" else "0",
                          *self.many(node["args"]))

    def of_opexpr(self, node):
        return self.typed("call", node, "opresulttype", None, node["opfuncid"], "0", *self.many(node["args"]))

    def of_scalararrayopexpr(self, node):
        left, right = self.many(node["args"])
        return f"(any 16 -1 {node['opfuncid']} {'1' if node['useOr'] == 'true' else '0'} {left} {right})"

    def of_distinctexpr(self, node):
        return self.typed("distinct", node, "opresulttype", None, node["opfuncid"], *self.many(node["args"]))

    def of_nullifexpr(self, node):
        return self.typed("nullif", node, "opresulttype", None, node["opfuncid"], *self.many(node["args"]))

    def of_relabeltype(self, node):
        return self.typed("relabel", node, "resulttype", "resulttypmod", self.expression(node["arg"]))

    def of_coerceviaio(self, node):
        return self.typed("io", node, "resulttype", None, self.expression(node["arg"]))

    def of_arraycoerceexpr(self, node):
        return self.typed("elements", node, "resulttype", "resulttypmod", self.expression(node["arg"]),
                          self.expression(node["elemexpr"]))

    def of_casetestexpr(self, node):
        return self.typed("argument", node, "typeId", "typeMod")

    def of_boolexpr(self, node):
        return f"({node['boolop']} 16 -1 {' '.join(self.many(node['args']))})"

    def of_nulltest(self, node):
        return f"(isnull 16 -1 {'1' if node['nulltesttype'] == '0' else '0'} {self.expression(node['arg'])})"

    def of_booleantest(self, node):
        return f"(booltest 16 -1 {node['booltesttype']} {self.expression(node['arg'])})"

    def of_coalesceexpr(self, node):
        return self.typed("coalesce", node, "coalescetype", None, *self.many(node["args"]))

    def of_minmaxexpr(self, node):
        return self.typed("greatest" if node["op"] == "0" else "least", node, "minmaxtype", None, *self.many(node["args"]))

    def of_caseexpr(self, node):
        parts = [self.expression(node["arg"]) if node["arg"] != "<>" else "-"]
        for when in items(node["args"]):
            parts += [self.expression(when["expr"]), self.expression(when["result"])]
        parts.append(self.expression(node["defresult"]) if node["defresult"] != "<>" else "-")
        return self.typed("case", node, "casetype", None, *parts)

    def of_arrayexpr(self, node):
        return self.typed("array", node, "array_typeid", None, "1" if node["multidims"] == "true" else "0",
                          *self.many(node["elements"]))

    def of_arrayref(self, node):
        raise Shape("array reference")

    def of_subscriptingref(self, node):
        uppers, lowers = items(node["refupperindexpr"]), items(node["reflowerindexpr"])
        parts = []
        for i, upper in enumerate(uppers):
            parts.append("-" if not lowers or lowers[i] == "<>" else self.expression(lowers[i]))
            parts.append("-" if upper == "<>" else self.expression(upper))
        return self.typed("subscript", node, "refrestype", "reftypmod", "1" if lowers else "0",
                          self.expression(node["refexpr"]), *parts)

    def of_rowexpr(self, node):
        return self.typed("row", node, "row_typeid", None, *self.many(node["args"]))

    def of_aggref(self, node):
        arguments = [self.expression(each["expr"]) for each in items(node["args"])]
        return self.typed("aggregate", node, "aggtype", None, node["aggfnoid"], *arguments)

    def of_collateexpr(self, node):
        return self.expression(node["arg"])


def numeric_text(raw):
    header = struct.unpack("<H", raw[:2])[0]
    if header & 0xC000 == 0xC000:
        return {0xC000: "NaN", 0xD000: "Infinity", 0xF000: "-Infinity"}[header & 0xF000]
    if header & 0x8000:
        negative, scale = bool(header & 0x2000), (header & 0x1F80) >> 7
        weight = (header & 0x3F) - (0x40 if header & 0x40 else 0)
        digits = raw[2:]
    else:
        negative, scale = bool(header & 0x4000), header & 0x3FFF
        weight = struct.unpack("<h", raw[2:4])[0]
        digits = raw[4:]
    values = [struct.unpack("<h", digits[i:i + 2])[0] for i in range(0, len(digits), 2)]
    total = 0
    for value in values:
        total = total * 10000 + value
    shift = 4 * (weight + 1 - len(values))
    text = str(total * 10 ** shift) if shift >= 0 else str(total).rjust(-shift + 1, "0")
    if shift < 0:
        text = text[:shift] + "." + text[shift:]
    whole, _, part = text.partition(".")
    part = part.ljust(scale, "0")[:scale]
    return ("-" if negative else "") + (whole or "0") + ("." + part if scale else "")


LITERAL = re.compile(r"'((?:[^']|'')*)'::((?:\"char\"|[a-z][a-z0-9_]*)(?: precision| varying| with time zone| without time zone)?"
                     r"(?:\(\d+(?:,-?\d+)?\))?(?:\[\])*)")


def expression_case(server, text):
    literals = []

    def column(match):
        literals.append((match.group(2), match.group(1).replace("''", "'")))
        return f"c{len(literals)}"

    body = LITERAL.sub(column, text)
    server.one("BEGIN") if False else None
    run(server, "BEGIN")
    try:
        definitions = ", ".join(f"c{i + 1} {each[0]}" for i, each in enumerate(literals))
        run(server, f"CREATE TEMP TABLE golden_t ({definitions})")
        run(server, f"CREATE TEMP VIEW golden_v AS SELECT {body} AS r FROM golden_t")
        action = server.text("SELECT ev_action::text FROM pg_rewrite WHERE ev_class = 'golden_v'::regclass")
        columns = server.rows("SELECT atttypid || ':' || atttypmod FROM pg_attribute WHERE attrelid = 'golden_t'::regclass "
                              "AND attnum > 0 ORDER BY attnum")
        query = parse_nodes(action)
        while isinstance(query, list):
            query = query[0]
        target = items(query["targetList"])[0]
        tree = Tree(server, columns).expression(target["expr"])
        return tree, [(each.decode(), literal[1]) for each, literal in zip(columns, literals)]
    finally:
        run(server, "ROLLBACK")


def run(server, statement):
    result = PQ.PQexec(server.handle, statement.encode())
    try:
        if PQ.PQresultStatus(result) not in (1, 2):
            raise Failed(PQ.PQresultErrorField(result, ord("C")).decode(), PQ.PQresultErrorField(result, ord("M")).decode())
    finally:
        PQ.PQclear(result)


def main():
    connection, kind, source, golden = sys.argv[1:]
    server = Server(connection)
    out, current = [], None
    for settings, line in cases(source):
        if settings != current:
            run(server, "RESET ALL")
            run(server, "SET TimeZone = 'UTC'")
            for each in settings:
                run(server, "SET " + each)
            current = settings
        style = "; ".join(settings)
        if kind == "types":
            type_name, literal = line.split("\t")
            literal = unescape(literal)
            run(server, f"CREATE TEMP TABLE golden_t (c {type_name})")
            column = server.text("SELECT atttypid || ':' || atttypmod FROM pg_attribute WHERE attrelid = 'golden_t'::regclass AND attnum = 1")
            try:
                run(server, f"INSERT INTO golden_t VALUES ({quoted(literal)})")
                answer = ["=", escape(server.text("SELECT c::text FROM golden_t") if False else server.one("SELECT c FROM golden_t").decode("utf8", "surrogateescape")),
                          server.one("SELECT c FROM golden_t", True).hex()]
            except Failed as failed:
                answer = ["!", failed.state, escape(failed.message)]
            run(server, "DROP TABLE golden_t")
            out.append("\t".join([style, column, escape(literal)] + answer))
            continue
        try:
            tree, columns = expression_case(server, line)
        except Shape as shape:
            print(f"skipped ({shape}): {line}", file=sys.stderr)
            continue
        except Failed as failed:
            print(f"not analysed ({failed.message}): {line}", file=sys.stderr)
            continue
        try:
            value = server.one("SELECT " + line)
            answer = ["=", "\\N" if value is None else escape(value.decode())]
        except Failed as failed:
            answer = ["!", failed.state, escape(failed.message)]
        packed = "|".join(f"{each[0]}:{escape(each[1])}" .replace("|", "\\p") for each in columns)
        out.append("\t".join([style, escape(line), packed, tree] + answer))
    Path(golden).write_text("\n".join(out) + "\n")
    print(len(out), "answers")


if __name__ == "__main__":
    main()
