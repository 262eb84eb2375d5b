"""DuckDB's httpfs: Parquet and CSV read by ranges and globs, COPY in both directions."""
import glob
import os
import re
import subprocess

import duckdb
import duckdb_extension_httpfs

from steps import ACCESS_KEY, ENDPOINT, REGION, SECRET_KEY, refused, same, step

SCHEME, AUTHORITY = ENDPOINT.split("://")
BUCKET = os.environ["CLIENT_BUCKET"]
URL = f"s3://{BUCKET}"

duck = duckdb.connect(config={"memory_limit": "1GB", "threads": "2"})
# The extension comes in a package of its own.
found = glob.glob(os.path.join(os.path.dirname(duckdb_extension_httpfs.__file__), "extensions", "*", "*"))
duck.load_extension(found[0])
SECRET = (f"CREATE OR REPLACE SECRET s (TYPE s3, KEY_ID '{ACCESS_KEY}', SECRET '%s', REGION '{REGION}', "
          f"ENDPOINT '{AUTHORITY}', URL_STYLE 'path', USE_SSL {SCHEME == 'https'})")
duck.execute(SECRET % SECRET_KEY)
duck.execute("SET http_retries = 0")
duck.execute("SET enable_external_file_cache = false")  # else what was read once does not come again
duck.execute("CREATE TABLE numbers AS SELECT i AS number, 'city ' || (i % 4) AS city, hash(i) AS value, "
             "md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS payload FROM range(1000000) t(i)")


def rows(query):
    return duck.execute(query).fetchall()


def size_of(path):
    return rows(f"SELECT size FROM read_blob('{path}')")[0][0]


@step("COPY to Parquet, in parts, and the same rows back")
def _copy():
    duck.execute(f"COPY numbers TO '{URL}/numbers.parquet' (FORMAT parquet, ROW_GROUP_SIZE 100000)")
    same(rows(f"SELECT count(*) FROM (FROM numbers EXCEPT FROM '{URL}/numbers.parquet')"), [(0,)])
    same(rows(f"SELECT count(*) FROM '{URL}/numbers.parquet'"), [(1000000,)])


@step("one column of few rows costs few bytes")
def _ranges():
    query = f"SELECT sum(number) FROM '{URL}/numbers.parquet' WHERE number BETWEEN 500 AND 600"
    same(rows(query), [(sum(range(500, 601)),)])
    plan = rows("EXPLAIN ANALYZE " + query)[0][1]
    came = re.search(r"in: ([\d.]+) (bytes|KiB|MiB)", plan)
    if came is None:
        raise AssertionError("no HTTP statistics in the plan: " + plan[:200])
    count = float(came[1]) * {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20}[came[2]]
    if not 0 < count < size_of(f"{URL}/numbers.parquet") / 8:
        raise AssertionError(f"{count} bytes came")


@step("partitions written and read by glob and by filter")
def _partitions():
    duck.execute(f"COPY (FROM numbers LIMIT 20000) TO '{URL}/cities' (FORMAT parquet, PARTITION_BY (city))")
    same(rows(f"SELECT count(*) FROM glob('{URL}/cities/*/*.parquet')")[0][0] >= 4, True)
    same(rows(f"SELECT city, count(*) FROM read_parquet('{URL}/cities/**/*.parquet', hive_partitioning = true) "
              "WHERE city = 'city 2' GROUP BY city"), [("city 2", 5000)])


@step("CSV and JSON, compressed, with odd names")
def _csv():
    for name in ("a b/ü+&.csv.gz", "plain.csv"):
        duck.execute(f"COPY (FROM numbers LIMIT 1000) TO '{URL}/{name}'")
        same(rows(f"SELECT count(*), sum(number) FROM '{URL}/{name}'"), [(1000, 499500)])
    duck.execute(f"COPY (FROM numbers LIMIT 1000) TO '{URL}/lines.json'")
    same(rows(f"SELECT max(number) FROM '{URL}/lines.json'"), [(999,)])


@step("a database file is attached and read in place")
def _attach():
    duck.execute("ATTACH 'local.duckdb' AS here")
    duck.execute("CREATE TABLE here.some AS FROM numbers LIMIT 50000")
    duck.execute("DETACH here")
    with open("local.duckdb", "rb") as file:
        body = file.read()
    subprocess.run([*os.environ["OBJECTS"].split(), "put", BUCKET, "stored.duckdb", "local.duckdb"], check=True)
    same(size_of(f"{URL}/stored.duckdb"), len(body))
    duck.execute(f"ATTACH '{URL}/stored.duckdb' AS stored (READ_ONLY)")
    same(rows("SELECT count(*), sum(number) FROM stored.some"), [(50000, 50000 * 49999 // 2)])


@step("what is not there and a wrong key are errors")
def _errors():
    refused(duckdb.Error, rows, f"FROM '{URL}/none.parquet'")
    duck.execute(SECRET % "wrong")
    refused(duckdb.Error, rows, f"FROM '{URL}/plain.csv'")
    duck.execute(SECRET % SECRET_KEY)
