"""SelectObjectContent by boto3 and the aws command line: statements, formats, faults and what Parquet holds."""
import bz2
import datetime
import decimal
import gzip
import io
import json
import os
import subprocess
import tempfile

import pyarrow
import pyarrow.parquet
from botocore.exceptions import ClientError, EventStreamError

from s3_case import ENDPOINT, S3Case

CSV = {"CSV": {"FileHeaderInfo": "USE"}}
PLAIN = {"CSV": {}}
LINES = {"JSON": {"Type": "LINES"}}
DOCUMENT = {"JSON": {"Type": "DOCUMENT"}}
PARQUET = {"Parquet": {}}


class SelectCase(S3Case):
    def put(self, body, key="o", **more):
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **more)

    def events(self, statement, source=CSV, target=None, **more):
        answer = self.s3.select_object_content(
            Bucket=self.bucket, Key="o", Expression=statement, ExpressionType="SQL", InputSerialization=source,
            OutputSerialization=target or {"JSON": {}}, **more)
        return list(answer["Payload"])

    def text(self, statement, source=CSV, target=None, **more):
        events = self.events(statement, source, target, **more)
        self.assertIn("End", events[-1])
        self.assertIn("Stats", events[-2])
        return b"".join(event["Records"]["Payload"] for event in events if "Records" in event).decode()

    def rows(self, statement, source=CSV, **more):
        return [json.loads(line, parse_float=decimal.Decimal)
                for line in self.text(statement, source, **more).splitlines()]

    def code(self, statement, source=CSV, **more):
        with self.assertRaises((ClientError, EventStreamError)) as caught:
            self.text(statement, source, **more)
        return caught.exception.response["Error"]["Code"]


class Statements(SelectCase):
    PEOPLE = "name,age,city\nAnn,30,Oslo\nBob,4,\"Rome, IT\"\nCyd,61,Bern\n"

    def test_corpus_over_csv(self):
        self.put(self.PEOPLE)
        for statement, expected in [
            ("SELECT * FROM s3object s WHERE s.\"name\" = 'Bob'",
             [{"name": "Bob", "age": "4", "city": "Rome, IT"}]),
            ("select s._1 as n, s._3 from S3Object s limit 1", [{"n": "Ann", "_3": "Oslo"}]),
            ("SELECT name FROM S3Object WHERE CAST(age AS INT) > 29 AND city LIKE '%er%'", [{"name": "Cyd"}]),
            ("SELECT name FROM S3Object WHERE age > 29", [{"name": "Ann"}, {"name": "Cyd"}]),
            ("SELECT COUNT(*) FROM S3Object", [{"_1": 3}]),
            ("SELECT SUM(CAST(age AS INT)) AS s, AVG(CAST(age AS DECIMAL)) AS a FROM S3Object WHERE age < 50",
             [{"s": 34, "a": 17}]),
            ("SELECT MAX(CAST(age AS FLOAT)) FROM S3Object", [{"_1": 61}]),
            ("SELECT UPPER(SUBSTRING(name, 1, 1)) || CAST(age AS STRING) AS x FROM S3Object",
             [{"x": "A30"}, {"x": "B4"}, {"x": "C61"}]),
            ("SELECT CASE WHEN CAST(age AS INT) < 18 THEN 'child' ELSE 'adult' END AS k FROM S3Object LIMIT 2",
             [{"k": "adult"}, {"k": "child"}]),
            ("SELECT name FROM S3Object WHERE city IN ('Oslo', 'Bern') AND NOT (age BETWEEN 60 AND 70)",
             [{"name": "Ann"}]),
            ("SELECT EXTRACT(YEAR FROM DATE_ADD(year, CAST(age AS INT), `2000-01-01T`)) AS y FROM S3Object",
             [{"y": 2030}, {"y": 2004}, {"y": 2061}]),
        ]:
            with self.subTest(statement):
                self.assertEqual(self.rows(statement), expected)

    def test_corpus_over_json(self):
        self.put('{"Rules":[{"id":"1"},{"expr":"y > x"},{"id":"2","expr":"z = DEBUG"}]}\n{"created":"June 27"}')
        self.assertEqual(self.rows("SELECT id FROM S3Object[*].Rules[*].id", DOCUMENT),
                         [{"id": "1"}, {}, {"id": "2"}, {}])
        self.assertEqual(self.rows("SELECT id FROM S3Object[*].Rules[*].id WHERE id IS NOT MISSING", DOCUMENT),
                         [{"id": "1"}, {"id": "2"}])
        self.assertEqual(self.rows("SELECT r.expr FROM S3Object[*].Rules[*] r WHERE r.id = '2'", DOCUMENT),
                         [{"expr": "z = DEBUG"}])
        self.assertEqual(self.rows("SELECT s.Rules[0].id, s.created FROM S3Object s", LINES),
                         [{"id": "1"}, {"created": "June 27"}])

    def test_faults(self):
        self.put(self.PEOPLE)
        for statement, code in [
            ("SELECT name FROM", "ParseUnexpectedToken"),
            ("SELECT name FROM S3Object GROUP BY name", "UnsupportedSqlStructure"),
            ("SELECT nope FROM S3Object", "MissingHeaders"),
            ("SELECT CAST(name AS INT) FROM S3Object", "CastFailed"),
            ("SELECT SQRT(age) FROM S3Object", "UnsupportedFunction"),
            ("SELECT *, name FROM S3Object", "ParseAsteriskIsNotAloneInSelectList"),
            ("SELECT name FROM S3Object LIMIT -1", "EvaluatorNegativeLimit"),
            ("SELECT name FROM Elsewhere", "EvaluatorBindingDoesNotExist"),
            ("SELECT name FROM S3Object WHERE name LIKE 'a' ESCAPE 'xy'", "LikeInvalidInputs"),
        ]:
            with self.subTest(statement):
                self.assertEqual(self.code(statement), code)
        self.assertEqual(self.code("SELECT _1 FROM S3Object", {**CSV, "CompressionType": "GZIP"}),
                         "InvalidCompressionFormat")
        self.assertEqual(self.code("SELECT * FROM S3Object", PARQUET), "ParquetParsingError")
        self.assertEqual(self.code("SELECT * FROM S3Object", LINES), "JSONParsingError")
        self.assertEqual(self.code("SELECT _1 FROM S3Object", {**CSV, "CompressionType": "BZIP2"},
                                   ScanRange={"Start": 0}), "UnsupportedScanRangeInput")

    def test_output_of_csv(self):
        self.put('a,"b;c"\n')
        self.assertEqual(self.text("SELECT * FROM S3Object", PLAIN,
                                   {"CSV": {"FieldDelimiter": ";", "RecordDelimiter": "#\n"}}), 'a;"b;c"#\n')
        self.assertEqual(self.text("SELECT * FROM S3Object", PLAIN,
                                   {"CSV": {"QuoteFields": "ALWAYS", "QuoteCharacter": "'"}}), "'a','b;c'\n")

    def test_the_command_line(self):
        self.put(self.PEOPLE)
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out")
            environment = {**os.environ, "AWS_ACCESS_KEY_ID": os.environ["S3_ACCESS_KEY"],
                           "AWS_SECRET_ACCESS_KEY": os.environ["S3_SECRET_KEY"], "AWS_DEFAULT_REGION": "us-east-1"}
            subprocess.run(["aws", "--endpoint-url", ENDPOINT, "s3api", "select-object-content", "--bucket",
                            self.bucket, "--key", "o", "--expression", "SELECT name FROM S3Object WHERE age = 4",
                            "--expression-type", "SQL", "--input-serialization", json.dumps(CSV),
                            "--output-serialization", '{"CSV": {}}', out], check=True, env=environment)
            with open(out, encoding="utf-8") as file:
                self.assertEqual(file.read(), "Bob\n")


class Bytes(SelectCase):
    def test_quoting_torture(self):
        fields = ['plain', 'a,b', 'say "x"', '', ' pad ', "it's", '#no comment', 'é€😀', '"', '""', ',', '\t']
        line = ",".join('"' + field.replace('"', '""') + '"' for field in fields)
        self.put((line + "\n") * 3)
        self.assertEqual(self.rows("SELECT * FROM S3Object", PLAIN),
                         [{f"_{i + 1}": field for i, field in enumerate(fields)}] * 3)
        multi = 'a,"two\nlines"\n'
        self.put(multi)
        self.assertEqual(self.code("SELECT * FROM S3Object", PLAIN), "CSVEscapingRecordDelimiter")
        self.assertEqual(self.rows("SELECT * FROM S3Object", {"CSV": {"AllowQuotedRecordDelimiter": True}}),
                         [{"_1": "a", "_2": "two\nlines"}])
        self.put('a,"b"c\n')
        self.assertEqual(self.code("SELECT * FROM S3Object", PLAIN), "CSVUnescapedQuote")
        self.put(b"a,\xff\n")
        self.assertEqual(self.code("SELECT * FROM S3Object", PLAIN), "InvalidTextEncoding")
        self.put("x" * (2 << 20))
        self.assertEqual(self.code("SELECT * FROM S3Object", PLAIN), "OverMaxRecordSize")

    def test_compressed(self):
        text = "".join(f"{i},{i % 7}\n" for i in range(200_000)).encode()
        for packed, name in [(gzip.compress(text), "GZIP"), (bz2.compress(text), "BZIP2")]:
            self.put(packed)
            events = self.events("SELECT COUNT(*) FROM S3Object s WHERE s._2 = 3", {**PLAIN, "CompressionType": name})
            self.assertEqual(events[0]["Records"]["Payload"], b'{"_1":28571}\n')
            self.assertEqual(events[-2]["Stats"]["Details"],
                             {"BytesScanned": len(packed), "BytesProcessed": len(text), "BytesReturned": 13})
            self.put(packed[:-20])
            self.assertEqual(self.code("SELECT COUNT(*) FROM S3Object", {**PLAIN, "CompressionType": name}),
                             "TruncatedInput")

    def test_a_bomb_stays_small(self):
        # 200 MB of zeros in 200 kB: one record without an end.
        self.put(gzip.compress(bytes(200_000_000), 1))
        self.assertEqual(self.code("SELECT * FROM S3Object", {**PLAIN, "CompressionType": "GZIP"}), "OverMaxRecordSize")

    def test_200_megabytes(self):
        line = "".join(f"{i:07d},{'x' * 80},{i % 100}\n" for i in range(100_000))
        body = (line * 21).encode()
        self.assertGreater(len(body), 200_000_000 - 10_000_000)
        self.put(body)
        events = self.events("SELECT COUNT(*) FROM S3Object s WHERE s._3 = '7'", PLAIN,
                             RequestProgress={"Enabled": True})
        self.assertEqual([event["Records"]["Payload"] for event in events if "Records" in event], [b'{"_1":21000}\n'])
        self.assertTrue(any("Progress" in event for event in events))
        self.assertEqual(events[-2]["Stats"]["Details"]["BytesScanned"], len(body))
        # All of it back, in messages, no byte lost.
        returned = 0
        answer = self.s3.select_object_content(
            Bucket=self.bucket, Key="o", Expression="SELECT * FROM S3Object", ExpressionType="SQL",
            InputSerialization=PLAIN, OutputSerialization={"CSV": {}})
        for event in answer["Payload"]:
            if "Records" in event:
                self.assertLessEqual(len(event["Records"]["Payload"]), 1 << 20)
                returned += len(event["Records"]["Payload"])
        self.assertEqual(returned, len(body))

    def test_scan_ranges_cover_every_record_once(self):
        lines = [f"{i},{'y' * (i % 50)}" for i in range(5000)]
        body = "\n".join(lines) + "\n"
        self.put(body)
        step = 1237
        seen = []
        for start in range(0, len(body), step):
            got = self.text("SELECT * FROM S3Object", PLAIN, {"CSV": {}},
                            ScanRange={"Start": start, "End": start + step - 1})
            seen += got.splitlines()
        self.assertEqual(seen, lines)


class Parquet(SelectCase):
    def write(self, table, **options):
        out = io.BytesIO()
        pyarrow.parquet.write_table(table, out, **options)
        self.put(out.getvalue())

    def test_all_types(self):
        utc = datetime.timezone.utc
        self.write(pyarrow.table({
            "b": pyarrow.array([True, None]),
            "i8": pyarrow.array([-128, 127], pyarrow.int8()),
            "i32": pyarrow.array([-2**31, 2**31 - 1], pyarrow.int32()),
            "i64": pyarrow.array([-2**63, 2**63 - 1], pyarrow.int64()),
            "u64": pyarrow.array([0, 2**64 - 1], pyarrow.uint64()),
            "f": pyarrow.array([0.1, -1.5], pyarrow.float32()),
            "d": pyarrow.array([0.1, 1e300], pyarrow.float64()),
            "n": pyarrow.array([decimal.Decimal("1.10"), decimal.Decimal("-99999999999999999999.99")],
                               pyarrow.decimal128(30, 2)),
            "s": ["x\u00e9", ""],
            "day": pyarrow.array([datetime.date(2007, 4, 5), datetime.date(1969, 12, 31)]),
            "ms": pyarrow.array([datetime.datetime(2007, 4, 5, 14, 30, 0, 123000)] * 2, pyarrow.timestamp("ms", "UTC")),
            "us": pyarrow.array([datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, utc)] * 2,
                                pyarrow.timestamp("us", "UTC")),
            "l": pyarrow.array([[1, None, 3], []], pyarrow.list_(pyarrow.int32())),
            "o": pyarrow.array([{"a": 1, "b": ["x"]}, {"a": None, "b": None}]),
            "e": pyarrow.array(["p", "q"]).dictionary_encode(),
        }))
        first, second = self.rows("SELECT * FROM S3Object", PARQUET)
        self.assertEqual(first, {
            "b": True, "i8": -128, "i32": -2**31, "i64": -2**63, "u64": 0, "f": decimal.Decimal("0.1"),
            "d": decimal.Decimal("0.1"), "n": decimal.Decimal("1.10"), "s": "x\u00e9", "day": "2007-04-05T",
            "ms": "2007-04-05T14:30:00.123000Z", "us": "1969-12-31T23:59:59.999999Z", "l": [1, None, 3],
            "o": {"a": 1, "b": ["x"]}, "e": "p"})
        self.assertEqual(second["u64"], 2**64 - 1)
        self.assertEqual(second["n"], decimal.Decimal("-99999999999999999999.99"))
        self.assertIsNone(second["b"])
        self.assertEqual(self.rows("SELECT s.o.b[0] AS x, s.l[2] FROM S3Object s WHERE s.i8 < 0", PARQUET),
                         [{"x": "x", "_2": 3}])
        self.assertEqual(self.rows("SELECT COUNT(*) FROM S3Object s WHERE s.day < `1970-01-01T`", PARQUET), [{"_1": 1}])
        self.assertEqual(self.text("SELECT s, i32 FROM S3Object", PARQUET, {"CSV": {}}),
                         "x\u00e9,-2147483648\n,2147483647\n")
        self.assertEqual(self.code("SELECT nope FROM S3Object", PARQUET), "MissingHeaders")

    def test_many_row_groups_and_codecs(self):
        count = 300_000
        table = pyarrow.table({"id": list(range(count)), "text": [f"row {i}" for i in range(count)]})
        for codec in ["NONE", "SNAPPY", "GZIP", "ZSTD"]:
            self.write(table, row_group_size=20_000, compression=codec)
            self.assertEqual(self.rows("SELECT COUNT(*), SUM(id), MAX(id) FROM S3Object WHERE id >= 100000", PARQUET),
                             [{"_1": 200_000, "_2": sum(range(100_000, count)), "_3": count - 1}])
        self.assertEqual(self.rows("SELECT text FROM S3Object WHERE id = 299999", PARQUET), [{"text": "row 299999"}])
        self.assertEqual(self.rows("SELECT id FROM S3Object LIMIT 2", PARQUET), [{"id": 0}, {"id": 1}])

    def test_compression_of_the_whole_is_refused(self):
        self.write(pyarrow.table({"a": [1]}))
        self.assertEqual(self.code("SELECT * FROM S3Object", {**PARQUET, "CompressionType": "GZIP"}),
                         "InvalidCompressionFormat")
        self.assertEqual(self.code("SELECT * FROM S3Object", PARQUET, ScanRange={"Start": 0}),
                         "UnsupportedScanRangeInput")
