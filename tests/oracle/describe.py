#!/usr/bin/env python3
"""What PostgreSQL says of statements when it prepares them: parameter types and result columns, or the error.

    describe.py CONNECTION SCHEMA.sql STATEMENTS.json OUTPUT.json

Run by hand against a fresh server (tests/oracle/start.sh). The schema is applied to a database of its own; STATEMENTS is
{group: [statement, ...]}, or an earlier output. The output replays without the oracle: {"statements": [{"sql", "parameters", "columns"} or
{"sql", "error": {"state", "message", "position", "hint", "detail"}}]}, types as format_type() prints them.
"""
import ctypes
import ctypes.util
import json
import subprocess
import sys
from pathlib import Path

pq = ctypes.CDLL(ctypes.util.find_library("pq") or "libpq.so.5")
pq.PQconnectdb.restype = pq.PQprepare.restype = pq.PQdescribePrepared.restype = pq.PQexec.restype = ctypes.c_void_p
for name in ("PQresultErrorField", "PQfname", "PQgetvalue", "PQerrorMessage"):
    getattr(pq, name).restype = ctypes.c_char_p
pq.PQftype.restype = pq.PQparamtype.restype = ctypes.c_uint
DATABASE = "describe"
FIELDS = {"state": "C", "message": "M", "position": "P", "hint": "H", "detail": "D"}


class Session:
    def __init__(self, connection: str):
        self.handle = ctypes.c_void_p(pq.PQconnectdb(f"{connection} dbname={DATABASE}".encode()))
        if pq.PQstatus(self.handle) != 0:
            raise SystemExit(pq.PQerrorMessage(self.handle).decode())
        self.names = {}

    def error_of(self, result):
        fields = {key: pq.PQresultErrorField(result, ord(code)) for key, code in FIELDS.items()}
        found = {key: value.decode() for key, value in fields.items() if value}
        found["position"] = int(found.get("position", 0))
        return found

    def type_name(self, oid: int, modifier: int) -> str:
        if (oid, modifier) not in self.names:
            given = "NULL" if modifier == -1 else str(modifier)
            result = ctypes.c_void_p(pq.PQexec(self.handle, f"SELECT format_type({oid}, {given})".encode()))
            self.names[oid, modifier] = pq.PQgetvalue(result, 0, 0).decode()
            pq.PQclear(result)
        return self.names[oid, modifier]

    def describe(self, statement: str) -> dict:
        prepared = ctypes.c_void_p(pq.PQprepare(self.handle, b"", statement.encode(), 0, None))
        if pq.PQresultStatus(prepared) != 1:
            return {"sql": statement, "error": self.error_of(prepared)}
        pq.PQclear(prepared)
        result = ctypes.c_void_p(pq.PQdescribePrepared(self.handle, b""))
        if pq.PQresultStatus(result) != 1:
            return {"sql": statement, "error": self.error_of(result)}
        columns = [(pq.PQfname(result, i).decode(), pq.PQftype(result, i), pq.PQfmod(result, i))
                   for i in range(pq.PQnfields(result))]
        parameters = [pq.PQparamtype(result, i) for i in range(pq.PQnparams(result))]
        return {"sql": statement, "parameters": [self.type_name(oid, -1) for oid in parameters],
                "columns": [[name, self.type_name(oid, modifier)] for name, oid, modifier in columns]}


def main():
    connection, schema, statements, output = sys.argv[1:]
    run = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d"]
    subprocess.run([*run, connection, "-c", f"DROP DATABASE IF EXISTS {DATABASE}", "-c", f"CREATE DATABASE {DATABASE}"],
                   check=True)
    subprocess.run([*run, f"{connection} dbname={DATABASE}", "-f", schema], check=True)
    session = Session(connection)
    seen, made = set(), []
    for group in json.loads(Path(statements).read_text()).values():
        for statement in (each["sql"] if isinstance(each, dict) else each for each in group):
            if statement not in seen:
                seen.add(statement)
                made.append(session.describe(statement))
    body = ",\n".join(json.dumps(each, ensure_ascii=False) for each in made)
    Path(output).write_text('{"statements": [\n' + body + "\n]}\n")


if __name__ == "__main__":
    main()
