"""kill -9 at random moments while an idempotent librdkafka producer with acks=all runs: every acked record is there
exactly once, in order, without a gap in the offsets, and what was not acked is there at most once.

The producer lives through all rounds: it retries against the server that comes back on the same port.
"""
import argparse
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "client"))
from server_process import SECRET, USER, Server  # noqa: E402

TOPIC = "rounds"


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


class Failed(Exception):
    pass


def numbers(path):
    with open(path, encoding="ascii") as lines:
        return [int(line) for line in lines]


def client(arguments, port, mode, *words, **how):
    return subprocess.Popen(
        [arguments.client, mode, "--broker", f"127.0.0.1:{port}", "--user", USER, "--password", SECRET,
         "--topic", TOPIC, *words], text=True, stdout=subprocess.PIPE, **how)


def check(acked, stored, told):
    if told["gaps"]:
        raise Failed(f"{told['gaps']} gaps in the offsets")
    if stored != sorted(set(stored)):
        raise Failed("records are doubled or out of order")
    missing = sorted(set(acked) - set(stored))
    if missing:
        raise Failed(f"{len(missing)} acked records are gone, the first is {missing[0]}")


def run(arguments, folder):
    chance = random.Random(arguments.seed)
    port = free_port()
    server = Server(arguments.binary, folder, KAFKA_PORT=str(port))
    server.start()
    acked_path, stored_path = f"{folder}/acked", f"{folder}/stored"
    waiting = threading.Event()
    producer = client(arguments, port, "produce", "--until-stdin-ends", "--idempotent", "--size", "200",
                      "--record-acked", acked_path, stdin=subprocess.PIPE)
    try:
        for _ in range(arguments.rounds):
            waiting.wait(chance.uniform(0.2, 1.2))
            if producer.poll() is not None:
                raise Failed("the producer gave up")
            server.kill()
            server.start()
        producer.stdin.close()
        told = json.loads(producer.stdout.read())
        if producer.wait() != 0 or told["failed"]:
            raise Failed(f"the producer was refused: {told}")
        consumer = client(arguments, port, "consume", "--record", stored_path)
        read = json.loads(consumer.stdout.read() or "{}")
        if consumer.wait() != 0:
            raise Failed("the consumer failed")
        acked, stored = numbers(acked_path), numbers(stored_path)
        check(acked, stored, read)
        if len(acked) < arguments.rounds:
            raise Failed("hardly anything was produced")
        print(f"{arguments.rounds} rounds: {len(acked)} acked, {len(stored)} stored, all of them once and in order")
    finally:
        if producer.poll() is None:
            producer.kill()
        producer.wait()
        if server.is_running():
            server.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--client", required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="sluice-kafka-rounds-")
    try:
        run(arguments, folder)
    except Failed as why:
        print(f"failed: {why}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
