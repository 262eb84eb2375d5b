"""kill -9 at random moments while S3, Kafka and SQL clients work at once: what each was told is kept, is there, and
so is exactly one audit record of each of these changes.

An idempotent librdkafka producer lives through all rounds; S3 and SQL clients begin anew in each.
"""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "client"))
import kafka_rounds  # noqa: E402
import kill_rounds  # noqa: E402
import sql_load  # noqa: E402
import topic_load  # noqa: E402
from server_process import Server  # noqa: E402

S3_THREADS, SQL_THREADS = 2, 2
AUDITED = [f"{kill_rounds.BUCKET}/%", "public.%", topic_load.TOPIC]


def run_round(server, model, tables, topic, seed, failures):
    stopping = threading.Event()
    puts, commits = [0] * S3_THREADS, [0] * SQL_THREADS
    threads = tables.start(server, seed, commits, failures)
    threads.append(topic.start(server, failures))
    for thread in range(S3_THREADS):
        threads.append(threading.Thread(
            target=kill_rounds.load, args=(server, model, seed, thread, stopping, failures, puts)))
        threads[-1].start()
    # The moment of death is what is tested: a random wait, not a condition.
    stopping.wait(random.Random(seed).uniform(0.1, 1.2))
    server.kill()
    stopping.set()
    for thread in threads:
        thread.join()
    return sum(puts), sum(commits)


def verify(server, model, tables, topic, failures):
    """Rows there are, and audit records."""
    kill_rounds.verify(server, model, failures)
    rows = tables.verify(server, failures)
    connection = sql_load.connect(server)
    topic.verify(connection, model.trail, failures)
    records = model.trail.verify(connection, AUDITED, failures)
    connection.close()
    return rows, records


def check_records(arguments, port, folder):
    stored = f"{folder}/stored"
    consumer = kafka_rounds.client(arguments, port, "consume", "--record", stored)
    told = json.loads(consumer.communicate()[0] or "{}")
    if consumer.returncode != 0:
        raise kafka_rounds.Failed("the consumer failed")
    acked, kept = kafka_rounds.numbers(f"{folder}/acked"), kafka_rounds.numbers(stored)
    kafka_rounds.check(acked, kept, told)
    return len(acked)


def run(arguments, folder):
    port, failures, puts, commits, rows, audited = kafka_rounds.free_port(), [], 0, 0, 0, 0
    server = Server(arguments.binary, folder, KAFKA_PORT=str(port), LIMITS_JOURNAL_UNFLUSHED="1 MiB",
                    LIMITS_S3_MINIMUM_PART="1 B")
    model, topic = kill_rounds.Model(), topic_load.TopicLoad()
    tables = sql_load.SqlLoad(SQL_THREADS, model.trail)
    server.start()
    server.client().expect({200}, "PUT", f"/{kill_rounds.BUCKET}")
    server.close_clients()
    sql_load.prepare(server, SQL_THREADS, model.trail)
    topic_load.prepare(server, model.trail)
    producer = kafka_rounds.client(arguments, port, "produce", "--until-stdin-ends", "--idempotent", "--size", "200",
                                   "--rate", "5000", "--record-acked", f"{folder}/acked", stdin=subprocess.PIPE)
    try:
        for number in range(arguments.rounds):
            more = run_round(server, model, tables, topic, f"{arguments.seed}-{number}", failures)
            puts, commits = puts + more[0], commits + more[1]
            server.start()
            rows, audited = verify(server, model, tables, topic, failures)
            if producer.poll() is not None:
                failures.append("the producer gave up")
            if failures:
                return failures
        producer.stdin.close()
        told = json.loads(producer.stdout.read())
        if producer.wait() != 0 or told["failed"]:
            return [f"the producer was refused: {told}"]
        records = check_records(arguments, port, folder)
        if server.stop() != 0:
            failures.append(f"no clean stop, see {server.log_path}")
        checked = server.run("check")
        if checked.returncode != 0:
            failures.append(f"sluice check: {checked.stdout}{checked.stderr}")
        if min(puts, commits, records, topic.acknowledged) < arguments.rounds:
            failures.append("hardly any load")
        print(f"{arguments.rounds} rounds: {puts} S3 changes, {commits} transactions ({rows} rows left), {records} "
              f"records and {topic.acknowledged} single ones acknowledged, all of them there, {audited} audit records")
    except kafka_rounds.Failed as why:
        failures.append(str(why))
    finally:
        if producer.poll() is None:
            producer.kill()
        producer.wait()
        if server.is_running():
            server.kill()
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--client", required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", default=str(random.SystemRandom().getrandbits(32)))
    parser.add_argument("--folder", help="default: a temporary one, removed when all is well")
    arguments = parser.parse_args()
    folder = arguments.folder or tempfile.mkdtemp(prefix="sluice-mixed-rounds-")
    print(f"seed {arguments.seed}, folder {folder}", flush=True)
    failures = run(arguments, folder)
    for text in failures:
        print("FAILED:", text)
    if not failures and not arguments.folder:
        shutil.rmtree(folder)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
