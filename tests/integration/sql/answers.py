"""Runs the scripts below scripts/ through psql and writes what it prints beside each as NAME.out: the answers of
PostgreSQL 15 that scripts_test.py compares with. Each script gets a database and a user named as a server of ours
names them.

    tests/oracle/start.sh FOLDER; answers.py "host=FOLDER port=5433" [SCRIPT ...]
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


def fresh_database(server):
    admin = f"{server} user=postgres dbname=postgres"
    words = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", admin]
    for statement in (
        "DROP DATABASE IF EXISTS sluice WITH (FORCE)",
        "DO $$ BEGIN CREATE ROLE root LOGIN SUPERUSER; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        "CREATE DATABASE sluice OWNER root",
    ):
        subprocess.run([*words, "-c", statement], check=True, stderr=subprocess.DEVNULL)
    return f"{server} user=root dbname=sluice"


def main(server, names):
    for script in sorted(HERE.glob("*.sql")):
        if names and script.stem not in names:
            continue
        script.with_suffix(".out").write_text(run_script(fresh_database(server), script), encoding="utf-8")
        print(script.name)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
