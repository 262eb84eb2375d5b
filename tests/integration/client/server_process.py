"""One `sluice serve` as a child process on free ports, started, stopped and killed."""
import os
import re
import signal
import subprocess
import threading
import time

from s3_client import Client

USER, SECRET = "root", "integration-secret"
DEADLINE_SECONDS = 60


def wait_until(condition, what):
    """Asks until it is true; AssertionError names `what` after DEADLINE_SECONDS."""
    limit = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > limit:
            raise AssertionError(f"not in time: {what}")
        threading.Event().wait(0.01)


class NotStarted(Exception):
    """It ended before it was ready; the text is what it wrote to standard error."""


class Server:
    """`settings` are environment variables without their SLUICE_ prefix; None leaves one out."""

    def __init__(self, binary, folder, **settings):
        self.binary, self.folder = binary, folder
        self.data = os.path.join(folder, "data")
        self.log_path = os.path.join(folder, "server.log")
        self.settings = {
            "DATA": self.data, "S3_PORT": "0", "KAFKA_PORT": "0", "ADMIN_PORT": "0", "PG_PORT": "0", "ROOT_USER": USER, "ROOT_PASSWORD": SECRET,
            "STORE_SEGMENT": "8 MiB", **settings,
        }
        self.process = None
        self.clients = []
        self.greeting, self.s3_port, self.kafka_port, self.admin_port = "", None, None, None
        self.pg_port = None
        self.restore_signals = True  # False: SIGXFSZ stays ignored, a file that may not grow is an error

    def environment(self):
        kept = {name: text for name, text in os.environ.items() if not name.startswith("SLUICE_")}
        kept.update({f"SLUICE_{name}": text for name, text in self.settings.items() if text is not None})
        return kept

    def start(self, *arguments):
        """Seconds until it was ready."""
        began = time.monotonic()
        with open(self.log_path, "ab") as log:
            from_here = log.tell()
            self.process = subprocess.Popen(
                [self.binary, "serve", *arguments], env=self.environment(),
                stdout=subprocess.PIPE, stderr=log, text=True, cwd=self.folder,
                restore_signals=self.restore_signals,
            )
        overdue = threading.Timer(DEADLINE_SECONDS, self.process.kill)
        overdue.start()
        self.greeting = ""
        for line in self.process.stdout:
            self.greeting += line
            if line == "ready\n":
                break
        overdue.cancel()
        if not self.greeting.endswith("ready\n"):
            self.process.stdout.close()
            self.process.wait()
            with open(self.log_path, encoding="utf-8", errors="replace") as log:
                log.seek(from_here)
                raise NotStarted(log.read())
        self.s3_port = int(re.search(r"^  S3 +\S+:(\d+)$", self.greeting, re.M)[1])
        self.kafka_port = int(re.search(r"^  Kafka +\S+:(\d+) ", self.greeting, re.M)[1])
        self.pg_port = int(re.search(r"^  SQL +\S+ port=(\d+)$", self.greeting, re.M)[1])
        self.admin_port = int(re.search(r"^  admin +\S+?:(\d+)/healthz", self.greeting, re.M)[1])
        return time.monotonic() - began

    def client(self, user=USER, secret=SECRET):
        """Closed by close_clients()."""
        made = Client("127.0.0.1", self.s3_port, user, secret)
        self.clients.append(made)
        return made

    def close_clients(self):
        for client in self.clients:
            client.close()
        self.clients = []

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """Its exit code after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=DEADLINE_SECONDS)
        self.process.stdout.close()
        return code

    def run(self, *arguments, standard_input=None):
        """A command line on this server's data folder: the finished process, outputs as text."""
        return subprocess.run(
            [self.binary, *arguments], env=self.environment(), input=standard_input, text=True,
            capture_output=True, timeout=DEADLINE_SECONDS, cwd=self.folder, check=False,
        )

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def peak_resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"^VmHWM:\s+(\d+) kB$", status.read(), re.M)[1]) * 1024

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
