"""A server under measurement: started on a folder, watched by its pid, stopped or killed. For the run_*.py files."""
import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

READY_SECONDS = 60


class Server:
    """Runs `command` until stop() or kill(); `ready` is asked until it says yes."""

    def __init__(self, command, environment, ready, log=subprocess.DEVNULL):
        begin = time.monotonic()
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=log)
        while not ready():
            try:
                self.process.wait(timeout=0.01)
            except subprocess.TimeoutExpired:
                if time.monotonic() - begin < READY_SECONDS:
                    continue
                self.process.kill()
            raise SystemExit(f"{command[0]} does not become ready")
        self.ready_seconds = time.monotonic() - begin

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_megabytes(self, field="VmRSS"):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1]) / 1024
        return 0.0

    def peak_resident_megabytes(self):
        return self.resident_megabytes("VmHWM")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)

    def kill(self):
        self.process.kill()
        self.process.wait()


def answers(url):
    """Whether `url` answers 200."""
    def look():
        try:
            with urllib.request.urlopen(url, timeout=1) as reply:
                return reply.status == 200
        except OSError:
            return False
    return look


def sluice(build, folder, ports, secret, wrapper=(), **settings):
    """A Sluice on `folder`; `ports` names those it gets: s3, kafka, pg, admin. `wrapper`: words that run the rest of
    the command line in their place. `settings`: environment variables without their SLUICE_ prefix.
    """
    environment = dict(os.environ, SLUICE_DATA=f"{folder}/data", SLUICE_KEY_FILE=f"{folder}/key",
                       SLUICE_ROOT_USER="root", SLUICE_ROOT_PASSWORD=secret)
    for name, port in ports.items():
        environment[f"SLUICE_{name.upper()}_PORT"] = str(port)
    environment.update({f"SLUICE_{name}": value for name, value in settings.items()})
    with open(f"{folder}/log", "ab") as log:
        return Server([*wrapper, build / "bin/sluice", "serve"], environment,
                      answers(f"http://127.0.0.1:{ports['admin']}/healthz"), log)
