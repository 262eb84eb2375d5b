"""The device under a folder by dd: what it takes and gives with O_DIRECT in pieces of 1 MiB, four at a time."""
import mmap
import os
import subprocess
import time
from pathlib import Path

PROCESSES, BLOCKS, BLOCK = 4, 256, 1 << 20


class Device:
    """Files that were written before, so that a measured write changes no metadata, as the journal's segments."""

    def __init__(self, folder):
        self.files = [Path(folder, f"device-{number}") for number in range(PROCESSES)]
        self._move("of", ["if=/dev/zero", "oflag=direct"])

    def write_megabytes_per_second(self):
        """Each write synced before the next one of its process."""
        return self._move("of", ["if=/dev/zero", "oflag=direct,dsync", "conv=notrunc"])

    def write_one_at_a_time_megabytes_per_second(self):
        """The same by one process alone."""
        return self._move("of", ["if=/dev/zero", "oflag=direct,dsync", "conv=notrunc"], self.files[:1])

    def read_megabytes_per_second(self):
        return self._move("if", ["of=/dev/null", "iflag=direct"])

    def sync_milliseconds(self, count=500, size=16384):
        """How long each of `count` synced writes of `size` bytes took, one at a time."""
        took = []
        with mmap.mmap(-1, size) as block:
            file = os.open(self.files[0], os.O_WRONLY | os.O_DIRECT | os.O_DSYNC)
            try:
                for number in range(count):
                    begin = time.perf_counter()
                    os.pwrite(file, block, number * size)
                    took.append((time.perf_counter() - begin) * 1e3)
            finally:
                os.close(file)
        return took

    def remove(self):
        for file in self.files:
            file.unlink()

    def _move(self, name, words, files=None):
        files = files or self.files
        begin = time.perf_counter()
        running = [subprocess.Popen(["dd", f"{name}={file}", "bs=1M", f"count={BLOCKS}", *words], stderr=subprocess.DEVNULL)
                   for file in files]
        if any(process.wait() != 0 for process in running):
            raise SystemExit(f"cannot measure the device: {self.files[0].parent} refuses O_DIRECT or is full")
        return len(files) * BLOCKS * BLOCK / (time.perf_counter() - begin) / 1e6
