"""What the checks written in Python share: steps that print one line each and go on after one that failed."""
import os
import time
import traceback

CLIENT = os.environ["CLIENT"]
SERVER = os.environ["KAFKA_SERVER"]
USER, PASSWORD = os.environ["KAFKA_USER"], os.environ["KAFKA_PASSWORD"]
RUN = f"{time.time_ns():x}"


def step(title):
    """Runs the function it decorates."""
    def run(work):
        try:
            work()
            print(f"ok {CLIENT} {title}", flush=True)
        except Exception:  # pylint: disable=broad-except
            print(f"FAIL {CLIENT} {title}", flush=True)
            for line in traceback.format_exc().splitlines()[-8:]:
                print("   ", line[:300], flush=True)
    return run


def same(got, expected):
    if got != expected:
        raise AssertionError(f"expected {expected!r:.300}, got {got!r:.300}")


def within(seconds):
    """Turns until the time is over; the body waits on the server and leaves when it has what it wants."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
    raise AssertionError(f"not within {seconds} s")
