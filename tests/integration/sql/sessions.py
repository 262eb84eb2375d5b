"""Sessions side by side: steps of two or three psql, one after the other, and what each answered or that it waited.

A script below sessions/ has one step a line:

    setup: SQL      before all, in a session of its own
    1: SQL          session 1 is told SQL; its answer follows, or "waits"
    1: =            the answer that session 1 owes after it waited

sessions/NAME.out holds what PostgreSQL 15 answered:

    tests/oracle/start.sh FOLDER; sessions.py "host=FOLDER port=5433" [SCRIPT ...]

A step waits when the server says so: an entry of pg_stat_activity there, a count of waits for locks in our metrics.
"""
import pathlib
import queue
import subprocess
import sys
import threading
import time

from answers import fresh_database

HERE = pathlib.Path(__file__).parent / "sessions"
DEADLINE_SECONDS = 60


class Session:
    """One psql whose answers come through a queue."""

    def __init__(self, connection):
        self.process = subprocess.Popen(
            ["psql", "-X", "-q", "-A", "-t", connection], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, bufsize=1)
        self.answers = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.process_id = int(self.run("SELECT pg_backend_pid()"))

    def read(self):
        lines = []
        for line in self.process.stdout:
            if line == "that was all\n":
                self.answers.put("".join(lines))
                lines = []
            else:
                lines.append(line)
        self.process.stdout.close()

    def send(self, text):
        self.process.stdin.write(f"{text};\n\\echo that was all\n")
        self.process.stdin.flush()

    def answer(self, seconds=DEADLINE_SECONDS):
        return self.answers.get(timeout=seconds)

    def run(self, text):
        self.send(text)
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=DEADLINE_SECONDS)


def answer_or_wait(session, is_waiting):
    """The answer, or None once the server says that the session waits."""
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        try:
            return session.answer(0.05)
        except queue.Empty:
            if is_waiting(session):
                return None
    raise AssertionError("no answer, and nothing that it waits for")


def run_steps(connection, script, watch):
    """What came of a script. `watch()` before a step gives a function that tells whether a session waits."""
    sessions, lines = {}, []
    try:
        for step in script.read_text(encoding="utf-8").splitlines():
            name, text = (part.strip() for part in step.split(":", 1))
            lines.append(step + "\n")
            if name not in sessions:
                sessions[name] = Session(connection)
            session = sessions[name]
            if text == "=":
                lines.append(session.answer())
                continue
            is_waiting = watch()
            session.send(text)
            answer = answer_or_wait(session, is_waiting)
            lines.append("waits\n" if answer is None else answer)
    finally:
        for session in sessions.values():
            session.close()
    return "".join(lines)


def main(server, names):
    for script in sorted(HERE.glob("*.steps")):
        if names and script.stem not in names:
            continue
        connection = fresh_database(server)
        observer = Session(connection)

        def is_waiting(session):
            text = f"SELECT count(*) FROM pg_stat_activity WHERE pid = {session.process_id} AND wait_event_type = 'Lock'"
            return observer.run(text) == "1\n"

        script.with_suffix(".out").write_text(run_steps(connection, script, lambda: is_waiting), encoding="utf-8")
        observer.close()
        print(script.name)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
