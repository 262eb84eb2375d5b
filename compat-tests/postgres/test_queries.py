"""Simple and extended queries through psycopg 3: values both ways, prepared statements, pipelines, COPY."""
import datetime
import decimal
import uuid

import psycopg

from pg_case import PgCase

VALUES = [
    ("bool", True), ("int2", -32768), ("int4", 2147483647), ("int8", -9223372036854775808),
    ("float8", 1.5), ("numeric", decimal.Decimal("12345678901234567890.0123")), ("text", "žluťoučký \t '"),
    ("bytea", b"\x00\xff\\"), ("date", datetime.date(2026, 11, 23)), ("uuid", uuid.UUID(int=5)),
    ("timestamp", datetime.datetime(1999, 12, 31, 23, 59, 59, 999999)),
]


class Queries(PgCase):
    def test_values_in_text_and_binary(self):
        for binary in (False, True):
            cursor = self.connection.cursor(binary=binary)
            for type_name, value in VALUES:
                with self.subTest(type=type_name, binary=binary):
                    cursor.execute(f"select %{'b' if binary else 't'}::{type_name}", (value,))
                    self.assertEqual(cursor.fetchone(), (value,))
                    cursor.execute(f"select %s::{type_name}", (None,))
                    self.assertEqual(cursor.fetchone(), (None,))

    def test_columns_are_described(self):
        name = self.table("id int primary key, price numeric(10,2), label varchar(7)")
        cursor = self.connection.execute(f"select id, price, label, 1 + 1, 'x' as named from {name}")
        self.assertEqual([each.name for each in cursor.description], ["id", "price", "label", "?column?", "named"])
        self.assertEqual([each.type_code for each in cursor.description], [23, 1700, 1043, 23, 25])
        result = cursor.pgresult
        self.assertEqual([result.fmod(i) for i in range(3)], [-1, (10 << 16 | 2) + 4, 11])
        self.assertEqual([result.fsize(i) for i in range(3)], [4, -1, -1])
        self.assertEqual([result.ftablecol(i) for i in range(4)], [1, 2, 3, 0])
        self.assertGreaterEqual(result.ftable(0), 16384)

    def test_tags(self):
        name = self.table("a int primary key, b text")
        for text, tag in ((f"insert into {name} values (1, 'x'), (2, 'y')", "INSERT 0 2"),
                          (f"update {name} set b = 'z'", "UPDATE 2"), (f"select * from {name}", "SELECT 2"),
                          (f"delete from {name} where a = 1", "DELETE 1"), ("begin", "BEGIN"), ("commit", "COMMIT")):
            self.assertEqual(self.connection.execute(text).statusmessage, tag)

    def test_prepared_statements(self):
        name = self.table("a int primary key, b text")
        for number in range(10):
            self.connection.execute(f"insert into {name} values (%s, %s)", (number, str(number)), prepare=True)
        for number in range(10):
            row = self.connection.execute(f"select b from {name} where a = %s", (number,), prepare=True).fetchone()
            self.assertEqual(row, (str(number),))
        self.connection.execute("deallocate all")

    def test_errors_carry_what_clients_act_on(self):
        name = self.table("a int primary key, b text not null")
        self.connection.execute(f"insert into {name} values (1, 'x')")
        taken = self.assert_sqlstate("23505", f"insert into {name} values (1, 'x')")
        self.assertEqual((taken.constraint_name, taken.table_name, taken.schema_name), (name + "_pkey", name, "public"))
        self.assertEqual(taken.message_detail, "Key (a)=(1) already exists.")
        missing = self.assert_sqlstate("23502", f"insert into {name} values (2, null)")
        self.assertEqual(missing.column_name, "b")
        place = self.assert_sqlstate("42703", f"select nothing from {name}")
        self.assertEqual(place.statement_position, "8")
        self.assert_sqlstate("42601", "selec 1")
        self.assert_sqlstate("22P02", "select %s::int4", ("x",))
        self.assert_sqlstate("22012", "select 1/0")

    def test_pipeline(self):
        name = self.table("a int primary key")
        with self.connection.pipeline():
            for number in range(100):
                self.connection.execute(f"insert into {name} values (%s)", (number,))
            counted = self.connection.execute(f"select count(*) from {name}")
        self.assertEqual(counted.fetchone(), (100,))
        with self.assertRaises(psycopg.errors.UniqueViolation):
            with self.connection.pipeline():
                self.connection.execute(f"insert into {name} values (1000)")
                self.connection.execute(f"insert into {name} values (1)")
        # What shares a Sync with an error is rolled back with it.
        self.assertEqual(self.rows(f"select count(*) from {name}"), [(100,)])

    def test_copy_text_and_csv(self):
        name = self.table("a int primary key, b text")
        with self.connection.cursor().copy(f"copy {name} from stdin") as copy:
            for number in range(2000):
                copy.write_row((number, None if number % 3 else "tab\tline\nback\\"))
        with self.connection.cursor().copy(f"copy {name} to stdout") as copy:
            rows = list(copy.rows())
        self.assertEqual(len(rows), 2000)
        self.assertEqual(rows[0], ("0", "tab\tline\nback\\"))
        self.assertEqual(rows[1], ("1", None))
        with self.connection.cursor().copy(f"copy {name} to stdout (format csv, header)") as copy:
            lines = [bytes(each) for each in copy]
        self.assertEqual(lines[0], b"a,b\n")
        self.assertEqual(lines[2], b"1,\n")
        with self.assertRaises(psycopg.errors.BadCopyFileFormat):
            with self.connection.cursor().copy(f"copy {name} from stdin") as copy:
                copy.write("1\n")
        self.assertEqual(self.rows("select 1"), [(1,)])

    def test_copy_binary(self):
        name = self.table("a int primary key, b text, c numeric(8,2), d timestamptz, e int[]")
        when = datetime.datetime(2024, 2, 29, 12, 0, tzinfo=datetime.timezone.utc)
        with self.connection.cursor().copy(f"copy {name} from stdin (format binary)") as copy:
            copy.set_types(["int4", "text", "numeric", "timestamptz", "int4[]"])
            for number in range(2000):
                copy.write_row((number, None if number % 3 else "x" * number, decimal.Decimal("1.50"), when, [1, None, number]))
        with self.connection.cursor().copy(f"copy (select * from {name} order by a) to stdout (format binary)") as copy:
            copy.set_types(["int4", "text", "numeric", "timestamptz", "int4[]"])
            rows = list(copy.rows())
        self.assertEqual(len(rows), 2000)
        self.assertEqual(rows[4], (4, "xxxx" if 4 % 3 == 0 else None, decimal.Decimal("1.50"), when, [1, None, 4]))
        self.assertEqual(rows[3], (3, "xxx", decimal.Decimal("1.50"), when, [1, None, 3]))
        with self.assertRaises(psycopg.errors.BadCopyFileFormat):
            with self.connection.cursor().copy(f"copy {name} from stdin (format binary)") as copy:
                copy.write(b"no binary file")
        self.assertEqual(self.rows("select 1"), [(1,)])

    def test_server_cursors(self):
        name = self.table("a int primary key")
        self.connection.execute(f"insert into {name} select generate_series(1, 1000)")
        with self.connection.transaction():
            for options in ({}, {"scrollable": True}):
                with self.connection.cursor("named", **options) as cursor:
                    cursor.itersize = 100
                    cursor.execute(f"select a from {name} order by a")
                    self.assertEqual(cursor.fetchmany(3), [(1,), (2,), (3,)])
                    self.assertEqual([a for a, in cursor], list(range(4, 1001)))
                    if options:
                        cursor.scroll(0, mode="absolute")
                        self.assertEqual(cursor.fetchone(), (1,))
        held = self.connection.cursor("held", withhold=True)
        held.execute(f"select a from {name} order by a")
        self.connection.execute(f"delete from {name}")
        self.assertEqual(len(held.fetchall()), 1000)
        held.close()

    def test_savepoints(self):
        name = self.table("a int primary key")
        with self.connection.transaction():
            self.connection.execute(f"insert into {name} values (1)")
            with self.assertRaises(psycopg.errors.UniqueViolation), self.connection.transaction():
                self.connection.execute(f"insert into {name} values (1)")
            self.connection.execute(f"insert into {name} values (2)")
        self.assertEqual(self.rows(f"select a from {name} order by a"), [(1,), (2,)])
