"""Spark in one process over S3A: the same tables are written with the magic committer and to the local disk."""
import json
import os
import subprocess
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as col

from steps import ACCESS_KEY, ENDPOINT, REGION, SECRET_KEY, same, step

BUCKET = os.environ["CLIENT_BUCKET"]
REMOTE = f"s3a://{BUCKET}/tables/"
LOCAL = f"file://{os.getcwd()}/tables/"
COMMITTER = "org.apache.spark.internal.io.cloud."
ROWS = 20_000

SETTINGS = {
    "spark.driver.memory": "512m",
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    "spark.driver.host": "127.0.0.1",
    "spark.network.timeout": "600s",
    "spark.driver.extraClassPath": os.environ["CLASSPATH"],
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.session.timeZone": "UTC",
    "spark.hadoop.fs.s3a.endpoint": ENDPOINT,
    "spark.hadoop.fs.s3a.endpoint.region": REGION,
    "spark.hadoop.fs.s3a.access.key": ACCESS_KEY,
    "spark.hadoop.fs.s3a.secret.key": SECRET_KEY,
    "spark.hadoop.fs.s3a.path.style.access": "true",
    "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
    "spark.hadoop.fs.s3a.committer.name": "magic",
    "spark.hadoop.fs.s3a.committer.magic.enabled": "true",
    "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3a":
        "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory",
    "spark.sql.sources.commitProtocolClass": COMMITTER + "PathOutputCommitProtocol",
    "spark.sql.parquet.output.committer.class": COMMITTER + "BindingParquetOutputCommitter",
}


def open_session():
    building = SparkSession.builder.master("local[2]").appName("compat")
    for name, value in SETTINGS.items():
        building = building.config(name, value)
    session = building.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


spark = open_session()


def orders(first, count):
    ids = spark.range(first, first + count, 1, 2)
    return ids.select(
        "id", (ids.id % 7).cast("int").alias("day"), (ids.id * 37 % 1000 / 4).alias("price"),
        col.concat(col.lit("größe-"), (ids.id % 50).cast("string")).alias("item"),
        col.expr("timestamp '2026-01-01' + make_interval(0, 0, 0, 0, 0, 0, id)").alias("at"))


def both(work):
    """What the work answers for the bucket, and that it answers the same for the disk."""
    there, here = work(REMOTE), work(LOCAL)
    same(there, here)
    return there


def rows(frame):
    return [tuple(row) for row in frame.collect()]


def objects(*arguments):
    command = os.environ["OBJECTS"].split() + list(arguments)
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def summary(frame):
    return rows(frame.groupBy("day").agg(col.count("*"), col.sum("price"), col.min("at"), col.max("item"))
                .orderBy("day"))


@step("a partitioned table through the magic committer")
def _write():
    both(lambda base: orders(0, ROWS).write.partitionBy("day").parquet(base + "orders"))
    seen = both(lambda base: summary(spark.read.parquet(base + "orders")))
    same(sum(day[1] for day in seen), ROWS)
    kept = objects("sha256", BUCKET, "tables/orders/_SUCCESS")
    assert kept.strip(), kept
    names = objects("keys", BUCKET, "tables/orders/")
    assert "__magic" not in names and "_temporary" not in names, names
    same(objects("uploads", BUCKET).strip(), "")


@step("the committer says so in _SUCCESS")
def _success():
    java = spark.sparkContext._jvm
    path = java.org.apache.hadoop.fs.Path(REMOTE + "orders/_SUCCESS")
    stream = path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration()).open(path)
    text = java.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
    same(json.loads(text)["committer"], "magic")


@step("append")
def _append():
    both(lambda base: orders(ROWS, 500).write.mode("append").partitionBy("day").parquet(base + "orders"))
    seen = both(lambda base: summary(spark.read.parquet(base + "orders")))
    same(sum(day[1] for day in seen), ROWS + 500)


@step("filters by partition, by column and by row group")
def _filter():
    def work(base):
        table = spark.read.parquet(base + "orders")
        return [rows(table.where(condition).select("id", "item", "price", "at").orderBy("id")) for condition in
                ("day = 3 AND id < 100", "price > 249.7", "item = 'größe-7' AND day IN (1, 5)",
                 "at >= timestamp '2026-01-01 05:41:00'", "day = 9", "id IS NULL")]
    found = both(work)
    same([len(each) > 0 for each in found], [True, True, True, True, False, False])
    plan = spark.read.parquet(REMOTE + "orders").where("day = 3 AND price > 200")
    text = plan._jdf.queryExecution().toString()
    assert "PartitionFilters: [isnotnull(day" in text and "GreaterThan(price,200.0)" in text, text


@step("a join, and its result overwritten in one place")
def _overwrite():
    def work(base):
        table = spark.read.parquet(base + "orders")
        for size in (5, 3):
            joined = table.alias("a").join(table.alias("b"), col.expr("a.id = b.id + 1 AND a.day < %d" % size))
            joined.groupBy("a.day").agg(col.sum("b.price").alias("total")).write.mode("overwrite").parquet(base + "sums")
        return rows(spark.read.parquet(base + "sums").orderBy("day"))
    same(len(both(work)), 3)


@step("CSV and JSON, compressed")
def _text():
    def work(base):
        table = orders(0, 300)
        table.write.option("compression", "gzip").json(base + "json")
        table.write.option("header", "true").option("compression", "bzip2").csv(base + "csv")
        schema = table.schema
        return [rows(reader.orderBy("id")) for reader in
                (spark.read.schema(schema).json(base + "json"),
                 spark.read.schema(schema).option("header", "true").csv(base + "csv"))]
    from_json, from_csv = both(work)
    same(from_json, from_csv)
    same(from_json, rows(orders(0, 300).orderBy("id")))


@step("a job that fails leaves nothing")
def _failed():
    broken = orders(0, 1000).withColumn("bad", col.expr("IF(id = 999, raise_error('stop'), id)"))
    try:
        broken.write.parquet(REMOTE + "broken")
    except Exception as error:
        assert "stop" in str(error), error
    else:
        raise AssertionError("it succeeded")
    same(objects("uploads", BUCKET).strip(), "")
    same([line for line in objects("keys", BUCKET, "tables/broken/").splitlines() if ".parquet" in line], [])


spark.stop()
sys.exit(0)
