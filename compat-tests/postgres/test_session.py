"""Connections: parameters, errors of the login, cancellation, transaction states."""
import threading
import unittest

import psycopg

from pg_case import DSN, IS_REFERENCE, PgCase, psql


class Session(PgCase):
    def test_parameters_that_clients_rely_on(self):
        info = self.connection.info
        for name, value in (("client_encoding", "UTF8"), ("server_encoding", "UTF8"), ("DateStyle", "ISO, MDY"),
                            ("IntervalStyle", "postgres"), ("integer_datetimes", "on"),
                            ("standard_conforming_strings", "on"), ("is_superuser", "on"), ("session_authorization", "root"),
                            ("default_transaction_read_only", "off"), ("in_hot_standby", "off")):
            self.assertEqual(info.parameter_status(name), value, name)
        self.assertEqual(info.server_version // 10000, 15)
        self.assertIsNotNone(info.parameter_status("TimeZone"))

    def test_settings_from_the_startup_packet(self):
        connection = self.connect(application_name="mine", options="-c timezone=UTC")
        self.assertEqual(connection.info.parameter_status("application_name"), "mine")
        self.assertEqual(connection.execute("show timezone").fetchone(), ("UTC",))
        with self.assertRaises(psycopg.OperationalError) as caught:
            psycopg.connect(DSN, options="-c no_such_setting=1")
        self.assertIn('unrecognized configuration parameter "no_such_setting"', str(caught.exception))

    def test_changed_settings_are_reported(self):
        self.connection.execute("set application_name = 'renamed'")
        self.assertEqual(self.connection.info.parameter_status("application_name"), "renamed")

    def test_unknown_database(self):
        with self.assertRaises(psycopg.OperationalError) as caught:
            psycopg.connect(DSN, dbname="no_such_database")
        self.assertIn('database "no_such_database" does not exist', str(caught.exception))

    @unittest.skipIf(IS_REFERENCE, "the reference's private server trusts its clients")
    def test_wrong_password(self):
        for user in ("root", "nobody"):
            with self.assertRaises(psycopg.OperationalError) as caught:
                psycopg.connect(DSN, user=user, password="wrong-password")
            self.assertIn(f'password authentication failed for user "{user}"', str(caught.exception))

    def test_transaction_states(self):
        status = psycopg.pq.TransactionStatus
        info = self.connection.info
        self.assertEqual(info.transaction_status, status.IDLE)
        self.connection.execute("begin")
        self.assertEqual(info.transaction_status, status.INTRANS)
        self.assert_sqlstate("42P01", "select * from no_such_table")
        self.assertEqual(info.transaction_status, status.INERROR)
        self.assert_sqlstate("25P02", "select 1")
        self.assertEqual(self.connection.execute("commit").statusmessage, "ROLLBACK")
        self.assertEqual(info.transaction_status, status.IDLE)

    def test_cancel_of_an_idle_session_does_nothing(self):
        self.connection.cancel_safe()
        self.assertEqual(self.rows("select 1"), [(1,)])

    def test_cancel_of_a_running_query(self):
        failures = []

        def run():
            try:
                self.connection.execute("select count(*) from generate_series(1, 2000000000)")
            except psycopg.Error as failure:
                failures.append(failure.sqlstate)

        thread = threading.Thread(target=run)
        thread.start()
        # A cancel that comes before the query begins finds nothing to end.
        while thread.is_alive():
            self.connection.cancel_safe()
            thread.join(0.1)
        self.assertEqual(failures, ["57014"])
        self.assertEqual(self.rows("select 1"), [(1,)])

    def test_statement_timeout(self):
        self.connection.execute("set statement_timeout = '50ms'")
        self.assert_sqlstate("57014", "select count(*) from generate_series(1, 2000000000)")
        self.assertEqual(self.rows("select 1"), [(1,)])

    def test_several_statements_are_one_transaction(self):
        name = self.table("a int primary key")
        done = psql(f"insert into {name} values (1); insert into {name} values (1)", check=False)
        self.assertIn("duplicate key value violates unique constraint", done.stderr)
        self.assertEqual(self.rows(f"select count(*) from {name}"), [(0,)])

    def test_many_sessions_at_once(self):
        failures = []

        def work(number):
            with psycopg.connect(DSN, autocommit=True) as connection:
                for round_ in range(20):
                    if connection.execute("select %s::int4", (number * round_,)).fetchone() != (number * round_,):
                        failures.append(number)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(failures, [])
