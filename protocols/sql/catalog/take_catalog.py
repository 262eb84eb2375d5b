#!/usr/bin/env python3
"""Takes the built-in rows of PostgreSQL's catalogs from a PostgreSQL 15 server: protocols/sql/catalog/data/*.tsv.

Run by hand against a fresh database with encoding UTF8 and locale C.UTF-8 (tests/oracle/start.sh starts one):
    take_catalog.py "host=/run/dir port=5433 dbname=postgres user=postgres"
A file holds one catalog: a line of column names, a line of their types, then the rows ordered by oid, tab separated,
NULL as \\N (the text format of COPY). Only rows that initdb made are taken (oid below 16384).
"""
import subprocess
import sys
from pathlib import Path

DATA = Path(__file__).parent / "data"

# catalog -> columns that are data about the built-in objects (statistics, storage and file columns are left out)
CATALOGS = {
    "pg_type": "oid typname typnamespace typlen typbyval typtype typcategory typispreferred typisdefined typdelim "
               "typrelid typsubscript typelem typarray typinput typoutput typreceive typsend typmodin typmodout "
               "typanalyze typalign typstorage typnotnull typbasetype typtypmod typndims typcollation",
    "pg_proc": "oid proname pronamespace prolang procost prorows provariadic prokind prosecdef proleakproof "
               "proisstrict proretset provolatile proparallel pronargs pronargdefaults prorettype proargtypes "
               "proallargtypes proargmodes proargnames prosrc",
    "pg_operator": "oid oprname oprnamespace oprkind oprcanmerge oprcanhash oprleft oprright oprresult oprcom "
                   "oprnegate oprcode oprrest oprjoin",
    "pg_cast": "oid castsource casttarget castfunc castcontext castmethod",
    "pg_aggregate": "aggfnoid aggkind aggnumdirectargs aggtransfn aggfinalfn aggtranstype agginitval",
    "pg_opclass": "oid opcmethod opcname opcnamespace opcfamily opcintype opcdefault opckeytype",
    "pg_opfamily": "oid opfmethod opfname opfnamespace",
    "pg_amop": "oid amopfamily amoplefttype amoprighttype amopstrategy amoppurpose amopopr amopmethod amopsortfamily",
    "pg_amproc": "oid amprocfamily amproclefttype amprocrighttype amprocnum amproc",
    "pg_am": "oid amname amhandler amtype",
    "pg_language": "oid lanname lanispl lanpltrusted",
    "pg_namespace": "oid nspname",
    "pg_collation": "oid collname collnamespace collprovider collisdeterministic collencoding collcollate collctype",
    "pg_range": "rngtypid rngsubtype rngmultitypid rngcollation rngsubopc",
}
WHERE = {"pg_collation": "collname IN ('default', 'C', 'POSIX', 'ucs_basic', 'C.UTF-8')"}


def psql(connection, statement):
    done = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", connection, "-c", statement],
                          check=True, text=True, stdout=subprocess.PIPE)
    return done.stdout


def take(connection, catalog, columns):
    names = columns.split()
    key = names[0]
    rows = f"SELECT {', '.join(names)} FROM pg_catalog.{catalog} WHERE {key}::oid < 16384"
    if catalog in WHERE:
        rows += f" AND {WHERE[catalog]}"
    types = psql(connection, "COPY (SELECT string_agg(format_type(atttypid, atttypmod), E'\\t' ORDER BY "
                             f"array_position(string_to_array('{columns}', ' '), attname::text)) FROM pg_attribute "
                             f"WHERE attrelid = '{catalog}'::regclass AND attname::text = ANY (string_to_array('{columns}', ' '))) "
                             "TO STDOUT").strip("\n").replace("\\t", "\t")
    body = psql(connection, f"COPY ({rows} ORDER BY {key}::oid) TO STDOUT")
    (DATA / f"{catalog}.tsv").write_text("\t".join(names) + "\n" + types + "\n" + body)


def system_relations(connection):
    """pg_class and pg_attribute of the system catalogs and information_schema views: what \\d and tools look up."""
    (DATA / "system_relations.tsv").write_text(
        "oid\trelname\trelnamespace\trelkind\treltype\n" + "oid\tname\toid\t\"char\"\toid\n" +
        psql(connection, "COPY (SELECT oid, relname, relnamespace, relkind, reltype FROM pg_class WHERE relkind IN ('r', 'v') "
                         "AND relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) "
                         "AND oid < 16384 ORDER BY oid) TO STDOUT"))
    (DATA / "system_columns.tsv").write_text(
        "attrelid\tattnum\tattname\tatttypid\tatttypmod\tattnotnull\n" + "oid\tsmallint\tname\toid\tinteger\tboolean\n" +
        psql(connection, "COPY (SELECT attrelid, attnum, attname, atttypid, atttypmod, attnotnull FROM pg_attribute a "
                         "JOIN pg_class c ON c.oid = attrelid WHERE attnum > 0 AND NOT attisdropped AND c.relkind IN ('r', 'v') "
                         "AND relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) "
                         "AND c.oid < 16384 ORDER BY attrelid, attnum) TO STDOUT"))


def settings(connection):
    """Names, units, bounds and defaults of the run-time settings."""
    (DATA / "settings.tsv").write_text(
        "name\tsetting\tunit\tcategory\tshort_desc\tcontext\tvartype\tmin_val\tmax_val\tenumvals\tboot_val\n" +
        "\t".join(["text"] * 11) + "\n" +
        psql(connection, "COPY (SELECT name, setting, unit, category, NULL, context, vartype, min_val, max_val, enumvals, boot_val "
                         "FROM pg_settings ORDER BY name COLLATE \"C\") TO STDOUT"))


def main():
    DATA.mkdir(exist_ok=True)
    for catalog, columns in CATALOGS.items():
        take(sys.argv[1], catalog, columns)
    system_relations(sys.argv[1])
    settings(sys.argv[1])


if __name__ == "__main__":
    main()
