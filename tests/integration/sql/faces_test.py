"""One copy: what Kafka's and S3's clients wrote is read by SQL at once, what SQL inserts into a topic is consumed by
Kafka, rows and records of a transaction are there together or not at all, and the policy holds for all of it.

    faces_test.py SLUICE KAFKA_CLIENT [unittest arguments]
"""
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "client"))

import pg_wire  # noqa: E402
from scram import Scram  # noqa: E402
from server_process import SECRET, USER, Server  # noqa: E402

SLUICE = KAFKA_CLIENT = None
OBJECT_LIMIT = 1 << 20


class Refused(Exception):
    """SQLSTATE and text of an error."""


class World:
    """A server and its clients."""

    def __init__(self, folder, **settings):
        self.folder = folder
        self.server = Server(SLUICE, folder, **settings)
        self.server.start()

    def connection(self, user=USER, secret=SECRET):
        port = re.search(r"port=(\d+)", self.server.greeting)[1]
        return f"host=127.0.0.1 port={port} user={user} password={secret} dbname=sluice sslmode=disable"

    def sql(self, *statements, user=USER, secret=SECRET):
        """The rows of the last statement, values as text; all statements in one session."""
        words = ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose",
                 self.connection(user, secret)]
        script = ";\n\\echo :next\n".join(statements) + ";\n"
        done = subprocess.run([*words, "-v", "next=--next--", "-f", "-"], input=script, text=True, capture_output=True,
                              timeout=120, check=False)
        if done.returncode != 0:
            raise Refused(re.sub(r"^psql:<stdin>:\d+: ", "", done.stderr.strip()))
        last = done.stdout.rsplit("--next--\n", 1)[-1]
        return [line.split("\t") for line in last.splitlines()]

    def value(self, *statements, **who):
        return self.sql(*statements, **who)[0][0]

    def state(self, *statements, **who):
        """The SQLSTATE that the last statement is refused with."""
        try:
            self.sql(*statements, **who)
        except Refused as refused:
            return re.search(r"(?:ERROR|FATAL):  (\w{5}):", str(refused))[1]
        return "00000"

    def kafka(self, mode, *words, user=USER, secret=SECRET):
        done = subprocess.run(
            [KAFKA_CLIENT, mode, "--broker", f"127.0.0.1:{self.server.kafka_port}", "--user", user, "--password", secret,
             *words], text=True, capture_output=True, timeout=120, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        return json.loads(done.stdout)

    def produce(self, topic, count, *words, size=20):
        answer = self.kafka("produce", "--topic", topic, "--count", str(count), "--size", str(size), *words)
        assert answer["acked"] == count, answer

    def consume(self, topic):
        """Offset, key and value of each record."""
        shown = pathlib.Path(self.folder) / "shown"
        self.kafka("consume", "--topic", topic, "--show", str(shown))
        return [line.split("\t") for line in shown.read_text(encoding="utf-8").splitlines()]

    def s3(self, method, path, body=b"", wanted=200):
        if not self.server.clients:
            self.server.client()
        return self.server.clients[0].expect({wanted}, method, path, body=body)

    def command(self, *words):
        done = self.server.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def add_user(self, name, *rules):
        secret = "secret-of-" + name
        self.server.run("user", "add", name, "--password", standard_input=secret + "\n").check_returncode()
        for rule in rules:
            self.command("policy", "put", *rule.split(" "))
        return {"user": name, "secret": secret}

    def close(self):
        self.server.close_clients()
        self.server.stop()


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.world = World(cls.folder.name, LIMITS_SQL_OBJECT=f"{OBJECT_LIMIT} B")

    @classmethod
    def tearDownClass(cls):
        cls.world.close()
        cls.folder.cleanup()


class Topics(Case):
    def test_a_produced_record_is_a_row_at_once_whatever_its_codec(self):
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            topic = "codec-" + codec
            self.world.produce(topic, 40, "--codec", codec, "--key", "k", "--header", "h=v")
            rows = self.world.sql(
                f'SELECT _partition, _offset, convert_from(_key, \'UTF8\'), convert_from(_value, \'UTF8\'), _headers,'
                f' _timestamp_type, _timestamp > now() - interval \'10 min\' FROM topics."{topic}" ORDER BY 1, 2')
            self.assertEqual(40, len(rows), codec)
            for number, row in enumerate(rows):
                self.assertEqual(["0", str(number), "k", f"{number} ".ljust(20, "x"), '[{"key": "h", "value": "v"}]',
                                  "CreateTime", "t"], row)

    def test_offsets_partitions_and_times_bound_what_is_read(self):
        self.world.produce("bounded", 100)
        def offsets(condition):
            return [int(row[0]) for row in self.world.sql(f"SELECT _offset FROM topics.bounded WHERE {condition} ORDER BY 1")]
        self.assertEqual(list(range(10, 15)), offsets("_offset >= 10 AND _offset < 15"))
        self.assertEqual([99], offsets("_offset > 98"))
        self.assertEqual([3, 50], offsets("_offset IN (3, 50, 5000)"))
        self.assertEqual([], offsets("_partition = 1"))
        self.assertEqual([7], offsets("_partition = 0 AND _offset = 7"))
        self.assertEqual([], offsets("_offset < 0"))
        self.assertEqual([], offsets("_timestamp < '2001-01-01'"))
        self.assertEqual([], offsets("_timestamp > now() + interval '1 hour'"))
        self.assertEqual(100, len(offsets("_timestamp > now() - interval '1 hour'")))
        middle = self.world.value("SELECT _timestamp FROM topics.bounded WHERE _offset = 60")
        later = offsets(f"_timestamp >= '{middle}'")
        self.assertEqual(list(range(later[0], 100)), later)
        self.assertLessEqual(later[0], 60)

    def test_a_long_topic_is_read_in_little_memory(self):
        self.world.produce("long", 60_000, size=1000)
        before = self.world.server.resident_bytes()
        self.assertEqual("60000", self.world.value("SELECT count(*) FROM topics.long WHERE length(_value) = 1000"))
        self.assertLess(self.world.server.resident_bytes() - before, 48 << 20)
        self.assertEqual([["59999"]], self.world.sql("SELECT _offset FROM topics.long WHERE _offset > 59998"))

    def test_a_statement_and_a_repeatable_transaction_see_one_end(self):
        self.world.produce("ends", 5)
        self.assertEqual("25", self.world.value("SELECT count(*) FROM topics.ends a, topics.ends b"))
        script = ("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM topics.ends;\n"
                  f"\\! {KAFKA_CLIENT} produce --broker 127.0.0.1:{self.world.server.kafka_port} --user {USER}"
                  f" --password {SECRET} --topic ends --count 3 --size 9 > /dev/null\n"
                  "SELECT count(*) FROM topics.ends; COMMIT; SELECT count(*) FROM topics.ends;\n")
        done = subprocess.run(["psql", "-X", "-q", "-A", "-t", self.world.connection()], input=script, text=True,
                              capture_output=True, timeout=60, check=True)
        self.assertEqual(["5", "5", "8"], done.stdout.split())

    def test_names_that_are_not_there(self):
        self.assertEqual("42P01", self.world.state('SELECT * FROM topics."none"'))
        self.assertEqual("42P01", self.world.state('SELECT * FROM objects."none"'))
        self.assertEqual("42P01", self.world.state('SELECT * FROM audit."none"'))
        self.assertEqual("42P01", self.world.state('INSERT INTO topics."none" (_value) VALUES (\'v\')'))

    def test_what_is_dropped_and_made_again_is_another(self):
        self.world.produce("again", 3)
        self.world.sql('INSERT INTO topics.again (_value) VALUES (\'v\')')
        self.assertEqual([["again"]], self.world.sql(
            "SELECT relname FROM pg_class WHERE oid = 'topics.again'::regclass"))


class Produce(Case):
    def setUp(self):
        self.topic = "t" + self.id().rsplit("_", 1)[-1]
        self.world.produce(self.topic, 1)

    def consumed(self):
        return [record[1:] for record in self.world.consume(self.topic)[1:]]

    def test_inserted_rows_are_consumed(self):
        self.world.sql(f"INSERT INTO topics.{self.topic} (_key, _value) VALUES ('a', '1'), (NULL, '2')",
                       f"INSERT INTO topics.{self.topic} (_key, _value) SELECT convert_to(n::text, 'UTF8'), 'v'"
                       " FROM generate_series(1, 3000) n")
        records = self.consumed()
        self.assertEqual([["a", "1"], ["", "2"], ["1", "v"]], records[:3])
        self.assertEqual(3002, len(records))
        self.assertEqual("3003", self.world.value(f"SELECT count(*) FROM topics.{self.topic}"))

    def test_all_columns_and_returning(self):
        rows = self.world.sql(
            f"INSERT INTO topics.{self.topic} (_partition, _timestamp, _key, _value, _headers) VALUES (0,"
            " '2024-05-06 07:08:09.123Z', 'k', NULL, '[{\"key\": \"h\", \"base64\": \"/w==\"}]')"
            " RETURNING _partition, _timestamp AT TIME ZONE 'UTC', _timestamp_type, _value IS NULL, _headers")
        wanted = ["0", "2024-05-06 07:08:09.123", "CreateTime", "t", '[{"key": "h", "base64": "/w=="}]']
        self.assertEqual([wanted], rows)
        self.assertEqual([wanted], self.world.sql(
            "SELECT _partition, _timestamp AT TIME ZONE 'UTC', _timestamp_type, _value IS NULL, _headers"
            f" FROM topics.{self.topic} WHERE _key = 'k'"))

    def test_rolled_back_is_never_produced(self):
        self.world.sql("CREATE TABLE IF NOT EXISTS kept (n int PRIMARY KEY)", "BEGIN", "INSERT INTO kept VALUES (1)",
                       f"INSERT INTO topics.{self.topic} (_value) VALUES ('no')", "ROLLBACK")
        self.assertEqual([], self.consumed())
        self.world.sql("BEGIN", f"INSERT INTO topics.{self.topic} (_value) VALUES ('yes')", "SAVEPOINT s",
                       f"INSERT INTO topics.{self.topic} (_value) VALUES ('no')", "ROLLBACK TO s",
                       "INSERT INTO kept VALUES (2)", "COMMIT")
        self.assertEqual([["", "yes"]], self.consumed())
        self.assertEqual([["2"]], self.world.sql("SELECT n FROM kept"))
        self.assertEqual("23505", self.world.state(
            "BEGIN", f"INSERT INTO topics.{self.topic} (_value) VALUES ('no')", "INSERT INTO kept VALUES (2)", "COMMIT"))
        self.assertEqual([["", "yes"]], self.consumed())

    def test_its_own_records_cannot_be_read_before_the_commit(self):
        insert = f"INSERT INTO topics.{self.topic} (_value) VALUES ('v')"
        self.assertEqual("0A000", self.world.state("BEGIN", insert, f"SELECT count(*) FROM topics.{self.topic}"))
        self.assertEqual("2", self.world.value("BEGIN", insert, "COMMIT", f"SELECT count(*) FROM topics.{self.topic}"))
        self.world.sql(f"INSERT INTO topics.{self.topic} (_value) SELECT _value FROM topics.{self.topic}")
        self.assertEqual("4", self.world.value(f"SELECT count(*) FROM topics.{self.topic}"))

    def test_what_a_topic_does_not_take(self):
        def state(columns, values, more=""):
            return self.world.state(f"INSERT INTO topics.{self.topic} ({columns}) VALUES ({values}) {more}")
        self.assertEqual("428C9", state("_offset", "7"))
        self.assertEqual("428C9", state("_timestamp_type", "'CreateTime'"))
        self.assertEqual("22023", state("_partition", "1"))
        self.assertEqual("22023", state("_partition", "-1"))
        self.assertEqual("22023", state("_headers", "'{}'"))
        self.assertEqual("22008", state("_timestamp", "now() + interval '2 hours'"))
        self.assertEqual("22008", state("_timestamp", "'infinity'"))
        self.assertEqual("54000", state("_value", "convert_to(repeat('x', 1100000), 'UTF8')"))
        self.assertEqual("0A000", state("_value", "'v'", "RETURNING _offset"))
        self.assertEqual("0A000", state("_value", "'v'", "RETURNING *"))
        self.assertEqual("54000", self.world.state(
            f"INSERT INTO topics.{self.topic} (_value) SELECT convert_to(repeat('x', 100000), 'UTF8')"
            " FROM generate_series(1, 100)"))
        self.assertEqual("25006", self.world.state("BEGIN READ ONLY", f"INSERT INTO topics.{self.topic} (_value) VALUES ('v')"))
        self.assertEqual([], self.consumed())

    def test_definitions_and_changes_are_refused(self):
        topic = f"topics.{self.topic}"
        for statement in (f"UPDATE {topic} SET _value = 'v'", f"DELETE FROM {topic}",
                          f"MERGE INTO {topic} USING {topic} s ON true WHEN MATCHED THEN DELETE",
                          "CREATE TABLE topics.made (n int)", "CREATE TABLE objects.made (n int)",
                          "CREATE VIEW audit.made AS SELECT 1"):
            self.assertEqual("0A000", self.world.state(statement), statement)
        for statement in (f"TRUNCATE {topic}", f"DROP TABLE {topic}", f"ALTER TABLE {topic} ADD COLUMN n int",
                          f"DROP TABLE IF EXISTS {topic}", f"CREATE INDEX i ON {topic} (_offset)",
                          f"COPY {topic} (_value) FROM STDIN"):
            self.assertEqual("42809", self.world.state(statement), statement)
        self.assertEqual("42P06", self.world.state("CREATE SCHEMA topics"))
        self.assertNotEqual("00000", self.world.state("DROP SCHEMA topics CASCADE"))
        self.assertEqual("42501", self.world.state("INSERT INTO topics.__audit (_value) VALUES ('v')"))
        self.assertEqual("42501", self.world.state("INSERT INTO audit.events (verb) VALUES ('v')"))
        self.assertEqual("1", self.world.value(f"SELECT count(*) FROM {topic}"))

    def test_views_read_topics(self):
        self.world.sql(f"CREATE VIEW of_{self.topic} AS SELECT convert_from(_value, 'UTF8') AS v FROM topics.{self.topic}")
        self.assertEqual([["0 xxxxxxxxxxxxxxxxxx"]], self.world.sql(f"SELECT v FROM of_{self.topic}"))


class Objects(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.world.s3("PUT", "/files")
        for name in ("a/1", "a/2", "b/1", "b/2", "c"):
            cls.world.s3("PUT", "/files/" + name, f"content of {name}".encode())

    def keys(self, condition):
        return [row[0] for row in self.world.sql(f"SELECT key FROM objects.files WHERE {condition} ORDER BY key")]

    def test_what_was_put_is_a_row_at_once(self):
        self.world.s3("PUT", "/files/late", b"late")
        rows = self.world.sql("SELECT key, size, convert_from(content, 'UTF8'), etag = md5(content), metadata,"
                              " last_modified > now() - interval '10 min' FROM objects.files WHERE key = 'late'")
        self.assertEqual([["late", "4", "late", "t", "{}", "t"]], rows)
        self.world.s3("PUT", "/files/late", b"later")
        self.assertEqual("later", self.world.value("SELECT convert_from(content, 'UTF8') FROM objects.files WHERE key = 'late'"))
        self.world.s3("DELETE", "/files/late", wanted=204)
        self.assertEqual([], self.keys("key = 'late'"))

    def test_keys_bound_the_listing(self):
        self.assertEqual(["a/1", "a/2"], self.keys("key LIKE 'a/%'"))
        self.assertEqual(["a/2", "b/1"], self.keys("key > 'a/1' AND key < 'b/2'"))
        self.assertEqual(["a/1", "a/2", "b/1"], self.keys("key >= 'a/1' AND key <= 'b/1'"))
        self.assertEqual(["a/1", "c"], self.keys("key IN ('c', 'a/1', 'none')"))
        self.assertEqual(["b/2"], self.keys("key ^@ 'b/' AND key LIKE '%2'"))
        self.assertEqual([], self.keys("key = 'a/1' AND key = 'a/2'"))
        self.assertEqual([], self.keys("key LIKE 'a%' AND key LIKE 'b%'"))
        self.assertEqual("5", self.world.value("SELECT count(*) FROM objects.files WHERE key NOT LIKE 'many/%'"))

    def test_more_keys_than_a_page(self):
        for number in range(1, 1101):
            self.world.s3("PUT", f"/files/many/{number:04}")
        self.assertEqual("1100", self.world.value("SELECT count(*) FROM objects.files WHERE key LIKE 'many/%'"))
        self.assertEqual([["many/1100"]], self.world.sql("SELECT max(key) FROM objects.files WHERE key LIKE 'many/%'"))

    def test_content_has_a_limit_and_is_read_only_when_used(self):
        self.world.s3("PUT", "/large")
        self.world.s3("PUT", "/large/fits", b"x" * OBJECT_LIMIT)
        self.world.s3("PUT", "/large/over", b"x" * (OBJECT_LIMIT + 1))
        self.assertEqual("2", self.world.value("SELECT count(*) FROM objects.large"))
        self.assertEqual(str(OBJECT_LIMIT), self.world.value("SELECT length(content) FROM objects.large WHERE key = 'fits'"))
        self.assertEqual("54000", self.world.state("SELECT length(content) FROM objects.large WHERE key = 'over'"))
        self.assertEqual("54000", self.world.state("SELECT length(content) FROM objects.large"))

    def test_buckets_are_not_written(self):
        for statement in ("INSERT INTO objects.files (key) VALUES ('k')", "UPDATE objects.files SET key = 'k'",
                          "DELETE FROM objects.files"):
            self.assertEqual("0A000", self.world.state(statement), statement)
        for statement in ("TRUNCATE objects.files", "DROP TABLE objects.files"):
            self.assertEqual("42809", self.world.state(statement), statement)


class Discovery(Case):
    def test_catalogs_list_what_there_is(self):
        self.world.produce("shown", 1)
        self.world.s3("PUT", "/shown-files")
        self.assertIn(["topics", "shown", "BASE TABLE"], self.world.sql(
            "SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE table_schema IN"
            " ('topics', 'objects', 'audit')"))
        self.assertEqual([["_partition", "integer"], ["_offset", "bigint"], ["_timestamp", "timestamp with time zone"],
                          ["_timestamp_type", "text"], ["_key", "bytea"], ["_value", "bytea"], ["_headers", "jsonb"]],
                         self.world.sql("SELECT column_name, data_type FROM information_schema.columns WHERE table_name ="
                                        " 'shown' ORDER BY ordinal_position"))
        oid = self.world.value("SELECT 'topics.shown'::regclass::oid")
        self.assertEqual([["shown", oid]], self.world.sql(
            "SELECT relname, oid FROM pg_class WHERE relname = 'shown' AND relnamespace = 'topics'::regnamespace"))
        for pattern, name in (("topics.*", "shown"), ("objects.*", "shown-files"), ("audit.*", "events")):
            self.assertIn(name, self.psql(f"\\dt {pattern}"))
        self.assertIn("_value          | bytea", self.psql('\\d topics."shown"'))
        self.assertIn("last_modified", self.psql('\\d objects."shown-files"'))
        self.assertIn("principal", self.psql("\\d audit.events"))

    def psql(self, command):
        done = subprocess.run(["psql", "-X", self.world.connection(), "-c", command], text=True, capture_output=True,
                              timeout=60, check=True)
        return done.stdout


class Rights(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.world.produce("open", 2)
        cls.world.produce("shut", 2)
        cls.world.s3("PUT", "/files")
        cls.world.s3("PUT", "/files/open/1", b"one")
        cls.world.s3("PUT", "/files/shut/1", b"two")
        cls.guest = cls.world.add_user("guest", "allow guest read_log,describe on open",
                                       "allow guest list,read on files/open/*", "allow guest describe on files")
        cls.nobody = cls.world.add_user("nobody")

    def test_who_may_not_sees_and_reads_nothing(self):
        for who in (self.nobody, self.guest):
            for statement in ('SELECT * FROM topics."shut"', 'SELECT * FROM topics."none"', "SELECT * FROM audit.events",
                              "SELECT * FROM topics.__audit", "INSERT INTO topics.shut (_value) VALUES ('v')"):
                self.assertEqual("42501", self.world.state(statement, **who), statement)
        listed = "SELECT table_name FROM information_schema.tables WHERE table_schema IN ('topics', 'objects', 'audit') ORDER BY 1"
        self.assertEqual([], self.world.sql(listed, **self.nobody))
        self.assertEqual([["files"], ["open"]], self.world.sql(listed, **self.guest))

    def test_reading_gives_no_right_to_write(self):
        self.assertEqual("2", self.world.value("SELECT count(*) FROM topics.open", **self.guest))
        self.assertEqual("42501", self.world.state("INSERT INTO topics.open (_value) VALUES ('v')", **self.guest))
        self.assertEqual("2", self.world.value("SELECT count(*) FROM topics.open"))

    def test_objects_are_decided_by_key(self):
        self.assertEqual("one", self.world.value(
            "SELECT convert_from(content, 'UTF8') FROM objects.files WHERE key = 'open/1'", **self.guest))
        self.assertEqual([["open/1"]], self.world.sql("SELECT key FROM objects.files WHERE key LIKE 'open/%'", **self.guest))
        self.assertEqual("42501", self.world.state("SELECT key FROM objects.files", **self.guest))
        self.assertEqual("42501", self.world.state("SELECT content FROM objects.files WHERE key = 'shut/1'", **self.guest))

    def test_refusals_and_writes_are_in_the_audit_log(self):
        self.world.state("SELECT * FROM topics.shut", **self.nobody)
        self.world.sql("INSERT INTO topics.open (_value) VALUES ('v')")
        self.assertEqual([["deny", "pg", "denied"]], self.world.sql(
            "SELECT DISTINCT decision, protocol, status FROM audit.events WHERE principal = 'nobody' AND resource = 'shut'"))
        rows = self.world.sql("SELECT operation, verb, class, status, rows FROM audit.events WHERE resource = 'open' AND"
                              " principal = 'root' AND protocol = 'pg' AND verb = 'append'")
        self.assertEqual([["INSERT", "append", "write", "ok", "1"]], rows)
        as_topic = int(self.world.value("SELECT count(*) FROM topics.__audit"))
        self.assertGreaterEqual(int(self.world.value("SELECT count(*) FROM audit.events")), as_topic)
        values = [json.loads(row[0]) for row in self.world.sql("SELECT convert_from(_value, 'UTF8') FROM topics.__audit")]
        self.assertTrue(any(value.get("principal") == "nobody" and value["decision"] == "deny" for value in values))
        self.assertGreaterEqual(len(self.world.consume("__audit")), as_topic)


class Owners(Case):
    """Who makes a table owns it, by the same policy as buckets and topics."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.maker = cls.world.add_user("maker", "allow maker create on public.*", "allow maker create on own.*")
        cls.other = cls.world.add_user("other")
        cls.world.sql("CREATE TABLE roots (id int PRIMARY KEY)")

    def test_the_maker_reads_writes_changes_and_drops(self):
        mine = self.maker
        self.world.sql("CREATE TABLE mine (id serial PRIMARY KEY, v text)", "INSERT INTO mine (v) VALUES ('a'), ('b')", **mine)
        self.assertEqual([["1", "a"], ["2", "b"]], self.world.sql("SELECT * FROM mine ORDER BY id", **mine))
        self.assertEqual("b", self.world.value("SELECT v FROM mine WHERE id = 2", **mine))
        self.world.server.stop()
        self.world.server.start()
        self.world.sql("UPDATE mine SET v = 'c' WHERE id = 1", "DELETE FROM mine WHERE id = 2", "CREATE INDEX mine_v ON mine (v)",
                       "SELECT * FROM mine WHERE id = 1 FOR UPDATE", "ALTER TABLE mine ADD COLUMN n int",
                       "ALTER TABLE mine RENAME TO still_mine", "SELECT last_value FROM mine_id_seq", **mine)
        self.assertEqual("c", self.world.value("SELECT v FROM still_mine WHERE id = 1", **mine))
        for statement in ("SELECT * FROM still_mine", "SELECT v FROM still_mine WHERE id = 1", "DELETE FROM still_mine",
                          "INSERT INTO still_mine VALUES (7)", "TRUNCATE still_mine", "DROP TABLE still_mine", "DROP INDEX mine_v",
                          "ALTER TABLE still_mine DROP COLUMN n", "SELECT last_value FROM mine_id_seq"):
            self.assertEqual("42501", self.world.state(statement, **self.other), statement)
        self.assertEqual("1", self.world.value("SELECT count(*) FROM still_mine"))
        self.world.sql("TRUNCATE still_mine", "DROP TABLE still_mine", **mine)
        self.assertEqual("42P01", self.world.state("SELECT * FROM still_mine"))

    def test_what_others_made_is_not_his(self):
        for statement in ("SELECT * FROM roots", "INSERT INTO roots VALUES (1)", "DROP TABLE roots", "CREATE INDEX i ON roots (id)"):
            self.assertEqual("42501", self.world.state(statement, **self.maker), statement)

    def test_sequences_ask_too(self):
        self.world.sql("CREATE TABLE counted (id serial PRIMARY KEY)", "CREATE SEQUENCE numbers", **self.maker)
        ask = "SELECT has_sequence_privilege('numbers', 'USAGE'), has_sequence_privilege('counted_id_seq', 'USAGE')"
        self.assertEqual([["t", "t"]], self.world.sql(ask, **self.maker))
        self.assertEqual([["f", "f"]], self.world.sql(ask, **self.other))
        for statement in ("SELECT nextval('numbers')", "SELECT setval('numbers', 7)", "SELECT nextval('counted_id_seq')",
                          "SELECT setval('counted_id_seq', 7)", "SELECT nextval('numbers') FROM generate_series(1, 3)"):
            self.assertEqual("42501", self.world.state(statement, **self.other), statement)
        # Who may append to a table gets its numbers and does not set them.
        self.world.command("policy", "put", *"allow other append on public.counted".split())
        self.world.command("policy", "put", *"allow other update on public.numbers".split())
        self.world.sql("INSERT INTO counted DEFAULT VALUES", "SELECT setval('numbers', 41)", **self.other)
        self.assertEqual("2", self.world.value("SELECT nextval('counted_id_seq')", **self.other))
        self.assertEqual("42501", self.world.state("SELECT setval('counted_id_seq', 7)", **self.other))
        self.assertEqual("42", self.world.value("SELECT nextval('numbers')", **self.other))
        told = self.world.sql("SELECT DISTINCT verb, decision, status FROM audit.events WHERE principal = 'other'"
                              " AND resource = 'public.numbers' ORDER BY 1, 2, 3")
        self.assertEqual([["append", "deny", "denied"], ["update", "allow", "ok"], ["update", "deny", "denied"]], told)

    def test_an_index_of_somebody_elses_table_stays_the_tables(self):
        self.world.command("policy", "put", *"allow maker alter on public.lent".split())
        self.world.sql("CREATE TABLE lent (id int PRIMARY KEY, v int)")
        self.assertEqual("42501", self.world.state("DROP TABLE lent", **self.maker))

    def test_a_rule_goes_before_the_owner(self):
        self.world.sql("CREATE TABLE closed (id int)", "INSERT INTO closed VALUES (1)", **self.maker)
        self.world.command("policy", "put", *"deny maker read on public.closed".split())
        self.assertEqual("42501", self.world.state("SELECT * FROM closed", **self.maker))
        self.assertEqual("00000", self.world.state("INSERT INTO closed VALUES (2)", **self.maker))

    def test_a_schema_is_its_makers(self):
        self.world.sql("CREATE SCHEMA own", "CREATE TABLE own.t (id int)", **self.maker)
        self.assertEqual("42501", self.world.state("DROP SCHEMA own CASCADE", **self.other))
        self.assertEqual("00000", self.world.state("DROP SCHEMA own CASCADE", **self.maker))

    def test_dots_in_names_are_no_way_into_other_tables(self):
        self.world.sql('CREATE SCHEMA "a.b"', 'CREATE SCHEMA a', 'CREATE TABLE "a.b".c (id int)', 'CREATE TABLE a."b.c" (id int)')
        reader = self.world.add_user("reader", 'allow reader read on "a.b".c')
        self.assertEqual("00000", self.world.state('SELECT * FROM "a.b".c', **reader))
        self.assertEqual("42501", self.world.state('SELECT * FROM a."b.c"', **reader))


class Roles(Case):
    """Everyone of the directory is a role, from the moment he is added."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice = cls.world.add_user("alice", "allow alice create on public.*")
        cls.world.sql("CREATE TABLE hers (id int)", **cls.alice)

    def psql(self, command):
        return subprocess.run(["psql", "-X", self.world.connection(), "-c", command], text=True, capture_output=True, timeout=60,
                              check=True).stdout

    def test_a_session_sees_who_comes_and_goes(self):
        names = "SELECT rolname FROM pg_roles WHERE rolname IN ('root', 'alice', 'late') ORDER BY 1"
        session = pg_wire.Connection(self.world.server.pg_port, USER, Scram(USER, SECRET))
        self.assertEqual([["alice"], ["root"]], session.query(names))
        self.world.add_user("late")
        self.assertEqual([["late"]], session.query("SELECT 'late'::regrole"))
        self.assertEqual([["alice"], ["late"], ["root"]], session.query(names))
        session.query("CREATE TABLE betwixt (id int)")
        self.world.command("user", "delete", "late")
        self.assertEqual([["alice"], ["root"]], session.query(names))
        with self.assertRaises(pg_wire.SqlError) as refused:
            session.query("SELECT 'late'::regrole")
        self.assertEqual("42704", refused.exception.state)
        session.close()

    def test_roles_look_like_roles(self):
        self.assertEqual([["alice", "f", "t"], ["root", "t", "t"]], self.world.sql(
            "SELECT rolname, rolsuper, rolcanlogin FROM pg_roles WHERE rolname IN ('root', 'alice') ORDER BY 1"))
        self.assertEqual([["alice"]], self.world.sql("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'hers'"))
        self.assertEqual([["alice", "t"]], self.world.sql(
            "SELECT current_user::regrole, current_user::regrole::oid = (SELECT oid FROM pg_roles WHERE rolname = 'alice')",
            **self.alice))
        self.assertIn("alice", self.psql("\du"))
        self.assertRegex(self.psql("\dt hers"), r"hers +\| table +\| alice")
        oid = self.world.value("SELECT 'alice'::regrole::oid")
        self.world.server.stop()
        self.world.server.start()
        self.assertEqual(oid, self.world.value("SELECT 'alice'::regrole::oid"))

    def test_privilege_functions_ask_the_policy(self):
        bob = self.world.add_user("bob")
        ask = "SELECT has_table_privilege('hers', 'SELECT'), has_table_privilege('hers', 'INSERT, DELETE')"
        self.assertEqual([["t", "t"]], self.world.sql(ask))
        self.assertEqual([["t", "t"]], self.world.sql(ask, **self.alice))
        self.assertEqual([["f", "f"]], self.world.sql(ask, **bob))
        of_bob = ("SELECT has_table_privilege('bob', 'hers', 'SELECT'), has_table_privilege('bob'::regrole, 'hers'::regclass, 'UPDATE'),"
                  " has_column_privilege('bob', 'hers', 'id', 'SELECT'), has_schema_privilege('bob', 'public', 'USAGE'),"
                  " has_schema_privilege('bob', 'public', 'CREATE'), has_schema_privilege('alice', 'public', 'CREATE'),"
                  " has_database_privilege('bob', 'sluice', 'CONNECT'), pg_has_role('bob', 'alice', 'MEMBER'),"
                  " has_table_privilege('bob', 'pg_class', 'SELECT')")
        self.assertEqual([["f", "f", "f", "t", "f", "t", "t", "f", "t"]], self.world.sql(of_bob))
        self.world.command("policy", "put", *"allow bob read on public.hers".split())
        self.assertEqual([["t", "f", "t", "t", "f", "t", "t", "f", "t"]], self.world.sql(of_bob))
        self.assertEqual("0", self.world.value("SELECT count(*) FROM hers", **bob))
        self.assertEqual([["f"]], self.world.sql("SELECT has_table_privilege('hers', 'SELECT WITH GRANT OPTION')", **bob))
        for statement, state in (("SELECT has_table_privilege('nobody', 'hers', 'SELECT')", "42704"),
                                 ("SELECT has_table_privilege('hers', 'READ')", "22023"),
                                 ("SELECT has_table_privilege('none', 'SELECT')", "42P01"),
                                 ("SELECT has_schema_privilege('none', 'USAGE')", "3F000")):
            self.assertEqual(state, self.world.state(statement), statement)


class Crash(unittest.TestCase):
    """Rows and records of one transaction are there together or not at all, whenever the server dies."""

    ROUNDS = 4

    def test_kill_between_rows_and_records(self):
        with tempfile.TemporaryDirectory() as folder:
            world = World(folder)
            world.produce("pairs", 1)
            world.sql("CREATE TABLE pairs (n bigint PRIMARY KEY)")
            acked, number = set(), 0
            for _ in range(self.ROUNDS):
                number = self.load(world, acked, number)
                world.server.start()
                rows = {int(row[0]) for row in world.sql("SELECT n FROM pairs")}
                records = [int(row[0]) for row in world.sql(
                    "SELECT convert_from(_value, 'UTF8') FROM topics.pairs WHERE _offset > 0")]
                self.assertEqual(rows, set(records))
                self.assertEqual(len(rows), len(records))
                self.assertLessEqual(acked, rows)
                self.assertEqual([str(n) for n in records], [record[2] for record in world.consume("pairs")[1:]])
            self.assertGreater(len(acked), 40)
            world.close()

    def load(self, world, acked, number):
        """Transactions until the server is killed; the next number."""
        session = subprocess.Popen(["psql", "-X", "-q", "-A", "-t", world.connection()], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1)
        killer = None
        try:
            while True:
                number += 1
                session.stdin.write(f"BEGIN; INSERT INTO pairs VALUES ({number}); INSERT INTO topics.pairs (_value) VALUES"
                                    f" ('{number}'); COMMIT;\n\\if :ERROR\n\\quit\n\\endif\n\\echo {number}\n")
                session.stdin.flush()
                line = session.stdout.readline()
                if line != f"{number}\n":
                    return number
                acked.add(number)
                if killer is None and len(acked) % 15 == 0:
                    killer = threading.Timer(random.random() * 0.05, world.server.kill)
                    killer.start()
        except BrokenPipeError:
            return number
        finally:
            if killer is not None:
                killer.join()
            session.kill()
            session.wait()
            for pipe in (session.stdin, session.stdout):
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue


if __name__ == "__main__":
    SLUICE, KAFKA_CLIENT = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
