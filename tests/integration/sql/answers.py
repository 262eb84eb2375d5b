"""Runs the scripts below scripts/ through psql and writes what it prints beside each as NAME.out: the answers of
PostgreSQL 15 that scripts_test.py compares with.

    tests/oracle/start.sh FOLDER; answers.py "host=FOLDER port=5433 user=postgres dbname=postgres" [NAME...]
"""
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent / "scripts"


def run_script(connection, script):
    """Everything psql prints, errors in their places; names that differ by server made equal."""
    words = ["psql", "-X", "-a", "-q", "-v", "ON_ERROR_STOP=0", connection]
    with open(script, "rb") as text:
        done = subprocess.run(words, stdin=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
    return done.stdout.decode("utf-8", "replace")


def main(connection, *names):
    for script in sorted(HERE.glob("*.sql")):
        if names and script.stem not in names:
            continue
        prepare = ["psql", "-X", "-q", connection, "-c", "DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public"]
        subprocess.run(prepare, check=True, stderr=subprocess.DEVNULL)
        script.with_suffix(".out").write_text(run_script(connection, script), encoding="utf-8")
        print(script.name)


if __name__ == "__main__":
    main(*sys.argv[1:])
