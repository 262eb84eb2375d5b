"""Records what real clients and PostgreSQL 15 say to one another, as vectors for the codec's tests.

    record_frames.py FRAMES_FILE       run with the Python of clients_test.sh; needs postgresql-15,
                                       psql, java and libpostgresql-jdbc-java

A proxy stands between the clients and a private server (tests/oracle/start.sh) that asks for
SCRAM-SHA-256. Each line: client, side (F: from the client, B: from the server), kind, hex. Kind is
"frame" for what has a type byte and "startup" for what has none. Duplicates and long ones are left out.
"""
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading

import psycopg

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
LONGEST, PER_LETTER = 400, 12
PASSWORD = "golden-password"


class Recorder:
    def __init__(self, server_path):
        self.server_path = server_path
        self.lines, self.counts, self.lock = [], {}, threading.Lock()
        self.client = "setup"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def note(self, side, kind, data):
        letter = (self.client, side, kind, data[:1] if kind == "frame" else b"")
        line = f"{self.client} {side} {kind} {data.hex()}"
        with self.lock:
            if len(data) > LONGEST or line in self.lines or self.counts.get(letter, 0) >= PER_LETTER:
                return
            self.counts[letter] = self.counts.get(letter, 0) + 1
            self.lines.append(line)

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.server_path)
            waiting_for_byte = threading.Event()
            threading.Thread(target=self.pump, args=("F", client, server, waiting_for_byte), daemon=True).start()
            threading.Thread(target=self.pump, args=("B", server, client, waiting_for_byte), daemon=True).start()

    def pump(self, side, source, target, waiting_for_byte):
        buffer, started = b"", side == "B"
        while True:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            if not data:
                break
            buffer += data
            while True:
                if side == "B" and waiting_for_byte.is_set() and buffer:
                    waiting_for_byte.clear()
                    buffer = buffer[1:]
                    continue
                at = 1 if started else 0
                if len(buffer) < at + 4:
                    break
                length = struct.unpack(">i", buffer[at:at + 4])[0] + at
                if len(buffer) < length:
                    break
                self.note(side, "frame" if started else "startup", buffer[:length])
                if not started:
                    code = struct.unpack(">i", buffer[4:8])[0]
                    if code in (80877103, 80877104):
                        waiting_for_byte.set()
                    else:
                        started = True
                buffer = buffer[length:]
            try:
                target.sendall(data)
            except OSError:
                break
        for each in (source, target):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


def run_psql(where):
    script = """
create temp table t (id int primary key, name text not null);
insert into t values (1, 'one'), (2, 'two') returning *;
select id, name, null, 1.5::numeric(5,2), 'x'::varchar(7) from t order by id;
begin; select 1/0; select 1; rollback;
drop table if exists nothing_here;
copy t from stdin;
3\tthree
\\.
copy t to stdout;
copy t (id) from stdin;
bad
\\.
select 1; select 2;
;
insert into t values (1, 'again');
set application_name = 'renamed';
listen channel; notify channel, 'payload';
selec 1;
"""
    subprocess.run(["psql", "-X", "-q", where], input=script, text=True, capture_output=True, check=True)


def run_psycopg(where):
    with psycopg.connect(where, autocommit=True) as connection:
        for number in range(7):
            connection.execute("select %s::int4 + 1, %s::text", (number, "text"), prepare=True)
        connection.cursor(binary=True).execute("select 1::int8, 'x'::bytea, now()")
        connection.execute("create temp table c (a int, b text)")
        with connection.cursor().copy("copy c from stdin (format binary)") as copy:
            copy.set_types(["int4", "text"])
            copy.write_row((1, "one"))
        with connection.cursor().copy("copy c to stdout (format binary)") as copy:
            list(copy)
        try:
            with connection.cursor().copy("copy c from stdin"):
                raise KeyError("given up")
        except KeyError:
            connection.execute("select 1")
        with connection.pipeline():
            connection.execute("select 1")
            connection.execute("select %s", ("two",))
        try:
            connection.execute("select $1", (1, 2))
        except psycopg.Error:
            connection.execute("")
        with connection.transaction():
            cursor = connection.cursor("named")
            cursor.execute("select generate_series(1, 5)")
            cursor.fetchmany(2)
        timer = threading.Timer(0.3, connection.cancel_safe)  # cancel() would block the proxy too
        timer.start()
        try:
            connection.execute("select pg_sleep(20)")
        except psycopg.errors.QueryCanceled:
            timer.join()
    try:
        psycopg.connect(where.replace(PASSWORD, "wrong-password"))
    except psycopg.OperationalError:
        return


def run_pgjdbc(where, folder):
    jar = "/usr/share/java/postgresql.jar"
    facts = dict(word.split("=", 1) for word in where.split())
    subprocess.run(["java", "-cp", jar, os.path.join(HERE, "JdbcConversation.java"),
                    f"jdbc:postgresql://127.0.0.1:{facts['port']}/postgres", "postgres", PASSWORD],
                   check=True, cwd=folder)


def main():
    folder = tempfile.mkdtemp(prefix="golden-pg-")
    os.chmod(folder, 0o755)
    try:
        subprocess.run([os.path.join(ROOT, "tests/oracle/start.sh"), folder, "5499"], check=True, stdout=subprocess.DEVNULL)
        try:
            with psycopg.connect(f"host={folder} port=5499 user=postgres", autocommit=True) as setup:
                setup.execute(f"alter role postgres password '{PASSWORD}'")
                with open(os.path.join(folder, "data", "pg_hba.conf"), "w") as rules:
                    rules.write("local all all scram-sha-256\n")
                setup.execute("select pg_reload_conf()")
            recorder = Recorder(os.path.join(folder, ".s.PGSQL.5499"))
            where = f"host=127.0.0.1 port={recorder.port} user=postgres password={PASSWORD} dbname=postgres"
            for name, run in (("psql", run_psql), ("psycopg", run_psycopg), ("pgjdbc", lambda at: run_pgjdbc(at, folder))):
                recorder.client = name
                run(where)
            with open(sys.argv[1], "w") as out:
                out.write("# Made by record_frames.py: client side kind hex\n" + "\n".join(recorder.lines) + "\n")
        finally:
            subprocess.run([os.path.join(ROOT, "tests/oracle/stop.sh"), folder], check=True)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
