#!/usr/bin/env python3
"""Memory of 10,000 idle plaintext connections, a third on each port, logged in, and whether all are still answered.

    tests/bench/run_idle.py --build build/release [--connections 10000] [--folder DIR] [--json FILE] [--check]

Each connection was used once before it rests: a request over S3, the login over Kafka (SASL PLAIN) and PostgreSQL
(SCRAM). Memory is the server's resident set. Then each is asked again: OPTIONS, ApiVersions, an empty query.
"""
import base64
import hashlib
import hmac
import os
import resource
import socket
import struct
import time

import figures
import server_process

SECRET = "bench-secret-0123456789"
PORTS = {"s3": 19000, "kafka": 19311, "pg": 19032, "admin": 19001}
SPARE_FILES = 200


def receive(connection, count):
    out = bytearray()
    while len(out) < count:
        piece = connection.recv(count - len(out))
        if not piece:
            raise SystemExit("the server closed a connection")
        out += piece
    return bytes(out)


class S3:
    port = PORTS["s3"]

    def ask(self, connection):
        connection.sendall(b"OPTIONS / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head = b""
        while b"\r\n\r\n" not in head:
            head += receive(connection, 1)
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        receive(connection, length)
        if not head.startswith(b"HTTP/1.1 403"):
            raise SystemExit(f"S3 answered {head}")

    log_in = ask


class Kafka:
    port = PORTS["kafka"]

    def exchange(self, connection, key, version, body):
        request = struct.pack(">hhi", key, version, 7) + struct.pack(">h", 4) + b"idle" + body
        connection.sendall(struct.pack(">i", len(request)) + request)
        answer = receive(connection, struct.unpack(">i", receive(connection, 4))[0])
        return answer[4:]  # behind the correlation id

    def log_in(self, connection):
        named = struct.pack(">h", 5) + b"PLAIN"
        token = b"\0root\0" + SECRET.encode()
        for key, body in ((17, named), (36, struct.pack(">i", len(token)) + token)):
            error = struct.unpack(">h", self.exchange(connection, key, 1, body)[:2])[0]
            if error != 0:
                raise SystemExit(f"Kafka answered error {error} to API {key}")

    def ask(self, connection):
        if struct.unpack(">h", self.exchange(connection, 18, 0, b"")[:2])[0] != 0:
            raise SystemExit("Kafka refuses ApiVersions")


class Postgres:
    port = PORTS["pg"]
    keys = {}

    def message(self, connection):
        letter, length = struct.unpack(">ci", receive(connection, 5))
        body = receive(connection, length - 4)
        if letter == b"E":
            raise SystemExit(f"PostgreSQL answered {body}")
        return letter, body

    def until_ready(self, connection):
        while self.message(connection)[0] != b"Z":
            pass

    def send(self, connection, letter, body):
        connection.sendall(letter + struct.pack(">i", len(body) + 4) + body)

    def salted(self, salt, rounds):
        if (salt, rounds) not in self.keys:
            self.keys[salt, rounds] = hashlib.pbkdf2_hmac("sha256", SECRET.encode(), salt, rounds)
        return self.keys[salt, rounds]

    def log_in(self, connection):
        body = struct.pack(">i", 196608) + b"user\0root\0database\0sluice\0\0"
        connection.sendall(struct.pack(">i", len(body) + 4) + body)
        self.message(connection)
        first = "n=,r=" + base64.b64encode(os.urandom(18)).decode()
        initial = ("n,," + first).encode()
        self.send(connection, b"p", b"SCRAM-SHA-256\0" + struct.pack(">i", len(initial)) + initial)
        server_first = self.message(connection)[1][4:].decode()
        parts = dict(part.split("=", 1) for part in server_first.split(","))
        key = self.salted(base64.b64decode(parts["s"]), int(parts["i"]))
        client_key = hmac.digest(key, b"Client Key", "sha256")
        without_proof = "c=biws,r=" + parts["r"]
        signed = ",".join((first, server_first, without_proof)).encode()
        signature = hmac.digest(hashlib.sha256(client_key).digest(), signed, "sha256")
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(client_key, signature))).decode()
        self.send(connection, b"p", f"{without_proof},p={proof}".encode())
        self.until_ready(connection)

    def ask(self, connection):
        self.send(connection, b"Q", b"\0")
        self.until_ready(connection)


def raise_file_limit(wanted):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < wanted:
        raise SystemExit(f"{wanted} open files are needed, the limit is {most}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def measure(arguments, folder):
    raise_file_limit(arguments.connections + SPARE_FILES)
    sluice = server_process.sluice(arguments.build, folder, PORTS, SECRET)
    results = {"connections": arguments.connections, "idle_resident_mb": sluice.resident_megabytes()}
    opened = []
    try:
        begin = time.monotonic()
        protocols = (S3(), Kafka(), Postgres())
        for number in range(arguments.connections):
            spoken = protocols[number % len(protocols)]
            connection = socket.create_connection(("127.0.0.1", spoken.port), timeout=60)
            spoken.log_in(connection)
            opened.append((spoken, connection))
        results["login_seconds"] = time.monotonic() - begin
        results["connected_resident_mb"] = sluice.resident_megabytes()
        for spoken, connection in opened:
            spoken.ask(connection)
        results["answered"] = len(opened)
    finally:
        for _, connection in opened:
            connection.close()
        sluice.stop()
    print(f"{arguments.connections} connections in {results['login_seconds']:.0f} s, all answered again")
    return results, [figures.Target("idle memory", results["idle_resident_mb"], 150, "MB", most=True),
                     figures.Target(f"memory with {arguments.connections} idle connections",
                                    results["connected_resident_mb"], 500, "MB", most=True, note="all still answered")]


if __name__ == "__main__":
    parser = figures.parser_of(__doc__)
    parser.add_argument("--connections", type=int, default=10_000)
    figures.run(parser, measure)
