"""What the checks written in Python share: steps that print one line each and go on after one that failed."""
import os
import traceback

CLIENT = os.environ["CLIENT"]
ENDPOINT = os.environ["S3_ENDPOINT"]
ACCESS_KEY = os.environ["S3_ACCESS_KEY"]
SECRET_KEY = os.environ["S3_SECRET_KEY"]
REGION = os.environ["S3_REGION"]


def step(title):
    """Runs the function it decorates."""
    def run(work):
        try:
            work()
            print(f"ok {CLIENT} {title}", flush=True)
        except Exception:
            print(f"FAIL {CLIENT} {title}", flush=True)
            for line in traceback.format_exc().splitlines()[-8:]:
                print("   ", line[:300], flush=True)
    return run


def same(got, expected):
    if got != expected:
        raise AssertionError(f"expected {expected!r:.200}, got {got!r:.200}")


def refused(kind, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except kind as error:
        return error
    raise AssertionError("it succeeded")
