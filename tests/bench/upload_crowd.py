"""Many PUTs at once by one thread: heads first, then bodies as fast as the server reads them, or at a rate.

Beside them one more client puts objects of 1 MiB, one after the other: what many uploads cost the next one.
"""
import resource
import selectors
import socket
import threading
import time

from s3_client import Client, Unanswered

PIECE = 64 << 10
BODY = bytes(range(256)) * (PIECE // 256)
TICK_SECONDS = 0.05


class Upload:
    """One connection; `answer` is what came back: a status, or 0 when it broke."""

    def __init__(self, client, path, size):
        headers = client._signed_headers("PUT", path, "", b"", unsigned=True)
        lines = [f"PUT {path} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers.items()]
        self.head = ("\r\n".join(lines) + f"\r\ncontent-length: {size}\r\n\r\n").encode()
        self.left, self.sent, self.answer = size, 0, None
        # Little waits on this side: with more, a thousand connections reach the kernel's tcp_mem and crawl.
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIECE)
        self.socket.settimeout(30)
        self.socket.connect((client.host, client.port))
        self.socket.sendall(self.head)
        self.socket.setblocking(False)

    def send(self, most):
        """What of `most` bytes the connection takes."""
        try:
            done = self.socket.send(memoryview(BODY)[:min(most, self.left, PIECE)])
        except BlockingIOError:
            return 0
        except OSError:
            self.answer = self.answer or 0
            return 0
        self.left -= done
        self.sent += done
        return done

    def look(self):
        try:
            got = self.socket.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            got = b""
        self.answer = int(got.split()[1]) if got.startswith(b"HTTP/1.1 ") else 0


class Bystander:
    """Puts 1 MiB again and again until it is told to stop; `seconds` holds what each took, up to the stop."""

    def __init__(self, client, path):
        self.client, self.path = Client(client.host, client.port, client.user, client.secret), path
        self.stopping, self.seconds, self.begun, self.failure = threading.Event(), [], None, None
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            while not self.stopping.is_set():
                self.begun = time.monotonic()
                self.client.expect({200}, "PUT", self.path, body=bytes(1 << 20))
                self.seconds.append(time.monotonic() - self.begun)
        except (Unanswered, AssertionError) as problem:
            self.failure = str(problem)

    def longest(self):
        """Seconds of the one that took longest, the one under way included."""
        return max([*self.seconds, time.monotonic() - self.begun if self.begun else 0])


def received_megabytes(port):
    """What waits in the kernel for the server on `port` to read it."""
    total = 0
    for line in open("/proc/net/tcp", encoding="ascii").readlines()[1:]:
        fields = line.split()
        if int(fields[1].split(":")[1], 16) == port:
            total += int(fields[4].split(":")[1], 16)
    return total / 1e6


class UploadCrowd:
    def __init__(self, client, bucket, count, size):
        self.client = client
        self.bystander = Bystander(client, f"/{bucket}/bystander")
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.uploads = [Upload(client, f"/{bucket}/crowd-{number}", size) for number in range(count)]

    def send(self, seconds, rate):
        """For `seconds`, each `rate` bytes a second (None: all that is taken); then the connections end. Figures."""
        begin = looked = time.monotonic()
        kernel_mb = 0.0
        self.bystander.thread.start()
        with selectors.DefaultSelector() as selector:
            for one in self.uploads:
                both = selectors.EVENT_READ | (selectors.EVENT_WRITE if rate is None else 0)
                selector.register(one.socket, both, one)
            while time.monotonic() - begin < seconds and selector.get_map():
                for key, events in selector.select(TICK_SECONDS):
                    self._serve(selector, key.data, events)
                if rate is not None:
                    self._send_due(rate * (time.monotonic() - begin))
                if time.monotonic() - looked > 1:
                    looked = time.monotonic()
                    kernel_mb = max(kernel_mb, received_megabytes(self.client.port))
        seconds = time.monotonic() - begin
        longest, done = self.bystander.longest(), len(self.bystander.seconds)
        self.bystander.stopping.set()
        for one in self.uploads:
            one.socket.close()
        self.bystander.thread.join()
        statuses = [one.answer for one in self.uploads]
        return {"seconds": seconds, "kernel_mb": kernel_mb, "bystander_puts": done, "bystander_longest_s": longest,
                "bystander_failure": self.bystander.failure, "sent_mb": sum(one.sent for one in self.uploads) / 1e6,
                "least_kb": min(one.sent for one in self.uploads) / 1e3,
                "most_kb": max(one.sent for one in self.uploads) / 1e3, "answered": statuses.count(200),
                "broken": statuses.count(0), "refused": sum(status not in (None, 0, 200) for status in statuses)}

    def _serve(self, selector, one, events):
        if events & selectors.EVENT_READ:
            one.look()
        elif events & selectors.EVENT_WRITE and one.answer is None:
            one.send(PIECE)
        if one.answer is not None:
            selector.unregister(one.socket)
        elif one.left == 0:
            selector.modify(one.socket, selectors.EVENT_READ, one)

    def _send_due(self, due):
        for one in self.uploads:
            if one.answer is None and one.left and one.sent < due:
                one.send(int(due) - one.sent)
