"""A bound on the memory of a server under measurement, its page cache included: a cgroup of its own (v1 or v2)."""
import os
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
READY_SECONDS = 10


class MemoryGroup:
    """Lives until remove(), which waits until its processes are gone. Needs the right to make cgroups."""

    def __init__(self, name, limit_bytes):
        second = (ROOT / "cgroup.controllers").exists()
        self.folder = (ROOT if second else ROOT / "memory") / f"{name}-{os.getpid()}"
        try:
            self.folder.mkdir()
            if second:
                (self.folder / "memory.max").write_text(str(limit_bytes))
                (self.folder / "memory.swap.max").write_text("0")
            else:
                (self.folder / "memory.limit_in_bytes").write_text(str(limit_bytes))
        except OSError as problem:
            raise SystemExit(f"cannot bound memory by a cgroup: {problem}; leave out the rows that need it") from problem

    def wrapper(self):
        """Words before a command line that run it inside, under the same process id."""
        return ["sh", "-c", f'echo $$ > {self.folder}/cgroup.procs && exec "$@"', "sh"]

    def used_megabytes(self):
        for name in ("memory.current", "memory.usage_in_bytes"):
            if (self.folder / name).exists():
                return int((self.folder / name).read_text()) / (1 << 20)
        return 0.0

    def remove(self):
        limit = time.monotonic() + READY_SECONDS
        while True:
            try:
                return self.folder.rmdir()
            except OSError:
                if time.monotonic() > limit:
                    raise
