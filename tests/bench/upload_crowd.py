"""Many PUTs at once by one thread: heads first, then bodies as fast as the server reads them, or at a rate."""
import resource
import selectors
import socket
import time

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
        self.socket = socket.create_connection((client.host, client.port), timeout=30)
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


class UploadCrowd:
    def __init__(self, client, bucket, count, size):
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.uploads = [Upload(client, f"/{bucket}/crowd-{number}", size) for number in range(count)]

    def send(self, seconds, rate):
        """For `seconds`, each `rate` bytes a second (None: all that is taken); then the connections end. Figures."""
        begin = time.monotonic()
        with selectors.DefaultSelector() as selector:
            for one in self.uploads:
                both = selectors.EVENT_READ | (selectors.EVENT_WRITE if rate is None else 0)
                selector.register(one.socket, both, one)
            while time.monotonic() - begin < seconds and selector.get_map():
                for key, events in selector.select(TICK_SECONDS):
                    self._serve(selector, key.data, events)
                if rate is not None:
                    self._send_due(rate * (time.monotonic() - begin))
        for one in self.uploads:
            one.socket.close()
        statuses = [one.answer for one in self.uploads]
        return {"seconds": time.monotonic() - begin, "sent_mb": sum(one.sent for one in self.uploads) / 1e6,
                "least_kb": min(one.sent for one in self.uploads) / 1e3, "answered": statuses.count(200),
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
